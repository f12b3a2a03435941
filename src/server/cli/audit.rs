//! `latchkey audit …`: proof that the audit log is whole, and the log as a file. Must not change an event.

use std::{
    fs::File,
    io::{BufReader, Write},
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand, ValueEnum};

use crate::{
    domain::{
        event::{EventKind, Outcome},
        moment::Moment,
        query,
    },
    server::{
        audit::{
            self, Event,
            export::{self, Export, Format},
            seal,
            verify::{self, Checkpoint, Report},
        },
        clock::{Clock, SystemClock},
        config::Config,
        flows::manage::look_records,
        state::AppState,
        storage::{Db, events::Wanted},
    },
};

use super::{CliError, out};

/// What can be done with the audit log.
#[derive(Debug, Subcommand)]
pub(super) enum AuditCommand {
    /// Verify the whole chain; name the first broken link and fail if there is one.
    Verify {
        /// Verify an export as JSON Lines instead of the database.
        #[arg(long, value_name = "FILE")]
        from: Option<PathBuf>,
        /// Prove, too, that nothing up to this checkpoint was cut off or rewritten.
        #[arg(long, value_name = "FILE")]
        checkpoint: Option<PathBuf>,
        /// Print the outcome as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Print how far the chain goes, to be kept elsewhere and given to `verify --checkpoint`.
    Checkpoint {
        /// Print it as JSON, which `verify --checkpoint` reads.
        #[arg(long)]
        json: bool,
    },
    /// Print the log, or a part of it, oldest first; this is an event itself.
    Export {
        /// JSON Lines can be verified; CSV is for a spreadsheet.
        #[arg(long, value_enum, default_value = "jsonl")]
        format: FormatName,
        /// The same as `--format jsonl`.
        #[arg(long, conflicts_with = "format")]
        json: bool,
        /// Which events; all of them without any.
        #[command(flatten)]
        filter: EventFilter,
    },
}

/// The forms of an export.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum FormatName {
    /// JSON Lines.
    Jsonl,
    /// Comma-separated values.
    Csv,
}

/// Which events.
#[derive(Debug, Args)]
pub(super) struct EventFilter {
    /// Of this kind, such as `sign_in_failed`; can be given several times.
    #[arg(long)]
    kind: Vec<String>,
    /// Brought about by this person: e-mail address, user name or id; or `anonymous`, `command_line`, `system`.
    #[arg(long)]
    actor: Option<String>,
    /// Concerning this person: e-mail address, user name or id.
    #[arg(long)]
    target: Option<String>,
    /// From this address.
    #[arg(long)]
    address: Option<String>,
    /// `success` or `failure`.
    #[arg(long)]
    outcome: Option<String>,
    /// From this day on (UTC), as 2026-11-20.
    #[arg(long)]
    since: Option<String>,
    /// Up to this day (UTC), that day included.
    #[arg(long)]
    until: Option<String>,
}

pub(super) async fn run(config: Config, db: Db, command: AuditCommand) -> Result<(), CliError> {
    let state = AppState::new(config, db)?;
    match command {
        AuditCommand::Verify { from: Some(file), checkpoint, json } => verify_file(&file, checkpoint.as_deref(), json),
        AuditCommand::Verify { from: None, checkpoint, json } => {
            let checkpoint = checkpoint.as_deref().map(read_checkpoint).transpose()?;
            answer(&verify::database(&state.db, checkpoint).await?, state.now(), json)
        }
        AuditCommand::Checkpoint { json } => {
            seal::run(&state).await?;
            let checkpoint = verify::checkpoint(&state.db).await?;
            if json {
                out::line(serde_json::to_string(&checkpoint).unwrap_or_default())
            } else {
                let at = Moment(checkpoint.at).rfc3339();
                out::line(format_args!("{} events, the last sealed at {at}\n{}", checkpoint.count, checkpoint.head))
            }
        }
        AuditCommand::Export { format, filter, json: _ } => {
            let wanted = wanted(&state, filter).await?;
            let format = match format {
                FormatName::Jsonl => Format::JsonLines,
                FormatName::Csv => Format::Csv,
            };
            let event = Event::by_command_line(export::KIND);
            let mut export = Export::begin(&state, event, wanted, format).await?;
            let mut out = std::io::stdout().lock();
            while let Some(piece) = export.next().await? {
                out.write_all(piece.as_bytes())?;
            }
            Ok(out.flush()?)
        }
    }
}

