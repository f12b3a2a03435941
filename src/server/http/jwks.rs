//! `/.well-known/jwks.json`: the public keys with which others verify access tokens (RFC 7517). Must not hold a private member.

use axum::{
    extract::State,
    http::header::{CACHE_CONTROL, CONTENT_TYPE},
    response::{IntoResponse, Response},
};

use crate::{
    domain::error::AuthError,
    server::{error::FlowError, state::AppState, tokens::keys},
};

use super::{errors, rest::document::SERVER};

/// Far shorter than the time for which a key is published before it signs.
const CACHED: &str = "public, max-age=300";

/// Public keys (RFC 7517)
///
/// With which others verify access tokens: by `kid`, with the algorithm of the key, and nothing else that a token says.
#[utoipa::path(
    get, path = "/.well-known/jwks.json", tag = SERVER,
    responses((status = 200, body = serde_json::Value, content_type = "application/jwk-set+json"))
)]
pub async fn show(State(state): State<AppState>) -> Response {
    match keys::published(&state).await {
        Ok(keys) => {
            let headers = [(CONTENT_TYPE, "application/jwk-set+json"), (CACHE_CONTROL, CACHED)];
            (headers, serde_json::json!({ "keys": keys }).to_string()).into_response()
        }
        Err(error) => errors::answer(&AuthError::from(FlowError::from(error))),
    }
}
