//! `/metrics`: figures for Prometheus, on a listener of its own, so that no proxy of the site ever leads there. Must not serve
//! anything else.

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
};

use crate::server::{
    metrics::scrape::{self, MEDIA_TYPE},
    state::AppState,
};

/// The one route.
pub fn build(state: AppState) -> Router {
    Router::new().route("/metrics", get(show)).with_state(state)
}

async fn show(State(state): State<AppState>) -> Response {
    match scrape::text(&state).await {
        Ok(text) => ([(CONTENT_TYPE, MEDIA_TYPE)], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "figures could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
