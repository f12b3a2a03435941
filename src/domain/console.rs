//! What the console asks for and shows: people, what is done to them, the days of the chart. Must hold no secret, and no
//! password is chosen by it (ASVS 6.4.6).

use super::{
    event::EventKind,
    moment::Moment,
    named::named,
    query::{self, Address, ListPage},
    role::Role,
};

/// The most characters that are looked for.
const MOST_CHARACTERS: usize = 100;

named! {
    /// Whether somebody can sign in.
    PersonState {
        /// Nothing stands in the way.
        Active = "active",
        /// An administrator keeps them out.
        Disabled = "disabled",
        /// Too many wrong passwords were tried; it passes.
        Locked = "locked",
        /// The account is to be deleted, as its owner asked.
        Leaving = "leaving",
    }
}

named! {
    /// What a list of people is sorted by.
    PeopleSort {
        /// When the account was made, newest first.
        Joined = "joined",
        /// When they last signed in, latest first.
        LastSignIn = "last_sign_in",
        /// The e-mail address, in the order of the alphabet.
        Email = "email",
    }
}

named! {
    /// Whether the e-mail address was proven.
    Verified {
        /// It was.
        Yes = "yes",
        /// It was not.
        No = "no",
    }
}

named! {
    /// What an administrator can do to one or to many.
    Act {
        /// Keep them out, and end every session of theirs.
        Disable = "disable",
        /// Let them in again.
        Enable = "enable",
        /// End every session of theirs.
        EndSessions = "end_sessions",
        /// Mail a link with which they choose a new password.
        SendResetMail = "send_reset_mail",
    }
}

named! {
    /// What became of an act on one person.
    ActResult {
        /// It is done.
        Done = "done",
        /// There was nothing to do: it was so already.
        Unchanged = "unchanged",
        /// Refused: there would be no administrator left.
        LastAdministrator = "last_administrator",
        /// Refused: it is the administrator's own account.
        OwnAccount = "own_account",
        /// Refused: there is no address to mail to.
        NoAddress = "no_address",
        /// Refused: a disabled account is mailed no link.
        IsDisabled = "is_disabled",
        /// The account is gone.
        Gone = "gone",
        /// Not begun, because something went wrong before.
        NotDone = "not_done",
    }
}

/// Which people are asked for, as the address says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeopleQuery {
    /// Part of an e-mail address or user name, in lower case; empty for all.
    pub text: String,
    /// Those who hold a role.
    pub role: Option<Role>,
    /// Those whose address was proven, or was not.
    pub verified: Option<Verified>,
    /// Those in a state.
    pub state: Option<PersonState>,
    /// What they are sorted by.
    pub sort: PeopleSort,
    /// Whether the order is turned round.
    pub is_reversed: bool,
    /// Where the page begins.
    pub page: ListPage,
}

impl Default for PeopleQuery {
    fn default() -> Self {
        Self {
            text: String::new(),
            role: None,
            verified: None,
            state: None,
            sort: PeopleSort::Joined,
            is_reversed: false,
            page: ListPage::First,
        }
    }
}

