//! The command line, as somebody types it.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Command, Output, Stdio},
};

fn latchkey(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_latchkey"));
    command
        .current_dir(folder)
        .env("LATCHKEY_ARGON2_MEMORY_KIB", "8")
        .env("LATCHKEY_ARGON2_ITERATIONS", "1")
        .env("PORT", "0")
        .env("LATCHKEY_TEST_POSTGRES_URL", "what tests set is no setting")
        .env_remove("DATABASE_URL");
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    latchkey(folder).args(arguments).output().expect("it runs")
}

fn json(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn people_are_added_listed_and_sent_links() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    assert!(text(&run(here, &["migrate"]).stdout).contains("SQLite database is up to date"));
    let made = run(here, &["user", "create", "--email", "sam@example.com", "--username", "sam", "--admin"]);
    assert!(made.status.success() && text(&made.stdout).contains("/reset-password?token="), "{made:?}");
    let again = run(here, &["user", "create", "--email", "SAM@example.com"]);
    assert!(!again.status.success() && text(&again.stderr).contains("somebody has this e-mail address"), "{again:?}");
    for (arguments, complaint) in [
        (&["user", "create"][..], "--email"),
        (&["user", "create", "--email", "nonsense"], "--email"),
        (&["user", "reset-link", "nobody"], "nobody is called nobody"),
    ] {
        let refused = run(here, arguments);
        assert!(!refused.status.success() && text(&refused.stderr).contains(complaint), "{refused:?}");
    }
    let listed = text(&run(here, &["user", "list"]).stdout);
    assert_eq!(listed.lines().next(), Some("id\te-mail\tuser name\tsince\tstate\tverified\troles"));
    assert_eq!(listed.lines().count(), 2);
    assert!(listed.contains("\tsam@example.com\tsam\t") && listed.ends_with("\tactive\tyes\tadmin\n"), "{listed}");
    let json = text(&run(here, &["user", "list", "--json"]).stdout);
    let person: serde_json::Value = serde_json::from_str(&json).expect("one line of JSON");
    assert_eq!(
        (&person["email"], &person["verified"], &person["roles"][0]),
        (&"sam@example.com".into(), &true.into(), &"admin".into())
    );
    assert!(text(&run(here, &["user", "reset-link", "sam"]).stdout).contains("/reset-password?token="));
}

/// A mistyped path is no empty database.
#[test]
fn commands_that_look_make_no_database() {
    let folder = tempfile::tempdir().expect("a folder");
    for arguments in [&["user", "list"][..], &["session", "list"], &["audit", "verify"], &["user", "disable", "sam"]] {
        let refused = run(folder.path(), arguments);
        assert!(!refused.status.success() && text(&refused.stderr).contains("there is no database at"), "{refused:?}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).expect("read").count(), 0);
}

/// The last administrator is as safe here as on the console.
#[test]
fn people_are_disabled_given_roles_and_deleted() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    for arguments in [
        &["user", "create", "--email", "sam@example.com", "--admin"][..],
        &["user", "create", "--email", "kim@example.com"],
    ] {
        assert!(run(here, arguments).status.success());
    }
    let last = "This is the last administrator";
    for refused in [
        &["user", "disable", "sam@example.com"][..],
        &["user", "role", "revoke", "admin", "sam@example.com"],
        &["user", "delete", "sam@example.com", "--yes"],
    ] {
        let refused = run(here, refused);
        assert!(!refused.status.success() && text(&refused.stderr).contains(last), "{refused:?}");
    }
    for (arguments, said) in [
        (&["user", "role", "grant", "admin", "kim@example.com"][..], "holds the role now"),
        (&["user", "role", "grant", "admin", "kim@example.com"], "held the role already"),
        (&["user", "role", "revoke", "admin", "sam@example.com"], "holds the role no more"),
        (&["user", "disable", "sam@example.com"], "is disabled"),
        (&["user", "disable", "sam@example.com"], "was disabled already"),
        (&["user", "enable", "sam@example.com"], "is enabled"),
        (&["user", "disable", "sam@example.com", "--json"], "\"act\":\"disabled\",\"changed\":true"),
        (&["user", "enable", "sam@example.com", "--json"], "\"changed\":true"),
        (&["user", "delete", "sam@example.com", "--yes", "--json"], "\"act\":\"deleted\""),
    ] {
        let done = run(here, arguments);
        assert!(done.status.success() && text(&done.stdout).contains(said), "{arguments:?}: {done:?}");
    }
    let listed = text(&run(here, &["user", "list"]).stdout);
    assert!(!listed.contains("sam@example.com") && listed.contains("kim@example.com"), "{listed}");
    for (arguments, complaint) in [
        (&["user", "disable", "sam@example.com"][..], "nobody is called sam@example.com"),
        (&["user", "delete", "kim@example.com"], "would be deleted for good; add --yes"),
        (&["session", "list", "--user", "sam@example.com"], "nobody is called sam@example.com"),
        (&["session", "end", "--user", "sam@example.com"], "nobody is called sam@example.com"),
        (&["session", "end", "none"], "none of these sessions is live"),
        (&["audit", "export", "--actor", "sam@example.com"], "nobody is called sam@example.com"),
        (&["audit", "verify", "--from", "none.jsonl"], "none.jsonl: "),
        (&["audit", "verify", "--from", "data/latchkey.db"], "data/latchkey.db: "),
        (&["user", "role", "grant", "Not a role", "kim@example.com"], "not the name of a role"),
    ] {
        let refused = run(here, arguments);
        assert!(!refused.status.success() && text(&refused.stderr).contains(complaint), "{refused:?}");
    }
}

#[test]
fn settings_are_shown_with_where_they_came_from_and_judged() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    std::fs::write(here.join("latchkey.toml"), "site_name = 'Example'\n").expect("written");
    let shown = run(here, &["config", "check"]);
    let said = text(&shown.stdout);
    assert!(shown.status.success() && said.contains("These settings are fit to run with."), "{shown:?}");
    for line in [
        "site_name = \"Example\"\n    what the site is called (",
        "latchkey.toml)",
        "(PORT)",
        "(LATCHKEY_ARGON2_MEMORY_KIB)",
        "(default)",
    ] {
        assert!(said.contains(line), "{line} in {said}");
    }

    let production = latchkey(here)
        .args(["config", "check"])
        .env("LATCHKEY_ENVIRONMENT", "production")
        .env("LATCHKEY_SMTP_URL", "smtp://user:hunter2@mail.example.com")
        .output()
        .expect("it runs");
    let (said, complaint) = (text(&production.stdout), text(&production.stderr));
    assert!(!production.status.success(), "{said}");
    for reason in ["needs base_url, with https", "smtps://", "needs mail_from", "argon2_memory_kib"] {
        assert!(complaint.contains(reason), "all reasons at once: {reason} in {complaint}");
    }
    assert!(!said.contains("hunter2") && !complaint.contains("hunter2"), "{said} {complaint}");
    assert!(!here.join("data").exists(), "nothing is started");
}

