//! The two engines behind one face: connections, transactions, migrations, and the macros that run one SQL text on both.
//! Must not hold a query of its own.

use std::{
    ops::{Deref, DerefMut},
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use sqlx::{
    Connection, PgConnection, PgPool, Postgres, Row, Transaction,
    migrate::Migrator,
    pool::PoolConnection,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use tokio::time::timeout;
use tracing::Instrument as _;

use crate::server::{telemetry::spans, turns::Urgent};

use super::{
    asked::Asked,
    connections::{Connections, Durability, Lent},
    patience,
    sqlite_tx::SqliteTx,
    together::Writer,
};

/// How long a request waits for a connection before it is told that the database is away.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(2);
/// How long SQLite waits for a writer in another process.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Connections that read SQLite at once, beside the one that writes.
const SQLITE_READERS: u32 = 4;
/// Connections to PostgreSQL from one node.
const POSTGRES_CONNECTIONS: u32 = 16;
/// How long a server may take to say that a connection is good, when it is given back: one that waits for an answer which nobody
/// needs any more, or was cut off without a word, is closed instead.
const RELEASE_TIMEOUT: Duration = Duration::from_secs(1);

/// Begins a transaction whose commit does not wait for the disk, nor for a standby.
const BEGIN_DELAYED: &str = "begin; set local synchronous_commit = off";

/// How soon PostgreSQL notices that whoever asked has gone.
const END_WHAT_NOBODY_WAITS_FOR: &str = "set client_connection_check_interval = '2s'";

/// What PostgreSQL says of a text with a NUL character.
const CHARACTER_NOT_IN_REPERTOIRE: &str = "22021";

pub(super) static SQLITE_MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");
pub(super) static POSTGRES_MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

/// What a query can fail with.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A value that must be unique is there already.
    #[error("a unique value is taken")]
    Taken,
    /// A text that the database does not take, such as one with a NUL character.
    #[error("a text that the database does not take")]
    NoText,
    /// The database did not answer in time; whether it did what it was asked is not known.
    #[error("the database did not answer in time")]
    TooSlow,
    /// Anything else, for the log.
    #[error(transparent)]
    Database(sqlx::Error),
    /// The schema could not be brought up to date.
    #[error(transparent)]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// `DATABASE_URL` names no engine we speak.
    #[error("DATABASE_URL must start with sqlite:// or postgres://")]
    UnknownEngine,
    /// A transaction of which writes were not done, for all that is known, can only be undone.
    #[error("a transaction goes on although not all that it was to write is written")]
    Unfinished,
    /// What others wanted to write as well could not be written, for the same reason.
    #[error(transparent)]
    Together(std::sync::Arc<StoreError>),
    /// Another process has a database open that must be ours alone.
    #[error("something has it open")]
    InUse,
    /// The folder of the SQLite file could not be made.
    #[error("cannot create the folder of the database file: {0}")]
    Folder(std::io::Error),
}

impl StoreError {
    /// Whether the database was away, full or busy for too long, rather than asked for something wrong.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        let error = match self {
            Self::Database(error) => error,
            Self::Together(error) => return error.is_unavailable(),
            other => return matches!(other, Self::TooSlow),
        };
        match error {
            // A proxy that hangs up since there is nothing behind it speaks no word of the protocol.
            sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed
            | sqlx::Error::Io(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::BeginFailed => true,
            sqlx::Error::Database(error) => error.code().is_some_and(|code| is_code_of_absence(&code)),
            _ => false,
        }
    }
}

/// PostgreSQL: connection exceptions, a server that takes no writes, an account or a database that is not there, insufficient resources, operator
/// intervention, a deadlock, a serialisation failure. SQLite: busy, locked, cannot read or write the file, full, cannot open;
/// with or without their extensions (the upper bytes).
fn is_code_of_absence(code: &str) -> bool {
    match code.parse::<u32>() {
        Ok(number) if code.len() < 5 => matches!(number & 0xff, 5 | 6 | 10 | 13 | 14),
        _ => ["08", "25006", "28", "3D", "53", "57P", "40001", "40P01"].iter().any(|class| code.starts_with(class)),
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error.as_database_error() {
            Some(database) if database.is_unique_violation() => Self::Taken,
            Some(database) if database.code().as_deref() == Some(CHARACTER_NOT_IN_REPERTOIRE) => Self::NoText,
            _ => Self::Database(error),
        }
    }
}

