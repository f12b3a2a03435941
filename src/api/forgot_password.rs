//! Asking for a reset link.

use leptos::prelude::server;

use crate::domain::error::AuthError;

/// Asks for a link by mail. One answer for addresses we know and addresses we do not.
///
/// # Errors
/// A field message for what is not an address.
#[server(prefix = "/api", endpoint = "forgot_password")]
pub async fn forgot_password(#[server(default)] email: String) -> Result<(), AuthError> {
    use crate::{
        domain::{
            field::Field,
            flash::{Flash, Notice},
            safe_path::SafePath,
        },
        server::{flows::forgot_password, http::call::Call},
    };

    let call = Call::current()?;
    forgot_password::run(&call.state, &call.request, &email).await?;
    let told = Flash::notice(Notice::ResetRequested).with_value(Field::Email, email.trim());
    call.see_other(&SafePath::literal("/forgot-password"), &told);
    Ok(())
}
