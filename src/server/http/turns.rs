//! Requests that sign somebody in go on in turns. Must not look at more of a request than what it is for.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};

use crate::{api::SIGN_IN, server::state::AppState};

/// Where people and programs sign in.
const SIGN_INS: [&str; 2] = [SIGN_IN.action, "/auth/login"];

/// The layer; everything else passes at once.
pub async fn layer(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if !SIGN_INS.contains(&request.uri().path()) {
        return next.run(request).await;
    }
    state.turns.take(next.run(request)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_something_at_these_places() {
        let document = crate::server::http::rest::openapi();
        for path in SIGN_INS {
            let is_form = crate::api::FORMS.iter().any(|form| form.action == path);
            assert!(is_form || document.paths.paths.contains_key(path), "{path}");
        }
    }
}
