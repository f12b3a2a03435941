//! From one engine to the other, and back: everything is there, and nothing is where something was wrong.

use latchkey::server::{
    audit::verify,
    config::{Config, Secret},
    flows::seed,
    storage::Db,
    upkeep::{
        UpkeepError,
        moving::{self, Moved, Order},
    },
};

use sqlx::{Connection, PgConnection};

use crate::support::{Engine, Ground, PASSWORD, World, at_a_desk};

/// People and sessions beside those that tests sign in as: more than one statement carries.
const MANY: u32 = 700;

async fn move_to(config: &Config, to: &Ground) -> Result<Moved, UpkeepError> {
    let order = Order { to: to.url.clone(), ..Order::default() };
    let mut shown = (0, 0);
    let outcome = moving::run(config, &order, |done, total| {
        assert!(shown.0 <= done && done <= total, "{shown:?} and then {done} of {total}");
        shown = (done, total);
    })
    .await;
    if let Ok(moved) = &outcome {
        assert_eq!(shown, (moved.rows, moved.rows));
    }
    outcome
}

/// What nothing was written to is still empty, and can be moved to.
async fn is_empty(ground: &Ground) -> bool {
    if let Some(file) = Db::file(&ground.url) {
        return !file.exists() && std::fs::read_dir(ground.folder()).expect("read").count() == 0;
    }
    let Db::Postgres(pool) = Db::connect(&ground.url).await.expect("a database") else { return false };
    let tables = "select count(*) from information_schema.tables where table_schema = 'public'";
    let (count,): (i64,) = sqlx::query_as(tables).fetch_one(&pool).await.expect("read");
    pool.close().await;
    count == 0
}

/// One row a table: its name and how many rows it has.
async fn counts(world: &World) -> Vec<String> {
    let tables = match world.state.db {
        Db::Sqlite { .. } => {
            "select group_concat(name, ' ') from (select name from sqlite_master where type = 'table'
             and name not like 'sqlite%' and name <> '_sqlx_migrations' order by name)"
        }
        Db::Postgres(_) => {
            "select string_agg(table_name, ' ' order by table_name) from information_schema.tables
             where table_schema = 'public' and table_name <> '_sqlx_migrations'"
        }
    };
    let mut counts = Vec::new();
    for table in world.look_up(tables).await.split(' ') {
        counts.push(format!("{table} {}", world.look_up(&format!("select cast(count(*) as text) from {table}")).await));
    }
    counts
}

