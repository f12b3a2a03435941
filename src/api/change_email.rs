//! Another address for somebody whose present one was never proven.

use leptos::prelude::server;

use crate::domain::error::AuthError;

/// Replaces the address in exchange for the password, and mails a link to the new one.
///
/// # Errors
/// Field messages, a limit, `already_verified`, or `not_signed_in`.
#[server(prefix = "/api", endpoint = "change_email")]
pub async fn change_email(
    #[server(default)] email: String,
    #[server(default)] password: String,
) -> Result<(), AuthError> {
    use crate::server::{flows::change_email, http::call::Call};

    let call = Call::current()?;
    call.user()?;
    let change = change_email::Change { email: email.clone(), password };
    change_email::run(&call.state, &call.session, &call.request, change).await?;
    call.check_mail(email.trim());
    Ok(())
}
