//! Where the databases of these tests are, and what stands in them. Must not know what it should be.

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};
use tempfile::TempDir;

static NEXT: AtomicU32 = AtomicU32::new(1);

/// A database, and a folder for whatever a program leaves.
pub struct Place {
    pub url: String,
    pub folder: TempDir,
    /// The server that has it, which outlives it.
    server: Option<String>,
}

impl Place {
    /// A file.
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self { url: format!("sqlite://{}/latchkey.db", folder.path().display()), folder, server: None }
    }

    /// A database of the server that all tests share.
    pub fn postgres() -> Self {
        let server = std::env::var("LATCHKEY_TEST_POSTGRES_URL").expect(
            "set LATCHKEY_TEST_POSTGRES_URL (as `make test` does), or leave these out with `-- --skip postgres::`",
        );
        Self::on(&server)
    }

    /// A database of a server.
    pub fn on(server: &str) -> Self {
        let name = format!("latchkey_failures_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::SeqCst));
        tell(server, &format!("create database {name}"));
        let (address, _) = server.rsplit_once('/').expect("a URL with a database");
        let folder = tempfile::tempdir().expect("a folder");
        Self { url: format!("{address}/{name}"), folder, server: Some(server.to_owned()) }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A file in the folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// A number that stands in the database.
    pub fn number(&self, sql: &str) -> i64 {
        number(&self.url, sql)
    }

    /// Takes the database away.
    pub fn end(self) {
        if let Some(server) = &self.server {
            let (_, name) = self.url.rsplit_once('/').expect("a URL with a database");
            tell(server, &format!("drop database {name} with (force)"));
        }
    }
}

/// A number that stands in a database.
pub fn number(url: &str, sql: &str) -> i64 {
    let sql = AssertSqlSafe(sql.to_owned());
    block_on(async {
        if url.starts_with("sqlite") {
            let mut connection = SqliteConnection::connect(url).await.expect("a database");
            let number = sqlx::query_scalar(sql).fetch_one(&mut connection).await.expect("a number");
            connection.close().await.expect("closed");
            number
        } else {
            let mut connection = PgConnection::connect(url).await.expect("a database");
            let number = sqlx::query_scalar(sql).fetch_one(&mut connection).await.expect("a number");
            connection.close().await.expect("closed");
            number
        }
    })
}

/// Says something to a server.
pub fn tell(server: &str, sql: &str) {
    let sql = AssertSqlSafe(sql.to_owned());
    block_on(async {
        let mut connection = PgConnection::connect(server).await.expect("PostgreSQL");
        sqlx::raw_sql(sql).execute(&mut connection).await.expect("done");
        connection.close().await.expect("closed");
    });
}

pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(future)
}
