//! Requests that say where this site is (CWE-644, CWE-640): what is mailed, and where browsers are sent, goes by the settings.

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use latchkey::server::{
    config::{Config, VerifyEmail},
    jobs,
    storage::outbox,
};
use serde_json::json;

use crate::{
    suite::{Record, attacks, execute},
    support::{Browser, OTHER_PASSWORD, PASSWORD, World},
};

fn unlimited(config: &mut Config) {
    config.verify_email = Some(VerifyEmail::Optional);
    config.network_requests = u16::MAX;
    config.network_tries = u16::MAX;
    config.trusted_proxies = vec!["192.0.2.0/24".parse().expect("a network")];
}

/// What may tell an application where it is, with the name of somebody else in it.
const LIES: [&[(&str, &str)]; 27] = [
    &[("host", "evil.example")],
    &[("host", "127.0.0.1:3000.evil.example")],
    &[("host", "127.0.0.1:3000@evil.example")],
    &[("host", "evil.example:80")],
    &[("host", "evil.example/127.0.0.1:3000")],
    &[("host", "127.0.0.1:3000"), ("host", "evil.example")],
    &[("host", "127.0.0.1:3000, evil.example")],
    &[("host", "[::ffff:evil.example]")],
    &[("x-forwarded-host", "evil.example")],
    &[("x-forwarded-host", "127.0.0.1:3000, evil.example")],
    &[("x-forwarded-server", "evil.example")],
    &[("x-host", "evil.example")],
    &[("x-http-host-override", "evil.example")],
    &[("x-original-host", "evil.example")],
    &[("x-original-url", "https://evil.example/")],
    &[("x-rewrite-url", "https://evil.example/")],
    &[("x-forwarded-proto", "https"), ("x-forwarded-host", "evil.example"), ("x-forwarded-port", "443")],
    &[("x-forwarded-proto", "evil.example://")],
    &[("x-forwarded-prefix", "//evil.example")],
    &[("x-forwarded-uri", "//evil.example")],
    &[("forwarded", "host=evil.example;proto=https")],
    &[("forwarded", "for=127.0.0.1;host=\"evil.example\", host=evil.example")],
    &[("x-forwarded-for", "evil.example")],
    &[("referer", "https://evil.example/")],
    &[("base-url", "https://evil.example")],
    &[("x-wap-profile", "https://evil.example/wap.xml")],
    &[("destination", "https://evil.example/")],
];

/// Sends a form or JSON with a lie on top.
async fn lie(
    browser: &mut Browser,
    path: &str,
    lie: &[(&str, &str)],
    fields: &[(&str, &str)],
) -> crate::support::Answer {
    let is_form = path.starts_with("/api/");
    let mut request = browser.request(Method::POST, path).header("sec-fetch-site", "same-origin");
    let body = if is_form {
        request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
    } else {
        request = request.header(header::CONTENT_TYPE, "application/json");
        let mut body = json!({});
        for (name, value) in fields {
            body[*name] = json!(value);
        }
        body.to_string()
    };
    browser.send(told(request.body(Body::from(body)).expect("a request"), lie)).await
}

fn told(mut request: axum::http::Request<Body>, lie: &[(&str, &str)]) -> axum::http::Request<Body> {
    for (index, (name, value)) in lie.iter().enumerate() {
        let name: axum::http::HeaderName = name.parse().expect("a name");
        if index == 0 {
            request.headers_mut().remove(&name);
        }
        request.headers_mut().append(name, value.parse().expect("a value"));
    }
    request
}

/// Looks through everything that was mailed, and takes it away.
async fn mail_is_clean(world: &World, record: &Record, what: &str, at_least: usize) {
    jobs::run_once(&world.state, None).await.expect("background tasks");
    let rows = outbox::newest(&mut world.state.db.read().await.expect("a connection"), 100).await.expect("mail");
    assert!(rows.len() >= at_least, "{what}: {} mails", rows.len());
    for row in rows {
        let is_clean = !row.body.contains("evil.example")
            && !row.html.contains("evil.example")
            && !row.subject.contains("evil.example");
        record.held(is_clean, || format!("{what}: mailed {}", row.body));
    }
    world.tamper("delete from outbox; delete from limits").await;
}

/// Links begin with what the request says that this site is called.
async fn believes_the_host(world: &mut World) {
    let db = world.state.db.clone();
    world.wrap(move |request, next| {
        let db = db.clone();
        async move {
            let is_lied_to = request
                .headers()
                .values()
                .any(|value| value.to_str().is_ok_and(|value| value.contains("evil.example")));
            let mut answer = next.run(request).await;
            if is_lied_to {
                execute(
                    &db,
                    "update outbox set body = replace(body, 'http://127.0.0.1:3000', 'https://evil.example')".into(),
                )
                .await;
                if answer.headers().contains_key(header::LOCATION) {
                    answer.headers_mut().insert(header::LOCATION, "https://evil.example/".parse().expect("a value"));
                }
            }
            answer
        }
    });
}

/// What a proxy would have asked for goes before what was.
async fn believes_where_it_was(world: &mut World) {
    world.wrap(async |request, next| {
        let said = ["x-original-url", "x-rewrite-url"].iter().find_map(|name| request.headers().get(*name)).cloned();
        let mut answer = next.run(request).await;
        if said.is_some() {
            *answer.status_mut() = StatusCode::OK;
        }
        answer
    });
}

