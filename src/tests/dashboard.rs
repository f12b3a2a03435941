//! The dashboard, and who may see it.

use axum::http::StatusCode;

use crate::support::{PASSWORD, on_both_engines};

on_both_engines! {
    /// ASVS 8.2.1, 8.3.1: nothing is rendered for somebody without a session.
    async fn without_a_session_there_is_nothing_to_see(world) {
        for page in ["/dashboard", "/account/password"] {
            let answer = world.anonymous().get(page).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER);
            assert_eq!(answer.location(), format!("/sign-in?next={page}"));
            assert_eq!(answer.body, "");
        }
    }

    async fn it_says_who_and_where_and_when_before(world) {
        let person = world.sign_up("sam@example.com").await;
        let first = world.now();
        world.clock.advance(3_600);
        let mut browser = world.anonymous();
        browser.sign_in(&person.email, &person.password).await;
        let page = browser.get("/dashboard").await;
        for text in ["sam@example.com", "Chrome on Linux", "192.0.2.7", &world.now().for_people(), &first.for_people()] {
            assert!(page.says(text), "{text}: {}", page.body);
        }
    }

    /// ASVS 7.3.1: 30 minutes without a request, counted from the last one.
    async fn a_session_ends_when_nothing_is_heard_of_it(world) {
        let mut browser = world.sign_up("sam@example.com").await.browser;
        for _ in 0..3 {
            world.clock.advance(29 * 60);
            assert!(browser.is_signed_in().await);
        }
        world.clock.advance(30 * 60);
        let page = browser.visit("/dashboard").await;
        assert!(page.says("your session expired"), "{}", page.body);
        world.clock.advance(-30 * 60);
        assert!(!browser.is_signed_in().await, "over is over");
    }

    /// ASVS 7.3.2: 12 hours at most, however busy.
    async fn a_session_ends_after_its_lifetime(world) {
        let mut browser = world.sign_up("sam@example.com").await.browser;
        for _ in 0..35 {
            world.clock.advance(20 * 60);
            assert!(browser.is_signed_in().await);
        }
        world.clock.advance(20 * 60);
        assert!(browser.visit("/dashboard").await.says("your session expired"));
    }

    /// ASVS 7.4.2.
    async fn a_disabled_account_is_out_at_once(world) {
        let mut browser = world.sign_up("sam@example.com").await.browser;
        world.disable("sam@example.com").await;
        assert!(!browser.is_signed_in().await);
        assert_eq!(world.anonymous().sign_in("sam@example.com", PASSWORD).await.location(), "/sign-in");
    }

    async fn two_tabs_at_once_stay_signed_in(world) {
        let browser = world.sign_up("sam@example.com").await.browser;
        for _ in 0..5 {
            world.clock.advance(61);
            let mut tabs = tokio::task::JoinSet::new();
            for _ in 0..8 {
                let mut tab = browser.clone();
                tabs.spawn(async move { tab.is_signed_in().await });
            }
            assert!(tabs.join_all().await.into_iter().all(|is_signed_in| is_signed_in));
        }
    }

    /// ASVS 16.5.2: a form that could not be answered says so, and sends nobody on as if it had been.
    async fn a_form_without_a_database_is_an_error(world) {
        let mut browser = world.sign_up("sam@example.com").await.browser;
        world.state.db.close().await;
        let answer = browser.submit("/api/sign_out", &[]).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SERVICE_UNAVAILABLE, ""));
        assert!(answer.says("We cannot reach our records right now."));
    }

    /// ASVS 16.5.3: when the database is away, nobody is let in.
    async fn without_a_database_nobody_is_let_in(world) {
        let mut browser = world.sign_up("sam@example.com").await.browser;
        world.state.db.close().await;
        let answer = browser.get("/dashboard").await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.headers["retry-after"], "5");
        assert!(answer.says("Back in a moment") && !answer.says("sam@example.com"));
        assert!(!answer.says("Many people are here"));
        let id = answer.headers["x-request-id"].to_str().expect("text");
        assert!(answer.says(id), "the page names the request");
        assert!(!answer.says("Pool") && !answer.says("sqlx"));
    }
}
