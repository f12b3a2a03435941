//! Input that no form of ours sends: a clear 4xx in our own words, never a 5xx, nothing half done.

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use latchkey::{api::FORMS, domain::error::AuthError, server::error::FlowError};

use crate::support::{Answer, Browser, PASSWORD, on_both_engines};

/// Every parameter that a page reads.
const PARAMETERS: &[&str] = &[
    "q", "role", "verified", "state", "sort", "order", "after", "before", "act", "all", "id", "person", "from",
    "until", "kind", "actor", "target", "address", "outcome", "session", "group", "next", "token",
];
/// Every field of a form that names something.
const FIELDS: &[&str] = &[
    "person",
    "session",
    "ids",
    "act",
    "role",
    "roles",
    "change",
    "confirmation",
    "identifier",
    "email",
    "username",
    "next",
    "from",
    "until",
    "state",
    "as_of",
    "theme",
];

async fn post(browser: &mut Browser, action: &str, content_type: &str, body: impl Into<Body>) -> Answer {
    let request = browser
        .request(Method::POST, action)
        .header("sec-fetch-site", "same-origin")
        .header(header::CONTENT_TYPE, content_type)
        .body(body.into());
    browser.send(request.expect("a request")).await
}

fn is_in_our_words(answer: &Answer) -> bool {
    let has_id = answer.headers.get("x-request-id").is_some_and(|id| answer.says(id.to_str().expect("text")));
    answer.status.is_client_error() && has_id && answer.says("Go to the front page")
}

