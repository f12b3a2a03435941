//! Keeps a developer's pages for whoever sits at the machine. Must not be the only thing that keeps them out of production.

use std::net::SocketAddr;

use axum::{
    extract::{ConnectInfo, Request},
    http::{StatusCode, header::HOST},
    middleware::Next,
    response::{IntoResponse, Response},
};

/// Lets near requests through. By peer, and by name, so that no other site's page can read it by pointing its own name here.
pub async fn layer(request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let is_near = peer.is_none_or(|ConnectInfo(peer)| peer.ip().to_canonical().is_loopback());
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let name = host.rsplit_once(':').map_or(host, |(name, port)| if port.ends_with(']') { host } else { name });
    // A proxy on the same machine makes strangers look near.
    let is_forwarded =
        ["forwarded", "x-forwarded-for", "x-real-ip", "via"].iter().any(|name| request.headers().contains_key(*name));
    if is_near && !is_forwarded && matches!(name, "localhost" | "127.0.0.1" | "[::1]") {
        next.run(request).await
    } else {
        StatusCode::NOT_FOUND.into_response()
    }
}
