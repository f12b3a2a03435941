//! Names and shapes of our cookies: `__Host-`, `Secure`, `HttpOnly`, `SameSite=Lax`; on plain http at somebody's desk without
//! prefix and `Secure` (ASVS 3.3.1 to 3.3.4). Must not know what is in them.

use axum::{
    extract::Request,
    http::{HeaderMap, HeaderValue, header::COOKIE},
    middleware::Next,
    response::Response,
};
use tower_sessions::cookie::{Cookie, SameSite, time::Duration};

/// The cookies we set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jar {
    /// Names the session.
    Session,
    /// Survives one redirect.
    Flash,
    /// Holds a one-time token on its way from the link to the form.
    Link,
    /// Known from an earlier sign-in; opens nothing.
    Device,
    /// The colours that were chosen.
    Theme,
}

impl Jar {
    /// The cookie's name.
    #[must_use]
    pub fn name(self, is_https: bool) -> &'static str {
        match (self, is_https) {
            (Self::Session, true) => "__Host-latchkey",
            (Self::Session, false) => "latchkey",
            (Self::Flash, true) => "__Host-latchkey-flash",
            (Self::Flash, false) => "latchkey-flash",
            (Self::Link, true) => "__Host-latchkey-link",
            (Self::Link, false) => "latchkey-link",
            (Self::Device, true) => "__Host-latchkey-device",
            (Self::Device, false) => "latchkey-device",
            (Self::Theme, true) => "__Host-latchkey-theme",
            (Self::Theme, false) => "latchkey-theme",
        }
    }

    /// What the browser sent for it.
    #[must_use]
    pub fn read(self, headers: &HeaderMap, is_https: bool) -> Option<&str> {
        let name = self.name(is_https);
        headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .find_map(|pair| pair.trim().split_once('=').filter(|(key, _)| *key == name).map(|(_, value)| value))
    }

    /// A `Set-Cookie` that keeps a value (of URL-safe characters) for so many seconds.
    #[must_use]
    pub fn keep(self, value: &str, seconds: i64, is_https: bool) -> Option<HeaderValue> {
        let cookie = self.build(value, is_https).max_age(Duration::seconds(seconds)).build();
        HeaderValue::from_str(&cookie.to_string()).ok()
    }

    /// A `Set-Cookie` that makes the browser forget it.
    #[must_use]
    pub fn forget(self, is_https: bool) -> Option<HeaderValue> {
        self.keep("", 0, is_https)
    }

    fn build(self, value: &str, is_https: bool) -> tower_sessions::cookie::CookieBuilder<'_> {
        Cookie::build((self.name(is_https), value)).path("/").http_only(true).secure(is_https).same_site(SameSite::Lax)
    }
}

/// Takes cookies away that are not plain ASCII: a browser keeps one whose name begins with an unusual space, also if a sub-domain
/// set it, and a reader that trims takes the rest of it for a `__Host-` cookie of ours (ASVS 3.3.1). What is left has one
/// reading (1.5.3).
pub async fn layer(mut request: Request, next: Next) -> Response {
    let sent = request.headers().get_all(COOKIE);
    if !sent.iter().all(|value| value.as_bytes().is_ascii()) {
        let kept: Vec<HeaderValue> = sent.iter().filter_map(plain).collect();
        request.headers_mut().remove(COOKIE);
        for value in kept {
            request.headers_mut().append(COOKIE, value);
        }
    }
    next.run(request).await
}

/// The cookies of a header that are ASCII; we set no others.
fn plain(header: &HeaderValue) -> Option<HeaderValue> {
    let pairs: Vec<&[u8]> = header.as_bytes().split(|byte| *byte == b';').filter(|pair| pair.is_ascii()).collect();
    HeaderValue::from_bytes(&pairs.join(&b';')).ok().filter(|kept| !kept.is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// ASVS 3.3.1, 3.3.2, 3.3.4, 3.3.3.
    #[test]
    fn cookies_are_as_tight_as_they_get() {
        let set = Jar::Link.keep("abc", 60, true).expect("a header");
        insta::assert_snapshot!(set.to_str().expect("text"), @"__Host-latchkey-link=abc; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=60");
    }

    /// ASVS 3.3.1: a sub-domain sets no cookie of ours.
    #[test]
    fn cookies_that_only_look_like_ours_are_taken_away() {
        let kept = |header: &str| {
            let header = HeaderValue::from_bytes(header.as_bytes()).expect("a header");
            plain(&header).map(|kept| kept.to_str().expect("text").to_owned())
        };
        assert_eq!(kept("\u{2003}__Host-latchkey=a"), None);
        assert_eq!(kept("\u{a0}__Host-latchkey=a; __Host-latchkey=b; x=\u{fc}").as_deref(), Some(" __Host-latchkey=b"));
    }

    proptest! {
        #[test]
        fn any_cookie_header_can_be_read(header in any::<Vec<u8>>()) {
            let mut headers = HeaderMap::new();
            if let Ok(value) = HeaderValue::from_bytes(&header) {
                headers.insert(COOKIE, value);
            }
            let _ = Jar::Session.read(&headers, true);
        }
    }
}
