//! Too many tries, and how long to wait.

use std::sync::Arc;

use axum::http::{Method, StatusCode, header};
use latchkey::server::{
    config::Config,
    crypto::password::{HashingCost, HashingPool},
    http::router,
    jobs,
    storage::limits,
};

use crate::support::{Answer, Browser, HeldRandom, OTHER_PASSWORD, PASSWORD, on_both_engines};

fn tight(config: &mut Config) {
    config.account_tries = 3;
    config.network_tries = 8;
    config.network_requests = 4;
}

async fn fail(browser: &mut Browser, identifier: &str, times: usize) {
    for _ in 0..times {
        let page =
            browser.submit_and_follow("/api/sign_in", &[("identifier", identifier), ("password", "wrong")]).await;
        assert!(page.says("do not match"), "{}", page.body);
    }
}

async fn try_once(browser: &mut Browser, identifier: &str, password: &str) -> Answer {
    browser.submit_and_follow("/api/sign_in", &[("identifier", identifier), ("password", password)]).await
}

on_both_engines! {
    with(tight)

    /// ASVS 6.3.1: waits grow, are told, and end.
    async fn wrong_passwords_bring_waits_that_grow(world) {
        world.sign_up("sam@example.com").await;
        let mut stranger = world.anonymous();
        fail(&mut stranger, "sam@example.com", 3).await;
        let page = try_once(&mut world.anonymous(), "SAM@example.com", PASSWORD).await;
        assert!(page.says("Too many tries. Wait 30 seconds, then try again, or reset your password."), "{}", page.body);
        assert!(page.body.contains("<title>Error: ") && page.body.contains("href=\"/forgot-password\""));
        assert!(page.body.contains("value=\"SAM@example.com\""), "what was typed is kept");
        world.clock.advance(30);
        fail(&mut stranger, "sam@example.com", 1).await;
        let page = try_once(&mut stranger, "sam@example.com", PASSWORD).await;
        assert!(page.says("Wait 60 seconds"), "{}", page.body);
        world.clock.advance(60);
        assert_eq!(stranger.sign_in("sam@example.com", PASSWORD).await.location(), "/dashboard");
        fail(&mut world.anonymous(), "sam@example.com", 3).await;
    }

    /// ASVS 6.3.8: a name that nobody has is limited just the same, so a limit tells nothing.
    async fn nobody_is_limited_like_somebody(world) {
        world.sign_up("sam@example.com").await;
        let mut answers = Vec::new();
        for identifier in ["sam@example.com", "xam@example.com"] {
            let mut stranger = world.anonymous();
            fail(&mut stranger, identifier, 3).await;
            let page = try_once(&mut stranger, identifier, "wrong").await;
            answers.push(crate::sign_in::without_nonce(&page.body.replace(identifier, "ADDRESS")));
        }
        assert!(answers[0].contains("Too many tries"));
        assert_eq!(answers[0], answers[1]);
    }

    /// ASVS 6.3.1: locking somebody out is no weapon.
    async fn a_browser_that_signed_in_before_is_not_locked_out_by_strangers(world) {
        let person = world.sign_up("sam@example.com").await;
        let mut own = world.anonymous();
        assert_eq!(own.sign_in(&person.email, &person.password).await.location(), "/dashboard");
        own.submit("/api/sign_out", &[]).await;
        fail(&mut world.anonymous(), &person.email, 3).await;
        assert!(try_once(&mut world.anonymous(), &person.email, PASSWORD).await.says("Too many tries"));
        assert_eq!(own.sign_in(&person.email, &person.password).await.location(), "/dashboard");
        own.submit("/api/sign_out", &[]).await;
        assert!(try_once(&mut world.anonymous(), &person.email, PASSWORD).await.says("Too many tries"), "strangers still wait");

        fail(&mut own, &person.email, 3).await;
        assert!(try_once(&mut own, &person.email, PASSWORD).await.says("Too many tries"), "it has a limit of its own");
        let kim = world.sign_up("kim@example.com").await;
        world.clock.advance(60);
        fail(&mut world.anonymous(), &kim.email, 3).await;
        assert!(try_once(&mut own, &kim.email, PASSWORD).await.says("Too many tries"), "known to one is not known to all");
    }

    /// ASVS 3.3.1: whatever other sites of the same domain keep there.
    async fn a_browser_stays_known_beside_cookies_that_are_no_text(world) {
        let person = world.sign_up("sam@example.com").await;
        let mut own = person.browser;
        own.submit("/api/sign_out", &[]).await;
        own.cookies.insert("name".into(), "Zo\u{eb}".into());
        fail(&mut world.anonymous(), &person.email, 3).await;
        assert_eq!(own.sign_in(&person.email, PASSWORD).await.location(), "/dashboard");
    }

    /// So many browsers are known for one person, and no more: a stolen password makes no crowd of them.
    async fn the_browsers_that_were_used_last_are_known(world) {
        let person = world.sign_up("sam@example.com").await;
        let mut browsers = Vec::new();
        for _ in 0..20 {
            world.clock.advance(1);
            let mut browser = world.anonymous();
            assert_eq!(browser.sign_in(&person.email, PASSWORD).await.location(), "/dashboard");
            browser.submit("/api/sign_out", &[]).await;
            browsers.push(browser);
        }
        let mut first = person.browser;
        first.submit("/api/sign_out", &[]).await;
        fail(&mut world.anonymous(), &person.email, 3).await;
        assert!(try_once(&mut first, &person.email, PASSWORD).await.says("Too many tries"));
        for index in [0, 19] {
            assert_eq!(browsers[index].sign_in(&person.email, PASSWORD).await.location(), "/dashboard");
        }
    }

    async fn what_is_over_is_not_kept(world) {
        fail(&mut world.anonymous(), "sam@example.com", 1).await;
        world.clock.advance(86_400);
        jobs::run_once(&world.state, None).await.expect("background tasks");
        let left = limits::remove_expired(&mut world.state.db.write().await.expect("a connection"), world.now()).await;
        assert_eq!(left.expect("read"), 0);
    }

    /// What a browser made up, or was given by somebody else, is not taken up.
    async fn a_planted_device_is_not_made_known(world) {
        let person = world.sign_up("sam@example.com").await;
        let planted = "A".repeat(43);
        let mut browser = world.anonymous();
        browser.cookies.insert("latchkey-device".into(), planted.clone());
        browser.sign_in(&person.email, &person.password).await;
        assert_ne!(browser.cookies["latchkey-device"], planted);
        fail(&mut world.anonymous(), &person.email, 3).await;
        let mut stranger = world.anonymous();
        stranger.cookies.insert("latchkey-device".into(), planted);
        assert!(try_once(&mut stranger, &person.email, PASSWORD).await.says("Too many tries"));
    }

    /// The browser of a sign-up is known from the beginning, and a reset is a way round a limit, as the page says.
    async fn a_new_account_and_a_reset_make_the_browser_known(world) {
        let mut own = world.sign_up("sam@example.com").await.browser;
        own.submit("/api/sign_out", &[]).await;
        fail(&mut world.anonymous(), "sam@example.com", 3).await;
        assert_eq!(own.sign_in("sam@example.com", PASSWORD).await.location(), "/dashboard");

        let mut browser = world.anonymous();
        browser.submit("/api/forgot_password", &[("email", "sam@example.com")]).await;
        browser.visit(&world.mail_to("sam@example.com").await[0].link()).await;
        browser.submit("/api/reset_password", &[("new_password", OTHER_PASSWORD)]).await;
        fail(&mut world.anonymous(), "sam@example.com", 3).await;
        assert_eq!(browser.sign_in("sam@example.com", OTHER_PASSWORD).await.location(), "/dashboard");
    }

    /// Looking for a good password at sign-up is no try at anything.
    async fn weak_passwords_at_sign_up_are_not_counted_for_the_address(world) {
        for _ in 0..3 {
            let page = world.anonymous().submit_and_follow("/api/sign_up", &[("email", "sam@example.com"), ("new_password", "password1")]).await;
            assert!(page.says("harder to guess"), "{}", page.body);
        }
        let page = world.anonymous().submit_and_follow("/api/sign_up", &[("email", "sam@example.com"), ("new_password", PASSWORD)]).await;
        assert!(page.says("Hello, sam"), "{}", page.body);
    }

    /// ASVS 2.3.4, 2.3.2: guesses made at the same moment are all counted.
    async fn tries_at_once_are_counted_one_by_one(world) {
        world.sign_up("sam@example.com").await;
        let mut attempts = tokio::task::JoinSet::new();
        for _ in 0..12 {
            let mut browser = world.anonymous();
            attempts.spawn(async move { try_once(&mut browser, "sam@example.com", "wrong").await.says("do not match") });
        }
        let looked_at = attempts.join_all().await.into_iter().filter(|looked_at| *looked_at).count();
        assert_eq!(looked_at, 3);
    }

    /// One network trying many accounts is slowed down as a whole; a success among its tries does not free it.
    async fn a_network_has_a_limit_over_all_accounts(world) {
        let person = world.sign_up("sam@example.com").await;
        for index in 0..7 {
            fail(&mut world.anonymous(), &format!("guess{index}@example.com"), 1).await;
        }
        assert_eq!(world.anonymous().sign_in(&person.email, &person.password).await.location(), "/dashboard");
        fail(&mut world.anonymous(), "guess8@example.com", 1).await;
        let page = try_once(&mut world.anonymous(), "guess9@example.com", "wrong").await;
        assert!(page.says("Too many tries"), "{}", page.body);
    }

    /// ASVS 2.4.1, 2.3.2: mail cannot be made to pour.
    async fn sign_ups_and_mails_are_limited(world) {
        world.sign_up("sam@example.com").await;
        for _ in 0..3 {
            let page = world.anonymous().submit_and_follow("/api/forgot_password", &[("email", "sam@example.com")]).await;
            assert!(page.says("Check your mail"), "{}", page.body);
        }
        for action in ["/api/forgot_password", "/api/sign_up", "/api/resend_verification"] {
            let fields = [("email", "kim@example.com"), ("new_password", PASSWORD)];
            let page = world.anonymous().submit_and_follow(action, &fields).await;
            assert!(page.says("Too many requests in a short time. Wait 60 seconds, then try again."), "{action}: {}", page.body);
        }
        world.clock.advance(60);
        let page = world.anonymous().submit_and_follow("/api/forgot_password", &[("email", "sam@example.com")]).await;
        assert!(page.says("Too many requests in a short time. Wait 4 minutes"), "{}", page.body);
        assert_eq!(world.mail_to("sam@example.com").await.iter().filter(|mail| mail.subject.contains("new password")).count(), 3);
    }

    /// RFC 6585, RFC 9110 section 10.2.3.
    async fn programs_are_told_in_headers(world) {
        fail(&mut world.anonymous(), "sam@example.com", 3).await;
        let mut program = world.anonymous();
        let request = program
            .request(Method::POST, "/api/sign_in")
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body("identifier=sam%40example.com&password=wrong".into());
        let mut request = request.expect("a request");
        request.headers_mut().insert(header::ACCEPT, "application/json".parse().expect("a value"));
        let answer = program.send(request).await;
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(answer.headers["retry-after"], "30");
        let id = answer.headers["x-request-id"].to_str().expect("text");
        assert!(answer.body.contains(&format!("\"request_id\":\"{id}\"")), "{}", answer.body);
        assert!(answer.body.contains("\"code\":\"too_many_tries\"") && answer.body.contains("Wait 30 seconds"), "{}", answer.body);
    }

    /// A session in the wrong hands does not find the password out.
    async fn a_password_that_is_asked_for_again_is_limited(world) {
        let mut browser = world.sign_up("sam@example.com").await.browser;
        let fields = [("password", "wrong"), ("new_password", OTHER_PASSWORD)];
        for _ in 0..3 {
            assert!(browser.submit_and_follow("/api/change_password", &fields).await.says("Enter the password you sign in with now"));
        }
        let fields = [("password", PASSWORD), ("new_password", OTHER_PASSWORD)];
        assert!(browser.submit_and_follow("/api/change_password", &fields).await.says("Too many tries"));
        world.clock.advance(30);
        assert_eq!(browser.submit("/api/change_password", &fields).await.location(), "/dashboard");
    }

    /// ASVS 15.2.2, 6.3.1: a try that a busy machine did not look at is no try.
    async fn what_a_busy_machine_did_not_look_at_is_not_counted(world) {
        let random = Arc::new(HeldRandom::default());
        let cost = HashingCost { permits: 1, queue: 0, ..world.state.config.hashing_cost() };
        let passwords = HashingPool::new(cost, random.clone()).expect("a pool");
        let state = world.state.with(|state| state.passwords = passwords.clone());
        let mut person = Browser::new(router::build(state));
        person.submit("/api/sign_up", &[("email", "sam@example.com"), ("new_password", PASSWORD)]).await;
        let mut stranger = person.clone();
        stranger.cookies.clear();

        let held = random.hold();
        let busy = tokio::spawn(async move {
            let place = passwords.enter().expect("a place");
            passwords.hash_new(&place, OTHER_PASSWORD.into(), Vec::new()).await
        });
        random.somebody_waits().await;
        let change = [("password", "wrong"), ("new_password", OTHER_PASSWORD)];
        let sign_in = [("identifier", "sam@example.com"), ("password", "wrong")];
        let sign_up = [("email", "kim@example.com"), ("new_password", PASSWORD)];
        for _ in 0..4 {
            for (browser, action, fields) in [
                (&mut stranger, "/api/sign_in", &sign_in),
                (&mut person, "/api/change_password", &change),
            ] {
                let page = browser.submit_and_follow(action, fields).await;
                assert!(page.says("Wait 5 seconds, then try again"), "{action}: {}", page.body);
            }
            let answer = stranger.submit("/api/sign_up", &sign_up).await;
            assert_eq!(answer.headers["retry-after"], "5", "{answer:?}");
            assert!(stranger.visit("/sign-up").await.says("Wait 5 seconds, then try again"));
        }
        drop(held);
        busy.await.expect("it ran").expect("hashed").expect("strong");

        fail(&mut stranger, "sam@example.com", 3).await;
        assert!(try_once(&mut stranger, "sam@example.com", PASSWORD).await.says("Too many tries"));
        for _ in 0..3 {
            assert!(person.submit_and_follow("/api/change_password", &change).await.says("Enter the password you sign in with now"));
        }
        assert!(person.submit_and_follow("/api/change_password", &change).await.says("Too many tries"));
        assert_eq!(stranger.submit("/api/sign_up", &sign_up).await.location(), "/dashboard");
    }
}

