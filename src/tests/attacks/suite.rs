//! What an attack is, how its single tries are counted, and how it is proven that a success would be noticed. Must not know what
//! any attack does.

use std::{
    cell::RefCell,
    future::Future,
    pin::Pin,
    sync::atomic::{AtomicUsize, Ordering},
};

use axum::{Router, extract::Request, middleware::Next, response::Response};
use latchkey::server::{
    config::Config,
    storage::{Conn, Db},
};
use libtest_mimic::{Failed, Trial};
use tokio::sync::Notify;

use crate::support::{Engine, World};

/// Tries of all attacks, and how many of them succeeded.
static TRIED: AtomicUsize = AtomicUsize::new(0);
static SUCCEEDED: AtomicUsize = AtomicUsize::new(0);
/// So many successes of one attack are told of one by one.
const TOLD: usize = 12;

/// Something under way.
pub type Work<'w> = Pin<Box<dyn Future<Output = ()> + 'w>>;

/// A bug, and what puts it into a world.
pub struct Bug {
    pub name: &'static str,
    pub plant: for<'w> fn(&'w mut World) -> Work<'w>,
}

/// An attack: many tries of one kind.
pub struct Attack {
    pub module: &'static str,
    pub name: &'static str,
    pub settings: fn(&mut Config),
    pub run: for<'w> fn(&'w World, &'w Record) -> Work<'w>,
    /// With each of these the attack has to succeed.
    pub bugs: &'static [Bug],
}

/// Defines the attacks of a file: `with(settings) caught_by(bug, …) async fn name(world, record) { … }`.
macro_rules! attacks {
    ($(
        $(#[$meta:meta])*
        with($settings:path) caught_by($($bug:path),+) async fn $name:ident($world:ident, $record:ident) $body:block
    )*) => {
        pub const ATTACKS: &[$crate::suite::Attack] = &[$($crate::suite::Attack {
            module: module_path!(),
            name: stringify!($name),
            settings: $settings,
            run: |world, record| Box::pin($name(world, record)),
            bugs: &[$($crate::suite::Bug { name: stringify!($bug), plant: |world| Box::pin($bug(world)) }),+],
        }),*];
        $($(#[$meta])* async fn $name($world: &$crate::support::World, $record: &$crate::suite::Record) $body)*
    };
}
pub(crate) use attacks;

/// What became of the tries of one attack.
#[derive(Default)]
pub struct Record {
    is_control: bool,
    tried: AtomicUsize,
    successes: RefCell<Vec<String>>,
    succeeded: Notify,
}

impl Record {
    /// Takes one try down: whether it was held off, and what it was.
    pub fn held(&self, is_held: bool, what: impl FnOnce() -> String) {
        self.tried.fetch_add(1, Ordering::Relaxed);
        if !is_held {
            self.successes.borrow_mut().push(what());
            self.succeeded.notify_one();
        }
    }

    /// Whether this is the same attack on a world with a bug: for the few attacks that bring the broken part along themselves.
    pub fn is_control(&self) -> bool {
        self.is_control
    }
}

/// The trials of an attack: on each engine, and with each bug.
pub fn trials(attack: &'static Attack) -> Vec<Trial> {
    let kind = attack.module.rsplit("::").next().unwrap_or_default();
    let mut trials = Vec::new();
    for (engine, name) in [(Engine::Sqlite, "sqlite"), (Engine::Postgres, "postgres")] {
        let name = format!("{name}::{kind}::{}", attack.name);
        trials.push(Trial::test(name, move || blocking(on_engine(attack, engine))));
    }
    for bug in attack.bugs {
        let name = format!("control::{kind}::{}::{}", attack.name, bug.name);
        trials.push(Trial::test(name, move || blocking(with_bug(attack, bug))));
    }
    trials
}

/// The last line.
pub fn figure() -> String {
    format!("{} attacks, {} succeeded", TRIED.load(Ordering::Relaxed), SUCCEEDED.load(Ordering::Relaxed))
}

fn blocking(work: impl Future<Output = Result<(), Failed>>) -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(work)
}

async fn on_engine(attack: &Attack, engine: Engine) -> Result<(), Failed> {
    let world = World::with(engine, attack.settings).await;
    let record = Record::default();
    (attack.run)(&world, &record).await;
    world.end().await;
    let (tried, successes) = (record.tried.load(Ordering::Relaxed), record.successes.into_inner());
    TRIED.fetch_add(tried, Ordering::Relaxed);
    SUCCEEDED.fetch_add(successes.len(), Ordering::Relaxed);
    if tried == 0 {
        return Err("nothing was tried".into());
    }
    if successes.is_empty() {
        return Ok(());
    }
    let told: Vec<&str> = successes.iter().take(TOLD).map(String::as_str).collect();
    Err(format!("{} of {tried} succeeded:\n- {}", successes.len(), told.join("\n- ")).into())
}

async fn with_bug(attack: &Attack, bug: &Bug) -> Result<(), Failed> {
    let mut world = World::with(Engine::Sqlite, attack.settings).await;
    (bug.plant)(&mut world).await;
    let record = Record { is_control: true, ..Record::default() };
    {
        let mut run = (attack.run)(&world, &record);
        tokio::select! {
            () = &mut run => {}
            () = record.succeeded.notified() => {}
        }
    }
    world.end().await;
    if record.successes.borrow().is_empty() {
        return Err("the bug was planted, and no try noticed it".into());
    }
    Ok(())
}

impl World {
    /// Puts something between everybody and the server.
    pub fn wrap<F, Fut>(&mut self, layer: F)
    where
        F: Fn(Request, Next) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Response> + Send + 'static,
    {
        let inner = std::mem::take(&mut self.router);
        self.router = Router::new().fallback_service(inner).layer(axum::middleware::from_fn(layer));
    }
}

/// Statements that a double executes with the database in its hands.
pub async fn execute(db: &Db, sql: String) {
    let sql = sqlx::raw_sql(sqlx::AssertSqlSafe(sql));
    match &mut db.write().await.expect("a connection") {
        Conn::Sqlite(lent) => drop(sql.execute(lent.ask().connection().await.expect("there")).await.expect("executed")),
        Conn::Postgres(pooled, _) => drop(sql.execute(&mut **pooled).await.expect("executed")),
    }
}

/// A request taken apart by a double: its body read, and itself whole again.
pub async fn read(request: Request) -> (Request, String) {
    let (parts, body) = request.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    (Request::from_parts(parts, bytes.into()), text)
}

/// An answer taken apart by a double, to be changed.
pub async fn read_answer(answer: Response) -> (axum::http::response::Parts, String) {
    let (mut parts, body) = answer.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    parts.headers.remove(axum::http::header::CONTENT_LENGTH);
    (parts, String::from_utf8_lossy(&bytes).into_owned())
}

/// A person's account with everything theirs, as one line: whoever changes something of it changes the line.
pub async fn state_of(world: &World) -> String {
    world
        .look_up(
            "select (select count(*) from users) || '/' || (select coalesce(sum(credential_version), 0) from users)
             || '/' || (select count(*) from users where disabled_at is not null or deletion_at is not null)
             || '/' || (select count(*) from users where wanted_email is not null or email_verified_at is not null)
             || '/' || (select coalesce(sum(length(coalesce(email, '') || coalesce(username, ''))), 0) from users)
             || '/' || (select count(*) from sessions) || '/' || (select count(*) from sessions where ended_at is null)
             || '/' || (select count(*) from user_roles) || '/' || (select count(*) from outbox)
             || '/' || (select count(*) from personal_tokens where revoked_at is null)",
        )
        .await
}
