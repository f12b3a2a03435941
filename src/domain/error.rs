//! What can go wrong, as the closed list that crosses the wire. Must hold no free text: whoever can write an error could
//! otherwise put words on our pages.

use serde::{Deserialize, Serialize};

use super::{console::ActResult, field::FieldError, scope::Scope};

/// Seconds until a database that was away may be back.
const AWAY_SECONDS: u32 = 5;

/// An answer other than success, for people and for programs (ASVS 16.5.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case", tag = "code")]
pub enum AuthError {
    /// `422`: some fields need another value.
    #[error("some fields need another value")]
    Fields {
        /// Which, and why; never empty.
        fields: Vec<FieldError>,
    },
    /// `401`: no such person, wrong password or disabled account; never says which (ASVS 6.3.8).
    #[error("identifier and password do not belong together")]
    InvalidCredentials,
    /// `409`: the account could not be created; never says why (design decision: `verify_email = optional`).
    #[error("the account could not be created")]
    AccountNotCreated,
    /// `410`: the link was used, replaced, has expired or never existed.
    #[error("the link cannot be used")]
    LinkDead,
    /// `401`: the act needs a session.
    #[error("not signed in")]
    NotSignedIn,
    /// `403`: the act needs the password again, since it was last shown too long ago (ASVS 7.5.1).
    #[error("the password must be confirmed first")]
    ConfirmPassword,
    /// `404`: not there, or not for this person; never says which (ASVS 8.2.1).
    #[error("not found")]
    NotFound,
    /// `409`: there would be no administrator left.
    #[error("the last administrator must stay")]
    LastAdministrator,
    /// `403`: the request came from another site, or says so.
    #[error("the request came from another site")]
    CrossSite,
    /// `400`: not a form this site sends.
    #[error("malformed request")]
    Malformed,
    /// `400`: not the JSON that this operation takes.
    #[error("malformed JSON")]
    MalformedJson,
    /// `400`: a parameter of the address that is not known, or has no such value.
    #[error("malformed parameters")]
    MalformedQuery,
    /// `415`: not said to be JSON.
    #[error("not JSON")]
    NotJson,
    /// `401`: the operation needs a token (RFC 6750 section 3).
    #[error("no token")]
    TokenMissing,
    /// `401`: no token of this site.
    #[error("bad token")]
    TokenInvalid,
    /// `401`: the token was good and has expired.
    #[error("expired token")]
    TokenExpired,
    /// `401`: the token was good, and what it stands for was ended.
    #[error("revoked token")]
    TokenRevoked,
    /// `403`: the token, or the person whose it is, may not do this (RFC 6750 section 3.1).
    #[error("the token lacks a scope")]
    ScopeMissing {
        /// What it would take.
        scope: Scope,
    },
    /// `409`: an administrator's act that this account does not allow.
    #[error("the act was refused")]
    ActRefused {
        /// Why.
        result: ActResult,
    },
    /// `409`: so many personal access tokens that there is no room for another.
    #[error("too many tokens")]
    TooManyTokens,
    /// `415`: not in the encoding that forms have.
    #[error("not a URL-encoded form")]
    UnsupportedForm,
    /// `413`: larger than any form of this site.
    #[error("request too large")]
    TooLarge,
    /// `429`: too many wrong passwords; the same for people we know and people we do not (ASVS 6.3.1).
    #[error("too many tries")]
    TooManyTries {
        /// Seconds until the next try is looked at.
        retry_after: u32,
    },
    /// `429`: too many sign-ups or requests for mail.
    #[error("too many requests")]
    TooManyRequests {
        /// Seconds until the next request is looked at.
        retry_after: u32,
    },
    /// `503`: more sign-ins than this machine can hash; come back.
    #[error("busy")]
    Busy {
        /// Seconds until it makes sense to try again.
        retry_after: u16,
    },
    /// `503`: the database cannot be reached, or cannot do it now.
    #[error("the database is away")]
    Unavailable,
    /// `500`: our fault.
    #[error("unexpected error")]
    Unexpected,
}

impl AuthError {
    /// One of each kind, in the order in which programs are told of them.
    #[must_use]
    pub fn kinds() -> Vec<Self> {
        vec![
            Self::Fields { fields: Vec::new() },
            Self::Malformed,
            Self::MalformedJson,
            Self::MalformedQuery,
            Self::NotJson,
            Self::UnsupportedForm,
            Self::TooLarge,
            Self::TokenMissing,
            Self::TokenInvalid,
            Self::TokenExpired,
            Self::TokenRevoked,
            Self::ScopeMissing { scope: Scope::AccountRead },
            Self::ConfirmPassword,
            Self::InvalidCredentials,
            Self::NotSignedIn,
            Self::CrossSite,
            Self::NotFound,
            Self::AccountNotCreated,
            Self::LastAdministrator,
            Self::ActRefused { result: ActResult::OwnAccount },
            Self::TooManyTokens,
            Self::LinkDead,
            Self::TooManyTries { retry_after: 30 },
            Self::TooManyRequests { retry_after: 30 },
            Self::Busy { retry_after: 1 },
            Self::Unavailable,
            Self::Unexpected,
        ]
    }

    /// The HTTP status (RFC 9110).
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::Malformed | Self::MalformedJson | Self::MalformedQuery => 400,
            Self::InvalidCredentials
            | Self::NotSignedIn
            | Self::TokenMissing
            | Self::TokenInvalid
            | Self::TokenExpired
            | Self::TokenRevoked => 401,
            Self::CrossSite | Self::ConfirmPassword | Self::ScopeMissing { .. } => 403,
            Self::NotFound => 404,
            Self::AccountNotCreated | Self::LastAdministrator | Self::TooManyTokens | Self::ActRefused { .. } => 409,
            Self::LinkDead => 410,
            Self::TooLarge => 413,
            Self::UnsupportedForm | Self::NotJson => 415,
            Self::Fields { .. } => 422,
            Self::TooManyTries { .. } | Self::TooManyRequests { .. } => 429,
            Self::Unexpected => 500,
            Self::Busy { .. } | Self::Unavailable => 503,
        }
    }

    /// The messages beside fields, if that is what this is.
    #[must_use]
    pub fn fields(&self) -> &[FieldError] {
        if let Self::Fields { fields } = self { fields } else { &[] }
    }

    /// Whether sending the form again with other words can help; all else is shown on a page of its own.
    #[must_use]
    pub fn is_answered_on_the_form(&self) -> bool {
        matches!(
            self,
            Self::Fields { .. }
                | Self::InvalidCredentials
                | Self::AccountNotCreated
                | Self::LinkDead
                | Self::NotSignedIn
                | Self::ConfirmPassword
                | Self::LastAdministrator
                | Self::TooManyTries { .. }
                | Self::TooManyRequests { .. }
                | Self::Busy { .. }
        )
    }

    /// Seconds until it makes sense to try again (RFC 9110 `Retry-After`), where that can be told.
    #[must_use]
    pub fn retry_after(&self) -> Option<u32> {
        match self {
            Self::TooManyTries { retry_after } | Self::TooManyRequests { retry_after } => Some(*retry_after),
            Self::Busy { retry_after } => Some(u32::from(*retry_after)),
            Self::Unavailable => Some(AWAY_SECONDS),
            _ => None,
        }
    }
}

impl From<Vec<FieldError>> for AuthError {
    fn from(fields: Vec<FieldError>) -> Self {
        Self::Fields { fields }
    }
}

impl From<FieldError> for AuthError {
    fn from(field: FieldError) -> Self {
        Self::Fields { fields: vec![field] }
    }
}
