//! What there is to know of a database before it is used: its schema, its clock, whether it takes writes. Must not migrate.

use super::{Conn, Db, StoreError, db::fetch};

/// What PostgreSQL says of a table that is not there.
const UNDEFINED_TABLE: &str = "42P01";

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
pub async fn compare(db: &Db, conn: &mut Conn) -> Result<Schema, StoreError> {
    let needed: Vec<i64> = db.migrations().iter().map(|migration| migration.version).collect();
    let applied = applied(conn).await?;
    let missing = needed.iter().filter(|version| !applied.contains(version)).count();
    Ok(match missing {
        0 if applied.iter().any(|version| !needed.contains(version)) => Schema::Ahead,
        0 => Schema::Current,
        missing => Schema::Behind(missing),
    })
}

async fn applied(conn: &mut Conn) -> Result<Vec<i64>, StoreError> {
    match fetch!(fetch_all, (i64,), conn, "select version from _sqlx_migrations where success order by version") {
        Ok(rows) => Ok(rows.into_iter().map(|(version,)| version).collect()),
        Err(StoreError::Database(sqlx::Error::Database(error)))
            if error.code().as_deref() == Some(UNDEFINED_TABLE) || error.message().starts_with("no such table") =>
        {
            Ok(Vec::new())
        }
        Err(error) => Err(error),
    }
}

/// Returns once it has answered anything at all.
pub async fn answers(conn: &mut Conn) -> Result<(), StoreError> {
    fetch!(fetch_one, (i64,), conn, "select cast(1 as bigint)").map(drop)
}

/// Whether it takes writes: a standby of PostgreSQL does not.
pub async fn takes_writes(conn: &mut Conn) -> Result<bool, StoreError> {
    let Conn::Postgres(_) = conn else { return Ok(true) };
    let (takes,) = fetch!(fetch_one, (bool,), conn, "select current_setting('transaction_read_only') = 'off'")?;
    Ok(takes)
}

/// The clock of the server that keeps it, in seconds since 1970; `None` where that is this machine's.
pub async fn clock(conn: &mut Conn) -> Result<Option<i64>, StoreError> {
    let Conn::Postgres(_) = conn else { return Ok(None) };
    let (now,) = fetch!(fetch_one, (i64,), conn, "select extract(epoch from clock_timestamp())::bigint")?;
    Ok(Some(now))
}
