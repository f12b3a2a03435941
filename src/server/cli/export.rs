//! `latchkey export [FILE]`: people as JSON Lines, which `latchkey import` reads. Must not overwrite a file, nor let others read
//! what it writes.

use std::{
    fs::OpenOptions,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use clap::Args;

use crate::server::{config::Config, import::export::Export, state::AppState, storage::Db};

use super::CliError;

/// What is to be exported, and where.
#[derive(Debug, Args)]
pub(super) struct ExportArguments {
    /// The file to make; standard output for `-`, and where nothing is said.
    file: Option<PathBuf>,
    /// Write password hashes, too: whoever reads them can try passwords.
    #[arg(long)]
    with_hashes: bool,
}

pub(super) async fn run(config: Config, db: Db, arguments: ExportArguments) -> Result<(), CliError> {
    let state = AppState::new(config, db)?;
    let file = arguments.file.filter(|file| file != Path::new("-"));
    // Before the event: a file that cannot be made takes nobody away.
    let mut out: Box<dyn Write> = match &file {
        None => Box::new(std::io::stdout().lock()),
        Some(path) => {
            let mut options = OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let made = options.open(path);
            Box::new(BufWriter::new(made.map_err(|error| CliError::Usage(format!("{}: {error}", path.display())))?))
        }
    };
    let mut export = Export::begin(&state, arguments.with_hashes).await?;
    while let Some(lines) = export.next().await? {
        out.write_all(lines.as_bytes())?;
    }
    out.flush()?;
    if let Some(path) = &file {
        super::out::line(format_args!("{} people are in {}.", export.count, path.display()))?;
    }
    Ok(())
}
