//! The end of an account: asking for it, coming back, and being gone.

use axum::http::StatusCode;
use latchkey::{
    domain::role::Role,
    server::{
        config::Config,
        jobs,
        storage::{deletions, known_devices, profiles, users},
    },
};

use crate::{
    own_sessions::{count_events, events_about, id_of},
    support::{Answer, Browser, Engine, OTHER_PASSWORD, PASSWORD, World, on_both_engines},
};

const DAY: i64 = 24 * 3_600;

async fn delete(browser: &mut Browser, email: &str) -> Answer {
    browser.submit("/api/delete_account", &[("identifier", email), ("password", PASSWORD)]).await
}

async fn is_there(world: &World, user_id: &str) -> bool {
    users::find(&mut world.state.db.read().await.expect("a connection"), user_id).await.expect("read").is_some()
}

async fn make_admin(world: &World, email: &str) {
    let id = id_of(world, email).await;
    let mut conn = world.state.db.write().await.expect("a connection");
    users::grant(&mut conn, &id, &Role::admin(), world.now()).await.expect("granted");
}

on_both_engines! {
    /// ASVS 7.4.2: sessions, links and known browsers die at once; the account days later.
    async fn an_account_is_deleted_after_its_days_of_grace(world) {
        let person = world.sign_up("sam@example.com").await;
        let user = id_of(world, &person.email).await;
        let mut browser = person.browser;
        let mut elsewhere = world.anonymous();
        elsewhere.sign_in(&person.email, PASSWORD).await;
        elsewhere.submit("/api/forgot_password", &[("email", &person.email)]).await;
        let link = world.mail_to(&person.email).await[0].link();

        let answer = delete(&mut browser, "SAM@example.com").await;
        assert_eq!(answer.location(), "/sign-in", "{answer:?}");
        assert!(browser.session_cookie().is_none());
        let page = browser.get("/sign-in").await;
        let until = world.now().plus(7 * DAY);
        assert!(page.says(&format!("Your account will be deleted on {}", until.for_people())) && page.says("To keep it, sign in before then."), "{}", page.body);
        assert!(!browser.is_signed_in().await);
        assert!(elsewhere.visit("/dashboard").await.says("To keep the account, sign in."));
        assert!(world.anonymous().visit(&link).await.says("This link does not work"));
        let devices = profiles::count_devices(&mut world.state.db.read().await.expect("a connection"), &user).await.expect("read");
        assert_eq!(devices, 0);
        assert_eq!(count_events(world, &user, "deletion_requested").await, 1);
        assert_eq!(count_events(world, &user, "session_ended").await, 2);
        let events = events_about(world, &user).await;
        assert!(events.iter().filter(|row| row.content.kind == "session_ended").all(|row| row.content.detail.contains("account_deleted")));

        world.clock.advance(7 * DAY - 1);
        jobs::run_once(&world.state, None).await.expect("background tasks");
        assert!(is_there(world, &user).await, "not before its time");
        world.clock.advance(1);
        jobs::run_once(&world.state, None).await.expect("background tasks");
        assert!(!is_there(world, &user).await);
        assert_eq!(world.anonymous().sign_in(&person.email, PASSWORD).await.location(), "/sign-in");
        let deleted = events_about(world, &user).await.into_iter().next().expect("written down").content;
        assert_eq!((deleted.kind.as_str(), deleted.actor.as_str()), ("account_deleted", "system"));
        world.sign_up("sam@example.com").await;
    }

    /// ASVS 6.3.7: whoever owns the address hears of it, and finds a way back in the mail.
    async fn the_owner_is_told(world) {
        let person = world.sign_up("sam@example.com").await;
        let mut browser = person.browser;
        delete(&mut browser, &person.email).await;
        let mails = world.mail_to(&person.email).await;
        assert_eq!(mails[0].subject, "Your account at Latchkey will be deleted");
        assert!(mails[0].body.contains("sign in before it is gone"), "{}", mails[0].body);
        let mut back = world.anonymous();
        back.visit(&mails[0].link()).await;
        back.submit("/api/not_me", &[]).await;
        world.clock.advance(8 * DAY);
        jobs::run_once(&world.state, None).await.expect("background tasks");
        assert!(is_there(world, &id_of(world, "sam@example.com").await).await, "kept by the link");
    }

    async fn signing_in_keeps_the_account(world) {
        let person = world.sign_up("sam@example.com").await;
        let user = id_of(world, &person.email).await;
        let mut browser = person.browser;
        delete(&mut browser, &person.email).await;
        assert_eq!(world.anonymous().sign_in(&person.email, "wrong").await.location(), "/sign-in");
        assert_eq!(count_events(world, &user, "deletion_cancelled").await, 0, "not with a wrong password");
        let mut back = world.anonymous();
        let page = back.submit_and_follow("/api/sign_in", &[("identifier", &person.email), ("password", PASSWORD)]).await;
        assert!(page.says("Your account is kept and will not be deleted."), "{}", page.body);
        assert_eq!(count_events(world, &user, "deletion_cancelled").await, 1);
        world.clock.advance(8 * DAY);
        jobs::run_once(&world.state, None).await.expect("background tasks");
        assert!(is_there(world, &user).await);
        let page = world.anonymous().submit_and_follow("/api/sign_in", &[("identifier", &person.email), ("password", PASSWORD)]).await;
        assert!(!page.says("is kept"), "said once: {}", page.body);
    }

    /// Somebody who forgot the password comes back by link, and by signing in with the new one.
    async fn a_new_password_by_link_is_a_way_back(world) {
        let person = world.sign_up("sam@example.com").await;
        let mut browser = person.browser;
        delete(&mut browser, &person.email).await;
        browser.submit("/api/forgot_password", &[("email", &person.email)]).await;
        let link = world.mail_to(&person.email).await[0].link();
        browser.visit(&link).await;
        browser.submit("/api/reset_password", &[("new_password", OTHER_PASSWORD)]).await;
        let page = browser.submit_and_follow("/api/sign_in", &[("identifier", &person.email), ("password", OTHER_PASSWORD)]).await;
        assert!(page.says("Your account is kept"), "{}", page.body);
    }

    /// A link that proves the address begins a session with the password: that is signing in.
    async fn confirming_the_address_is_a_way_back(world) {
        let person = world.sign_up("sam@example.com").await;
        let user = id_of(world, &person.email).await;
        let mut browser = person.browser;
        delete(&mut browser, &person.email).await;
        world.clock.advance(61);
        browser.submit("/api/resend_verification", &[("email", &person.email)]).await;
        let link = world.mail_to(&person.email).await[0].link();
        browser.visit(&link).await;
        let page = browser.submit_and_follow("/api/verify_email", &[("password", PASSWORD)]).await;
        assert!(page.says("Your account is kept") && browser.is_signed_in().await, "{}", page.body);
        assert_eq!(count_events(world, &user, "deletion_cancelled").await, 1);
    }

    async fn its_name_and_the_password_are_asked_for(world) {
        let person = world.sign_up("sam@example.com").await;
        let mut browser = person.browser;
        for (identifier, password, sentence) in [
            ("", PASSWORD, "Enter your e-mail address or user name"),
            ("kim@example.com", PASSWORD, "Enter the e-mail address or user name of this account"),
            ("sam", PASSWORD, "Enter the e-mail address or user name of this account"),
            ("sam@example.com", "", "Enter your password"),
            ("sam@example.com", "wrong", "Enter the password you sign in with now"),
        ] {
            let page = browser.submit_and_follow("/api/delete_account", &[("identifier", identifier), ("password", password)]).await;
            assert!(page.says(sentence), "{sentence}: {}", page.body);
            assert!(page.body.contains(&format!("value=\"{identifier}\"")), "what was typed is kept: {}", page.body);
        }
        assert!(browser.is_signed_in().await);
        let answer = world.anonymous().submit("/api/delete_account", &[("identifier", "sam@example.com"), ("password", PASSWORD)]).await;
        assert_eq!(answer.location(), "/account/delete", "and a session");
        assert_eq!(count_events(world, &id_of(world, "sam@example.com").await, "deletion_requested").await, 0);
    }

    /// ASVS 6.3.1: the password cannot be guessed here either.
    async fn tries_are_limited(world) {
        let mut browser = world.sign_up("sam@example.com").await.browser;
        let tries = world.state.config.account_tries;
        for _ in 0..tries {
            browser.submit("/api/delete_account", &[("identifier", "sam@example.com"), ("password", "wrong")]).await;
        }
        let page = browser.submit("/api/delete_account", &[("identifier", "sam@example.com"), ("password", PASSWORD)]).await;
        assert!(page.headers.contains_key("retry-after"), "{page:?}");
        assert!(browser.is_signed_in().await);
    }

    async fn the_last_administrator_stays(world) {
        let mut browser = world.sign_up("sam@example.com").await.browser;
        make_admin(world, "sam@example.com").await;
        let page = {
            let answer = delete(&mut browser, "sam@example.com").await;
            assert_eq!(answer.location(), "/account/delete");
            browser.visit("/account/delete").await
        };
        assert!(page.says("This is the last administrator."), "{}", page.body);
        assert!(browser.is_signed_in().await);
        let user = id_of(world, "sam@example.com").await;
        assert_eq!(count_events(world, &user, "deletion_requested").await, 0);

        let mut kim = world.sign_up("kim@example.com").await.browser;
        make_admin(world, "kim@example.com").await;
        assert_eq!(delete(&mut kim, "kim@example.com").await.location(), "/sign-in");
        assert_eq!(delete(&mut browser, "sam@example.com").await.location(), "/account/delete", "one who is about to go does not count");
    }

    /// ASVS 15.4.1, 15.4.2: of the last two administrators one stays, also if both leave at the same moment.
    async fn two_last_administrators_cannot_leave_together(world) {
        let mut browsers = Vec::new();
        for email in ["sam@example.com", "kim@example.com"] {
            browsers.push((email, world.sign_up(email).await.browser));
            make_admin(world, email).await;
        }
        let mut tasks = tokio::task::JoinSet::new();
        for (email, mut browser) in browsers {
            tasks.spawn(async move { delete(&mut browser, email).await.location().to_owned() });
        }
        let mut outcomes = tasks.join_all().await;
        outcomes.sort();
        assert_eq!(outcomes, ["/account/delete", "/sign-in"]);
    }

    /// ASVS 2.3.4, 15.4.1.
    async fn two_deletions_at_once_are_one(world) {
        let person = world.sign_up("sam@example.com").await;
        let user = id_of(world, &person.email).await;
        let mut second = world.anonymous();
        second.sign_in(&person.email, PASSWORD).await;
        let mut tasks = tokio::task::JoinSet::new();
        for mut browser in [person.browser.clone(), person.browser, second] {
            tasks.spawn(async move { delete(&mut browser, "sam@example.com").await });
        }
        for answer in tasks.join_all().await {
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer:?}");
        }
        assert_eq!(count_events(world, &user, "deletion_requested").await, 1);
        assert_eq!(count_events(world, &user, "session_ended").await, 2);
    }

    /// Two nodes look at the same moment: neither fails, and it is written down once.
    async fn two_nodes_delete_once(world) {
        let mut ids = Vec::new();
        for name in ["sam", "kim", "pat"] {
            let email = format!("{name}@example.com");
            let mut browser = world.sign_up(&email).await.browser;
            ids.push(id_of(world, &email).await);
            delete(&mut browser, &email).await;
        }
        world.clock.advance(7 * DAY);
        let mut nodes = tokio::task::JoinSet::new();
        for _ in 0..3 {
            let state = world.state.clone();
            nodes.spawn(async move { jobs::deletions::run(&state).await });
        }
        for outcome in nodes.join_all().await {
            outcome.expect("no failure");
        }
        for id in &ids {
            assert!(!is_there(world, id).await);
            assert_eq!(count_events(world, id, "account_deleted").await, 1);
        }
    }

    /// Somebody comes back at the very moment of the deletion: either they are in and the account is kept, or neither.
    async fn coming_back_and_going_at_once_is_one_of_both(world) {
        for round in 0..4 {
            let email = format!("sam{round}@example.com");
            let mut browser = world.sign_up(&email).await.browser;
            let user = id_of(world, &email).await;
            delete(&mut browser, &email).await;
            world.clock.advance(7 * DAY);
            let state = world.state.clone();
            let node = tokio::spawn(async move { jobs::deletions::run(&state).await });
            browser.sign_in(&email, PASSWORD).await;
            node.await.expect("no panic").expect("no failure");
            let is_kept = is_there(world, &user).await;
            assert_eq!(browser.is_signed_in().await, is_kept);
            assert_eq!(count_events(world, &user, "account_deleted").await, usize::from(!is_kept));
            assert_eq!(count_events(world, &user, "deletion_cancelled").await, usize::from(is_kept));
        }
    }

    /// A session that begins while its account is being deleted is none.
    async fn no_session_outlives_the_wish(world) {
        let person = world.sign_up("sam@example.com").await;
        let mut browser = person.browser;
        let mut conn = world.state.db.write().await.expect("a connection");
        let user = users::find_by_email_key(&mut conn, &person.email).await.expect("read").expect("there");
        assert!(deletions::request(&mut conn, &user, world.now().plus(DAY)).await.expect("noted"));
        assert!(!deletions::request(&mut conn, &user, world.now().plus(DAY)).await.expect("noted"), "once");
        drop(conn);
        assert!(!browser.is_signed_in().await);
    }

    /// ASVS 6.3.8: an account that waits is there for whoever signs up.
    async fn during_its_days_the_address_is_taken(world) {
        let mut browser = world.sign_up("sam@example.com").await.browser;
        delete(&mut browser, "sam@example.com").await;
        let fields = [("email", "sam@example.com"), ("new_password", OTHER_PASSWORD)];
        let page = world.anonymous().submit_and_follow("/api/sign_up", &fields).await;
        assert!(page.says("We could not create the account."), "{}", page.body);
        assert_eq!(world.anonymous().sign_in("sam@example.com", OTHER_PASSWORD).await.location(), "/sign-in");
        assert_eq!(count_events(world, &id_of(world, "sam@example.com").await, "deletion_cancelled").await, 0);
    }

    /// Whoever was disabled meanwhile cannot come back, and goes all the same.
    async fn a_disabled_account_goes_too(world) {
        let mut browser = world.sign_up("sam@example.com").await.browser;
        let user = id_of(world, "sam@example.com").await;
        delete(&mut browser, "sam@example.com").await;
        world.disable("sam@example.com").await;
        assert_eq!(browser.sign_in("sam@example.com", PASSWORD).await.location(), "/sign-in");
        world.clock.advance(7 * DAY);
        jobs::run_once(&world.state, None).await.expect("background tasks");
        assert!(!is_there(world, &user).await);
    }
}

