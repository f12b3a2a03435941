//! "This was not me".

use leptos::prelude::server;

use crate::domain::error::AuthError;

/// Ends everything that somebody else may have begun, by the link this browser brought, and leads to the page that chooses a
/// new password.
///
/// # Errors
/// `link_dead`.
#[server(prefix = "/api", endpoint = "not_me")]
pub async fn not_me() -> Result<(), AuthError> {
    use crate::{
        domain::{
            flash::{Flash, Notice},
            safe_path::SafePath,
        },
        server::{flows::not_me, http::call::Call},
    };

    let call = Call::current()?;
    let reported = not_me::run(&call.state, &call.request, &call.link_token(super::NOT_ME)).await?;
    call.bring_link(super::RESET_PASSWORD, &reported.reset);
    // Somebody else may be signed in in this browser, and stays so.
    if call.user().is_ok_and(|user| user.id == reported.user_id) {
        call.forget_session();
    }
    call.see_other(&SafePath::literal(super::RESET_PASSWORD.page), &Flash::notice(Notice::NotMe));
    Ok(())
}
