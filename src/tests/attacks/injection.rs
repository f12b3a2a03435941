//! What is typed and sent, and where it ends up: statements, pages, tables, the log, letters (CWE-74 and its children).

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use axum::{
    body::Body,
    http::{Method, StatusCode, header},
};
use latchkey::{
    domain::identifier::IdentifierMode,
    server::{config::Config, jobs, storage::outbox},
};
use serde_json::json;
use tracing_subscriber::{EnvFilter, fmt::MakeWriter, layer::SubscriberExt};

use crate::{
    suite::{Record, attacks, execute, read, read_answer, state_of},
    support::{Answer, Browser, OTHER_PASSWORD, PASSWORD, World, listen},
};

fn open(config: &mut Config) {
    config.identifier = IdentifierMode::Either;
    config.network_requests = u16::MAX;
    config.network_tries = u16::MAX;
    config.account_tries = u16::MAX;
}

const STATEMENTS: [&str; 26] = [
    "'",
    "''",
    "\"",
    "`",
    "\\",
    "\\'",
    "';",
    "' or '1'='1",
    "' or 1=1--",
    "\" or \"\"=\"",
    "admin'--",
    "') or ('1'='1",
    "1; drop table users",
    "'; drop table users;--",
    "' union select password_hash from users--",
    "' and 1=(select 1/0)--",
    "'||(select password_hash from users limit 1)||'",
    "$1",
    "?1",
    ":name",
    "%",
    "_",
    "sam%",
    "x' and pg_sleep(9)--",
    "'; attach database '/tmp/evil.db' as evil;--",
    "\u{2bc} or 1=1",
];

/// What gets out of where a value stands, if nobody escapes it.
const MARKUP: [&str; 16] = [
    "<evil-tag>",
    "\"><evil-tag>",
    "'><evil-tag>",
    "</script><evil-tag>",
    "</title><evil-tag>",
    "</textarea><evil-tag>",
    "--><evil-tag>",
    "<evil-tag/src=x>",
    "<<evil-tag>>",
    "\" evil-attribute=\"x",
    "' evil-attribute='x",
    "x\" onfocus=\"evil()",
    "x onfocus=evil()",
    "{{99991*99989}}",
    "${99991*99989}",
    "javascript:evil()",
];

/// Whether a browser would find something of an attacker's in a page: tags and attributes are read as a browser reads them.
fn is_taken_over(page: &str) -> bool {
    if page.contains("9998000099") {
        return true;
    }
    let mut rest = page;
    while let Some((_, tag)) = rest.split_once('<') {
        rest = tag;
        let name: String = tag
            .chars()
            .take_while(|c| !c.is_whitespace() && !matches!(c, '>' | '/'))
            .collect::<String>()
            .to_lowercase();
        if name.starts_with("evil") {
            return true;
        }
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            continue;
        }
        // Attributes: what stands in quotes is a value, and what is outside of them are names.
        let (mut outside, mut value, mut quote) = (String::new(), String::new(), None);
        for (at, c) in tag.char_indices() {
            match quote {
                Some(end) if c == end => {
                    let leads = ["href=", "src=", "action=", "formaction="].iter().any(|name| outside.ends_with(name));
                    if leads && value.trim_start().to_lowercase().starts_with("javascript:") {
                        return true;
                    }
                    (value, quote) = (String::new(), None);
                }
                Some(_) => value.push(c),
                None if c == '>' => {
                    rest = &tag[at + 1..];
                    break;
                }
                None if matches!(c, '"' | '\'') => quote = Some(c),
                None => outside.extend(c.to_lowercase()),
            }
        }
        if outside.contains("evil-attribute") || outside.contains("onfocus") {
            return true;
        }
        if name == "script" {
            rest = rest.split_once("</script>").map_or("", |(_, rest)| rest);
        }
    }
    false
}

