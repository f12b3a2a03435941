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

/// When a line was last written, in seconds since 1970.
static LAST_LINE: AtomicI64 = AtomicI64::new(0);

/// Takes a report.
pub async fn take(State(state): State<AppState>, body: Body) -> StatusCode {
    let Ok(body) = to_bytes(body, MAX_BYTES).await else { return StatusCode::PAYLOAD_TOO_LARGE };
    let Ok(report) = serde_json::from_slice::<Value>(&body) else { return StatusCode::BAD_REQUEST };
    let field = |name: &str| {
        let text = report["csp-report"][name].as_str().unwrap_or_default();
        // Without the query, where a link might have been (ASVS 16.2.5, 16.4.1).
        text.split(['?', '#']).next().unwrap_or_default().chars().filter(char::is_ascii_graphic).take(200).collect()
    };
    let (page, directive, blocked): (String, String, String) =
        (field("document-uri"), field("effective-directive"), field("blocked-uri"));
    // One line a second at most: anybody may send these.
    let now = state.now().0;
    if LAST_LINE.swap(now, Ordering::Relaxed) == now {
        return StatusCode::NO_CONTENT;
    }
    tracing::warn!(page, directive, blocked, "a browser reports that the content security policy was broken");
    StatusCode::NO_CONTENT
}
