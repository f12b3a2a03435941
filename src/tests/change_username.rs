//! Changing a user name.

use axum::http::StatusCode;
use latchkey::{domain::identifier::IdentifierMode, server::config::Config};

use crate::{
    own_sessions::{count_events, id_of},
    support::{Browser, Engine, PASSWORD, World, on_both_engines},
};

fn either(config: &mut Config) {
    config.identifier = IdentifierMode::Either;
}

async fn sign_up(world: &World, email: &str, username: &str) -> Browser {
    let mut browser = world.anonymous();
    let fields = [("email", email), ("username", username), ("new_password", PASSWORD)];
    assert_eq!(browser.submit("/api/sign_up", &fields).await.location(), "/dashboard");
    browser
}

on_both_engines! { with(either)
    async fn a_user_name_is_changed_and_signs_in(world) {
        let mut sam = sign_up(world, "sam@example.com", "sam").await;
        let page = sam.submit_and_follow("/api/change_username", &[("username", " Sammy ")]).await;
        assert!(page.says("Your user name is changed.") && page.says("Sammy"), "{}", page.body);
        assert_eq!(world.anonymous().sign_in("sammy", PASSWORD).await.location(), "/dashboard");
        assert_eq!(world.anonymous().sign_in("sam", PASSWORD).await.location(), "/sign-in");
        assert_eq!(count_events(world, &id_of(world, "sam@example.com").await, "username_changed").await, 1);
        let page = sam.submit_and_follow("/api/change_username", &[("username", "sammy")]).await;
        assert!(page.says("Your user name is changed."), "in another case, it is still theirs: {}", page.body);
    }

    async fn somebody_without_one_gets_one(world) {
        let mut sam = sign_up(world, "sam@example.com", "").await;
        assert!(sam.get("/account").await.says("You have none yet."));
        assert!(sam.get("/account/username").await.says("You have no user name yet."));
        sam.submit("/api/change_username", &[("username", "sam")]).await;
        assert_eq!(world.anonymous().sign_in("sam", PASSWORD).await.location(), "/dashboard");
    }

    async fn a_refusal_says_why_and_keeps_what_was_typed(world) {
        sign_up(world, "kim@example.com", "kim").await;
        let mut sam = sign_up(world, "sam@example.com", "sam").await;
        for (typed, sentence) in [
            ("", "Enter a user name"),
            ("s m", "letters, digits, dots"),
            ("KIM", "Choose another user name: somebody has this one"),
            ("sam", "Enter a user name that differs"),
        ] {
            let page = sam.submit_and_follow("/api/change_username", &[("username", typed)]).await;
            assert!(page.says(sentence), "{sentence}: {}", page.body);
            assert!(page.body.contains(&format!("value=\"{typed}\"")), "{typed}: {}", page.body);
        }
        assert_eq!(count_events(world, &id_of(world, "sam@example.com").await, "username_changed").await, 0);
    }

    /// Each change is told by mail, so that many would be a flood.
    async fn changes_are_limited(world) {
        let mut sam = sign_up(world, "sam@example.com", "sam").await;
        for round in 0..5 {
            let answer = sam.submit("/api/change_username", &[("username", &format!("sam{round}"))]).await;
            assert_eq!(answer.location(), "/account", "{round}");
        }
        let answer = sam.submit("/api/change_username", &[("username", "sam9")]).await;
        assert_eq!((answer.location(), answer.headers["retry-after"].to_str().expect("text")), ("/account/username", "600"));
        assert_eq!(world.anonymous().sign_in("sam9", PASSWORD).await.location(), "/sign-in");
        assert_eq!(world.anonymous().sign_in("sam4", PASSWORD).await.location(), "/dashboard", "the limit is of changes alone");
    }

    /// ASVS 7.5.1: once, and with what was typed kept.
    async fn the_password_is_asked_for_again(world) {
        let mut sam = sign_up(world, "sam@example.com", "sam").await;
        world.clock.advance(11 * 60);
        assert_eq!(sam.get("/account/username").await.location(), "/account/confirm?next=/account/username");
        let page = sam.submit_and_follow("/api/change_username", &[("username", "sammy")]).await;
        assert!(page.says("Confirm your password") && page.body.contains("value=\"sammy\""), "{}", page.body);
        let fields = [("password", PASSWORD), ("next", "/account/username"), ("username", "sammy")];
        let page = sam.submit_and_follow("/api/confirm_password", &fields).await;
        assert!(page.body.contains("value=\"sammy\"") && page.says("Change user name"), "{}", page.body);
        assert_eq!(sam.submit("/api/change_username", &[("username", "sammy")]).await.location(), "/account");
    }

    /// ASVS 15.4.1: two people want one name at the same moment; one has it.
    async fn a_name_goes_to_one_of_two(world) {
        let sam = sign_up(world, "sam@example.com", "sam").await;
        let kim = sign_up(world, "kim@example.com", "kim").await;
        let mut tasks = tokio::task::JoinSet::new();
        for mut browser in [sam, kim] {
            tasks.spawn(async move { browser.submit("/api/change_username", &[("username", "pat")]).await.location().to_owned() });
        }
        let mut outcomes = tasks.join_all().await;
        outcomes.sort();
        assert_eq!(outcomes, ["/account", "/account/username"]);
    }
}

#[tokio::test]
async fn where_there_are_no_user_names_there_is_no_such_page() {
    let world = World::with(Engine::Sqlite, |_| {}).await;
    let mut sam = world.sign_up("sam@example.com").await.browser;
    assert_eq!(sam.get("/account/username").await.status, StatusCode::NOT_FOUND);
    assert_eq!(sam.submit("/api/change_username", &[("username", "sam")]).await.status, StatusCode::NOT_FOUND);
    assert!(!sam.get("/account").await.says("User name"));
    world.end().await;
}
