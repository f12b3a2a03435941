//! Cookies that somebody else has: planted, copied, kept, made up (CWE-384, CWE-613).

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use latchkey::server::{
    config::{Config, Environment, Secret, VerifyEmail},
    crypto::token::digest,
};

use crate::{
    suite::{Record, attacks, execute, read_answer},
    support::{Answer, Browser, OTHER_PASSWORD, PASSWORD, World, at_a_desk},
};

fn in_production(config: &mut Config) {
    config.environment = Environment::Production;
    config.base_url = Some("https://accounts.example.com".parse().expect("a URL"));
    config.smtp_url = Some(Secret::from("smtp://127.0.0.1:9"));
    config.verify_email = Some(VerifyEmail::Optional);
}

/// What a session opens: pages, functions, files.
const OPENED: [(Method, &str); 9] = [
    (Method::GET, "/dashboard"),
    (Method::GET, "/account"),
    (Method::GET, "/account/sessions"),
    (Method::GET, "/account/activity"),
    (Method::POST, "/account/export"),
    (Method::POST, "/api/keep_session"),
    (Method::POST, "/api/end_other_sessions"),
    (Method::POST, "/api/change_username"),
    (Method::POST, "/api/cancel_email_change"),
];

/// Whether an answer is one that only somebody with a session gets.
fn is_open(answer: &Answer) -> bool {
    let is_refused = answer.location().starts_with("/sign-in")
        || matches!(answer.status, StatusCode::UNAUTHORIZED | StatusCode::NOT_FOUND | StatusCode::FORBIDDEN)
        || answer.body.contains("\"not_signed_in\"");
    !is_refused
}

/// Tries whether a browser opens anything that needs a session.
async fn opens_nothing(browser: &Browser, record: &Record, what: &str) {
    for (method, path) in OPENED {
        let request = browser
            .request(method.clone(), path)
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let mut request = request.body(Body::from("username=evil")).expect("a request");
        if method == Method::POST {
            request.headers_mut().insert(header::ACCEPT, "application/json".parse().expect("a value"));
        }
        let answer = browser.clone().send(request).await;
        record.held(!is_open(&answer), || {
            format!("{what}: {method} {path} opened: {} {}", answer.status, answer.location())
        });
    }
}

/// A browser with nothing but this session cookie.
fn with_cookie(world: &World, value: &str) -> Browser {
    let mut browser = world.anonymous();
    let name = if world.state.config.is_https() { "__Host-latchkey" } else { "latchkey" };
    browser.cookies.insert(name.into(), value.to_owned());
    browser
}

/// Answers are kept by cookie, so that what was open stays open.
async fn remembers_who_was_signed_in(world: &mut World) {
    let kept: Arc<Mutex<BTreeMap<String, String>>> = Arc::default();
    world.wrap(move |request, next| {
        let kept = kept.clone();
        async move {
            let cookie =
                request.headers().get(header::COOKIE).and_then(|cookie| cookie.to_str().ok()).unwrap_or_default();
            let key = format!("{} {cookie}", request.uri().path());
            let is_page = request.method() == Method::GET;
            let (parts, body) = read_answer(next.run(request).await).await;
            let mut kept = kept.lock().expect("a lock");
            if is_page && parts.status == StatusCode::OK {
                kept.insert(key, body.clone());
            } else if let Some(body) = kept.get(&key) {
                return body.clone().into_response();
            }
            Response::from_parts(parts, body.into())
        }
    });
}

/// The cookie that was there stays what it is, and is a session from then on.
async fn keeps_the_cookie_that_was_there(world: &mut World) {
    let db = world.state.db.clone();
    world.wrap(move |request, next| {
        let db = db.clone();
        async move {
            let cookies = request
                .headers()
                .get(header::COOKIE)
                .and_then(|cookie| cookie.to_str().ok())
                .unwrap_or_default()
                .to_owned();
            let planted = cookies.split("; ").find_map(|pair| pair.strip_prefix("latchkey=")).map(str::to_owned);
            let is_post = request.method() == Method::POST;
            let answer = next.run(request).await;
            if let Some(planted) = planted.filter(|_| is_post) {
                let hash = digest(planted.as_bytes());
                let sql = format!(
                    "update sessions set token_hash = '{hash}' where id = (select max(id) from sessions)
                     and not exists (select 1 from sessions where token_hash = '{hash}')"
                );
                execute(&db, sql).await;
            }
            answer
        }
    });
}

