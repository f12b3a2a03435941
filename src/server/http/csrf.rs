//! Requests that other sites make in a person's name: refused before anything else looks at them (ASVS 3.5.1, 3.5.3). Must
//! not depend on tokens in forms.

use axum::{
    extract::{Request, State},
    http::{
        HeaderMap, Method,
        header::{HOST, ORIGIN},
    },
    middleware::Next,
    response::Response,
};
use url::Url;

use crate::{domain::error::AuthError, server::state::AppState};

use super::{cookies::Jar, errors, headers::REPORTS, rest};

/// Lets a request through if its method is safe or it comes from this site.
pub async fn layer(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if is_safe(request.method()) {
        return next.run(request).await;
    }
    let own = state.config.base_url().ok();
    // Browsers send reports in the name of no site; one changes nothing.
    let is_report = request.uri().path() == REPORTS;
    // The JSON API reads no cookie: nobody who comes from a page that the settings name is taken for somebody.
    let is_let_in = rest::is_ours(request.uri().path())
        && rest::is_known_origin(&state.config, request.headers())
        && Jar::Session.read(request.headers(), state.config.is_https()).is_none();
    if is_report || is_let_in || is_allowed(request.headers(), own.as_ref(), state.config.is_https()) {
        next.run(request).await
    } else {
        tracing::warn!(method = %request.method(), path = request.uri().path(), "refused a request from another site");
        errors::answer(&AuthError::CrossSite)
    }
}

/// Whether nothing is changed by it (RFC 9110, 9.2.1).
fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Browsers say with `Sec-Fetch-Site` who asks; older ones with `Origin`; programs with neither, and those carry no cookie.
fn is_allowed(headers: &HeaderMap, own: Option<&Url>, is_https: bool) -> bool {
    // No browser says either of them twice; whoever does is believed in neither.
    let mut sites = headers.get_all("sec-fetch-site").iter();
    if let Some(site) = sites.next() {
        return matches!(site.as_bytes(), b"same-origin" | b"none") && sites.next().is_none();
    }
    let mut origins = headers.get_all(ORIGIN).iter();
    match origins.next() {
        Some(origin) => origin.to_str().is_ok_and(|origin| is_own(origin, headers, own)) && origins.next().is_none(),
        None => Jar::Session.read(headers, is_https).is_none(),
    }
}

/// Whether an origin is this site: the configured one, or on a desk without one any name of loopback that was asked for.
fn is_own(origin: &str, headers: &HeaderMap, own: Option<&Url>) -> bool {
    let Ok(origin) = Url::parse(origin) else { return false };
    if own.is_some_and(|own| own.origin() == origin.origin()) {
        return true;
    }
    let is_desk = own.is_some_and(|own| own.scheme() == "http")
        && matches!(origin.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    let asked_for = headers.get(HOST).and_then(|host| host.to_str().ok());
    is_desk && asked_for.is_some_and(|host| origin.as_str() == format!("http://{host}/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(method: &Method, pairs: &[(&'static str, &str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().expect("a value"));
        }
        let own = Url::parse("https://accounts.example.com").expect("a URL");
        is_safe(method) || is_allowed(&headers, Some(&own), true)
    }

    /// ASVS 3.5.1.
    #[test]
    fn only_this_site_may_change_things() {
        let cookie = ("cookie", "__Host-latchkey=abc");
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            assert!(allowed(&method, &[("sec-fetch-site", "same-origin"), cookie]));
            assert!(allowed(&method, &[("sec-fetch-site", "none"), cookie]));
            assert!(!allowed(&method, &[("sec-fetch-site", "cross-site"), cookie]));
            assert!(!allowed(&method, &[("sec-fetch-site", "same-site"), cookie]));
            assert!(!allowed(&method, &[("sec-fetch-site", "cross-site"), ("origin", "https://accounts.example.com")]));
            assert!(allowed(&method, &[("origin", "https://accounts.example.com"), cookie]));
            assert!(!allowed(&method, &[("origin", "https://evil.example"), cookie]));
            assert!(!allowed(&method, &[("origin", "https://evil.example")]));
            assert!(!allowed(&method, &[("origin", "null"), cookie]));
            assert!(!allowed(&method, &[("origin", "http://accounts.example.com"), cookie]));
            assert!(!allowed(&method, &[cookie]));
            assert!(!allowed(&method, &[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site"), cookie]));
            assert!(!allowed(
                &method,
                &[("origin", "https://accounts.example.com"), ("origin", "https://evil.example")]
            ));
            assert!(allowed(&method, &[]));
        }
    }

    #[test]
    fn looking_is_free() {
        for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
            assert!(allowed(&method, &[("sec-fetch-site", "cross-site"), ("cookie", "__Host-latchkey=abc")]));
        }
    }
}
