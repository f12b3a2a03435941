//! An account that an administrator makes.

use leptos::prelude::server;

use crate::domain::error::AuthError;

/// Makes the account without a password, and mails the invitation if `invite` is `true`. `roles` are parted by commas.
///
/// # Errors
/// `not_found` for who is no administrator, `confirm_password`, or field messages.
#[server(prefix = "/api", endpoint = "admin_create")]
pub async fn admin_create(
    #[server(default)] email: String,
    #[server(default)] username: String,
    #[server(default)] roles: String,
    #[server(default)] invite: bool,
) -> Result<(), AuthError> {
    use crate::{
        domain::flash::Notice,
        server::{
            flows::manage::accounts::{self, NewPerson},
            http::call::Call,
        },
    };

    let call = Call::current()?;
    let administrator = call.administrator().await?;
    let new = NewPerson { email, username, roles, is_invited: invite };
    let id = accounts::create(&call.state, call.actor(administrator), &call.request, new).await?;
    call.to_person(&id, if invite { Notice::PersonInvited } else { Notice::PersonCreated });
    Ok(())
}