async fn moves(from: Engine, to: Engine) {
    let world = World::with(from, at_a_desk).await;
    let sam = world.administrator("sam@example.com").await;
    let gone = world.sign_up("gone@example.com").await;
    gone.browser.clone().submit("/api/sign_out", &[]).await;
    let mut program = world.new_program("kim@example.com").await;
    let personal = program.personal(&["account:read"]).await;
    let wrong = world.anonymous().sign_in("sam@example.com", "not the password").await;
    assert_ne!(wrong.location(), "/dashboard");
    world.anonymous().submit("/api/forgot_password", &[("email", "sam@example.com")]).await;
    let config = world.state.config.as_ref().clone();
    seed::run(config.clone(), world.state.db.clone(), MANY, MANY, |_, _| ()).await.expect("seeded");
    let letters = world.mail_to("sam@example.com").await;
    let before = counts(&world).await;
    // Nothing of what there is goes without saying.
    for table in [
        "users",
        "user_roles",
        "sessions",
        "one_time_tokens",
        "outbox",
        "limits",
        "known_devices",
        "events",
        "audit_chain",
        "event_days",
        "locks",
        "signing_keys",
        "refresh_tokens",
        "personal_tokens",
    ] {
        assert!(
            before.iter().any(|count| count.starts_with(&format!("{table} ")) && !count.ends_with(" 0")),
            "{table}"
        );
    }
    let target = Ground::new(to).await;
    let in_use = move_to(&config, &target).await.expect_err("the server runs");
    assert!(matches!(in_use, UpkeepError::InUse(_) | UpkeepError::Connected(_)), "{in_use}");
    assert!(is_empty(&target).await);

    let secret = match from {
        Engine::Postgres => config.secret_key.clone().expect("set"),
        Engine::Sqlite => {
            let mut key = Db::file(config.database_url.expose()).expect("a file");
            key.as_mut_os_string().push(".key");
            Secret::from(std::fs::read_to_string(key).expect("made").trim())
        }
    };
    let source = world.leave().await;
    let moved = move_to(&config, &target).await.expect("moved");
    let engines = if to == Engine::Sqlite { "SQLite" } else { "PostgreSQL" };
    assert_eq!((moved.engine, &moved.log.broken, moved.log.unsealed), (engines, &None, 0));
    let again = move_to(&config, &target).await.expect_err("there is something");
    assert!(matches!(again, UpkeepError::NotEmpty(_) | UpkeepError::IsThere(_)), "{again}");

    let world = World::on(target, |config| config.secret_key = Some(secret)).await;
    let mut after = counts(&world).await;
    // The moving itself is an event, of a kind and a day of its own.
    assert_eq!(after.len(), before.len());
    after.retain(|count| !before.contains(count));
    assert!(after.len() == 2 && after[0].starts_with("event_days ") && after[1].starts_with("events "), "{after:?}");
    let event = world.look_up("select detail from events where kind = 'database_moved' and sequence is not null").await;
    assert!(event.contains(&format!("\"rows\":\"{}\"", moved.rows)), "{event}");
    assert_eq!(verify::database(&world.state.db, None).await.expect("read").broken, None);

    // Whoever was signed in is, whoever was not is not; links and tokens are good once more, or once.
    let mut browser = world.anonymous();
    browser.cookies.clone_from(&sam.browser.cookies);
    assert!(browser.get("/admin").await.says("Overview"));
    let mut browser = world.anonymous();
    browser.cookies.clone_from(&gone.browser.cookies);
    assert!(!browser.is_signed_in().await);
    let token = program.token.clone().expect("a token");
    let me = world.program().with_token(&token).get("/users/me").await;
    assert_eq!(me.json()["email"], "kim@example.com", "signed by the same key");
    let me = world.program().with_token(personal.token.as_deref().expect("a token")).get("/users/me").await;
    assert_eq!(me.json()["email"], "kim@example.com");
    let mut renewed = world.program();
    renewed.refresh_token.clone_from(&program.refresh_token);
    program.take(&renewed.refresh().await);
    let link = letters.iter().find(|mail| mail.body.contains("/reset-password?token=")).expect("a link").link();
    assert!(world.anonymous().visit(&link).await.says("Choose a new password"));
    assert_eq!(world.mail_to("sam@example.com").await.len(), letters.len(), "no mail is written twice");

    // And whoever comes is served.
    let mut new = world.sign_up("new@example.com").await;
    assert!(new.browser.is_signed_in().await);
    assert_ne!(
        world
            .anonymous()
            .submit("/api/sign_up", &[("email", "SAM@example.com"), ("new_password", PASSWORD)])
            .await
            .location(),
        "/dashboard"
    );
    assert_eq!(verify::database(&world.state.db, None).await.expect("read").broken, None);
    world.end().await;

    // What was left is as it was.
    let world = World::on(source, at_a_desk).await;
    assert_eq!(counts(&world).await, before);
    world.end().await;
}

/// A target is as it was after each refusal.
async fn refuses(from: Engine, to: Engine) {
    let world = World::with(from, at_a_desk).await;
    world.sign_up("sam@example.com").await;
    world.mail_to("sam@example.com").await;
    let config = world.state.config.as_ref().clone();
    let target = Ground::new(to).await;

    // A table that nobody here knows, with a column of another kind.
    world.tamper("create table notes_of_ours (id text primary key, price real)").await;
    let mut source = world.leave().await;
    let odd = move_to(&config, &target).await.expect_err("another table");
    assert!(matches!(&odd, UpkeepError::OtherTable(table) if table == "notes_of_ours"), "{odd}");
    assert!(is_empty(&target).await);

    let world = World::on(source, at_a_desk).await;
    world.tamper("drop table notes_of_ours; update events set kind = 'signed_out' where sequence = 1").await;
    source = world.leave().await;
    let broken = move_to(&config, &target).await.expect_err("broken");
    assert!(matches!(broken, UpkeepError::BrokenLog(..)), "{broken}");
    assert!(is_empty(&target).await);
    let order = Order { to: target.url.clone(), accept_broken_log: true, ..Order::default() };
    let moved = moving::run(&config, &order, |_, _| ()).await.expect("moved");
    assert_eq!(moved.log.broken.expect("broken").sequence, Some(1));
    source.end().await;
    target.end().await;

    let (old, target) = (Ground::of_version(from, 6, "").await, Ground::new(to).await);
    let config = Config { database_url: Secret::from(&*old.url), ..config };
    let refused = move_to(&config, &target).await.expect_err("an older one");
    assert!(matches!(refused, UpkeepError::Older(_)), "{refused}");
    assert!(is_empty(&target).await);
    let nothing = Config { database_url: Secret::from(&*target.url), ..config };
    if to == Engine::Postgres {
        let refused = move_to(&nothing, &Ground::at("sqlite:///nowhere/latchkey.db")).await.expect_err("nothing");
        assert!(matches!(refused, UpkeepError::NotOurs(_)), "{refused}");
    }
    old.end().await;
    target.end().await;
}

