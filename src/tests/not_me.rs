//! Mails that tell of changes and of strange browsers, and what their link does (ASVS 6.3.5, 6.3.7).

use axum::http::StatusCode;

use crate::{
    change_email::{ask, confirm, events, newest, proven, subjects},
    own_sessions::{count_events, id_of},
    support::{Browser, OTHER_PASSWORD, PASSWORD, World, on_both_engines},
};

const OLD: &str = "sam@example.com";
const NEW: &str = "stranger@example.org";

/// Somebody else, who knows the password.
async fn intruder(world: &World) -> Browser {
    let mut browser = world.anonymous();
    assert_eq!(browser.sign_in(OLD, PASSWORD).await.location(), "/dashboard");
    browser
}

/// Takes the address over.
async fn take_over(world: &World, browser: &mut Browser) {
    ask(browser, NEW).await;
    assert!(confirm(world, browser, NEW).await.says("Your e-mail address is changed."));
}

/// Opens a link and presses the button of its page.
async fn press(browser: &mut Browser, link: &str) -> crate::support::Answer {
    browser.visit(link).await;
    browser.submit_and_follow("/api/not_me", &[]).await
}

on_both_engines! {
    /// ASVS 6.3.5, 2.4.1: who knows the password fills no mailbox, and every sign-in is written down all the same.
    async fn strange_browsers_fill_no_mailbox(world) {
        world.sign_up("sam@example.com").await;
        let mut told = Vec::new();
        for seconds in [0, 86_400] {
            world.clock.advance(seconds);
            for _ in 0..13 {
                assert_eq!(world.anonymous().sign_in("sam@example.com", PASSWORD).await.location(), "/dashboard");
            }
            told.push(world.mail_to("sam@example.com").await.iter().filter(|mail| mail.body.contains("/not-me?")).count());
        }
        assert_eq!(told, [10, 20], "ten a day");
        let user_id = id_of(world, "sam@example.com").await;
        assert_eq!(count_events(world, &user_id, "signed_in").await, 27);
    }

    /// ASVS 6.3.5: told of a browser that was not known, not of the first sign-in, and not of one that was.
    async fn a_strange_browser_is_told_of_once(world) {
        let mut browser = world.sign_up(OLD).await.browser;
        let strange = |subjects: Vec<String>| subjects.iter().filter(|subject| subject.starts_with("New sign-in")).count();
        assert_eq!(strange(subjects(world, OLD).await), 0, "signing up");
        browser.submit("/api/sign_out", &[]).await;
        browser.sign_in(OLD, PASSWORD).await;
        assert_eq!(strange(subjects(world, OLD).await), 0, "the browser of the sign-up");
        world.anonymous().sign_in(OLD, "wrong").await;
        assert_eq!(strange(subjects(world, OLD).await), 0, "nobody signed in");

        let mut phone = world.anonymous();
        phone.sign_in(OLD, PASSWORD).await;
        let mail = world.mail_to(OLD).await.remove(0);
        for fact in ["New sign-in", "Chrome on Linux", "192.0.2.7", "7 days", &world.now().for_people()] {
            assert!(mail.subject.contains(fact) || mail.body.contains(fact), "{fact} in {}", mail.body);
        }
        phone.submit("/api/sign_out", &[]).await;
        phone.sign_in(OLD, PASSWORD).await;
        assert_eq!(strange(subjects(world, OLD).await), 1, "known by now");
        phone.cookies.insert("latchkey-device".into(), "made up".into());
        phone.sign_in(OLD, PASSWORD).await;
        assert_eq!(strange(subjects(world, OLD).await), 2, "a cookie that was never ours");
    }

    /// Everything somebody else may have begun is over, and the way leads to a new password.
    async fn one_press_locks_everybody_out(world) {
        let mut owner = proven(world, OLD).await;
        let mut stranger = intruder(world).await;
        ask(&mut stranger, NEW).await;
        let wanted = newest(world, NEW, "Confirm your new").await;
        let link = newest(world, OLD, "New sign-in").await;
        let earlier = newest(world, OLD, "A new e-mail address").await;

        let mut reader = world.anonymous();
        assert_eq!(reader.get(&link).await.location(), "/not-me", "ASVS 14.2.1");
        let page = reader.get("/not-me").await;
        assert!(page.says("This was not me") && !page.says("gets the address"), "{}", page.body);
        assert!(stranger.is_signed_in().await && owner.is_signed_in().await, "looking changes nothing");

        let page = reader.submit_and_follow("/api/not_me", &[]).await;
        assert!(page.says("All sessions have ended") && page.says("Choose a new password") && page.says(OLD), "{}", page.body);
        for browser in [&mut stranger, &mut owner] {
            assert!(browser.visit("/dashboard").await.says("This session was ended"));
        }
        assert_eq!(world.anonymous().sign_in(OLD, PASSWORD).await.location(), "/sign-in", "the password opens nothing");
        assert!(world.anonymous().visit(&wanted).await.says("This link does not work"), "the change is called off");
        for dead in [&link, &earlier] {
            assert!(press(&mut world.anonymous(), dead).await.says("This link does not work"), "once");
        }
        let answer = reader.submit("/api/reset_password", &[("new_password", OTHER_PASSWORD)]).await;
        assert_eq!(answer.location(), "/sign-in");
        assert_eq!(reader.sign_in(OLD, OTHER_PASSWORD).await.location(), "/dashboard");
        assert!(reader.get("/account/email").await.says("You use sam@example.com now"));

        let events = events(world).await;
        assert_eq!(events.iter().filter(|(kind, _)| kind == "not_me").count(), 1);
        let ended = |(kind, detail): &&(String, String)| kind == "session_ended" && detail.contains("\"not_me\"");
        assert_eq!(events.iter().filter(ended).count(), 2, "{events:?}");
    }

    /// A change that somebody else has completed is undone, and their new address opens nothing.
    async fn the_former_address_is_given_back(world) {
        let mut owner = proven(world, OLD).await;
        let mut stranger = intruder(world).await;
        let before = newest(world, OLD, "New sign-in").await;
        take_over(world, &mut stranger).await;
        assert!(owner.get("/dashboard").await.says(NEW));
        // What the stranger can do about it with the new address: a reset, and a press of their own.
        stranger.submit("/api/forgot_password", &[("email", NEW)]).await;
        stranger.visit(&newest(world, NEW, "Choose a new password").await).await;
        stranger.submit("/api/reset_password", &[("new_password", OTHER_PASSWORD)]).await;
        let theirs = newest(world, NEW, "Your password at").await;
        assert!(press(&mut stranger, &theirs).await.says("Choose a new password"));
        let pending = stranger.clone();

        let mut reader = world.anonymous();
        let link = newest(world, OLD, "Your e-mail address").await;
        assert!(reader.visit(&link).await.says("Your account gets the address sam@example.com back."));
        let page = reader.submit_and_follow("/api/not_me", &[]).await;
        assert!(page.says("For sam@example.com."), "{}", page.body);
        assert!(pending.clone().get("/reset-password").await.says("This link does not work"));
        assert!(press(&mut world.anonymous(), &before).await.says("This link does not work"), "a use spends the others");
        reader.submit("/api/reset_password", &[("new_password", PASSWORD)]).await;
        reader.sign_in(OLD, PASSWORD).await;
        let page = reader.get("/dashboard").await;
        assert!(page.says(OLD) && !page.says("not confirmed") && !page.says(NEW), "{}", page.body);
        stranger.submit("/api/forgot_password", &[("email", NEW)]).await;
        assert!(subjects(world, NEW).await[0].starts_with("Your password at"), "no account has that address");
    }

    /// Nobody gets hold of the former address while it can be asked for back; afterwards it is free.
    async fn a_former_address_is_kept_for_a_while(world) {
        let mut owner = proven(world, OLD).await;
        let mut stranger = intruder(world).await;
        take_over(world, &mut stranger).await;
        let page = world.anonymous().submit_and_follow("/api/sign_up", &[("email", OLD), ("new_password", OTHER_PASSWORD)]).await;
        assert!(page.says("We could not create the account"), "{}", page.body);
        let mut other = proven(world, "kim@example.com").await;
        assert!(ask(&mut other, OLD).await.says("Enter another address"));
        owner.submit("/api/confirm_password", &[("password", PASSWORD)]).await;
        world.clock.advance(60);
        assert!(ask(&mut owner, OLD).await.says("waits to be confirmed"), "its own person may have it back");

        world.clock.advance(7 * 86_400);
        world.sign_up(OLD).await;
    }

    /// Where the address is somebody's all the same, say because an administrator gave it to them, the rest is done.
    async fn an_address_that_is_taken_is_not_given_back(world) {
        proven(world, OLD).await;
        let mut stranger = intruder(world).await;
        take_over(world, &mut stranger).await;
        let link = newest(world, OLD, "Your e-mail address").await;
        let identifiers = latchkey::domain::form::Identifiers { email: Some(latchkey::domain::email::Email::parse(OLD).expect("an address")), username: None };
        let mut tx = world.state.db.begin().await.expect("a transaction");
        latchkey::server::flows::sign_up::create(&world.state, &mut tx, &identifiers, None, &[]).await.expect("made");
        tx.commit().await.expect("committed");

        let mut reader = world.anonymous();
        let page = press(&mut reader, &link).await;
        assert!(page.says("Choose a new password") && page.says("All sessions have ended"), "{}", page.body);
        assert!(!stranger.is_signed_in().await);
        assert!(events(world).await.iter().any(|(kind, detail)| kind == "not_me" && detail.contains("taken")));
    }

    /// ASVS 2.3.4.
    async fn many_presses_at_once_are_one(world) {
        proven(world, OLD).await;
        intruder(world).await;
        let mut reader = world.anonymous();
        reader.visit(&newest(world, OLD, "New sign-in").await).await;
        let mut presses = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let mut reader = reader.clone();
            presses.spawn(async move {
                let answer = reader.submit("/api/not_me", &[]).await;
                (answer.location() == "/reset-password").then_some(reader)
            });
        }
        let mut winners: Vec<Browser> = presses.join_all().await.into_iter().flatten().collect();
        assert_eq!(winners.len(), 1);
        assert!(winners[0].get("/reset-password").await.says("For sam@example.com."), "whose link works");
        assert_eq!(events(world).await.iter().filter(|(kind, _)| kind == "not_me").count(), 1);
    }

    /// A sign-in that is under way while the button is pressed does not survive it.
    async fn a_sign_in_at_the_same_moment_is_out(world) {
        proven(world, OLD).await;
        intruder(world).await;
        let mut reader = world.anonymous();
        reader.visit(&newest(world, OLD, "New sign-in").await).await;
        let mut stranger = world.anonymous();
        let (pressed, _) = tokio::join!(reader.submit("/api/not_me", &[]), stranger.sign_in(OLD, PASSWORD));
        assert_eq!(pressed.location(), "/reset-password");
        assert!(!stranger.is_signed_in().await);
    }

    async fn links_die_of_age_a_reset_and_another_unproven_address(world) {
        world.sign_up(OLD).await;
        let mut dead = Vec::new();
        intruder(world).await;
        dead.push(("age", newest(world, OLD, "New sign-in").await));
        world.clock.advance(7 * 86_400);
        intruder(world).await;
        dead.push(("a reset", newest(world, OLD, "New sign-in").await));
        let mut reader = world.anonymous();
        reader.submit("/api/forgot_password", &[("email", OLD)]).await;
        reader.visit(&newest(world, OLD, "Choose a new password").await).await;
        reader.submit("/api/reset_password", &[("new_password", OTHER_PASSWORD)]).await;
        for (why, link) in dead {
            let page = press(&mut world.anonymous(), &link).await;
            assert!(page.says("This link does not work") && page.says("choose a new password"), "{why}: {}", page.body);
        }
        assert!(press(&mut world.anonymous(), &newest(world, OLD, "Your password at").await).await.says("All sessions have ended"));

        // A mistyped address is a stranger's, and its mail must not open the account once it is mended.
        let mut owner = world.sign_up("mistyped@example.com").await.browser;
        world.anonymous().sign_in("mistyped@example.com", PASSWORD).await;
        let strangers = newest(world, "mistyped@example.com", "New sign-in").await;
        ask(&mut owner, "right@example.com").await;
        assert!(press(&mut world.anonymous(), &strangers).await.says("This link does not work"));
        assert!(owner.is_signed_in().await);
    }

    /// It acts on the account it was mailed to, whoever is signed in.
    async fn somebody_else_who_is_signed_in_stays_so(world) {
        proven(world, OLD).await;
        let mut stranger = intruder(world).await;
        let link = newest(world, OLD, "New sign-in").await;
        let mut kim = proven(world, "kim@example.com").await;
        assert!(press(&mut kim, &link).await.says("For sam@example.com."));
        assert!(kim.is_signed_in().await && kim.get("/dashboard").await.says("kim@example.com"));
        assert!(!stranger.is_signed_in().await);
    }

    async fn what_is_no_link_does_nothing(world) {
        let mut browser = proven(world, OLD).await;
        world.anonymous().submit("/api/forgot_password", &[("email", OLD)]).await;
        let reset = newest(world, OLD, "Choose a new password").await.replace("/reset-password", "/not-me");
        for path in [reset.as_str(), "/not-me", "/not-me?token=", "/not-me?token=AAAA"] {
            let page = browser.visit(path).await;
            assert_eq!(page.status, StatusCode::OK);
            assert!(page.says("This link does not work"), "{path}: {}", page.body);
            assert!(browser.submit_and_follow("/api/not_me", &[]).await.says("This link does not work"));
        }
        assert!(browser.is_signed_in().await);
        world.disable(OLD).await;
        assert!(press(&mut world.anonymous(), &reset).await.says("This link does not work"));
    }

    /// All or nothing (ASVS 2.3.3).
    async fn a_disabled_account_is_nobodys_to_unlock(world) {
        proven(world, OLD).await;
        intruder(world).await;
        let link = newest(world, OLD, "New sign-in").await;
        world.disable(OLD).await;
        assert!(press(&mut world.anonymous(), &link).await.says("This link does not work"));
    }
}

