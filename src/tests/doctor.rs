//! `latchkey doctor`, as somebody types it: each thing that can be wrong is found, named, and nothing is changed.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    path::Path,
    process::{Command, Output},
};

use axum::http::Method;
use latchkey::server::{jobs, storage::Db, tokens::keys};
use serde_json::Value;

use crate::support::{World, on_both_engines};

fn doctor(folder: &Path, settings: &str) -> (Output, Value) {
    std::fs::write(folder.join("latchkey.toml"), settings).expect("written");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(folder.join("latchkey.toml"), std::fs::Permissions::from_mode(0o600)).expect("set");
    }
    let output = latchkey(folder, &["doctor", "--json"]);
    let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
    (output, report)
}

fn latchkey(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_latchkey"))
        .current_dir(folder)
        .args(arguments)
        .env("LATCHKEY_ARGON2_MEMORY_KIB", "8")
        .env("LATCHKEY_ARGON2_ITERATIONS", "1")
        .env_remove("DATABASE_URL")
        .output()
        .expect("it runs")
}

/// What was found by a check: how it is, what, and what to do.
fn findings(report: &Value, check: &str) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let all = report["findings"].as_array().expect("findings").iter();
    all.filter(|finding| finding["check"] == check)
        .map(|finding| (text(&finding["verdict"]), text(&finding["found"]), text(&finding["advice"])))
        .collect()
}

#[track_caller]
fn assert_found(report: &Value, check: &str, verdict: &str, found: &str) {
    let findings = findings(report, check);
    assert!(
        findings.iter().any(|finding| finding.0 == verdict && finding.1.contains(found)),
        "{check}: {verdict}: {found} in {findings:?}"
    );
    for (verdict, _, advice) in findings {
        assert_eq!(verdict == "ok", advice.is_empty(), "what to do is said where something is to be done");
    }
}

/// Settings of a world, as a file.
fn settings(world: &World) -> String {
    let config = &world.state.config;
    let secret = config.secret_key.as_ref().map(|secret| format!("secret_key = '{}'\n", secret.expose()));
    format!("database_url = '{}'\n{}", config.database_url.expose(), secret.unwrap_or_default())
}

#[test]
fn before_the_first_start_nothing_is_wrong_and_nothing_is_made() {
    let folder = tempfile::tempdir().expect("a folder");
    let (output, report) = doctor(folder.path(), "");
    assert!(output.status.success(), "{output:?}");
    assert_found(&report, "settings", "ok", "fit to run with (development");
    assert_found(&report, "settings", "warning", "site_root: there is no pkg/latchkey.css");
    assert_found(&report, "database", "warning", "there is no database at data/latchkey.db");
    assert_found(&report, "mail", "ok", "kept, not sent");
    assert_found(&report, "keys", "ok", "is made at the first start");
    assert_found(&report, "clock", "ok", "20");
    assert!(findings(&report, "disk").iter().any(|finding| finding.1.contains("MiB are free")), "{report}");
    assert_eq!(std::fs::read_dir(folder.path()).expect("read").count(), 1, "the settings alone");
}

/// ASVS 13.4.2: the reasons of `latchkey config check`, and the rest is looked at all the same.
#[test]
fn settings_are_judged_as_config_check_does() {
    let folder = tempfile::tempdir().expect("a folder");
    let (output, report) =
        doctor(folder.path(), "environment = 'production'\nsmtp_url = 'smtps://a:hunter2@127.0.0.1:9'\n");
    assert!(!output.status.success(), "{output:?}");
    let checked = String::from_utf8_lossy(&latchkey(folder.path(), &["config", "check"]).stderr).into_owned();
    let reasons: Vec<&str> = checked.trim().trim_start_matches("latchkey: settings: ").lines().collect();
    assert!(reasons.len() >= 2, "{checked}");
    for reason in reasons {
        assert_found(&report, "settings", "problem", reason);
    }
    assert_found(&report, "mail", "problem", "127.0.0.1: mail server: ");
    assert!(!format!("{output:?}").contains("hunter2"), "{output:?}");

    let (output, report) = doctor(folder.path(), "site_nmae = 'x'\n");
    assert!(!output.status.success(), "{output:?}");
    assert_found(&report, "settings", "problem", "site_nmae");
}

