//! What a server function has at hand: state, session, person, and how to answer with a redirect. Must not outlive its call.

use axum::http::{HeaderMap, header::SET_COOKIE, request::Parts};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

use crate::{
    api::FormRoute,
    domain::{
        account::CurrentUser,
        error::AuthError,
        field::Field,
        flash::{Flash, Notice},
        safe_path::SafePath,
        theme::Theme,
    },
    server::{
        crypto::token::OneTimeToken,
        flows::{NextStep, Outcome, current_user, manage::Actor},
        jobs::retention::DEVICE_SECONDS,
        request_info::RequestInfo,
        session::CurrentSession,
        state::AppState,
    },
};

use super::{access, cookies::Jar, flash, links, visit};

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
    path: String,
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
            path: parts.uri.path().to_owned(),
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

    /// The signed-in person, if they showed the password a moment ago (ASVS 7.5.1).
    ///
    /// # Errors
    /// [`AuthError::NotSignedIn`], or [`AuthError::ConfirmPassword`].
    pub fn confirmed_user(&self) -> Result<&CurrentUser, AuthError> {
        let user = self.user()?;
        if current_user::is_confirmed(&self.state, user) { Ok(user) } else { Err(AuthError::ConfirmPassword) }
    }

    /// The signed-in administrator, if they showed the password a moment ago (ASVS 8.2.1, 7.5.1).
    ///
    /// # Errors
    /// [`AuthError::NotFound`] for everybody else, written down where somebody is signed in; or
    /// [`AuthError::ConfirmPassword`].
    pub async fn administrator(&self) -> Result<&CurrentUser, AuthError> {
        let user = self.user().map_err(|_| AuthError::NotFound)?;
        if !user.is_admin() {
            access::write_down(&self.state, &self.request, user, &self.path).await?;
            return Err(AuthError::NotFound);
        }
        self.confirmed_user()
    }

    /// The administrator as who does something to somebody else's account.
    #[must_use]
    pub fn actor<'a>(&'a self, administrator: &'a CurrentUser) -> Actor<'a> {
        Actor::Administrator {
            user_id: &administrator.id,
            session_id: &administrator.session.id,
            request: &self.request,
        }
    }

    /// Sends the browser to a person's page in the console, with word of what was done.
    pub fn to_person(&self, id: &str, notice: Notice) {
        let page = SafePath::parse(&format!("/admin/people/{id}"));
        self.see_other(&page.unwrap_or_else(|| SafePath::literal("/admin/people")), &Flash::notice(notice));
    }

    /// The one-time token that this browser brought from a link to the page of a form.
    #[must_use]
    pub fn link_token(&self, form: FormRoute) -> String {
        links::token(&self.headers, form.page, self.state.config.is_https())
    }

    /// Gives this browser a one-time token, as if it had opened a link to the page of a form.
    pub fn bring_link(&self, form: FormRoute, token: &OneTimeToken) {
        Self::set_cookie(links::bring(form.page, token.secret(), self.state.config.is_https()));
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

    /// Sends the browser to the dashboard, or to sign-in where no session could be begun, with word of what was done.
    pub fn go_on(&self, outcome: &Outcome, done: Option<Notice>, sign_in: Notice) {
        self.remember_device(outcome.device.as_ref());
        match outcome.next {
            NextStep::Dashboard => {
                let done = if outcome.is_kept { Some(Notice::DeletionCancelled) } else { done };
                self.see_other(&SafePath::dashboard(), &done.map(Flash::notice).unwrap_or_default());
            }
            NextStep::SignIn | NextStep::CheckMail => {
                self.forget_session();
                self.see_other(&SafePath::literal("/sign-in"), &Flash::notice(sign_in));
            }
        }
    }

    /// Sends the browser to the page that says where the mail went.
    pub fn check_mail(&self, typed: &str) {
        let told = Flash::notice(Notice::VerificationSent).with_value(Field::Email, typed);
        self.see_other(&SafePath::literal("/verify-email"), &told);
    }

    /// Gives the browser something to be known by at its next sign-in.
    pub fn remember_device(&self, device: Option<&OneTimeToken>) {
        let is_https = self.state.config.is_https();
        Self::set_cookie(device.and_then(|device| Jar::Device.keep(device.secret(), DEVICE_SECONDS, is_https)));
    }

    /// Keeps the colours that were chosen.
    pub fn remember_theme(&self, theme: Theme) {
        Self::set_cookie(visit::remember(theme, self.state.config.is_https()));
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