mod where_addresses_are_nobodys_business {
    use latchkey::server::config::{Config, VerifyEmail};

    use super::*;

    fn required(config: &mut Config) {
        config.verify_email = Some(VerifyEmail::Required);
    }

    on_both_engines! {
        with(required)

        /// ASVS 6.3.8: a former address that is kept for its person looks like any that is somebody's.
        async fn a_former_address_that_is_kept_is_nobodys_to_have(world) {
            proven(world, OLD).await;
            let mut stranger = intruder(world).await;
            take_over(world, &mut stranger).await;
            let told = world.mail_to(OLD).await.len();
            let page = world.anonymous().submit_and_follow("/api/sign_up", &[("email", OLD), ("new_password", OTHER_PASSWORD)]).await;
            assert!(page.says("Check your mail"), "{}", page.body);
            let mut other = proven(world, "kim@example.com").await;
            assert!(ask(&mut other, OLD).await.says("waits to be confirmed"));
            let mails = subjects(world, OLD).await;
            assert!(mails[..mails.len() - told].iter().all(|subject| subject.starts_with("You already have an account")), "{mails:?}");
            assert_eq!(mails.len() - told, 2, "{mails:?}");
            assert_eq!(world.look_up("select cast(count(*) as text) from users").await, "2");
            let refused = "select cast(count(*) as text) from events where kind = 'account_created' and outcome = 'failure' and target = ''";
            assert_eq!(world.look_up(refused).await, "1");
        }
    }
}