#[test]
fn unusable_settings_are_named_before_anything_is_done() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("latchkey.toml"), "site_nmae = 'x'\n").expect("written");
    let refused = run(folder.path(), &["serve"]);
    assert!(!refused.status.success() && text(&refused.stderr).contains("site_nmae"), "{refused:?}");
    assert!(!folder.path().join("data").exists());
}

#[test]
fn estimate_says_what_the_form_would_say() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut child =
        latchkey(folder.path()).arg("estimate").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it runs");
    child.stdin.take().expect("a pipe").write_all(b"password\nmarble trolley unseen kettle\n").expect("written");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(text(&output.stdout), "{\"score\":0,\"reason\":\"common_password\"}\n{\"score\":4,\"reason\":null}\n");
}

/// ASVS 16.2.5 on the way: what it prints holds one link and no password.
#[cfg(unix)]
#[test]
fn serving_begins_by_saying_where_and_ends_gracefully() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut child = latchkey(folder.path()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it runs");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
    let first = lines.next().expect("a line");
    let address = first.split("http://").nth(1).and_then(|rest| rest.split('/').next()).expect("an address").to_owned();
    assert!(lines.any(|line| line.contains("/setup?token=")), "the first administrator's link");

    let mut stream = TcpStream::connect(&address).expect("it listens");
    stream.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").expect("written");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("read");
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("{\"status\":\"ok\"}"), "{answer}");

    let port = address.rsplit(':').next().expect("a port");
    let health = |arguments: &[&str]| {
        let health = latchkey(folder.path()).arg("health").args(arguments).env("PORT", port).output().expect("it runs");
        (health.status.success(), text(&health.stdout), text(&health.stderr))
    };
    assert_eq!(health(&[]), (true, "{\"status\":\"ok\"}\n".into(), String::new()));
    assert_eq!(health(&["--ready"]), (true, "{\"status\":\"ready\"}\n".into(), String::new()));

    let ended = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().expect("kill runs");
    assert!(ended.success());
    assert!(child.wait().expect("it ends").success());
    assert!(folder.path().join("data/latchkey.db").exists());
    let (is_well, _, said) = health(&[]);
    assert!(!is_well && said.starts_with(&format!("latchkey: the server at {address} does not answer: ")), "{said}");
}

