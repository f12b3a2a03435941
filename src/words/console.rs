//! The shapes of the console's texts: what its pages share, the overview, people. Must not hold a text.

use crate::domain::console::{Act, ActResult, PersonState, Total, Verified};

use super::around::Around;

/// What every page of the console stands in.
#[derive(Clone, Copy, Debug)]
pub struct Console {
    /// What the navigation between its areas is about.
    pub navigation: &'static str,
    /// `/admin`
    pub overview: &'static str,
    /// `/admin/people`
    pub people: &'static str,
    /// `/admin/sessions`
    pub sessions: &'static str,
    /// `/admin/audit`
    pub audit: &'static str,
    /// What the links to other pages of a list are about.
    pub pages: &'static str,
    /// To what comes before in a list that begins with the newest.
    pub newer: &'static str,
    /// To what comes after in it.
    pub older: &'static str,
    /// To what comes before in any other list.
    pub previous: &'static str,
    /// To what comes after in it.
    pub next: &'static str,
    /// The button that applies a filter.
    pub apply: &'static str,
    /// The link that takes every filter away.
    pub clear: &'static str,
    /// Any value of a filter.
    pub any: &'static str,
    /// The link in the header of every page.
    pub console: &'static str,
}

/// `/admin`
#[derive(Clone, Copy, Debug)]
pub struct Overview {
    /// The title.
    pub title: &'static str,
    /// The heading.
    pub heading: &'static str,
    /// A number, with its thousands told apart.
    pub number: fn(number: u32) -> String,
    /// Under the number of people.
    pub people: &'static str,
    /// Under the number of live sessions.
    pub sessions: &'static str,
    /// Under the number of mails that wait.
    pub mail_waiting: &'static str,
    /// Under the number of mails that were given up on.
    pub mail_failed: &'static str,
    /// The heading of the chart.
    pub chart: &'static str,
    /// What the chart shows, for who cannot see it, from the sums and how many days there are.
    pub chart_summary: fn(sign_ins: u32, failures: u32, days: usize) -> String,
    /// The series above the line.
    pub sign_ins: &'static str,
    /// The series below it.
    pub failures: &'static str,
    /// How much the longest bar is.
    pub scale: fn(most: u32) -> String,
    /// Opens the table of the same numbers.
    pub as_table: &'static str,
    /// The heading of its first column.
    pub day: &'static str,
    /// The heading of what deserves a look.
    pub look: &'static str,
    /// Where nothing does.
    pub nothing: &'static str,
    /// Many failures from one address.
    pub burst: fn(count: u32) -> String,
}

/// `/admin/people`
#[derive(Clone, Copy, Debug)]
pub struct People {
    /// The title.
    pub title: &'static str,
    /// The heading.
    pub heading: &'static str,
    /// The way to a new account.
    pub new: &'static str,
    /// The label of the search.
    pub search: &'static str,
    /// The label of the filter by role.
    pub role: &'static str,
    /// The label of the filter by a proven address.
    pub verified: &'static str,
    /// A choice of that filter.
    pub verified_name: fn(Verified) -> &'static str,
    /// The label of the filter by state.
    pub state: &'static str,
    /// A state.
    pub state_name: fn(PersonState) -> &'static str,
    /// How many there are.
    pub count: fn(Total) -> String,
    /// Where nobody matches.
    pub no_match: &'static str,
    /// Where there is nobody.
    pub nobody: &'static str,
    /// The caption of the table.
    pub caption: &'static str,
    /// The head of the tick boxes.
    pub select: &'static str,
    /// The name of one tick box.
    pub select_one: fn(name: &str) -> String,
    /// The head of names.
    pub person: &'static str,
    /// The head of roles.
    pub roles: &'static str,
    /// The head of when accounts were made.
    pub joined: &'static str,
    /// The head of latest sign-ins.
    pub last_sign_in: &'static str,
    /// In place of the latest sign-in.
    pub never: &'static str,
    /// Beside an address that was never proven.
    pub unconfirmed: &'static str,
    /// The label of what to do.
    pub act: &'static str,
    /// What can be done.
    pub act_name: fn(Act) -> &'static str,
    /// The button that goes on with those who were ticked.
    pub with_selected: &'static str,
    /// The button that goes on with everybody who matches.
    pub with_all: fn(Total) -> String,
}

/// `/admin/people/act` and `/admin/people/done`
#[derive(Clone, Copy, Debug)]
pub struct Acts {
    /// The title of the page that asks.
    pub title: &'static str,
    /// Its heading, which asks.
    pub question: fn(act: Act, count: usize) -> String,
    /// What it means.
    pub meaning: fn(act: Act) -> &'static str,
    /// The button.
    pub submit: fn(act: Act, count: usize) -> String,
    /// The way back.
    pub cancel: &'static str,
    /// That the own account is left out.
    pub own_left_out: &'static str,
    /// That not all who match are acted on at once.
    pub first_of: fn(Total) -> String,
    /// The heading where nobody was chosen.
    pub nobody: &'static str,
    /// What to do then.
    pub nobody_lead: &'static str,
    /// The heading above those who would be hit.
    pub people: &'static str,
    /// The title of the page that reports.
    pub done_title: &'static str,
    /// Its heading, from how many it was done to and how many were asked for.
    pub done: fn(done: usize, of: usize) -> String,
    /// What was done, around the time.
    pub done_lead: fn(act: Act) -> &'static str,
    /// The heading where there is nothing to report.
    pub nothing: &'static str,
    /// What became of it.
    pub result_name: fn(ActResult) -> &'static str,
    /// The head of what became of it.
    pub result: &'static str,
    /// The head of whom.
    pub person: &'static str,
    /// In place of somebody whose account is gone.
    pub gone: &'static str,
    /// The way back from the report.
    pub back: &'static str,
}

