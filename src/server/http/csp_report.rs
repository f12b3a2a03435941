//! What browsers report of our content security policy: a line in the log each. Must not store or believe it.

use std::sync::atomic::{AtomicI64, Ordering};

use axum::{
    body::{Body, to_bytes},
    extract::State,
    http::StatusCode,
};
use serde_json::Value;

use crate::server::state::AppState;

/// The largest report that is read.
const MAX_BYTES: usize = 16 * 1024;

/// The most characters of a value that are logged.
const MAX_LOGGED: usize = 200;

/// When a line was last written, in seconds since 1970.
static LAST_LINE: AtomicI64 = AtomicI64::new(0);

/// Takes a report.
pub async fn take(State(state): State<AppState>, body: Body) -> StatusCode {
    let Ok(body) = to_bytes(body, MAX_BYTES).await else { return StatusCode::PAYLOAD_TOO_LARGE };
    let Ok(report) = serde_json::from_slice::<Value>(&body) else { return StatusCode::BAD_REQUEST };
    let field = |name: &str| fit_for_log(report["csp-report"][name].as_str().unwrap_or_default());
    let (page, directive, blocked) = (field("document-uri"), field("effective-directive"), field("blocked-uri"));
    // One line a second at most: anybody may send these.
    let now = state.now().0;
    if LAST_LINE.swap(now, Ordering::Relaxed) == now {
        return StatusCode::NO_CONTENT;
    }
    tracing::warn!(page, directive, blocked, "a browser reports that the content security policy was broken");
    StatusCode::NO_CONTENT
}

/// What is logged of a value: no query, where a link might have been, nothing that breaks a line, and not too much (ASVS
/// 16.2.5, 16.4.1).
fn fit_for_log(value: &str) -> String {
    let without_query = value.split(['?', '#']).next().unwrap_or_default();
    without_query.chars().filter(char::is_ascii_graphic).take(MAX_LOGGED).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_logged_is_short_and_tells_no_secret() {
        assert_eq!(fit_for_log("https://a.example/reset-password?token=secret"), "https://a.example/reset-password");
        assert_eq!(fit_for_log("https://a.example/b#token=secret"), "https://a.example/b");
        assert_eq!(fit_for_log("a\r\n2026-11-20 INFO signed in\u{1b}[2J"), "a2026-11-20INFOsignedin[2J");
        assert_eq!(fit_for_log(&"x".repeat(10_000)).len(), MAX_LOGGED);
    }

    proptest! {
        /// ASVS 16.4.1.
        #[test]
        fn no_value_breaks_a_line_or_fills_the_log(value in any::<String>()) {
            let logged = fit_for_log(&value);
            prop_assert!(logged.len() <= MAX_LOGGED && logged.bytes().all(|byte| byte.is_ascii_graphic()));
        }
    }
}
