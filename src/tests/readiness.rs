//! Whether the server can serve, as whatever sends it requests asks, and why not.

use std::sync::Arc;

use axum::{
    body::Body,
    http::{StatusCode, header},
};
use latchkey::server::{
    config::{Config, Environment, Secret},
    http::router,
    random::SystemRandom,
    state::AppState,
    storage::Db,
    tokens::keys,
};

use sqlx::{Connection, PgConnection};

use crate::support::{Answer, Browser, World, on_both_engines};

/// Another process on the same database, with other settings.
async fn another(world: &World, url: &str, change: impl FnOnce(&mut Config)) -> AppState {
    let mut config = world.state.config.as_ref().clone();
    change(&mut config);
    let db = Db::connect(url).await.expect("a database");
    AppState::with_seams(config, db, world.clock.clone(), Arc::new(SystemRandom)).expect("a state")
}

async fn ask(state: &AppState) -> Answer {
    let mut browser = Browser::new(router::build(state.clone()));
    let request = browser.request(axum::http::Method::GET, "/health/ready").body(Body::empty());
    browser.send(request.expect("a request")).await
}

fn reasons(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{answer:?}");
    assert_eq!(answer.problem(), "unavailable");
    assert!(answer.headers.contains_key(header::RETRY_AFTER), "{answer:?}");
    let reasons = answer.json()["reasons"].as_array().expect("reasons").clone();
    reasons.iter().map(|reason| reason.as_str().expect("text").to_owned()).collect()
}

fn url(world: &World) -> &str {
    world.state.config.database_url.expose()
}

on_both_engines! {
    async fn a_server_that_can_serve_says_so(world) {
        let answer = world.program().get("/health/ready").await;
        assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, r#"{"status":"ready"}"#));
    }

    /// ASVS 16.5.1: that, and nothing of what is behind it. The process itself is alive.
    async fn a_database_that_is_away_is_the_reason(world) {
        world.state.db.close().await;
        let answer = world.program().get("/health/ready").await;
        assert_eq!(reasons(&answer), ["database"]);
        assert!(!answer.body.contains("latchkey.db") && !answer.body.contains("postgres"), "{answer:?}");
        assert_eq!(world.program().get("/health").await.body, r#"{"status":"ok"}"#);
    }

    async fn a_schema_that_is_older_is_the_reason(world) {
        world.tamper("delete from _sqlx_migrations where version = (select max(version) from _sqlx_migrations)").await;
        assert_eq!(reasons(&world.program().get("/health/ready").await), ["migrations"]);
        world.clock.advance(1);
        world.tamper("drop table _sqlx_migrations").await;
        assert_eq!(reasons(&world.program().get("/health/ready").await), ["migrations"]);
    }

    /// In a rolling upgrade the program before goes on until it is replaced.
    async fn a_schema_that_is_newer_is_no_reason(world) {
        world.tamper(
            "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
             select 9999, 'of a newer version', success, checksum, 0 from _sqlx_migrations where version = 1",
        )
        .await;
        assert_eq!(world.program().get("/health/ready").await.status, StatusCode::OK);
    }

    /// ASVS 13.3.1 on the way: a file that others can read is as good as none.
    async fn a_secret_that_cannot_be_had_is_the_reason(world) {
        keys::signing(&world.state).await.expect("a key");
        #[cfg(unix)]
        if let Some(mut file) = Db::file(url(world)) {
            use std::os::unix::fs::PermissionsExt;
            file.as_mut_os_string().push(".key");
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).expect("changed");
        }
        let state = another(world, url(world), |config| {
            config.environment = Environment::Production;
            config.secret_key = None;
        })
        .await;
        let answer = ask(&state).await;
        assert_eq!(reasons(&answer), ["signing_key"]);
        assert!(!answer.body.contains("chmod") && !answer.body.contains("secret_key"), "{answer:?}");
        state.db.close().await;
        // Who has read it before goes on.
        assert_eq!(world.program().get("/health/ready").await.status, StatusCode::OK);
    }

    /// One that another node does not have: whatever signs now was made with the other.
    async fn a_secret_that_opens_nothing_is_the_reason(world) {
        keys::signing(&world.state).await.expect("a key");
        let state = another(world, url(world), |config| {
            config.secret_key = Some(Secret::from("YW5vdGhlciBzZWNyZXQgb2YgdGhlIHNhbWUgbGVuZ3Q"));
        })
        .await;
        assert_eq!(reasons(&ask(&state).await), ["signing_key"]);
        // Once it has made its own it signs with that.
        keys::signing(&state).await.expect("a key");
        world.clock.advance(1);
        assert_eq!(ask(&state).await.status, StatusCode::OK);
        state.db.close().await;
    }

    /// ASVS 2.4.1, 15.1.3: anybody may ask, and the database is asked once a second at most.
    async fn an_answer_is_given_again_for_a_second(world) {
        assert_eq!(ask(&world.state).await.status, StatusCode::OK);
        world.tamper("drop table _sqlx_migrations").await;
        assert_eq!(ask(&world.state).await.status, StatusCode::OK);
        world.clock.advance(1);
        assert_eq!(reasons(&ask(&world.state).await), ["migrations"]);
    }

    /// A question that nothing answers is given up, and with it its connection: otherwise a process that is asked to end would
    /// wait for the answer. Without that this test fails once the server ends the transaction that is in the way.
    async fn a_database_that_does_not_answer_is_the_reason_and_keeps_no_connection(world) {
        let Db::Postgres(pool) = &world.state.db else { return };
        let mut way = PgConnection::connect_with(&pool.connect_options()).await.expect("a connection");
        let block = "set idle_in_transaction_session_timeout = '20s'; begin; lock table _sqlx_migrations";
        sqlx::raw_sql(block).execute(&mut way).await.expect("held");
        let answer = ask(&world.state).await;
        while u32::try_from(pool.num_idle()).expect("few") < pool.size() {
            tokio::task::yield_now().await;
        }
        sqlx::raw_sql("commit").execute(&mut way).await.expect("still there");
        assert_eq!(reasons(&answer), ["database"]);
        way.close().await.expect("closed");
    }

    async fn a_server_that_takes_no_writes_is_the_reason(world) {
        if !url(world).starts_with("postgres") {
            return;
        }
        let standby = format!("{}?options=-c%20default_transaction_read_only%3Don", url(world));
        let state = another(world, &standby, |config| config.database_url = Secret::from(standby.as_str())).await;
        assert_eq!(reasons(&ask(&state).await), ["database_read_only"]);
        state.db.close().await;
    }
}
