//! One-line protection of a team's own routes: a handler that takes [`SignedIn`] is only reached with a session. Must not
//! look at the database.

use axum::{extract::FromRequestParts, http::request::Parts, response::Response};

use crate::{
    domain::{account::CurrentUser, error::AuthError},
    server::http::errors,
};

/// The signed-in person; everybody else gets 401.
///
/// ```
/// use axum::{Router, routing::get};
/// use latchkey::server::http::extract::SignedIn;
///
/// async fn greeting(SignedIn(user): SignedIn) -> String {
///     format!("Good day, {}", user.name())
/// }
///
/// let routes: Router = Router::new().route("/greeting", get(greeting));
/// ```
#[derive(Clone, Debug)]
pub struct SignedIn(pub CurrentUser);

impl<S: Sync> FromRequestParts<S> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        let user = parts.extensions.get::<CurrentUser>().cloned();
        user.map(Self).ok_or_else(|| errors::answer(&AuthError::NotSignedIn))
    }
}
