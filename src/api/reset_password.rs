//! A new password by link.

use leptos::prelude::server;

use crate::domain::error::AuthError;

/// Chooses a new password by the link this browser brought; every session ends.
///
/// # Errors
/// A field message, or `link_dead`.
#[server(prefix = "/api", endpoint = "reset_password")]
pub async fn reset_password(#[server(default)] new_password: String) -> Result<(), AuthError> {
    use crate::{
        domain::{
            field::Field,
            flash::{Flash, Notice},
            safe_path::SafePath,
        },
        server::{flows::reset_password, http::call::Call},
    };

    let call = Call::current()?;
    let reset =
        reset_password::run(&call.state, &call.request, &call.link_token(super::RESET_PASSWORD), new_password).await?;
    call.remember_device(reset.device.as_ref());
    call.forget_link();
    call.forget_session();
    let told = Flash::notice(Notice::PasswordReset).with_value(Field::Identifier, &reset.credential_name);
    call.see_other(&SafePath::literal("/sign-in"), &told);
    Ok(())
}
