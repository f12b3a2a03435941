//! A server with a database of its own: settings made cheap, a clock that the test moves, a mailbox that it reads.

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::{Path, PathBuf},
    str::FromStr,
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};

use axum::Router;
use latchkey::{
    domain::moment::Moment,
    server::{
        clock::{Clock, ManualClock, SystemClock},
        config::{Config, Environment, Secret, VerifyEmail},
        error::ServerError,
        http::router,
        jobs,
        random::{Random, SystemRandom},
        state::AppState,
        storage::{Conn, Db, outbox, users},
    },
};
use sqlx::{
    AssertSqlSafe, Connection, PgConnection, SqliteConnection, migrate::Migrator, sqlite::SqliteConnectOptions,
};
use tempfile::TempDir;
use tokio::sync::{Notify, OnceCell};

use super::{Browser, PASSWORD, SignedIn};

/// What encrypts signing keys where several nodes share them.
const SECRET_KEY: &str = "c2VjcmV0cyBvZiB0ZXN0cyBhcmUgbm90IHNlY3JldHM";

static NEXT: AtomicU32 = AtomicU32::new(1);

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

enum Place {
    Folder(TempDir),
    Database { server: String, name: String },
    Elsewhere,
}

/// Where a database is, or will be.
pub struct Ground {
    pub url: String,
    place: Place,
}

impl Ground {
    /// Nothing yet: no file, or a database without tables.
    pub async fn new(engine: Engine) -> Self {
        if engine == Engine::Sqlite {
            let folder = tempfile::tempdir().expect("a folder");
            let url = format!("sqlite://{}/latchkey.db", folder.path().display());
            return Self { url, place: Place::Folder(folder) };
        }
        Self::database("template1").await
    }

    /// A database with the present schema, copied from one that was migrated.
    async fn ready(engine: Engine) -> Self {
        static SQLITE: OnceCell<Vec<u8>> = OnceCell::const_new();
        static POSTGRES: OnceCell<String> = OnceCell::const_new();
        if engine == Engine::Sqlite {
            let migrated = SQLITE.get_or_init(async || {
                let ground = Self::new(engine).await;
                migrate(&ground.url).await;
                let Place::Folder(folder) = &ground.place else { unreachable!("SQLite is in a folder") };
                std::fs::read(folder.path().join("latchkey.db")).expect("the database")
            });
            let ground = Self::new(engine).await;
            std::fs::write(ground.url.trim_start_matches("sqlite://"), migrated.await).expect("a database");
            return ground;
        }
        let template = POSTGRES.get_or_init(async || {
            let migrations =
                Migrator::new(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/postgres"))).await;
            let mut hasher = DefaultHasher::new();
            migrations.expect("migrations").iter().for_each(|it| it.checksum.hash(&mut hasher));
            let name = format!("latchkey_test_template_{:016x}", hasher.finish());
            let mut connection = PgConnection::connect(&postgres_server()).await.expect("PostgreSQL");
            // Other processes make it, too.
            let lock = "select pg_advisory_lock(hashtext('latchkey_test_template'))";
            sqlx::query(lock).execute(&mut connection).await.expect("a lock");
            let find = sqlx::query("select 1 from pg_database where datname = $1").bind(&name);
            if find.fetch_optional(&mut connection).await.expect("read").is_none() {
                let drop = AssertSqlSafe(format!("drop database if exists {name}_unready"));
                sqlx::query(drop).execute(&mut connection).await.expect("dropped");
                let unready = create_database(&format!("{name}_unready"), "template1").await;
                migrate(&unready).await;
                let rename = AssertSqlSafe(format!("alter database {name}_unready rename to {name}"));
                sqlx::query(rename).execute(&mut connection).await.expect("renamed");
            }
            connection.close().await.expect("closed");
            name
        });
        let template = template.await;
        Self::database(template).await
    }

    async fn database(template: &str) -> Self {
        let name = format!("latchkey_test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::SeqCst));
        let url = create_database(&name, template).await;
        Self { url, place: Place::Database { server: postgres_server(), name } }
    }

    /// A database that the test takes away itself.
    pub fn at(url: &str) -> Self {
        Self { url: url.to_owned(), place: Place::Elsewhere }
    }

    /// A database at an earlier version of the schema, in which these statements ran.
    pub async fn of_version(engine: Engine, version: i64, statements: &str) -> Self {
        let ground = Self::new(engine).await;
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/");
        let statements = AssertSqlSafe(statements.to_owned());
        if engine == Engine::Sqlite {
            let options = SqliteConnectOptions::from_str(&ground.url).expect("a URL").create_if_missing(true);
            let mut old = SqliteConnection::connect_with(&options).await.expect("a database");
            let migrator = Migrator::new(Path::new(&format!("{folder}sqlite"))).await.expect("migrations");
            migrator.run_to(version, &mut old).await.expect("the schema of then");
            sqlx::raw_sql(statements).execute(&mut old).await.expect("the data of then");
            old.close().await.expect("closed");
        } else {
            let mut old = PgConnection::connect(&ground.url).await.expect("a database");
            let migrator = Migrator::new(Path::new(&format!("{folder}postgres"))).await.expect("migrations");
            migrator.run_to(version, &mut old).await.expect("the schema of then");
            sqlx::raw_sql(statements).execute(&mut old).await.expect("the data of then");
            old.close().await.expect("closed");
        }
        ground
    }

    /// The folder of a file.
    pub fn folder(&self) -> PathBuf {
        Db::file(&self.url).and_then(|file| file.parent().map(Path::to_owned)).expect("a file")
    }

    /// Returns once nobody is connected to a server any more; whoever has left is gone a moment later.
    pub async fn nobody_is_connected(&self) {
        if let Place::Database { server, name } = &self.place {
            let mut connection = PgConnection::connect(server).await.expect("PostgreSQL");
            let query = "select count(*) from pg_stat_activity where datname = $1";
            loop {
                let (count,): (i64,) = sqlx::query_as(query).bind(name).fetch_one(&mut connection).await.expect("read");
                if count == 0 {
                    return;
                }
            }
        }
    }

    /// Takes it away.
    pub async fn end(self) {
        if let Place::Database { server, name } = self.place {
            let mut connection = PgConnection::connect(&server).await.expect("PostgreSQL");
            let drop = AssertSqlSafe(format!("drop database {name} with (force)"));
            sqlx::query(drop).execute(&mut connection).await.expect("dropped");
        }
    }
}

/// A server and everything around it.
pub struct World {
    pub state: AppState,
    pub clock: Arc<ManualClock>,
    pub router: Router,
    ground: Ground,
}

/// Randomness that can be held back, and with it whatever draws some.
#[derive(Debug, Default)]
pub struct HeldRandom {
    is_held: Mutex<bool>,
    released: Condvar,
    waits: Notify,
}

impl HeldRandom {
    /// From now on whoever draws waits, until what this answers with is dropped.
    pub fn hold(&self) -> Held<'_> {
        *self.is_held.lock().expect("a lock") = true;
        Held(self)
    }

    /// Returns once somebody waits.
    pub async fn somebody_waits(&self) {
        self.waits.notified().await;
    }
}

/// For as long as it is held.
#[derive(Debug)]
pub struct Held<'r>(&'r HeldRandom);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        *self.0.is_held.lock().expect("a lock") = false;
        self.0.released.notify_all();
    }
}

