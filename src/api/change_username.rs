//! Another user name.

use leptos::prelude::server;

use crate::domain::error::AuthError;

/// Changes the user name of somebody who has just shown the password.
///
/// # Errors
/// A field message, `confirm_password`, `not_found` where there are no user names, or `not_signed_in`.
#[server(prefix = "/api", endpoint = "change_username")]
pub async fn change_username(#[server(default)] username: String) -> Result<(), AuthError> {
    use crate::{
        domain::{
            flash::{Flash, Notice},
            safe_path::SafePath,
        },
        server::{flows::own_account::change_username, http::call::Call},
    };

    let call = Call::current()?;
    let user = call.confirmed_user()?;
    change_username::run(&call.state, user, &call.request, &username).await?;
    call.see_other(&SafePath::literal("/account"), &Flash::notice(Notice::UsernameChanged));
    Ok(())
}
