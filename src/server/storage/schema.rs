//! What there is to know of a database before it is used: its schema, its clock, whether it takes writes. Must not change it.

use sqlx::migrate::Migrator;

use super::{
    Conn, Handle, StoreError,
    db::{POSTGRES_MIGRATIONS, SQLITE_MIGRATIONS, fetch},
};

/// How the schema stands to this program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schema {
    /// As it needs it.
    Current,
    /// So many migrations are to come.
    Behind(usize),
    /// Something newer was there.
    Ahead,
}

/// Compares the schema with what this program needs.
pub async fn compare(conn: &mut Conn) -> Result<Schema, StoreError> {
    let is_missing = |at: i64| SQLITE_MIGRATIONS.iter().filter(|migration| migration.version > at).count();
    Ok(match of(&mut Handle::from(conn)).await? {
        Record::Newer => Schema::Ahead,
        Record::At(version) if version == present() => Schema::Current,
        Record::At(version) => Schema::Behind(is_missing(version)),
        Record::NotOurs => Schema::Behind(is_missing(0)),
    })
}

/// What a database is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Record {
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
pub async fn of(on: &mut Handle<'_>) -> Result<Record, StoreError> {
    let (migrations, record): (&Migrator, _) = match on {
        Handle::Sqlite(_) => (&SQLITE_MIGRATIONS, "select count(*) from sqlite_master where name = '_sqlx_migrations'"),
        Handle::Postgres(_) => {
            (&POSTGRES_MIGRATIONS, "select count(*) from pg_class where oid = to_regclass('_sqlx_migrations')")
        }
    };
    let (records,) = fetch!(fetch_one, (i64,), on.again(), record)?;
    if records == 0 {
        return Ok(Record::NotOurs);
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
            None => return Ok(Record::Newer),
            Some(migration) if migration.version == version && *migration.checksum == *checksum && success => {
                at = Some(version);
            }
            Some(_) => return Ok(Record::NotOurs),
        }
    }
    Ok(at.map_or(Record::NotOurs, Record::At))
}

/// Returns once it has answered anything at all.
pub async fn answers(conn: &mut Conn) -> Result<(), StoreError> {
    fetch!(fetch_one, (i64,), conn, "select cast(1 as bigint)").map(drop)
}

/// Whether it takes writes: a standby of PostgreSQL does not.
pub async fn takes_writes(conn: &mut Conn) -> Result<bool, StoreError> {
    let Conn::Postgres(..) = conn else { return Ok(true) };
    let (takes,) = fetch!(fetch_one, (bool,), conn, "select current_setting('transaction_read_only') = 'off'")?;
    Ok(takes)
}

/// The clock of the server that keeps it, in seconds since 1970; `None` where that is this machine's.
pub async fn clock(conn: &mut Conn) -> Result<Option<i64>, StoreError> {
    let Conn::Postgres(..) = conn else { return Ok(None) };
    let (now,) = fetch!(fetch_one, (i64,), conn, "select extract(epoch from clock_timestamp())::bigint")?;
    Ok(Some(now))
}
