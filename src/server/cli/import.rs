//! `latchkey import FILE`: people of another program into this database. Must not guess in silence: what is taken for what is
//! printed first.

use std::{io, path::PathBuf};

use clap::{Args, ValueEnum};

use crate::server::{
    config::Config,
    import::{
        batches::{Import, Order, Summary, Watcher},
        guess::{Correction, Field, Mapping},
        record::Choices,
        rejects::{Reject, Rejects},
        source::Wanted,
    },
    state::AppState,
    storage::Db,
};

use super::{CliError, out, progress::Bar};

/// What is to be imported, and how.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch that somebody types")]
pub(super) struct ImportArguments {
    /// What `mongoexport` writes, a users.json, a CSV file with a line of heads, or a SQLite database.
    file: PathBuf,
    /// What the file holds.
    #[arg(long, value_enum, default_value = "auto")]
    format: FormatName,
    /// Take a column for something, as `email=mail`; for nothing, as `username=`. The names are id, source, email, username, password,
    /// roles, admin, created, active, disabled, verified.
    #[arg(long, value_name = "FIELD=COLUMN", value_parser = correction)]
    map: Vec<Correction>,
    /// The table of a SQLite database.
    #[arg(long)]
    table: Option<String>,
    /// What the other program is called: only where people of several are brought along, whose ids may be the same.
    #[arg(long, default_value = "", hide_default_value = true)]
    program: String,
    /// Print what would happen, and write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Every address is proven: the other program has seen to that.
    #[arg(long)]
    verified: bool,
    /// Make administrators of those whom the file calls so.
    #[arg(long)]
    grant_admin: bool,
    /// Print the outcome as JSON.
    #[arg(long)]
    json: bool,
}

/// What files can hold.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum FormatName {
    /// Whatever it looks like.
    Auto,
    /// What `mongoexport` writes.
    MongoJson,
    /// An object or a list of people.
    UsersJson,
    /// Comma-separated values.
    Csv,
    /// A SQLite database.
    Sqlite,
}

impl From<FormatName> for Wanted {
    fn from(name: FormatName) -> Self {
        match name {
            FormatName::Auto => Self::Auto,
            FormatName::MongoJson => Self::MongoJson,
            FormatName::UsersJson => Self::UsersJson,
            FormatName::Csv => Self::Csv,
            FormatName::Sqlite => Self::Sqlite,
        }
    }
}

fn correction(typed: &str) -> Result<Correction, String> {
    let (field, column) = typed.split_once('=').ok_or("such as email=mail")?;
    let field = Field::parse(field).ok_or_else(|| format!("there is no {field}; there are {}", Field::names()))?;
    Ok((field, Some(column.to_owned()).filter(|column| !column.is_empty())))
}

/// Draws the bar, and keeps rejects: in a file, or on the screen in a dry run.
struct Screen<'a> {
    bar: Bar,
    place: &'static str,
    mapping: &'a Mapping,
    rejects: Option<Rejects>,
    is_quiet: bool,
}

impl Watcher for Screen<'_> {
    fn progress(&mut self, done: u64, total: u64) {
        let percent = done.saturating_mul(100) / total.max(1);
        self.bar.draw(done, total, &format!("{percent} %"));
    }

    fn rejected(&mut self, reject: &Reject) -> io::Result<()> {
        if let Some(rejects) = &mut self.rejects {
            return rejects.add(&reject.to_json(self.place, self.mapping));
        }
        if self.is_quiet {
            return Ok(());
        }
        self.bar.end();
        let Reject { place, why, .. } = reject;
        out::write(format_args!("{} {place}: {}", self.place, out::plain(&why.to_string())))
    }
}