/// Verifies an export, without any database.
pub(super) fn verify_file(file: &Path, checkpoint: Option<&Path>, json: bool) -> Result<(), CliError> {
    let checkpoint = checkpoint.map(read_checkpoint).transpose()?;
    let named = |error| CliError::Usage(format!("{}: {error}", file.display()));
    let lines = BufReader::new(File::open(file).map_err(named)?);
    answer(&verify::file(lines, checkpoint).map_err(named)?, SystemClock.now(), json)
}

fn read_checkpoint(file: &Path) -> Result<Checkpoint, CliError> {
    let missing = |error| CliError::Usage(format!("{}: {error}", file.display()));
    let text = std::fs::read_to_string(file).map_err(missing)?;
    let unreadable = |error| CliError::Usage(format!("{}: not a checkpoint: {error}", file.display()));
    serde_json::from_str(&text).map_err(unreadable)
}

/// Says what was found; fails where something is broken.
fn answer(report: &Report, now: Moment, json: bool) -> Result<(), CliError> {
    if json {
        out::line(serde_json::to_string(report).unwrap_or_default())?;
    } else if report.broken.is_none() {
        let Report { events, first, last, emptied, unsealed, head, .. } = report;
        let part = if report.is_partial {
            " The file holds a part of the log: links between its events are partial."
        } else {
            ""
        };
        out::line(format_args!(
            "The audit log holds: {events} events, links {first} to {last}, {emptied} emptied with a reason, {unsealed} not sealed yet.{part}"
        ))?;
        if let Some(since) = report.waiting_too_long(now) {
            let since = since.rfc3339();
            out::line(format_args!("Warning: an event has waited for its link since {since}. Is the server running?"))?;
        }
        out::line(head)?;
    }
    match &report.broken {
        Some(broken) => Err(CliError::Usage(format!("the audit log is broken: {broken}"))),
        None => Ok(()),
    }
}

async fn wanted(state: &AppState, filter: EventFilter) -> Result<Wanted, CliError> {
    let mut kinds = Vec::new();
    for name in &filter.kind {
        let kind = EventKind::parse(name).ok_or_else(|| CliError::Usage(format!("--kind: there is no {name}")))?;
        kinds.push(kind.as_str());
    }
    let outcome = filter
        .outcome
        .map(|typed| Outcome::parse(&typed).ok_or_else(|| CliError::Usage("--outcome: success or failure".into())))
        .transpose()?;
    Ok(Wanted {
        target: person(state, filter.target).await?,
        actor: person(state, filter.actor).await?,
        kinds,
        outcome: outcome.map(Outcome::as_str),
        address: filter.address,
        from: day(filter.since, "--since")?,
        until: day(filter.until, "--until")?.map(|day| day.plus(86_400)),
    })
}

/// The id of whoever is meant.
pub(super) async fn person(state: &AppState, typed: Option<String>) -> Result<Option<String>, CliError> {
    let typed = typed.unwrap_or_default();
    let found = look_records::person(state, &typed).await?;
    // Deleted people are named by their ids alone.
    let is_known =
        found.as_ref() != Some(&typed) || query::id(&typed).is_some() || audit::NOBODY.contains(&typed.as_str());
    if is_known { Ok(found) } else { Err(CliError::Usage(format!("nobody is called {typed}"))) }
}

/// The beginning of a day that was typed.
pub(super) fn day(typed: Option<String>, option: &str) -> Result<Option<Moment>, CliError> {
    let read = |typed: String| {
        Moment::parse_day(&typed).ok_or_else(|| CliError::Usage(format!("{option}: a day such as 2026-11-20")))
    };
    typed.map(read).transpose()
}
