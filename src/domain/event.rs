//! What can happen to an account, as the closed list that the audit log is made of. Must not word it.

use serde::{Deserialize, Serialize};

/// Defines the kinds with the name each is stored under.
macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $kind:ident = $name:literal,)+) => {
        /// What happened.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum EventKind {
            $($(#[doc = $doc])+ $kind,)+
        }

        impl EventKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$kind,)+];

            /// As stored.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)+
                }
            }
        }
    };
}

kinds! {
    /// A session began.
    SignedIn = "signed_in",
    /// Identifier and password did not belong together, or the account may not sign in.
    SignInFailed = "sign_in_failed",
    /// So many tries that the next has to wait.
    LimitReached = "limit_reached",
    /// The person ended the session in its own browser.
    SignedOut = "signed_out",
    /// A session ended in another way.
    SessionEnded = "session_ended",
    /// Somebody showed the password again for a sensitive act, or failed to.
    PasswordConfirmed = "password_confirmed",
    /// An account was made; or refused, as somebody has the address.
    AccountCreated = "account_created",
    /// Mail to an address proved to arrive.
    EmailVerified = "email_verified",
    /// Another address was asked for.
    EmailChangeRequested = "email_change_requested",
    /// It was given up before it was proven.
    EmailChangeCancelled = "email_change_cancelled",
    /// The address became another one.
    EmailChanged = "email_changed",
    /// The user name became another one.
    UsernameChanged = "username_changed",
    /// The password was changed in exchange for the current one.
    PasswordChanged = "password_changed",
    /// The password was changed by link.
    PasswordReset = "password_reset",
    /// A link was mailed or printed.
    LinkSent = "link_sent",
    /// The owner said that something was not them.
    NotMe = "not_me",
    /// Somebody made a personal access token.
    TokenCreated = "token_created",
    /// A personal access token was revoked.
    TokenRevoked = "token_revoked",
    /// The owner took a copy of their data.
    DataExported = "data_exported",
    /// The owner asked for the account to be deleted.
    DeletionRequested = "deletion_requested",
    /// The owner came back before it was.
    DeletionCancelled = "deletion_cancelled",
    /// The account is gone.
    AccountDeleted = "account_deleted",
    /// An administrator invited somebody.
    Invited = "invited",
    /// A role was given.
    RoleGranted = "role_granted",
    /// A role was taken away.
    RoleRevoked = "role_revoked",
    /// The account was disabled.
    AccountDisabled = "account_disabled",
    /// The account was enabled.
    AccountEnabled = "account_enabled",
    /// Somebody asked for what their roles do not allow.
    AccessDenied = "access_denied",
    /// Records of sessions and events were deleted by hand.
    RecordsDeleted = "records_deleted",
    /// Events at the beginning of the chain were removed because of their age.
    EventsPruned = "events_pruned",
    /// People were brought along from elsewhere.
    PeopleImported = "people_imported",
    /// People were written to a file.
    PeopleExported = "people_exported",
    /// The audit log was exported.
    AuditExported = "audit_exported",
    /// The server was started with other settings than before.
    SettingsChanged = "settings_changed",
    /// A key was made that signs access tokens.
    SigningKeyMade = "signing_key_made",
    /// Keys that sign access tokens were revoked.
    SigningKeysRevoked = "signing_keys_revoked",
    /// The database was put back as it was in a backup.
    BackupRestored = "backup_restored",
    /// The database was moved to another engine.
    DatabaseMoved = "database_moved",
}

impl EventKind {
    /// What was stored.
    #[must_use]
    pub fn parse(stored: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == stored)
    }

    /// How such an event ended, unless it says otherwise.
    #[must_use]
    pub fn usual_outcome(self) -> Outcome {
        match self {
            Self::SignInFailed | Self::LimitReached | Self::AccessDenied => Outcome::Failure,
            _ => Outcome::Success,
        }
    }
}

/// How an event ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was done.
    Success,
    /// It was refused.
    Failure,
}

impl Outcome {
    /// As stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
        }
    }

    /// What was stored.
    #[must_use]
    pub fn parse(stored: &str) -> Option<Self> {
        [Self::Success, Self::Failure].into_iter().find(|outcome| outcome.as_str() == stored)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_is_read_again() {
        for kind in EventKind::ALL {
            assert_eq!(EventKind::parse(kind.as_str()), Some(*kind));
        }
        assert_eq!(EventKind::parse("nothing"), None);
    }
}
