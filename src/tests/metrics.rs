//! Figures for Prometheus: that they are right, that none tells of a person, and that the documents tell of each.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use latchkey::server::{
    config::Config,
    http::metrics,
    jobs,
    metrics::{SignIn, scrape},
    state::AppState,
};

use crate::support::{Browser, OTHER_PASSWORD, PASSWORD, World, on_both_engines};

/// The figures that are counted, by their series.
async fn figures(state: &AppState) -> BTreeMap<String, i64> {
    let text = scrape::text(state).await.expect("a text");
    assert!(text.ends_with("# EOF\n"), "{text}");
    // Sums of seconds are the only ones that are no whole numbers.
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.contains("_seconds_sum{"));
    lines
        .map(|line| {
            let (series, value) = line.rsplit_once(' ').expect("a value");
            (series.to_owned(), value.parse().expect("a number"))
        })
        .collect()
}

fn sign_ins(figures: &BTreeMap<String, i64>, outcome: &str) -> i64 {
    figures[&format!("latchkey_sign_ins_total{{outcome=\"{outcome}\"}}")]
}

fn requests(figures: &BTreeMap<String, i64>, route: &str, method: &str, status: &str) -> Option<i64> {
    let labels = format!("route=\"{route}\",method=\"{method}\",status=\"{status}\"");
    figures.get(&format!("latchkey_http_request_duration_seconds_count{{{labels}}}")).copied()
}

/// The names of what is there, without what a kind adds to them.
fn names(text: &str) -> BTreeMap<String, String> {
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    types.map(|line| line.split_once(' ').expect("a type")).map(|(name, kind)| (name.into(), kind.into())).collect()
}

/// What queries call a metric.
fn queried(name: &str, kind: &str) -> Vec<String> {
    let endings: &[&str] = match kind {
        "counter" => &["_total"],
        "histogram" => &["_bucket", "_count", "_sum"],
        "info" => &["_info"],
        _ => &[""],
    };
    endings.iter().map(|ending| format!("{name}{ending}")).collect()
}

fn document(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name)).expect("there")
}

fn one_try(config: &mut Config) {
    config.account_tries = 2;
}