/// As a person reads it: one line each, what to do below, and a word about how many at the end.
#[test]
fn it_is_written_for_people_too() {
    let folder = tempfile::tempdir().expect("a folder");
    doctor(folder.path(), "trusted_proxies = ['0.0.0.0/0']\n");
    let output = latchkey(folder.path(), &["doctor"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("\nPROBLEM  proxy     trusted_proxies holds 0.0.0.0/0, which is everybody\n"), "{said}");
    assert!(said.contains("                   -> name the networks of your proxies alone"), "{said}");
    assert!(
        !output.status.success() && String::from_utf8_lossy(&output.stderr) == "latchkey: 1 problem\n",
        "{output:?}"
    );
}

/// ASVS 13.3.1, 13.3.2.
#[cfg(unix)]
#[test]
fn files_that_others_can_read_are_named() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    let open = |name: &str, mode: u32| {
        std::fs::set_permissions(here.join(name), std::fs::Permissions::from_mode(mode)).expect("changed");
    };
    assert!(latchkey(here, &["migrate"]).status.success());
    assert!(latchkey(here, &["keys", "rotate"]).status.success());
    let (output, report) = doctor(here, "");
    assert!(output.status.success(), "{output:?}");
    assert_found(&report, "keys", "ok", "data/latchkey.db.key is for its owner alone");
    assert_found(&report, "database", "ok", "its schema is up to date");

    open("data/latchkey.db.key", 0o640);
    let (output, report) = doctor(here, "");
    assert!(!output.status.success(), "{output:?}");
    assert_found(&report, "keys", "problem", "chmod 600");
    open("data/latchkey.db.key", 0o600);

    std::fs::write(here.join(".env"), "LATCHKEY_SITE_NAME=Latchkey\n").expect("written");
    open(".env", 0o600);
    for (name, folder_mode) in [("data/latchkey.db", 0o755), ("latchkey.toml", 0o755), (".env", 0o755)] {
        open("data", folder_mode);
        open("", 0o755);
        open(name, 0o644);
        let report: Value = serde_json::from_slice(&latchkey(here, &["doctor", "--json"]).stdout).expect("JSON");
        let warnings: Vec<_> = findings(&report, "keys").into_iter().filter(|finding| finding.0 == "warning").collect();
        assert!(
            warnings.len() == 1 && warnings[0].1.contains("everybody on this machine can read"),
            "{name}: {warnings:?}"
        );
        assert!(warnings[0].1.ends_with(name), "{name}: {warnings:?}");
        open(name, 0o600);
    }

    // Another secret opens nothing, and the one that is missing is not made.
    let secret = latchkey(here, &["keys", "secret"]).stdout;
    std::fs::write(here.join("data/latchkey.db.key"), secret).expect("written");
    assert_found(&doctor(here, "").1, "keys", "problem", "does not open 1 of the signing keys");
    std::fs::remove_file(here.join("data/latchkey.db.key")).expect("removed");
    assert_found(&doctor(here, "").1, "keys", "problem", "does not open 1 of the signing keys");
    assert!(!here.join("data/latchkey.db.key").exists());
}

/// Bytes of every file in a folder.
fn contents(folder: &Path) -> BTreeMap<OsString, Vec<u8>> {
    let files = std::fs::read_dir(folder).expect("a folder").flatten();
    files.map(|file| (file.file_name(), std::fs::read(file.path()).expect("read"))).collect()
}

