//! A new password by link.

use leptos::prelude::server;
use serde::{Deserialize, Serialize};

use crate::domain::error::AuthError;

/// What the page behind a live link shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResetLink {
    /// What the person signs in with, for their password manager.
    pub credential_name: String,
    /// What the new password must not contain, for the meter.
    pub own_words: Vec<String>,
}

/// Whose link this browser brought. Uses nothing up.
///
/// # Errors
/// `link_dead`.
#[server(prefix = "/api", endpoint = "reset_link")]
pub async fn find_reset_link() -> Result<ResetLink, AuthError> {
    use crate::server::{flows::reset_password, http::call::Call};

    let call = Call::current()?;
    let link = reset_password::look_up(&call.state, &call.link_token()).await?;
    Ok(ResetLink { credential_name: link.credential_name, own_words: link.own_words })
}

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
    let credential_name = reset_password::run(&call.state, &call.request, &call.link_token(), new_password).await?;
    call.forget_link();
    call.forget_session();
    let told = Flash::notice(Notice::PasswordReset).with_value(Field::Identifier, &credential_name);
    call.see_other(&SafePath::literal("/sign-in"), &told);
    Ok(())
}
