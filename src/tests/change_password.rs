//! Changing a password.

use axum::http::StatusCode;

use crate::support::{OTHER_PASSWORD, PASSWORD, on_both_engines};

on_both_engines! {
    /// ASVS 6.2.2, 6.2.3, 7.2.4, 7.4.3, 6.3.7.
    async fn the_password_changes_and_other_devices_are_signed_out(world) {
        let person = world.sign_up("sam@example.com").await;
        let mut elsewhere = world.anonymous();
        elsewhere.sign_in(&person.email, PASSWORD).await;
        let mut browser = person.browser;
        let mut copy = browser.clone();
        let fields = [("password", PASSWORD), ("new_password", OTHER_PASSWORD), ("sign_out_others", "true")];
        let page = browser.submit_and_follow("/api/change_password", &fields).await;
        assert!(page.says("Your password is changed"), "{}", page.body);
        assert!(browser.is_signed_in().await, "this session goes on");
        assert!(!copy.is_signed_in().await, "under a new id");
        assert!(elsewhere.visit("/dashboard").await.says("This session was ended"));
        assert_eq!(world.anonymous().sign_in(&person.email, PASSWORD).await.location(), "/sign-in");
        assert_eq!(world.anonymous().sign_in(&person.email, OTHER_PASSWORD).await.location(), "/dashboard");
        let mails = world.mail_to(&person.email).await;
        assert_eq!(mails.iter().filter(|mail| mail.subject.contains("was changed")).count(), 1, "{mails:?}");
    }

    async fn other_devices_stay_when_not_ticked(world) {
        let person = world.sign_up("sam@example.com").await;
        let mut elsewhere = world.anonymous();
        elsewhere.sign_in(&person.email, PASSWORD).await;
        let mut browser = person.browser;
        browser.submit("/api/change_password", &[("password", PASSWORD), ("new_password", OTHER_PASSWORD)]).await;
        assert!(browser.is_signed_in().await && elsewhere.is_signed_in().await);
    }

    async fn a_refusal_says_why_and_changes_nothing(world) {
        let mut browser = world.sign_up("sam@example.com").await.browser;
        for (password, new_password, sentence) in [
            ("", OTHER_PASSWORD, "Enter your password"),
            ("wrong", OTHER_PASSWORD, "Enter the password you sign in with now"),
            (PASSWORD, "", "Enter a password"),
            (PASSWORD, "password1", "harder to guess"),
            (PASSWORD, PASSWORD, "differs from the current one"),
        ] {
            let page = browser
                .submit_and_follow("/api/change_password", &[("password", password), ("new_password", new_password)])
                .await;
            assert!(page.says(sentence), "{sentence}: {}", page.body);
        }
        assert_eq!(world.anonymous().sign_in("sam@example.com", PASSWORD).await.location(), "/dashboard");
    }

    async fn a_form_of_an_ended_session_says_what_became_of_it(world) {
        let person = world.sign_up("sam@example.com").await;
        let mut elsewhere = world.anonymous();
        elsewhere.sign_in(&person.email, PASSWORD).await;
        let mut browser = person.browser;
        let fields = [("password", PASSWORD), ("new_password", OTHER_PASSWORD), ("sign_out_others", "true")];
        browser.submit("/api/change_password", &fields).await;
        let page = elsewhere.submit_and_follow("/api/change_password", &fields).await;
        assert!(page.says("This session was ended") && page.says("Sign in"), "{}", page.body);
    }

    /// ASVS 2.3.3.
    async fn a_changed_password_whose_session_fails_to_begin_stays_changed(world) {
        let mut browser = world.sign_up("sam@example.com").await.browser;
        world.refuse_new_sessions().await;
        let fields = [("password", PASSWORD), ("new_password", OTHER_PASSWORD), ("sign_out_others", "true")];
        let page = browser.submit_and_follow("/api/change_password", &fields).await;
        assert!(page.says("Your password is changed. Sign in with the new one to go on."), "{}", page.body);
        world.take_new_sessions().await;
        assert!(!browser.is_signed_in().await);
        assert_eq!(browser.sign_in("sam@example.com", OTHER_PASSWORD).await.location(), "/dashboard");
    }

    /// ASVS 8.2.1.
    async fn it_needs_a_session(world) {
        world.sign_up("sam@example.com").await;
        let fields = [("password", PASSWORD), ("new_password", OTHER_PASSWORD)];
        let page = world.anonymous().submit_and_follow("/api/change_password", &fields).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.says("Sign in"), "{}", page.body);
        assert_eq!(world.anonymous().sign_in("sam@example.com", PASSWORD).await.location(), "/dashboard");
    }
}