/// A server that says that it is not well, or says nothing that could be read, is not well.
#[test]
fn health_is_what_the_server_says() {
    let folder = tempfile::tempdir().expect("a folder");
    for (answer, said) in [
        (
            "HTTP/1.1 503 Service Unavailable\r\n\r\n{\"reasons\":[\"database\"]}",
            "503 Service Unavailable {\"reasons\":[\"database\"]}",
        ),
        ("220 mail.example.com ESMTP\r\n", "no HTTP"),
        ("", "no HTTP"),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let server = std::thread::spawn(move || {
            let mut stream = listener.accept().expect("it asks").0;
            let mut request = BufReader::new(stream.try_clone().expect("a stream"));
            let mut first = String::new();
            request.read_line(&mut first).expect("a line");
            while request.by_ref().lines().next().is_some_and(|line| !line.expect("a line").is_empty()) {}
            stream.write_all(answer.as_bytes()).expect("written");
            first
        });
        let mut command = latchkey(folder.path());
        let health =
            command.args(["health", "--ready"]).env("PORT", address.port().to_string()).output().expect("it runs");
        assert_eq!(server.join().expect("it ends"), "GET /health/ready HTTP/1.1\r\n");
        let printed = text(&health.stderr);
        assert!(
            !health.status.success() && printed == format!("latchkey: {address}/health/ready: {said}\n"),
            "{printed}"
        );
    }
}

/// They are on no port but their own, which another process may not have.
#[test]
fn figures_are_served_where_the_settings_say() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut child = latchkey(folder.path())
        .env("LATCHKEY_METRICS_ADDRESS", "127.0.0.1:0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it runs");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
    let line = lines.find(|line| line.starts_with("Figures for Prometheus are at http://")).expect("a line");
    let address = line.split("http://").nth(1).and_then(|rest| rest.split('/').next()).expect("an address");
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").expect("written");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("read");
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("\n# EOF\n"), "{answer}");

    let other = latchkey(folder.path()).env("LATCHKEY_METRICS_ADDRESS", address).output().expect("it runs");
    let said = text(&other.stderr);
    assert!(!other.status.success() && said.starts_with(&format!("latchkey: metrics_address {address}: ")), "{said}");
    child.kill().expect("it ends");
    child.wait().expect("it ended");
}

/// ASVS 16.4.2: proof on the command line, and of a file alone.
#[test]
fn the_audit_log_is_verified_exported_and_verified_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    assert!(run(here, &["user", "create", "--email", "sam@example.com"]).status.success());
    let kept = run(here, &["audit", "checkpoint", "--json"]);
    assert!(kept.status.success() && text(&kept.stdout).starts_with("{\"count\":"), "{kept:?}");
    std::fs::write(here.join("checkpoint.json"), &kept.stdout).expect("written");
    let exported = run(here, &["audit", "export", "--json"]);
    std::fs::write(here.join("audit.jsonl"), &exported.stdout).expect("written");
    for arguments in [
        &["audit", "verify"][..],
        &["audit", "verify", "--checkpoint", "checkpoint.json"],
        &["audit", "verify", "--from", "audit.jsonl"],
        &["audit", "verify", "--from", "audit.jsonl", "--checkpoint", "checkpoint.json"],
    ] {
        let verified = run(here, arguments);
        assert!(
            verified.status.success() && text(&verified.stdout).starts_with("The audit log holds: "),
            "{verified:?}"
        );
    }
    let json = run(here, &["audit", "verify", "--json"]);
    assert!(json.status.success() && text(&json.stdout).contains("\"broken\":null"), "{json:?}");

    let file = text(&exported.stdout).replace("\"success\"", "\"failure\"");
    std::fs::write(here.join("audit.jsonl"), file).expect("written");
    let broken = run(here, &["audit", "verify", "--from", "audit.jsonl"]);
    let complaint = text(&broken.stderr);
    assert!(!broken.status.success() && complaint.contains("link 1 (event "), "{complaint}");
    assert!(complaint.contains("its content was changed"), "{complaint}");
    let json = run(here, &["audit", "verify", "--from", "audit.jsonl", "--json"]);
    assert!(!json.status.success() && text(&json.stdout).contains("\"fault\":\"content_changed\""), "{json:?}");

    let csv = run(here, &["audit", "export", "--format", "csv", "--kind", "audit_exported"]);
    assert_eq!(text(&csv.stdout).lines().count(), 3, "its head and both exports: {csv:?}");
    let typo = run(here, &["audit", "export", "--kind", "signed-in"]);
    assert!(!typo.status.success() && text(&typo.stderr).contains("there is no signed-in"), "{typo:?}");
}

