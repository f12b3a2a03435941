//! What a server function has at hand: state, session, person, and how to answer with a redirect. Must not outlive its call.

use axum::http::{HeaderMap, header::SET_COOKIE, request::Parts};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

use crate::{
    domain::{account::CurrentUser, error::AuthError, flash::Flash, safe_path::SafePath},
    server::{request_info::RequestInfo, session::CurrentSession, state::AppState},
};

use super::{cookies::Jar, flash, links};

/// One call of a server function.
#[derive(Clone, Debug)]
pub struct Call {
    /// What every request may reach.
    pub state: AppState,
    /// The session of this browser.
    pub session: CurrentSession,
    /// Who asks.
    pub request: RequestInfo,
    user: Option<CurrentUser>,
    headers: HeaderMap,
}

impl Call {
    /// The call being served.
    ///
    /// # Errors
    /// [`AuthError::Unexpected`] outside of one.
    pub fn current() -> Result<Self, AuthError> {
        let state = use_context::<AppState>().ok_or(AuthError::Unexpected)?;
        let parts = use_context::<Parts>().ok_or(AuthError::Unexpected)?;
        Ok(Self {
            state,
            session: parts.extensions.get::<CurrentSession>().cloned().ok_or(AuthError::Unexpected)?,
            request: parts.extensions.get::<RequestInfo>().cloned().unwrap_or_default(),
            user: parts.extensions.get::<CurrentUser>().cloned(),
            headers: parts.headers,
        })
    }

    /// The signed-in person (ASVS 8.2.1).
    ///
    /// # Errors
    /// [`AuthError::NotSignedIn`].
    pub fn user(&self) -> Result<&CurrentUser, AuthError> {
        self.user.as_ref().ok_or(AuthError::NotSignedIn)
    }

    /// The one-time token that this browser brought from a mailed link.
    #[must_use]
    pub fn link_token(&self) -> String {
        links::token(&self.headers, self.state.config.is_https())
    }

    /// Makes the browser forget that token.
    pub fn forget_link(&self) {
        Self::set_cookie(Jar::Link.forget(self.state.config.is_https()));
    }

    /// Sends the browser to a page of this site, which is told something. The only redirect in the code: a `SafePath` cannot
    /// lead elsewhere.
    pub fn see_other(&self, path: &SafePath, flash: &Flash) {
        if *flash != Flash::default() {
            Self::set_cookie(flash::set(flash, self.state.config.is_https()));
        }
        leptos_axum::redirect(path.as_str());
    }

    /// Makes the browser forget the session cookie: tower-sessions 0.15 leaves out `Secure`, without which browsers keep a
    /// `__Host-` cookie (ASVS 14.3.1).
    pub fn forget_session(&self) {
        Self::set_cookie(Jar::Session.forget(self.state.config.is_https()));
    }

    fn set_cookie(cookie: Option<axum::http::HeaderValue>) {
        if let (Some(cookie), Some(response)) = (cookie, use_context::<ResponseOptions>()) {
            response.append_header(SET_COOKIE, cookie);
        }
    }
}
