//! Ending one of one's sessions.

use leptos::prelude::server;

use crate::domain::error::AuthError;

/// Ends the session of an id; its browser is out with its next request.
///
/// # Errors
/// `confirm_password`, `not_signed_in`, or `not_found` for a session that is not theirs.
#[server(prefix = "/api", endpoint = "end_session")]
pub async fn end_session(#[server(default)] session: String) -> Result<(), AuthError> {
    use crate::{
        domain::{
            flash::{Flash, Notice},
            query,
            safe_path::SafePath,
        },
        server::{flows::own_account::sessions, http::call::Call},
    };

    let call = Call::current()?;
    let user = call.confirmed_user()?;
    let session = query::id(&session).ok_or(AuthError::NotFound)?;
    sessions::end(&call.state, user, &call.request, session).await?;
    call.see_other(&SafePath::literal(super::END_SESSION.page), &Flash::notice(Notice::SessionRevoked));
    Ok(())
}