impl PeopleQuery {
    /// Reads the parameters of an address; what it does not know is not asked.
    #[must_use]
    pub fn parse<'p>(parameters: impl IntoIterator<Item = (&'p str, &'p str)>) -> Self {
        let mut query = Self::default();
        for (name, value) in parameters {
            match name {
                "q" => query.text = query::text(&value.to_lowercase(), MOST_CHARACTERS),
                "role" => query.role = Role::parse(value),
                "verified" => query.verified = Verified::parse(value),
                "state" => query.state = PersonState::parse(value),
                "sort" => query.sort = PeopleSort::parse(value).unwrap_or(PeopleSort::Joined),
                "order" => query.is_reversed = value == "reversed",
                _ => query.page = ListPage::parse(name, value).unwrap_or(query.page),
            }
        }
        query
    }

    /// Whether anything but the order is asked for.
    #[must_use]
    pub fn is_filtered(&self) -> bool {
        !self.text.is_empty() || self.role.is_some() || self.verified.is_some() || self.state.is_some()
    }

    /// The parameters that say whom is asked for and in which order, for links and hidden fields.
    #[must_use]
    pub fn parameters(&self) -> Vec<(&'static str, String)> {
        let sort = Some(self.sort).filter(|sort| *sort != PeopleSort::Joined);
        let all = [
            ("q", self.text.clone()),
            ("role", self.role.as_ref().map(|role| role.as_str().to_owned()).unwrap_or_default()),
            ("verified", self.verified.map(Verified::as_str).unwrap_or_default().to_owned()),
            ("state", self.state.map(PersonState::as_str).unwrap_or_default().to_owned()),
            ("sort", sort.map(PeopleSort::as_str).unwrap_or_default().to_owned()),
            ("order", if self.is_reversed { "reversed".to_owned() } else { String::new() }),
        ];
        all.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }

    /// The address of the list, at the page that is asked for.
    #[must_use]
    pub fn address(&self) -> String {
        Address::of("/admin/people").at_page(&self.parameters(), &self.page).into()
    }

    /// The same people, from another page on.
    #[must_use]
    pub fn at(&self, page: ListPage) -> Self {
        Self { page, ..self.clone() }
    }

    /// The same people in another order; by what they are sorted already, the other way round.
    #[must_use]
    pub fn sorted(&self, sort: PeopleSort) -> Self {
        let is_reversed = self.sort == sort && !self.is_reversed;
        Self { sort, is_reversed, page: ListPage::First, ..self.clone() }
    }
}

/// A person as lists show them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonLine {
    /// Names them in addresses.
    pub id: String,
    /// The e-mail address, if there is one.
    pub email: Option<String>,
    /// The user name, if there is one.
    pub username: Option<String>,
    /// What they may do.
    pub roles: Vec<Role>,
    /// Whether the address was proven; `None` where there is none.
    pub is_verified: Option<bool>,
    /// Whether they can sign in.
    pub state: PersonState,
    /// When the account was made.
    pub joined: Moment,
    /// When they last signed in, if they ever did.
    pub last_sign_in: Option<Moment>,
}

impl PersonLine {
    /// What they sign in with: the e-mail address, else the user name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.email.as_deref().or(self.username.as_deref()).unwrap_or(&self.id)
    }
}

/// How many there are, as far as it was worth counting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Total {
    /// So many.
    Exactly(u32),
    /// More than so many.
    MoreThan(u32),
}

/// For `/admin/people`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeopleData {
    /// What was asked for.
    pub query: PeopleQuery,
    /// Who is on this page.
    pub people: Vec<PersonLine>,
    /// How many there are on all pages.
    pub total: Total,
    /// Where the page before begins.
    pub previous: Option<ListPage>,
    /// Where the page after begins.
    pub next: Option<ListPage>,
    /// Every role that anybody holds.
    pub roles: Vec<Role>,
}

/// For `/admin/people/act`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActData {
    /// What is to be done; `None` if that was not said.
    pub act: Option<Act>,
    /// To whom.
    pub people: Vec<PersonLine>,
    /// Whether the administrator's own account was among them and is left out.
    pub is_own_left_out: bool,
    /// How many match, where there are more than are done at once.
    pub of: Option<Total>,
    /// The list that it was asked from.
    pub back: String,
    /// This page.
    pub here: String,
}

/// For `/admin/people/done`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActReport {
    /// What was to be done.
    pub act: Act,
    /// When.
    pub at: Moment,
    /// To whom, and what became of it; without a person where the account is gone.
    pub results: Vec<(Option<PersonLine>, ActResult)>,
}

