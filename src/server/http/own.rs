//! The routes of whoever cloned this: the place to add them (`docs/extending.md` shows how). They have the session, and
//! nobody is kept out of them by default: a handler says with an extractor whom it serves. Must stay easy to merge.

use axum::Router;

use crate::server::state::AppState;

/// Your routes.
pub fn routes() -> Router<AppState> {
    Router::new()
}