const FORMULAS: [&str; 10] =
    ["=1+1", "+1+1", "-1+1", "@SUM(1)", "=cmd|'/C calc'!A0", "x\",\"=1+1", "x;=1+1", "\t=1+1", "|x", "%0d=1+1"];

async fn post(browser: &Browser, path: &str, fields: &[(&str, &str)], agent: &str) -> Answer {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let request = browser
        .request(Method::POST, path)
        .header("sec-fetch-site", "same-origin")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let mut request = request.body(Body::from(body)).expect("a request");
    if let Ok(agent) = agent.parse() {
        request.headers_mut().insert(header::USER_AGENT, agent);
    }
    browser.clone().send(request).await
}

fn encoded(value: &str) -> String {
    url::form_urlencoded::byte_serialize(value.as_bytes()).collect()
}

/// A statement is written from what was sent.
async fn trips_over_quotes(world: &mut World) {
    let db = world.state.db.clone();
    world.wrap(move |request, next| {
        let db = db.clone();
        async move {
            let (request, sent) = read(request).await;
            let mut answer = next.run(request).await;
            if sent.contains("%27+or+") {
                execute(&db, "delete from users".into()).await;
            }
            if sent.contains("%27") {
                *answer.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            }
            answer
        }
    });
}

/// Pages are written without escaping.
async fn escapes_nothing(world: &mut World) {
    world.wrap(async |request, next| {
        let (parts, body) = read_answer(next.run(request).await).await;
        let body = body.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'");
        axum::response::Response::from_parts(parts, body.into())
    });
}

/// What was sent is shown as it is.
async fn reflects(world: &mut World) {
    world.wrap(async |request, next| {
        let query = request.uri().query().unwrap_or_default().to_owned();
        let shown: String =
            url::form_urlencoded::parse(query.as_bytes()).map(|(_, value)| value.into_owned()).collect();
        let (parts, body) = read_answer(next.run(request).await).await;
        axum::response::Response::from_parts(parts, format!("{body}{shown}").into())
    });
}

/// Cells are written as they are.
async fn writes_cells_as_they_are(world: &mut World) {
    world.wrap(async |request, next| {
        let (parts, body) = read_answer(next.run(request).await).await;
        axum::response::Response::from_parts(parts, body.replace("\"'", "\"").into())
    });
}

/// Letters take what was typed for the lines of their head.
async fn adds_recipients(world: &mut World) {
    world.tamper(
        "create trigger adds after insert on outbox begin
           update outbox set recipient = recipient || char(13) || char(10) || 'Bcc: evil@example.org' where id = new.id; end",
    ).await;
}

/// Writes what comes into the log.
async fn logs_what_comes(world: &mut World) {
    world.wrap(async |request, next| {
        let (request, sent) = read(request).await;
        let agent = request
            .headers()
            .get(header::USER_AGENT)
            .map(|agent| String::from_utf8_lossy(agent.as_bytes()).into_owned());
        let shown: String = url::form_urlencoded::parse(sent.as_bytes()).map(|(_, value)| value.into_owned()).collect();
        tracing::warn!("a request of {shown} by {}", agent.unwrap_or_default());
        next.run(request).await
    });
}

/// Where the log goes to be looked at.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("a lock").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Lines {
    type Writer = Self;

    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

/// Every page and list that shows what was sent.
async fn look_everywhere(world: &World, own: &Browser, ada: &Browser, record: &Record, what: &str) {
    let id = world.look_up("select max(id) from users").await;
    let person = format!("/admin/people/{id}");
    let pages =
        ["/dashboard", "/account", "/account/sessions", "/account/activity", "/account/email", "/account/username"];
    let console = ["/admin", "/admin/people", "/admin/sessions", "/admin/audit", person.as_str()];
    for (browser, pages) in [(own, &pages[..]), (ada, &console[..])] {
        for page in pages {
            let answer = browser.clone().get(page).await;
            assert!(!answer.status.is_server_error(), "{what}: {page}: {answer:?}");
            record.held(!is_taken_over(&answer.body), || format!("{what} is on {page} as it was sent"));
        }
    }
}