/// The database of this process.
#[derive(Clone, Debug)]
pub enum Db {
    /// Embedded: one connection writes, several read, and neither waits for the other (WAL).
    Sqlite {
        /// The one that writes.
        writer: Writer,
        /// Those that read.
        readers: Connections,
    },
    /// A server, which any number of nodes share.
    Postgres(PgPool),
}

/// Connections of this process that are used for one purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolLoad {
    /// What for.
    pub name: &'static str,
    /// How many there are.
    pub size: u32,
    /// How many of them nobody uses now.
    pub idle: usize,
    /// How many there may be.
    pub most: u32,
}

/// A connection outside a transaction.
#[derive(Debug)]
pub enum Conn {
    /// To SQLite.
    Sqlite(Lent),
    /// To PostgreSQL.
    Postgres(PoolConnection<Postgres>, Urgent),
}

/// A connection for a question that may be given up. One that is dropped before it was answered is closed instead of given
/// back: what is given back waits, without end, for a database that does not answer.
#[derive(Debug)]
pub struct Probe {
    conn: Conn,
    is_answered: bool,
}

/// A transaction; rolled back when dropped.
#[derive(Debug)]
pub enum Tx {
    /// On SQLite.
    Sqlite(SqliteTx),
    /// On PostgreSQL.
    Postgres(Transaction<'static, Postgres>, Urgent),
}

/// What a query runs on: a borrowed connection or transaction.
#[derive(Debug)]
pub enum Handle<'c> {
    /// SQLite.
    Sqlite(Asked<'c>),
    /// PostgreSQL.
    Postgres(&'c mut PgConnection),
}

impl Db {
    /// Opens the database, making the SQLite file (and its folder) when it is missing. Does not migrate.
    ///
    /// # Errors
    /// When the URL is not ours, or the file or server cannot be reached.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        if url.starts_with("sqlite:") {
            Self::open(SqliteConnectOptions::from_str(url)?).await
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            let options = PgConnectOptions::from_str(url)?;
            let pool = PgPoolOptions::new()
                .acquire_timeout(ACQUIRE_TIMEOUT)
                .max_connections(POSTGRES_CONNECTIONS)
                .after_connect(|connection, _| {
                    Box::pin(async {
                        // What nobody waits for any more ends, also where it waits for somebody else. Servers before 14 do not
                        // know it, and do without.
                        let _ = sqlx::raw_sql(END_WHAT_NOBODY_WAITS_FOR).execute(connection).await;
                        Ok(())
                    })
                })
                .after_release(|connection, _| {
                    Box::pin(async { Ok(timeout(RELEASE_TIMEOUT, is_at_rest(connection)).await.unwrap_or_default()) })
                });
            Ok(Self::Postgres(pool.connect_with(options).await?))
        } else {
            Err(StoreError::UnknownEngine)
        }
    }