attacks! {
    /// ASVS 4.1.3; CWE-640, CWE-644; CVE-2011-4139's kind: every mail with a link that somebody without a session can bring about.
    with(unlimited) caught_by(believes_the_host) async fn links_in_mail(world, record) {
        world.sign_up("sam@example.com").await;
        mail_is_clean(world, record, "signing up", 1).await;
        for (index, lies) in LIES.iter().enumerate() {
            let new = format!("new{index}@example.com");
            for (path, at_least, fields) in [
                ("/api/forgot_password", 1, [("email", "sam@example.com"), ("username", "")]),
                ("/auth/password/forgot", 1, [("email", "sam@example.com"), ("username", "")]),
                ("/api/resend_verification", 1, [("email", "sam@example.com"), ("username", "")]),
                ("/auth/email/resend", 1, [("email", "sam@example.com"), ("username", "")]),
                ("/api/sign_up", 1, [("email", "sam@example.com"), ("new_password", PASSWORD)]),
                ("/api/sign_up", 1, [("email", new.as_str()), ("new_password", PASSWORD)]),
                ("/users", 1, [("email", "sam@example.com"), ("password", PASSWORD)]),
                ("/api/sign_in", 1, [("identifier", "sam@example.com"), ("password", PASSWORD)]),
            ] {
                let fields = if path.starts_with("/auth") { &fields[..1] } else { &fields[..] };
                let answer = lie(&mut world.anonymous(), path, lies, fields).await;
                assert!(!answer.status.is_server_error(), "{lies:?}: {answer:?}");
                let told: usize = if matches!(answer.status.as_u16(), 400..=499) && answer.status != StatusCode::CONFLICT { 0 } else { at_least };
                // A new sign-in is told of ten times a day.
                let told = if path == "/api/sign_in" { 0 } else { told };
                mail_is_clean(world, record, &format!("{path} with {lies:?}"), told).await;
            }
        }
    }

    /// ASVS 4.1.3; CWE-644: the same of what people with a session, and administrators, have mailed.
    with(unlimited) caught_by(believes_the_host) async fn links_in_mail_of_people_with_a_session(world, record) {
        let mut ada = world.administrator("ada@example.com").await.browser;
        let mut sam = world.sign_up("sam@example.com").await.browser;
        let id = world.id_of("sam@example.com").await;
        mail_is_clean(world, record, "signing up", 1).await;
        for (index, lies) in LIES.iter().enumerate() {
            let (address, invited) = (format!("sam{index}@example.com"), format!("invited{index}@example.com"));
            lie(&mut sam, "/api/change_email", lies, &[("email", &address)]).await;
            mail_is_clean(world, record, &format!("change_email with {lies:?}"), 1).await;
            lie(&mut ada, "/api/admin_create", lies, &[("email", &invited), ("invite", "true")]).await;
            mail_is_clean(world, record, &format!("admin_create with {lies:?}"), 1).await;
            lie(&mut ada, "/api/admin_person", lies, &[("person", &id), ("act", "send_reset_mail")]).await;
            mail_is_clean(world, record, &format!("send_reset_mail with {lies:?}"), 1).await;
            let (old, new) = if index % 2 == 0 { (PASSWORD, OTHER_PASSWORD) } else { (OTHER_PASSWORD, PASSWORD) };
            lie(&mut sam, "/api/change_password", lies, &[("password", old), ("new_password", new)]).await;
            mail_is_clean(world, record, &format!("change_password with {lies:?}"), 1).await;
        }
    }

    /// ASVS 3.7.2, 4.1.3; CWE-601, CWE-644: no redirect, page, document or key set names what a header named.
    with(unlimited) caught_by(believes_the_host) async fn redirects_and_pages(world, record) {
        let sam = world.sign_up("sam@example.com").await.browser;
        let paths = ["/", "/dashboard", "/account", "/sign-in", "/sign-up", "/login", "/signup", "/register", "/.well-known/change-password",
                     "/reset-password?token=x", "/verify-email?token=x", "/no-such-page", "/admin", "/openapi.json", "/.well-known/jwks.json", "/api-docs", "/health"];
        for lies in LIES {
            for path in paths {
                for browser in [&sam, &world.anonymous()] {
                    let request = browser.request(Method::GET, path).body(Body::empty()).expect("a request");
                    let answer = browser.clone().send(told(request, lies)).await;
                    let is_clean = !answer.body.contains("evil.example")
                        && answer.headers.iter().all(|(_, value)| !value.to_str().unwrap_or_default().contains("evil.example"));
                    record.held(is_clean, || format!("{path} with {lies:?}: {} {:?}", answer.status, answer.headers));
                }
            }
            let mut browser = sam.clone();
            let answer = lie(&mut browser, "/api/set_theme", lies, &[("theme", "dark"), ("next", "/account")]).await;
            record.held(answer.location() == "/account" || answer.status.is_client_error(), || format!("{lies:?}: {answer:?}"));
        }
    }

    /// ASVS 4.1.3, 8.3.1; CWE-436; CVE-2018-14773: what a header says was asked for opens nothing.
    with(unlimited) caught_by(believes_where_it_was) async fn addresses_in_headers(world, record) {
        let sam = world.sign_up("sam@example.com").await.browser;
        for name in ["x-original-url", "x-rewrite-url", "x-forwarded-uri", "x-forwarded-path", "x-original-uri", "x-override-url", "x-http-destinationurl", "x-forwarded-prefix"] {
            for wanted in ["/admin", "/admin/people", "/manage/users", "/dev/mail", "/metrics"] {
                for asked in ["/no-such-page", wanted] {
                    for browser in [&sam, &world.anonymous()] {
                        let request = browser.request(Method::GET, asked).header(name, wanted).header("x-forwarded-for", "127.0.0.1");
                        let answer = browser.clone().send(request.body(Body::empty()).expect("a request")).await;
                        record.held(answer.status.is_client_error(), || format!("{asked} with {name}: {wanted}: {}", answer.status));
                    }
                }
            }
        }
    }
}
