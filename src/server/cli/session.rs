//! `latchkey session …`: who is signed in and who was, from the command line. Must not delete without being told to twice.

use clap::{Args, Subcommand};
use serde::Serialize;

use crate::{
    domain::{moment::Moment, records::Standing},
    server::{
        config::Config,
        device,
        flows::manage::{Actor, records},
        state::AppState,
        storage::{
            Db,
            events::Page,
            session_records::{self, Record, Wanted},
        },
    },
};

use super::{
    CliError,
    audit::{day, person},
    out,
};

/// Sessions read in one go.
const PAGE: i64 = 500;

/// What can be done with sessions.
#[derive(Debug, Subcommand)]
pub(super) enum SessionCommand {
    /// List sessions, newest first, separated by tabs: id, person, since, last seen, ended, why, address, device.
    List {
        /// Which sessions; all of them without any.
        #[command(flatten)]
        filter: SessionFilter,
        /// Print a JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// End live sessions: those named, or those of a filter.
    End {
        /// Which sessions; at least one option is needed.
        #[command(flatten)]
        filter: SessionFilter,
        /// Print the outcome as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Delete the record of sessions, and what the audit log says of their beginning and end; live ones end first.
    Purge {
        /// Which sessions; at least one option is needed.
        #[command(flatten)]
        filter: SessionFilter,
        /// Do it; without this, say how many there are.
        #[arg(long)]
        yes: bool,
        /// Print the outcome as JSON.
        #[arg(long)]
        json: bool,
    },
}

/// Which sessions.
#[derive(Debug, Args)]
pub(super) struct SessionFilter {
    /// These alone.
    ids: Vec<String>,
    /// Of this person: e-mail address, user name or id.
    #[arg(long)]
    user: Option<String>,
    /// `live`, `ended`, or why it ended, such as `signed_out` or `idle`.
    #[arg(long)]
    state: Option<String>,
    /// Begun on this day or later (UTC), as 2026-11-20.
    #[arg(long)]
    since: Option<String>,
    /// Begun up to this day (UTC), that day included.
    #[arg(long)]
    until: Option<String>,
}

#[derive(Serialize)]
struct Line<'r> {
    id: &'r str,
    user_id: &'r str,
    name: Option<&'r str>,
    since: String,
    last_seen: String,
    ended: Option<String>,
    end_reason: Option<&'r str>,
    address: &'r str,
    user_agent: &'r str,
    device: String,
}

impl<'r> From<&'r Record> for Line<'r> {
    fn from(record: &'r Record) -> Self {
        Self {
            id: &record.id,
            user_id: &record.user_id,
            name: record.name.as_deref(),
            since: Moment(record.created_at).rfc3339(),
            last_seen: Moment(record.last_seen_at).rfc3339(),
            ended: record.ended_at.map(|at| Moment(at).rfc3339()),
            end_reason: record.end_reason.as_deref(),
            address: &record.address,
            user_agent: &record.user_agent,
            device: device::in_words(&record.user_agent),
        }
    }
}

pub(super) async fn run(config: Config, db: Db, command: SessionCommand) -> Result<(), CliError> {
    let state = AppState::new(config, db)?;
    match command {
        SessionCommand::List { filter, json } => list(&state, &wanted(&state, filter).await?, json).await,
        SessionCommand::End { filter, json } => {
            let wanted = some(wanted(&state, filter).await?)?;
            let ended = records::end(&state, Actor::CommandLine, &wanted, state.now(), usize::MAX).await?;
            if ended == 0 && !wanted.ids.is_empty() {
                return Err(CliError::Usage("none of these sessions is live".into()));
            }
            say(json, "ended", ended, &format!("Ended {}.", counted(ended, "session", "sessions")))
        }
        SessionCommand::Purge { filter, yes, json } => {
            let wanted = some(wanted(&state, filter).await?)?;
            if yes {
                let deleted = records::delete(&state, Actor::CommandLine, &wanted, state.now(), usize::MAX).await?;
                return say(json, "deleted", deleted, &format!("Deleted {}.", counted(deleted, "record", "records")));
            }
            let count = session_records::count(&mut state.db.read().await?, &wanted, i64::MAX).await?;
            let records = counted(usize::try_from(count).unwrap_or(usize::MAX), "record", "records");
            Err(CliError::Usage(format!("{records} would be deleted for good; add --yes to do it")))
        }
    }
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn say(json: bool, name: &str, count: usize, sentence: &str) -> Result<(), CliError> {
    if json { out::line(serde_json::json!({ name: count })) } else { out::line(sentence) }
}

async fn list(state: &AppState, wanted: &Wanted, json: bool) -> Result<(), CliError> {
    let mut page = Page::First;
    loop {
        let rows = session_records::page(&mut state.db.read().await?, wanted, &page, PAGE).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        page = Page::OlderThan(last.id.clone());
        for line in rows.iter().map(Line::from) {
            if json {
                out::line(serde_json::to_string(&line).unwrap_or_default())?;
                continue;
            }
            out::line(format_args!(
                "{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}",
                line.id,
                line.name.unwrap_or(line.user_id),
                line.since,
                line.last_seen,
                line.ended.unwrap_or_default(),
                line.end_reason.unwrap_or_default(),
                line.address,
                line.device
            ))?;
        }
    }
}

async fn wanted(state: &AppState, filter: SessionFilter) -> Result<Wanted, CliError> {
    let unknown = || CliError::Usage("--state: live, ended, or why it ended, such as signed_out".into());
    Ok(Wanted {
        user_id: person(state, filter.user).await?,
        from: day(filter.since, "--since")?,
        until: day(filter.until, "--until")?.map(|day| day.plus(86_400)),
        standing: filter.state.map(|typed| Standing::parse(&typed).ok_or_else(unknown)).transpose()?,
        ids: filter.ids,
        spared: None,
    })
}

/// Everything at once must be meant, and said.
fn some(wanted: Wanted) -> Result<Wanted, CliError> {
    if wanted == Wanted::default() {
        return Err(CliError::Usage("say which sessions: ids, --user, --state, --since or --until".into()));
    }
    Ok(wanted)
}
