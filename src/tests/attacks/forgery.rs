//! Requests that other sites make in a person's name (CWE-352).

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use latchkey::{
    api::{AUDIT_EXPORT, FORMS},
    server::{
        config::{Config, Environment, Secret, VerifyEmail},
        http::export,
    },
};

use crate::{
    suite::{attacks, state_of},
    support::{Browser, OTHER_PASSWORD, PASSWORD, World},
};

/// What a request says of where it comes from: everything that a page elsewhere can bring a browser to say, and what older
/// browsers say, which know no `Sec-Fetch-Site`.
const EVIDENCE: &[&[(&str, &str)]] = &[
    &[("sec-fetch-site", "cross-site")],
    &[("sec-fetch-site", "same-site")],
    &[("sec-fetch-site", "cross-site"), ("origin", "https://accounts.example.com")],
    &[("sec-fetch-site", "cross-site"), ("origin", "null"), ("referer", "https://accounts.example.com/sign-in")],
    &[("sec-fetch-site", "same-site"), ("origin", "https://evil.example.com")],
    &[("sec-fetch-site", "")],
    &[("sec-fetch-site", "Same-Origin")],
    &[("sec-fetch-site", "same-origin, cross-site")],
    &[("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-origin")],
    &[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")],
    &[("origin", "https://evil.example")],
    &[("origin", "null")],
    &[("origin", "")],
    &[("origin", "https://evil.accounts.example.com")],
    &[("origin", "https://accounts.example.com.evil.example")],
    &[("origin", "https://accounts.example.com@evil.example")],
    &[("origin", "https://evil.example/https://accounts.example.com")],
    &[("origin", "https://accounts.example.com:8443")],
    &[("origin", "http://accounts.example.com")],
    &[("origin", "http://127.0.0.1:3000")],
    &[("origin", "https://evil.example https://accounts.example.com")],
    &[("origin", "https://evil.example"), ("referer", "https://accounts.example.com/")],
    &[("origin", "https://accounts.example.com"), ("origin", "https://evil.example")],
    &[("origin", "https://evil.example"), ("x-requested-with", "XMLHttpRequest")],
];

/// What only a request with a session cookie may not be without.
const NO_EVIDENCE: &[&[(&str, &str)]] =
    &[&[], &[("referer", "https://accounts.example.com/")], &[("host", "evil.example")]];

/// What a form of another site, and a script of one, can send; and nothing at all.
const CONTENT_TYPES: [&str; 6] = [
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded; charset=utf-8",
    "multipart/form-data; boundary=x",
    "text/plain",
    "application/json",
    "",
];

fn in_production(config: &mut Config) {
    config.environment = Environment::Production;
    config.base_url = Some("https://accounts.example.com".parse().expect("a URL"));
    config.smtp_url = Some(Secret::from("smtp://127.0.0.1:9"));
    config.verify_email = Some(VerifyEmail::Optional);
}

/// Everything that every form asks for, so that each that is let through does something.
async fn everything(world: &World) -> String {
    let person = world.id_of("sam@example.com").await;
    let fields = [
        ("email", "evil@example.org"),
        ("username", "evil"),
        ("identifier", "ada@example.com"),
        ("password", PASSWORD),
        ("new_password", OTHER_PASSWORD),
        ("act", "disable"),
        ("ids", person.as_str()),
        ("person", person.as_str()),
        ("role", "admin"),
        ("change", "grant"),
        ("theme", "dark"),
        ("format", "csv"),
        ("next", "/dashboard"),
    ];
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

fn request(
    browser: &Browser,
    method: &Method,
    path: &str,
    content_type: &str,
    evidence: &[(&str, &str)],
    body: &str,
) -> axum::http::Request<Body> {
    let mut request = browser.request(method.clone(), path);
    if !content_type.is_empty() {
        request = request.header(header::CONTENT_TYPE, content_type);
    }
    for (name, value) in evidence {
        request = request.header(*name, *value);
    }
    let mut request = request.body(Body::from(body.to_owned())).expect("a request");
    // The refusal is the same; a page around it takes its time.
    request.headers_mut().insert(header::ACCEPT, "application/json".parse().expect("a value"));
    request
}

/// Everybody is believed to come from here.
async fn believes_everybody(world: &mut World) {
    world.wrap(async |mut request, next| {
        let headers = request.headers_mut();
        headers.remove(header::ORIGIN);
        headers.insert("sec-fetch-site", "same-origin".parse().expect("a value"));
        next.run(request).await
    });
}

/// Whoever says nothing is believed, cookie or not.
async fn believes_the_silent(world: &mut World) {
    world.wrap(async |mut request, next| {
        let headers = request.headers_mut();
        if !headers.contains_key(header::ORIGIN) && !headers.contains_key("sec-fetch-site") {
            headers.insert("sec-fetch-site", "same-origin".parse().expect("a value"));
        }
        next.run(request).await
    });
}

/// What is posted may be asked for, too.
async fn takes_any_method(world: &mut World) {
    world.wrap(async |mut request, next| {
        *request.method_mut() = Method::POST;
        request.headers_mut().insert("sec-fetch-site", "same-origin".parse().expect("a value"));
        next.run(request).await
    });
}

/// Everybody's origin is fine.
async fn allows_every_origin(world: &mut World) {
    world.wrap(async |request, next| {
        let origin = request.headers().get(header::ORIGIN).cloned();
        let mut answer = next.run(request).await;
        if let Some(origin) = origin {
            answer.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        }
        answer
    });
}

fn targets() -> impl Iterator<Item = &'static str> {
    FORMS.iter().map(|form| form.action).chain([AUDIT_EXPORT, export::PATH])
}

attacks! {
    /// ASVS 3.5.1, 3.5.3; CWE-352: every server function and file, by every method, content type and sign of where it comes from,
    /// in the name of an administrator, and without a cookie (a sign-in in the attacker's name).
    with(in_production) caught_by(believes_everybody, believes_the_silent) async fn forms_of_other_sites(world, record) {
        world.sign_up("sam@example.com").await;
        let ada = world.administrator("ada@example.com").await.browser;
        let (body, before) = (everything(world).await, state_of(world).await);
        for path in targets() {
            for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
                for content_type in CONTENT_TYPES {
                    for (browser, is_silent) in [(&ada, true), (&world.anonymous(), false)] {
                        let silent = NO_EVIDENCE.iter().filter(|_| is_silent);
                        for evidence in EVIDENCE.iter().chain(silent) {
                            let request = request(browser, &method, path, content_type, evidence, &body);
                            let answer = browser.clone().send(request).await;
                            let is_held = answer.status == StatusCode::FORBIDDEN && answer.body.contains("\"cross_site\"");
                            record.held(is_held && answer.headers.get(header::SET_COOKIE).is_none(), || {
                                format!("{method} {path} as {content_type:?} from {evidence:?}: {} {}", answer.status, answer.body)
                            });
                        }
                    }
                }
            }
        }
        let after = state_of(world).await;
        record.held(before == after, || format!("{before} became {after}"));
    }

    /// ASVS 3.5.3; CWE-650: nothing is done by asking, whatever the request says that it would rather be. A link, an image and a
    /// prefetch bring the cookie along.
    with(in_production) caught_by(takes_any_method) async fn looking_does_nothing(world, record) {
        world.sign_up("sam@example.com").await;
        let ada = world.administrator("ada@example.com").await.browser;
        let (body, before) = (everything(world).await, state_of(world).await);
        let overrides: &[&[(&str, &str)]] = &[
            &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")],
            &[("sec-fetch-site", "cross-site"), ("x-http-method-override", "POST")],
            &[("sec-fetch-site", "cross-site"), ("x-http-method", "POST")],
            &[("sec-fetch-site", "cross-site"), ("x-method-override", "POST")],
            &[("sec-fetch-site", "none"), ("purpose", "prefetch")],
        ];
        for path in targets() {
            for method in [Method::GET, Method::HEAD, Method::OPTIONS, Method::TRACE] {
                for evidence in overrides {
                    for query in [format!("?{body}"), format!("?_method=POST&{body}"), String::new()] {
                        let asked = format!("{path}{query}");
                        let request = request(&ada, &method, &asked, CONTENT_TYPES[0], evidence, &body);
                        let answer = ada.clone().send(request).await;
                        record.held(answer.status.is_client_error(), || format!("{method} {asked}: {} {}", answer.status, answer.location()));
                    }
                }
            }
        }
        let after = state_of(world).await;
        record.held(before == after, || format!("{before} became {after}"));
    }

    /// ASVS 3.4.2, 3.5.2; CWE-942: no answer lets a page elsewhere read it, and the API takes no cookie for a token.
    with(in_production) caught_by(allows_every_origin) async fn pages_elsewhere_read_nothing(world, record) {
        let ada = world.administrator("ada@example.com").await.browser;
        let routes = [
            (Method::GET, "/users/me"), (Method::GET, "/users/me/sessions"), (Method::DELETE, "/users/me/sessions"),
            (Method::POST, "/users/me/tokens"), (Method::GET, "/manage/users"), (Method::POST, "/manage/sessions/end"),
            (Method::POST, "/manage/events/export/csv"), (Method::POST, "/auth/logout"), (Method::GET, "/dashboard"),
            (Method::GET, "/admin"), (Method::POST, export::PATH), (Method::POST, "/api/keep_session"),
        ];
        for (method, path) in routes {
            for origin in ["https://evil.example", "null", "https://evil.accounts.example.com", "http://accounts.example.com", "file://"] {
                for preflight in [false, true] {
                    let asked = if preflight { Method::OPTIONS } else { method.clone() };
                    let mut evidence = vec![("origin", origin), ("sec-fetch-site", "cross-site")];
                    if preflight {
                        evidence.extend([("access-control-request-method", method.as_str()), ("access-control-request-headers", "authorization")]);
                    }
                    let answer = ada.clone().send(request(&ada, &asked, path, "application/json", &evidence, "{}")).await;
                    let is_readable = answer.headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN)
                        || answer.headers.contains_key(header::ACCESS_CONTROL_ALLOW_CREDENTIALS);
                    let is_done = answer.status.is_success() && !path.starts_with("/dashboard") && !path.starts_with("/admin");
                    record.held(!is_readable && !is_done, || format!("{asked} {path} from {origin}: {:?}", answer.headers));
                }
            }
        }
    }
}
