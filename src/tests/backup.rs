//! Backups made while people come and go, and what is put back in place of what.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use latchkey::server::{
    audit::verify,
    config::{Config, Secret},
    random::SystemRandom,
    storage::Db,
    upkeep::{
        UpkeepError,
        backup::{self, Backup},
        restore::{self, Order, Restored},
    },
};
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::sync::Notify;

use crate::support::{Browser, Engine, Ground, OTHER_PASSWORD, PASSWORD, World, at_a_desk};

/// What is done while a backup is made, as it was acknowledged.
#[derive(Debug, Default)]
struct Load {
    done: Mutex<Vec<Act>>,
    one_more: Notify,
    is_over: AtomicBool,
}

/// Somebody who was told that they have an account, and whether also that they are signed in, or were signed out.
#[derive(Clone, Debug)]
struct Act {
    email: String,
    is_signed_in: Option<bool>,
}

impl Load {
    /// Signs people up, and every second one of them out again, until it is over.
    async fn go(self: Arc<Self>, router: axum::Router, name: usize) {
        for number in 0.. {
            if self.is_over.load(Ordering::SeqCst) {
                return;
            }
            let email = format!("p{name}-{number}@example.com");
            let mut browser = Browser::new(router.clone());
            let answer = browser.submit("/api/sign_up", &[("email", &email), ("new_password", PASSWORD)]).await;
            // Where the database is slow they are told that the account is there, and that they sign in themselves.
            assert!(matches!(answer.location(), "/dashboard" | "/sign-in"), "{answer:?}");
            let is_signed_in = (answer.location() == "/dashboard").then_some(number % 2 == 0);
            if is_signed_in == Some(false) {
                browser.submit("/api/sign_out", &[]).await;
            }
            self.done.lock().expect("a lock").push(Act { email, is_signed_in });
            self.one_more.notify_one();
        }
    }

    /// What was acknowledged, once there is so much more of it.
    async fn after(&self, more: usize) -> Vec<Act> {
        let target = self.done.lock().expect("a lock").len() + more;
        loop {
            let done = self.done.lock().expect("a lock").clone();
            if done.len() >= target {
                return done;
            }
            self.one_more.notified().await;
        }
    }
}

fn busy(config: &mut Config) {
    config.network_requests = 60_000;
}

/// Everything acknowledged is there, no half of anything is, and the chain holds.
async fn holds(world: &World, acknowledged: &[Act]) {
    assert_eq!(verify::database(&world.state.db, None).await.expect("read").broken, None);
    for Act { email, is_signed_in } in acknowledged {
        let id = world.id_of(email).await;
        let Some(is_signed_in) = is_signed_in else { continue };
        let live = format!(
            "select cast(count(*) as text) from sessions where user_id = '{id}' and ended_at is {}",
            if *is_signed_in { "null" } else { "not null" }
        );
        assert_eq!(world.look_up(&live).await, "1", "{email}");
    }
    assert!(acknowledged.iter().any(|act| act.is_signed_in.is_some()), "sessions are looked at");
    let without_event = "select cast(count(*) as text) from users where not exists
        (select 1 from events where kind = 'account_created' and outcome = 'success' and target = users.id)";
    assert_eq!(world.look_up(without_event).await, "0");
    let mut browser = world.anonymous();
    let last = acknowledged.last().expect("somebody");
    assert_eq!(browser.sign_in(&last.email, PASSWORD).await.location(), "/dashboard");
}

/// Settings whose database is a file of this name in a folder.
fn settings(folder: &Path, name: &str) -> Config {
    let url = format!("sqlite://{}/{name}", folder.display());
    Config { argon2_memory_kib: 8, argon2_iterations: 1, database_url: Secret::from(&*url), ..Config::default() }
}

async fn back_up(world: &World, file: &Path) -> Result<Backup, UpkeepError> {
    backup::run(&world.state.config, file, &SystemRandom).await
}