/// A session is never over.
async fn ends_no_session(world: &mut World) {
    world.tamper(
        "create trigger stays after update of ended_at on sessions when new.ended_at is not null begin
           update sessions set ended_at = null, end_reason = null,
             credential_version = (select credential_version from users where users.id = new.user_id) where id = new.id; end",
    ).await;
}

/// Whatever names a row of a session opens it, and whatever stands in an address names one.
async fn takes_names_for_tokens(world: &mut World) {
    let db = world.state.db.clone();
    world.wrap(move |mut request, next| {
        let db = db.clone();
        async move {
            let cookies = request
                .headers()
                .get(header::COOKIE)
                .and_then(|cookie| cookie.to_str().ok())
                .unwrap_or_default()
                .to_owned();
            if let Some((_, value)) = cookies.split_once("latchkey=")
                && value.len() > 30
                && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            {
                let hash = digest(b"AAAAAAAAAAAAAAAAAAAAAA");
                execute(
                    &db,
                    format!("update sessions set token_hash = '{hash}' where id = '{value}' or token_hash = '{value}'"),
                )
                .await;
                request.headers_mut().insert(
                    header::COOKIE,
                    "latchkey=AAAAAAAAAAAAAAAAAAAAAA; __Host-latchkey=AAAAAAAAAAAAAAAAAAAAAA".parse().expect("a value"),
                );
            }
            next.run(request).await
        }
    });
}

/// Any cookie of about that name will do.
async fn takes_cookies_of_any_name(world: &mut World) {
    world.wrap(async |mut request, next| {
        let cookies = request
            .headers()
            .get(header::COOKIE)
            .and_then(|cookie| cookie.to_str().ok())
            .unwrap_or_default()
            .to_owned();
        let query = request.uri().query().unwrap_or_default().to_owned();
        let found = [cookies.as_str(), query.as_str()]
            .into_iter()
            .find_map(|text| text.rsplit_once('=').map(|(_, value)| value.to_owned()));
        if let Some(value) = found {
            request.headers_mut().insert(header::COOKIE, format!("__Host-latchkey={value}").parse().expect("a value"));
        }
        next.run(request).await
    });
}

/// The newest link in a mail to somebody whose subject begins so.
async fn link(world: &World, email: &str, subject: &str) -> String {
    let mails = world.mail_to(email).await;
    mails.iter().find(|mail| mail.subject.starts_with(subject)).unwrap_or_else(|| panic!("{subject}: {mails:?}")).link()
}

/// The ways in which a session begins, or becomes more than it was.
const BEGINNINGS: [&str; 6] = ["sign_in", "sign_up", "confirm_password", "change_password", "verify_email", "set_up"];

async fn begin(world: &World, browser: &mut Browser, way: &str, email: &str) -> Answer {
    match way {
        "sign_up" => browser.submit("/api/sign_up", &[("email", email), ("new_password", PASSWORD)]).await,
        "sign_in" => {
            world.sign_up(email).await;
            browser.sign_in(email, PASSWORD).await
        }
        "verify_email" => {
            world.sign_up(email).await;
            browser.visit(&link(world, email, "Confirm").await).await;
            browser.submit("/api/verify_email", &[("password", PASSWORD)]).await
        }
        "set_up" => {
            let set_up =
                latchkey::server::flows::set_up::make_link(&world.state).await.expect("made").expect("none yet");
            browser.visit(&set_up[url::Position::BeforePath..]).await;
            browser.submit("/api/set_up", &[("email", email), ("new_password", PASSWORD)]).await
        }
        _ => unreachable!("{way} goes on with a session"),
    }
}

