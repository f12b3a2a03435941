//! A database of an earlier version: nothing in it is lost, its people sign in, and a kill on the way leaves old or new.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
use latchkey::server::storage::Db;
use sqlx::{
    AssertSqlSafe, Connection, PgConnection, SqlSafeStr, SqliteConnection,
    migrate::{Migration, Migrator},
    sqlite::SqliteConnectOptions,
};

use crate::support::{Engine, Ground, PASSWORD, World};

/// The present version of the schema.
const PRESENT: i64 = 7;

fn hash() -> String {
    let params = Params::new(8, 1, 1, None).expect("parameters");
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon2.hash_password(PASSWORD.as_bytes()).expect("hashed").to_string()
}

/// A row at least in every table that a version had, as its server may have left them.
fn data_of(version: i64) -> String {
    let mut data = format!(
        "insert into users (id, email, email_key, password_hash, credential_version, created_at)
            values ('1', 'Sam@example.com', 'sam@example.com', '{hash}', 0, 1700000000),
                   ('2', 'kim@example.com', 'kim@example.com', null, 0, 1700000000);
        insert into user_roles (user_id, role, granted_at) values ('1', 'admin', 1700000000);
        insert into sessions (id, token_hash, user_id, created_at, last_seen_at, idle_seconds, expires_at, address,
                user_agent, factors, credential_version, data, ended_at, end_reason)
            values ('a', 'x', '1', 1700000100, 1700000100, 60, 1700009999, '192.0.2.7', 'Example/1.0', 'pwd', 0, '{{}}', 1700000160, 'idle'),
                   ('b', 'y', '1', 1700000200, 1700000200, 60, 1700009999, '192.0.2.7', 'Example/1.0', 'pwd', 0, '{{}}', 1700000260, 'idle');
        insert into one_time_tokens (token_hash, purpose, user_id, created_at, expires_at)
            values ('t', 'reset_password', '1', 1700000000, 1700001800);
        insert into outbox (id, recipient, subject, body, created_at, next_attempt_at, attempts)
            values ('m', 'sam@example.com', 'Subject', 'Body', 1700000000, 1700000000, 0);",
        hash = hash()
    );
    // Each piece is what a version brought; the fourth took some of it from what was there before it.
    let requests = ["reset_requests", "link_requests"][usize::from(version >= 2)];
    data += &[
        "insert into ",
        requests,
        " (id, email_key, address, user_agent, created_at)
            values ('r', 'sam@example.com', '192.0.2.7', 'Example/1.0', 1700000000);",
    ]
    .concat();
    for (since, more) in [
        (
            2,
            "insert into limits (key, count, blocked_until, expires_at) values ('l', 3, 1700000000, 1700009999);
            insert into known_devices (token_hash, user_id, last_used_at) values ('d', '1', 1700000000);
            update users set email_verified_at = 1700000050 where id = '1';",
        ),
        (3, "update outbox set html = '<p>Body</p>';"),
        (
            4,
            "update users set last_sign_in_at = 1700000200 where id = '1';
            update sessions set authenticated_at = created_at;
            insert into notes (name, value) values ('n', 'v');
            insert into event_days (day, kind, outcome, count) values (19675, 'signed_in', 'success', 2);
            insert into act_reports (user_id, at, act, results) values ('1', 1700000000, 'disable', '[]');",
        ),
        (
            5,
            "insert into signing_keys (kid, public_jwk, created_at, signs_from, signs_until, token_seconds)
                values ('k', '{}', 1700000000, 1700000000, 1700000001, 3600);",
        ),
        (
            6,
            "insert into refresh_tokens (token_hash, session_id, created_at) values ('f', 'a', 1700000100);
            insert into personal_tokens (id, token_hash, user_id, name, scopes, created_at, expires_at)
                values ('p', 'q', '1', 'nightly', 'admin:read', 1700000000, 1700009999);",
        ),
        (7, "update users set external_id = '17' where id = '2';"),
    ] {
        if version >= since {
            data.push_str(more);
        }
    }
    data
}

