//! Every piece of the interface in every state, for a developer at `/dev/style`. Not mounted in production, and answers only
//! to the machine it runs on. Must not change anything.

use axum::{Extension, Router, extract::State, middleware::from_fn, response::Html, routing::get};

use crate::{domain::visit::Visit, pages::dev_style, server::state::AppState};

use super::only_this_machine;

/// The route.
pub fn routes() -> Router<AppState> {
    Router::new().route("/dev/style", get(page)).route_layer(from_fn(only_this_machine::layer))
}

async fn page(State(state): State<AppState>, Extension(visit): Extension<Visit>) -> Html<String> {
    Html(dev_style::document(&state.site(), &visit))
}