/// Whatever stands where the database is to be stays as it is, and nothing is made beside it.
#[tokio::test]
async fn a_file_is_looked_at_and_not_changed() {
    let folder = tempfile::tempdir().expect("a folder");
    let (here, data) = (folder.path(), folder.path().join("data"));
    let file = data.join("latchkey.db");
    let db = Db::connect(&format!("sqlite://{}", file.display())).await.expect("a database");
    db.migrate().await.expect("a schema");
    db.close().await;
    let migrated = std::fs::read(&file).expect("a database");
    let mut with_journal = migrated.clone();
    // The version of its format: 2 is WAL, 1 is what other programs and copies have.
    assert_eq!(with_journal[18..20], [2, 2]);
    with_journal[18..20].fill(1);
    for (bytes, verdict, found) in [
        (migrated, "ok", "its schema is up to date"),
        (with_journal, "ok", "its schema is up to date"),
        (Vec::new(), "warning", "migrations to come: "),
        (b"not a database, but long enough to be looked at".to_vec(), "problem", "file is not a database"),
    ] {
        std::fs::write(&file, bytes).expect("written");
        let before = contents(&data);
        assert_found(&doctor(here, "").1, "database", verdict, found);
        assert!(contents(&data) == before, "{found}: {:?}", contents(&data).keys());
    }
}

/// A mail server that lets everybody in, for one connection.
#[test]
fn a_mail_server_that_answers_is_right() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let server = std::thread::spawn(move || {
        let (stream, _) = listener.accept().expect("somebody");
        let mut out = stream.try_clone().expect("a stream");
        out.write_all(b"220 mail.example.com ESMTP\r\n").expect("written");
        let mut said = Vec::new();
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            said.push(line.split(' ').next().unwrap_or_default().to_owned());
            if out.write_all(b"250 mail.example.com\r\n").is_err() {
                break;
            }
        }
        said
    });
    let folder = tempfile::tempdir().expect("a folder");
    let (_, report) = doctor(folder.path(), &format!("smtp_url = 'smtp://127.0.0.1:{port}'\n"));
    assert_found(&report, "mail", "ok", "127.0.0.1 lets us in");
    let said = server.join().expect("it ended");
    assert!(!said.iter().any(|word| word == "MAIL"), "nothing is sent: {said:?}");
}

