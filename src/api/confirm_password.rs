//! The password once more, for a sensitive act.

use leptos::prelude::server;

use crate::domain::error::AuthError;

/// Notes that the password was shown again, and leads back to the act; `email` and `username` are what was typed there.
///
/// # Errors
/// A field message, `too_many_tries`, or `not_signed_in`.
#[server(prefix = "/api", endpoint = "confirm_password")]
pub async fn confirm_password(
    #[server(default)] password: String,
    #[server(default)] next: String,
    #[server(default)] email: String,
    #[server(default)] username: String,
) -> Result<(), AuthError> {
    use crate::{
        domain::{field::Field, flash::Flash, safe_path::SafePath},
        server::{flows::confirm_password, http::call::Call},
    };

    let call = Call::current()?;
    call.user()?;
    confirm_password::run(&call.state, &call.session, &call.request, password).await?;
    let typed = Flash::default().with_value(Field::Email, &email).with_value(Field::Username, &username);
    call.see_other(&SafePath::parse(&next).unwrap_or_else(SafePath::dashboard), &typed);
    Ok(())
}
