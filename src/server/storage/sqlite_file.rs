//! One SQLite file as a whole: a copy of it while others write, whether it is sound, and nobody else at it. Must not know what
//! is in it.

use std::{path::Path, time::Duration};

use sqlx::{ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};

use super::{Handle, StoreError, asked::Asked};

/// What SQLite says where it did not get a lock.
const BUSY: u32 = 5;

/// Writes the database as it is at this moment into an empty file. Nobody waits for that, and what is written meanwhile is not
/// in the copy.
pub async fn copy(from: &Path, to: &Path) -> Result<(), StoreError> {
    let mut connection = SqliteConnection::connect_with(&to_read(from)).await?;
    // A path that begins with a slash is not taken for a URI.
    let to = std::path::absolute(to).map_err(sqlx::Error::Io)?;
    let to = to.to_str().ok_or_else(|| sqlx::Error::Configuration("the path is no text".into()))?;
    sqlx::query("vacuum into $1").bind(to).execute(&mut connection).await?;
    connection.close().await?;
    Ok(())
}

/// A file that is looked at and not changed.
#[derive(Debug)]
pub struct Looked(SqliteConnection);

impl Looked {
    /// Opens a file.
    pub async fn open(file: &Path) -> Result<Self, StoreError> {
        Ok(Self(SqliteConnection::connect_with(&to_read(file)).await?))
    }

    /// To be asked.
    pub fn handle(&mut self) -> Handle<'_> {
        Handle::Sqlite(Asked::alone(&mut self.0))
    }

    /// The first thing that is wrong with the file, as SQLite names it.
    pub async fn fault(&mut self) -> Result<Option<String>, StoreError> {
        let (said,): (String,) = sqlx::query_as("pragma integrity_check(1)").fetch_one(&mut self.0).await?;
        if said != "ok" {
            return Ok(Some(said));
        }
        let loose: Option<(String,)> = sqlx::query_as(r#"select "table" from pragma_foreign_key_check limit 1"#)
            .fetch_optional(&mut self.0)
            .await?;
        Ok(loose.map(|(table,)| format!("a row of {table} refers to one that is not there")))
    }

    /// Closes it.
    pub async fn close(self) -> Result<(), StoreError> {
        Ok(self.0.close().await?)
    }
}

/// A database that nobody else can open until this is dropped. It is one file then: what had been written beside it (WAL) is
/// in it.
#[derive(Debug)]
pub struct Held(SqliteConnection);

impl Held {
    /// Takes a database for oneself; [`StoreError::InUse`] where another process, or another connection, has it open.
    pub async fn take(file: &Path) -> Result<Self, StoreError> {
        let options =
            SqliteConnectOptions::new().filename(file).busy_timeout(Duration::ZERO).disable_statement_logging();
        let mut connection = SqliteConnection::connect_with(&options).await?;
        // Whoever writes ahead has it open for as long as it likes, and only the last one can stop doing so.
        let mode = pragma(&mut connection, "pragma journal_mode = delete").await?;
        if mode != "delete" {
            return Err(StoreError::InUse);
        }
        pragma(&mut connection, "pragma locking_mode = exclusive").await?;
        for statement in ["begin exclusive", "commit"] {
            sqlx::raw_sql(statement).execute(&mut connection).await.map_err(in_use)?;
        }
        // Between the two somebody may have begun to write ahead, and then the lock keeps nobody out.
        if pragma(&mut connection, "pragma journal_mode").await? != "delete" {
            return Err(StoreError::InUse);
        }
        Ok(Self(connection))
    }

    /// To be asked.
    pub fn handle(&mut self) -> Handle<'_> {
        Handle::Sqlite(Asked::alone(&mut self.0))
    }

    /// Lets others open it again.
    pub async fn release(self) -> Result<(), StoreError> {
        Ok(self.0.close().await?)
    }
}

async fn pragma(connection: &mut SqliteConnection, pragma: &'static str) -> Result<String, StoreError> {
    let (answer,): (String,) = sqlx::query_as(pragma).fetch_one(connection).await.map_err(in_use)?;
    Ok(answer)
}

fn in_use(error: sqlx::Error) -> StoreError {
    let code = error.as_database_error().and_then(|error| error.code()?.parse::<u32>().ok());
    if code.is_some_and(|code| code & 0xff == BUSY) { StoreError::InUse } else { error.into() }
}

/// How a file is opened that is not to be changed.
fn to_read(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .read_only(true)
        .pragma("trusted_schema", "off")
        .pragma("cell_size_check", "on")
        // What goes through the whole file takes its time.
        .disable_statement_logging()
}
