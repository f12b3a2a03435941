//! Somebody asked for what their roles do not allow: it is written down (ASVS 16.3.2). Must not let them fill the log with it.

use crate::{
    domain::{account::CurrentUser, event::EventKind},
    server::{audit::Event, error::FlowError, request_info::RequestInfo, state::AppState},
};

use super::throttle::{self, Limit};

/// The most characters of a path that are kept.
const MAX_PATH: usize = 200;

/// Writes it down; of many in a short time, not each.
///
/// # Errors
/// When the database is away.
pub async fn run(state: &AppState, request: &RequestInfo, user: &CurrentUser, path: &str) -> Result<(), FlowError> {
    match throttle::count(state, request, Some(&user.id), &[Limit::Denied(&user.id)]).await {
        Err(FlowError::Answer(_)) => return Ok(()),
        counted => counted?,
    }
    let path: String = path.chars().take(MAX_PATH).collect();
    let event = Event::of(EventKind::AccessDenied, request).by(&user.id).in_session(&user.session.id);
    Ok(event.with("path", path).record_alone(state).await?)
}