async fn restore(config: &Config, backup: &Path) -> Result<Restored, UpkeepError> {
    restore::run(config, &Order { backup: backup.to_owned(), ..Order::default() }).await
}

async fn put_in_place(config: &Config, backup: &Path) -> Result<Restored, UpkeepError> {
    restore::run(config, &Order { backup: backup.to_owned(), replace: true, ..Order::default() }).await
}

/// What somebody with a backup in their hands does.
async fn change(file: &Path, statement: &'static str) {
    let mut connection =
        SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(file)).await.expect("a database");
    sqlx::raw_sql(statement).execute(&mut connection).await.expect("changed");
    connection.close().await.expect("closed");
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("read").map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<String> = entries.map(|name| name.into_string().expect("text")).collect();
    names.sort();
    names
}

/// ASVS 16.4.2 for what is kept of the log, too: the copy is as it was at one moment, and proves itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_under_load_holds_what_was_acknowledged_before_it_began() {
    let world = World::with(Engine::Sqlite, busy).await;
    let load = Arc::new(Load::default());
    let people: Vec<_> = (0..4).map(|name| tokio::spawn(Arc::clone(&load).go(world.router.clone(), name))).collect();
    let folder = tempfile::tempdir().expect("a folder");
    for round in 0..5 {
        let acknowledged = load.after(8).await;
        let file = folder.path().join(format!("backup-{round}"));
        let made = back_up(&world, &file).await.expect("made");
        assert_eq!(made.log.expect("a log").broken, None);
        let name = format!("restored-{round}.db");
        let config = settings(folder.path(), &name);
        let restored = restore(&config, &file).await.expect("restored");
        assert_eq!((restored.kept, restored.log.broken), (None, None));
        let ground = Ground::at(config.database_url.expose());
        let again = World::on(ground, busy).await;
        holds(&again, &acknowledged).await;
        again.end().await;
    }
    // Whoever came meanwhile was served, and goes on being.
    load.after(8).await;
    load.is_over.store(true, Ordering::SeqCst);
    for person in people {
        person.await.expect("nobody was refused");
    }
    world.end().await;
}

/// Whether anybody but the owner may read or write a file.
#[cfg(unix)]
fn is_private(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(file).expect("there").permissions().mode() & 0o777 == 0o600
}

#[cfg(not(unix))]
fn is_private(_: &Path) -> bool {
    true
}

/// Gives a file to somebody, where that may be done: only the administrator of a machine may.
#[cfg(unix)]
fn give_away(file: &Path) -> (u32, u32) {
    let _ = std::os::unix::fs::chown(file, Some(4321), Some(1234));
    owner(file)
}

#[cfg(unix)]
fn owner(file: &Path) -> (u32, u32) {
    let its = std::fs::metadata(file).expect("there");
    (std::os::unix::fs::MetadataExt::uid(&its), std::os::unix::fs::MetadataExt::gid(&its))
}

#[cfg(not(unix))]
fn give_away(_: &Path) {}

#[cfg(not(unix))]
fn owner(_: &Path) {}

/// ASVS 14.2.4: what holds everybody's hashes is for the owner alone.
#[tokio::test]
async fn a_backup_is_one_private_file_and_overwrites_nothing() {
    let world = World::with(Engine::Sqlite, at_a_desk).await;
    world.sign_up("sam@example.com").await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("backup");
    let made = back_up(&world, &file).await.expect("made");
    let bytes = std::fs::read(&file).expect("there");
    assert_eq!((made.bytes, made.schema), (bytes.len() as u64, 7));
    assert!(is_private(&file) && names(folder.path()) == ["backup"]);
    let refused = back_up(&world, &file).await.expect_err("it is there");
    assert!(matches!(refused, UpkeepError::IsThere(_)), "{refused}");
    assert_eq!(std::fs::read(&file).expect("there"), bytes);
    let nowhere = back_up(&world, &folder.path().join("none/backup")).await.expect_err("no such folder");
    assert!(matches!(nowhere, UpkeepError::File { .. }), "{nowhere}");
    assert_eq!(names(folder.path()), ["backup"]);
    world.end().await;
}

