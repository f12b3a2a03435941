//! Beginning a session.

use leptos::prelude::server;

use crate::domain::error::AuthError;

/// Signs in. `remember` is `true` or absent; `next` is a path of this site, anything else is ignored.
///
/// # Errors
/// Field messages, or `invalid_credentials` for every other reason.
#[server(prefix = "/api", endpoint = "sign_in")]
pub async fn sign_in(
    #[server(default)] identifier: String,
    #[server(default)] password: String,
    #[server(default)] remember: bool,
    #[server(default)] next: String,
) -> Result<(), AuthError> {
    use crate::{
        domain::{
            flash::{Flash, Notice},
            safe_path::SafePath,
        },
        server::{flows::sign_in, http::call::Call},
    };

    let call = Call::current()?;
    let attempt = sign_in::Attempt { identifier, password, remember };
    let outcome = sign_in::run(&call.state, &call.session, &call.request, attempt).await?;
    call.remember_device(outcome.device.as_ref());
    let told = if outcome.is_kept { Flash::notice(Notice::DeletionCancelled) } else { Flash::default() };
    call.see_other(&SafePath::parse(&next).unwrap_or_else(SafePath::dashboard), &told);
    Ok(())
}