/// As `latchkey user list | head -0` has it: whoever reads goes away before anything is printed.
#[test]
fn a_reader_that_goes_away_breaks_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    assert!(run(here, &["dev", "seed", "--users", "20", "--sessions", "20"]).status.success());
    for arguments in [
        &["migrate"][..],
        &["user", "list"],
        &["user", "list", "--json"],
        &["session", "list"],
        &["session", "end", "--state", "live"],
        &["audit", "verify"],
        &["audit", "checkpoint"],
        &["audit", "export"],
        &["export"],
        &["config", "check"],
        &["doctor"],
        &["doctor", "--json"],
        &["keys", "list"],
        &["keys", "secret"],
        &["keys", "rotate", "--json"],
    ] {
        let mut child =
            latchkey(here).args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
        drop(child.stdout.take());
        let ended = child.wait_with_output().expect("it ends");
        // As shells say of SIGPIPE: whoever asks for the outcome is not told that all is well.
        assert!(ended.status.code() == Some(141) && text(&ended.stderr).is_empty(), "{arguments:?}: {ended:?}");
    }
}

/// What somebody may have to answer for is not mixed with what was made up.
#[test]
fn seeding_keeps_away_from_peoples_accounts() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    let seed = ["dev", "seed", "--users", "2", "--sessions", "2"];
    assert!(run(here, &seed).status.success(), "an empty database");
    assert!(run(here, &seed).status.success(), "one that it filled");
    assert!(run(here, &["user", "create", "--email", "sam@example.com"]).status.success());
    let refused = run(here, &seed);
    assert!(!refused.status.success() && text(&refused.stderr).contains("nothing was added"), "{refused:?}");
    assert_eq!(text(&run(here, &["user", "list"]).stdout).lines().count(), 6);
    let meant = run(here, &[&seed[..], &["--among-others"]].concat());
    assert!(meant.status.success(), "{meant:?}");
}

#[test]
fn sessions_are_listed_ended_and_purged() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    let seeded = run(here, &["dev", "seed", "--users", "3", "--sessions", "40"]);
    assert!(seeded.status.success() && text(&seeded.stdout).contains("3 people and 40 sessions"), "{seeded:?}");
    assert!(run(here, &["audit", "verify"]).status.success());
    let listed = text(&run(here, &["session", "list", "--json"]).stdout);
    assert!(listed.lines().count() == 40 && listed.lines().all(|line| line.contains("@example.")), "{listed}");
    let live = text(&run(here, &["session", "list", "--state", "live"]).stdout).lines().count();
    let ended = run(here, &["session", "end", "--state", "live", "--json"]);
    assert_eq!(text(&ended.stdout), format!("{{\"ended\":{live}}}\n"), "{ended:?}");
    for (arguments, complaint) in [
        (&["session", "purge"][..], "say which sessions"),
        (&["session", "purge", "--state", "nonsense"], "--state"),
        (&["session", "purge", "--state", "ended"], "40 records would be deleted for good; add --yes"),
    ] {
        let refused = run(here, arguments);
        assert!(!refused.status.success() && text(&refused.stderr).contains(complaint), "{refused:?}");
    }
    let purged = run(here, &["session", "purge", "--state", "ended", "--yes", "--json"]);
    assert_eq!(text(&purged.stdout), "{\"deleted\":40}\n", "{purged:?}");
    assert_eq!(text(&run(here, &["session", "list"]).stdout), "");
    let verified = run(here, &["audit", "verify", "--json"]);
    assert!(verified.status.success() && !text(&verified.stdout).contains("\"emptied\":0"), "{verified:?}");
}

