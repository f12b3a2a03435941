//! What the console asks for and shows of the record of sessions and of the audit log. Must hold no secret.

use super::{
    console::{Total, Who},
    event::{EventKind, Outcome},
    moment::Moment,
    named::named,
    query::{self, Address, ListPage},
};

/// The most characters that are looked for.
const MOST_CHARACTERS: usize = 254;

named! {
    /// How a session stands, and how it ended.
    Standing {
        /// It goes on.
        Live = "live",
        /// It is over, for whatever reason.
        Ended = "ended",
        /// The person signed out.
        SignedOut = "signed_out",
        /// The same browser signed in again.
        Replaced = "replaced",
        /// Nothing was heard for too long.
        Idle = "idle",
        /// It reached the age at which every session ends.
        Expired = "expired",
        /// The password was reset.
        PasswordReset = "password_reset",
        /// The password was changed elsewhere.
        PasswordChanged = "password_changed",
        /// The account was disabled.
        AccountDisabled = "account_disabled",
        /// The account was deleted.
        AccountDeleted = "account_deleted",
        /// The person ended it from another session.
        Revoked = "revoked",
        /// An administrator ended it.
        EndedByAdministrator = "ended_by_administrator",
        /// The owner said that it was not them.
        NotMe = "not_me",
        /// A refresh token of it was used a second time.
        TokenReused = "token_reused",
    }
}

named! {
    /// What an administrator can do to sessions.
    RecordAct {
        /// End those that go on.
        End = "end",
        /// Delete the record of them.
        Delete = "delete",
    }
}

/// A day as it was typed, if it is one.
fn day(typed: &str) -> String {
    Moment::parse_day(typed).map(|_| typed.to_owned()).unwrap_or_default()
}

fn text(typed: &str) -> String {
    query::text(typed, MOST_CHARACTERS)
}

/// The beginning of the first day and the end of the last.
fn span(from: &str, until: &str) -> (Option<Moment>, Option<Moment>) {
    (Moment::parse_day(from), Moment::parse_day(until).map(|day| day.plus(86_400)))
}

/// Which sessions are asked for, as the address says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionsQuery {
    /// A person's e-mail address, user name or id; empty for all.
    pub person: String,
    /// The first day on which they began; empty for all.
    pub from: String,
    /// The last day; empty for all.
    pub until: String,
    /// How they stand.
    pub standing: Option<Standing>,
    /// Where the page begins.
    pub page: ListPage,
}

impl SessionsQuery {
    /// Reads the parameters of an address; what it does not know is not asked.
    #[must_use]
    pub fn parse<'p>(parameters: impl IntoIterator<Item = (&'p str, &'p str)>) -> Self {
        let mut query = Self::default();
        for (name, value) in parameters {
            match name {
                "person" => query.person = text(value),
                "from" => query.from = day(value),
                "until" => query.until = day(value),
                "state" => query.standing = Standing::parse(value),
                _ => query.page = ListPage::parse(name, value).unwrap_or(query.page),
            }
        }
        query
    }

    /// The parameters that say which sessions are asked for.
    #[must_use]
    pub fn parameters(&self) -> Vec<(&'static str, String)> {
        let standing = self.standing.map(Standing::as_str).unwrap_or_default().to_owned();
        let all = [
            ("person", self.person.clone()),
            ("from", self.from.clone()),
            ("until", self.until.clone()),
            ("state", standing),
        ];
        all.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }

    /// From the first instant to before the last.
    #[must_use]
    pub fn span(&self) -> (Option<Moment>, Option<Moment>) {
        span(&self.from, &self.until)
    }

    /// The address of the list, at the page that is asked for.
    #[must_use]
    pub fn address(&self) -> String {
        Address::of("/admin/sessions").at_page(&self.parameters(), &self.page).into()
    }

    /// The same sessions, from another page on.
    #[must_use]
    pub fn at(&self, page: ListPage) -> Self {
        Self { page, ..self.clone() }
    }
}

/// A session as the list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordLine {
    /// Names it; opens nothing.
    pub id: String,
    /// Whose it is.
    pub person_id: String,
    /// What that person is called.
    pub person: String,
    /// Browser and system in words.
    pub device: String,
    /// As the browser named itself.
    pub user_agent: String,
    /// The client's address.
    pub address: String,
    /// When it began.
    pub since: Moment,
    /// When it was last heard of.
    pub last_seen: Moment,
    /// When it ended, if it did.
    pub ended: Option<Moment>,
    /// How it stands, or how it ended.
    pub standing: Standing,
    /// Whether it is the one that asks.
    pub is_this: bool,
}

/// For `/admin/sessions`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionsData {
    /// What was asked for.
    pub query: SessionsQuery,
    /// What is on this page.
    pub records: Vec<RecordLine>,
    /// How many there are on all pages.
    pub total: Total,
    /// Where the page before begins.
    pub newer: Option<ListPage>,
    /// Where the page after begins.
    pub older: Option<ListPage>,
}

