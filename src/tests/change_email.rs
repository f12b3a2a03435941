//! Changing an address that was proven: the new one confirms, the old one is told and stays until then (ux 40).

use axum::http::StatusCode;
use latchkey::server::{
    config::{Config, VerifyEmail},
    flows::manage::{Actor, access},
    storage::events,
};

use crate::support::{Browser, OTHER_PASSWORD, PASSWORD, World, on_both_engines};

const OLD: &str = "sam@example.com";
const NEW: &str = "sam@example.org";

/// Somebody whose address is proven, signed in.
pub async fn proven(world: &World, email: &str) -> Browser {
    let mut browser = world.anonymous();
    browser.submit("/api/sign_up", &[("email", email), ("new_password", PASSWORD)]).await;
    browser.visit(&newest(world, email, "Confirm your e-mail address").await).await;
    let answer = browser.submit("/api/verify_email", &[("password", PASSWORD)]).await;
    assert_eq!(answer.location(), "/dashboard", "{answer:?}");
    browser
}

/// The link of the newest mail to somebody whose subject begins like this.
pub async fn newest(world: &World, email: &str, subject: &str) -> String {
    let mails = world.mail_to(email).await;
    let found = mails.iter().find(|mail| mail.subject.starts_with(subject));
    found.unwrap_or_else(|| panic!("{subject} in {:?}", subjects_of(&mails))).link()
}

/// The subjects of what was mailed to somebody, newest first.
pub async fn subjects(world: &World, email: &str) -> Vec<String> {
    subjects_of(&world.mail_to(email).await)
}

fn subjects_of(mails: &[crate::support::Mail]) -> Vec<String> {
    mails.iter().map(|mail| mail.subject.clone()).collect()
}

/// Asks for another address.
pub async fn ask(browser: &mut Browser, email: &str) -> crate::support::Answer {
    browser.submit_and_follow("/api/change_email", &[("email", email)]).await
}

/// Confirms the address that was asked for, in this browser.
pub async fn confirm(world: &World, browser: &mut Browser, email: &str) -> crate::support::Answer {
    let link = newest(world, email, "Confirm your new e-mail address").await;
    browser.visit(&link).await;
    browser.submit_and_follow("/api/verify_email", &[("password", PASSWORD)]).await
}

/// What was written down, newest first: kinds and details.
pub async fn events(world: &World) -> Vec<(String, String)> {
    let mut conn = world.state.db.read().await.expect("a connection");
    let rows = events::list(&mut conn, &events::Wanted::default(), &events::Page::First, 100).await.expect("read");
    rows.into_iter().map(|row| (row.content.kind, row.content.detail)).collect()
}

fn required(config: &mut Config) {
    config.verify_email = Some(VerifyEmail::Required);
}

mod optional {
    use super::*;

