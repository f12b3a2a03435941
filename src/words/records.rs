//! The shapes of the texts of `/admin/sessions` and `/admin/audit`. Must not hold a text.

use crate::domain::{
    console::Total,
    event::Outcome,
    records::{RecordAct, Standing},
};

use super::around::Around;

/// `/admin/sessions` and `/admin/sessions/act`
#[derive(Clone, Copy, Debug)]
pub struct Sessions {
    /// The title.
    pub title: &'static str,
    /// The heading.
    pub heading: &'static str,
    /// The label of a person to look for.
    pub person: &'static str,
    /// The label of the first day.
    pub from: &'static str,
    /// The label of the last day.
    pub until: &'static str,
    /// The label of how a session stands.
    pub standing: &'static str,
    /// How a session stands, or how it ended.
    pub standing_name: fn(Standing) -> &'static str,
    /// How many there are.
    pub count: fn(Total) -> String,
    /// Where none matches.
    pub no_match: &'static str,
    /// The caption of the table.
    pub caption: &'static str,
    /// The head of the tick boxes.
    pub select: &'static str,
    /// The name of one tick box.
    pub select_one: fn(name: &str, device: &str) -> String,
    /// The head of browsers.
    pub device: &'static str,
    /// The head of addresses.
    pub address: &'static str,
    /// The head of when sessions began.
    pub since: &'static str,
    /// The head of when they ended, and how.
    pub ended: &'static str,
    /// Before when it was last heard of.
    pub last_seen: &'static str,
    /// Beside the session that asks.
    pub this_session: &'static str,
    /// The label of what to do.
    pub act: &'static str,
    /// What can be done.
    pub act_name: fn(RecordAct) -> &'static str,
    /// The button that goes on with those that were ticked.
    pub with_selected: &'static str,
    /// The button that goes on with all that match.
    pub with_all: fn(Total) -> String,
    /// The heading of the page that asks.
    pub question: fn(act: RecordAct, total: Total) -> String,
    /// What the act means.
    pub meaning: fn(RecordAct) -> &'static str,
    /// That not all are listed.
    pub newest_listed: fn(listed: usize) -> String,
    /// That not all are acted on at once.
    pub at_once: fn(most: u32) -> String,
    /// That the session that asks is left out.
    pub own_left_out: &'static str,
    /// The button.
    pub submit: fn(act: RecordAct, total: Total) -> String,
    /// The way back.
    pub cancel: &'static str,
    /// The heading where none was chosen.
    pub nothing: &'static str,
    /// What to do then.
    pub nothing_lead: &'static str,
}

/// `/admin/audit`
#[derive(Clone, Copy, Debug)]
pub struct Audit {
    /// The title.
    pub title: &'static str,
    /// The heading.
    pub heading: &'static str,
    /// That the log holds, before when that was found.
    pub holds: &'static str,
    /// Up to which link.
    pub through: fn(link: i64) -> String,
    /// That it does not, before when that was found.
    pub broken: &'static str,
    /// That it was not verified yet.
    pub not_verified: &'static str,
    /// How to verify it, around the command.
    pub verify: Around,
    /// The label of what happened.
    pub kind: &'static str,
    /// The label of who did it.
    pub actor: &'static str,
    /// The label of whom it concerns.
    pub target: &'static str,
    /// The label of the client's address.
    pub address: &'static str,
    /// The label of how it ended.
    pub outcome: &'static str,
    /// How an event ended.
    pub outcome_name: fn(Outcome) -> &'static str,
    /// The label of the first day.
    pub from: &'static str,
    /// The label of the last day.
    pub until: &'static str,
    /// Where none matches.
    pub no_match: &'static str,
    /// The caption of the table.
    pub caption: &'static str,
    /// The head of times.
    pub when: &'static str,
    /// The head of request ids.
    pub request: &'static str,
    /// In place of what was deleted.
    pub deleted: &'static str,
    /// In place of somebody whose account is gone.
    pub gone: &'static str,
    /// Somebody who was not signed in.
    pub anonymous: &'static str,
    /// Whoever runs `latchkey` on the server.
    pub command_line: &'static str,
    /// The server of its own accord.
    pub server: &'static str,
    /// The heading above the buttons that export.
    pub export: &'static str,
    /// What is exported.
    pub export_lead: &'static str,
    /// The button for a spreadsheet.
    pub as_csv: &'static str,
    /// The button for what can be verified.
    pub as_json_lines: &'static str,
}
