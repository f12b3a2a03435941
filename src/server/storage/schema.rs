//! Which version of our schema a database is at. Must not change it.

use sqlx::migrate::Migrator;

use super::{
    Handle, StoreError,
    db::{POSTGRES_MIGRATIONS, SQLITE_MIGRATIONS, fetch},
};

/// What a database is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schema {
    /// Nothing that we made.
    NotOurs,
    /// Made by a newer version of this program.
    Newer,
    /// One of ours, at this version.
    At(i64),
}

/// The version that this program works with.
#[must_use]
pub fn present() -> i64 {
    SQLITE_MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default()
}

/// What a database is, as its own record of migrations says.
pub async fn of(on: &mut Handle<'_>) -> Result<Schema, StoreError> {
    let (migrations, record): (&Migrator, _) = match on {
        Handle::Sqlite(_) => (&SQLITE_MIGRATIONS, "select count(*) from sqlite_master where name = '_sqlx_migrations'"),
        Handle::Postgres(_) => {
            (&POSTGRES_MIGRATIONS, "select count(*) from pg_class where oid = to_regclass('_sqlx_migrations')")
        }
    };
    let (records,) = fetch!(fetch_one, (i64,), on.again(), record)?;
    if records == 0 {
        return Ok(Schema::NotOurs);
    }
    let rows = fetch!(
        fetch_all,
        (i64, Vec<u8>, bool),
        on.again(),
        "select version, checksum, success from _sqlx_migrations order by version"
    )?;
    let mut known = migrations.iter();
    let mut at = None;
    for (version, checksum, success) in rows {
        match known.next() {
            None => return Ok(Schema::Newer),
            Some(migration) if migration.version == version && *migration.checksum == *checksum && success => {
                at = Some(version);
            }
            Some(_) => return Ok(Schema::NotOurs),
        }
    }
    Ok(at.map_or(Schema::NotOurs, Schema::At))
}