mod all_at_once {
    use super::*;

    type Fields = &'static [(&'static str, &'static str)];

    const IDENTIFIER: (&str, &str) = ("identifier", "sam@example.com");

    fn roomy(config: &mut Config) {
        config.account_tries = 100;
    }

    on_both_engines! {
        with(roomy)

        /// ASVS 15.4.3: whatever somebody does at the same moment, nothing waits for each other for ever.
        async fn everything_about_one_person_gets_an_answer(world) {
            let mut own = world.sign_up("sam@example.com").await.browser;
            world.anonymous().submit("/api/forgot_password", &[("email", "sam@example.com")]).await;
            let mails = world.mail_to("sam@example.com").await;
            let mut forgetful = world.anonymous();
            forgetful.visit(&mails[0].link()).await;
            own.visit(&mails[1].link()).await;
            let stranger = world.anonymous();

            let deeds: [(&Browser, &str, Fields); 8] = [
                (&stranger, "/api/sign_in", &[IDENTIFIER, ("password", PASSWORD)]),
                (&stranger, "/api/sign_in", &[IDENTIFIER, ("password", "wrong")]),
                (&own, "/api/sign_in", &[IDENTIFIER, ("password", PASSWORD)]),
                (&own, "/api/verify_email", &[]),
                (&own, "/api/change_email", &[("email", "sam@example.org"), ("password", PASSWORD)]),
                (&own, "/api/change_password", &[("password", PASSWORD), ("new_password", OTHER_PASSWORD), ("sign_out_others", "true")]),
                (&forgetful, "/api/reset_password", &[("new_password", OTHER_PASSWORD)]),
                (&forgetful, "/api/forgot_password", &[("email", "sam@example.com")]),
            ];
            let mut all = tokio::task::JoinSet::new();
            for _ in 0..3 {
                for (browser, action, fields) in deeds {
                    let mut browser = browser.clone();
                    all.spawn(async move {
                        let answer = browser.submit(action, fields).await;
                        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{action}: {answer:?}");
                    });
                }
                let state = world.state.clone();
                all.spawn(async move { jobs::run_once(&state, None).await.expect("background tasks") });
            }
            all.join_all().await;
        }
    }
}
