//! What pages are told of the request they answer: where they stand, and the colours that were chosen in this browser. Runs
//! for errors too. Must not know a page.

use axum::{
    extract::{Request, State},
    http::{HeaderValue, Method},
    middleware::Next,
    response::Response,
};

use crate::{
    domain::{safe_path::SafePath, theme::Theme, visit::Visit},
    server::state::AppState,
};

use super::cookies::Jar;

/// How long a choice of colours is kept: a year.
const SECONDS: i64 = 365 * 24 * 60 * 60;

/// Leaves a `Visit` in the request.
pub async fn layer(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let theme = Jar::Theme.read(request.headers(), state.config.is_https()).and_then(Theme::parse).unwrap_or_default();
    // What answers a form cannot be opened again.
    let is_looked_at = matches!(*request.method(), Method::GET | Method::HEAD);
    let path = request.uri().path_and_query().filter(|_| is_looked_at).and_then(|path| SafePath::parse(path.as_str()));
    request.extensions_mut().insert(Visit { theme, path: path.unwrap_or_else(|| SafePath::literal("/")) });
    next.run(request).await
}

/// The `Set-Cookie` that keeps a choice of colours.
#[must_use]
pub fn remember(theme: Theme, is_https: bool) -> Option<HeaderValue> {
    match theme.chosen() {
        Some(name) => Jar::Theme.keep(name, SECONDS, is_https),
        None => Jar::Theme.forget(is_https),
    }
}
