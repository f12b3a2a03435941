//! Headers every answer carries, errors, assets and redirects included. Must not know a route.

use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};

use crate::server::config::Config;

/// Where browsers report what the policy kept from happening (ASVS 3.4.7).
pub const REPORTS: &str = "/csp-report";

/// Set on every answer that does not say otherwise. `same-origin` as referrer policy: our own pages may see it, others not;
/// `no-referrer` would break forms without scripting.
const UNLESS_SAID: [(HeaderName, &str); 7] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "accelerometer=(), autoplay=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), \
         hid=(), magnetometer=(), microphone=(), midi=(), payment=(), serial=(), usb=(), xr-spatial-tracking=()",
    ),
    // What is not said to be storable is not (ASVS 14.3.2).
    (header::CACHE_CONTROL, "no-store"),
];

/// What depends on the settings, made once.
#[derive(Clone, Debug)]
pub struct OfSite {
    policy: Option<HeaderValue>,
    is_https: bool,
}

impl OfSite {
    /// By the settings.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let policy = HeaderValue::from_str(&content_security_policy(None, config.is_watched())).ok();
        Self { policy, is_https: config.is_https() }
    }
}

/// Adds the headers (ASVS 3.4.1, 3.4.3 to 3.4.8).
pub async fn layer(State(site): State<OfSite>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in UNLESS_SAID {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if let Some(policy) = site.policy {
        headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(policy);
    }
    if site.is_https {
        headers
            .insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=63072000; includeSubDomains"));
    }
    response
}

/// The policy (CSP level 3) of an answer: everything from this origin alone, no inline script but those that carry the
/// nonce, no inline style. `is_watched` lets the page hear of new builds at a developer's desk.
#[must_use]
pub fn content_security_policy(nonce: Option<&str>, is_watched: bool) -> String {
    let nonce = nonce.map(|nonce| format!(" 'nonce-{nonce}'")).unwrap_or_default();
    let connect = if is_watched { " ws:" } else { "" };
    format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'{nonce}; style-src 'self'; img-src 'self'; \
         connect-src 'self'{connect}; worker-src 'self'; form-action 'self'; frame-ancestors 'none'; \
         base-uri 'none'; object-src 'none'; manifest-src 'self'; report-uri {REPORTS}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ASVS 3.4.3, 3.6.1.
    #[test]
    fn nothing_inline_and_nothing_foreign() {
        let policy = content_security_policy(Some("abc"), false);
        assert!(policy.contains("script-src 'self' 'wasm-unsafe-eval' 'nonce-abc';"), "{policy}");
        assert!(!policy.contains("unsafe-inline") && !policy.contains("http") && !policy.contains('*'), "{policy}");
    }
}