/// Who did something, or whom it concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// Somebody with an account.
    Person {
        /// Names them in addresses.
        id: String,
        /// The e-mail address, else the user name.
        name: String,
    },
    /// Somebody whose account is gone.
    Gone {
        /// Still in every event about them.
        id: String,
    },
    /// Somebody who was not signed in.
    Anonymous,
    /// Whoever runs `latchkey` on the server.
    CommandLine,
    /// The server of its own accord.
    Server,
    /// Nobody in particular.
    Nobody,
}

impl Who {
    /// What tells one deleted account from another: the end of the id, since the beginning is the time it was made at.
    #[must_use]
    pub fn short(id: &str) -> &str {
        const CHARACTERS: usize = 8;
        id.len().checked_sub(CHARACTERS).and_then(|from| id.get(from..)).unwrap_or(id)
    }
}

/// An event as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventLine {
    /// When.
    pub at: Moment,
    /// What happened.
    pub kind: EventKind,
    /// Whether it was refused.
    pub is_refused: bool,
    /// Who did it.
    pub actor: Who,
    /// Whom it concerns.
    pub target: Who,
    /// The client's address; empty where there was none.
    pub address: String,
    /// The role, page or reason that it is about; empty where there is none.
    pub detail: String,
}

/// A live session as an administrator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionLine {
    /// Names it; opens nothing.
    pub id: String,
    /// Browser and system in words.
    pub device: String,
    /// The client's address.
    pub address: String,
    /// When it began.
    pub since: Moment,
    /// When it was last heard of.
    pub last_seen: Moment,
    /// Whether it is the one that asks.
    pub is_this: bool,
}

/// For `/admin/people/{id}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonData {
    /// Who they are.
    pub person: PersonLine,
    /// Whether they are the administrator who looks.
    pub is_self: bool,
    /// Their live sessions, newest first.
    pub sessions: Vec<SessionLine>,
    /// Whether there are more.
    pub has_more_sessions: bool,
    /// The latest events about them.
    pub events: Vec<EventLine>,
    /// Roles that they could be given.
    pub roles: Vec<Role>,
}

/// A day of the chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// When it begins.
    pub at: Moment,
    /// Sessions that began.
    pub sign_ins: u32,
    /// Tries that failed.
    pub failures: u32,
}

/// Many failures from one address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Burst {
    /// The client's address.
    pub address: String,
    /// How many.
    pub count: u32,
    /// The latest of them.
    pub latest: Moment,
}

/// For `/admin`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverviewData {
    /// How many people there are.
    pub people: u32,
    /// How many sessions are live.
    pub sessions: u32,
    /// Mail that waits to be sent.
    pub mail_waiting: u32,
    /// Mail that was given up on.
    pub mail_failed: u32,
    /// The days of the chart, oldest first, without a gap.
    pub days: Vec<Day>,
    /// Addresses that many failures came from, within a day.
    pub bursts: Vec<Burst>,
    /// Events that deserve a look, newest first.
    pub events: Vec<EventLine>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_address_says_is_read_again() {
        let query = PeopleQuery {
            text: "sam & co".into(),
            role: Role::parse("editor"),
            verified: Some(Verified::No),
            state: Some(PersonState::Locked),
            sort: PeopleSort::Email,
            is_reversed: true,
            page: ListPage::First,
        };
        let pairs = query.parameters();
        assert_eq!(PeopleQuery::parse(pairs.iter().map(|(name, value)| (*name, value.as_str()))), query);
        assert_eq!(PeopleQuery::default().address(), "/admin/people");
        let nonsense = [("role", "Not A Role"), ("state", "x"), ("sort", "x"), ("order", "x"), ("after", "")];
        assert_eq!(PeopleQuery::parse(nonsense), PeopleQuery::default());
    }

    #[test]
    fn sorting_by_the_same_again_turns_the_order_round() {
        let by_email = PeopleQuery::default().sorted(PeopleSort::Email);
        assert!(!by_email.is_reversed);
        assert!(by_email.sorted(PeopleSort::Email).is_reversed);
        assert!(!by_email.sorted(PeopleSort::Joined).is_reversed);
    }
}
