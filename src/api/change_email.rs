//! Another address.

use leptos::prelude::server;

use crate::domain::error::AuthError;

/// Asks for another address, by a link that is mailed to it; one that was never proven is replaced at once, unless addresses must be
/// proven.
///
/// # Errors
/// A field message, a limit, `confirm_password`, or `not_signed_in`.
#[server(prefix = "/api", endpoint = "change_email")]
pub async fn change_email(#[server(default)] email: String) -> Result<(), AuthError> {
    use crate::{
        domain::{
            flash::{Flash, Notice},
            safe_path::SafePath,
        },
        server::{
            flows::change_email::{self, Requested},
            http::call::Call,
        },
    };

    let call = Call::current()?;
    call.confirmed_user()?;
    match change_email::run(&call.state, &call.session, &call.request, &email).await? {
        Requested::Replaced => call.check_mail(email.trim()),
        Requested::Pending => {
            let told = Flash::notice(Notice::EmailChangeRequested);
            call.see_other(&SafePath::literal(super::CHANGE_EMAIL.page), &told);
        }
    }
    Ok(())
}
