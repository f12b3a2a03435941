//! The signed-in person of a request, found once for pages, server functions and a team's own routes. Must not turn anybody
//! away: that is `access` and `extract`.

use axum::{
    extract::{Request, State},
    http::StatusCode,
    middleware::Next,
    response::Response,
};
use tower_sessions::Session;

use crate::{
    domain::error::AuthError,
    server::{error::FlowError, flows::current_user, session::CurrentSession, state::AppState},
};

use super::errors;

/// Leaves a `CurrentUser` in the request and its answer if its session is live. When that cannot be told, nobody is let in (ASVS 16.5.3).
pub async fn layer(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let Some(session) = request.extensions().get::<Session>().cloned().map(CurrentSession::new) else {
        return errors::answer(&AuthError::Unexpected);
    };
    match current_user::run(&state, &session).await {
        Ok(user) => {
            request.extensions_mut().insert(session);
            let Some(user) = user else { return next.run(request).await };
            request.extensions_mut().insert(user.clone());
            let mut response = next.run(request).await;
            // For the page of an error, which is drawn outside of this layer. What is not there looks alike wherever it is not.
            if response.status() != StatusCode::NOT_FOUND {
                response.extensions_mut().insert(user);
            }
            response
        }
        Err(failure) => errors::answer(&FlowError::Failure(failure).into()),
    }
}