/// `/admin/people/{id}`
#[derive(Clone, Copy, Debug)]
pub struct Person {
    /// The title.
    pub title: &'static str,
    /// The link back to the list.
    pub back: &'static str,
    /// That it is the administrator's own account.
    pub yourself: &'static str,
    /// The heading above who they are.
    pub identity: &'static str,
    /// The address.
    pub email: &'static str,
    /// That it was proven.
    pub confirmed: &'static str,
    /// The user name.
    pub username: &'static str,
    /// The state.
    pub state: &'static str,
    /// When the account was made.
    pub joined: &'static str,
    /// The latest sign-in.
    pub last_sign_in: &'static str,
    /// The name that logs know them by.
    pub id: &'static str,
    /// The heading above roles.
    pub roles: &'static str,
    /// Where there are none.
    pub no_roles: &'static str,
    /// The button that takes one away.
    pub take: &'static str,
    /// The same as a screen reader says it; begins with what is shown.
    pub take_role: fn(role: &str) -> String,
    /// The label of a role to give.
    pub give_label: &'static str,
    /// What helps.
    pub give_hint: &'static str,
    /// The button.
    pub give: &'static str,
    /// The heading above sessions.
    pub sessions: &'static str,
    /// Where there are none.
    pub no_sessions: &'static str,
    /// The way to all their sessions, those that ended too.
    pub all_sessions: &'static str,
    /// The way to all events about them.
    pub all_events: &'static str,
    /// That there are more.
    pub more_sessions: &'static str,
    /// The head of browsers.
    pub device: &'static str,
    /// The head of addresses.
    pub address: &'static str,
    /// The head of when a session began.
    pub since: &'static str,
    /// The head of when it was last heard of.
    pub last_seen: &'static str,
    /// The head of buttons.
    pub end_head: &'static str,
    /// The button that ends one.
    pub end: &'static str,
    /// The same as a screen reader says it; begins with what is shown.
    pub end_one: fn(device: &str) -> String,
    /// In place of the button for the session that asks.
    pub this_session: &'static str,
    /// The heading above events.
    pub events: &'static str,
    /// Where there are none.
    pub no_events: &'static str,
    /// The heading above the acts.
    pub access: &'static str,
    /// What the reset mail does.
    pub reset_hint: &'static str,
    /// Its button.
    pub reset: &'static str,
    /// Why there is no such button: no address.
    pub reset_no_address: &'static str,
    /// Why there is none: disabled.
    pub reset_disabled: &'static str,
    /// What ending every session does.
    pub end_all_hint: &'static str,
    /// Its button.
    pub end_all: &'static str,
    /// What disabling does.
    pub disable_hint: &'static str,
    /// Its button.
    pub disable: &'static str,
    /// What enabling does.
    pub enable_hint: &'static str,
    /// Its button.
    pub enable: &'static str,
    /// The heading above the end of the account.
    pub delete_heading: &'static str,
    /// What deleting does.
    pub delete_hint: &'static str,
    /// The label of what is typed to be sure, around what that is.
    pub delete_label: Around,
    /// The button.
    pub delete: &'static str,
}

/// `/admin/people/new`
#[derive(Clone, Copy, Debug)]
pub struct NewPerson {
    /// The title.
    pub title: &'static str,
    /// The heading.
    pub heading: &'static str,
    /// How it goes on.
    pub lead: &'static str,
    /// The label of roles.
    pub roles: &'static str,
    /// What helps.
    pub roles_hint: &'static str,
    /// The tick box.
    pub invite: &'static str,
    /// What happens without.
    pub invite_hint: &'static str,
    /// Where people have no address: how they come by a password.
    pub no_mail: &'static str,
    /// The button.
    pub submit: &'static str,
    /// The way back.
    pub cancel: &'static str,
}

/// A line of the audit log, as lists show it.
#[derive(Clone, Copy, Debug)]
pub struct EventWords {
    /// That it was refused.
    pub refused: &'static str,
    /// By whom, before the name.
    pub by: &'static str,
    /// About whom, before the name.
    pub about: &'static str,
    /// Somebody whose account is gone.
    pub gone: &'static str,
    /// Somebody who was not signed in.
    pub anonymous: &'static str,
    /// Whoever runs `latchkey` on the server.
    pub command_line: &'static str,
    /// The server of its own accord.
    pub server: &'static str,
    /// Before the client's address.
    pub from: &'static str,
}
