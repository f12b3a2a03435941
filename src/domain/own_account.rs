//! What the pages of somebody's own account are given: what is on `/account` and the pages below it. Must hold no secret, and
//! nothing of other people (ASVS 15.3.1).

use super::{
    account::PreviousSignIn,
    end_reason::EndReason,
    event::{EventKind, Outcome},
    moment::Moment,
};

/// For `/account`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountData {
    /// When the password was last changed.
    pub password_changed_at: Option<Moment>,
    /// Live sessions besides this one.
    pub other_sessions: i64,
    /// The sign-in before this session.
    pub previous: Option<PreviousSignIn>,
    /// Days until an account is gone whose owner deletes it.
    pub grace_days: u32,
}

/// A session as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionEntry {
    /// Names it in lists and links; opens nothing.
    pub id: String,
    /// Whether it is the one of this request.
    pub is_this: bool,
    /// Browser and system in words.
    pub device: String,
    /// As the browser named itself, where words fail.
    pub user_agent: Option<String>,
    /// The client's address.
    pub address: String,
    /// When it began.
    pub since: Moment,
    /// When it was last heard of, up to a minute behind.
    pub last_seen: Moment,
    /// When it ended and why; `None` while it is live.
    pub end: Option<(Moment, EndReason)>,
}

/// The ways to the pages before and after one of a list: the ids that they begin after.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Neighbours {
    /// The first of this page, if there is anything newer.
    pub newer: Option<String>,
    /// The last of this page, if there is anything older.
    pub older: Option<String>,
}

/// For `/account/sessions`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionsData {
    /// The one that the address names.
    pub chosen: Option<SessionEntry>,
    /// Live ones, this one first.
    pub live: Vec<SessionEntry>,
    /// How many live ones there are, also of those not shown.
    pub count: i64,
    /// Those that ended, newest first.
    pub past: Vec<SessionEntry>,
    /// The pages beside this one of those that ended.
    pub neighbours: Neighbours,
}

/// For `/account/delete`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeleteData {
    /// Days until the account is gone; 0 where it is at once.
    pub grace_days: u32,
}

/// Events that belong together, for a choice among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventGroup {
    /// Sessions, and tries to begin one.
    SignIns,
    /// What one signs in with.
    Credentials,
    /// The account as a whole.
    Account,
    /// What administrators do.
    Administrators,
}

impl EventGroup {
    /// Every group.
    pub const ALL: [Self; 4] = [Self::SignIns, Self::Credentials, Self::Account, Self::Administrators];

    /// As addresses have it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SignIns => "sign-ins",
            Self::Credentials => "credentials",
            Self::Account => "account",
            Self::Administrators => "administrators",
        }
    }

    /// What an address has.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.name() == name)
    }

    /// Where an event belongs.
    #[must_use]
    pub fn of(kind: EventKind) -> Self {
        match kind {
            EventKind::SignedIn
            | EventKind::SignInFailed
            | EventKind::LimitReached
            | EventKind::SignedOut
            | EventKind::SessionEnded
            | EventKind::PasswordConfirmed => Self::SignIns,
            EventKind::EmailVerified
            | EventKind::EmailChangeRequested
            | EventKind::EmailChangeCancelled
            | EventKind::EmailChanged
            | EventKind::UsernameChanged
            | EventKind::PasswordChanged
            | EventKind::PasswordReset
            | EventKind::LinkSent
            | EventKind::TokenCreated
            | EventKind::TokenRevoked
            | EventKind::NotMe => Self::Credentials,
            EventKind::AccountCreated
            | EventKind::DataExported
            | EventKind::DeletionRequested
            | EventKind::DeletionCancelled
            | EventKind::AccountDeleted
            | EventKind::AccessDenied => Self::Account,
            EventKind::Invited
            | EventKind::RoleGranted
            | EventKind::RoleRevoked
            | EventKind::AccountDisabled
            | EventKind::AccountEnabled
            | EventKind::RecordsDeleted
            | EventKind::EventsPruned
            | EventKind::PeopleImported
            | EventKind::PeopleExported
            | EventKind::AuditExported
            | EventKind::SettingsChanged
            | EventKind::SigningKeyMade
            | EventKind::SigningKeysRevoked
            | EventKind::BackupRestored
            | EventKind::DatabaseMoved => Self::Administrators,
        }
    }

    /// The kinds of its events that their person is told of.
    pub fn kinds(self) -> impl Iterator<Item = EventKind> {
        Self::told().filter(move |kind| Self::of(*kind) == self)
    }

    /// All kinds that their person is told of. What roles do not allow is not there for them: that they looked for it would say
    /// that it is (ASVS 8.2.1).
    pub fn told() -> impl Iterator<Item = EventKind> {
        EventKind::ALL.iter().copied().filter(|kind| *kind != EventKind::AccessDenied)
    }
}

/// Who brought an event about, as far as the owner of the account is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agent {
    /// The owner.
    Owner,
    /// Nobody known.
    Unknown,
    /// An administrator, whoever that was.
    Administrator,
    /// The server of its own accord.
    System,
}

/// An event as the owner of the account sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActivityEntry {
    /// When.
    pub at: Moment,
    /// What.
    pub kind: EventKind,
    /// How it ended.
    pub outcome: Outcome,
    /// Who.
    pub by: Agent,
    /// Browser and system in words, where the owner or somebody unknown did it.
    pub device: Option<String>,
    /// The client's address, likewise.
    pub address: Option<String>,
    /// What more there is to know, in words.
    pub detail: Option<String>,
}

/// For `/account/activity`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActivityData {
    /// The group that was asked for.
    pub group: Option<EventGroup>,
    /// Newest first.
    pub entries: Vec<ActivityEntry>,
    /// The pages beside this one.
    pub neighbours: Neighbours,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_event_is_found_in_one_group() {
        let found: usize = EventGroup::ALL.into_iter().map(|group| group.kinds().count()).sum();
        assert_eq!(found, EventGroup::told().count());
        assert_eq!(found, EventKind::ALL.len() - 1, "all but looking for what is not there");
        for group in EventGroup::ALL {
            assert_eq!(EventGroup::parse(group.name()), Some(group));
        }
    }
}
