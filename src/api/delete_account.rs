//! The end of an account.

use leptos::prelude::server;

use crate::domain::error::AuthError;

/// Deletes the account, in exchange for its e-mail address or user name, typed, and the password; every session ends.
///
/// # Errors
/// Field messages, `too_many_tries`, `last_administrator`, or `not_signed_in`.
#[server(prefix = "/api", endpoint = "delete_account")]
pub async fn delete_account(
    #[server(default)] identifier: String,
    #[server(default)] password: String,
) -> Result<(), AuthError> {
    use crate::{
        domain::{
            flash::{Flash, Notice},
            safe_path::SafePath,
        },
        server::{
            flows::own_account::delete::{self, Deletion},
            http::call::Call,
        },
    };

    let call = Call::current()?;
    let user = call.user()?;
    let wish = delete::Wish { identifier, password };
    let notice = match delete::run(&call.state, user, &call.request, wish).await? {
        Deletion::Done => Notice::AccountDeleted,
        Deletion::At(until) => Notice::DeletionRequested { until },
    };
    call.forget_session();
    call.see_other(&SafePath::literal("/sign-in"), &Flash::notice(notice));
    Ok(())
}