/// A broken log is worth a backup, and said.
#[tokio::test]
async fn what_is_broken_is_backed_up_and_restored_when_told_to() {
    let world = World::with(Engine::Sqlite, at_a_desk).await;
    world.sign_up("sam@example.com").await;
    world.mail_to("sam@example.com").await;
    world.tamper("update events set kind = 'signed_out' where sequence = 1").await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("backup");
    let made = back_up(&world, &file).await.expect("made");
    assert_eq!(made.log.expect("a log").broken.expect("broken").sequence, Some(1));
    let config = settings(folder.path(), "latchkey.db");
    let refused = restore(&config, &file).await.expect_err("broken");
    assert!(matches!(refused, UpkeepError::BrokenLog(..)), "{refused}");
    assert_eq!(names(folder.path()), ["backup"]);
    let order = Order { backup: file, accept_broken_log: true, ..Order::default() };
    let restored = restore::run(&config, &order).await.expect("restored");
    assert_eq!(restored.log.broken.expect("broken").sequence, Some(1));
    world.end().await;
}

/// What is restored is as it was: whoever was signed in is, and what came later is kept beside it.
#[tokio::test]
async fn a_backup_takes_the_place_of_what_was_there() {
    let world = World::with(Engine::Sqlite, at_a_desk).await;
    let sam = world.sign_up("sam@example.com").await;
    let program = world.program_of("sam@example.com").await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("backup");
    back_up(&world, &file).await.expect("made");

    let mut changing = sam.browser.clone();
    let fields = [("password", PASSWORD), ("new_password", OTHER_PASSWORD)];
    changing.submit("/api/change_password", &fields).await;
    world.sign_up("kim@example.com").await;
    let config = world.state.config.as_ref().clone();
    let in_use = put_in_place(&config, &file).await.expect_err("the server runs");
    assert!(matches!(in_use, UpkeepError::InUse(_)), "{in_use}");
    assert!(world.anonymous().sign_in("kim@example.com", PASSWORD).await.location() == "/dashboard", "it goes on");

    let ground = world.leave().await;
    let refused = restore(&config, &file).await.expect_err("one is there");
    assert!(matches!(refused, UpkeepError::WouldReplace(_)), "{refused}");
    let itself = put_in_place(&config, &ground.folder().join("latchkey.db")).await.expect_err("the same");
    assert!(matches!(itself, UpkeepError::Itself(_)), "{itself}");
    assert_eq!(names(&ground.folder()), ["latchkey.db", "latchkey.db.key"]);

    let database = ground.folder().join("latchkey.db");
    let before = give_away(&database);
    let restored = put_in_place(&config, &file).await.expect("restored");
    let kept = restored.kept.expect("kept");
    assert!(is_private(&database));
    assert_eq!(owner(&database), before, "the server can open it, whoever restored it");
    let kept_name = kept.file_name().expect("a name").to_str().expect("text").to_owned();
    assert_eq!(names(&ground.folder()), ["latchkey.db", "latchkey.db.key", &kept_name]);

    let world = World::on(ground, at_a_desk).await;
    assert!(world.anonymous().sign_in("kim@example.com", PASSWORD).await.location() != "/dashboard", "came later");
    let mut browser = world.anonymous();
    assert_eq!(browser.sign_in("sam@example.com", PASSWORD).await.location(), "/dashboard");
    let mut browser = world.anonymous();
    browser.cookies.clone_from(&sam.browser.cookies);
    assert!(browser.is_signed_in().await);
    let me = world.program().with_token(program.token.as_deref().expect("a token")).get("/users/me").await;
    assert_eq!(me.json()["email"], "sam@example.com", "the key file is still beside it");
    let event =
        world.look_up("select detail from events where kind = 'backup_restored' and sequence is not null").await;
    assert!(event.contains("\"file\":\"backup\"") && event.contains("\"schema\":\"7, now 7\""), "{event}");

    let before = World::on(Ground::at(&format!("sqlite://{}", kept.display())), at_a_desk).await;
    assert_eq!(before.anonymous().sign_in("kim@example.com", PASSWORD).await.location(), "/dashboard");
    before.end().await;
    world.end().await;
}