impl Random for HeldRandom {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), ServerError> {
        let is_held = self.is_held.lock().expect("a lock");
        if *is_held {
            self.waits.notify_one();
        }
        drop(self.released.wait_while(is_held, |is_held| *is_held).expect("a lock"));
        SystemRandom.fill(buffer)
    }
}

/// A mail that was written to somebody.
#[derive(Clone, Debug)]
pub struct Mail {
    pub subject: String,
    pub body: String,
    pub html: String,
}

impl Mail {
    /// The path and query of its one link.
    pub fn link(&self) -> String {
        let link = self.body.lines().find(|line| line.starts_with("http")).expect("a link");
        link.strip_prefix("http://127.0.0.1:3000").expect("a link of this site").to_owned()
    }
}

impl World {
    /// A world with the settings of a desk, changed.
    pub async fn with(engine: Engine, change: impl FnOnce(&mut Config)) -> Self {
        Self::on(Ground::ready(engine).await, change).await
    }

    /// A world on a database that was at an earlier version of the schema when these statements ran.
    pub async fn upgraded(engine: Engine, version: i64, statements: &str) -> Self {
        Self::on(Ground::of_version(engine, version, statements).await, |_| ()).await
    }

    /// A world on what is there, brought up to date.
    pub async fn on(ground: Ground, change: impl FnOnce(&mut Config)) -> Self {
        let url = ground.url.clone();
        let mut config = Config {
            argon2_memory_kib: 8,
            argon2_iterations: 1,
            // The machine may have much else to do.
            database_patience_ms: 60_000,
            database_url: Secret::from(url.as_str()),
            // Each test is one network; what is limited there says so itself.
            network_requests: 1_000,
            // Beside an embedded database a file is made instead.
            secret_key: url.starts_with("postgres").then(|| Secret::from(SECRET_KEY)),
            ..Config::default()
        };
        change(&mut config);
        let db = Db::connect(&url).await.expect("a database");
        db.migrate().await.expect("a schema");
        let clock = Arc::new(ManualClock::at(SystemClock.now()));
        let state = AppState::with_seams(config, db, clock.clone(), Arc::new(SystemRandom)).expect("a state");
        Self { router: router::build(state.clone()), state, clock, ground }
    }

    /// A world that believes it is reached by https.
    pub async fn in_production(engine: Engine) -> Self {
        Self::with(engine, |config| {
            config.environment = Environment::Production;
            config.base_url = Some("https://accounts.example.com".parse().expect("a URL"));
            config.smtp_url = Some(Secret::from("smtp://127.0.0.1:9"));
            config.verify_email = Some(VerifyEmail::Optional);
        })
        .await
    }

