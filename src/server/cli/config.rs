//! `latchkey config …`: what settings are in force. Must not start anything, nor touch the database.

use std::{io::Write, path::PathBuf};

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
    let (settings, reasons) = explain::settings()?;
    let mut out = std::io::stdout().lock();
    for setting in &settings {
        writeln!(out, "{} = {}\n    {} ({})", setting.name, setting.value, setting.meaning, setting.origin)?;
    }
    for (setting, file) in [("site_root", "pkg/latchkey.css"), ("estimator_root", "worker.js")] {
        let folder = settings_folder(&settings, setting);
        if !folder.join(file).exists() {
            writeln!(
                out,
                "\n{setting}: there is no {file} in {}. Run `make build`, or set {setting}.",
                folder.display()
            )?;
        }
    }
    if reasons.is_empty() {
        writeln!(out, "\nThese settings are fit to run with.")?;
        Ok(())
    } else {
        Err(ConfigError::Unfit(reasons).into())
    }
}

/// The folder that a setting names.
fn settings_folder(settings: &[explain::Setting], name: &str) -> PathBuf {
    let value = settings.iter().find(|setting| setting.name == name).map(|setting| setting.value.trim_matches('"'));
    PathBuf::from(value.unwrap_or_default())
}