#[test]
fn keys_are_listed_rotated_and_revoked() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    let refused = run(here, &["keys", "list"]);
    assert!(!refused.status.success() && text(&refused.stderr).contains("there is no database"), "{refused:?}");
    assert!(run(here, &["migrate"]).status.success());
    assert_eq!(text(&run(here, &["keys", "list"]).stdout).lines().count(), 1, "its head");

    let first = json(&run(here, &["keys", "rotate", "--json"]));
    assert_eq!(first["made"], true);
    let next = json(&run(here, &["keys", "rotate", "--json"]));
    assert_ne!(next["kid"], first["kid"]);
    let again = run(here, &["keys", "rotate"]);
    assert!(text(&again.stdout).contains("is next already, and signs from 20"), "{again:?}");
    let listed = text(&run(here, &["keys", "list"]).stdout);
    let lines: Vec<Vec<&str>> = listed.lines().skip(1).map(|line| line.split('\t').collect()).collect();
    assert_eq!(
        lines.iter().map(|line| line[..3].to_vec()).collect::<Vec<_>>(),
        [
            vec![first["kid"].as_str().expect("text"), "EdDSA", "signing"],
            vec![next["kid"].as_str().expect("text"), "EdDSA", "next"],
        ]
    );
    assert_eq!(lines[0][4], lines[1][3], "one signs until the other does");

    let key_file = here.join("data/latchkey.db.key");
    let secret = std::fs::read_to_string(&key_file).expect("made");
    std::fs::write(&key_file, run(here, &["keys", "secret"]).stdout).expect("written");
    let listed = run(here, &["keys", "list", "--json"]);
    let line: serde_json::Value =
        serde_json::from_str(text(&listed.stdout).lines().next().expect("a line")).expect("JSON");
    assert_eq!((&line["kid"], &line["state"]), (&first["kid"], &"unreadable".into()), "{listed:?}");
    assert!(
        text(&listed.stdout).contains("cannot be opened") || text(&listed.stderr).contains("cannot be opened"),
        "{listed:?}"
    );

    let revoked = run(here, &["keys", "rotate", "--now"]);
    assert!(text(&revoked.stdout).contains("which signs now. Revoked 2 keys: "), "{revoked:?}");
    let listed = run(here, &["keys", "list"]);
    assert!(text(&listed.stdout).lines().count() == 2 && !text(&listed.stdout).contains("unreadable"), "{listed:?}");
    for output in [revoked, listed] {
        assert!(!format!("{output:?}").contains(&secret));
    }
    let exported = text(&run(here, &["audit", "export"]).stdout);
    assert_eq!(exported.matches("\"signing_key_made\"").count(), 3, "{exported}");
    assert_eq!(exported.matches("\"signing_keys_revoked\"").count(), 1, "{exported}");
}

/// A secret for the settings needs no settings, and is another one each time.
#[test]
fn a_secret_for_the_settings_is_printed() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("latchkey.toml"), "environment = 'production'\n").expect("written");
    let [one, other] = [(), ()].map(|()| text(&run(folder.path(), &["keys", "secret"]).stdout));
    assert!(one.trim().len() == 43 && one != other, "{one} {other}");
    let mut check = latchkey(folder.path());
    let checked = check.args(["config", "check"]).env("LATCHKEY_SECRET_KEY", one.trim()).output().expect("it runs");
    let (said, complaint) = (text(&checked.stdout), text(&checked.stderr));
    assert!(said.contains("secret_key = set\n") && !complaint.contains("secret_key"), "{said} {complaint}");
    assert!(!said.contains(one.trim()) && !complaint.contains(one.trim()));
}

/// On a server, nodes share the secret, so each is given it.
#[test]
fn production_on_postgresql_needs_the_secret() {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = "environment = 'production'\nbase_url = 'https://accounts.example.com'\nsmtp_url = 'smtps://mail.example.com'\n\
                    mail_from = 'accounts@example.com'\ndatabase_url = 'postgres://127.0.0.1:9/none'\n";
    std::fs::write(folder.path().join("latchkey.toml"), settings).expect("written");
    for arguments in [&["config", "check"][..], &["serve"]] {
        let refused = run(folder.path(), arguments);
        assert!(!refused.status.success() && text(&refused.stderr).contains("needs secret_key"), "{refused:?}");
    }
}

const HASH: &str = "$2b$04$j0wgx1yEoyVnJHZZLfl5BuSgdDBkwTts/kRzQw7lKE0/7BPq29ayW";

