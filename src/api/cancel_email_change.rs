//! Giving an address up that waits to be proven.

use leptos::prelude::server;

use crate::domain::error::AuthError;

/// Keeps the present address; harmless where no other one waits.
///
/// # Errors
/// `not_signed_in`.
#[server(prefix = "/api", endpoint = "cancel_email_change")]
pub async fn cancel_email_change() -> Result<(), AuthError> {
    use crate::{
        domain::{
            flash::{Flash, Notice},
            safe_path::SafePath,
        },
        server::{flows::change_email, http::call::Call},
    };

    let call = Call::current()?;
    call.user()?;
    let is_cancelled = change_email::cancel(&call.state, &call.session, &call.request).await?;
    let told = if is_cancelled { Flash::notice(Notice::EmailChangeCancelled) } else { Flash::default() };
    call.see_other(&SafePath::literal(super::CHANGE_EMAIL.page), &told);
    Ok(())
}