    /// Takes the world down.
    pub async fn end(self) {
        self.state.db.close().await;
        self.ground.end().await;
    }

    /// Stops, and leaves the database as it is.
    pub async fn leave(self) -> Ground {
        self.state.db.close().await;
        self.ground.nobody_is_connected().await;
        self.ground
    }

    /// Somebody who has not signed in.
    pub fn anonymous(&self) -> Browser {
        Browser::new(self.router.clone())
    }

    /// Somebody new, signed up and signed in.
    pub async fn sign_up(&self, email: &str) -> SignedIn {
        let mut browser = self.anonymous();
        let answer = browser.submit("/api/sign_up", &[("email", email), ("new_password", PASSWORD)]).await;
        assert_eq!(answer.location(), "/dashboard", "{answer:?}");
        SignedIn { browser, email: email.to_owned(), password: PASSWORD.to_owned() }
    }

    /// The mails written to somebody, newest first, once the background tasks have run.
    pub async fn mail_to(&self, email: &str) -> Vec<Mail> {
        jobs::run_once(&self.state, None).await.expect("background tasks");
        let rows = outbox::newest(&mut self.state.db.read().await.expect("a connection"), 100).await.expect("mail");
        let to_them = rows.into_iter().filter(|row| row.recipient == email);
        to_them.map(|row| Mail { subject: row.subject, body: row.body, html: row.html }).collect()
    }

    /// Disables an account, as an administrator would.
    pub async fn disable(&self, email: &str) {
        let mut conn = self.state.db.write().await.expect("a connection");
        let user = users::find_by_email_key(&mut conn, email).await.expect("read").expect("there");
        users::disable(&mut conn, &user.id, self.now()).await.expect("disabled");
    }

    /// What somebody with the database in their hands does: statements, which may differ between the engines; the rows that
    /// the last one touched.
    pub async fn tamper(&self, sql: &str) -> u64 {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        match &mut self.state.db.write().await.expect("a connection") {
            Conn::Sqlite(lent) => {
                sql.execute(lent.ask().connection().await.expect("there")).await.expect("tampered").rows_affected()
            }
            Conn::Postgres(pooled, _) => sql.execute(&mut **pooled).await.expect("tampered").rows_affected(),
        }
    }

    /// The text of one value.
    pub async fn look_up(&self, sql: &str) -> String {
        let sql = AssertSqlSafe(sql.to_owned());
        match &mut self.state.db.write().await.expect("a connection") {
            Conn::Sqlite(lent) => {
                sqlx::query_scalar(sql).fetch_one(lent.ask().connection().await.expect("there")).await
            }
            Conn::Postgres(pooled, _) => sqlx::query_scalar(sql).fetch_one(&mut **pooled).await,
        }
        .expect("a value")
    }

    /// Returns once a transaction waits for another one. On SQLite at once: there it waits before it has done anything.
    pub async fn somebody_waits(&self) {
        let Db::Postgres(pool) = &self.state.db else { return };
        let waiting =
            "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
        loop {
            let (count,): (i64,) = sqlx::query_as(waiting).fetch_one(pool).await.expect("read");
            if count > 0 {
                return;
            }
            tokio::task::yield_now().await;
        }
    }

    /// From now on the database takes no new session, as when it fails in the middle of a request.
    pub async fn refuse_new_sessions(&self) {
        let refuse = match self.state.db {
            Db::Sqlite { .. } => {
                "create trigger away before insert on sessions begin select raise(abort, 'away'); end;
                create trigger away_too before update of token_hash on sessions begin select raise(abort, 'away'); end"
            }
            Db::Postgres(_) => "alter table sessions add constraint away check (false) not valid",
        };
        self.tamper(refuse).await;
    }

    /// Undoes [`World::refuse_new_sessions`].
    pub async fn take_new_sessions(&self) {
        let take = match self.state.db {
            Db::Sqlite { .. } => "drop trigger away; drop trigger away_too",
            Db::Postgres(_) => "alter table sessions drop constraint away",
        };
        self.tamper(take).await;
    }

    /// Now.
    pub fn now(&self) -> Moment {
        self.clock.now()
    }
}

fn postgres_server() -> String {
    std::env::var("LATCHKEY_TEST_POSTGRES_URL")
        .expect("set LATCHKEY_TEST_POSTGRES_URL (as `make test` does), or leave these out with `-- --skip postgres::`")
}

async fn create_database(name: &str, template: &str) -> String {
    let server = postgres_server();
    let mut connection = PgConnection::connect(&server).await.expect("PostgreSQL");
    let create = AssertSqlSafe(format!("create database {name} template {template}"));
    sqlx::query(create).execute(&mut connection).await.expect("a database");
    let (address, _) = server.rsplit_once('/').expect("a URL with a database");
    format!("{address}/{name}")
}

async fn migrate(url: &str) {
    let db = Db::connect(url).await.expect("a database");
    db.migrate().await.expect("a schema");
    db.close().await;
}
