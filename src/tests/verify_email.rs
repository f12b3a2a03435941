//! Proving that mail to an address arrives.

use axum::http::StatusCode;
use latchkey::{
    domain::identifier::IdentifierMode,
    server::{
        config::{Config, VerifyEmail},
        crypto::token::OneTimeToken,
        storage::{
            tokens::{self, Owner, Purpose},
            users,
        },
    },
};

use crate::support::{Browser, OTHER_PASSWORD, PASSWORD, World, on_both_engines};

fn required(config: &mut Config) {
    config.verify_email = Some(VerifyEmail::Required);
}

/// The newest link that proves an address.
async fn link(world: &World, email: &str) -> String {
    let mails = world.mail_to(email).await;
    mails.iter().find(|mail| mail.subject.starts_with("Confirm your e-mail address")).expect("a mail").link()
}

async fn sign_up(world: &World, email: &str, password: &str) -> Browser {
    let mut browser = world.anonymous();
    browser.submit("/api/sign_up", &[("email", email), ("new_password", password)]).await;
    browser
}

/// A live link that was mailed to an address which may be another one by now.
async fn link_mailed_to(world: &World, mailed_to: &str, owner: &str, purpose: Purpose, page: &str) -> String {
    let token = OneTimeToken::draw(world.state.random.as_ref()).expect("drawn");
    let mut tx = world.state.db.begin().await.expect("begun");
    let user = users::find_by_email_key(&mut tx, owner).await.expect("read").expect("there");
    let owner = Owner { user_id: Some(user.id), email_key: Some(mailed_to.to_owned()) };
    let until = world.now().plus(60);
    tokens::replace(&mut tx, &token.hash(), purpose, &owner, world.now(), until).await.expect("added");
    tx.commit().await.expect("done");
    format!("{page}?token={}", token.secret())
}

mod optional {
    use super::*;

