//! Signing in.

use axum::http::{StatusCode, header};
use latchkey::server::{
    config::Config,
    crypto::password::{HashingCost, HashingPool},
    random::SystemRandom,
    storage::{people, users},
};
use std::sync::Arc;

use crate::support::{PASSWORD, World, on_both_engines};

on_both_engines! {
    /// ASVS 6.3.8: one answer for all of them.
    async fn a_wrong_password_and_an_unknown_person_look_the_same(world) {
        world.sign_up("sam@example.com").await;
        let mut pages = Vec::new();
        for (identifier, password) in [("sam@example.com", "wrong password entirely"), ("xam@example.com", PASSWORD)] {
            let mut browser = world.anonymous();
            let answer = browser.sign_in(identifier, password).await;
            assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/sign-in"));
            let page = browser.visit("/sign-in").await;
            assert!(page.says("That e-mail or user name and password do not match"), "{}", page.body);
            assert!(page.body.contains("<title>Error: Sign in"));
            assert!(!browser.is_signed_in().await);
            pages.push(without_nonce(&page.body.replace(identifier, "IDENTIFIER")));
        }
        assert_eq!(pages[0], pages[1]);
    }

    /// ASVS 6.2.8.
    async fn the_identifier_is_forgiving_and_the_password_is_not(world) {
        world.sign_up("sam@example.com").await;
        for (identifier, password, expected) in [
            (" SAM@Example.COM ", PASSWORD, "/dashboard"),
            ("sam@example.com", &PASSWORD.to_uppercase(), "/sign-in"),
            ("sam@example.com", &format!("{PASSWORD} "), "/sign-in"),
            ("sam@example.com", &format!("{PASSWORD}\0"), "/sign-in"),
            ("sam@example.com", &PASSWORD.repeat(40), "/sign-in"),
        ] {
            assert_eq!(world.anonymous().sign_in(identifier, password).await.location(), expected, "{identifier:?} {password:?}");
        }
    }

    /// ASVS 7.2.4, 7.2.3, 7.2.2: a session of its own for each sign-in; the browser's earlier one ends.
    async fn every_sign_in_gets_a_new_session(world) {
        let mut browser = world.sign_up("sam@example.com").await.browser;
        let first = browser.session_cookie().expect("a session").clone();
        let mut copy = browser.clone();
        assert_eq!(browser.sign_in("sam@example.com", PASSWORD).await.location(), "/dashboard");
        let second = browser.session_cookie().expect("a session").clone();
        assert_ne!(first, second);
        assert!(second.len() >= 22, "128 bits in base64");
        assert!(browser.is_signed_in().await && !copy.is_signed_in().await);
    }

    /// ASVS 7.2.4, 7.2.1: an id that somebody planted is not taken up.
    async fn a_planted_session_id_is_not_used(world) {
        world.sign_up("sam@example.com").await;
        let mut browser = world.anonymous();
        let planted = "AAAAAAAAAAAAAAAAAAAAAA";
        browser.cookies.insert("latchkey".into(), planted.into());
        assert_eq!(browser.sign_in("sam@example.com", PASSWORD).await.location(), "/dashboard");
        assert_ne!(browser.session_cookie().expect("a session"), planted);
    }

    async fn any_number_of_devices_are_signed_in_at_once(world) {
        let mut first = world.sign_up("sam@example.com").await.browser;
        let mut second = world.anonymous();
        second.sign_in("sam@example.com", PASSWORD).await;
        assert!(first.is_signed_in().await && second.is_signed_in().await);
    }

    /// ASVS 3.7.2, 1.2.2.
    async fn next_leads_to_this_site_only(world) {
        world.sign_up("sam@example.com").await;
        for (next, expected) in [
            ("/account/password", "/account/password"),
            ("//evil.example", "/dashboard"),
            ("https://evil.example/", "/dashboard"),
            ("/\\evil.example", "/dashboard"),
            ("/%0d%0aSet-Cookie:x", "/dashboard"),
            ("/\r\nSet-Cookie: x=1", "/dashboard"),
            ("", "/dashboard"),
        ] {
            let fields = [("identifier", "sam@example.com"), ("password", PASSWORD), ("next", next)];
            assert_eq!(world.anonymous().submit("/api/sign_in", &fields).await.location(), expected, "{next:?}");
        }
    }

    async fn the_way_back_survives_a_refused_attempt(world) {
        world.sign_up("sam@example.com").await;
        let mut browser = world.anonymous();
        assert_eq!(browser.get("/account/password?from=mail").await.location(), "/sign-in?next=/account/password%3Ffrom%3Dmail");
        let page = browser.get("/sign-in?next=/account/password%3Ffrom%3Dmail").await;
        assert!(page.body.contains("name=\"next\" value=\"/account/password?from=mail\""), "{}", page.body);
        assert!(page.says("Sign in to see that page"));
        let fields = [("identifier", "sam@example.com"), ("password", "wrong"), ("next", "/account/password?from=mail")];
        let refused = browser.submit("/api/sign_in", &fields).await;
        assert_eq!(refused.location(), "/sign-in?next=/account/password%3Ffrom%3Dmail");
    }

    /// ASVS 7.3.1, 7.3.2: 30 minutes idle and 12 hours in all; "keep me signed in" has 14 and 30 days and outlives the browser.
    async fn keep_me_signed_in_keeps(world) {
        world.sign_up("sam@example.com").await;
        let credentials = [("identifier", "sam@example.com"), ("password", PASSWORD)];
        let brief = world.anonymous().submit("/api/sign_in", &credentials).await;
        assert!(!session_set_cookie(&brief).contains("Max-Age"), "ends with the browser");
        let mut browser = world.anonymous();
        let kept = browser.submit("/api/sign_in", &[credentials[0], credentials[1], ("remember", "true")]).await;
        assert!(session_set_cookie(&kept).contains("Max-Age=25919") || session_set_cookie(&kept).contains("Max-Age=2592000"));
        world.clock.advance(13 * 86_400);
        assert!(browser.is_signed_in().await);
        world.clock.advance(13 * 86_400);
        assert!(browser.is_signed_in().await);
        world.clock.advance(4 * 86_400);
        assert!(!browser.is_signed_in().await, "30 days are over");
    }

    /// ASVS 7.3.2: what was chosen holds for the session, also when a setting has another number since.
    async fn a_kept_session_stays_kept_when_settings_change(world) {
        world.sign_up("sam@example.com").await;
        let credentials = [("identifier", "sam@example.com"), ("password", PASSWORD)];
        let mut kept = world.anonymous();
        kept.submit("/api/sign_in", &[credentials[0], credentials[1], ("remember", "true")]).await;
        let mut brief = world.anonymous();
        brief.submit("/api/sign_in", &credentials).await;
        let config = Config { remember_idle_days: 5, ..(*world.state.config).clone() };
        let state = world.state.with(|state| state.config = Arc::new(config));
        for (browser, is_kept) in [(kept, true), (brief, false)] {
            let mut later = crate::support::Browser::new(latchkey::server::http::router::build(state.clone()));
            later.cookies = browser.cookies;
            let renewed = later.submit("/api/confirm_password", &[("password", PASSWORD)]).await;
            assert_eq!(session_set_cookie(&renewed).contains("Max-Age"), is_kept, "{renewed:?}");
        }
    }

    /// ASVS 6.3.8: an account that is deleted while its owner signs in is nobody's.
    async fn a_sign_in_during_a_deletion_looks_like_a_wrong_password(world) {
        world.sign_up("sam@example.com").await;
        let user_id = crate::own_sessions::id_of(world, "sam@example.com").await;
        let mut tx = world.state.db.begin().await.expect("a transaction");
        assert!(people::delete(&mut tx, &user_id).await.expect("deleted"));
        let mut browser = world.anonymous();
        let signing_in = tokio::spawn(async move { browser.submit_and_follow("/api/sign_in", &[("identifier", "sam@example.com"), ("password", PASSWORD)]).await });
        world.somebody_waits().await;
        tx.commit().await.expect("committed");
        let page = signing_in.await.expect("it ran");
        assert!(page.says("That e-mail or user name and password do not match"), "{}", page.body);
    }

    /// ASVS 11.2.2, 11.4.4.
    async fn an_old_hash_is_renewed_at_sign_in(world) {
        world.sign_up("sam@example.com").await;
        let before = stored_hash(world).await;
        let dearer = HashingCost { memory_kib: 16, ..world.state.config.hashing_cost() };
        let pool = HashingPool::new(dearer, Arc::new(SystemRandom)).expect("a pool");
        let state = world.state.with(|state| state.passwords = pool);
        let mut browser = crate::support::Browser::new(latchkey::server::http::router::build(state));
        assert_eq!(browser.sign_in("sam@example.com", PASSWORD).await.location(), "/dashboard");
        let after = stored_hash(world).await;
        assert!(before.contains("m=8") && after.contains("m=16"), "{before} {after}");
        assert!(browser.is_signed_in().await, "the session outlives the renewal");
        assert_eq!(world.anonymous().sign_in("sam@example.com", PASSWORD).await.location(), "/dashboard");
    }

    /// ASVS 7.2.3, 13.3.1: a copy of the database signs nobody in.
    async fn the_cookie_is_stored_nowhere(world) {
        let browser = world.sign_up("sam@example.com").await.browser;
        let cookie = browser.session_cookie().expect("a session").clone();
        let hash = latchkey::server::crypto::token::digest(cookie.as_bytes());
        let mut conn = world.state.db.read().await.expect("a connection");
        let row = latchkey::server::storage::sessions::find(&mut conn, &hash).await.expect("read").expect("found by its hash");
        assert!(!format!("{row:?}").contains(&cookie));
        let mut thief = world.anonymous();
        thief.cookies.insert("latchkey".into(), hash);
        assert!(!thief.is_signed_in().await);
    }

    async fn signed_in_visitors_skip_the_forms(world) {
        let mut browser = world.sign_up("sam@example.com").await.browser;
        for (page, target) in [("/", "/dashboard"), ("/sign-in", "/dashboard"), ("/sign-up", "/dashboard"), ("/sign-in?next=/account/password", "/account/password"), ("/sign-in?next=//evil.example", "/dashboard")] {
            assert_eq!(browser.get(page).await.location(), target, "{page}");
        }
    }
}

