//! Proof that mail to an address arrives.

use leptos::prelude::server;

use crate::domain::error::AuthError;

/// Confirms an address, the present or the next, by the link this browser brought; whoever is not signed in shows the password too.
///
/// # Errors
/// A field message, a limit, or `link_dead`.
#[server(prefix = "/api", endpoint = "verify_email")]
pub async fn verify_email(#[server(default)] password: String) -> Result<(), AuthError> {
    use crate::{
        domain::flash::Notice,
        server::{flows::verify_email, http::call::Call},
    };

    let call = Call::current()?;
    let verified =
        verify_email::run(&call.state, &call.session, &call.request, &call.link_token(super::VERIFY_EMAIL), password)
            .await?;
    call.forget_link();
    let done = if verified.is_change { Notice::EmailChanged } else { Notice::EmailVerified };
    call.go_on(&verified.outcome, Some(done), done);
    Ok(())
}
