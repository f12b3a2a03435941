//! Making an account.

use leptos::prelude::server;

use crate::domain::error::AuthError;

/// Makes an account and signs in. Fields as design: `email`, `username`, `new_password`.
///
/// # Errors
/// Field messages, or `account_not_created`.
#[server(prefix = "/api", endpoint = "sign_up")]
pub async fn sign_up(
    #[server(default)] email: String,
    #[server(default)] username: String,
    #[server(default)] new_password: String,
) -> Result<(), AuthError> {
    use crate::{
        domain::flash::Notice,
        server::{
            flows::{NextStep, sign_up},
            http::call::Call,
        },
    };

    let call = Call::current()?;
    let typed = email.clone();
    let application = sign_up::Application { email, username, new_password };
    let outcome = sign_up::run(&call.state, &call.session, &call.request, application).await?;
    if outcome.next == NextStep::CheckMail {
        call.check_mail(typed.trim());
    } else {
        call.go_on(&outcome, None, Notice::AccountCreated);
    }
    Ok(())
}
