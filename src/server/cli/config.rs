//! `latchkey config …`: what settings are in force. Must not start anything, nor touch the database.

use std::{io::Write, path::Path};

use clap::Subcommand;

use crate::server::config::{ConfigError, explain};

use super::CliError;

/// What can be done with settings.
#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Show every setting in force, where it came from and what it means; fail where they must not be run with.
    Check,
}

pub(super) fn run(command: &ConfigCommand) -> Result<(), CliError> {
    let ConfigCommand::Check = command;
    let explained = explain::settings()?;
    let mut out = std::io::stdout().lock();
    for setting in &explained.settings {
        writeln!(out, "{} = {}\n    {} ({})", setting.name, setting.value, setting.meaning, setting.origin)?;
    }
    for (setting, file, folder) in &explained.missing {
        writeln!(out, "\n{}", missing(setting, file, folder))?;
    }
    if explained.reasons.is_empty() {
        writeln!(out, "\nThese settings are fit to run with.")?;
        Ok(())
    } else {
        Err(ConfigError::Unfit(explained.reasons).into())
    }
}

/// That a file of the browser side is not where a setting says.
pub(super) fn missing(setting: &str, file: &str, folder: &Path) -> String {
    format!("{setting}: there is no {file} in {}. Run `make build`, or set {setting}.", folder.display())
}