    on_both_engines! {
        /// ux 20, 21: the link shows a page, the button on it proves, and both work once.
        async fn a_link_and_a_button_prove_an_address(world) {
            let mut browser = world.sign_up("sam@example.com").await.browser;
            assert!(browser.get("/dashboard").await.says("not confirmed"), "marked");
            let link = link(world, "sam@example.com").await;
            assert_eq!(browser.get(&link).await.location(), "/verify-email");
            let page = browser.get("/verify-email").await;
            assert!(page.says("sam@example.com") && page.body.contains("action=\"/api/verify_email\""), "{}", page.body);
            assert!(!page.body.contains("type=\"password\""), "somebody signed in is not asked who they are");
            assert!(browser.get("/dashboard").await.says("not confirmed"), "looking proves nothing");

            let page = browser.submit_and_follow("/api/verify_email", &[]).await;
            assert!(page.says("Your e-mail address is confirmed.") && !page.says("not confirmed"), "{}", page.body);
            let page = world.anonymous().visit(&link).await;
            assert!(page.says("This link does not work"), "{}", page.body);
        }

        /// Whoever made the account with somebody else's address does not get it confirmed by a careless press of a button.
        async fn another_browser_shows_the_password_and_is_signed_in(world) {
            world.sign_up("sam@example.com").await;
            let mut phone = world.anonymous();
            let page = phone.visit(&link(world, "sam@example.com").await).await;
            assert!(page.body.contains("autocomplete=\"current-password\""), "{}", page.body);
            for (password, sentence) in [("", "Enter your password"), (OTHER_PASSWORD, "Enter the password you sign in with now")] {
                let page = phone.submit_and_follow("/api/verify_email", &[("password", password)]).await;
                assert!(page.says(sentence), "{}", page.body);
            }
            let page = phone.submit_and_follow("/api/verify_email", &[("password", PASSWORD)]).await;
            assert!(page.says("Hello, sam") && page.says("Your e-mail address is confirmed."), "{}", page.body);
        }

        async fn a_link_dies_of_age_a_newer_one_and_another_address(world) {
            let mut browser = world.sign_up("sam@example.com").await.browser;
            let first = link(world, "sam@example.com").await;
            world.clock.advance(60);
            browser.submit_and_follow("/api/resend_verification", &[("email", "sam@example.com")]).await;
            let second = link(world, "sam@example.com").await;
            assert!(browser.visit(&first).await.says("This link does not work"), "a newer one");
            browser.submit_and_follow("/api/change_email", &[("email", "sam@example.org")]).await;
            assert!(browser.visit(&second).await.says("This link does not work"), "another address");
            let third = link(world, "sam@example.org").await;
            world.clock.advance(86_400);
            assert!(world.anonymous().visit(&third).await.says("This link does not work"), "age");
        }

        /// ux 20: the limit is said, and known and unknown addresses get one answer (ASVS 6.3.8).
        async fn another_link_is_mailed_and_tells_nobody_who_is_known(world) {
            world.sign_up("sam@example.com").await;
            let mut pages = Vec::new();
            for email in ["sam@example.com", "xam@example.com"] {
                let mut browser = world.anonymous();
                let page = browser.submit_and_follow("/api/resend_verification", &[("email", email)]).await;
                pages.push(crate::sign_in::without_nonce(&page.body.replace(email, "ADDRESS")));
                let page = browser.submit_and_follow("/api/resend_verification", &[("email", email)]).await;
                assert!(page.says("Wait 60 seconds"), "{}", page.body);
            }
            assert!(pages[0].contains("Check your mail"), "{}", pages[0]);
            assert_eq!(pages[0], pages[1]);
            assert_eq!(world.mail_to("sam@example.com").await.len(), 2);
            assert!(world.mail_to("xam@example.com").await.is_empty());
        }

        /// A mistyped address is mended: one button, a link to the new one.
        async fn an_unproven_address_can_be_changed(world) {
            world.sign_up("taken@example.com").await;
            let mut browser = world.sign_up("sma@example.com").await.browser;
            for (email, sentence) in [
                ("", "Enter your e-mail address"),
                ("sam@", "Enter an e-mail address like"),
                ("taken@example.com", "Enter another address"),
            ] {
                let page = browser.submit_and_follow("/api/change_email", &[("email", email)]).await;
                assert!(page.says(sentence), "{sentence}: {}", page.body);
            }
            let page = browser.submit_and_follow("/api/change_email", &[("email", "sam@example.com")]).await;
            assert!(page.says("Check your mail") && page.says("sam@example.com"), "{}", page.body);
            browser.visit(&link(world, "sam@example.com").await).await;
            browser.submit("/api/verify_email", &[]).await;
            assert_eq!(world.anonymous().sign_in("sam@example.com", PASSWORD).await.location(), "/dashboard");
            assert_eq!(world.anonymous().sign_in("sma@example.com", PASSWORD).await.location(), "/sign-in");
        }

        /// An address that is proven needs no link, and an account that is disabled gets none.
        async fn who_needs_no_link_gets_none(world) {
            let mut proven = world.sign_up("sam@example.com").await.browser;
            proven.visit(&link(world, "sam@example.com").await).await;
            proven.submit("/api/verify_email", &[]).await;
            world.sign_up("kim@example.com").await;
            let left_over = link(world, "kim@example.com").await;
            world.disable("kim@example.com").await;
            for action in ["/api/resend_verification", "/api/forgot_password"] {
                for email in ["sam@example.com", "kim@example.com"] {
                    let page = world.anonymous().submit_and_follow(action, &[("email", email)]).await;
                    assert!(page.says("Check your mail"), "one answer for all: {}", page.body);
                }
            }
            let mails = world.mail_to("sam@example.com").await;
            assert_eq!(mails.len(), 2, "{mails:?}");
            assert!(mails[0].subject.starts_with("Choose a new password"), "{mails:?}");
            assert_eq!(world.mail_to("kim@example.com").await.len(), 1, "that of the sign-up alone");
            assert!(world.anonymous().visit(&left_over).await.says("This link does not work"));
        }

        /// ASVS 2.4.1: nobody's mailbox is filled by changing to and fro.
        async fn one_address_again_and_again_is_limited(world) {
            let mut browser = world.sign_up("sma@example.com").await.browser;
            for email in ["sam@example.com", "sam@example.org"] {
                let page = browser.submit_and_follow("/api/change_email", &[("email", email), ("password", PASSWORD)]).await;
                assert!(page.says("Check your mail") && page.says(email), "{}", page.body);
            }
            let again = [("email", "SAM@example.com"), ("password", PASSWORD)];
            let page = browser.submit_and_follow("/api/change_email", &again).await;
            assert!(page.says("Too many requests in a short time. Wait 60 seconds"), "{}", page.body);
            assert_eq!(world.mail_to("sam@example.com").await.len(), 1);
            world.clock.advance(60);
            let page = browser.submit_and_follow("/api/change_email", &again).await;
            assert!(page.says("Check your mail"), "{}", page.body);
        }

        /// Whoever reads the mail of an address that was mistyped proves nothing, and gets nothing, once it is another one;
        /// nor when it is the same again.
        async fn a_link_is_good_for_the_address_that_it_was_mailed_to(world) {
            let mut browser = world.sign_up("sma@example.com").await.browser;
            world.anonymous().submit("/api/forgot_password", &[("email", "sma@example.com")]).await;
            let reset = world.mail_to("sma@example.com").await[0].link();
            assert!(reset.starts_with("/reset-password"), "{reset}");
            for email in ["sam@example.com", "sma@example.com"] {
                browser.submit_and_follow("/api/change_email", &[("email", email), ("password", PASSWORD)]).await;
                assert!(world.anonymous().visit(&reset).await.says("This link does not work"), "{email}");
            }

            // Made in the same moment as a change, so that it was not spent by it.
            for (purpose, path, action) in [
                (Purpose::VerifyEmail, "/verify-email", "/api/verify_email"),
                (Purpose::ResetPassword, "/reset-password", "/api/reset_password"),
            ] {
                let link = link_mailed_to(world, "sam@example.com", "sma@example.com", purpose, path).await;
                assert!(browser.visit(&link).await.says("This link does not work"), "{path}");
                let page = browser.submit_and_follow(action, &[("password", PASSWORD), ("new_password", OTHER_PASSWORD)]).await;
                assert!(page.says("This link does not work"), "{}", page.body);
                let link = link_mailed_to(world, "sma@example.com", "sma@example.com", purpose, path).await;
                assert!(!browser.visit(&link).await.says("This link does not work"), "{path}");
            }
            assert!(browser.get("/dashboard").await.says("not confirmed"));
            assert_eq!(world.anonymous().sign_in("sma@example.com", PASSWORD).await.location(), "/dashboard");
        }

        /// Design D10: an address cannot be squatted; whoever reads its mail gets the account, and nobody else stays in it.
        async fn reading_the_mail_wins_over_whoever_came_first(world) {
            let squatter = world.sign_up("sam@example.com").await;
            let mut squatting = world.anonymous();
            squatting.sign_in(&squatter.email, &squatter.password).await;
            let page = world.anonymous().submit_and_follow("/api/sign_up", &[("email", "sam@example.com"), ("new_password", OTHER_PASSWORD)]).await;
            assert!(page.says("We could not create the account"), "{}", page.body);
            let told = world.mail_to("sam@example.com").await;
            assert!(told[0].subject.starts_with("You already have an account"), "{told:?}");

            let mut owner = world.anonymous();
            owner.submit("/api/forgot_password", &[("email", "sam@example.com")]).await;
            let mails = world.mail_to("sam@example.com").await;
            owner.visit(&mails[0].link()).await;
            owner.submit("/api/reset_password", &[("new_password", OTHER_PASSWORD)]).await;
            assert!(!squatting.is_signed_in().await);
            assert_eq!(owner.sign_in("sam@example.com", OTHER_PASSWORD).await.location(), "/dashboard");
            assert!(!owner.get("/dashboard").await.says("not confirmed"), "the reset proved the address");
            assert_eq!(squatting.sign_in("sam@example.com", PASSWORD).await.location(), "/sign-in");
        }

        /// ASVS 6.4.1, 11.5.1: what was never drawn, or was drawn for something else, proves nothing.
        async fn other_links_prove_nothing(world) {
            world.sign_up("sam@example.com").await;
            world.anonymous().submit("/api/forgot_password", &[("email", "sam@example.com")]).await;
            let reset = world.mail_to("sam@example.com").await[0].link().replace("/reset-password", "/verify-email");
            let mut browser = world.anonymous();
            browser.visit("/reset-password?token=AAAA").await;
            let page = browser.get("/verify-email").await;
            assert!(!page.says("does not work"), "a link to another page is none to this one: {}", page.body);
            for path in [reset.as_str(), "/verify-email?token=", "/verify-email?token=AAAA"] {
                let mut browser = world.anonymous();
                let page = browser.visit(path).await;
                assert_eq!(page.status, StatusCode::OK);
                assert!(page.says("This link does not work"), "{path}: {}", page.body);
                let page = browser.submit_and_follow("/api/verify_email", &[("password", PASSWORD)]).await;
                assert!(page.says("This link does not work"), "{path}: {}", page.body);
            }
            let page = world.anonymous().get("/verify-email").await;
            assert!(page.says("Enter the address of your account") && !page.says("does not work"), "{}", page.body);
        }
    }
}