on_both_engines! {
    /// ASVS 2.2.1, 15.2.2.
    async fn a_body_that_is_too_large_is_refused(world) {
        let mut admin = world.administrator("admin@example.com").await.browser;
        let mut anonymous = world.anonymous();
        let megabyte = "a".repeat(1024 * 1024);
        for form in FORMS {
            for body in [megabyte.repeat(10), format!("new_password={megabyte}"), format!("identifier=sam%40example.com&password={megabyte}")] {
                // What is for administrators is not there for others, however large.
                let browser = if form.page.starts_with("/admin") { &mut admin } else { &mut anonymous };
                let answer = post(browser, form.action, "application/x-www-form-urlencoded", body).await;
                assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{}", form.action);
                assert!(is_in_our_words(&answer), "{}", answer.body);
            }
        }
    }

    /// ASVS 2.2.1.
    async fn another_encoding_is_refused(world) {
        let mut browser = world.anonymous();
        for content_type in ["application/json", "text/plain", "multipart/form-data; boundary=x", "", "application/x-www-form-urlencodedx"] {
            let answer = post(&mut browser, "/api/sign_in", content_type, "{\"identifier\":").await;
            assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{content_type}");
            assert!(is_in_our_words(&answer), "{}", answer.body);
        }
    }

    /// ASVS 2.2.2, 15.3.5.
    async fn malformed_forms_never_break_anything(world) {
        world.sign_up("sam@example.com").await;
        let bodies: [&[u8]; 12] = [
            b"",
            b"&&&===",
            b"%",
            b"%zz=%zz",
            b"identifier=%ff%fe&password=%ff",
            b"identifier=\xff\xfe&password=\xff",
            b"email=\x00&new_password=\x00",
            b"email=a%00b%40example.com&new_password=marble+trolley+unseen+kettle%00",
            b"remember=perhaps&identifier=sam%40example.com&password=x",
            b"identifier[]=sam%40example.com&password[x]=y",
            b"identifier=a&identifier=b&password=c&password=d",
            b"sign_out_others=1e9&password=%F0%9F%92%A9&new_password=%F0%9F%92%A9",
        ];
        for form in FORMS {
            for body in bodies {
                let mut browser = world.anonymous();
                let answer = post(&mut browser, form.action, "application/x-www-form-urlencoded", body.to_vec()).await;
                let refused_on_the_form = answer.status == StatusCode::SEE_OTHER;
                assert!(refused_on_the_form || is_in_our_words(&answer), "{} {body:?}: {answer:?}", form.action);
                assert!(!browser.is_signed_in().await, "{} {body:?}", form.action);
            }
        }
        assert_eq!(world.anonymous().sign_in("sam@example.com", PASSWORD).await.location(), "/dashboard", "nothing changed");
    }

    async fn malformed_cookies_are_nobodys(world) {
        for value in ["", "x", "\"", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "%00", "=;=;=", "ü"] {
            for name in ["latchkey", "latchkey-flash", "latchkey-link"] {
                let mut browser = world.anonymous();
                let request = browser.request(Method::GET, "/sign-in").header(header::COOKIE, format!("{name}={value}").as_bytes());
                let answer = browser.send(request.body(Body::empty()).expect("a request")).await;
                assert_eq!(answer.status, StatusCode::OK, "{name}={value}");
                let request = browser.request(Method::GET, "/dashboard").header(header::COOKIE, format!("{name}={value}").as_bytes());
                let answer = browser.send(request.body(Body::empty()).expect("a request")).await;
                assert_eq!(answer.status, StatusCode::SEE_OTHER, "{name}={value}");
            }
        }
    }

    /// ASVS 2.2.1: a character that not every database takes is found nowhere, whatever parameter and field it stands in.
    async fn a_nul_character_is_found_nowhere(world) {
        let mut admin = world.administrator("admin@example.com").await.browser;
        let answers = |answer: &Answer| !answer.status.is_server_error();
        for (pattern, _) in crate::authorization::PAGES {
            let path = pattern.replace("{id}", "%00");
            for name in PARAMETERS {
                let asked = format!("{path}?act=disable&{name}=a%00b");
                let answer = admin.get(&asked).await;
                assert!(answers(&answer), "{asked}: {}", answer.body);
            }
        }
        let person = crate::own_sessions::id_of(world, "admin@example.com").await;
        for form in FORMS.iter().filter(|form| form.action != "/api/sign_out") {
            for field in FIELDS {
                let mut fields = vec![("act", "end_sessions"), ("change", "grant"), ("role", "editor"), ("person", person.as_str()), ("ids", "all")];
                fields.retain(|(name, _)| name != field);
                fields.push((*field, "a\0b"));
                let answer = admin.submit(form.action, &fields).await;
                assert!(answers(&answer), "{} {field}: {}", form.action, answer.body);
            }
        }
        for name in ["actor", "target", "address"] {
            let answer = admin.submit("/admin/audit/export", &[("format", "csv"), (name, "a\0b")]).await;
            assert!(answers(&answer), "{name}: {}", answer.body);
        }
        assert!(admin.get("/admin/people?q=a%00d").await.says("admin@example.com"), "as if it had not been typed");
    }

    /// What no parsing of ours keeps from a database that does not take it is the fault of who sent it.
    async fn a_text_that_the_database_does_not_take_is_malformed(world) {
        let found = latchkey::server::storage::users::find(&mut world.state.db.read().await.expect("a connection"), "a\0b").await;
        let answer = found.map_err(|error| AuthError::from(FlowError::from(error)));
        assert!(matches!(answer, Ok(None) | Err(AuthError::Malformed)), "{answer:?}");
    }

    /// ASVS 1.2.1, 1.2.3, 3.2.2: what was typed comes back as text.
    async fn markup_is_shown_not_run(world) {
        let mut browser = world.anonymous();
        let script = "\"><script>alert(1)</script>";
        let page = browser.submit_and_follow("/api/sign_in", &[("identifier", script), ("password", "x")]).await;
        assert!(!page.body.contains("<script>alert"), "{}", page.body);
    }

    /// ASVS 13.4.6, 16.5.1, 13.4.1, 13.4.3, 14.2.5.
    async fn unknown_addresses_are_404_in_our_words(world) {
        let mut browser = world.anonymous();
        for path in ["/nope", "/api/nope", "/pkg/nope.js", "/pkg/", "/%2e%2e/Cargo.toml", "/..%2fCargo.toml", "/.git/config", "/.well-known/nope", "/dashboard/x.css", "/dashboard.js"] {
            let answer = browser.get(path).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
            assert!(is_in_our_words(&answer), "{path}: {}", answer.body);
            assert!(answer.body.contains("<title>There is no such page – Latchkey</title>"), "{}", answer.body);
        }
    }

    /// Programs get the same as JSON.
    async fn programs_get_json(world) {
        let mut browser = world.anonymous();
        let request = browser
            .request(Method::POST, "/api/sign_in")
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from("identifier=sam%40example.com&password=wrong"));
        let mut request = request.expect("a request");
        request.headers_mut().insert(header::ACCEPT, "application/json".parse().expect("a value"));
        let answer = browser.send(request).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        let json: serde_json::Value = serde_json::from_str(&answer.body).expect("JSON");
        assert_eq!(json["code"], "invalid_credentials");
        assert!(json["error"].as_str().is_some_and(|sentence| sentence.contains("do not match")));
    }

    /// ASVS 3.4.4, 3.4.5, 3.4.6: also on errors, redirects and files.
    async fn every_answer_carries_the_headers(world) {
        let mut browser = world.anonymous();
        for path in ["/", "/sign-in", "/dashboard", "/nope", "/health", "/login", "/favicon.svg", "/api/sign_in"] {
            let answer = browser.get(path).await;
            assert_eq!(answer.headers["x-content-type-options"], "nosniff", "{path}");
            assert_eq!(answer.headers["referrer-policy"], "same-origin", "{path}");
            assert_eq!(answer.headers["x-frame-options"], "DENY", "{path}");
            assert!(answer.headers.contains_key("x-request-id"), "{path}");
            assert!(answer.headers.contains_key(header::CACHE_CONTROL), "{path}");
        }
    }

    async fn health_says_ok(world) {
        let answer = world.anonymous().get("/health").await;
        assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, "{\"status\":\"ok\"}"));
    }

    async fn familiar_names_lead_to_our_pages(world) {
        for (alias, page) in [("/signup", "/sign-up"), ("/register", "/sign-up"), ("/login", "/sign-in")] {
            assert_eq!(world.anonymous().get(alias).await.location(), page);
        }
    }
}
