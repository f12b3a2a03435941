//! The password once more, before something sensitive.

use axum::http::StatusCode;

use latchkey::server::storage::own_sessions;

use crate::{
    own_sessions::{events_about, id_of},
    support::{PASSWORD, SignedIn, World, on_both_engines},
};

/// Somebody whose sign-in is eleven minutes old.
async fn stale(world: &World) -> SignedIn {
    let person = world.sign_up("sam@example.com").await;
    world.clock.advance(11 * 60);
    person
}

on_both_engines! {
    /// ASVS 7.5.1: asked once, then not again for ten minutes (ux 39).
    async fn it_is_asked_for_once(world) {
        let SignedIn { mut browser, .. } = stale(world).await;
        let answer = browser.get("/account/email").await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/account/confirm?next=/account/email"));
        let form = [("password", PASSWORD), ("next", "/account/email")];
        assert_eq!(browser.submit("/api/confirm_password", &form).await.location(), "/account/email");
        world.clock.advance(9 * 60);
        assert_eq!(browser.get("/account/email").await.status, StatusCode::OK);
        world.clock.advance(60);
        assert_eq!(browser.get("/account/email").await.status, StatusCode::SEE_OTHER, "ten minutes, and no more");
    }

    async fn a_fresh_sign_in_is_enough(world) {
        let mut browser = world.sign_up("sam@example.com").await.browser;
        assert_eq!(browser.get("/account/email").await.status, StatusCode::OK);
    }

    async fn a_wrong_password_opens_nothing(world) {
        let SignedIn { mut browser, .. } = stale(world).await;
        let form = [("password", "wrong"), ("next", "/account/email"), ("email", "new@example.com")];
        let page = browser.submit_and_follow("/api/confirm_password", &form).await;
        assert!(page.says("Enter the password you sign in with now"), "{}", page.body);
        for kept in ["name=\"next\"", "value=\"/account/email\"", "value=\"new@example.com\""] {
            assert!(page.body.contains(kept), "{kept}: {}", page.body);
        }
        let user_id = id_of(world, "sam@example.com").await;
        let own = own_sessions::live(&mut world.state.db.read().await.expect("a connection"), &user_id, world.now(), 1).await.expect("read").remove(0);
        let events = events_about(world, &user_id).await;
        let refused = events.iter().find(|row| row.content.kind == "password_confirmed").expect("written down");
        assert_eq!((refused.content.session_id.as_str(), refused.content.outcome.as_str()), (own.id.as_str(), "failure"));
        assert_eq!(browser.get("/account/email").await.status, StatusCode::SEE_OTHER);
    }

    /// ux 39: what was typed is there again.
    async fn what_was_typed_at_the_act_is_kept(world) {
        let SignedIn { mut browser, .. } = stale(world).await;
        let page = browser.submit_and_follow("/api/change_email", &[("email", "new@example.com")]).await;
        assert!(page.says("Confirm your password") && !page.body.contains("<title>Error"), "{}", page.body);
        assert!(page.body.contains("value=\"new@example.com\""), "{}", page.body);
        let form = [("password", PASSWORD), ("next", "/account/email"), ("email", "new@example.com")];
        let page = browser.submit_and_follow("/api/confirm_password", &form).await;
        assert!(page.body.contains("value=\"new@example.com\""), "{}", page.body);
    }

    /// ASVS 7.2.4: the session goes on under another token, and the old one is worth nothing.
    async fn the_session_gets_another_token(world) {
        let SignedIn { mut browser, .. } = stale(world).await;
        let mut thief = browser.clone();
        browser.submit("/api/confirm_password", &[("password", PASSWORD)]).await;
        assert_ne!(browser.session_cookie(), thief.session_cookie());
        assert!(browser.is_signed_in().await);
        assert!(!thief.is_signed_in().await);
        let page = browser.get("/dashboard").await;
        assert!(page.says("This is your first time here"), "it is the same session, not another sign-in: {}", page.body);
    }

    /// ASVS 6.3.1.
    async fn guesses_are_limited(world) {
        let SignedIn { mut browser, .. } = stale(world).await;
        for _ in 0..5 {
            browser.submit("/api/confirm_password", &[("password", "wrong")]).await;
        }
        let page = browser.submit_and_follow("/api/confirm_password", &[("password", PASSWORD)]).await;
        assert!(page.says("Too many tries"), "{}", page.body);
    }

    /// ASVS 3.7.2.
    async fn the_way_back_leads_nowhere_else(world) {
        let SignedIn { mut browser, .. } = stale(world).await;
        let answer = browser.submit("/api/confirm_password", &[("password", PASSWORD), ("next", "//evil.example")]).await;
        assert_eq!(answer.location(), "/dashboard");
    }
}
