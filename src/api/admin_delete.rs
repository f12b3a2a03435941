//! Deleting somebody's account.

use leptos::prelude::server;

use crate::domain::error::AuthError;

/// Deletes the account, if `confirmation` is what it signs in with.
///
/// # Errors
/// `not_found` for who is no administrator or nobody, `confirm_password`, a field message, or `last_administrator`.
#[server(prefix = "/api", endpoint = "admin_delete")]
pub async fn admin_delete(
    #[server(default)] person: String,
    #[server(default)] confirmation: String,
) -> Result<(), AuthError> {
    use crate::{
        domain::{
            flash::{Flash, Notice},
            query,
            safe_path::SafePath,
        },
        server::{flows::manage::accounts, http::call::Call},
    };

    let call = Call::current()?;
    let administrator = call.administrator().await?;
    let person = query::id(&person).ok_or(AuthError::NotFound)?;
    accounts::delete(&call.state, call.actor(administrator), person, Some(&confirmation)).await?;
    call.see_other(&SafePath::literal("/admin/people"), &Flash::notice(Notice::PersonDeleted));
    Ok(())
}