mod postgres {
    use super::*;

    #[tokio::test]
    async fn everything_moves_from_sqlite() {
        moves(Engine::Sqlite, Engine::Postgres).await;
    }

    #[tokio::test]
    async fn everything_moves_to_sqlite() {
        moves(Engine::Postgres, Engine::Sqlite).await;
    }

    #[tokio::test]
    async fn what_is_wrong_in_sqlite_moves_nothing() {
        refuses(Engine::Sqlite, Engine::Postgres).await;
    }

    #[tokio::test]
    async fn what_is_wrong_in_postgresql_moves_nothing() {
        refuses(Engine::Postgres, Engine::Sqlite).await;
    }

    /// Half-way through the tables: what SQLite takes for a text or a number, and PostgreSQL does not.
    #[tokio::test]
    async fn what_does_not_fit_leaves_nothing_behind() {
        for (change, table) in [
            ("update users set username = 'a' || char(0), username_key = 'a' || char(0)", "users"),
            ("update sessions set created_at = 'yesterday'", "sessions"),
            ("update outbox set subject = cast(x'ff' as text)", "outbox"),
        ] {
            let world = World::with(Engine::Sqlite, at_a_desk).await;
            world.administrator("sam@example.com").await;
            world.anonymous().submit("/api/forgot_password", &[("email", "sam@example.com")]).await;
            assert!(!world.mail_to("sam@example.com").await.is_empty());
            assert!(world.tamper(change).await > 0, "{change}");
            let config = world.state.config.as_ref().clone();
            let source = world.leave().await;
            let target = Ground::new(Engine::Postgres).await;
            let refused = move_to(&config, &target).await.expect_err("no text");
            assert!(matches!(&refused, UpkeepError::Row(name, _) if name == table), "{change}: {refused}");
            assert!(is_empty(&target).await, "{change}");
            source.end().await;
            target.end().await;
        }
    }

    /// Somebody else's tables are in nobody's way, and nobody's to mix with.
    #[tokio::test]
    async fn what_is_not_empty_is_left_alone() {
        let world = World::with(Engine::Sqlite, at_a_desk).await;
        let config = world.state.config.as_ref().clone();
        let source = world.leave().await;
        let target = Ground::new(Engine::Postgres).await;
        let Db::Postgres(pool) = Db::connect(&target.url).await.expect("a database") else { unreachable!() };
        sqlx::raw_sql("create table orders (id bigint); insert into orders values (7)")
            .execute(&pool)
            .await
            .expect("made");
        let refused = move_to(&config, &target).await.expect_err("a table");
        assert!(matches!(&refused, UpkeepError::NotEmpty(table) if table == "orders"), "{refused}");
        let tables = "select count(*) from information_schema.tables where table_schema = 'public'";
        let (count,): (i64,) = sqlx::query_as(tables).fetch_one(&pool).await.expect("read");
        assert_eq!(count, 1);
        pool.close().await;
        source.end().await;
        target.end().await;
    }

    /// Whether somebody else who would write, and would not wait, is refused at this moment.
    fn cannot_write(url: String) -> bool {
        let tries = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let mut connection = PgConnection::connect(&url).await.expect("a database");
                let write = "begin; lock table users in row exclusive mode nowait";
                let refused = sqlx::raw_sql(write).execute(&mut connection).await.err();
                refused.and_then(|error| error.as_database_error()?.code().map(|code| code == "55P03"))
            })
        });
        tries.join().expect("tried").unwrap_or_default()
    }

    /// A connection that is no node of ours is said to be none; whoever writes then waits until all is over.
    #[tokio::test]
    async fn who_is_connected_must_be_known() {
        let world = World::with(Engine::Postgres, at_a_desk).await;
        world.sign_up("sam@example.com").await;
        let target = Ground::new(Engine::Sqlite).await;
        let config = world.state.config.as_ref().clone();
        let refused = move_to(&config, &target).await.expect_err("a node");
        assert!(matches!(refused, UpkeepError::Connected(others) if others > 0), "{refused}");
        assert!(is_empty(&target).await);
        let order = Order { to: target.url.clone(), ignore_connections: true, ..Order::default() };
        let mut was_refused = None;
        let moved = moving::run(&config, &order, |_, _| {
            was_refused.get_or_insert_with(|| cannot_write(config.database_url.expose().to_owned()));
        });
        moved.await.expect("moved");
        assert_eq!(was_refused, Some(true), "it would have been left behind");
        let mut later = world.sign_up("later@example.com").await;
        assert!(later.browser.is_signed_in().await, "and let go on afterwards");
        world.end().await;
    }
}
