//! Proof that mail to an address arrives.

use leptos::prelude::server;

use crate::domain::error::AuthError;

/// Confirms an address by the link this browser brought; whoever is not signed in shows the password too.
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
    let outcome =
        verify_email::run(&call.state, &call.session, &call.request, &call.link_token(super::VERIFY_EMAIL), password)
            .await?;
    call.forget_link();
    call.go_on(&outcome, Some(Notice::EmailVerified), Notice::EmailVerified);
    Ok(())
}
