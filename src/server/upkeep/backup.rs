//! A copy of an embedded database, made while it is used: as it was at one moment, looked through before it is called one.
//! Must not change the database, not even its schema, so that it can be backed up before an upgrade.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::server::{
    audit::verify::Report,
    config::Config,
    random::Random,
    storage::{
        Db,
        sqlite_file::{self, Looked},
    },
};

use super::{
    UpkeepError,
    files::{Unfinished, remains},
    log_in, look, named,
};

/// A backup that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Backup {
    /// The database.
    pub database: PathBuf,
    /// The copy.
    pub file: PathBuf,
    /// How many bytes it has.
    pub bytes: u64,
    /// The version of its schema.
    pub schema: i64,
    /// What its audit log says; nothing before there was one.
    pub log: Option<Report>,
}

/// Writes a copy into a file that is not there yet. A copy whose audit log is broken is one, too: the report says so.
///
/// # Errors
/// [`UpkeepError`]; then there is no file.
pub async fn run(config: &Config, file: &Path, random: &dyn Random) -> Result<Backup, UpkeepError> {
    let database = Db::file(config.database_url.expose()).ok_or(UpkeepError::NoFile)?;
    if !database.exists() {
        return Err(UpkeepError::Missing(database));
    }
    if file.exists() {
        return Err(UpkeepError::IsThere(file.to_owned()));
    }
    // What belonged to another database would be taken for a part of this one when it is opened.
    if let Some(rest) = remains(file) {
        return Err(UpkeepError::Remains(rest));
    }
    let unfinished = Unfinished::beside(file, random)?;
    sqlite_file::copy(&database, unfinished.path()).await?;
    let mut looked = Looked::open(unfinished.path()).await?;
    let schema = look(&mut looked, &named(&database)).await?;
    let log = log_in(&mut looked, schema).await?;
    looked.close().await?;
    let bytes =
        std::fs::metadata(unfinished.path()).map_err(|why| UpkeepError::File { path: file.to_owned(), why })?.len();
    unfinished.place(file)?;
    Ok(Backup { database, file: file.to_owned(), bytes, schema, log })
}
