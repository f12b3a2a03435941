//! Signing out.

use axum::http::{StatusCode, header};

use crate::support::on_both_engines;

on_both_engines! {
    /// ASVS 7.4.1, 14.3.1: over, wherever the cookie was copied to.
    async fn signing_out_ends_the_session_everywhere(world) {
        let mut browser = world.sign_up("sam@example.com").await.browser;
        let mut copy = browser.clone();
        let page = browser.submit_and_follow("/api/sign_out", &[]).await;
        assert!(page.says("You are signed out"), "{}", page.body);
        assert_eq!(browser.session_cookie(), None, "the browser forgets the cookie");
        assert!(!browser.is_signed_in().await && !copy.is_signed_in().await);
    }

    async fn signing_out_spares_other_devices(world) {
        let person = world.sign_up("sam@example.com").await;
        let mut other = world.anonymous();
        other.sign_in(&person.email, &person.password).await;
        let mut browser = person.browser;
        browser.submit("/api/sign_out", &[]).await;
        assert!(other.is_signed_in().await);
    }

    async fn signing_out_without_a_session_is_harmless(world) {
        let answer = world.anonymous().submit("/api/sign_out", &[]).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/sign-in"));
    }

    /// ASVS 3.5.3: looking at an address never signs anybody out.
    async fn only_a_post_signs_out(world) {
        let mut browser = world.sign_up("sam@example.com").await.browser;
        let answer = browser.get("/api/sign_out").await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
        assert!(browser.is_signed_in().await);
    }

    /// ASVS 14.3.2, 7.4.4: nothing private is stored, and the way out is on every page.
    async fn private_pages_are_not_stored_and_show_the_way_out(world) {
        let mut browser = world.sign_up("sam@example.com").await.browser;
        for page in ["/dashboard", "/account/password"] {
            let answer = browser.get(page).await;
            assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store", "{page}");
            assert!(answer.body.contains("action=\"/api/sign_out\""), "{page}");
        }
    }
}