    /// Opens an embedded database by the path of its file, whatever it is made of.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn open_file(file: &Path) -> Result<Self, StoreError> {
        Self::open(SqliteConnectOptions::new().filename(file)).await
    }

    async fn open(options: SqliteConnectOptions) -> Result<Self, StoreError> {
        let options = options
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            // What is deleted is gone from the file, too.
            .pragma("secure_delete", "on")
            .busy_timeout(BUSY_TIMEOUT);
        make_folder(options.get_filename())?;
        let writer = Connections::to_write(options.clone(), ACQUIRE_TIMEOUT);
        drop(writer.acquire().await?);
        let writer = Writer::with(writer);
        let readers = Connections::to_read(options, SQLITE_READERS, ACQUIRE_TIMEOUT);
        drop(readers.acquire().await?);
        Ok(Self::Sqlite { writer, readers })
    }

    /// Opens the database to look at it alone: of an embedded one nothing is made or changed, nor any file beside it.
    ///
    /// # Errors
    /// When the URL is not ours, or the file or server cannot be reached.
    pub async fn connect_to_look(url: &str) -> Result<Self, StoreError> {
        if !url.starts_with("sqlite:") {
            return Self::connect(url).await;
        }
        let options = SqliteConnectOptions::from_str(url)?;
        // Where nobody has the file open, reading it as usual would leave files of WAL beside it.
        let is_at_rest = !["-wal", "-journal"].iter().any(|ending| {
            let mut beside = options.get_filename().to_owned();
            beside.as_mut_os_string().push(ending);
            beside.exists()
        });
        let options = options.create_if_missing(false).read_only(true).immutable(is_at_rest).busy_timeout(BUSY_TIMEOUT);
        let writer = Writer::with(Connections::to_write(options.clone(), ACQUIRE_TIMEOUT));
        let readers = Connections::to_read(options, SQLITE_READERS, ACQUIRE_TIMEOUT);
        drop(readers.acquire().await?);
        Ok(Self::Sqlite { writer, readers })
    }

    /// The file of an embedded database; `None` where a server keeps it, or nothing does.
    #[must_use]
    pub fn file(url: &str) -> Option<PathBuf> {
        let options = url.starts_with("sqlite:").then(|| SqliteConnectOptions::from_str(url).ok()).flatten()?;
        let file = options.get_filename();
        let is_in_memory =
            file.as_os_str().is_empty() || file.to_string_lossy().starts_with("file:") || file == Path::new(":memory:");
        (!is_in_memory).then(|| file.to_owned())
    }

    /// The file of an embedded database that is not there; `None` where one is, or where a server keeps it.
    #[must_use]
    pub fn missing_file(url: &str) -> Option<PathBuf> {
        Self::file(url).filter(|file| !file.exists())
    }

    /// Brings the schema up to date; safe to run from several nodes at once.
    ///
    /// # Errors
    /// When a migration fails or the database is newer than this binary.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite { writer, .. } => migrate(writer.connections().acquire().await?.ask()).await?,
            Self::Postgres(pool) => POSTGRES_MIGRATIONS.run(pool).await?,
        }
        Ok(())
    }

    /// Opens a connection to a server and closes it again: a pool that cannot open one does not say why. Does nothing for a
    /// file.
    ///
    /// # Errors
    /// Why it cannot be opened.
    pub async fn reach(url: &str) -> Result<(), StoreError> {
        if url.starts_with("sqlite:") {
            return Ok(());
        }
        let connection = PgConnection::connect_with(&PgConnectOptions::from_str(url)?).await?;
        Ok(connection.close().await?)
    }

    /// How many connections read at once.
    pub(super) fn readers(&self) -> usize {
        let most = match self {
            Self::Sqlite { .. } => SQLITE_READERS,
            Self::Postgres(_) => POSTGRES_CONNECTIONS,
        };
        usize::try_from(most).unwrap_or(1)
    }

    /// A connection to read with.
    ///
    /// # Errors
    /// When none is free in time.
    pub async fn read(&self) -> Result<Conn, StoreError> {
        Ok(match self {
            Self::Sqlite { readers, .. } => {
                Conn::Sqlite(patience::answer(readers.acquire()).instrument(spans::connection()).await?)
            }
            Self::Postgres(pool) => {
                let urgent = Urgent::now();
                Conn::Postgres(patience::answer(pool.acquire()).instrument(spans::connection()).await?, urgent)
            }
        })
    }

    /// A connection for a question that is given up where the answer takes too long.
    ///
    /// # Errors
    /// When none is free in time.
    pub async fn probe(&self) -> Result<Probe, StoreError> {
        Ok(Probe { conn: self.read().await?, is_answered: false })
    }

    /// A connection for a single statement that writes.
    ///
    /// # Errors
    /// When none is free in time.
    pub async fn write(&self) -> Result<Conn, StoreError> {
        Ok(match self {
            Self::Sqlite { writer, .. } => {
                Conn::Sqlite(patience::answer(writer.connections().acquire()).instrument(spans::connection()).await?)
            }
            Self::Postgres(pool) => {
                let urgent = Urgent::now();
                Conn::Postgres(patience::answer(pool.acquire()).instrument(spans::connection()).await?, urgent)
            }
        })
    }

    /// A transaction that writes. On an embedded database it begins with the first question; one that asks nothing is written when
    /// it is committed, together with others.
    ///
    /// # Errors
    /// As those of [`Db::begin_with`].
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        self.begin_with(Durability::Full).await
    }

    /// A transaction that writes, of a durability.
    ///
    /// # Errors
    /// When none can be begun in time; of an embedded database, its first question or its commit says so.
    pub async fn begin_with(&self, durability: Durability) -> Result<Tx, StoreError> {
        Ok(match self {
            Self::Sqlite { writer, .. } => Tx::Sqlite(writer.begin(durability)),
            Self::Postgres(pool) => {
                let urgent = Urgent::now();
                let begin = async {
                    match durability {
                        Durability::Full => pool.begin().await,
                        Durability::Delayed => pool.begin_with(BEGIN_DELAYED).await,
                    }
                };
                Tx::Postgres(patience::answer(begin).instrument(spans::connection()).await?, urgent)
            }
        })
    }

    /// Waits for what is under way and closes every connection.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { writer, readers } => {
                // The writer last: what closes a file last takes in its log, which one that only reads cannot.
                readers.close().await;
                writer.connections().close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }

    /// How its connections are used at this moment.
    #[must_use]
    pub fn pools(&self) -> Vec<PoolLoad> {
        match self {
            Self::Sqlite { writer, readers } => vec![
                PoolLoad {
                    name: "writer",
                    size: writer.connections().size(),
                    idle: writer.connections().idle(),
                    most: 1,
                },
                PoolLoad { name: "readers", size: readers.size(), idle: readers.idle(), most: SQLITE_READERS },
            ],
            Self::Postgres(pool) => {
                vec![PoolLoad { name: "all", size: pool.size(), idle: pool.num_idle(), most: POSTGRES_CONNECTIONS }]
            }
        }
    }

    /// The engine's name, for people.
    #[must_use]
    pub fn engine(&self) -> &'static str {
        match self {
            Self::Sqlite { .. } => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        }
    }
}

