//! Signing up.

use std::io::Write as _;

use axum::http::StatusCode;
use latchkey::domain::identifier::IdentifierMode;

use crate::support::{Engine, OTHER_PASSWORD, PASSWORD, World, on_both_engines};

on_both_engines! {
    async fn a_new_person_lands_on_their_dashboard(world) {
        let mut browser = world.anonymous();
        let page = browser
            .submit_and_follow("/api/sign_up", &[("email", "  Sam.Porter@Example.com "), ("new_password", PASSWORD)])
            .await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.says("Hello, Sam.Porter") && page.says("Sam.Porter@example.com"), "{}", page.body);
        assert!(page.says("This is your first time here"));
        assert!(page.says(&world.now().day_for_people()));
    }

    /// ASVS 6.3.8, 2.3.3: a taken address changes nothing and names no reason.
    async fn a_taken_address_is_not_named_as_the_reason(world) {
        world.sign_up("sam@example.com").await;
        let mut browser = world.anonymous();
        let page = browser
            .submit_and_follow("/api/sign_up", &[("email", "SAM@EXAMPLE.COM"), ("new_password", "walnut ferry quartz umbrella")])
            .await;
        assert!(page.says("We could not create the account") && !page.says("taken"), "{}", page.body);
        assert!(page.body.contains("<title>Error: "));
        assert!(page.body.contains("value=\"SAM@EXAMPLE.COM\""), "what was typed is kept");
        assert!(!browser.is_signed_in().await);
        let mut owner = world.anonymous();
        assert_eq!(owner.sign_in("sam@example.com", PASSWORD).await.location(), "/dashboard");
        let tried = "select outcome from events where kind = 'account_created' and target = ''";
        assert_eq!(world.look_up(tried).await, "failure", "for the operator");
        let page = owner.get("/account/activity").await;
        assert!(!page.says("Failed"), "whoever signed up with somebody else's address sees nothing of them: {}", page.body);
    }

    /// ASVS 16.3.1, 6.3.5: whose address it is sees who tried.
    async fn the_owner_of_an_address_sees_who_signs_up_with_it(world) {
        let mut owner = crate::change_email::proven(world, "sam@example.com").await;
        world.anonymous().submit("/api/sign_up", &[("email", "sam@example.com"), ("new_password", OTHER_PASSWORD)]).await;
        let page = owner.get("/account/activity").await;
        assert!(page.says("Account created Failed"), "{}", page.body);
    }

    async fn ten_at_once_make_one_account(world) {
        let mut attempts = tokio::task::JoinSet::new();
        for _ in 0..10 {
            let mut browser = world.anonymous();
            attempts.spawn(async move {
                let fields = [("email", "sam@example.com"), ("new_password", PASSWORD)];
                browser.submit("/api/sign_up", &fields).await.location() == "/dashboard"
            });
        }
        let outcomes = attempts.join_all().await;
        assert_eq!(outcomes.into_iter().filter(|made| *made).count(), 1);
    }

    /// ASVS 2.2.1, 6.2.1, 6.2.4, 6.2.11, 2.2.2.
    async fn a_refused_form_says_what_to_do_and_keeps_what_was_typed(world) {
        for (email, password, sentence) in [
            ("", PASSWORD, "Enter your e-mail address"),
            ("sam@", PASSWORD, "Enter an e-mail address like name@example.com"),
            ("sam@example.com", "", "Enter a password"),
            ("sam@example.com", "short", "Use at least 8 characters"),
            ("sam@example.com", "password1", "Choose a password that is harder to guess"),
            ("samporterfield@example.com", "samporterfield", "it contains your own name or address"),
            ("sam@example.com", "Latchkey2026", "it contains your own name or address"),
        ] {
            let mut browser = world.anonymous();
            let page = browser.submit_and_follow("/api/sign_up", &[("email", email), ("new_password", password)]).await;
            assert!(page.says(sentence), "{sentence}: {}", page.body);
            assert!(page.body.contains("<title>Error: Create account"), "{}", page.body);
            assert!(page.body.contains("aria-invalid=\"true\""));
            assert!(page.body.contains(&format!("value=\"{email}\"")));
            assert!(password.is_empty() || !page.body.contains(&format!("value=\"{password}\"")), "a password never comes back");
            assert!(!browser.is_signed_in().await);
            let again = browser.get("/sign-up").await;
            assert!(!again.says(sentence), "said once");
        }
    }

    /// ASVS 6.2.5, 6.2.8, 6.2.9: no composition rule, no cut, no trim.
    async fn any_long_password_is_taken_as_it_is(world) {
        let long = format!(" {} ✓ مرحبا ", "unlikely heron ".repeat(14));
        for (index, password) in [long.as_str(), "日本語のとても長い合言葉です", "🦊🦉🐢🦀🐙🦔🐝🦋🐌"].into_iter().enumerate() {
            let email = format!("long{index}@example.com");
            let mut browser = world.anonymous();
            let made = browser.submit("/api/sign_up", &[("email", &email), ("new_password", password)]).await;
            assert_eq!(made.location(), "/dashboard", "{password}");
            assert_eq!(world.anonymous().sign_in(&email, password).await.location(), "/dashboard");
            assert_eq!(world.anonymous().sign_in(&email, password.trim_end_matches(' ')).await.location() == "/dashboard", password.trim_end_matches(' ') == password);
        }
    }

    /// ASVS 2.3.3: what is done is not called a failure, and the way on is said.
    async fn an_account_whose_session_fails_to_begin_is_still_made(world) {
        world.refuse_new_sessions().await;
        let mut browser = world.anonymous();
        let page = browser.submit_and_follow("/api/sign_up", &[("email", "sam@example.com"), ("new_password", PASSWORD)]).await;
        assert!(page.says("Your account is ready. Sign in to go on."), "{}", page.body);
        assert!(page.body.contains("action=\"/api/sign_in\""), "{}", page.body);
        world.take_new_sessions().await;
        assert_eq!(browser.sign_in("sam@example.com", PASSWORD).await.location(), "/dashboard");
    }

    /// ASVS 15.3.3: what the form does not ask for is not taken.
    async fn nobody_gives_themselves_a_role(world) {
        let mut browser = world.anonymous();
        let fields = [("email", "sam@example.com"), ("new_password", PASSWORD), ("role", "admin"), ("roles[]", "admin"), ("username", "root")];
        let page = browser.submit_and_follow("/api/sign_up", &fields).await;
        assert!(!page.says("Administrator") && !page.says("root"), "{}", page.body);
    }
}

