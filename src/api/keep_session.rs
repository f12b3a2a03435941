//! Staying signed in.
#![allow(clippy::unused_async, reason = "server functions are async, and this one waits for nothing")]

use leptos::prelude::server;

use crate::domain::{error::AuthError, session_time::SessionTime};

/// Answers with what is left of the session: the request itself was heard of, as any other.
///
/// # Errors
/// `not_signed_in`.
#[server(prefix = "/api", endpoint = "keep_session")]
pub async fn keep_session() -> Result<SessionTime, AuthError> {
    use crate::server::http::call::Call;

    Ok(Call::current()?.user()?.session.time)
}