/// Rows that were there before, of every table that a version had.
async fn is_all_there(world: &World, version: i64) {
    for (since, table, rows) in [
        (1, "users", 2),
        (1, "user_roles", 1),
        (1, "sessions", 2),
        (1, "one_time_tokens", 1),
        (1, "outbox", 1),
        (1, "link_requests", 1),
        (2, "limits", 1),
        (2, "known_devices", 1),
        (4, "notes", 1),
        (4, "event_days", 1),
        (4, "act_reports", 1),
        (5, "signing_keys", 1),
        (6, "refresh_tokens", 1),
        (6, "personal_tokens", 1),
    ] {
        let there = world.look_up(&format!("select cast(count(*) as text) from {table}")).await;
        let expected = if since <= version { rows } else { 0 };
        assert_eq!(there, expected.to_string(), "{table} from version {version}");
    }
    let people =
        world.look_up("select string_agg(id || ' ' || coalesce(last_sign_in_at, 0), ', ' order by id) from users");
    assert_eq!(people.await, "1 1700000200, 2 0", "from version {version}");
    let sessions = "select string_agg(id || ' ' || authenticated_at, ', ' order by id) from sessions";
    assert_eq!(world.look_up(sessions).await, "a 1700000100, b 1700000200", "from version {version}");
}

async fn everybody_is_still_there(engine: Engine) {
    for version in 1..=PRESENT {
        let world = World::upgraded(engine, version, &data_of(version)).await;
        is_all_there(&world, version).await;
        let mut browser = world.anonymous();
        assert_eq!(
            browser.sign_in("sam@example.com", PASSWORD).await.location(),
            "/dashboard",
            "from version {version}"
        );
        assert!(browser.get("/admin").await.says("Overview"), "from version {version}");
        world.end().await;
    }
}

#[tokio::test]
async fn on_sqlite_everybody_is_still_there() {
    everybody_is_still_there(Engine::Sqlite).await;
}

/// The statements of a migration.
fn statements_of(migration: &Migration) -> Vec<String> {
    let lines = migration.sql.as_str().lines().filter(|line| !line.trim_start().starts_with("--"));
    let text = lines.collect::<Vec<_>>().join("\n");
    text.split(';').map(str::trim).filter(|statement| !statement.is_empty()).map(str::to_owned).collect()
}

async fn migrator(engine: Engine) -> Migrator {
    let folder = ["sqlite", "postgres"][usize::from(engine == Engine::Postgres)];
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(folder);
    Migrator::new(folder).await.expect("migrations")
}

/// The migrations up to one, of which that one fails after so many statements.
fn failing_after(migrator: &Migrator, version: i64, statements: usize) -> Migrator {
    let migrations = migrator.iter().filter(|migration| migration.version <= version).map(|migration| {
        if migration.version < version {
            return migration.clone();
        }
        let begun = statements_of(migration)[..statements].join(";\n");
        let sql = AssertSqlSafe(format!("{begun};\nselect this_fails();")).into_sql_str();
        let Migration { description, migration_type, no_tx, .. } = migration.clone();
        Migration::new(version, description, migration_type, sql, no_tx)
    });
    Migrator::with_migrations(migrations.collect())
}

/// Everything about a schema and how much is in it, as text.
async fn everything_sqlite(file: &Path) -> String {
    let options = SqliteConnectOptions::new().filename(file);
    let mut connection = SqliteConnection::connect_with(&options).await.expect("a database");
    let (whole,): (String,) = sqlx::query_as("pragma integrity_check").fetch_one(&mut connection).await.expect("read");
    let rows: Vec<(String, String)> =
        sqlx::query_as("select name, coalesce(sql, '') from sqlite_master order by type, name")
            .fetch_all(&mut connection)
            .await
            .expect("read");
    let (versions,): (String,) = sqlx::query_as(
        "select group_concat(version, ' ') || (select group_concat(id || created_at, ' ') from sessions) from _sqlx_migrations",
    )
    .fetch_one(&mut connection)
    .await
    .expect("read");
    connection.close().await.expect("closed");
    format!("{whole} {rows:?} {versions}")
}