attacks! {
    /// ASVS 7.2.4; CWE-384: a cookie that somebody planted, made up or of a session of their own, is not what the victim is known by.
    with(at_a_desk) caught_by(keeps_the_cookie_that_was_there) async fn a_planted_cookie(world, record) {
        world.sign_up("mallory@example.com").await;
        for (number, way) in BEGINNINGS.into_iter().enumerate() {
            if matches!(way, "confirm_password" | "change_password") {
                continue;
            }
            for planted in ["made up", "of the attacker", "ended"] {
                if way == "set_up" && planted != "made up" {
                    continue;
                }
                let mut mallory = world.anonymous();
                mallory.sign_in("mallory@example.com", PASSWORD).await;
                let value = match planted {
                    "made up" => format!("AAAAAAAAAAAAAAAAAAAA{number}A"),
                    _ => mallory.session_cookie().expect("a session").clone(),
                };
                if planted == "ended" {
                    mallory.submit("/api/sign_out", &[]).await;
                }
                let email = format!("sam{number}{}@example.com", planted.len());
                let mut victim = with_cookie(world, &value);
                let answer = begin(world, &mut victim, way, &email).await;
                let is_renewed = victim.session_cookie().is_none_or(|cookie| *cookie != value);
                record.held(is_renewed, || format!("{way} kept a cookie that was {planted}: {answer:?}"));
                let page = with_cookie(world, &value).visit("/account").await;
                record.held(!page.body.contains(&email), || format!("{way}: the attacker is {email} by a cookie that was {planted}"));
            }
        }
    }

    /// ASVS 7.2.4, 7.4.3; CWE-384: a copy from before the password was shown again or changed is worth nothing.
    with(at_a_desk) caught_by(remembers_who_was_signed_in) async fn a_copy_from_before_more_was_allowed(world, record) {
        for (way, fields) in [
            ("confirm_password", &[("password", PASSWORD)] as &[_]),
            ("change_password", &[("password", PASSWORD), ("new_password", OTHER_PASSWORD)]),
            ("change_password", &[("password", PASSWORD), ("new_password", OTHER_PASSWORD), ("sign_out_others", "true")]),
        ] {
            let email = format!("sam{way}{}@example.com", fields.len());
            let mut browser = world.sign_up(&email).await.browser;
            let copy = browser.clone();
            assert!(copy.clone().is_signed_in().await);
            browser.submit(&format!("/api/{way}"), fields).await;
            assert!(browser.is_signed_in().await);
            opens_nothing(&copy, record, &format!("after {way}")).await;
        }
    }

    /// ASVS 7.4.1, 7.4.2, 7.4.3, 7.4.5, 7.3.1, 7.3.2; CWE-613: a copied cookie after each way in which a session ends.
    with(at_a_desk) caught_by(remembers_who_was_signed_in, ends_no_session) async fn a_copy_after_the_end(world, record) {
        let mut ada = world.administrator("ada@example.com").await.browser;
        for (number, end) in [
            "sign_out", "end_session", "end_other_sessions", "change_password", "reset_password", "disable", "delete_account",
            "admin_delete", "admin_end", "admin_end_all", "sign_in again", "not_me", "gone from the database", "lifetime", "idle",
        ].into_iter().enumerate() {
            // The control's bug makes some of these impossible; what matters is that it shows.
            let email = format!("sam{number}@example.com");
            let mut elsewhere = world.sign_up(&email).await.browser;
            let id = world.id_of(&email).await;
            let mut browser = world.anonymous();
            browser.sign_in(&email, PASSWORD).await;
            assert!(browser.is_signed_in().await, "{end}");
            let copy = browser.clone();
            let session = world.look_up(&format!("select max(id) from sessions where user_id = '{id}' and ended_at is null")).await;
            ada.submit("/api/confirm_password", &[("password", PASSWORD)]).await;
            match end {
                "sign_out" => drop(browser.submit("/api/sign_out", &[]).await),
                "end_session" => drop(elsewhere.submit("/api/end_session", &[("session", &session)]).await),
                "end_other_sessions" => drop(elsewhere.submit("/api/end_other_sessions", &[]).await),
                "change_password" => {
                    let fields = [("password", PASSWORD), ("new_password", OTHER_PASSWORD), ("sign_out_others", "true")];
                    elsewhere.submit("/api/change_password", &fields).await;
                }
                "reset_password" => {
                    elsewhere.submit("/api/forgot_password", &[("email", &email)]).await;
                    elsewhere.visit(&link(world, &email, "Choose a new password").await).await;
                    elsewhere.submit("/api/reset_password", &[("new_password", OTHER_PASSWORD)]).await;
                }
                "disable" => drop(ada.act_on(&id, "disable").await),
                "delete_account" => drop(elsewhere.submit("/api/delete_account", &[("identifier", &email), ("password", PASSWORD)]).await),
                "admin_delete" => drop(ada.submit("/api/admin_delete", &[("person", &id), ("confirmation", &email)]).await),
                "admin_end" => drop(ada.submit("/api/admin_person", &[("person", &id), ("act", "end_sessions"), ("session", &session)]).await),
                "admin_end_all" => drop(ada.act_on(&id, "end_sessions").await),
                "sign_in again" => drop(browser.sign_in(&email, PASSWORD).await),
                "not_me" => {
                    elsewhere.visit(&link(world, &email, "New sign-in").await).await;
                    elsewhere.submit("/api/not_me", &[]).await;
                }
                "gone from the database" => drop(world.tamper(&format!("delete from sessions where id = '{session}'")).await),
                "lifetime" => {
                    world.tamper(&format!("update sessions set expires_at = {} where id = '{session}'", world.now().0)).await;
                }
                _ => world.clock.advance(30 * 60),
            }
            opens_nothing(&copy, record, &format!("after {end}")).await;
        }
    }

    /// ASVS 7.2.1, 7.2.3; CWE-330, CWE-522: made up, changed, and read from a copy of the database.
    with(at_a_desk) caught_by(takes_names_for_tokens) async fn a_cookie_that_was_never_given(world, record) {
        let browser = world.sign_up("sam@example.com").await.browser;
        let real = browser.session_cookie().expect("a session").clone();
        let id = world.look_up("select id from sessions").await;
        let hash = world.look_up("select token_hash from sessions").await;
        let user = world.id_of("sam@example.com").await;
        let mut values = vec![
            id, hash.clone(), hash.to_uppercase(), user, String::new(), "0".into(), "-1".into(), "null".into(), "undefined".into(), "true".into(),
            "sam@example.com".into(), "A".repeat(22), "A".repeat(43), "%".into(), "*".into(), "_".repeat(22), "' or '1'='1".into(), "x' or 1=1--".into(),
            format!("{real}A"), format!("A{real}"), format!("{real}="), format!("{real} A"), real[1..].into(), real[..real.len() - 1].into(),
            real.to_lowercase(), real.to_uppercase(), format!("\"{real}"), real.chars().rev().collect(), real.repeat(2), "../../".into(),
        ];
        for at in 0..real.len() {
            let other = if &real[at..=at] == "A" { "B" } else { "A" };
            values.push(format!("{}{other}{}", &real[..at], &real[at + 1..]));
        }
        for value in values.into_iter().filter(|value| *value != real) {
            let answer = with_cookie(world, &value).get("/dashboard").await;
            record.held(!is_open(&answer), || format!("{value:?} opened the dashboard"));
        }
        assert!(with_cookie(world, &real).is_signed_in().await, "the real one does, unless the double took it away");
    }

    /// ASVS 1.5.3, 3.3.1, 3.3.4; CWE-565, CWE-436: cookies of other names, in other places: what a sub-domain or plain http can set
    /// counts nowhere, also not in a name that a reader who trims takes for ours, and no address carries a session.
    with(in_production) caught_by(takes_cookies_of_any_name) async fn a_cookie_from_elsewhere(world, record) {
        let sam = world.sign_up("sam@example.com").await.browser;
        let value = sam.session_cookie().expect("a session").clone();
        for name in ["latchkey", "__host-latchkey", "__HOST-LATCHKEY", "__Secure-latchkey", "__Host-latchkey2", "x__Host-latchkey", "session", "id", "__Host-latchkey-device", "__Host-latchkey-link", "__Host-latchkey%00", "\u{2003}__Host-latchkey", "\u{a0}__Host-latchkey", "\u{85}__Host-latchkey", "\u{2028}__Host-latchkey", "\u{3000}__Host-latchkey", "\u{1680}__Host-latchkey", "\u{feff}__Host-latchkey", "__Host-latchkey\u{2003}", "x=y; \u{2003}__Host-latchkey", "$Version=1; $Path=/; __host-latchkey"] {
            let browser = world.anonymous();
            let request = browser.request(Method::GET, "/dashboard").header(header::COOKIE, format!("{name}={value}").into_bytes());
            let answer = browser.clone().send(request.body(Body::empty()).expect("a request")).await;
            record.held(!is_open(&answer), || format!("a cookie {name:?} opened the dashboard"));
        }
        for address in ["?__Host-latchkey=V", "?latchkey=V", "?session=V", "?sid=V", "?token=V", "?access_token=V", "?id=V"] {
            let answer = world.anonymous().get(&format!("/dashboard{}", address.replace('V', &value))).await;
            record.held(!is_open(&answer), || format!("{address} opened the dashboard"));
        }
        for (name, of) in [("authorization", format!("Bearer {value}")), ("authorization", format!("Basic {value}")), ("x-session", value.clone()), ("x-auth-token", value.clone()), ("cookie2", format!("__Host-latchkey={value}"))] {
            let browser = world.anonymous();
            for path in ["/dashboard", "/users/me"] {
                let request = browser.request(Method::GET, path).header(name, &of).body(Body::empty()).expect("a request");
                let answer = browser.clone().send(request).await;
                record.held(!is_open(&answer), || format!("a header {name} opened {path}"));
            }
        }
    }
}