mod required {
    use super::*;

    /// Somebody who signed up when addresses did not have to be proven, and is signed in.
    async fn left_over(world: &World, email: &str) -> Browser {
        let mut optional = (*world.state.config).clone();
        optional.verify_email = Some(VerifyEmail::Optional);
        let state = world.state.with(|state| state.config = std::sync::Arc::new(optional));
        let mut before = Browser::new(latchkey::server::http::router::build(state));
        before.submit("/api/sign_up", &[("email", email), ("new_password", PASSWORD)]).await;
        let mut browser = world.anonymous();
        browser.cookies.clone_from(&before.cookies);
        assert!(browser.is_signed_in().await);
        browser
    }

    on_both_engines! {
        with(required)

        /// Design D10, ASVS 6.3.8: one answer for all; the mail tells the truth.
        async fn sign_up_has_one_answer_for_all(world) {
            let mut pages = Vec::new();
            for _ in 0..2 {
                let page = world.anonymous().submit_and_follow("/api/sign_up", &[("email", "sam@example.com"), ("new_password", PASSWORD)]).await;
                assert!(page.says("Check your mail") && page.says("sam@example.com"), "{}", page.body);
                pages.push(crate::sign_in::without_nonce(&page.body));
                let link = link(world, "sam@example.com").await;
                world.anonymous().visit(&link).await;
            }
            let mut browser = world.anonymous();
            browser.visit(&link(world, "sam@example.com").await).await;
            let page = browser.submit_and_follow("/api/verify_email", &[("password", PASSWORD)]).await;
            assert!(page.says("Hello, sam"), "{}", page.body);

            let page = world.anonymous().submit_and_follow("/api/sign_up", &[("email", "sam@example.com"), ("new_password", OTHER_PASSWORD)]).await;
            pages.push(crate::sign_in::without_nonce(&page.body));
            assert!(pages.iter().all(|page| *page == pages[0]), "{pages:?}");
            let told = world.mail_to("sam@example.com").await;
            assert!(told[0].subject.starts_with("You already have an account"), "{told:?}");
            assert_eq!(world.anonymous().sign_in("sam@example.com", OTHER_PASSWORD).await.location(), "/sign-in", "nothing changed");
            let refused = "select cast(count(*) as text) from events join users on users.id = target
                           where kind = 'account_created' and outcome = 'failure' and email_key = 'sam@example.com'";
            assert_eq!(world.look_up(refused).await, "1", "the one for an address that somebody had proven");
            assert_eq!(world.look_up("select cast(count(*) as text) from users").await, "1", "nobody was added to look busy");
            assert_eq!(world.look_up("select cast(count(*) as text) from one_time_tokens where spent_at is null").await, "0");
        }

        /// Sign-ups at the same moment get that answer too, whichever of them is first in the database (ASVS 2.3.4).
        async fn sign_ups_at_once_have_one_answer(world) {
            for round in 0..4 {
                let email = format!("sam{round}@example.com");
                let mut attempts = tokio::task::JoinSet::new();
                for attempt in 0..3 {
                    let (mut browser, email) = (world.anonymous(), email.clone());
                    attempts.spawn(async move {
                        let password = format!("{OTHER_PASSWORD} {attempt}");
                        browser.submit_and_follow("/api/sign_up", &[("email", &email), ("new_password", &password)]).await
                    });
                }
                let pages = attempts.join_all().await;
                for page in &pages {
                    assert!(page.status == StatusCode::OK && page.says("Check your mail") && page.says(&email), "{}", page.body);
                    assert_eq!(crate::sign_in::without_nonce(&page.body), crate::sign_in::without_nonce(&pages[0].body));
                }
                assert_eq!(world.mail_to(&email).await.len(), 3);
            }
        }

        /// Nobody is in before the address is proven; and signing up, then in, tells nobody whether the address was known
        /// (ASVS 6.3.8): only the mail says what is missing.
        async fn an_unproven_address_opens_nothing_and_tells_nothing(world) {
            let mut owner = sign_up(world, "kim@example.com", PASSWORD).await;
            owner.visit(&link(world, "kim@example.com").await).await;
            owner.submit("/api/verify_email", &[("password", PASSWORD)]).await;
            let mut pages = Vec::new();
            for email in ["sam@example.com", "kim@example.com"] {
                let mut browser = sign_up(world, email, OTHER_PASSWORD).await;
                assert!(!browser.is_signed_in().await);
                let page = browser.submit_and_follow("/api/sign_in", &[("identifier", email), ("password", OTHER_PASSWORD)]).await;
                assert!(page.says("do not match") && page.says("Just signed up?"), "{}", page.body);
                assert!(!browser.is_signed_in().await);
                pages.push(crate::sign_in::without_nonce(&page.body.replace(email, "ADDRESS")));
            }
            assert_eq!(pages[0], pages[1]);
            assert_eq!(world.mail_to("sam@example.com").await.len(), 1, "the link of a moment ago is good");
            // Whether the password fits says whether the address was free, so nothing may follow from it that anybody sees.
            for email in ["sam@example.com", "kim@example.com"] {
                let page = world.anonymous().submit_and_follow("/api/resend_verification", &[("email", email)]).await;
                assert!(page.says("Check your mail"), "{email}: {}", page.body);
            }
            assert_eq!(world.mail_to("sam@example.com").await.len(), 2, "asked for");
            world.clock.advance(60 * 60 + 1);
            for _ in 0..2 {
                world.anonymous().sign_in("sam@example.com", OTHER_PASSWORD).await;
                world.anonymous().sign_in("sam@example.com", "wrong").await;
                assert_eq!(world.mail_to("sam@example.com").await.len(), 3, "reminded, and not at every try");
            }
            let told = world.mail_to("kim@example.com").await.len();
            world.anonymous().sign_in("kim@example.com", OTHER_PASSWORD).await;
            assert_eq!(world.mail_to("kim@example.com").await.len(), told, "there is nothing to remind of");
            let mut browser = world.anonymous();
            browser.visit(&link(world, "sam@example.com").await).await;
            assert_eq!(browser.submit("/api/verify_email", &[("password", OTHER_PASSWORD)]).await.location(), "/dashboard");
        }

        /// What somebody uses already is theirs, proven or not: a stranger's sign-up changes nothing of it.
        async fn an_account_that_is_used_is_not_made_over(world) {
            let mut optional = (*world.state.config).clone();
            optional.verify_email = Some(VerifyEmail::Optional);
            let state = world.state.with(|state| state.config = std::sync::Arc::new(optional));
            let mut owner = Browser::new(latchkey::server::http::router::build(state));
            owner.submit("/api/sign_up", &[("email", "sam@example.com"), ("new_password", PASSWORD)]).await;
            assert!(owner.is_signed_in().await);
            sign_up(world, "sam@example.com", OTHER_PASSWORD).await;
            assert!(owner.is_signed_in().await, "the session goes on");
            let mails = world.mail_to("sam@example.com").await;
            assert!(mails[0].subject.starts_with("You already have an account"), "{mails:?}");
            owner.visit(&link(world, "sam@example.com").await).await;
            assert_eq!(owner.submit("/api/verify_email", &[]).await.location(), "/dashboard");
            assert_eq!(world.anonymous().sign_in("sam@example.com", PASSWORD).await.location(), "/dashboard");
        }

        /// Somebody without a proven address cannot ask which addresses are known (ASVS 6.3.8).
        async fn another_address_tells_nothing_either(world) {
            let mut browser = left_over(world, "old@example.com").await;
            left_over(world, "kim@example.com").await;
            let mut pages = Vec::new();
            for email in ["kim@example.com", "nobody@example.com"] {
                let asked = browser.submit_and_follow("/api/change_email", &[("email", email)]).await;
                assert!(asked.says("waits to be confirmed"), "{email}: {}", asked.body);
                for page in [asked, browser.get("/dashboard").await, browser.get("/account/email").await] {
                    assert!(page.says("old@example.com"), "{}", page.body);
                    pages.push(crate::sign_in::without_nonce(&page.body.replace(email, "WANTED")));
                }
            }
            assert_eq!(pages[..3], pages[3..]);
            assert_eq!(world.mail_to("old@example.com").await.len(), 1, "its reader never said that it was theirs");
            browser.visit(&world.mail_to("nobody@example.com").await[0].link()).await;
            let page = browser.submit_and_follow("/api/verify_email", &[("password", PASSWORD)]).await;
            assert!(page.says("nobody@example.com") && !page.says("old@example.com"), "{}", page.body);
            assert_eq!(world.mail_to("old@example.com").await.len(), 1);
            let told = world.mail_to("kim@example.com").await;
            assert!(told[0].subject.starts_with("You already have an account"), "{told:?}");
        }

        /// What waits while nobody knows whose the present address is, is told to that one once it is known, and is over with
        /// whatever is asked for instead (ASVS 6.3.7).
        async fn what_waits_meanwhile_is_told_when_the_present_address_is_proven(world) {
            let mut browser = left_over(world, "old@example.com").await;
            browser.submit("/api/change_email", &[("email", "new@example.com")]).await;
            let waits = world.mail_to("new@example.com").await[0].link();
            browser.submit("/api/change_email", &[("email", "old@example.com")]).await;
            assert!(!browser.get("/account/email").await.says("new@example.com"), "given up for the one that is there");
            assert!(browser.visit(&waits).await.says("This link does not work"));

            world.clock.advance(60);
            browser.submit("/api/change_email", &[("email", "new@example.com")]).await;
            browser.visit(&link(world, "old@example.com").await).await;
            browser.submit("/api/verify_email", &[]).await;
            let told = world.mail_to("old@example.com").await;
            assert!(told[0].subject.starts_with("A new e-mail address"), "{told:?}");
            assert!(browser.get("/account/email").await.says("new@example.com"), "it waits on");
        }

        /// A stranger who signs up with the address later, or earlier, cannot get it proven with a password of theirs.
        async fn only_the_password_of_the_newest_sign_up_and_the_mail_together_open(world) {
            sign_up(world, "sam@example.com", PASSWORD).await;
            let older = link(world, "sam@example.com").await;
            world.clock.advance(1);
            sign_up(world, "sam@example.com", OTHER_PASSWORD).await;
            let newer = link(world, "sam@example.com").await;
            let mut browser = world.anonymous();
            assert!(browser.visit(&older).await.says("This link does not work"));
            browser.visit(&newer).await;
            let page = browser.submit_and_follow("/api/verify_email", &[("password", PASSWORD)]).await;
            assert!(page.says("Enter the password you sign in with now"), "{}", page.body);
            assert_eq!(browser.submit("/api/verify_email", &[("password", OTHER_PASSWORD)]).await.location(), "/dashboard");
        }

        /// A reset proves the address as well: both need the mail.
        async fn a_reset_proves_the_address_too(world) {
            sign_up(world, "sam@example.com", PASSWORD).await;
            let mut browser = world.anonymous();
            browser.submit("/api/forgot_password", &[("email", "sam@example.com")]).await;
            browser.visit(&world.mail_to("sam@example.com").await[0].link()).await;
            browser.submit("/api/reset_password", &[("new_password", OTHER_PASSWORD)]).await;
            assert_eq!(browser.sign_in("sam@example.com", OTHER_PASSWORD).await.location(), "/dashboard");
        }
    }
}

