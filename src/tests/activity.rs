//! `/account/activity`: what happened, in words, by group and page.

use axum::http::StatusCode;
use latchkey::{
    domain::{event::EventKind, own_account::EventGroup, role::Role},
    server::{
        flows::manage::{Actor, roles},
        request_info::RequestInfo,
        storage::own_sessions,
    },
    words,
};

use crate::{
    own_sessions::id_of,
    support::{OTHER_PASSWORD, PASSWORD, on_both_engines},
};

const ACTIVITY: &str = "/account/activity";

on_both_engines! {
    async fn events_are_told_in_words(world) {
        let person = world.sign_up("sam@example.com").await;
        let mut browser = person.browser;
        world.anonymous().sign_in(&person.email, "wrong").await;
        let change = [("password", PASSWORD), ("new_password", OTHER_PASSWORD), ("sign_out_others", "true")];
        browser.submit("/api/change_password", &change).await;
        let page = browser.get(ACTIVITY).await;
        for text in ["Signed in", "With the password", "Sign-in failed", "The password was wrong", "Password changed", "Account created", "Chrome on Linux", "192.0.2.7", &world.now().for_people()] {
            assert!(page.says(text), "{text}: {}", page.body);
        }
        assert!(page.body.contains(&format!("<time datetime=\"{}\">", world.now().rfc3339())));
        let (newest, _) = page.body.split_once("Account created").expect("the oldest");
        assert!(newest.contains("Password changed"), "newest first");
    }

    async fn a_group_is_chosen_in_the_address(world) {
        let mut browser = world.sign_up("sam@example.com").await.browser;
        world.anonymous().sign_in("sam@example.com", "wrong").await;
        let everything = browser.get(ACTIVITY).await;
        assert!(everything.body.contains("<form method=\"get\" action=\"/account/activity\""), "{}", everything.body);
        let page = browser.get(&format!("{ACTIVITY}?group=sign-ins")).await;
        assert!(page.says("Sign-in failed") && !page.says("Account created"), "{}", page.body);
        let options: Vec<&str> = page.body.split("<option").skip(1).filter(|option| option.split('>').next().is_some_and(|tag| tag.contains("selected"))).collect();
        assert!(options.len() == 1 && options[0].contains("sign-ins"), "{options:?}");
        let page = browser.get(&format!("{ACTIVITY}?group=account")).await;
        assert!(page.says("Account created") && !page.says("Sign-in failed"), "{}", page.body);
        let page = browser.get(&format!("{ACTIVITY}?group=administrators")).await;
        assert!(page.says("There is nothing of this kind here.") && page.says("Show everything"), "{}", page.body);
        for odd in ["group=", "group=none", "group=%00", "before=%00&group=sign-ins"] {
            assert_eq!(browser.get(&format!("{ACTIVITY}?{odd}")).await.status, StatusCode::OK, "{odd}");
        }
    }

    async fn pages_keep_the_group(world) {
        let person = world.sign_up("sam@example.com").await;
        let mut browser = person.browser;
        for _ in 0..25 {
            world.clock.advance(1);
            let mut other = world.anonymous();
            other.sign_in(&person.email, PASSWORD).await;
        }
        let first = browser.get(&format!("{ACTIVITY}?group=sign-ins")).await;
        assert_eq!(first.body.matches("<h3>").count(), 20);
        let tag = first.body.split("<a ").find(|tag| tag.contains("rel=\"next\"")).expect("older ones");
        let older = tag.split("href=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("an address").replace("&amp;", "&");
        assert!(older.starts_with("/account/activity?group=sign-ins&before="), "{older}");
        let second = browser.get(&older).await;
        assert_eq!(second.body.matches("<h3>").count(), 7, "with word that the mails about them stopped: {}", second.body);
        assert!(browser.get(ACTIVITY).await.says("No more mails about new sign-ins for a day"));
        assert!(second.body.contains("rel=\"prev\"") && !second.body.contains("rel=\"next\"") && !second.says("Account created"));
    }

    /// ASVS 8.2.1: to look for what is not there is no event of theirs, or it would say that it is there.
    async fn what_is_for_administrators_is_not_mentioned(world) {
        let mut browser = world.sign_up("sam@example.com").await.browser;
        assert_eq!(browser.get("/admin").await.status.as_u16(), 404);
        let pages = [browser.get("/account/activity").await, browser.get("/account/activity?group=account").await];
        let copy = browser.submit("/account/export", &[]).await;
        for page in pages.into_iter().chain([copy]) {
            assert!(!page.body.contains("/admin") && !page.says("Access denied") && !page.says("access_denied"), "{}", page.body);
        }
    }

    /// ASVS 8.2.2.
    async fn other_peoples_events_are_not_there(world) {
        world.sign_up("kim@example.com").await;
        world.anonymous().sign_in("kim@example.com", "wrong").await;
        let mut sam = world.sign_up("sam@example.com").await.browser;
        let page = sam.get(ACTIVITY).await;
        assert!(!page.says("Sign-in failed") && page.body.matches("<h3>").count() == 2, "{}", page.body);
    }

    /// ASVS 8.2.3: that an administrator did something, and not who, nor from where.
    async fn administrators_are_not_named(world) {
        let mut sam = world.sign_up("sam@example.com").await.browser;
        let request = RequestInfo { address: "203.0.113.77".into(), user_agent: "Secret".into(), ..RequestInfo::default() };
        world.sign_up("administrator@example.com").await;
        let administrator = id_of(world, "administrator@example.com").await;
        roles::grant(&world.state, Actor::CommandLine, &administrator, &Role::admin()).await.expect("granted");
        let live = own_sessions::live(&mut world.state.db.read().await.expect("a connection"), &administrator, world.now(), 1).await;
        let theirs = live.expect("read").remove(0).id;
        let actor = Actor::Administrator { user_id: &administrator, session_id: &theirs, request: &request };
        let user = id_of(world, "sam@example.com").await;
        roles::grant(&world.state, actor, &user, &Role::parse("editor").expect("a role")).await.expect("granted");
        let page = sam.get(&format!("{ACTIVITY}?group=administrators")).await;
        for text in ["Role given", "Role: editor", "By an administrator"] {
            assert!(page.says(text), "{text}: {}", page.body);
        }
        for hidden in ["203.0.113.77", "Secret", administrator.as_str()] {
            assert!(!page.body.contains(hidden), "{hidden}");
        }
    }
}

#[test]
fn every_event_and_group_has_words() {
    for kind in EventKind::ALL {
        assert!(!words::event(*kind).is_empty());
        assert!(!words::event_group(EventGroup::of(*kind)).is_empty());
        assert_eq!(words::event_detail(*kind, |_| None), None, "{kind:?}");
    }
}