/// Nothing is silently dropped: whatever was not taken fails the command and lies in a file, without the password.
#[test]
fn people_are_imported_and_rows_that_are_not_are_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    let rows = format!(
        "id,email,password,api_token,role\n1,sam@example.com,{HASH},t0ken,admin\n2,kim@example.com,hunter2,t0ken,\n3,lee@,{HASH},t0ken,\n"
    );
    std::fs::write(here.join("people.csv"), rows).expect("written");
    let missing = run(here, &["import", "people.csv"]);
    assert!(text(&missing.stderr).contains("there is no database at") && !here.join("data").exists(), "{missing:?}");
    assert!(run(here, &["migrate"]).status.success());

    let dry = run(here, &["import", "people.csv", "--dry-run"]);
    let said = text(&dry.stdout);
    for line in [
        "Reading CSV; taking\n",
        "  password  from password\n",
        "  nothing   from api_token\n",
        "line 3: the password is not hashed: plain-text passwords are not taken\n",
        "line 4: not an e-mail address: lee@\n",
        "3 rows: 1 would be added, 0 are there already, 0 in conflict, 2 unusable\n",
        "  1 with a hash of the kind bcrypt\n",
        "  1 called administrators by the file",
    ] {
        assert!(said.contains(line), "{line} in {said}");
    }
    assert!(!dry.status.success() && text(&dry.stderr).contains("2 rows would not be imported"), "{dry:?}");
    assert_eq!(std::fs::read_dir(here).expect("read").count(), 2, "the database and the file");

    let done = run(here, &["import", "people.csv"]);
    assert!(!done.status.success(), "{done:?}");
    assert!(text(&done.stderr).contains("2 rows were not imported: people.csv.rejects.jsonl says which"), "{done:?}");
    let rejects = std::fs::read_to_string(here.join("people.csv.rejects.jsonl")).expect("there");
    assert_eq!(rejects.lines().count(), 2);
    let first: serde_json::Value = serde_json::from_str(rejects.lines().next().expect("a line")).expect("JSON");
    assert_eq!((&first["line"], &first["code"]), (&3.into(), &"plain_text_password".into()));
    assert_eq!(first["columns"], serde_json::json!({ "id": "2", "email": "kim@example.com", "role": null }));
    assert!(!rejects.contains("hunter2") && !rejects.contains("t0ken") && !rejects.contains("$2b$"), "{rejects}");
    let said = text(&done.stdout) + &text(&done.stderr);
    assert!(!said.contains("hunter2") && !said.contains("$2b$"), "{said}");

    // A second run overwrites nothing.
    let again = run(here, &["import", "people.csv", "--json"]);
    let summary: serde_json::Value = serde_json::from_str(&text(&again.stdout)).expect("JSON");
    assert_eq!((&summary["there"], &summary["new"], &summary["unusable"]), (&1.into(), &0.into(), &2.into()));
    assert_eq!(summary["rejects"], "people.csv.rejects-2.jsonl");
    assert_eq!(std::fs::read_to_string(here.join("people.csv.rejects.jsonl")).expect("there"), rejects);
    assert!(text(&run(here, &["user", "list"]).stdout).ends_with("\tactive\tno\t\n"));

    std::fs::write(here.join("cut.json"), "[{\"email\":\"ann@example.com\"},\n{\"email\":").expect("written");
    let cut = run(here, &["import", "cut.json"]);
    assert!(
        !cut.status.success() && text(&cut.stderr).contains("cut.json: line 2: the file ends in the middle"),
        "{cut:?}"
    );
    assert!(text(&run(here, &["user", "list"]).stdout).contains("ann@example.com"));
    for (arguments, complaint) in [
        (&["import", "none.csv"][..], "none.csv: "),
        (&["import", "people.csv", "--map", "colour=red"], "there is no colour; there are id, source, email"),
        (&["import", "people.csv", "--map", "email"], "such as email=mail"),
        (&["import", "people.csv", "--map", "email=mail"], "there is no such column; there are id, email"),
        (&["import", "people.csv", "--table", "users"], "in SQLite databases alone"),
    ] {
        let refused = run(here, arguments);
        assert!(!refused.status.success() && text(&refused.stderr).contains(complaint), "{refused:?}");
    }
}

/// ASVS 14.2.4: whoever exports hashes says so, and nobody else reads the file.
#[test]
fn people_are_exported_for_the_owner_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    assert!(run(here, &["user", "create", "--email", "sam@example.com", "--admin"]).status.success());
    let printed = run(here, &["export"]);
    assert!(printed.status.success() && !text(&printed.stdout).contains("password_hash"), "{printed:?}");
    assert_eq!(run(here, &["export", "-"]).stdout, printed.stdout);
    let made = run(here, &["export", "people.jsonl", "--with-hashes"]);
    assert_eq!(text(&made.stdout), "1 people are in people.jsonl.\n");
    let file = here.join("people.jsonl");
    assert!(std::fs::read_to_string(&file).expect("there").contains("\"password_hash\":null"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&file).expect("there").permissions().mode() & 0o777, 0o600);
    }
    let again = run(here, &["export", "people.jsonl"]);
    assert!(!again.status.success() && text(&again.stderr).starts_with("latchkey: people.jsonl: "), "{again:?}");
}

/// Every command of `docs/migrating.md` does what the document says: each section with a database of its own.
#[test]
fn the_commands_of_the_migration_guide_run() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let guide = std::fs::read_to_string(root.join("docs/migrating.md")).expect("there");
    let mut people = Vec::new();
    for section in guide.split("\n## ").skip(1) {
        let folder = tempfile::tempdir().expect("a folder");
        let here = folder.path();
        for file in ["mongo-users.json", "app.db", "mysql-users.tsv", "users.json", "postgres-users.csv"] {
            std::fs::copy(root.join("src/tests/fixtures/stores").join(file), here.join(file)).expect("copied");
        }
        assert!(run(here, &["migrate"]).status.success());
        if section.starts_with("From one Latchkey") {
            assert!(run(here, &["user", "create", "--email", "ann@example.com"]).status.success());
        }
        let commands: Vec<&str> = section.lines().filter_map(|line| line.strip_prefix("    latchkey ")).collect();
        for command in &commands {
            let done = run(here, &command.split_whitespace().collect::<Vec<_>>());
            assert!(done.status.success(), "{command}: {done:?}");
        }
        let listed = text(&run(here, &["user", "list"]).stdout);
        if section.starts_with("Flask and MongoDB") {
            assert!(listed.contains("sam@mongo.example.com\t\t2025-03-01T10:15:00Z\tactive\tyes\tadmin\n"), "{listed}");
        }
        people.push((commands.len(), listed.lines().count() - 1));
    }
    assert_eq!(people, [(2, 2), (2, 2), (1, 2), (1, 2), (1, 2), (2, 4), (2, 1), (0, 0), (0, 0)]);
}