/// ASVS 3.3.1, 3.3.3, 3.3.4.
#[tokio::test]
async fn cookies_are_tight_where_people_come_by_https() {
    let world = World::in_production(crate::support::Engine::Sqlite).await;
    let fields = [("email", "sam@example.com"), ("new_password", PASSWORD)];
    let answer = world.anonymous().submit("/api/sign_up", &fields).await;
    let set = session_set_cookie(&answer);
    for part in ["__Host-latchkey=", "HttpOnly", "Secure", "SameSite=Lax", "Path=/"] {
        assert!(set.contains(part), "{part} in {set}");
    }
    assert_eq!(answer.headers["strict-transport-security"], "max-age=63072000; includeSubDomains");
    let mail = crate::mail::get_from_here(&mut world.anonymous(), "/dev/mail").await;
    assert_eq!(mail.status, StatusCode::NOT_FOUND, "not even for this machine");
    world.end().await;
}

fn session_set_cookie(answer: &crate::support::Answer) -> String {
    let all = answer.headers.get_all(header::SET_COOKIE).iter();
    let found = all
        .map(|value| value.to_str().expect("text"))
        .find(|set| set.starts_with("latchkey=") || set.starts_with("__Host-latchkey="));
    found.expect("a session cookie").to_owned()
}

async fn stored_hash(world: &World) -> String {
    let mut conn = world.state.db.read().await.expect("a connection");
    let user = users::find_by_email_key(&mut conn, "sam@example.com").await.expect("read").expect("there");
    user.password_hash.expect("a password")
}

/// A page without what differs at each rendering.
pub fn without_nonce(body: &str) -> String {
    let mut parts = body.split("nonce=\"");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str(part.split_once('"').map_or(part, |(_, rest)| rest));
    }
    out
}