pub(super) async fn run(config: Config, db: Db, arguments: ImportArguments) -> Result<(), CliError> {
    let ImportArguments { file, format, map, table, program, dry_run, verified, grant_admin, json } = arguments;
    let state = AppState::new(config, db)?;
    let order = Order {
        path: file.clone(),
        wanted: format.into(),
        table,
        corrections: map,
        program,
        choices: Choices { verified, grant_admin },
        dry_run,
    };
    let import = Import::open(order).await?;
    let place = import.source.format.place();
    if !json {
        show_guess(&import)?;
    }
    let mapping = import.mapping.clone();
    let mut screen = Screen {
        bar: Bar::new(),
        place,
        mapping: &mapping,
        rejects: (!dry_run).then(|| Rejects::beside(&file)),
        is_quiet: json,
    };
    let outcome = import.run(&state, &mut screen).await;
    screen.bar.end();
    let kept =
        screen.rejects.as_mut().map(Rejects::flush).transpose()?.flatten().map(|path| path.display().to_string());
    let summary = outcome?;
    if json {
        let mut object = serde_json::to_value(&summary).unwrap_or_default();
        object["dry_run"] = dry_run.into();
        object["rejects"] = kept.clone().into();
        out::line(object)?;
    } else {
        show(&summary, dry_run, place, state.config.needs_verification())?;
    }
    if let Some((at, why)) = &summary.broken {
        return Err(CliError::Usage(format!(
            "{}: {place} {at}: {}. Nothing from there on was read",
            file.display(),
            out::plain(why)
        )));
    }
    match (summary.conflicts + summary.unusable, kept) {
        (0, _) => Ok(()),
        (count, Some(kept)) => {
            Err(CliError::Usage(format!("{count} rows were not imported: {kept} says which and why")))
        }
        (count, None) => Err(CliError::Usage(format!("{count} rows would not be imported"))),
    }
}

fn show_guess(import: &Import) -> Result<(), CliError> {
    let table = import.source.table.as_ref().map(|table| format!(", table {table}")).unwrap_or_default();
    out::line(format_args!("Reading {}{}; taking", import.source.format.describe(), out::plain(&table)))?;
    for (field, column) in import.mapping.iter() {
        out::line(format_args!("  {:<10}from {}", field.name(), out::plain(column)))?;
    }
    let is_left = |column: &&String| !import.mapping.iter().any(|(_, taken)| taken == column.as_str());
    let left: Vec<&str> = import.columns.iter().filter(is_left).map(String::as_str).collect();
    if !left.is_empty() {
        out::line(format_args!("  nothing   from {}", out::plain(&left.join(", "))))?;
    }
    let is_missing = |field| import.mapping.column(field).is_none();
    if is_missing(Field::Password) {
        out::line("  no column of password hashes: people will need links to choose a password")?;
    }
    Ok(())
}

fn show(summary: &Summary, dry_run: bool, place: &str, needs_verification: bool) -> Result<(), CliError> {
    let Summary { rows, new, there, conflicts, unusable, .. } = summary;
    let verb = if dry_run { "would be" } else { "were" };
    out::line(format_args!(
        "{rows} rows: {new} {verb} added, {there} are there already, {conflicts} in conflict, {unusable} unusable"
    ))?;
    for (kind, count) in &summary.hashes {
        out::line(format_args!("  {count} with a hash of the kind {kind}"))?;
    }
    let notes = [
        (
            summary.without_password,
            "without a password: `latchkey user reset-link`, or \"Forgot password?\", gives them one",
        ),
        (
            summary.unproven,
            if needs_verification {
                "whose e-mail address is not proven: they cannot sign in until they open a mailed link, unless --verified takes the other program's word for it"
            } else {
                "whose e-mail address is not proven: --verified takes the other program's word for it"
            },
        ),
        (summary.administrators, "administrators"),
        (
            summary.kept_from_admin,
            "called administrators by the file, without becoming some: --grant-admin, or `latchkey user role grant`",
        ),
    ];
    for (count, said) in notes.iter().filter(|(count, _)| *count > 0) {
        out::line(format_args!("  {count} {said}"))?;
    }
    if summary.is_unended {
        out::line("  the last line has no end: if the file was cut off there, that row is not what it was")?;
    }
    for reason in summary.reasons.values() {
        let places: Vec<String> = reason.places.iter().map(u64::to_string).collect();
        let more = if reason.count > reason.places.len() as u64 { " and others" } else { "" };
        let such_as = if reason.count > 1 { "such as: " } else { "" };
        let (count, example) = (reason.count, out::plain(&reason.example));
        out::line(format_args!("  {count} not taken, {place} {}{more}: {such_as}{example}", places.join(", ")))?;
    }
    Ok(())
}
