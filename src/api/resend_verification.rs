//! Another link to prove an address with.

use leptos::prelude::server;

use crate::domain::error::AuthError;

/// Asks for another link by mail. One answer for addresses we know and addresses we do not.
///
/// # Errors
/// A field message for what is not an address, or a limit.
#[server(prefix = "/api", endpoint = "resend_verification")]
pub async fn resend_verification(#[server(default)] email: String) -> Result<(), AuthError> {
    use crate::server::{flows::verify_email, http::call::Call};

    let call = Call::current()?;
    let email = verify_email::ask_again(&call.state, &call.request, &email).await?;
    call.forget_link();
    call.check_mail(email.as_str());
    Ok(())
}
