//! The first administrator.

use leptos::prelude::server;

use crate::domain::error::AuthError;

/// Makes the first administrator by the link that the server printed, and signs in.
///
/// # Errors
/// Field messages, `link_dead`, or `account_not_created`.
#[server(prefix = "/api", endpoint = "set_up")]
pub async fn set_up(
    #[server(default)] email: String,
    #[server(default)] username: String,
    #[server(default)] new_password: String,
) -> Result<(), AuthError> {
    use crate::{
        domain::flash::Notice,
        server::{
            flows::{set_up, sign_up::Application},
            http::call::Call,
        },
    };

    let call = Call::current()?;
    let application = Application { email, username, new_password };
    let outcome =
        set_up::run(&call.state, &call.session, &call.request, &call.link_token(super::SET_UP), application).await?;
    call.forget_link();
    call.go_on(&outcome, None, Notice::AccountCreated);
    Ok(())
}