/// Whatever is no whole database of ours changes nothing.
#[tokio::test]
async fn what_is_no_backup_is_refused_and_leaves_nothing() {
    let world = World::with(Engine::Sqlite, at_a_desk).await;
    world.sign_up("sam@example.com").await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str| folder.path().join(name);
    back_up(&world, &file("whole")).await.expect("made");
    let bytes = std::fs::read(file("whole")).expect("there");
    std::fs::write(file("empty"), "").expect("written");
    std::fs::write(file("text"), "users: none\n".repeat(1_000)).expect("written");
    std::fs::write(file("half"), &bytes[..bytes.len() / 2]).expect("written");
    let mut scratched = bytes.clone();
    let middle = scratched.len() / 2;
    scratched[middle..middle + 8_192].fill(0xa5);
    std::fs::write(file("scratched"), scratched).expect("written");
    let app = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tests/fixtures/stores/app.db");
    std::fs::copy(app, file("foreign")).expect("copied");
    for (name, statement) in [
        ("newer", "insert into _sqlx_migrations values (9999, 'later', '2030-01-01', 1, x'00', 0)"),
        ("other", "update _sqlx_migrations set checksum = x'00' where version = 3"),
        ("loose", "pragma foreign_keys = off; insert into user_roles values ('nobody', 'admin', 0)"),
    ] {
        back_up(&world, &file(name)).await.expect("made");
        change(&file(name), statement).await;
    }
    std::fs::write(file("accompanied"), &bytes).expect("written");
    std::fs::write(file("accompanied-wal"), "more").expect("written");
    let before = names(folder.path());
    let config = settings(folder.path(), "latchkey.db");
    for (name, complaint) in [
        ("none", "there is no database at"),
        ("empty", "is no database of Latchkey"),
        ("text", "is damaged"),
        ("half", "is damaged"),
        ("scratched", "is damaged"),
        ("foreign", "is no database of Latchkey"),
        ("newer", "was made by a newer version"),
        ("other", "is no database of Latchkey"),
        ("loose", "is damaged: a row of user_roles"),
        ("accompanied", "accompanied-wal is beside it"),
    ] {
        let refused = restore(&config, &file(name)).await.expect_err(name).to_string();
        assert!(refused.contains(complaint), "{name}: {refused}");
        assert_eq!(names(folder.path()), before, "{name}");
    }
    // What is left of another database would be taken for a part of this one.
    std::fs::write(file("latchkey.db-wal"), "more").expect("written");
    let refused = restore(&config, &file("whole")).await.expect_err("a remainder").to_string();
    assert!(refused.contains("latchkey.db-wal is left of another database"), "{refused}");
    world.end().await;
}

/// A backup comes before an upgrade, so it upgrades nothing; put back, it is brought up to date.
#[tokio::test]
async fn an_older_database_is_backed_up_as_it_is() {
    for version in 1..=7 {
        let person = "insert into users (id, email, email_key, credential_version, created_at)
            values ('1', 'sam@example.com', 'sam@example.com', 0, 1700000000)";
        let ground = Ground::of_version(Engine::Sqlite, version, person).await;
        let config = Config { database_url: Secret::from(&*ground.url), ..Config::default() };
        let file = ground.folder().join("backup");
        let made = backup::run(&config, &file, &SystemRandom).await.expect("made");
        assert_eq!((made.schema, made.log.is_some()), (version, version >= 4));
        let now = backup::run(&config, &ground.folder().join("again"), &SystemRandom).await.expect("made");
        assert_eq!(now.schema, version, "as it was");
        let restored = put_in_place(&config, &file).await.expect("restored");
        assert_eq!((restored.schema, restored.log.broken), (version, None));
        let world = World::on(ground, at_a_desk).await;
        assert_eq!(world.id_of("sam@example.com").await, "1");
        world.end().await;
    }
}

