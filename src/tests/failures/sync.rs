//! What is on the disk before anybody is told: the system calls of the program and of PostgreSQL, as strace writes them down.
//! Must not trust what either says of itself.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use super::{
    http::call,
    node::{self, Node},
    place::Place,
    server::Postgres,
};

/// How many sign-ups are looked at.
const SIGN_UPS: usize = 20;
/// What is written down, with whole contents and the names of files.
const OPTIONS: [&str; 6] = [
    "-f",
    "-y",
    "-s",
    "200000",
    "-e",
    "trace=fsync,fdatasync,pwrite64,pwritev,pwritev2,write,writev,sendto,sendmsg,recvfrom",
];

/// A trace that is being written.
struct Tracing(Child);

impl Tracing {
    /// Of a process and all its threads and children, from now on.
    fn of(process: i32, into: &Path) -> Self {
        let mut child = Command::new("strace")
            .args(OPTIONS)
            .arg("-o")
            .arg(into)
            .args(["-p", &process.to_string()])
            .stderr(Stdio::piped())
            .spawn()
            .expect("strace, as `make failures` installs it");
        let mut said = BufReader::new(child.stderr.take().expect("its messages"));
        let mut line = String::new();
        while !line.contains("attached") {
            line.clear();
            assert!(said.read_line(&mut line).expect("read") > 0, "strace ended");
        }
        std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
        Self(child)
    }

    /// Ends it; what it traced goes on.
    fn end(mut self) {
        kill_process(Pid::from_child(&self.0), Signal::INT).expect("a signal");
        self.0.wait().expect("ended");
    }
}

fn email(number: usize) -> String {
    format!("person-{number:03}@example.com")
}

fn sign_up(to: SocketAddr) {
    for number in 0..SIGN_UPS {
        let body = json!({ "email": email(number), "password": "marble trolley unseen kettle" });
        assert_eq!(call(to, "POST", "/users", None, Some(body)).expect("an answer").status, 201);
    }
}

/// For each sign-up in turn: whether its row was written to the log of the database, then that was brought to the disk, and only
/// then the word was given: where many processes serve, by the one that was asked.
fn show(what: &str, trace: &Path, log: &str, word: &str, is_by_who_was_asked: bool) {
    let trace = std::fs::read(trace).expect("a trace");
    let trace = String::from_utf8_lossy(&trace);
    let mut waiting: HashMap<&str, bool> = HashMap::new();
    let (mut number, mut is_written, mut is_synced, mut asked) = (0, false, false, None);
    for line in trace.lines() {
        if number == SIGN_UPS {
            break;
        }
        let process = line.split_whitespace().next().unwrap_or_default();
        let is_of_log = line.contains(log);
        let is_sync = line.contains("fdatasync(") || line.contains("fsync(");
        if is_sync && is_of_log && line.contains("unfinished") {
            waiting.insert(process, is_written);
        } else if line.contains("sync resumed>") {
            // Only what was written before it began is on the disk when it ends.
            is_synced |= waiting.remove(process).unwrap_or(false) && line.trim_end().ends_with("= 0");
        } else if is_sync && is_of_log {
            is_synced |= is_written && line.trim_end().ends_with("= 0");
        } else if line.contains("pwrite") && is_of_log && line.contains(&email(number)) {
            is_written = true;
        } else if line.contains("recvfrom") && line.contains(&email(number)) {
            asked = Some(process);
        } else if line.contains("recvfrom") && line.contains("COMMIT\\0") && asked == Some(process) {
            // The end of it is written from here on: what somebody else brought to the disk before tells nothing of that.
            (is_synced, waiting) = (false, HashMap::new());
        } else if is_written && line.contains(word) && (asked == Some(process) || !is_by_who_was_asked) {
            assert!(is_synced, "{what}: sign-up {number} was acknowledged before it was on the disk");
            (number, is_written, is_synced, asked) = (number + 1, false, false, None);
        }
    }
    println!("{what}: {number} of {SIGN_UPS} sign-ups: written to {log}, brought to the disk, then acknowledged");
    assert_eq!(number, SIGN_UPS);
}

/// The program, with its embedded database.
pub fn on_sqlite() {
    let place = Place::sqlite();
    let node = Node::start(&place);
    node.until_ready();
    let trace = place.file("trace");
    let tracing = Tracing::of(node.pid().as_raw_nonzero().get(), &trace);
    sign_up(node.address);
    tracing.end();
    show("SQLite", &trace, "latchkey.db-wal>", "HTTP/1.1 201", false);
    node.terminate();
}

/// PostgreSQL, as the program uses it.
pub fn on_postgres() {
    let server = Postgres::new();
    let place = Place::on(&server.url());
    let trace = place.file("trace");
    let tracing = Tracing::of(server.pid().as_raw_nonzero().get(), &trace);
    let node = Node::start(&place);
    node.until_ready();
    sign_up(node.address);
    tracing.end();
    show("PostgreSQL", &trace, "/pg_wal/", "COMMIT\\0", true);
    let said = node::run(&place, &["audit", "verify"]);
    assert!(said.status.success(), "{said:?}");
    node.terminate();
}