    on_both_engines! {
        /// ux 40, ASVS 6.3.7: both addresses are mailed, and the old one stays until the new one is confirmed.
        async fn the_new_address_replaces_the_old_one_once_it_is_confirmed(world) {
            let mut browser = proven(world, OLD).await;
            let page = browser.get("/account/email").await;
            assert!(page.says("You use sam@example.com now") && !page.body.contains("type=\"password\""), "{}", page.body);
            let page = ask(&mut browser, "Sam@Example.org").await;
            for sentence in ["A mail with a link is on its way to the new address.", "Sam@example.org waits to be confirmed.", "Until then you use sam@example.com."] {
                assert!(page.says(sentence), "{sentence}: {}", page.body);
            }
            assert!(subjects(world, OLD).await[0].starts_with("A new e-mail address for your account"));
            assert!(browser.get("/dashboard").await.says(OLD), "the old one stays");
            assert_eq!(world.anonymous().sign_in(NEW, PASSWORD).await.location(), "/sign-in");

            let link = newest(world, "Sam@example.org", "Confirm your new e-mail address").await;
            let page = browser.visit(&link).await;
            assert!(page.says("to use Sam@example.org for your account"), "{}", page.body);
            assert!(browser.get("/dashboard").await.says(OLD), "looking changes nothing");
            let page = browser.submit_and_follow("/api/verify_email", &[]).await;
            assert!(page.says("Your e-mail address is changed.") && page.says("Sam@example.org") && !page.says("not confirmed"), "{}", page.body);
            assert!(subjects(world, OLD).await[0].starts_with("Your e-mail address at Latchkey was changed"));
            assert_eq!(world.anonymous().sign_in(NEW, PASSWORD).await.location(), "/dashboard");
            assert_eq!(world.anonymous().sign_in(OLD, PASSWORD).await.location(), "/sign-in");
            assert!(browser.get("/account/email").await.says("You use Sam@example.org now"), "nothing waits any more");

            let page = world.anonymous().visit(&link).await;
            assert!(page.says("This link does not work") && page.says("Nothing has changed"), "once: {}", page.body);
            let events = events(world).await;
            for kind in ["email_change_requested", "email_changed"] {
                assert_eq!(events.iter().filter(|(told, _)| told == kind).count(), 1, "{kind} in {events:?}");
            }
            assert!(events.iter().all(|(_, detail)| !detail.contains("example")), "no address in {events:?}");
        }

        /// Somebody else's browser needs the password, and learns nothing of the old address.
        async fn another_browser_shows_the_password(world) {
            let mut browser = proven(world, OLD).await;
            ask(&mut browser, NEW).await;
            let mut phone = world.anonymous();
            let page = phone.visit(&newest(world, NEW, "Confirm your new").await).await;
            assert!(page.body.contains("autocomplete=\"current-password\"") && !page.body.contains(OLD), "{}", page.body);
            let page = phone.submit_and_follow("/api/verify_email", &[("password", "wrong")]).await;
            assert!(page.says("Enter the password you sign in with now"), "{}", page.body);
            let page = phone.submit_and_follow("/api/verify_email", &[("password", PASSWORD)]).await;
            assert!(page.says("Your e-mail address is changed.") && page.says(NEW), "{}", page.body);
            assert!(subjects(world, NEW).await[0].starts_with("New sign-in"), "with a browser that was not known");
        }

        /// ASVS 7.5.1.
        async fn it_needs_the_password_of_a_moment_ago(world) {
            let mut browser = proven(world, OLD).await;
            world.clock.advance(11 * 60);
            assert_eq!(browser.get("/account/email").await.location(), "/account/confirm?next=/account/email");
            let page = ask(&mut browser, NEW).await;
            assert!(page.says("Confirm your password") && page.body.contains(&format!("name=\"email\" value=\"{NEW}\"")), "{}", page.body);
            assert!(world.mail_to(NEW).await.is_empty());
            let fields = [("password", PASSWORD), ("next", "/account/email"), ("email", NEW)];
            let page = browser.submit_and_follow("/api/confirm_password", &fields).await;
            assert!(page.body.contains(&format!("value=\"{NEW}\"")), "what was typed is there: {}", page.body);
            assert!(ask(&mut browser, NEW).await.says("waits to be confirmed"));
        }

        async fn what_cannot_be_an_address_of_theirs_is_refused(world) {
            proven(world, "kim@example.com").await;
            let mut browser = proven(world, OLD).await;
            for (email, sentence) in [
                ("", "Enter your e-mail address"),
                ("sam@", "Enter an e-mail address like"),
                ("SAM@example.com", "differs from the present one"),
                ("kim@example.com", "Enter another address"),
            ] {
                let page = ask(&mut browser, email).await;
                assert!(page.says(sentence) && page.body.contains("<title>Error: "), "{sentence}: {}", page.body);
                assert!(!page.says("waits to be confirmed"));
            }
            assert_eq!(subjects(world, "kim@example.com").await.len(), 1, "nobody is told in this mode");
            let mut anonymous = world.anonymous();
            let page = anonymous.submit_and_follow("/api/change_email", &[("email", NEW)]).await;
            assert!(page.says("Sign in") && world.mail_to(NEW).await.is_empty(), "ASVS 8.2.1");
        }

        /// The link dies of age, a newer one, another wish and second thoughts; the old address is told of each wish once.
        async fn a_wish_can_be_repeated_replaced_and_given_up(world) {
            let mut browser = proven(world, OLD).await;
            ask(&mut browser, NEW).await;
            let first = newest(world, NEW, "Confirm your new").await;
            let page = ask(&mut browser, NEW).await;
            assert!(page.says("Wait 60 seconds") && page.says("waits to be confirmed"), "{}", page.body);
            world.clock.advance(60);
            assert!(ask(&mut browser, NEW).await.says("A mail with a link is on its way"));
            assert!(browser.visit(&first).await.says("This link does not work"), "a newer one");
            let second = newest(world, NEW, "Confirm your new").await;
            let told = |subjects: Vec<String>| subjects.iter().filter(|subject| subject.starts_with("A new e-mail address")).count();
            assert_eq!(told(subjects(world, OLD).await), 1);

            assert!(ask(&mut browser, "sam@example.net").await.says("sam@example.net waits to be confirmed"));
            assert_eq!(told(subjects(world, OLD).await), 2);
            assert!(browser.visit(&second).await.says("This link does not work"), "another wish");
            let third = newest(world, "sam@example.net", "Confirm your new").await;
            let page = browser.submit_and_follow("/api/cancel_email_change", &[]).await;
            assert!(page.says("Your e-mail address stays as it is.") && page.says("You use sam@example.com now"), "{}", page.body);
            assert!(browser.visit(&third).await.says("This link does not work"), "second thoughts");
            let page = browser.submit_and_follow("/api/cancel_email_change", &[]).await;
            assert_eq!((page.status, page.says("stays as it is")), (StatusCode::OK, false), "nothing to give up");
            assert!(events(world).await.iter().any(|(kind, _)| kind == "email_change_cancelled"));

            world.clock.advance(60);
            ask(&mut browser, "sam@example.net").await;
            let last = newest(world, "sam@example.net", "Confirm your new").await;
            world.clock.advance(86_400);
            assert!(world.anonymous().visit(&last).await.says("This link does not work"), "age");
        }

        /// Nothing is half done: whose the address is by now keeps it, and the other keeps the old one.
        async fn an_address_that_is_taken_meanwhile_stays_with_who_took_it(world) {
            let mut browser = proven(world, OLD).await;
            ask(&mut browser, NEW).await;
            browser.visit(&newest(world, NEW, "Confirm your new").await).await;
            world.sign_up(NEW).await;
            let page = browser.submit_and_follow("/api/verify_email", &[]).await;
            assert!(page.says("This link does not work"), "{}", page.body);
            assert!(browser.get("/dashboard").await.says(OLD));
            assert!(!subjects(world, OLD).await[0].contains("was changed"));
            assert!(browser.get("/account/email").await.says("waits to be confirmed"), "and can be given up");
        }

        /// ASVS 2.3.4: of many who want an address, one has it, and the others keep theirs.
        async fn many_confirm_one_address_at_once(world) {
            let mut browsers = Vec::new();
            for index in 0..4 {
                let mut browser = proven(world, &format!("sam{index}@example.com")).await;
                world.clock.advance(30 * 60 - 1);
                browser.submit("/api/confirm_password", &[("password", PASSWORD)]).await;
                ask(&mut browser, NEW).await;
                let link = newest(world, NEW, "Confirm your new").await;
                browser.visit(&link).await;
                browsers.push(browser);
            }
            let mut confirming = tokio::task::JoinSet::new();
            for mut browser in browsers {
                confirming.spawn(async move {
                    browser.submit("/api/verify_email", &[("password", PASSWORD)]).await.location() == "/dashboard"
                });
            }
            let winners = confirming.join_all().await.into_iter().filter(|is_done| *is_done).count();
            assert_eq!(winners, 1);
            let changed = events(world).await.into_iter().filter(|(kind, _)| kind == "email_changed").count();
            assert_eq!(changed, 1);
        }

        /// Confirmed or given up, never both.
        async fn confirmed_and_given_up_at_once(world) {
            for round in 0..4 {
                let (old, new) = (format!("sam{round}@example.com"), format!("sam{round}@example.org"));
                let mut browser = proven(world, &old).await;
                ask(&mut browser, &new).await;
                browser.visit(&newest(world, &new, "Confirm your new").await).await;
                let (mut one, mut other) = (browser.clone(), browser.clone());
                let (confirmed, _) = tokio::join!(
                    one.submit("/api/verify_email", &[]),
                    other.submit("/api/cancel_email_change", &[]),
                );
                let is_changed = confirmed.location() == "/dashboard";
                let page = browser.get("/dashboard").await;
                assert_eq!((page.says(&new), page.says(&old)), (is_changed, !is_changed), "{}", page.body);
                let kinds: Vec<String> = events(world).await.into_iter().map(|(kind, _)| kind).collect();
                let newest = kinds.iter().find(|kind| ["email_changed", "email_change_cancelled"].contains(&kind.as_str()));
                assert_eq!(newest.map(String::as_str), Some(if is_changed { "email_changed" } else { "email_change_cancelled" }));
                assert!(!browser.get("/account/email").await.says("waits to be confirmed"));
            }
        }

        /// A wish that somebody else may have made ends with what ends their way in.
        async fn a_wish_ends_with_a_new_password_and_with_the_account(world) {
            for (round, act) in ["change_password", "delete_account", "disable"].into_iter().enumerate() {
                let (old, new) = (format!("sam{round}@example.com"), format!("sam{round}@example.org"));
                let mut browser = proven(world, &old).await;
                ask(&mut browser, &new).await;
                let link = newest(world, &new, "Confirm your new").await;
                assert!(world.anonymous().visit(&link).await.says("Confirm"), "{act}: until then it works");
                match act {
                    "change_password" => {
                        let fields = [("password", PASSWORD), ("new_password", OTHER_PASSWORD)];
                        browser.submit("/api/change_password", &fields).await;
                    }
                    "delete_account" => {
                        browser.submit("/api/delete_account", &[("identifier", &old), ("password", PASSWORD)]).await;
                    }
                    _ => {
                        let id = crate::own_sessions::id_of(world, &old).await;
                        access::disable(&world.state, Actor::CommandLine, &id).await.expect("disabled");
                        access::enable(&world.state, Actor::CommandLine, &id).await.expect("enabled");
                    }
                }
                assert!(world.anonymous().visit(&link).await.says("This link does not work"), "{act}");
                assert_eq!(world.look_up("select cast(count(wanted_email) as text) from users").await, "0", "{act}");
            }
        }

        /// Links to the former address open nothing once it is the former one.
        async fn links_to_the_former_address_die(world) {
            let mut browser = proven(world, OLD).await;
            browser.submit("/api/forgot_password", &[("email", OLD)]).await;
            let reset = newest(world, OLD, "Choose a new password").await;
            ask(&mut browser, NEW).await;
            assert!(world.anonymous().visit(&reset).await.says("Every session ends"), "until then it works");
            confirm(world, &mut browser, NEW).await;
            assert!(world.anonymous().visit(&reset).await.says("This link does not work"));
        }
    }
}

