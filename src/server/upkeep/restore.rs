//! A copy in place of a database: looked through, brought up to date and verified beside it, and then put in its place at once.
//! Must not take anything away: what was there is kept.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::{
    domain::event::EventKind,
    server::{
        audit::{
            Event, seal,
            verify::{self, Report},
        },
        clock::{Clock, SystemClock},
        config::Config,
        random::SystemRandom,
        state::AppState,
        storage::{
            Db, StoreError, schema,
            sqlite_file::{Held, Looked},
        },
    },
};

use super::{
    UpkeepError,
    files::{Unfinished, make_folder, remains, with_ending},
    look, named,
};

/// What was typed.
#[derive(Clone, Debug, Default)]
pub struct Order {
    /// The backup.
    pub backup: PathBuf,
    /// Also in place of a database.
    pub replace: bool,
    /// Also one whose audit log does not hold.
    pub accept_broken_log: bool,
}

/// A backup that is in its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Restored {
    /// The place.
    pub database: PathBuf,
    /// What was there before.
    pub kept: Option<PathBuf>,
    /// The version of the schema that the backup had; it has the present one now.
    pub schema: i64,
    /// What its audit log says, the restoring included.
    pub log: Report,
}

/// Puts a backup in the place of the database that the settings name.
///
/// # Errors
/// [`UpkeepError`]; then nothing is changed.
pub async fn run(config: &Config, order: &Order) -> Result<Restored, UpkeepError> {
    let database = Db::file(config.database_url.expose()).ok_or(UpkeepError::NoFile)?;
    // Where a link stands in the place, what it leads to is meant.
    let database = if database.is_symlink() { database.canonicalize().unwrap_or(database) } else { database };
    let Ok(backup) = &order.backup.canonicalize() else { return Err(UpkeepError::Missing(order.backup.clone())) };
    if is_same(&database, backup) {
        return Err(UpkeepError::Itself(backup.clone()));
    }
    // A copy that was taken while somebody wrote is not whole without what lies beside it.
    if let Some(rest) = remains(backup) {
        return Err(UpkeepError::Damaged(named(backup), format!("{} is beside it", rest.display())));
    }
    let held = if database.exists() {
        if !order.replace {
            return Err(UpkeepError::WouldReplace(database));
        }
        Some(hold(&database).await?)
    } else {
        if let Some(rest) = remains(&database) {
            return Err(UpkeepError::Remains(rest));
        }
        make_folder(&database)?;
        None
    };
    let mut unfinished = Unfinished::beside(&database, &SystemRandom)?;
    unfinished.fill_from(backup).map_err(|why| UpkeepError::File { path: backup.clone(), why })?;
    let mut looked = Looked::open(unfinished.path()).await?;
    let schema = look(&mut looked, &named(backup)).await?;
    looked.close().await?;
    let log = bring_up_to_date(config, order, unfinished.path(), schema).await?;
    unfinished.belong_as(&database);

    let kept = match held {
        None => {
            unfinished.place(&database)?;
            None
        }
        Some(held) => {
            let kept = name_to_keep(&database);
            unfinished.replace(&database, &kept)?;
            held.release().await?;
            Some(kept)
        }
    };
    Ok(Restored { database, kept, schema, log })
}

/// Migrates the copy, verifies its log, and writes down there that it was restored.
async fn bring_up_to_date(config: &Config, order: &Order, file: &Path, schema: i64) -> Result<Report, UpkeepError> {
    let db = Db::open_file(file).await?;
    let outcome = async {
        db.migrate().await?;
        let before = verify::database(&db, None).await?;
        if let Some(broken) = before.broken.filter(|_| !order.accept_broken_log) {
            return Err(UpkeepError::BrokenLog(named(&order.backup), broken));
        }
        let state = AppState::new(config.clone(), db.clone())?;
        let name = order.backup.file_name().unwrap_or_default().to_string_lossy();
        let event = Event::by_command_line(EventKind::BackupRestored).with("file", name);
        let event = event.with("schema", format!("{schema}, now {}", schema::present()));
        event.with("events_then", before.last.to_string()).record_alone(&state).await?;
        seal::run(&state).await?;
        Ok(verify::database(&db, None).await?)
    };
    let outcome = outcome.await;
    // The last one to close it takes in what lies beside it.
    db.close().await;
    outcome
}

/// A name that says since when it is not in its place; two of one second are told apart.
fn name_to_keep(database: &Path) -> PathBuf {
    let now = SystemClock.now().rfc3339().replace(':', "-");
    let mut kept = with_ending(database, &format!(".replaced-{now}"));
    while kept.exists() {
        kept = with_ending(&kept, "-again");
    }
    kept
}

/// Takes the database for ourselves.
async fn hold(database: &Path) -> Result<Held, UpkeepError> {
    Held::take(database).await.map_err(|error| match error {
        StoreError::InUse => UpkeepError::InUse(named(database)),
        StoreError::Database(sqlx::Error::Database(said)) => UpkeepError::Damaged(
            named(database),
            format!("{said}. Move it away, with what is beside it (-wal, -shm, -journal), and leave out --replace"),
        ),
        other => other.into(),
    })
}

fn is_same(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}