fn at_once(config: &mut Config) {
    config.deletion_grace_days = 0;
}

mod without_grace {
    use super::*;

    on_both_engines! { with(at_once)
        async fn an_account_is_gone_at_once(world) {
            let person = world.sign_up("sam@example.com").await;
            let user = id_of(world, &person.email).await;
            let mut browser = person.browser;
            assert!(browser.get("/account/delete").await.says("is deleted at once"));
            assert_eq!(delete(&mut browser, &person.email).await.location(), "/sign-in");
            assert!(browser.get("/sign-in").await.says("Your account is deleted."));
            assert!(!is_there(world, &user).await && !browser.is_signed_in().await);
            assert_eq!(world.mail_to("sam@example.com").await[0].subject, "Your account at Latchkey is deleted");
            for kind in ["deletion_requested", "session_ended", "account_deleted"] {
                assert_eq!(count_events(world, &user, kind).await, 1, "{kind}");
            }
            let mut conn = world.state.db.read().await.expect("a connection");
            assert!(!known_devices::is_known(&mut conn, "x", &user).await.expect("read"));
            drop(conn);
            world.sign_up("sam@example.com").await;
        }
    }
}

#[tokio::test]
async fn where_addresses_are_proven_first_an_account_that_waits_is_not_made_over() {
    let world = World::with(Engine::Sqlite, |_| {}).await;
    let mut browser = world.sign_up("sam@example.com").await.browser;
    let user = id_of(&world, "sam@example.com").await;
    delete(&mut browser, "sam@example.com").await;
    let mut conn = world.state.db.write().await.expect("a connection");
    let email = latchkey::domain::email::Email::parse("sam@example.com").expect("an address");
    assert!(!users::renew_unverified(&mut conn, &user, &email, "hash", world.now()).await.expect("asked"));
    drop(conn);
    world.end().await;
}