on_both_engines! {
    with(one_try)

    async fn sign_ins_are_counted_by_how_they_ended(world) {
        let before = figures(&world.state).await;
        for outcome in ["signed_in", "refused", "limited", "busy", "incomplete", "failed"] {
            assert_eq!(sign_ins(&before, outcome), 0, "{outcome} is there from the beginning");
        }
        world.sign_up("sam@example.com").await;
        let mut browser = world.anonymous();
        browser.sign_in("sam@example.com", PASSWORD).await;
        world.program_of("sam@example.com").await;
        let mut stranger = world.anonymous();
        stranger.sign_in("sam@example.com", "").await;
        for _ in 0..3 {
            stranger.sign_in("sam@example.com", OTHER_PASSWORD).await;
        }
        // Somebody whom nobody knows is no other figure.
        stranger.sign_in("kim@example.com", OTHER_PASSWORD).await;
        let after = figures(&world.state).await;
        let counted = ["signed_in", "refused", "limited", "incomplete"].map(|outcome| sign_ins(&after, outcome));
        assert_eq!(counted, [2, 3, 1, 1], "{after:?}");
        world.state.db.close().await;
        stranger.sign_in("sam@example.com", PASSWORD).await;
        world.state.metrics.count_sign_in(SignIn::Busy);
        let away = figures(&world.state).await;
        assert_eq!((sign_ins(&away, "failed"), sign_ins(&away, "busy")), (1, 1), "{away:?}");
    }

    async fn what_waits_and_what_lives_is_there(world) {
        world.sign_up("sam@example.com").await;
        world.anonymous().submit("/api/forgot_password", &[("email", "sam@example.com")]).await;
        world.clock.advance(7);
        let now = figures(&world.state).await;
        assert_eq!((now["latchkey_sessions_live"], now["latchkey_database_up"]), (1, 1), "{now:?}");
        assert!(now["latchkey_audit_unsealed"] >= 1 && now["latchkey_audit_lag_seconds"] == 7, "{now:?}");
        assert!(!now.contains_key("latchkey_audit_holds"), "nobody has verified it yet");
        assert!(now["latchkey_hash_permits"] >= 1 && now["latchkey_hash_queue"] == 64, "{now:?}");
        assert_eq!((now["latchkey_hash_running"], now["latchkey_hash_waiting"]), (0, 0), "{now:?}");
        assert_eq!(now["process_start_time_seconds"] + 7, world.now().0);
        #[cfg(target_os = "linux")]
        assert!(now["process_resident_memory_bytes"] > 1_000_000, "{now:?}");
        let pools: Vec<&String> = now.keys().filter(|series| series.starts_with("latchkey_database_connections{")).collect();
        assert!(!pools.is_empty(), "{now:?}");

        jobs::run_once(&world.state, None).await.expect("background tasks");
        jobs::run_once(&world.state, None).await.expect("background tasks");
        let same = figures(&world.state).await;
        assert_eq!(same["latchkey_audit_unsealed"], now["latchkey_audit_unsealed"], "not asked again within five seconds");
        world.clock.advance(5);
        let later = figures(&world.state).await;
        assert_eq!((later["latchkey_audit_unsealed"], later["latchkey_audit_lag_seconds"]), (0, 0), "{later:?}");
        assert_eq!((later["latchkey_audit_holds"], later["latchkey_mail_waiting"]), (1, 2), "both links: {later:?}");
        world.tamper("update outbox set failed_at = 1").await;
        world.clock.advance(5);
        assert_eq!(figures(&world.state).await["latchkey_mail_failed"], 2);
    }

    /// Counting asks the database nothing, and what is known without it is told without it.
    async fn a_database_that_is_away_keeps_nothing_else_away(world) {
        world.state.db.close().await;
        assert_eq!(world.anonymous().get("/health").await.status, StatusCode::OK);
        let now = figures(&world.state).await;
        assert_eq!(now["latchkey_database_up"], 0);
        assert_eq!(requests(&now, "/health", "GET", "2xx"), Some(1), "{now:?}");
        assert!(!now.contains_key("latchkey_sessions_live"), "what is not known is not told");
    }

    /// Figures that cannot be had say nothing of the database.
    async fn a_database_that_answers_is_up_without_figures(world) {
        world.tamper("alter table outbox rename to elsewhere").await;
        let now = figures(&world.state).await;
        assert_eq!(now["latchkey_database_up"], 1);
        assert!(!now.contains_key("latchkey_sessions_live") && !now.contains_key("latchkey_mail_waiting"), "{now:?}");
    }

    /// ASVS 14.2.1, 16.2.5: what people are called or type makes no label, nor can anybody make as many as they like.
    async fn nothing_tells_of_a_person(world) {
        world.administrator("sam@example.com").await;
        let id = world.id_of("sam@example.com").await;
        let mut browser = world.anonymous();
        browser.sign_in("sam@example.com", PASSWORD).await;
        for path in [
            &format!("/admin/people/{id}"),
            "/dashboard?from=sam@example.com",
            "/users/sam@example.com",
            "/sam/secret",
            "/reset-password?token=s3cret",
            "/pkg/sam.js",
            "/health/sam",
        ] {
            browser.get(path).await;
        }
        let odd = browser.request(Method::from_bytes(b"SAM").expect("a method"), "/sign-in").body(Body::empty());
        browser.send(odd.expect("a request")).await;
        let text = scrape::text(&world.state).await.expect("a text");
        for told in ["sam", "Sam", "SAM", "s3cret", &id, "192.0.2.7", "Mozilla"] {
            assert!(!text.contains(told), "{told} in {text}");
        }
        let now = figures(&world.state).await;
        assert_eq!(requests(&now, "/admin/people/{id}", "GET", "2xx"), Some(1), "{now:?}");
        assert_eq!(requests(&now, "/dashboard", "GET", "2xx"), Some(1), "{now:?}");
        let other = now.keys().filter(|series| series.contains("_count{route=\"other\""));
        assert!(other.count() >= 1, "{now:?}");
    }

    async fn the_table_names_every_metric_and_no_other(world) {
        jobs::run_once(&world.state, None).await.expect("background tasks");
        jobs::run_once(&world.state, None).await.expect("background tasks");
        world.anonymous().get("/health").await;
        let names = names(&scrape::text(&world.state).await.expect("a text"));
        let printed: BTreeSet<String> = names.iter().map(|(name, kind)| format!("{name} {kind}")).collect();
        let guide = document("operating.md");
        let section = guide.split("\n## Metrics\n").nth(1).and_then(|rest| rest.split("\n## ").next()).expect("a section");
        let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
        let told: BTreeSet<String> = rows
            .map(|row| {
                let (name, rest) = row.split_once("` | ").expect("a name");
                format!("{name} {}", rest.split(" | ").next().expect("a kind"))
            })
            .collect();
        assert_eq!(told, printed);

        let known: BTreeSet<String> = names.iter().flat_map(|(name, kind)| queried(name, kind)).collect();
        let dashboard: serde_json::Value = serde_json::from_str(&document("grafana/latchkey.json")).expect("JSON");
        let mut asked = BTreeSet::new();
        for panel in dashboard["panels"].as_array().expect("panels") {
            for target in panel["targets"].as_array().expect("targets") {
                let expr = target["expr"].as_str().expect("a query");
                let words = expr.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                let metrics: Vec<&str> =
                    words.filter(|word| ["latchkey_", "process_"].iter().any(|start| word.starts_with(start))).collect();
                assert!(!metrics.is_empty(), "{expr}");
                asked.extend(metrics.into_iter().map(str::to_owned));
            }
        }
        assert!(asked.is_subset(&known), "{:?}", asked.difference(&known));
        for (name, kind) in &names {
            assert!(queried(name, kind).iter().any(|name| asked.contains(name)), "{name} is on the dashboard");
        }
    }

    /// The site itself does not have them, nor does their listener have anything else.
    async fn figures_are_on_their_own_listener(world) {
        assert_eq!(world.anonymous().get("/metrics").await.status, StatusCode::NOT_FOUND);
        let mut scraper = Browser::new(metrics::build(world.state.clone()));
        let answer = scraper.get("/metrics").await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.headers[header::CONTENT_TYPE], scrape::MEDIA_TYPE);
        assert!(answer.body.contains("\nlatchkey_build_info{version=\""), "{}", answer.body);
        for path in ["/", "/sign-in", "/health", "/users/me"] {
            assert_eq!(scraper.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
        }
    }
}

/// Whoever asks meanwhile waits for the same answer: many at once ask the database once.
#[tokio::test]
async fn many_who_ask_at_once_ask_the_database_once() {
    let world = World::with(crate::support::Engine::Sqlite, |_| ()).await;
    let one = scrape::text(&world.state).await.expect("a text");
    world.sign_up("sam@example.com").await;
    let both = tokio::join!(scrape::text(&world.state), scrape::text(&world.state));
    for text in [one, both.0.expect("a text"), both.1.expect("a text")] {
        assert!(text.contains("\nlatchkey_sessions_live 0\n"), "{text}");
    }
    world.end().await;
}
