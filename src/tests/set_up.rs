//! The first administrator.

use latchkey::server::flows::set_up;

use crate::support::{Browser, PASSWORD, World, on_both_engines};

async fn bring_link(world: &World) -> Browser {
    let link = set_up::make_link(&world.state).await.expect("made").expect("no administrator yet");
    let mut browser = world.anonymous();
    let path = &link[url::Position::BeforePath..];
    assert!(browser.visit(path).await.says("Create the first administrator"));
    browser
}

on_both_engines! {
    /// ASVS 6.3.2: no default account; the link that the server prints makes the first one.
    async fn the_printed_link_makes_one_administrator(world) {
        let mut first = bring_link(world).await;
        world.clock.advance(1);
        let mut browser = bring_link(world).await;
        assert!(first.get("/setup").await.says("This link does not work"), "a newer one was printed");
        let fields = [("email", "sam@example.com"), ("new_password", PASSWORD)];
        let page = browser.submit_and_follow("/api/set_up", &fields).await;
        assert!(page.says("Administrator"), "{}", page.body);
        assert_eq!(set_up::make_link(&world.state).await.expect("asked"), None, "there is one now");
    }

    async fn two_at_once_make_one_administrator(world) {
        let browser = bring_link(world).await;
        let mut attempts = tokio::task::JoinSet::new();
        for index in 0..4 {
            let mut browser = browser.clone();
            attempts.spawn(async move {
                let email = format!("sam{index}@example.com");
                browser.submit("/api/set_up", &[("email", &email), ("new_password", PASSWORD)]).await.location() == "/dashboard"
            });
        }
        assert_eq!(attempts.join_all().await.into_iter().filter(|made| *made).count(), 1);
    }

    /// ASVS 2.3.3.
    async fn an_administrator_whose_session_fails_to_begin_is_still_made(world) {
        let mut browser = bring_link(world).await;
        world.refuse_new_sessions().await;
        let fields = [("email", "sam@example.com"), ("new_password", PASSWORD)];
        let page = browser.submit_and_follow("/api/set_up", &fields).await;
        assert!(page.says("Your account is ready. Sign in to go on."), "{}", page.body);
        world.take_new_sessions().await;
        assert_eq!(browser.sign_in("sam@example.com", PASSWORD).await.location(), "/dashboard");
    }

    async fn without_the_link_nobody_is_an_administrator(world) {
        let mut browser = world.anonymous();
        assert!(browser.get("/setup").await.says("This link does not work"));
        let page = browser.submit_and_follow("/api/set_up", &[("email", "sam@example.com"), ("new_password", PASSWORD)]).await;
        assert!(page.says("This link does not work"), "{}", page.body);
        assert!(!browser.is_signed_in().await);
    }

    async fn a_refused_form_leaves_the_link_alive(world) {
        world.sign_up("taken@example.com").await;
        let mut browser = bring_link(world).await;
        for (email, password, sentence) in [("sam@example.com", "short", "at least 8"), ("taken@example.com", PASSWORD, "could not create")] {
            let page = browser.submit_and_follow("/api/set_up", &[("email", email), ("new_password", password)]).await;
            assert!(page.says(sentence), "{sentence}: {}", page.body);
        }
        let made = browser.submit("/api/set_up", &[("email", "sam@example.com"), ("new_password", PASSWORD)]).await;
        assert_eq!(made.location(), "/dashboard");
    }
}