mod with_user_names {
    use super::*;

    fn either(config: &mut Config) {
        required(config);
        config.identifier = IdentifierMode::Either;
    }

    on_both_engines! {
        with(either)

        /// A user name is claimed when the address is proven: its being taken would tell whether the address was known.
        async fn a_user_name_comes_with_the_proof(world) {
            let fields = [("email", "sam@example.com"), ("username", "Sam"), ("new_password", PASSWORD)];
            for browser in [&mut world.anonymous(), &mut world.anonymous()] {
                let page = browser.submit_and_follow("/api/sign_up", &fields).await;
                assert!(page.says("Check your mail"), "{}", page.body);
            }
            let mut browser = world.anonymous();
            browser.visit(&link(world, "sam@example.com").await).await;
            let page = browser.submit_and_follow("/api/verify_email", &[("password", PASSWORD)]).await;
            assert!(page.says("Hello, Sam"), "{}", page.body);
            assert_eq!(world.anonymous().sign_in("sam", PASSWORD).await.location(), "/dashboard");

            for email in ["sam@example.com", "kim@example.com"] {
                let fields = [("email", email), ("username", "SAM"), ("new_password", OTHER_PASSWORD)];
                let page = world.anonymous().submit_and_follow("/api/sign_up", &fields).await;
                assert!(page.says("We could not create the account"), "{email}: whosever the address is: {}", page.body);
            }
        }

        async fn a_user_name_taken_meanwhile_does_not_keep_an_address_from_being_proven(world) {
            for email in ["sam@example.com", "kim@example.com"] {
                let fields = [("email", email), ("username", "sam"), ("new_password", PASSWORD)];
                world.anonymous().submit("/api/sign_up", &fields).await;
            }
            for (email, name) in [("kim@example.com", "Hello, sam"), ("sam@example.com", "Hello, sam")] {
                let mut browser = world.anonymous();
                browser.visit(&link(world, email).await).await;
                let page = browser.submit_and_follow("/api/verify_email", &[("password", PASSWORD)]).await;
                assert!(page.says(name) && page.says(email), "{}", page.body);
            }
            assert_eq!(world.anonymous().sign_in("sam", PASSWORD).await.location(), "/dashboard");
        }

        /// Nobody gets an address in by the back door of an account that has none.
        async fn an_account_without_an_address_gets_none_unproven(world) {
            let mut browser = world.anonymous();
            browser.submit("/api/sign_up", &[("username", "sam"), ("new_password", PASSWORD)]).await;
            let page = browser.submit_and_follow("/api/change_email", &[("email", "sam@example.com")]).await;
            assert!(page.says("sam@example.com waits to be confirmed") && !page.says("Until then"), "{}", page.body);
            assert_eq!(world.anonymous().sign_in("sam@example.com", PASSWORD).await.location(), "/sign-in");
            let mail = world.mail_to("sam@example.com").await.remove(0);
            browser.visit(&mail.link()).await;
            let page = browser.submit_and_follow("/api/verify_email", &[]).await;
            assert!(page.says("Your e-mail address is changed."), "{}", page.body);
            assert_eq!(world.anonymous().sign_in("sam@example.com", PASSWORD).await.location(), "/dashboard");
        }
    }
}