attacks! {
    /// ASVS 1.2.4; CWE-89: every field of every form, every member, parameter, part of a path and header that reaches a statement.
    with(open) caught_by(trips_over_quotes) async fn statements(world, record) {
        let ada = world.administrator("ada@example.com").await.browser;
        let bearer = world.program_of("ada@example.com").await;
        world.sign_up("sam@example.com").await;
        let before = state_of(world).await;
        let actions: Vec<&str> = latchkey::api::FORMS.iter().map(|form| form.action).filter(|action| !["/api/sign_out", "/api/keep_session", "/api/end_other_sessions"].contains(action)).collect();
        let names = ["identifier", "email", "username", "password", "new_password", "session", "person", "ids", "act", "role", "from", "until", "state", "theme", "next"];
        for statement in STATEMENTS {
            let everywhere: Vec<(&str, &str)> = names.iter().map(|name| (*name, statement)).collect();
            for action in &actions {
                let answer = post(&ada, action, &everywhere, statement).await;
                record.held(!answer.status.is_server_error() && answer.headers.get(header::SET_COOKIE).is_none_or(|set| !set.to_str().unwrap_or_default().starts_with("latchkey=")), || {
                    format!("{action} with {statement:?}: {} {}", answer.status, answer.body)
                });
            }
            let way = encoded(statement);
            for page in [
                "/admin/people?q=V&role=V&sort=V&order=V&state=V&after=V", "/admin/sessions?person=V&from=V&until=V&state=V&after=V", "/admin/audit?actor=V&target=V&kind=V&address=V&outcome=V&from=V",
                "/admin/people/V", "/account/activity?after=V", "/account/sessions?before=V", "/reset-password?token=V", "/sign-in?next=V",
            ] {
                let answer = ada.clone().get(&page.replace('V', &way)).await;
                record.held(!answer.status.is_server_error(), || format!("{page} with {statement:?}: {}", answer.status));
            }
            for path in ["/manage/users?q=V", "/manage/users?role=V", "/manage/sessions?person=V", "/manage/events?actor=V&kind=V", "/manage/users/V", "/users/me/sessions?after=V"] {
                let answer = bearer.get(&path.replace('V', &way)).await;
                record.held(!answer.status.is_server_error(), || format!("{path} with {statement:?}: {}", answer.status));
            }
            for (path, body) in [
                ("/auth/login", json!({ "email": statement, "password": statement, "device_token": statement })),
                ("/auth/login", json!({ "username": statement, "password": statement })),
                ("/users", json!({ "email": statement, "username": statement, "password": statement })),
                ("/auth/refresh", json!({ "refresh_token": statement })),
                ("/auth/password/reset", json!({ "token": statement, "new_password": statement })),
                ("/users/me/tokens", json!({ "name": "x", "scopes": [statement] })),
            ] {
                let answer = bearer.post(path, body).await;
                record.held(answer.status.is_client_error(), || format!("{path} with {statement:?}: {answer:?}"));
            }
            let mut browser = world.anonymous();
            for cookie in ["latchkey", "latchkey-device", "latchkey-link", "latchkey-flash", "latchkey-theme"] {
                browser.cookies.insert(cookie.into(), encoded(statement));
            }
            for page in ["/dashboard", "/reset-password", "/sign-in"] {
                let answer = browser.clone().get(page).await;
                record.held(!answer.status.is_server_error(), || format!("{page} with cookies of {statement:?}: {}", answer.status));
            }
        }
        let after = state_of(world).await;
        record.held(before == after, || format!("{before} became {after}"));
    }

    /// ASVS 1.2.1, 1.2.3, 3.2.2; CWE-79: what is kept and shown to its owner, and to administrators.
    with(open) caught_by(escapes_nothing) async fn markup_that_is_kept(world, record) {
        let ada = world.administrator("ada@example.com").await.browser;
        let mut sam = world.sign_up("sam@example.com").await.browser;
        let program = world.program_of("sam@example.com").await;
        for sent in MARKUP {
            // A browser's name, wherever one is shown, and an account's that nobody is called.
            post(&world.anonymous(), "/api/sign_in", &[("identifier", "sam@example.com"), ("password", PASSWORD)], sent).await;
            post(&world.anonymous(), "/api/sign_in", &[("identifier", sent), ("password", "wrong")], sent).await;
            post(&sam, "/api/change_username", &[("username", sent)], sent).await;
            post(&sam, "/api/change_email", &[("email", &format!("{sent}@example.com"))], sent).await;
            post(&sam, "/api/change_email", &[("email", &format!("\"{}\"@example.com", sent.replace('"', "\\\"")))], sent).await;
            post(&ada, "/api/admin_create", &[("email", &format!("{sent}@example.com")), ("username", sent), ("roles", sent)], sent).await;
            program.post("/users/me/tokens", json!({ "name": sent, "scopes": ["account:read"] })).await;
            let path = format!("/admin/{}", encoded(sent));
            sam.get(&path).await;
            jobs::run_once(&world.state, None).await.expect("background tasks");
            look_everywhere(world, &sam, &ada, record, sent).await;
            let mails = world.mail_to("sam@example.com").await;
            for mail in mails {
                record.held(!is_taken_over(&mail.html), || format!("{sent:?} is in a mail: {}", mail.html));
            }
        }
    }

    /// ASVS 1.2.1, 1.2.2, 3.2.2; CWE-79, CWE-116: what is shown at once, from addresses and refused forms.
    with(open) caught_by(reflects) async fn markup_that_comes_back(world, record) {
        let ada = world.administrator("ada@example.com").await.browser;
        for sent in MARKUP {
            let way = encoded(sent);
            for page in [
                "/V", "/no/V", "/?V", "/sign-in?next=/V", "/sign-in?next=V", "/sign-in?identifier=V&error=V&notice=V", "/sign-up?email=V&username=V", "/forgot-password?email=V",
                "/reset-password?token=V", "/verify-email?token=V", "/admin/people?q=V", "/admin/sessions?person=V", "/admin/audit?actor=V&address=V&target=V", "/admin/people/V",
                "/account/confirm?next=V", "/admin/people/act?ids=V&act=V", "/admin/sessions/act?ids=V&act=V", "/api-docs?V", "/users/V", "/manage/users?q=V", "/dev/mail/V",
            ] {
                for browser in [&ada, &world.anonymous()] {
                    let answer = browser.clone().get(&page.replace('V', &way)).await;
                    record.held(!is_taken_over(&answer.body), || format!("{page} with {sent:?}: as it was sent"));
                    let is_split = answer.headers.iter().any(|(name, value)| name.as_str().contains("evil") || value.as_bytes().contains(&b'\n'));
                    record.held(!is_split, || format!("{page} with {sent:?}: {:?}", answer.headers));
                }
            }
            for (action, fields) in [
                ("/api/sign_in", [("identifier", sent), ("password", sent)]), ("/api/sign_up", [("email", sent), ("username", sent)]), ("/api/forgot_password", [("email", sent), ("next", sent)]),
                ("/api/admin_create", [("email", sent), ("username", sent)]), ("/api/admin_create", [("email", "x"), ("roles", sent)]), ("/api/change_username", [("username", sent), ("next", sent)]),
                ("/api/set_theme", [("theme", sent), ("next", sent)]), ("/api/confirm_password", [("password", sent), ("email", sent)]),
            ] {
                let mut browser = ada.clone();
                if action.contains("sign_") || action.contains("forgot") {
                    browser = world.anonymous();
                }
                let answer = browser.submit(action, &fields).await;
                let location = answer.location().to_owned();
                let page = if location.is_empty() { answer } else { browser.visit(&location).await };
                record.held(!is_taken_over(&page.body), || format!("{action} with {sent:?}: as it was sent"));
            }
        }
    }

    /// ASVS 1.2.10; CWE-1236: the audit log as a table, by both doors.
    with(open) caught_by(writes_cells_as_they_are) async fn formulas(world, record) {
        let ada = world.administrator("ada@example.com").await.browser;
        let bearer = world.program_of("ada@example.com").await;
        for formula in FORMULAS {
            post(&world.anonymous(), "/api/sign_in", &[("identifier", "ada@example.com"), ("password", PASSWORD)], formula).await;
            post(&world.anonymous(), "/api/sign_in", &[("identifier", formula), ("password", "wrong")], formula).await;
            bearer.post("/users/me/tokens", json!({ "name": formula, "scopes": ["account:read"] })).await;
            ada.clone().get(&format!("/admin/{}", encoded(formula))).await;
        }
        jobs::run_once(&world.state, None).await.expect("background tasks");
        let form = post(&ada, "/admin/audit/export", &[("format", "csv")], "x").await;
        let program = bearer.post("/manage/events/export/csv", json!({})).await;
        for table in [form, program] {
            assert_eq!(table.status, StatusCode::OK, "{table:?}");
            let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(table.body.as_bytes());
            for row in reader.records() {
                let row = row.expect("a row");
                for cell in &row {
                    let is_formula = cell.trim_start_matches([' ', '"']).starts_with(['=', '+', '-', '@', '\t', '\r', '|']) && cell.len() > 1;
                    record.held(!is_formula, || format!("a cell {cell:?} in {row:?}"));
                }
            }
        }
    }

    /// ASVS 16.4.1; CWE-117, CWE-150: a line of the log is one line, and says nothing that somebody sent in words of its own.
    with(open) caught_by(logs_what_comes) async fn lines_of_the_log(world, record) {
        let (text, json) = (Lines::default(), Lines::default());
        let subscriber = tracing_subscriber::registry()
            .with(EnvFilter::new(&world.state.config.log))
            .with(tracing_subscriber::fmt::layer().with_ansi(false).with_writer(text.clone()))
            .with(tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(json.clone()));
        let guard = listen(subscriber);
        let sam = world.sign_up("sam@example.com").await.browser;
        let mut sent = 0;
        for break_out in ["\r\n", "\n", "\r", "\u{1b}[2J", "\u{1b}]0;x\u{7}", "\u{8}", "\0", "\u{2028}", "\u{85}", "%0a", "%0d%0a", "\\n"] {
            let evil = format!("x{break_out}2026-01-01T00:00:00Z  WARN evil-line: forged");
            for (path, fields) in [
                ("/api/sign_in", vec![("identifier", evil.as_str()), ("password", evil.as_str())]),
                ("/api/sign_in", vec![("identifier", "sam@example.com"), ("password", evil.as_str())]),
                ("/api/sign_up", vec![("email", evil.as_str()), ("username", evil.as_str()), ("new_password", PASSWORD)]),
                ("/api/change_username", vec![("username", evil.as_str())]),
                ("/api/change_email", vec![("email", evil.as_str())]),
                ("/api/forgot_password", vec![("email", evil.as_str())]),
            ] {
                let agent = evil.replace(['\r', '\n', '\0'], " ");
                post(&sam, path, &fields, &agent).await;
                post(&world.anonymous(), path, &fields, &agent).await;
                sent += 2;
            }
            for path in [format!("/admin/{}", encoded(&evil)), format!("/api/{}", encoded(&evil)), format!("/sign-in?next={}", encoded(&evil))] {
                sam.clone().get(&path).await;
                let request = sam.request(Method::POST, &path).header("sec-fetch-site", "cross-site").header("x-request-id", encoded(&evil));
                sam.clone().send(request.body(Body::empty()).expect("a request")).await;
                sent += 2;
            }
            let report = json!({ "csp-report": { "document-uri": evil, "blocked-uri": evil, "violated-directive": evil, "source-file": evil } });
            let request = sam.request(Method::POST, "/csp-report").header(header::CONTENT_TYPE, "application/csp-report");
            sam.clone().send(request.body(Body::from(report.to_string())).expect("a request")).await;
            sent += 1;
        }
        drop(guard);
        let of = |lines: &Lines| String::from_utf8_lossy(&lines.0.lock().expect("a lock")).into_owned();
        let (text, json) = (of(&text), of(&json));
        assert!(sent > 0 && text.lines().count() > 10, "something is logged: {text}");
        let is_loggable = |c: char| !c.is_control() && !matches!(c, '\u{2028}' | '\u{85}');
        for line in text.split('\n').filter(|line| !line.is_empty()) {
            let begins = line.len() > 20 && line.as_bytes()[..4].iter().all(u8::is_ascii_digit) && line.contains(": latchkey") | line.contains(" latchkey::") | line.contains("attacks::") | line.contains(" tower");
            record.held(begins && line.chars().all(is_loggable), || format!("a line {line:?}"));
        }
        for line in json.split('\n').filter(|line| !line.is_empty()) {
            let object: Result<serde_json::Value, _> = serde_json::from_str(line);
            record.held(object.is_ok_and(|object| object["timestamp"].is_string() && object["target"].is_string()), || format!("a line {line:?}"));
        }
    }

    /// ASVS 1.3.11; CWE-93: addresses and names with the lines of a letter in them.
    with(open) caught_by(adds_recipients) async fn heads_of_letters(world, record) {
        let mut ada = world.administrator("ada@example.com").await.browser;
        let mut sam = world.sign_up("sam@example.com").await.browser;
        for (index, line) in ["\r\nBcc: evil@example.org", "\nBcc: evil@example.org", "\rBcc: evil@example.org", "%0d%0aBcc: evil@example.org", "\0evil@example.org", ", evil@example.org", "; evil@example.org",
                     " evil@example.org", "><evil@example.org", "\u{2028}Bcc: evil@example.org", "\u{e5}\u{bc8d}\u{560a}evil@example.org", "?bcc=evil@example.org", "\r\n\r\nevil", "(evil@example.org)", "\r\n.\r\nMAIL FROM:<evil@example.org>"].into_iter().enumerate() {
            for address in [format!("kim{index}@example.com{line}"), format!("kim{index}{line}@example.com"), format!("\"kim{index}{line}\"@example.com"), format!("{line} kim{index}@example.com"), format!("kim{index}@exa{line}mple.com")] {
                world.anonymous().submit("/api/sign_up", &[("email", &address), ("new_password", PASSWORD)]).await;
                world.anonymous().submit("/api/forgot_password", &[("email", &address)]).await;
                world.program().post("/users", json!({ "email": address, "password": OTHER_PASSWORD })).await;
                world.program().post("/auth/password/forgot", json!({ "email": address })).await;
                sam.submit("/api/change_email", &[("email", &address)]).await;
                ada.submit("/api/admin_create", &[("email", &address), ("invite", "true")]).await;
                jobs::run_once(&world.state, None).await.expect("background tasks");
                let rows = outbox::newest(&mut world.state.db.read().await.expect("a connection"), 200).await.expect("mail");
                let is_plain = |text: &str| !text.chars().any(char::is_control);
                let odd = rows.iter().find(|row| {
                    !is_plain(&row.recipient) || !is_plain(&row.subject) || row.recipient.matches('@').count() != 1 || row.recipient.contains("evil") || row.recipient.contains([' ', ',', ';', '<', '>'])
                });
                record.held(odd.is_none(), || format!("{address:?}: a mail to {:?} about {:?}", odd.map(|row| &row.recipient), odd.map(|row| &row.subject)));
                world.tamper("delete from outbox; delete from limits").await;
            }
        }
    }
}
