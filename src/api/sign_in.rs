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
        domain::{flash::Flash, safe_path::SafePath},
        server::{
            flows::{NextStep, sign_in},
            http::call::Call,
        },
    };

    let call = Call::current()?;
    let typed = identifier.clone();
    let attempt = sign_in::Attempt { identifier, password, remember, device: call.device() };
    let signed_in = sign_in::run(&call.state, &call.session, &call.request, attempt).await?;
    if let Some(device) = &signed_in.device {
        call.remember_device(device);
    }
    if signed_in.next == NextStep::CheckMail {
        call.check_mail(typed.trim());
    } else {
        call.see_other(&SafePath::parse(&next).unwrap_or_else(SafePath::dashboard), &Flash::default());
    }
    Ok(())
}
