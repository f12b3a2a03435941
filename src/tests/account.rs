//! `/account` and the ways between its pages.

use axum::http::StatusCode;
use latchkey::api;

use crate::support::{OTHER_PASSWORD, PASSWORD, on_both_engines};

const PAGES: [&str; 5] = ["/account", "/account/password", "/account/sessions", "/account/activity", "/account/delete"];

on_both_engines! {
    /// ux 37: each part says what state it is in, in this order.
    async fn the_overview_says_what_state_everything_is_in(world) {
        let person = world.sign_up("sam@example.com").await;
        let first = world.now();
        let mut browser = person.browser;
        let page = browser.get("/account").await;
        for text in ["sam@example.com", "not confirmed", "on this device alone", "No sign-in before this one.", "7 days later"] {
            assert!(page.says(text), "{text}: {}", page.body);
        }
        let headings = ["<h2>Password", "<h2>E-mail address", "<h2>Sessions", "<h2>Activity", "<h2>Your data", "<h2>Delete account"];
        let places: Vec<usize> = headings.iter().map(|heading| page.body.find(heading).expect(heading)).collect();
        assert!(places.is_sorted(), "{places:?}");
        assert!(page.says(&format!("Last changed on {}", first.day_for_people())), "{}", page.body);

        world.clock.advance(2 * 24 * 3_600);
        let change = [("password", PASSWORD), ("new_password", OTHER_PASSWORD)];
        browser.sign_in(&person.email, PASSWORD).await;
        browser.submit("/api/change_password", &change).await;
        world.clock.advance(1);
        world.anonymous().sign_in(&person.email, OTHER_PASSWORD).await;
        let page = browser.get("/account").await;
        for text in [&format!("Last changed on {}", world.now().day_for_people()), "in 1 other place.", &first.for_people(), "Chrome on Linux", "192.0.2.7"] {
            assert!(page.says(text), "{text}: {}", page.body);
        }
    }

    async fn its_pages_lead_to_each_other(world) {
        let mut browser = world.sign_up("sam@example.com").await.browser;
        for path in PAGES {
            let page = browser.get(path).await;
            assert_eq!(page.status, StatusCode::OK, "{path}");
            for other in PAGES {
                let current = if other == path { " aria-current=\"page\"" } else { "" };
                assert!(page.body.contains(&format!("<li><a href=\"{other}\"{current}>")), "{path} to {other}: {}", page.body);
            }
            assert!(page.body.contains("<a href=\"/account\""), "{path}: {}", page.body);
        }
        let dashboard = browser.get("/dashboard").await;
        for path in ["/account", "/account/sessions", "/account/activity"] {
            assert!(dashboard.body.contains(&format!("<a href=\"{path}\">")), "{path}: {}", dashboard.body);
        }
    }

    /// ASVS 8.2.1, 8.3.1.
    async fn without_a_session_there_is_nothing_to_see(world) {
        for path in PAGES.into_iter().chain(["/account/username"]) {
            let answer = world.anonymous().get(path).await;
            assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, format!("/sign-in?next={path}").as_str()));
            assert_eq!(answer.body, "");
        }
        for form in [api::END_SESSION, api::END_OTHER_SESSIONS, api::CHANGE_USERNAME, api::DELETE_ACCOUNT] {
            let answer = world.anonymous().submit(form.action, &[]).await;
            assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, form.page));
        }
    }
}
