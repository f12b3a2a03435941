//! The database as a whole: backed up while others write, restored, moved to another engine. Either everything is done or
//! nothing is. Must not know what a row means.

/// A copy of an embedded database, made while it is used.
pub mod backup;
/// Files that are whole or not there.
mod files;
/// From one engine to the other.
pub mod moving;
/// A copy in place of a database.
pub mod restore;

use std::path::{Path, PathBuf};

use super::{
    audit::verify::{self, Broken, Report},
    error::ServerError,
    storage::{
        StoreError,
        schema::{self, Record},
        sqlite_file::Looked,
    },
};

/// The version of the schema that brought the audit log.
const WITH_LOG: i64 = 4;

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum UpkeepError {
    /// The database is not a file of ours.
    #[error("this database is no SQLite file")]
    NoFile,
    /// There is nothing to begin with.
    #[error("there is no database at {}", .0.display())]
    Missing(PathBuf),
    /// A file would have been overwritten.
    #[error("{} is there already, and nothing is overwritten", .0.display())]
    IsThere(PathBuf),
    /// A database would have been replaced that nobody spoke of.
    #[error("there is a database at {}: stop the server and add --replace, which keeps what is there beside it", .0.display())]
    WouldReplace(PathBuf),
    /// What is to be read and what is to be written are one.
    #[error("{} is the database itself", .0.display())]
    Itself(PathBuf),
    /// What belonged to another database lies where one is to be.
    #[error("{} is left of another database, and would be taken for a part of this one: move it away first", .0.display())]
    Remains(PathBuf),
    /// Somebody else has the database open.
    #[error("{0} is open elsewhere: stop the server, and every other command of Latchkey")]
    InUse(String),
    /// Others are connected to the database.
    #[error(
        "{0} other connections to this database are open: stop every node first; --ignore-connections, if they are no nodes"
    )]
    Connected(u64),
    /// It is no database of ours.
    #[error("{0} is no database of Latchkey")]
    NotOurs(String),
    /// It was made by a newer version.
    #[error("{0} was made by a newer version of Latchkey: use that one")]
    Newer(String),
    /// It was made by an older version.
    #[error("{0} is at an older version of the schema: run `latchkey migrate` first")]
    Older(String),
    /// The file is damaged.
    #[error("{0} is damaged: {1}")]
    Damaged(String, String),
    /// The audit log does not hold.
    #[error("the audit log in {0} is broken: {1}. To go on all the same: --accept-broken-log")]
    BrokenLog(String, Broken),
    /// Something is where nothing must be.
    #[error("the database to move to is not empty: there is the table {0}. Name a new one")]
    NotEmpty(String),
    /// Source and target do not have the same tables.
    #[error("the table {0} is not the same in both databases")]
    OtherTable(String),
    /// A table holds what the other engine has no room for.
    #[error("table {0}: {1}")]
    Row(String, StoreError),
    /// What arrived is not what left.
    #[error("the rows of {0} did not arrive as they were")]
    NotTheSame(String),
    /// A file could not be read or written.
    #[error("{}: {why}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        why: std::io::Error,
    },
    /// The database.
    #[error("database: {0}")]
    Store(#[from] StoreError),
    /// Anything else.
    #[error(transparent)]
    Server(#[from] ServerError),
}

/// Whether a file is a database of ours, and sound; answers with the version of its schema.
async fn look(looked: &mut Looked, name: &str) -> Result<i64, UpkeepError> {
    let no_database = |error: StoreError| match error {
        StoreError::Database(sqlx::Error::Database(said)) => UpkeepError::Damaged(name.to_owned(), said.to_string()),
        other => other.into(),
    };
    let at = match schema::of(&mut looked.handle()).await.map_err(no_database)? {
        Record::At(version) => version,
        Record::Newer => return Err(UpkeepError::Newer(name.to_owned())),
        Record::NotOurs => return Err(UpkeepError::NotOurs(name.to_owned())),
    };
    match looked.fault().await.map_err(no_database)? {
        Some(fault) => Err(UpkeepError::Damaged(name.to_owned(), fault)),
        None => Ok(at),
    }
}

/// What the audit log in a file says; nothing before there was one.
async fn log_in(looked: &mut Looked, version: i64) -> Result<Option<Report>, UpkeepError> {
    if version < WITH_LOG {
        return Ok(None);
    }
    Ok(Some(verify::seen_by(looked.handle()).await?))
}

fn named(path: &Path) -> String {
    path.display().to_string()
}
