//! A clock that jumps by an hour, a day or 400 days, forward or back, and is set right again: nothing panics, no session and no
//! link lives on because of it, nobody stays locked out, mail still leaves, and the audit log holds.

use axum::http::StatusCode;
use latchkey::server::audit::verify;

use crate::support::{PASSWORD, SignedIn, World, on_both_engines};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

/// Pages and tokens of somebody who was there before, whatever becomes of them: an answer, and no failure.
async fn everything_answers(world: &World, person: &SignedIn) {
    let mut browser = person.browser.clone();
    for path in ["/", "/dashboard", "/account/sessions", "/account/activity", "/sign-in", "/health/ready"] {
        let answer = browser.visit(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {answer:?}");
    }
    let program = world.program_of(&person.email).await;
    assert_eq!(program.get("/users/me").await.status, StatusCode::OK);
    assert_eq!(program.refresh().await.status, StatusCode::OK);
    world.mail_to(&person.email).await;
    assert_eq!(verify::database(&world.state.db, None).await.expect("read").broken, None);
}

/// Somebody whom wrong passwords keep waiting.
async fn lock_out(world: &World, email: &str) {
    for _ in 0..30 {
        world.anonymous().sign_in(email, "wrong").await;
    }
    assert_ne!(world.anonymous().sign_in(email, PASSWORD).await.location(), "/dashboard", "they wait");
}

async fn jump(world: &World, jump: i64) {
    let before = world.sign_up("sam@example.com").await;
    lock_out(world, "sam@example.com").await;
    world.sign_up("kim@example.com").await;
    everything_answers(world, &world.sign_up("lee@example.com").await).await;

    world.clock.advance(jump);
    let meanwhile = world.sign_up("max@example.com").await;
    everything_answers(world, &meanwhile).await;
    lock_out(world, "kim@example.com").await;
    let mut reader = world.anonymous();
    reader.submit("/api/forgot_password", &[("email", "max@example.com")]).await;
    let link = world.mail_to("max@example.com").await.remove(0).link();

    world.clock.advance(-jump);
    everything_answers(world, &world.sign_up("ann@example.com").await).await;
    // An hour is the longest that anybody waits, and a link is good for half of one; what began an hour ahead is over in two.
    world.clock.advance(2 * HOUR + 1);
    for locked in ["sam@example.com", "kim@example.com"] {
        let mut browser = world.anonymous();
        assert_eq!(browser.sign_in(locked, PASSWORD).await.location(), "/dashboard", "{locked} after {jump}");
    }
    assert!(!reader.visit(&link).await.body.contains("name=\"new_password\""), "a link lives on after {jump}");
    // Twelve hours is the longest that such a session lives.
    world.clock.advance(12 * HOUR);
    for person in [before, meanwhile] {
        let mut browser = person.browser;
        assert!(!browser.is_signed_in().await, "a session of {} lives on after {jump}", person.email);
    }
    everything_answers(world, &world.sign_up("eve@example.com").await).await;
}

on_both_engines! {
    /// One of several nodes may be behind: it lets nobody in whose session has not begun, and ends none.
    async fn a_clock_that_is_behind_ends_nobodys_session(world) {
        let mut browser = world.sign_up("sam@example.com").await.browser;
        world.clock.advance(-600);
        assert!(!browser.clone().is_signed_in().await);
        world.clock.advance(600);
        assert!(browser.is_signed_in().await);
    }

    async fn an_hour_forward(world) {
        jump(world, HOUR).await;
    }

    async fn an_hour_back(world) {
        jump(world, -HOUR).await;
    }

    async fn a_day_forward(world) {
        jump(world, DAY).await;
    }

    async fn a_day_back(world) {
        jump(world, -DAY).await;
    }

    async fn four_hundred_days_forward(world) {
        jump(world, 400 * DAY).await;
    }

    async fn four_hundred_days_back(world) {
        jump(world, -400 * DAY).await;
    }
}