mod postgres {
    use super::*;

    fn done(command: &mut Command) {
        let output = command.output().expect("PostgreSQL's programs are in the path");
        assert!(output.status.success(), "{output:?}");
    }

    /// The commands that `docs/backup.md` names, under the same load.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn pg_dump_under_load_holds_what_was_acknowledged_before_it_began() {
        let world = World::with(Engine::Postgres, busy).await;
        let load = Arc::new(Load::default());
        let people: Vec<_> =
            (0..4).map(|name| tokio::spawn(Arc::clone(&load).go(world.router.clone(), name))).collect();
        let folder = tempfile::tempdir().expect("a folder");
        for round in 0..3 {
            let acknowledged = load.after(8).await;
            let file: PathBuf = folder.path().join(format!("backup-{round}"));
            let from = world.state.config.database_url.expose().to_owned();
            let ground = Ground::new(Engine::Postgres).await;
            let to = ground.url.clone();
            tokio::task::spawn_blocking(move || {
                done(Command::new("pg_dump").args(["--format=custom", "--file"]).arg(&file).arg(from));
                let options = ["--no-owner", "--single-transaction", "--exit-on-error"];
                done(Command::new("pg_restore").args(options).arg(format!("--dbname={to}")).arg(&file));
            })
            .await
            .expect("done");
            let again = World::on(ground, busy).await;
            holds(&again, &acknowledged).await;
            again.end().await;
        }
        load.is_over.store(true, Ordering::SeqCst);
        for person in people {
            person.await.expect("nobody was refused");
        }
        world.end().await;
    }

    #[tokio::test]
    async fn what_is_on_a_server_is_no_file() {
        let world = World::with(Engine::Postgres, at_a_desk).await;
        let refused = back_up(&world, Path::new("backup")).await.expect_err("a server");
        assert!(matches!(refused, UpkeepError::NoFile), "{refused}");
        let refused = restore(&world.state.config, Path::new("backup")).await.expect_err("a server");
        assert!(matches!(refused, UpkeepError::NoFile), "{refused}");
        assert!(Db::file(world.state.config.database_url.expose()).is_none());
        world.end().await;
    }
}

/// A link stays one, and what it leads to is replaced; a damaged database is not, and what helps is said.
#[cfg(unix)]
#[tokio::test]
async fn links_are_followed_and_damage_is_named() {
    let world = World::with(Engine::Sqlite, busy).await;
    world.sign_up("sam@example.com").await;
    let folder = tempfile::tempdir().expect("a folder");
    let backup = folder.path().join("backup.db");
    back_up(&world, &backup).await.expect("a backup");

    let volume = tempfile::tempdir().expect("a folder");
    put_in_place(&settings(volume.path(), "real.db"), &backup).await.expect("restored");
    std::os::unix::fs::symlink(volume.path().join("real.db"), folder.path().join("linked.db")).expect("a link");
    let linked = settings(folder.path(), "linked.db");
    put_in_place(&linked, &backup).await.expect("restored");
    assert!(folder.path().join("linked.db").is_symlink());
    assert!(
        names(volume.path()).iter().any(|name| name.starts_with("real.db.replaced-")),
        "{:?}",
        names(volume.path())
    );

    std::fs::write(volume.path().join("real.db"), "SQLite format 3\0 and nothing more".repeat(99)).expect("written");
    let refused = put_in_place(&linked, &backup).await.expect_err("damaged").to_string();
    assert!(refused.contains("Move it away"), "{refused}");
    world.end().await;
}
