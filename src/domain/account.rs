//! How the server announces a signed-in person and their session to pages. Must hold no secret.

use serde::{Deserialize, Serialize};

use super::{email::Email, moment::Moment, role::Role, session_time::SessionTime, username::Username};

/// The signed-in person of this request, in the words of RFC terms the principal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurrentUser {
    /// Never reassigned, says nothing.
    pub id: String,
    /// The e-mail address, if there is one.
    pub email: Option<Email>,
    /// Whether there is an e-mail address that was never proven to be theirs.
    pub is_unverified: bool,
    /// The user name, if there is one.
    pub username: Option<Username>,
    /// What they may do.
    pub roles: Vec<Role>,
    /// When the account was made.
    pub member_since: Moment,
    /// This session.
    pub session: CurrentSession,
}

impl CurrentUser {
    /// What to call them: the user name, else what stands before the `@`.
    #[must_use]
    pub fn name(&self) -> String {
        match (&self.username, &self.email) {
            (Some(username), _) => username.as_str().to_owned(),
            (None, Some(email)) => email.local_part().to_owned(),
            (None, None) => String::new(),
        }
    }

    /// What their password manager files the password under.
    #[must_use]
    pub fn credential_name(&self) -> String {
        match (&self.email, &self.username) {
            (Some(email), _) => email.as_str().to_owned(),
            (None, Some(username)) => username.as_str().to_owned(),
            (None, None) => String::new(),
        }
    }

    /// Whether they hold a role.
    #[must_use]
    pub fn has_role(&self, role: &str) -> bool {
        self.roles.iter().any(|held| held.as_str() == role)
    }

    /// Whether they hold the role `admin`.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        self.has_role(Role::ADMIN)
    }
}

/// The session of this request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurrentSession {
    /// Names the session in lists and links; it is not the cookie's value and opens nothing.
    pub id: String,
    /// When it began.
    pub since: Moment,
    /// When the person last showed the password in it.
    pub authenticated_at: Moment,
    /// When it ends whatever happens.
    pub until: Moment,
    /// How much longer it goes on, from this request.
    pub time: SessionTime,
    /// Browser and system in words.
    pub device: String,
    /// The client's address.
    pub address: String,
}

/// What the dashboard shows beside the person: the sign-in before this one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviousSignIn {
    /// When.
    pub at: Moment,
    /// Browser and system in words.
    pub device: String,
    /// The client's address.
    pub address: String,
}
