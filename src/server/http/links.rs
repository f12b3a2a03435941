//! One-time tokens on their way from a mailed link to the form: the link's page moves the token into a cookie and shows
//! itself without it, so that it leaves history and referrers (ASVS 14.2.1). Must not use a token up.

use axum::{
    extract::{Query, State},
    http::{
        HeaderMap, HeaderValue, StatusCode, Uri,
        header::{LOCATION, SET_COOKIE},
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use crate::server::{crypto::token, flows::reset_password::LINK_SECONDS, state::AppState};

use super::cookies::Jar;

/// The pages that mailed links lead to.
pub const PAGES: [&str; 4] = ["/not-me", "/reset-password", "/setup", "/verify-email"];

/// Kept in place of what is no token.
const NO_TOKEN: &str = "none";
/// Between the page that a link led to and its token; no token holds one.
const SEPARATOR: char = '.';

#[derive(Deserialize)]
struct Carried {
    token: Option<String>,
}

/// Moves `?token=` into the cookie.
pub async fn layer(State(state): State<AppState>, request: axum::extract::Request, next: Next) -> Response {
    let path = request.uri().path();
    let Some(page) = PAGES.into_iter().find(|page| *page == path) else { return next.run(request).await };
    let Some(token) = token_in(request.uri()) else { return next.run(request).await };
    let is_https = state.config.is_https();
    // What no token of ours looks like is dropped; the page then says that the link does not work.
    let kept = if token::presented_hash(&token).is_some() { &token } else { NO_TOKEN };
    let cookie = bring(page, kept, is_https);
    let mut response = (StatusCode::SEE_OTHER, [(LOCATION, page)]).into_response();
    if let Some(cookie) = cookie {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

/// The `Set-Cookie` that brings a token to a page.
#[must_use]
pub fn bring(page: &str, token: &str, is_https: bool) -> Option<HeaderValue> {
    Jar::Link.keep(&format!("{}{SEPARATOR}{token}", name_of(page)), LINK_SECONDS, is_https)
}

/// The token that this browser brought to a page; empty where it brought none, or one for another page.
#[must_use]
pub fn token(headers: &HeaderMap, page: &str, is_https: bool) -> String {
    let kept = Jar::Link.read(headers, is_https).and_then(|value| value.split_once(SEPARATOR));
    kept.filter(|(name, _)| *name == name_of(page)).map(|(_, token)| token.to_owned()).unwrap_or_default()
}

fn name_of(page: &str) -> &str {
    page.trim_start_matches('/')
}

fn token_in(uri: &Uri) -> Option<String> {
    Query::<Carried>::try_from_uri(uri).ok()?.0.token
}