/// What a kill leaves is what is on the disk at that moment: the files are copied in the middle of the transaction, after every
/// statement, with so little memory that much of it has been written already.
#[tokio::test]
async fn on_sqlite_a_kill_leaves_old_or_new() {
    let migrator = migrator(Engine::Sqlite).await;
    let mut spilled = 0;
    for version in 2..=PRESENT {
        let ground = Ground::of_version(Engine::Sqlite, version - 1, &data_of(version - 1)).await;
        let file = ground.folder().join("latchkey.db");
        // As servers have it.
        let options = SqliteConnectOptions::new()
            .filename(&file)
            .journal_mode(sqlx::sqlite::SqliteJournalMode::Wal)
            .pragma("cache_size", "1")
            .pragma("cache_spill", "1");
        let mut connection = SqliteConnection::connect_with(&options).await.expect("a database");
        let old = everything_sqlite(&file).await;
        let migration = migrator.iter().find(|migration| migration.version == version).expect("there");
        let statements = statements_of(migration);
        for count in 1..=statements.len() {
            let mut tx = connection.begin().await.expect("begun");
            for statement in &statements[..count] {
                sqlx::raw_sql(AssertSqlSafe(statement.clone())).execute(&mut *tx).await.expect("run");
            }
            let killed = tempfile::tempdir().expect("a folder");
            for name in ["latchkey.db", "latchkey.db-wal"] {
                if let Ok(bytes) = std::fs::copy(ground.folder().join(name), killed.path().join(name))
                    && name.ends_with("-wal")
                {
                    spilled += u64::from(bytes > 0);
                }
            }
            tx.rollback().await.expect("rolled back");
            let left = killed.path().join("latchkey.db");
            assert_eq!(everything_sqlite(&left).await, old, "version {version} after {count} statements");
            let db = Db::open_file(&left).await.expect("a database");
            db.migrate().await.expect("goes on from there");
            db.close().await;
        }
        connection.close().await.expect("closed");
    }
    assert!(spilled > 10, "most of it was only in memory, so this proves little: {spilled}");
}

/// The migrator does all of a version, its own note included, in one transaction.
#[tokio::test]
async fn on_sqlite_a_failure_leaves_what_was_there() {
    let migrator = migrator(Engine::Sqlite).await;
    for version in 2..=PRESENT {
        let ground = Ground::of_version(Engine::Sqlite, version - 1, &data_of(version - 1)).await;
        let file = ground.folder().join("latchkey.db");
        let old = everything_sqlite(&file).await;
        let migration = migrator.iter().find(|migration| migration.version == version).expect("there");
        for count in 0..=statements_of(migration).len() {
            let mut connection =
                SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(&file)).await.expect("a database");
            failing_after(&migrator, version, count).run(&mut connection).await.expect_err("it fails");
            connection.close().await.expect("closed");
            assert_eq!(everything_sqlite(&file).await, old, "version {version} after {count} statements");
        }
        let world = World::on(ground, |_| ()).await;
        is_all_there(&world, version - 1).await;
        world.end().await;
    }
}

mod postgres {
    use super::*;

    #[tokio::test]
    async fn everybody_is_still_there() {
        super::everybody_is_still_there(Engine::Postgres).await;
    }