mod in_required_mode {
    use super::*;

    on_both_engines! {
        with(required)

        /// ASVS 6.3.8: whether somebody has the address is told to its reader, and to nobody else.
        async fn an_address_of_somebody_else_looks_like_any_other(world) {
            proven(world, "kim@example.com").await;
            let mut pages = Vec::new();
            for (own, wanted) in [("sam@example.com", "kim@example.com"), ("max@example.com", "new@example.com")] {
                let mut browser = proven(world, own).await;
                let asked = ask(&mut browser, wanted).await;
                let later = browser.get("/account/email").await;
                for page in [asked, later] {
                    let body = page.body.replace(own, "OWN").replace(wanted, "WANTED").replace(&own[..3], "NAME");
                    pages.push(crate::sign_in::without_nonce(&body));
                }
                assert!(subjects(world, own).await[0].starts_with("A new e-mail address"), "the present one is told either way");
            }
            assert!(pages[0].contains("waits to be confirmed"), "{}", pages[0]);
            assert_eq!((&pages[0], &pages[1]), (&pages[2], &pages[3]));
            assert!(subjects(world, "kim@example.com").await[0].starts_with("You already have an account"));
            assert!(subjects(world, "new@example.com").await[0].starts_with("Confirm your new e-mail address"));
        }
    }
}
