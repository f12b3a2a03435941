//! Headers that every answer carries, whatever was asked and however it ended.

use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use latchkey::{api::FORMS, app::App};

use crate::support::{Answer, Engine, World, on_both_engines};

/// Every path of the router, and some that are none.
fn paths() -> Vec<String> {
    let pages = leptos_axum::generate_route_list(App).into_iter().map(|route| route.path().to_owned());
    let forms = FORMS.iter().map(|form| form.action.to_owned());
    let others = [
        "/signup",
        "/register",
        "/login",
        "/health",
        "/csp-report",
        "/dev/mail",
        "/favicon.svg",
        "/robots.txt",
        "/pkg/latchkey.css",
        "/estimator/worker.js",
        "/.well-known/change-password",
        "/api-docs",
        "/auth/login",
        "/auth/none",
        "/manage/users",
        "/openapi.json",
        "/users",
        "/users/me",
        "/.well-known/jwks.json",
        "/account/export",
        "/no-such-page",
        "/api/none",
        "/.well-known/none",
        "/pkg/../Cargo.toml",
        "/pkg/none.js",
        "/.git/config",
        "//evil.example",
        "/%00",
        "/a/%2e%2e/b",
    ];
    pages.chain(forms).chain(others.map(str::to_owned)).collect()
}

fn check(answer: &Answer, what: &str) {
    let header = |name: &str| {
        let values: Vec<_> = answer.headers.get_all(name).iter().collect();
        assert_eq!(values.len(), 1, "{what}: {name}");
        values[0].to_str().expect("text").to_owned()
    };
    assert_eq!(header("x-content-type-options"), "nosniff", "{what}");
    assert_eq!(header("referrer-policy"), "same-origin", "{what}");
    assert_eq!(header("x-frame-options"), "DENY", "{what}");
    assert_eq!(header("cross-origin-opener-policy"), "same-origin", "{what}");
    assert_eq!(header("cross-origin-resource-policy"), "same-origin", "{what}");
    assert!(header("permissions-policy").contains("camera=()"), "{what}");
    assert_eq!(header("strict-transport-security"), "max-age=63072000; includeSubDomains", "{what}");
    let policy = header("content-security-policy");
    for part in [
        "default-src 'none'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "worker-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "object-src 'none'",
        "report-uri /csp-report",
    ] {
        assert!(policy.split("; ").any(|said| said == part), "{what}: {part} in {policy}");
    }
    assert!(
        !policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'") && !policy.contains("ws:"),
        "{what}: {policy}"
    );
    assert!(!header("cache-control").is_empty() && !header("x-request-id").is_empty(), "{what}");
    assert!(answer.headers.get("server").is_none(), "{what}: ASVS 13.4.6");
    assert_ne!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{what}");
}

/// ASVS 3.4.1 to 3.4.8, 13.4.4, 14.3.2, 3.5.8, 14.2.2: every route, every method, signed out and signed in.
#[tokio::test]
async fn every_answer_of_every_route_carries_them() {
    let world = World::in_production(Engine::Sqlite).await;
    let methods = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
        Method::TRACE,
        Method::from_bytes(b"PROPFIND").expect("a method"),
    ];
    let mut signed_in = world.anonymous();
    signed_in.submit("/api/sign_up", &[("email", "sam@example.com"), ("new_password", crate::support::PASSWORD)]).await;
    assert!(signed_in.is_signed_in().await);
    for browser in [world.anonymous(), signed_in] {
        for path in paths() {
            for method in &methods {
                let what = format!("{method} {path}");
                let request =
                    browser.request(method.clone(), &path).header("sec-fetch-site", "same-origin").body(Body::empty());
                let answer = browser.clone().send(request.expect("a request")).await;
                check(&answer, &what);
                if *method == Method::TRACE {
                    assert!(answer.status.is_client_error(), "{what}: {}", answer.status);
                }
                if answer.body.contains("sam@example.com") || path.starts_with("/api/") {
                    assert_eq!(answer.headers["cache-control"], "no-store", "{what}");
                }
            }
        }
    }
    world.end().await;
}

/// ASVS 3.4.1: a desk that is reached by http is not told that it must be reached by https.
#[tokio::test]
async fn strict_transport_security_is_for_https() {
    let world = World::with(Engine::Sqlite, |_| {}).await;
    assert!(world.anonymous().get("/sign-in").await.headers.get("strict-transport-security").is_none());
    world.end().await;
}

on_both_engines! {
    /// ASVS 3.4.3: each page has a nonce of its own, its scripts carry it, and nothing else is inline.
    async fn scripts_carry_the_nonce_of_their_page(world) {
        let mut nonces = std::collections::BTreeSet::new();
        for path in ["/sign-in", "/sign-in", "/sign-up", "/forgot-password"] {
            let page = world.anonymous().get(path).await;
            let policy = page.headers["content-security-policy"].to_str().expect("text").to_owned();
            let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).expect("a nonce").to_owned();
            assert!(nonce.len() >= 22, "128 bits: {nonce}");
            for script in page.body.split("<script").skip(1) {
                let tag = script.split('>').next().unwrap_or_default();
                assert!(tag.contains(&format!("nonce=\"{nonce}\"")), "{path}: {tag}");
            }
            for inline in ["<style", " style=", " onclick=", " onsubmit=", " onload=", "javascript:"] {
                assert!(!page.body.contains(inline), "{path}: {inline}");
            }
            assert!(nonces.insert(nonce), "each page has its own");
        }
    }

    /// A page that is all text loads no script at all.
    async fn pages_without_islands_load_no_script(world) {
        let mut browser = world.sign_up("sam@example.com").await.browser;
        for page in [world.anonymous().get("/").await, browser.get("/no-such-page").await] {
            assert!(!page.body.contains("<script") && !page.body.contains(".wasm"), "{}", page.body);
        }
        assert!(world.anonymous().get("/sign-in").await.body.contains(".wasm"));
        // The warning before a session ends.
        assert!(browser.get("/dashboard").await.body.contains(".wasm"));
    }

    /// W3C "A Well-Known URL for Changing Passwords" (ux 30).
    async fn password_managers_find_the_way_to_change_a_password(world) {
        let answer = world.anonymous().get("/.well-known/change-password").await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/account/password"));
        let missing = "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200";
        assert_eq!(world.anonymous().get(missing).await.status, StatusCode::NOT_FOUND);
    }

    /// ASVS 3.4.7.
    async fn reports_of_the_browser_are_taken(world) {
        let browser = world.anonymous();
        for (body, status) in [
            (r#"{"csp-report":{"document-uri":"http://127.0.0.1:3000/sign-in?x","effective-directive":"script-src","blocked-uri":"inline"}}"#.to_owned(), StatusCode::NO_CONTENT),
            ("nonsense".to_owned(), StatusCode::BAD_REQUEST),
            ("x".repeat(100_000), StatusCode::PAYLOAD_TOO_LARGE),
        ] {
            let request = browser.request(Method::POST, "/csp-report").header("content-type", "application/csp-report").body(body.into());
            let answer = browser.clone().send(request.expect("a request")).await;
            assert_eq!(answer.status, status);
            // What was not read must not be taken for the next request.
            assert_eq!(answer.headers.contains_key("connection"), status == StatusCode::PAYLOAD_TOO_LARGE);
        }
    }
}
