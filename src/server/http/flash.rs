//! What survives one redirect: a cookie that the next page reads and clears. Must not hold a secret.

use axum::{
    extract::{Request, State},
    http::{HeaderValue, header::SET_COOKIE},
    middleware::Next,
    response::Response,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use crate::{domain::flash::Flash, server::state::AppState};

use super::cookies::Jar;

/// How long the redirect may take.
const SECONDS: i64 = 120;
/// The most bytes of the cookie (ASVS 3.3.5); what does not fit is not kept.
const MAX_BYTES: usize = 3_000;

/// The `Set-Cookie` for a flash.
#[must_use]
pub fn set(flash: &Flash, is_https: bool) -> Option<HeaderValue> {
    let without_values = Flash { values: Vec::new(), ..flash.clone() };
    let notice = Flash { notice: flash.notice, ..Flash::default() };
    let mut cookies = [flash, &without_values, &notice]
        .into_iter()
        .filter_map(|flash| serde_json::to_vec(flash).ok())
        .map(|json| BASE64_URL_SAFE_NO_PAD.encode(json));
    Jar::Flash.keep(&cookies.find(|value| value.len() <= MAX_BYTES)?, SECONDS, is_https)
}

/// Reads the flash for a page and clears it.
pub async fn layer(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let is_https = state.config.is_https();
    let Some(cookie) = Jar::Flash.read(request.headers(), is_https) else { return next.run(request).await };
    let flash = read(cookie);
    request.extensions_mut().insert(flash);
    let mut response = next.run(request).await;
    let is_shown = !response.status().is_redirection() && !response.headers().contains_key(SET_COOKIE);
    if is_shown && let Some(clear) = Jar::Flash.forget(is_https) {
        response.headers_mut().append(SET_COOKIE, clear);
    }
    response
}

/// The flash in a cookie; an unreadable one says nothing.
#[must_use]
pub fn read(cookie: &str) -> Flash {
    BASE64_URL_SAFE_NO_PAD.decode(cookie).ok().and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::{
        error::AuthError,
        field::{Field, FieldError, Problem},
        flash::Notice,
    };

    fn round_trip(flash: &Flash) -> Flash {
        let header = set(flash, true).expect("a header");
        let text = header.to_str().expect("text");
        assert!(text.len() < 4_096);
        let value = text.split(['=', ';']).nth(1).expect("a value");
        read(value)
    }

    #[test]
    fn a_flash_survives_its_cookie() {
        let flash = Flash { error: Some(AuthError::Busy { retry_after: 5 }), remember: true, ..Flash::default() }
            .with_value(Field::Email, "jürgen@example.org");
        assert_eq!(round_trip(&flash), flash);
    }

    /// ASVS 3.3.5.
    #[test]
    fn more_reasons_than_fit_are_left_out() {
        let reason = FieldError { field: Field::Email, problem: Problem::Taken };
        let flash =
            Flash { notice: Some(Notice::SignedOut), error: Some(vec![reason; 200].into()), ..Flash::default() };
        assert_eq!(round_trip(&flash), Flash { error: None, ..flash });
    }

    proptest! {
        #[test]
        fn any_cookie_is_some_flash(cookie in "\\PC{0,200}") {
            let _ = read(&cookie);
        }

        /// ASVS 3.3.5.
        #[test]
        fn no_flash_is_too_large(typed in "\\PC{0,4000}") {
            let _ = round_trip(&Flash::default().with_value(Field::Identifier, &typed));
        }
    }
}