impl Handle<'_> {
    /// The same, for one query of several.
    pub fn again(&mut self) -> Handle<'_> {
        match self {
            Self::Sqlite(asked) => Handle::Sqlite(asked.again()),
            Self::Postgres(connection) => Handle::Postgres(connection),
        }
    }
}

impl Probe {
    /// Gives the connection back: every question was answered.
    pub fn answered(mut self) {
        self.is_answered = true;
    }
}

impl Deref for Probe {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        &self.conn
    }
}

impl DerefMut for Probe {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.conn
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        if !self.is_answered {
            match &mut self.conn {
                // It is noted what was not answered on it.
                Conn::Sqlite(_) => {}
                Conn::Postgres(connection, _) => connection.close_on_drop(),
            }
        }
    }
}

impl Tx {
    /// Brings the schema up to date within this transaction, of a database that nobody else uses yet.
    ///
    /// # Errors
    /// When a migration fails.
    pub async fn migrate(&mut self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(transaction) => migrate(transaction.ask()).await?,
            Self::Postgres(transaction, _) => POSTGRES_MIGRATIONS.run(&mut **transaction).await?,
        }
        Ok(())
    }

    /// Makes everything done on this transaction permanent, at once.
    ///
    /// # Errors
    /// When the database refuses; then nothing was done. When it does not answer, all was done or nothing.
    pub async fn commit(self) -> Result<(), StoreError> {
        // What is cut off here is not known to have been done, so it has the whole time.
        patience::renew();
        match self {
            Self::Sqlite(transaction) => transaction.commit().instrument(spans::commit()).await,
            Self::Postgres(transaction, _urgent) => {
                patience::answer(transaction.commit()).instrument(spans::commit()).await
            }
        }
    }
}

impl<'c> From<&'c mut Conn> for Handle<'c> {
    fn from(conn: &'c mut Conn) -> Self {
        match conn {
            Conn::Sqlite(lent) => Self::Sqlite(lent.ask()),
            Conn::Postgres(connection, _) => Self::Postgres(connection),
        }
    }
}

impl<'c> From<&'c mut Tx> for Handle<'c> {
    fn from(tx: &'c mut Tx) -> Self {
        match tx {
            Tx::Sqlite(transaction) => Self::Sqlite(transaction.ask()),
            Tx::Postgres(transaction, _) => Self::Postgres(transaction),
        }
    }
}

/// Brings the schema of an embedded database up to date.
async fn migrate(mut asked: Asked<'_>) -> Result<(), StoreError> {
    let (connection, note) = asked.parts().await?;
    Ok(note.until_done(SQLITE_MIGRATIONS.run(connection)).await?)
}

/// Whether a connection answers, and is in no transaction. sqlx does not know of one whose beginning nobody waited for, and
/// whatever was done on it next would be in there, acknowledged and never made permanent.
async fn is_at_rest(connection: &mut PgConnection) -> bool {
    // A simple query, which begins as its transaction does unless that was there before; in one that failed it is an error.
    let said = sqlx::raw_sql("select now() = statement_timestamp()").fetch_one(connection).await;
    said.and_then(|row| row.try_get(0)).unwrap_or_default()
}