/// The commands of a document: its indented lines that begin with `latchkey`.
fn commands_of(document: &str) -> Vec<Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(document);
    let text = std::fs::read_to_string(path).expect("there");
    let commands = text.lines().filter_map(|line| line.strip_prefix("    latchkey "));
    commands.map(|line| line.split_whitespace().map(str::to_owned).collect()).collect()
}

/// Every command of `docs/backup.md` for SQLite does what the document says, in its order.
#[test]
fn the_commands_of_the_backup_guide_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    assert!(run(here, &["dev", "seed", "--users", "3", "--sessions", "9"]).status.success());
    assert!(run(here, &["keys", "rotate"]).status.success());
    let commands = commands_of("backup.md");
    assert_eq!(commands.len(), 5, "{commands:?}");
    for (number, command) in commands.iter().enumerate() {
        let arguments: Vec<&str> = command.iter().map(String::as_str).collect();
        let done = run(here, &arguments);
        assert!(done.status.success(), "{command:?}: {done:?}");
        let said = text(&done.stdout);
        match number {
            0 => {
                assert!(said.contains("data/latchkey.db is in latchkey-backup.db: "), "{said}");
                assert!(said.contains("Not in it is data/latchkey.db.key: keep that elsewhere"), "{said}");
                assert!(run(here, &["user", "create", "--email", "later@example.com"]).status.success());
            }
            1 => {
                assert!(said.contains("latchkey-backup.db is in data/latchkey.db again"), "{said}");
                assert!(said.contains("What was there is in data/latchkey.db.replaced-20"), "{said}");
                assert!(!text(&run(here, &["user", "list"]).stdout).contains("later@example.com"));
            }
            _ => {}
        }
    }
    for (arguments, complaint) in [
        (&["backup", "latchkey-backup.db"][..], "latchkey-backup.db is there already"),
        (&["backup", "none/latchkey-backup.db"], "none/latchkey-backup.db.unfinished-"),
        (&["restore", "latchkey-backup.db"], "stop the server and add --replace"),
        (&["restore", "none.db", "--replace"], "there is no database at none.db"),
        (&["restore", "data/latchkey.db", "--replace"], "is the database itself"),
        (&["move", "--to", "sqlite://latchkey-backup.db"], "latchkey-backup.db is there already"),
        (&["move", "--to", "sqlite::memory:"], "no SQLite file"),
        (&["move", "--to", "mysql://127.0.0.1/x"], "must start with sqlite:// or postgres://"),
    ] {
        let refused = run(here, arguments);
        assert!(!refused.status.success() && text(&refused.stderr).contains(complaint), "{refused:?}");
    }
    let made = json(&run(here, &["backup", "another.db", "--json"]));
    assert_eq!((&made["file"], &made["log"]["broken"]), (&"another.db".into(), &serde_json::Value::Null));
    let restored = json(&run(here, &["restore", "another.db", "--replace", "--json"]));
    assert_eq!((&restored["database"], &restored["schema"]), (&"data/latchkey.db".into(), &7.into()));
    let again = json(&run(here, &["restore", "another.db", "--replace", "--json"]));
    assert_ne!(again["kept"], restored["kept"], "each is kept, also within a second");
    assert!(!run(here, &["restore", "another.db", "--json"]).status.success());
    let empty = tempfile::tempdir().expect("a folder");
    let refused = run(empty.path(), &["backup", "x"]);
    assert!(text(&refused.stderr).contains("there is no database at data/latchkey.db"), "{refused:?}");
    assert_eq!(std::fs::read_dir(empty.path()).expect("read").count(), 0);
    std::fs::copy(here.join("another.db"), empty.path().join("another.db")).expect("copied");
    let elsewhere = run(empty.path(), &["restore", "another.db"]);
    let said = text(&elsewhere.stdout);
    assert!(said.contains("data/latchkey.db.key is not there: put the former one back"), "{elsewhere:?}");
    assert!(!empty.path().join("data/latchkey.db.key").exists(), "that is for whoever restores to decide");
}

