//! Which field of a form a message belongs to, and what is wrong with it. Must hold no free text: these cross the wire.

use serde::{Deserialize, Serialize};

use super::strength::Reason;

/// A field of one of our forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The e-mail address at sign-up and "forgot".
    Email,
    /// The user name at sign-up.
    Username,
    /// E-mail or user name at sign-in.
    Identifier,
    /// The password that is in force.
    Password,
    /// A password being chosen.
    NewPassword,
    /// The name of a role.
    Role,
    /// Several of them, of a program.
    Roles,
    /// What is typed to be sure.
    Confirmation,
    /// What a personal access token is called.
    Name,
    /// What it may be used for.
    Scopes,
    /// How long it lasts.
    ExpiresInDays,
}

impl Field {
    /// The `name` of the input, as posted.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Username => "username",
            Self::Identifier => "identifier",
            Self::Password => "password",
            Self::NewPassword => "new_password",
            Self::Role => "role",
            Self::Roles => "roles",
            Self::Confirmation => "confirmation",
            Self::Name => "name",
            Self::Scopes => "scopes",
            Self::ExpiresInDays => "expires_in_days",
        }
    }

    /// The `id` of the input. Password managers know `current-password` and `new-password`.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Username => "username",
            Self::Identifier => "identifier",
            Self::Password => "current-password",
            Self::NewPassword => "new-password",
            Self::Role => "role",
            Self::Roles => "roles",
            Self::Confirmation => "confirmation",
            Self::Name => "name",
            Self::Scopes => "scopes",
            Self::ExpiresInDays => "expires-in-days",
        }
    }

    /// The `id` of the element that holds this field's message.
    #[must_use]
    pub fn error_id(self) -> &'static str {
        match self {
            Self::Email => "email-error",
            Self::Username => "username-error",
            Self::Identifier => "identifier-error",
            Self::Password => "current-password-error",
            Self::NewPassword => "new-password-error",
            Self::Role => "role-error",
            Self::Roles => "roles-error",
            Self::Confirmation => "confirmation-error",
            Self::Name => "name-error",
            Self::Scopes => "scopes-error",
            Self::ExpiresInDays => "expires-in-days-error",
        }
    }
}

/// What is wrong with a field. A closed list: each becomes a sentence of ours, never text from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Problem {
    /// Nothing was entered.
    #[error("nothing was entered")]
    Missing,
    /// Not an e-mail address.
    #[error("not an e-mail address")]
    EmailShape,
    /// An address that this account cannot have; never says why.
    #[error("not an address for this account")]
    EmailUnavailable,
    /// The address that the account has already.
    #[error("the address did not change")]
    EmailSame,
    /// Not a user name.
    #[error("not a user name")]
    UsernameShape,
    /// A user name that somebody has.
    #[error("a user name that somebody has")]
    UsernameTaken,
    /// The new user name is the old one.
    #[error("the user name did not change")]
    UsernameSame,
    /// Not what this account is called.
    #[error("not the identifier of this account")]
    IdentifierWrong,
    /// Neither an e-mail address nor a user name.
    #[error("neither an e-mail address nor a user name")]
    IdentifierShape,
    /// Fewer code points than the policy asks for.
    #[error("shorter than {minimum} characters")]
    PasswordTooShort {
        /// The fewest code points allowed.
        minimum: u16,
    },
    /// More code points than [`super::password::MAX_CODE_POINTS`].
    #[error("too long")]
    PasswordTooLong,
    /// Contains a NUL, which no keyboard types and many systems cut at.
    #[error("contains a NUL character")]
    PasswordNul,
    /// Too easy to guess.
    #[error("too easy to guess")]
    PasswordWeak(Reason),
    /// The current password was not the right one.
    #[error("not the current password")]
    PasswordWrong,
    /// The new password is the old one.
    #[error("the password did not change")]
    PasswordSame,
    /// An identifier that is somebody's; said to administrators alone.
    #[error("somebody has this")]
    Taken,
    /// Not the name of a role.
    #[error("not the name of a role")]
    RoleShape,
    /// Not what was asked to be typed.
    #[error("not what was asked for")]
    ConfirmationDiffers,
    /// Not the name of a personal access token.
    #[error("not a name for a token")]
    NameShape,
    /// Not a scope that a personal access token can have.
    #[error("not a scope")]
    ScopeUnknown,
    /// A scope that this person cannot give.
    #[error("a scope for administrators")]
    ScopeNotYours,
    /// Fewer or more days than a token may last.
    #[error("not a number of days that a token may last")]
    DaysOutOfRange,
}

/// One message at one field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// Where.
    pub field: Field,
    /// What.
    pub problem: Problem,
}
