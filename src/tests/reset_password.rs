//! Forgetting and resetting a password.

use axum::http::{StatusCode, header};
use latchkey::server::storage::link_requests::{self, Kind};

use crate::support::{Browser, OTHER_PASSWORD, PASSWORD, World, on_both_engines};

/// Asks for a link and brings its mail's link to a browser, which then stands before the form.
async fn bring_link(world: &World, email: &str) -> Browser {
    world.anonymous().submit("/api/forgot_password", &[("email", email)]).await;
    let mail = world.mail_to(email).await.remove(0);
    let mut browser = world.anonymous();
    let page = browser.visit(&mail.link()).await;
    assert!(page.says("Choose a new password"), "{}", page.body);
    browser
}

on_both_engines! {
    async fn a_forgotten_password_is_replaced(world) {
        let person = world.sign_up("sam@example.com").await;
        let mut elsewhere = person.browser;
        let mut browser = world.anonymous();
        let page = browser.submit_and_follow("/api/forgot_password", &[("email", "sam@example.com")]).await;
        assert!(page.says("Check your mail") && page.says("a mail with a link is on its way"), "{}", page.body);

        let mail = world.mail_to("sam@example.com").await.remove(0);
        for text in [&world.now().for_people(), "Chrome on Linux", "192.0.2.7", "30 minutes"] {
            assert!(mail.body.contains(text), "{text} in {}", mail.body);
        }

        // ASVS 14.2.1: the token leaves the address bar.
        let answer = browser.get(&mail.link()).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/reset-password"));
        let page = browser.get("/reset-password").await;
        assert!(page.says("Choose a new password") && page.says("sam@example.com"));
        assert!(elsewhere.is_signed_in().await, "looking changes nothing");

        let page = browser.submit_and_follow("/api/reset_password", &[("new_password", OTHER_PASSWORD)]).await;
        assert!(page.says("Your password is changed and all sessions have ended"), "{}", page.body);
        assert!(page.body.contains("value=\"sam@example.com\""), "the address is filled in");
        assert!(!browser.is_signed_in().await, "nobody is signed in by a reset");

        let page = elsewhere.visit("/dashboard").await;
        assert!(page.says("This session was ended"), "{}", page.body);
        assert_eq!(world.anonymous().sign_in("sam@example.com", PASSWORD).await.location(), "/sign-in");
        assert_eq!(world.anonymous().sign_in("sam@example.com", OTHER_PASSWORD).await.location(), "/dashboard");
        let mails = world.mail_to("sam@example.com").await;
        assert_eq!(mails.iter().filter(|mail| mail.subject.contains("was changed")).count(), 1, "ASVS 6.3.7: {mails:?}");
    }

    /// ASVS 6.3.8: one answer for all, and a mail for those we know.
    async fn asking_tells_nobody_who_is_known(world) {
        world.sign_up("sam@example.com").await;
        let mut pages = Vec::new();
        for email in ["sam@example.com", "xam@example.com"] {
            let page = world.anonymous().submit_and_follow("/api/forgot_password", &[("email", email)]).await;
            pages.push(crate::sign_in::without_nonce(&page.body.replace(email, "ADDRESS")));
        }
        assert_eq!(pages[0], pages[1]);
        let mails = world.mail_to("sam@example.com").await;
        assert_eq!(mails.iter().filter(|mail| mail.subject.starts_with("Choose a new password")).count(), 1);
        assert_eq!(world.mail_to("xam@example.com").await.len(), 0);
    }

    /// Who asks for a link gets it however many guess passwords, and what guesses leave is gone.
    async fn a_link_is_mailed_while_many_sign_ins_are_refused(world) {
        world.sign_up("sam@example.com").await;
        let mut tx = world.state.db.begin().await.expect("a transaction");
        for number in 0..60 {
            for (kind, email) in [(Kind::Nothing, ""), (Kind::Reminder, "nobody@example.com")] {
                let id = format!("{}-{number}", kind.as_str());
                link_requests::create(&mut tx, &id, kind, email, "192.0.2.7", "A program", world.now()).await.expect("added");
            }
        }
        tx.commit().await.expect("added");
        world.anonymous().submit("/api/forgot_password", &[("email", "sam@example.com")]).await;
        let mails = world.mail_to("sam@example.com").await;
        assert!(mails[0].subject.starts_with("Choose a new password"), "{mails:?}");
        world.mail_to("sam@example.com").await;
        assert_eq!(world.look_up("select cast(count(*) as text) from link_requests").await, "0");
    }

    /// ASVS 6.5.1, 2.3.4: exactly one of many wins, and the password is that one's.
    async fn a_link_works_once_however_many_try_at_once(world) {
        world.sign_up("sam@example.com").await;
        let browser = bring_link(world, "sam@example.com").await;
        let mut attempts = tokio::task::JoinSet::new();
        for index in 0..8 {
            let mut browser = browser.clone();
            attempts.spawn(async move {
                let password = format!("{OTHER_PASSWORD} {index}");
                let answer = browser.submit("/api/reset_password", &[("new_password", &password)]).await;
                (answer.location() == "/sign-in").then_some(password)
            });
        }
        let winners: Vec<String> = attempts.join_all().await.into_iter().flatten().collect();
        assert_eq!(winners.len(), 1, "{winners:?}");
        assert_eq!(world.anonymous().sign_in("sam@example.com", &winners[0]).await.location(), "/dashboard");
        let mut late = browser.clone();
        let page = late.submit_and_follow("/api/reset_password", &[("new_password", PASSWORD)]).await;
        assert!(page.says("This link does not work"), "{}", page.body);
    }

    /// ASVS 6.4.1, 6.6.2.
    async fn a_link_dies_of_age_a_newer_one_and_a_change_of_password(world) {
        let person = world.sign_up("sam@example.com").await;
        let mut old = bring_link(world, "sam@example.com").await;
        world.clock.advance(30 * 60);
        assert!(old.get("/reset-password").await.says("This link does not work"), "age");
        let mut first = bring_link(world, "sam@example.com").await;
        world.clock.advance(1);
        let mut second = bring_link(world, "sam@example.com").await;
        assert!(first.get("/reset-password").await.says("This link does not work"), "a newer one");
        let mut owner = world.anonymous();
        owner.sign_in(&person.email, &person.password).await;
        let fields = [("password", PASSWORD), ("new_password", OTHER_PASSWORD)];
        assert_eq!(owner.submit("/api/change_password", &fields).await.location(), "/dashboard");
        assert!(second.get("/reset-password").await.says("This link does not work"), "a change of password");
        world.clock.advance(5 * 60);
        let mut third = bring_link(world, "sam@example.com").await;
        world.disable("sam@example.com").await;
        assert!(third.get("/reset-password").await.says("This link does not work"), "a disabled account");
        let page = third.submit_and_follow("/api/reset_password", &[("new_password", PASSWORD)]).await;
        assert!(page.says("This link does not work"));
    }

    /// A browser that somebody else signed in with is as unknown as any other after a reset.
    async fn a_reset_forgets_the_browsers_that_were_known(world) {
        let person = world.sign_up("sam@example.com").await;
        let mut known = world.anonymous();
        known.sign_in(&person.email, &person.password).await;
        let mut browser = bring_link(world, "sam@example.com").await;
        browser.submit("/api/reset_password", &[("new_password", OTHER_PASSWORD)]).await;
        for _ in 0..5 {
            world.anonymous().sign_in(&person.email, "wrong").await;
        }
        let page = known
            .submit_and_follow("/api/sign_in", &[("identifier", &person.email), ("password", OTHER_PASSWORD)])
            .await;
        assert!(page.says("Too many tries"), "{}", page.body);
    }

    async fn a_refused_password_leaves_the_link_alive(world) {
        world.sign_up("sam@example.com").await;
        let mut browser = bring_link(world, "sam@example.com").await;
        let page = browser.submit_and_follow("/api/reset_password", &[("new_password", "password1")]).await;
        assert!(page.says("harder to guess") && page.says("Choose a new password"), "{}", page.body);
        assert_eq!(browser.submit("/api/reset_password", &[("new_password", OTHER_PASSWORD)]).await.location(), "/sign-in");
    }

    /// ASVS 6.4.1, 11.5.1, 2.3.1, 6.6.3: what was never drawn opens nothing.
    async fn made_up_links_do_not_work(world) {
        for token in ["", "x", "%00", "AAAA", &"A".repeat(43), &"A".repeat(5_000), "%ff%fe", "../../etc"] {
            let mut browser = world.anonymous();
            let page = browser.visit(&format!("/reset-password?token={token}")).await;
            assert_eq!(page.status, StatusCode::OK);
            assert!(page.says("This link does not work"), "{token}");
            let page = browser.submit_and_follow("/api/reset_password", &[("new_password", PASSWORD)]).await;
            assert!(page.says("This link does not work"), "{token}");
        }
    }

    /// ASVS 4.1.3: links in mail start with the configured address, whatever the request says.
    async fn the_host_header_is_not_believed(world) {
        world.sign_up("sam@example.com").await;
        let browser = world.anonymous();
        let request = browser
            .request(axum::http::Method::POST, "/api/forgot_password")
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("x-forwarded-host", "evil.example")
            .header("forwarded", "host=evil.example")
            .body("email=sam%40example.com".into());
        let mut request = request.expect("a request");
        request.headers_mut().insert(header::HOST, "evil.example".parse().expect("a value"));
        browser.clone().send(request).await;
        let mail = world.mail_to("sam@example.com").await.remove(0);
        assert!(mail.body.contains("http://127.0.0.1:3000/reset-password?token=") && !mail.body.contains("evil"));
    }

    /// ASVS 7.4.3: an address that somebody asked for with the old password comes to nothing.
    async fn a_new_password_ends_the_wish_for_another_address(world) {
        let mut thief = crate::change_email::proven(world, "sam@example.com").await;
        crate::change_email::ask(&mut thief, "thief@example.org").await;
        let link = crate::change_email::newest(world, "thief@example.org", "Confirm your new e-mail address").await;
        let mut owner = world.anonymous();
        owner.submit("/api/forgot_password", &[("email", "sam@example.com")]).await;
        owner.visit(&crate::change_email::newest(world, "sam@example.com", "Choose a new password").await).await;
        owner.submit("/api/reset_password", &[("new_password", crate::support::OTHER_PASSWORD)]).await;
        owner.sign_in("sam@example.com", crate::support::OTHER_PASSWORD).await;
        assert!(owner.visit(&link).await.says("This link does not work"));
        owner.submit("/api/verify_email", &[]).await;
        assert!(owner.get("/account/email").await.says("sam@example.com"));
    }
}