/// For `/admin/sessions/act`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordActData {
    /// What is to be done; `None` if that was not said.
    pub act: Option<RecordAct>,
    /// To these; of all that match, the newest.
    pub records: Vec<RecordLine>,
    /// Whether it is to be done to all that match.
    pub is_all: bool,
    /// To how many.
    pub total: Total,
    /// Whether more match than are acted on at once; then how many are.
    pub at_once: Option<u32>,
    /// Whether the administrator's own session was among them and is left out.
    pub is_own_left_out: bool,
    /// What was asked for.
    pub query: SessionsQuery,
    /// When; sessions that begin later are not meant.
    pub as_of: Moment,
    /// This page.
    pub here: String,
}

/// Which events are asked for, as the address says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditQuery {
    /// What happened.
    pub kind: Option<EventKind>,
    /// Who did it: e-mail address, user name or id; empty for all.
    pub actor: String,
    /// Whom it concerns, likewise.
    pub target: String,
    /// From which address; empty for all.
    pub address: String,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// The first day; empty for all.
    pub from: String,
    /// The last day; empty for all.
    pub until: String,
    /// Where the page begins.
    pub page: ListPage,
}

impl AuditQuery {
    /// Reads the parameters of an address; what it does not know is not asked.
    #[must_use]
    pub fn parse<'p>(parameters: impl IntoIterator<Item = (&'p str, &'p str)>) -> Self {
        let mut query = Self::default();
        for (name, value) in parameters {
            match name {
                "kind" => query.kind = EventKind::parse(value),
                "actor" => query.actor = text(value),
                "target" => query.target = text(value),
                "address" => query.address = text(value),
                "outcome" => query.outcome = Outcome::parse(value),
                "from" => query.from = day(value),
                "until" => query.until = day(value),
                _ => query.page = ListPage::parse(name, value).unwrap_or(query.page),
            }
        }
        query
    }

    /// The parameters that say which events are asked for.
    #[must_use]
    pub fn parameters(&self) -> Vec<(&'static str, String)> {
        let all = [
            ("kind", self.kind.map(EventKind::as_str).unwrap_or_default().to_owned()),
            ("actor", self.actor.clone()),
            ("target", self.target.clone()),
            ("address", self.address.clone()),
            ("outcome", self.outcome.map(Outcome::as_str).unwrap_or_default().to_owned()),
            ("from", self.from.clone()),
            ("until", self.until.clone()),
        ];
        all.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }

    /// From the first instant to before the last.
    #[must_use]
    pub fn span(&self) -> (Option<Moment>, Option<Moment>) {
        span(&self.from, &self.until)
    }

    /// The address of the list, at the page that is asked for.
    #[must_use]
    pub fn address(&self) -> String {
        Address::of("/admin/audit").at_page(&self.parameters(), &self.page).into()
    }

    /// The same events, from another page on.
    #[must_use]
    pub fn at(&self, page: ListPage) -> Self {
        Self { page, ..self.clone() }
    }
}

/// An event as the audit log shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditLine {
    /// Names it.
    pub id: String,
    /// When it happened.
    pub at: Moment,
    /// What happened; `None` where that was deleted.
    pub kind: Option<EventKind>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// Who did it.
    pub actor: Who,
    /// Whom it concerns.
    pub target: Who,
    /// The client's address.
    pub address: String,
    /// As the browser named itself.
    pub user_agent: String,
    /// Names the request in logs.
    pub request_id: String,
    /// More to know: names and values.
    pub detail: Vec<(String, String)>,
    /// Its place in the chain, once it is sealed.
    pub sequence: Option<i64>,
}

/// What the last verification in the background found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// When it ended.
    pub at: Moment,
    /// The last link that holds.
    pub through: i64,
    /// The first broken link, in words for whoever reads logs.
    pub broken: Option<String>,
}

/// For `/admin/audit`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditData {
    /// What was asked for.
    pub query: AuditQuery,
    /// What is on this page.
    pub events: Vec<AuditLine>,
    /// Where the page before begins.
    pub newer: Option<ListPage>,
    /// Where the page after begins.
    pub older: Option<ListPage>,
    /// Whether the chain holds; `None` before the first verification.
    pub verification: Option<Verification>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_address_says_is_read_again() {
        let query = AuditQuery {
            kind: Some(EventKind::SignInFailed),
            actor: "sam & co".into(),
            target: "sam@example.com".into(),
            address: "2001:db8::1".into(),
            outcome: Some(Outcome::Failure),
            from: "2026-11-20".into(),
            until: "2026-11-21".into(),
            page: ListPage::First,
        };
        let pairs = query.parameters();
        assert_eq!(AuditQuery::parse(pairs.iter().map(|(name, value)| (*name, value.as_str()))), query);
        assert_eq!(
            query.span(),
            (Some(Moment(1_795_132_800)), Some(Moment(1_795_305_600))),
            "the last day is included"
        );
        let query = SessionsQuery { standing: Some(Standing::Idle), person: "sam".into(), ..SessionsQuery::default() };
        let pairs = query.parameters();
        assert_eq!(SessionsQuery::parse(pairs.iter().map(|(name, value)| (*name, value.as_str()))), query);
        let nonsense = [("state", "x"), ("from", "yesterday"), ("kind", "x"), ("outcome", "x"), ("after", "")];
        assert_eq!(SessionsQuery::parse(nonsense), SessionsQuery::default());
        assert_eq!(AuditQuery::parse(nonsense), AuditQuery::default());
    }
}
