//! Why sessions end, as the closed list that history is made of. Must not word it.

use serde::{Deserialize, Serialize};

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// The person signed out.
    SignedOut,
    /// The same browser signed in again and got a new session.
    Replaced,
    /// Nothing was heard for too long.
    Idle,
    /// It reached the age at which every session ends.
    Expired,
    /// The password was reset by mail.
    PasswordReset,
    /// The password was changed in another session.
    PasswordChanged,
    /// The account was disabled.
    AccountDisabled,
    /// The account is to be deleted.
    AccountDeleted,
    /// The person ended it from another session.
    Revoked,
    /// An administrator ended it.
    EndedByAdministrator,
    /// The owner said that something was not them.
    NotMe,
    /// A refresh token of it was used a second time, so somebody has a copy.
    TokenReused,
}

impl EndReason {
    /// Every reason.
    pub const ALL: [Self; 12] = [
        Self::SignedOut,
        Self::Replaced,
        Self::Idle,
        Self::Expired,
        Self::PasswordReset,
        Self::PasswordChanged,
        Self::AccountDisabled,
        Self::AccountDeleted,
        Self::Revoked,
        Self::EndedByAdministrator,
        Self::NotMe,
        Self::TokenReused,
    ];

    /// As stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignedOut => "signed_out",
            Self::Replaced => "replaced",
            Self::Idle => "idle",
            Self::Expired => "expired",
            Self::PasswordReset => "password_reset",
            Self::PasswordChanged => "password_changed",
            Self::AccountDisabled => "account_disabled",
            Self::AccountDeleted => "account_deleted",
            Self::Revoked => "revoked",
            Self::EndedByAdministrator => "ended_by_administrator",
            Self::NotMe => "not_me",
            Self::TokenReused => "token_reused",
        }
    }

    /// What was stored.
    #[must_use]
    pub fn parse(stored: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == stored)
    }
}