    async fn everything(connection: &mut PgConnection) -> String {
        let columns = "select coalesce(string_agg(concat_ws(' ', table_name, column_name, data_type, collation_name, column_default),
            ', ' order by table_name, column_name), '') from information_schema.columns where table_schema = 'public'";
        let indexes = "select coalesce(string_agg(indexdef, ', ' order by indexdef), '') from pg_indexes where schemaname = 'public'";
        let versions = "select string_agg(version::text, ' ' order by version) ||
            (select string_agg(id || created_at, ' ' order by id) from sessions) from _sqlx_migrations";
        let mut all = Vec::new();
        for query in [columns, indexes, versions] {
            let (text,): (String,) = sqlx::query_as(query).fetch_one(&mut *connection).await.expect("read");
            all.push(text);
        }
        all.join("\n")
    }

    #[tokio::test]
    async fn a_failure_leaves_what_was_there() {
        let migrator = migrator(Engine::Postgres).await;
        for version in 2..=PRESENT {
            let ground = Ground::of_version(Engine::Postgres, version - 1, &data_of(version - 1)).await;
            let mut connection = PgConnection::connect(&ground.url).await.expect("a database");
            let old = everything(&mut connection).await;
            let migration = migrator.iter().find(|migration| migration.version == version).expect("there");
            for count in 0..=statements_of(migration).len() {
                // As after a kill, nobody tidies up: the connection is gone.
                let mut killed = PgConnection::connect(&ground.url).await.expect("a database");
                failing_after(&migrator, version, count).run(&mut killed).await.expect_err("it fails");
                drop(killed);
                assert_eq!(everything(&mut connection).await, old, "version {version} after {count} statements");
            }
            connection.close().await.expect("closed");
            let world = World::on(ground, |_| ()).await;
            is_all_there(&world, version - 1).await;
            world.end().await;
        }
    }

    /// The binary itself, killed while it waits in the middle of a version for a table that the test holds.
    #[tokio::test]
    async fn a_kill_leaves_old_or_new() {
        // In the order in which the versions come to them, and to which version each is left.
        for (held, left) in [("users", 1), ("outbox", 2), ("sessions", 3), ("locks", 4)] {
            let ground = Ground::of_version(Engine::Postgres, 1, &data_of(1)).await;
            let mut connection = PgConnection::connect(&ground.url).await.expect("a database");
            if held == "locks" {
                migrator(Engine::Postgres).await.run_to(4, &mut connection).await.expect("migrated");
            }
            let mut tx = connection.begin().await.expect("begun");
            let lock = AssertSqlSafe(format!("lock table {held} in share mode"));
            sqlx::query(lock).execute(&mut *tx).await.expect("held");
            let folder = tempfile::tempdir().expect("a folder");
            let mut child = Command::new(env!("CARGO_BIN_EXE_latchkey"))
                .arg("migrate")
                .current_dir(folder.path())
                .env("DATABASE_URL", &ground.url)
                .stdout(Stdio::null())
                .spawn()
                .expect("it runs");
            let waiting =
                "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
            let waits = async {
                let mut watching = PgConnection::connect(&ground.url).await.expect("a database");
                loop {
                    let (count,): (i64,) = sqlx::query_as(waiting).fetch_one(&mut watching).await.expect("read");
                    if count > 0 {
                        return watching;
                    }
                }
            };
            let mut watching = waits.await;
            child.kill().expect("killed");
            child.wait().expect("gone");
            tx.rollback().await.expect("let go");
            // What it had begun is undone as soon as the server notices; whoever looks waits for the table until then.
            let mut looking = connection.begin().await.expect("begun");
            let lock = AssertSqlSafe(format!("lock table {held} in access exclusive mode"));
            sqlx::query(lock).execute(&mut *looking).await.expect("held");
            let versions = "select max(version) from _sqlx_migrations";
            let (at,): (i64,) = sqlx::query_as(versions).fetch_one(&mut watching).await.expect("read");
            assert_eq!(at, left, "killed before {held}");
            looking.rollback().await.expect("let go");
            watching.close().await.expect("closed");
            connection.close().await.expect("closed");
            let world = World::on(ground, |_| ()).await;
            is_all_there(&world, 1).await;
            world.end().await;
        }
    }
}
