//! Spans that are traced, under a target of their own, so that log lines do not know of them; where nobody asked for traces
//! they cost nothing. Must not hold anything of a person: routes are patterns, and a request is named as in the log.

use axum::http::{HeaderMap, Method};
use opentelemetry::{Context, propagation::TextMapPropagator as _};
use opentelemetry_http::HeaderExtractor;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::{Span, field::Empty};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// Methods that are named.
const KNOWN: [Method; 7] =
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];
/// What all of them have, and nothing else has.
pub const TARGET: &str = "latchkey::traced";

/// A request, until an answer began. `context` are the headers that a proxy of ours sent, with which the trace goes on that it
/// began (W3C Trace Context).
pub fn request(method: &Method, route: Option<&str>, id: &str, context: Option<&HeaderMap>) -> Span {
    // Anybody may make words of their own up, which belong into no trace.
    let method = if KNOWN.contains(method) { method.as_str() } else { "_OTHER" };
    let span = tracing::info_span!(
        target: TARGET,
        "request",
        otel.name = route.map_or_else(|| method.to_owned(), |route| format!("{method} {route}")),
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = method,
        http.response.status_code = Empty,
        http.route = route,
        latchkey.request = id,
    );
    if let (Some(headers), false) = (context, span.is_disabled()) {
        let parent = TraceContextPropagator::new().extract_with_context(&Context::new(), &HeaderExtractor(headers));
        // It is new, so it has not begun.
        let _ = span.set_parent(parent);
    }
    span
}

/// Notes how a request was answered.
pub fn answered(span: &Span, status: u16) {
    span.record("http.response.status_code", status);
    if status >= 500 {
        span.record("otel.status_code", "ERROR");
    }
}

/// Waiting until a hash is near.
pub fn hash_queue() -> Span {
    tracing::info_span!(target: TARGET, "hash queue")
}

/// All that a thread which hashes is asked for: until it is free, the hash, and until the answer goes out with others.
pub fn password() -> Span {
    tracing::info_span!(target: TARGET, "password")
}

/// Hashing a password, as a part of [`password`]: on the thread that does it, nothing else is known that is traced.
pub fn hash(password: &Span) -> Span {
    tracing::info_span!(target: TARGET, parent: password, "hash")
}

/// Waiting for a connection, and for the transaction to begin where there is one.
pub fn connection() -> Span {
    tracing::info_span!(target: TARGET, "database connection")
}

/// Making a transaction permanent.
pub fn commit() -> Span {
    tracing::info_span!(target: TARGET, "database commit")
}

/// Finding what a page shows.
pub fn page_data() -> Span {
    tracing::info_span!(target: TARGET, "page data")
}

/// Handing a mail over, named as in the log.
pub fn mail(id: &str) -> Span {
    tracing::info_span!(target: TARGET, "mail", otel.kind = "client", latchkey.mail = id)
}