on_both_engines! {
    async fn a_database_is_found_right_and_found_wrong(world) {
        let folder = tempfile::tempdir().expect("a folder");
        keys::signing(&world.state).await.expect("a key");
        let (output, report) = doctor(folder.path(), &settings(world));
        assert!(output.status.success(), "{output:?}");
        assert_found(&report, "database", "ok", "answers, and its schema is up to date");
        assert_found(&report, "clock", "ok", "the");
        assert_found(&report, "proxy", "ok", "none was seen");

        world.clock.advance(3_600);
        world.sign_up("sam@example.com").await;
        jobs::run_once(&world.state, None).await.expect("background tasks");
        world.tamper("update outbox set failed_at = 1").await;
        let with_mail = format!("{}smtp_url = 'smtp://127.0.0.1:9'\n", settings(world));
        let (output, report) = doctor(folder.path(), &with_mail);
        assert!(!output.status.success(), "{output:?}");
        assert_found(&report, "clock", "problem", "which is before the last event");
        assert_found(&report, "mail", "problem", "127.0.0.1: ");
        assert_found(&report, "mail", "warning", "given up in the last 30 days: 1");

        world.tamper("delete from _sqlx_migrations where version > 1").await;
        let (_, report) = doctor(folder.path(), &settings(world));
        assert_found(&report, "database", "warning", "migrations to come: ");
        let count = "select cast(count(*) as text) from _sqlx_migrations";
        assert_eq!(world.look_up(count).await, "1", "none was applied");
    }

    async fn a_database_that_is_newer_is_a_problem(world) {
        world.tamper(
            "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
             select 9999, 'of a newer version', success, checksum, 0 from _sqlx_migrations where version = 1",
        )
        .await;
        let folder = tempfile::tempdir().expect("a folder");
        assert_found(&doctor(folder.path(), &settings(world)).1, "database", "problem", "newer than this program");
    }

    async fn a_database_that_is_none_is_a_problem(world) {
        let folder = tempfile::tempdir().expect("a folder");
        let url = match Db::file(world.state.config.database_url.expose()) {
            Some(_) => {
                std::fs::write(folder.path().join("none.db"), "not a database, but long enough to be looked at").expect("written");
                format!("sqlite://{}/none.db", folder.path().display())
            }
            None => "postgres://sam:hunter2@127.0.0.1:9/none".to_owned(),
        };
        let (output, report) = doctor(folder.path(), &format!("database_url = '{url}'\n"));
        assert!(!output.status.success(), "{output:?}");
        assert_found(&report, "database", "problem", "");
        assert!(!format!("{output:?}").contains("hunter2"), "{output:?}");
    }

    /// What the server saw, against the settings of now: whoever is not believed is named, with what to write.
    async fn proxies_are_judged_by_what_was_seen(world) {
        let folder = tempfile::tempdir().expect("a folder");
        let ask = async |peer: &str, header: Option<&str>| {
            let mut browser = world.anonymous();
            let mut request = browser.request(Method::GET, "/sign-in").body(axum::body::Body::empty()).expect("a request");
            let peer = std::net::SocketAddr::new(peer.parse().expect("an address"), 1);
            request.extensions_mut().insert(axum::extract::ConnectInfo(peer));
            if let Some(header) = header {
                request.headers_mut().insert("x-forwarded-for", header.parse().expect("a header"));
            }
            browser.send(request).await;
            jobs::run_once(&world.state, None).await.expect("background tasks");
        };
        ask("203.0.113.5", Some("192.0.2.9")).await;
        assert_found(&doctor(folder.path(), &settings(world)).1, "proxy", "ok", "none was seen");
        ask("10.0.0.5", Some("192.0.2.9")).await;
        let (output, report) = doctor(folder.path(), &settings(world));
        assert!(!output.status.success(), "{output:?}");
        assert_found(&report, "proxy", "problem", "10.0.0.5 sends X-Forwarded-For and is not believed");
        assert!(findings(&report, "proxy")[0].2.contains("[\"10.0.0.5/32\"]"), "{report}");
        let mended = format!("trusted_proxies = ['10.0.0.5/32']\n{}", settings(world));
        assert_found(&doctor(folder.path(), &mended).1, "proxy", "ok", "none was seen");
        // One that was there the day before yesterday is gone.
        let before = world.now().0 - 2 * 86_400;
        let age = format!(r#"update notes set value = '{{"proxy":"10.0.0.5","at":{before}}}' where name = 'proxy_unnamed'"#);
        assert_eq!(world.tamper(&age).await, 1);
        assert_found(&doctor(folder.path(), &settings(world)).1, "proxy", "ok", "none was seen");
    }
}

/// A proxy of `trusted_proxies` that says nothing, and then does.
#[tokio::test]
async fn a_proxy_that_says_nothing_is_named() {
    let trusted = |config: &mut latchkey::server::config::Config| {
        config.trusted_proxies = vec!["192.0.2.0/24".parse().expect("net")];
    };
    let world = World::with(crate::support::Engine::Sqlite, trusted).await;
    let folder = tempfile::tempdir().expect("a folder");
    let settings = format!("trusted_proxies = ['192.0.2.0/24']\n{}", settings(&world));
    let mut browser = world.anonymous();
    browser.get("/health/ready").await;
    jobs::run_once(&world.state, None).await.expect("background tasks");
    assert_found(&doctor(folder.path(), &settings).1, "proxy", "ok", "none was seen");
    browser.get("/sign-in").await;
    jobs::run_once(&world.state, None).await.expect("background tasks");
    assert_found(&doctor(folder.path(), &settings).1, "proxy", "problem", "sends no X-Forwarded-For");
    let mut request = browser.request(Method::GET, "/sign-in").body(axum::body::Body::empty()).expect("a request");
    request.headers_mut().insert("x-forwarded-for", "203.0.113.9".parse().expect("a header"));
    browser.send(request).await;
    jobs::run_once(&world.state, None).await.expect("background tasks");
    assert_found(&doctor(folder.path(), &settings).1, "proxy", "ok", "says for whom it asks");
    // And stops.
    world.clock.advance(3_600);
    browser.get("/sign-in").await;
    jobs::run_once(&world.state, None).await.expect("background tasks");
    assert_found(&doctor(folder.path(), &settings).1, "proxy", "problem", "sends no X-Forwarded-For");
    world.end().await;
}
