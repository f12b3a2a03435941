//! One act on one person, from their page.

use leptos::prelude::server;

use crate::domain::error::AuthError;

/// Acts, and leads back. `session` names one of the sessions to end; without it, all of them.
///
/// # Errors
/// `not_found` for who is no administrator or what is not there, `confirm_password`, or `last_administrator`.
#[server(prefix = "/api", endpoint = "admin_person")]
pub async fn admin_person(
    #[server(default)] act: String,
    #[server(default)] person: String,
    #[server(default)] session: String,
) -> Result<(), AuthError> {
    use crate::{
        domain::{
            console::{Act, ActResult},
            flash::Notice,
            query,
        },
        server::{
            flows::manage::{acts, session_ends},
            http::call::Call,
        },
    };

    let call = Call::current()?;
    let administrator = call.administrator().await?;
    let actor = call.actor(administrator);
    let act = Act::parse(&act).ok_or(AuthError::Malformed)?;
    let person = query::id(&person).ok_or(AuthError::NotFound)?;
    let notice = if act == Act::EndSessions && !session.is_empty() {
        let session = query::id(&session).ok_or(AuthError::NotFound)?;
        let was_live = session_ends::end_one(&call.state, actor, person, session).await?;
        if was_live { Notice::PersonSessionEnded } else { Notice::NothingChanged }
    } else {
        match acts::on_one(&call.state, actor, &call.request, act, person).await? {
            ActResult::Done => Notice::of(act),
            ActResult::LastAdministrator => return Err(AuthError::LastAdministrator),
            ActResult::Gone => return Err(AuthError::NotFound),
            _ => Notice::NothingChanged,
        }
    };
    call.to_person(person, notice);
    Ok(())
}