#[tokio::test]
async fn sign_up_asks_for_what_the_setting_says() {
    let world = World::with(Engine::Sqlite, |config| config.identifier = IdentifierMode::Username).await;
    let page = world.anonymous().get("/sign-up").await;
    assert!(page.body.contains("name=\"username\"") && !page.body.contains("name=\"email\""));
    let mut browser = world.anonymous();
    let page = browser.submit_and_follow("/api/sign_up", &[("username", "Sam"), ("new_password", PASSWORD)]).await;
    assert!(page.says("Hello, Sam"), "{}", page.body);
    assert_eq!(world.anonymous().sign_in("sAM", PASSWORD).await.location(), "/dashboard");
    world.end().await;

    let world = World::with(Engine::Sqlite, |config| config.identifier = IdentifierMode::Either).await;
    let fields = [("username", "sam"), ("email", "sam@example.com"), ("new_password", PASSWORD)];
    assert_eq!(world.anonymous().submit("/api/sign_up", &fields).await.location(), "/dashboard");
    for identifier in ["sam", "sam@example.com"] {
        assert_eq!(world.anonymous().sign_in(identifier, PASSWORD).await.location(), "/dashboard");
    }
    world.end().await;
}

/// ASVS 6.2.11, 2.2.3: the site's name and the person's own are what others would try.
#[tokio::test]
async fn a_password_is_not_made_of_names() {
    let world = World::with(Engine::Sqlite, |config| config.site_name = "Quiblerton Accounts".into()).await;
    let email = "wombatfield.sam@example.com";
    let names = ["wombatfield.sam", "Wombatfield.Sam@example.com", "quiblerton accounts"];
    let refused = "it contains your own name or address, or the name of this site";
    for new_password in names {
        let fields = [("email", email), ("new_password", new_password)];
        let page = world.anonymous().submit_and_follow("/api/sign_up", &fields).await;
        assert!(page.says(refused), "{new_password}: {}", page.body);
    }
    let mut browser = world.sign_up(email).await.browser;
    world.anonymous().submit("/api/forgot_password", &[("email", email)]).await;
    let mut forgetful = world.anonymous();
    forgetful.visit(&world.mail_to(email).await[0].link()).await;
    for new_password in names {
        let fields = [("password", PASSWORD), ("new_password", new_password)];
        for (browser, action) in [(&mut browser, "/api/change_password"), (&mut forgetful, "/api/reset_password")] {
            let page = browser.submit_and_follow(action, &fields).await;
            assert!(page.says(refused), "{action} {new_password}: {}", page.body);
        }
    }
    world.end().await;
}

/// ASVS 6.2.12.
#[tokio::test]
async fn what_the_operator_lists_as_breached_is_refused_with_the_reason() {
    let mut list = tempfile::NamedTempFile::new().expect("a file");
    // The SHA-1 of the password.
    writeln!(list, "9159B2DFF4458312B1A3B66DD8407506C451796E:3").expect("written");
    let world = World::with(Engine::Sqlite, |config| config.breached_passwords = Some(list.path().to_owned())).await;
    let fields = [("email", "sam@example.com"), ("new_password", PASSWORD)];
    let page = world.anonymous().submit_and_follow("/api/sign_up", &fields).await;
    assert!(page.says("it is in a list of passwords that were stolen elsewhere"), "{}", page.body);
    let fields = [("email", "sam@example.com"), ("new_password", OTHER_PASSWORD)];
    assert_eq!(world.anonymous().submit("/api/sign_up", &fields).await.location(), "/dashboard");
    world.end().await;
}
