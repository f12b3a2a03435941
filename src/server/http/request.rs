//! A name for each request, in its log lines, its answer (`X-Request-Id`) and on error pages; what flows may know of it; and
//! what is counted of it.
//! Must not log headers, bodies or query strings (ASVS 16.2.5).

use std::time::{Duration, Instant};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderValue, header::USER_AGENT},
    middleware::Next,
    response::Response,
};
use tracing::Instrument;

use crate::server::{request_info::RequestInfo, state::AppState, storage::patience, telemetry::spans};

use super::{client_address, cookies::Jar, rest};

/// The header that names a request.
pub const REQUEST_ID: &str = "x-request-id";

/// Names the request, notes who asks, and writes one line about its answer.
pub async fn layer(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let id = state.new_id().unwrap_or_default();
    let is_program = rest::is_ours(request.uri().path());
    let info = RequestInfo {
        id: id.clone(),
        address: client_address::of(&request, &state.config.trusted_proxies)
            .map_or_else(|| "unknown".into(), |address| address.to_string()),
        user_agent: request
            .headers()
            .get(USER_AGENT)
            .map(|header| RequestInfo::clean_user_agent(header.as_bytes()))
            .unwrap_or_default(),
        // Programs send theirs in a body, and cookies count for nothing there.
        device: Jar::Device
            .read(request.headers(), state.config.is_https())
            .filter(|_| !is_program)
            .unwrap_or_default()
            .to_owned(),
        forgets_device: is_program,
    };
    if let Some((kind, proxy)) = client_address::proxy(&request, &state.config.trusted_proxies) {
        state.proxies.see(kind, proxy, state.now());
    }
    let route = request.extensions().get::<MatchedPath>().cloned();
    let (method, began) = (request.method().clone(), Instant::now());
    let span = tracing::info_span!("request", id = %id, address = %info.address, method = %request.method(), path = request.uri().path());
    request.extensions_mut().insert(info);
    let route = route.as_ref().map(MatchedPath::as_str);
    let is_ours = client_address::is_trusted(&request, &state.config.trusted_proxies);
    let traced = spans::request(&method, route, &id, is_ours.then(|| request.headers()));
    let patience = Duration::from_millis(state.config.database_patience_ms.into());
    let mut response = async {
        let response = patience::in_all(patience, next.run(request)).await;
        tracing::info!(status = response.status().as_u16(), "answered");
        response
    }
    .instrument(span)
    .instrument(traced.clone())
    .await;
    spans::answered(&traced, response.status().as_u16());
    state.metrics.count_request(route, method.as_str(), response.status().as_u16(), began.elapsed());
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}
