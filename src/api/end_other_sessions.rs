//! Ending all of one's other sessions.

use leptos::prelude::server;

use crate::domain::error::AuthError;

/// Ends every session but this one.
///
/// # Errors
/// `confirm_password`, or `not_signed_in`.
#[server(prefix = "/api", endpoint = "end_other_sessions")]
pub async fn end_other_sessions() -> Result<(), AuthError> {
    use crate::{
        domain::{
            flash::{Flash, Notice},
            safe_path::SafePath,
        },
        server::{flows::own_account::sessions, http::call::Call},
    };

    let call = Call::current()?;
    let user = call.confirmed_user()?;
    sessions::end_others(&call.state, user, &call.request).await?;
    call.see_other(&SafePath::literal(super::END_OTHER_SESSIONS.page), &Flash::notice(Notice::OtherSessionsRevoked));
    Ok(())
}
