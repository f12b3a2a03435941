//! Ending a session.

use leptos::prelude::server;

use crate::domain::error::AuthError;

/// Signs out, wherever the cookie was copied to; harmless without a session.
///
/// # Errors
/// `unexpected` when the session could not be ended.
#[server(prefix = "/api", endpoint = "sign_out")]
pub async fn sign_out() -> Result<(), AuthError> {
    use crate::{
        domain::{
            flash::{Flash, Notice},
            safe_path::SafePath,
        },
        server::{flows::sign_out, http::call::Call},
    };

    let call = Call::current()?;
    sign_out::run(&call.state, &call.session, &call.request).await?;
    call.forget_session();
    call.see_other(&SafePath::literal("/sign-in"), &Flash::notice(Notice::SignedOut));
    Ok(())
}
