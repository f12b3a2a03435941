//! What survives one redirect: a notice, or a refused form without its secrets. Must never hold a password or token.

use serde::{Deserialize, Serialize};

use super::{
    console::Act,
    error::AuthError,
    field::{Field, FieldError},
    moment::Moment,
};

/// A message that a page shows once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// After signing out.
    SignedOut,
    /// The session ended by itself: inactivity or age.
    SessionExpired,
    /// The session was ended from elsewhere, or by a change of password.
    SessionEnded,
    /// A page was asked for that needs a session.
    SignInFirst,
    /// After a reset; sign in with the new password.
    PasswordReset,
    /// After a change of password.
    PasswordChanged,
    /// The same, where no session could be begun.
    PasswordChangedSignIn,
    /// After sign-up, where no session could be begun.
    AccountCreated,
    /// A link that proves an address is on its way, if there is anything to prove.
    VerificationSent,
    /// After the address was proven.
    EmailVerified,
    /// A link is on its way to the address that is to replace the present one.
    EmailChangeRequested,
    /// The present address stays.
    EmailChangeCancelled,
    /// After the new address was proven.
    EmailChanged,
    /// After the owner said that something was not them; a new password comes next.
    NotMe,
    /// The mail with a link is on its way, if the account exists.
    ResetRequested,
    /// An account was made for somebody.
    PersonCreated,
    /// The same, and a link is on its way.
    PersonInvited,
    /// Somebody's account is disabled.
    PersonDisabled,
    /// Somebody's account is enabled.
    PersonEnabled,
    /// One session of somebody's is over.
    PersonSessionEnded,
    /// Every session of somebody's is over.
    PersonSessionsEnded,
    /// A link is on its way to somebody.
    PersonMailed,
    /// Somebody's account is gone.
    PersonDeleted,
    /// Somebody holds a role now.
    RoleGiven,
    /// Somebody holds a role no more.
    RoleTaken,
    /// Records of sessions are gone.
    RecordsDeleted,
    /// It was so already.
    NothingChanged,
    /// After one of one's other sessions was ended.
    SessionRevoked,
    /// After all of one's other sessions were ended.
    OtherSessionsRevoked,
    /// After a change of the user name.
    UsernameChanged,
    /// The account will be deleted; signing in before this instant keeps it.
    DeletionRequested {
        /// When it is too late.
        until: Moment,
    },
    /// The account is gone.
    AccountDeleted,
    /// The session ended because its account is to be deleted.
    AccountToBeDeleted,
    /// The account was to be deleted, and is kept.
    DeletionCancelled,
}

impl Notice {
    /// What is said once an act on one person is done.
    #[must_use]
    pub fn of(act: Act) -> Self {
        match act {
            Act::Disable => Self::PersonDisabled,
            Act::Enable => Self::PersonEnabled,
            Act::EndSessions => Self::PersonSessionsEnded,
            Act::SendResetMail => Self::PersonMailed,
        }
    }

    /// Whether this is good news (shown as success) or information.
    #[must_use]
    pub fn is_success(self) -> bool {
        matches!(
            self,
            Self::PasswordReset
                | Self::PasswordChanged
                | Self::PasswordChangedSignIn
                | Self::EmailVerified
                | Self::EmailChangeCancelled
                | Self::EmailChanged
                | Self::NotMe
                | Self::AccountCreated
                | Self::PersonCreated
                | Self::PersonInvited
                | Self::PersonDisabled
                | Self::PersonEnabled
                | Self::PersonSessionEnded
                | Self::PersonSessionsEnded
                | Self::PersonMailed
                | Self::PersonDeleted
                | Self::RecordsDeleted
                | Self::RoleGiven
                | Self::RoleTaken
                | Self::SessionRevoked
                | Self::OtherSessionsRevoked
                | Self::UsernameChanged
                | Self::DeletionCancelled
        )
    }
}

/// What the page after a redirect is told. Travels in a cookie that the page clears.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flash {
    /// Something to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<Notice>,
    /// Why the form was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<AuthError>,
    /// What had been typed, so that it need not be typed again (WCAG 3.3.7); only fields in [`Flash::KEPT`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<(Field, String)>,
    /// Whether "keep me signed in" was ticked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub remember: bool,
}

impl Flash {
    /// The fields whose value may be kept: no secrets.
    pub const KEPT: [Field; 3] = [Field::Email, Field::Username, Field::Identifier];

    /// A flash that says one thing.
    #[must_use]
    pub fn notice(notice: Notice) -> Self {
        Self { notice: Some(notice), ..Self::default() }
    }

    /// A flash that fills in the sign-in form.
    #[must_use]
    pub fn with_value(mut self, field: Field, value: &str) -> Self {
        if Self::KEPT.contains(&field) && !value.is_empty() {
            self.values.push((field, value.to_owned()));
        }
        self
    }

    /// The messages beside fields.
    #[must_use]
    pub fn field_errors(&self) -> Vec<FieldError> {
        self.error.as_ref().map(|error| error.fields().to_vec()).unwrap_or_default()
    }

    /// What was typed into a field.
    #[must_use]
    pub fn value(&self, field: Field) -> String {
        self.values.iter().find(|(kept, _)| *kept == field).map(|(_, value)| value.clone()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ASVS 14.2.1: secrets are not kept.
    #[test]
    fn passwords_are_never_kept() {
        let flash = Flash::default().with_value(Field::Password, "secret").with_value(Field::NewPassword, "secret");
        assert!(flash.values.is_empty());
    }
}
