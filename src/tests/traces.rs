//! What a collector of traces is sent: what took how long in a request, and nothing of a person.
#![cfg(unix)]

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::any_value::Value,
    trace::v1::{Span, span::SpanKind},
};
use prost::Message as _;

const EMAIL: &str = "sam@example.com";
const PASSWORD: &str = "marble trolley unseen kettle";
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";

/// What came over a connection: its first lines, and as much of a body as they announce.
fn received(stream: &mut TcpStream) -> (String, Vec<u8>) {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let begin = head.len();
        if reader.read_line(&mut head).expect("text") == 0 || head[begin..].trim().is_empty() {
            break;
        }
        if let Some(value) = head[begin..].to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().expect("a length");
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("a body");
    (head, body)
}

/// Takes what is sent until it is told that nothing more comes.
fn collect(listener: &TcpListener, is_over: &AtomicBool) -> Vec<Span> {
    let mut spans = Vec::new();
    loop {
        let (mut stream, _) = listener.accept().expect("a connection");
        if is_over.load(Ordering::SeqCst) {
            return spans;
        }
        let (head, body) = received(&mut stream);
        assert!(head.starts_with("POST /v1/traces HTTP/1.1\r\n"), "{head}");
        let sent = ExportTraceServiceRequest::decode(body.as_slice()).expect("traces");
        spans.extend(sent.resource_spans.into_iter().flat_map(|it| it.scope_spans).flat_map(|it| it.spans));
        let answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
        stream.write_all(answer).expect("written");
    }
}

/// Sends JSON to a server; the status, and how the request was named.
fn post(address: &str, path: &str, json: &serde_json::Value) -> (String, String) {
    let body = json.to_string();
    let mut stream = TcpStream::connect(address).expect("it listens");
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Traceparent: 00-{TRACE}-{CALLER}-01\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).expect("written");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("read");
    let line = |start: &str| answer.lines().find_map(|line| line.strip_prefix(start)).expect("there").to_owned();
    (line("HTTP/1.1 ")[..3].to_owned(), line("x-request-id: "))
}

/// Lets somebody sign up and in with these settings; the spans, and how the sign-in was named.
fn traced(settings: &[(&str, &str)]) -> (Vec<Span>, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let collector = listener.local_addr().expect("an address");
    let is_over = Arc::new(AtomicBool::new(false));
    let collecting = {
        let is_over = Arc::clone(&is_over);
        thread::spawn(move || collect(&listener, &is_over))
    };
    let folder = tempfile::tempdir().expect("a folder");
    let mut child = Command::new(env!("CARGO_BIN_EXE_latchkey"))
        .current_dir(folder.path())
        .env_remove("DATABASE_URL")
        .env("PORT", "0")
        .env("LATCHKEY_ARGON2_MEMORY_KIB", "8")
        .env("LATCHKEY_ARGON2_ITERATIONS", "1")
        .env("LATCHKEY_TRACES_URL", format!("http://{collector}/v1/traces"))
        .envs(settings.iter().copied())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it runs");
    let first = BufReader::new(child.stdout.take().expect("a pipe")).lines().map_while(Result::ok).next();
    let first = first.expect("a line");
    let address = first.split("http://").nth(1).and_then(|rest| rest.split('/').next()).expect("an address");

    let account = serde_json::json!({ "email": EMAIL, "password": PASSWORD });
    assert_eq!(post(address, "/users", &account).0, "201");
    let (status, name) = post(address, "/auth/login", &account);
    assert_eq!(status, "200");

    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().expect("kill runs").success());
    assert!(child.wait().expect("it ends").success());
    is_over.store(true, Ordering::SeqCst);
    TcpStream::connect(collector).expect("it listens");
    (collecting.join().expect("traces"), name)
}

fn attributes(span: &Span) -> BTreeMap<&str, String> {
    let value = |value: &Value| match value {
        Value::StringValue(text) => text.clone(),
        Value::IntValue(number) => number.to_string(),
        other => format!("{other:?}"),
    };
    let values =
        span.attributes.iter().filter_map(|it| Some((it.key.as_str(), value(it.value.as_ref()?.value.as_ref()?))));
    values.collect()
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// ASVS 16.2.5: what took how long is sent, and whose request it was is not.
#[test]
fn a_collector_is_told_what_took_how_long_and_nothing_of_a_person() {
    let (spans, name) = traced(&[]);
    let sign_in = spans.iter().find(|span| span.name == "POST /auth/login").expect("the request");
    assert_eq!(sign_in.kind(), SpanKind::Server);
    let told = attributes(sign_in);
    for (key, value) in [
        ("http.request.method", "POST"),
        ("http.route", "/auth/login"),
        ("http.response.status_code", "200"),
        ("latchkey.request", &name),
    ] {
        assert_eq!(told.get(key).map(String::as_str), Some(value), "{told:?}");
    }
    let named = |name| {
        let is_it = |span: &&Span| span.name == name && span.trace_id == sign_in.trace_id;
        spans.iter().find(is_it).unwrap_or_else(|| panic!("{name} in {spans:?}"))
    };
    for (part, whole) in [
        ("hash queue", sign_in),
        ("password", sign_in),
        ("hash", named("password")),
        ("database connection", sign_in),
        ("database commit", sign_in),
    ] {
        let part = named(part);
        assert_eq!(part.parent_span_id, whole.span_id, "{part:?}");
        assert!(part.start_time_unix_nano >= sign_in.start_time_unix_nano, "{part:?}");
        assert!(part.end_time_unix_nano <= sign_in.end_time_unix_nano, "{part:?}");
    }
    // Who is no proxy of ours decides nothing, and background tasks begin nothing.
    assert_ne!(hexadecimal(&sign_in.trace_id), TRACE);
    let roots: Vec<&str> = spans.iter().filter(|it| it.parent_span_id.is_empty()).map(|it| it.name.as_str()).collect();
    assert_eq!(roots, ["POST /users", "POST /auth/login"]);
    let everything = format!("{spans:?}");
    for personal in [EMAIL, PASSWORD, "127.0.0.1"] {
        assert!(!everything.contains(personal), "{personal} in {everything}");
    }
}

/// ASVS 4.1.3: a trace goes on that a proxy of ours has begun, whatever part of the others is traced.
#[test]
fn a_trace_goes_on_that_a_proxy_of_ours_began() {
    let (spans, _) = traced(&[("LATCHKEY_TRUSTED_PROXIES", "[127.0.0.1/32]"), ("LATCHKEY_TRACES_RATIO", "0")]);
    let sign_in = spans.iter().find(|span| span.name == "POST /auth/login").expect("the request");
    assert_eq!(hexadecimal(&sign_in.trace_id), TRACE);
    assert_eq!(hexadecimal(&sign_in.parent_span_id), CALLER);
    let (spans, _) = traced(&[("LATCHKEY_TRACES_RATIO", "0")]);
    assert!(spans.is_empty(), "{spans:?}");
}

/// ASVS 16.5.2: without its collector the server serves, and ends, as well.
#[test]
fn a_collector_that_is_away_harms_nobody() {
    let gone = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let (spans, _) = traced(&[("LATCHKEY_TRACES_URL", &format!("http://{gone}/v1/traces"))]);
    assert!(spans.is_empty(), "{spans:?}");
}
