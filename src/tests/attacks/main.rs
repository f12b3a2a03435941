//! Attacks: what somebody with bad intentions does to the whole server, on SQLite and PostgreSQL; a file per kind. Each hostile
//! request counts, and the last line says how many there were and how many succeeded. Whatever an attack is recognised by is
//! proven: with the bug planted that it looks for (`control::…`), the same attack has to succeed. Who may do what at all is the
//! table in `src/tests/authorization.rs`. Must not sleep, and must not measure time: `timing.rs` does that.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, missing_docs, reason = "tests say what they expect")]
#![allow(clippy::print_stdout, reason = "a runner prints")]
#![allow(clippy::unused_async, reason = "what plants a bug is async for those that have to wait")]

/// Tokens of programs.
mod access_tokens;
/// Pages that a cache would keep.
mod caches;
/// Who is known here.
mod enumeration;
/// Requests that other sites make.
mod forgery;
/// Passwords, tried.
mod guessing;
/// What is typed and sent, and where it ends up.
mod injection;
/// What cannot be read.
mod malformed;
/// More than a form asks for.
mod members;
/// Links and refresh tokens that are good once.
mod one_time;
/// Headers that say where this site is.
mod poisoning;
/// Ways off this site.
mod redirects;
/// What was allowed a moment ago.
mod roles;
/// Cookies that somebody else has.
mod sessions;
/// Requests within requests.
mod smuggling;
/// What belongs to somebody else.
mod strangers;
/// Attacks, and how they are counted.
mod suite;
#[path = "../support/mod.rs"]
#[allow(dead_code, unused_imports, unused_macros, reason = "shared with the other tests, which use the rest")]
mod support;

use std::process::ExitCode;

use libtest_mimic::Arguments;

const KINDS: &[&[suite::Attack]] = &[
    access_tokens::ATTACKS,
    caches::ATTACKS,
    enumeration::ATTACKS,
    forgery::ATTACKS,
    guessing::ATTACKS,
    injection::ATTACKS,
    malformed::ATTACKS,
    members::ATTACKS,
    one_time::ATTACKS,
    poisoning::ATTACKS,
    redirects::ATTACKS,
    roles::ATTACKS,
    sessions::ATTACKS,
    smuggling::ATTACKS,
    strangers::ATTACKS,
];

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    let threads = std::env::var("RUST_TEST_THREADS").ok().and_then(|threads| threads.parse().ok());
    arguments.test_threads = arguments.test_threads.or(threads);
    let trials = KINDS.iter().flat_map(|kind| kind.iter()).flat_map(suite::trials).collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    if !arguments.list {
        println!("{}", suite::figure());
    }
    conclusion.exit_code()
}
