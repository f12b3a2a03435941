//! What the dashboard tells beside who somebody is.

use leptos::prelude::server;

use crate::domain::{account::PreviousSignIn, error::AuthError};

/// The sign-in before this session.
///
/// # Errors
/// `not_signed_in`.
#[server(prefix = "/api", endpoint = "previous_sign_in")]
pub async fn find_previous_sign_in() -> Result<Option<PreviousSignIn>, AuthError> {
    use crate::server::{error::FlowError, flows::current_user, http::call::Call};

    let call = Call::current()?;
    let previous = current_user::previous_sign_in(&call.state, call.user()?).await;
    Ok(previous.map_err(FlowError::from)?)
}