/// A server that runs keeps its database.
#[cfg(unix)]
#[test]
fn nothing_is_put_under_a_running_server() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    let mut child = latchkey(here).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it runs");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
    assert!(lines.next().expect("a line").contains("http://"));
    let made = run(here, &["backup", "backup.db"]);
    assert!(made.status.success(), "{made:?}");
    for arguments in [&["restore", "backup.db", "--replace"][..], &["move", "--to", "sqlite://new.db"]] {
        let refused = run(here, arguments);
        let complaint = text(&refused.stderr);
        assert!(!refused.status.success() && complaint.contains("data/latchkey.db is open elsewhere"), "{refused:?}");
    }
    assert!(!here.join("new.db").exists());
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().expect("kill runs").success());
    assert!(child.wait().expect("it ends").success());
    let restored = run(here, &["restore", "backup.db", "--replace"]);
    assert!(restored.status.success(), "{restored:?}");
}

mod postgres {
    use super::*;
    use crate::support::{Engine, Ground};

    /// A line of a document's blocks that begins so.
    fn line_of(document: &str, beginning: &str) -> String {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(document);
        let text = std::fs::read_to_string(path).expect("there");
        text.lines().find(|line| line.starts_with(beginning)).expect("such a line").to_owned()
    }

    fn shell(folder: &Path, line: &str, database: &str) -> Output {
        Command::new("sh")
            .args(["-c", line])
            .current_dir(folder)
            .env("DATABASE_URL", database)
            .output()
            .expect("it runs")
    }

    fn on(folder: &Path, database: &str, arguments: &[&str]) -> Output {
        latchkey(folder).env("DATABASE_URL", database).args(arguments).output().expect("it runs")
    }

    /// Every command of `docs/backup.md` for PostgreSQL, as it stands there.
    #[tokio::test]
    async fn the_commands_of_the_backup_guide_run() {
        let [from, to, back] = [
            Ground::new(Engine::Postgres).await,
            Ground::new(Engine::Postgres).await,
            Ground::new(Engine::Sqlite).await,
        ];
        let folder = tempfile::tempdir().expect("a folder");
        let here = folder.path();
        assert!(run(here, &["dev", "seed", "--users", "3", "--sessions", "9"]).status.success());
        assert!(run(here, &["keys", "rotate"]).status.success());
        let key = std::fs::read_to_string(here.join("data/latchkey.db.key")).expect("made");

        let moving = line_of("backup.md", "latchkey move --to postgres:");
        let mut arguments: Vec<&str> = moving.split_whitespace().skip(1).collect();
        *arguments.last_mut().expect("a URL") = &from.url;
        let moved = run(here, &arguments);
        let said = text(&moved.stdout);
        assert!(moved.status.success() && said.contains("tables are in PostgreSQL, as they were."), "{moved:?}");
        assert!(said.contains("cp -p data/latchkey.db.key data/latchkey.key"), "{moved:?}");
        assert!(!said.contains(key.trim()));
        let again = run(here, &arguments);
        assert!(text(&again.stderr).contains("the database to move to is not empty"), "{again:?}");
        let shared = latchkey(here)
            .env("LATCHKEY_SECRET_KEY", key.trim())
            .env("DATABASE_URL", &from.url)
            .args(["keys", "list"])
            .output()
            .expect("it runs");
        assert!(
            text(&shared.stdout).contains("\tsigning\t") && !text(&shared.stdout).contains("unreadable"),
            "{shared:?}"
        );

        let refused = on(here, &from.url, &["backup", "latchkey-backup.dump"]);
        assert!(text(&refused.stderr).contains("pg_dump --format=custom"), "{refused:?}");
        let refused = on(here, &from.url, &["restore", "latchkey-backup.dump"]);
        assert!(text(&refused.stderr).contains("pg_restore --no-owner"), "{refused:?}");
        for (line, database) in [("pg_dump", &from.url), ("pg_restore", &to.url)] {
            let done = shell(here, &line_of("backup.md", line), database);
            assert!(done.status.success(), "{line}: {done:?}");
        }
        for arguments in [&["migrate"][..], &["audit", "verify"]] {
            let done = on(here, &to.url, arguments);
            assert!(done.status.success(), "{done:?}");
        }
        let people = |database: &str| text(&on(here, database, &["user", "list"]).stdout);
        assert_eq!(people(&to.url).lines().count(), 4);
        assert_eq!(people(&to.url), people(&from.url));

        let returned = on(here, &to.url, &["move", "--to", &back.url, "--json"]);
        assert_eq!(json(&returned)["engine"], "SQLite", "{returned:?}");
        assert_eq!(people(&back.url), people(&from.url));
        for ground in [from, to, back] {
            ground.end().await;
        }
    }
}
