//! `latchkey backup FILE`: a copy of an embedded database while it is used. Must not copy the key file, nor migrate anything.

use std::path::PathBuf;

use clap::Args;

use crate::server::{config::Config, random::SystemRandom, storage::Db, tokens::secret, upkeep::backup};

use super::{CliError, out};

/// Where the copy is to be.
#[derive(Debug, Args)]
pub(super) struct BackupArguments {
    /// The file to make.
    file: PathBuf,
    /// Print the outcome as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(config: &Config, arguments: &BackupArguments) -> Result<(), CliError> {
    let file = &arguments.file;
    // A wrapper would have to be of the server's version, and would hide what else `pg_dump` can do.
    if Db::file(config.database_url.expose()).is_none() {
        return Err(CliError::Usage(format!(
            "this database is backed up by its own program: umask 077; pg_dump --format=custom --file={} \"$DATABASE_URL\"; \
             docs/backup.md says how to restore that",
            file.display()
        )));
    }
    let made = backup::run(config, file, &SystemRandom).await?;
    if arguments.json {
        out::line(serde_json::to_string(&made).unwrap_or_default())?;
    } else {
        out::line(format_args!("{} is in {}: {} bytes.", made.database.display(), file.display(), made.bytes))?;
        if let Some(log) = made.log.as_ref().filter(|log| log.broken.is_none()) {
            out::line(format_args!(
                "The audit log in it holds: {} events, {} not sealed yet.",
                log.events, log.unsealed
            ))?;
        }
        if let Some(key) = secret::key_file(config)
            && key.exists()
        {
            out::line(format_args!(
                "Not in it is {}: keep that elsewhere, since both together sign tokens.",
                key.display()
            ))?;
        }
    }
    match made.log.and_then(|log| log.broken) {
        Some(broken) => Err(CliError::Usage(format!(
            "the backup is there, but the audit log is broken, in it and in the database: {broken}"
        ))),
        None => Ok(()),
    }
}
