//! `latchkey restore FILE`: a backup in place of the database. Must not take away what was there.

use std::path::PathBuf;

use clap::Args;

use crate::server::{
    config::Config,
    storage::Db,
    tokens::secret,
    upkeep::restore::{self, Order},
};

use super::{CliError, out};

/// What is to be restored.
#[derive(Debug, Args)]
pub(super) struct RestoreArguments {
    /// What `latchkey backup` made.
    file: PathBuf,
    /// Also where a database is, which is kept beside it under another name; the server must be stopped.
    #[arg(long)]
    replace: bool,
    /// Also if the audit log in the backup is broken.
    #[arg(long)]
    accept_broken_log: bool,
    /// Print the outcome as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(config: &Config, arguments: RestoreArguments) -> Result<(), CliError> {
    let RestoreArguments { file, replace, accept_broken_log, json } = arguments;
    if Db::file(config.database_url.expose()).is_none() {
        return Err(CliError::Usage(format!(
            "this database is restored by its own program, into an empty one: pg_restore --no-owner --single-transaction \
             --exit-on-error --dbname=\"$DATABASE_URL\" {}; then `latchkey audit verify`",
            file.display()
        )));
    }
    let restored = restore::run(config, &Order { backup: file.clone(), replace, accept_broken_log }).await?;
    if json {
        return out::line(serde_json::to_string(&restored).unwrap_or_default());
    }
    out::line(format_args!("{} is in {} again.", file.display(), restored.database.display()))?;
    match &restored.log.broken {
        None => out::line(format_args!("The audit log holds: {} events, this one included.", restored.log.events))?,
        Some(broken) => out::line(format_args!("The audit log is broken, as it was in the backup: {broken}"))?,
    }
    if let Some(kept) = &restored.kept {
        out::line(format_args!("What was there is in {}: delete it once you do not need it.", kept.display()))?;
    }
    if let Some(key) = secret::key_file(config)
        && !key.exists()
    {
        out::line(format_args!(
            "{} is not there: put the former one back, or the server makes another one, and new keys to sign with.",
            key.display()
        ))?;
    }
    out::line(
        "Sessions, passwords and roles are those of then: `latchkey session end --state live` ends every session, \
         `latchkey keys rotate --now` revokes every access token.",
    )
}