/// Makes the folder of a database file, for its owner alone.
fn make_folder(file: &Path) -> Result<(), StoreError> {
    let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists()) else {
        return Ok(());
    };
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder).map_err(StoreError::Folder)
}

/// `($1, $2), ($3, $4)`: so many rows of so many places, each after what stands first in all of them.
pub(super) fn rows(count: usize, columns: usize, first: &str) -> String {
    let row = |row: usize| {
        let places: Vec<String> = (1..=columns).map(|column| format!("${}", row * columns + column)).collect();
        format!("({first}{})", places.join(", "))
    };
    (0..count).map(row).collect::<Vec<_>>().join(", ")
}

/// Runs a statement on either engine and answers with the number of rows it touched.
macro_rules! execute {
    ($on:expr, $sql:expr $(, $value:expr)* $(,)?) => {
        match &mut $on.into() {
            $crate::server::storage::Handle::Sqlite(asked) => asked.execute(sqlx::query($sql)$(.bind($value))*).await,
            $crate::server::storage::Handle::Postgres(connection) => {
                $crate::server::storage::on_server::execute(connection, sqlx::query($sql)$(.bind($value))*).await
            }
        }
    };
}

/// The same where nobody needs the number: in a transaction of an embedded database it is done with what is asked next, or with
/// the commit, which then tells of errors. One statement each.
macro_rules! write_later {
    ($on:expr, $sql:expr $(, $value:expr)* $(,)?) => {
        match &mut $on.into() {
            $crate::server::storage::Handle::Sqlite(asked) => {
                let mut values = |arguments: &mut sqlx::sqlite::SqliteArguments| {
                    $(sqlx::Arguments::add(arguments, $value)?;)*
                    Ok(())
                };
                asked.write_later($sql, &mut values).await
            }
            $crate::server::storage::Handle::Postgres(connection) => {
                let question = sqlx::query($sql)$(.bind($value))*;
                $crate::server::storage::on_server::execute(connection, question).await.map(drop)
            }
        }
    };
}

/// Runs a query on either engine and answers with its rows as the given type.
macro_rules! fetch {
    ($how:ident, $row:ty, $on:expr, $sql:expr $(, $value:expr)* $(,)?) => {
        match &mut $on.into() {
            $crate::server::storage::Handle::Sqlite(asked) => {
                asked.$how(sqlx::query_as::<_, $row>($sql)$(.bind($value))*).await
            }
            $crate::server::storage::Handle::Postgres(connection) => {
                let question = sqlx::query_as::<_, $row>($sql)$(.bind($value))*;
                $crate::server::storage::on_server::$how(connection, question).await
            }
        }
    };
}

/// Runs a query for the ids of rows and holds those rows, in its order, until the transaction ends: `for no key update` lets
/// others refer to them meanwhile, `for update` does not. SQLite, which has one writer, needs no more than to read them.
macro_rules! hold {
    ($tx:expr, $lock:literal, $sql:literal $(, $value:expr)* $(,)?) => {
        match $tx {
            $crate::server::storage::Tx::Sqlite(_) => fetch!(fetch_all, (String,), &mut *$tx, $sql $(, $value)*),
            $crate::server::storage::Tx::Postgres(..) => {
                fetch!(fetch_all, (String,), &mut *$tx, concat!($sql, " ", $lock) $(, $value)*)
            }
        }
        .map(|rows| rows.into_iter().map(|(id,)| id).collect::<Vec<String>>())
    };
}

pub(crate) use {execute, fetch, hold, write_later};

#[cfg(test)]
mod tests {
    use super::{StoreError, is_code_of_absence, rows};

    #[test]
    fn rows_are_numbered_through() {
        assert_eq!(rows(2, 2, "0, "), "(0, $1, $2), (0, $3, $4)");
    }

    #[test]
    fn absence_is_told_from_mistakes() {
        for code in ["5", "517", "13", "14", "08006", "28P01", "3D000", "53300", "57P01", "40P01"] {
            assert!(is_code_of_absence(code), "{code}");
        }
        // Constraints of both engines, a wrong statement, a cancelled one, a text that is none.
        for code in ["19", "1299", "2067", "1", "23505", "42601", "57014", "22021"] {
            assert!(!is_code_of_absence(code), "{code}");
        }
        assert!(StoreError::from(sqlx::Error::Protocol("nothing at all".into())).is_unavailable());
        assert!(!StoreError::from(sqlx::Error::RowNotFound).is_unavailable());
    }
}
