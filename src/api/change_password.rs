//! Changing the password.

use leptos::prelude::server;

use crate::domain::error::AuthError;

/// Changes the password in exchange for the current one. `sign_out_others` is `true` or absent.
///
/// # Errors
/// Field messages, or `not_signed_in`.
#[server(prefix = "/api", endpoint = "change_password")]
pub async fn change_password(
    #[server(default)] password: String,
    #[server(default)] new_password: String,
    #[server(default)] sign_out_others: bool,
) -> Result<(), AuthError> {
    use crate::{
        domain::flash::Notice,
        server::{flows::change_password, http::call::Call},
    };

    let call = Call::current()?;
    call.user()?;
    let change = change_password::Change { password, new_password, sign_out_others };
    let outcome = change_password::run(&call.state, &call.session, &call.request, change).await?;
    call.go_on(&outcome, Some(Notice::PasswordChanged), Notice::PasswordChangedSignIn);
    Ok(())
}
