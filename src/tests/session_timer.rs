//! What the warning before a session ends is told, and how it keeps one (WCAG 2.2.1).

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use latchkey::domain::session_time::SessionTime;

use crate::support::{Answer, Browser, on_both_engines};

/// As the warning's script asks.
async fn keep(browser: &mut Browser, site: &str) -> Answer {
    let request = browser
        .request(Method::POST, "/api/keep_session")
        .header("sec-fetch-site", site)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::empty());
    let mut request = request.expect("a request");
    request.headers_mut().insert(header::ACCEPT, "application/json".parse().expect("a value"));
    browser.send(request).await
}

fn time(answer: &Answer) -> SessionTime {
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    serde_json::from_str(&answer.body).expect("what is left")
}

/// What a page tells the warning.
fn told(page: &Answer) -> SessionTime {
    let (_, rest) = page.body.split_once("idle_left").expect("the warning");
    let numbers: Vec<i64> = rest
        .split(|char: char| !char.is_ascii_digit())
        .filter(|digits| !digits.is_empty())
        .take(2)
        .map(|digits| digits.parse().expect("a number"))
        .collect();
    SessionTime { idle_left: numbers[0], left: numbers[1] }
}

on_both_engines! {
    /// Exact to the second, though last-seen is written once a minute.
    async fn a_page_says_when_its_session_ends(world) {
        let mut browser = world.sign_up("sam@example.com").await.browser;
        assert_eq!(told(&browser.get("/dashboard").await), SessionTime { idle_left: 1_800, left: 43_200 });
        world.clock.advance(59);
        let early = told(&browser.get("/account/password").await);
        assert_eq!(early, SessionTime { idle_left: 1_741, left: 43_141 });
        world.clock.advance(early.idle_left - 1);
        assert!(browser.clone().is_signed_in().await, "one second before");
        let later = told(&browser.get("/dashboard").await);
        assert_eq!(later.idle_left, 1_800);
        world.clock.advance(later.idle_left);
        assert!(browser.visit("/dashboard").await.says("your session expired"), "that second");
    }

    async fn staying_counts_as_activity(world) {
        let mut browser = world.sign_up("sam@example.com").await.browser;
        for _ in 0..3 {
            world.clock.advance(1_799);
            assert_eq!(time(&keep(&mut browser, "same-origin").await).idle_left, 1_800);
        }
        world.clock.advance(1_800);
        let answer = keep(&mut browser, "same-origin").await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "what has ended is not kept: {answer:?}");
    }

    /// ASVS 7.3.2: nothing keeps a session for ever.
    async fn the_last_end_comes_nearer_however_often_one_stays(world) {
        let mut browser = world.sign_up("sam@example.com").await.browser;
        for round in 1..=28 {
            world.clock.advance(1_500);
            assert_eq!(time(&keep(&mut browser, "same-origin").await).left, 43_200 - round * 1_500);
        }
        world.clock.advance(1_200);
        assert_eq!(keep(&mut browser, "same-origin").await.status, StatusCode::UNAUTHORIZED);
    }

    /// ASVS 3.5.1: no other site keeps a session alive, and nobody without one is told anything.
    async fn it_is_for_pages_of_this_site_alone(world) {
        let mut browser = world.sign_up("sam@example.com").await.browser;
        assert_eq!(keep(&mut browser, "cross-site").await.status, StatusCode::FORBIDDEN);
        assert_eq!(keep(&mut world.anonymous(), "same-origin").await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(browser.get("/api/keep_session").await.status, StatusCode::METHOD_NOT_ALLOWED);
        for path in ["/sign-in", "/", "/no-such-page"] {
            assert!(!world.anonymous().get(path).await.body.contains("idle_left"), "{path}");
        }
    }
}
