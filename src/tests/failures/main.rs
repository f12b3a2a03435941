//! What becomes of people and their sessions when something fails: the real program, killed, starved, cut off and moved about.
//! `make failures` runs all of it; `make test` what is quick. PostgreSQL is the one that `LATCHKEY_TEST_POSTGRES_URL` names, or
//! one that a test starts for itself where it must be harmed.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, missing_docs, reason = "tests say what they expect")]
#![allow(clippy::print_stdout, reason = "the suite ends with its figures")]
#![cfg(unix)]

mod away;
mod disk;
mod fail_over;
mod http;
mod kills;
mod node;
mod nodes;
mod people;
mod place;
mod proxy;
mod server;
mod sync;

use std::sync::atomic::{AtomicU32, Ordering};

use libtest_mimic::{Arguments, Trial};

/// How often something was killed.
static KILLED: AtomicU32 = AtomicU32::new(0);
/// How much that had been acknowledged was not there afterwards, or was worth something twice.
static LOST: AtomicU32 = AtomicU32::new(0);

/// Whether everything is asked for, bounds of time included: `make failures`.
fn is_everything() -> bool {
    std::env::var_os("LATCHKEY_FAILURES").is_some_and(|value| value == "all")
}

/// One test.
fn trial(name: &str, run: fn()) -> Trial {
    Trial::test(name, move || {
        run();
        Ok(())
    })
}

fn main() {
    let arguments = Arguments::from_args();
    let is_list = arguments.list;
    let mut trials = vec![
        trial("sqlite::a_database_that_somebody_else_writes_to", away::locked),
        trial("sqlite::a_disk_that_is_full", disk::full).with_ignored_flag(!disk::is_possible()),
        trial("postgres::a_database_that_cannot_be_reached", away::connections),
        trial("sqlite::a_program_that_is_asked_twice_to_end_drains_no_longer", nodes::asked_twice),
        trial("postgres::what_is_done_on_one_node_holds_on_all", nodes::share),
        trial("postgres::nodes_that_start_at_once_make_one_schema", nodes::migrate_at_once),
        trial("postgres::a_node_that_is_killed_takes_nothing_with_it", nodes::one_is_killed),
        trial("postgres::nodes_are_replaced_and_every_request_is_answered", nodes::rolling_restart),
        trial("sqlite::nothing_acknowledged_is_lost_when_the_program_is_killed", kills::on_sqlite),
        trial("postgres::nothing_acknowledged_is_lost_when_the_program_is_killed", kills::on_postgres),
    ];
    if is_everything() {
        trials.extend([
            trial("sqlite::nothing_is_acknowledged_before_it_is_on_the_disk", sync::on_sqlite),
            trial("postgres::nothing_is_acknowledged_before_it_is_on_the_disk", sync::on_postgres),
            trial("postgres::a_database_server_that_is_frozen_or_killed", away::server),
            trial("postgres::nothing_acknowledged_is_lost_when_the_database_is_killed", fail_over::server_is_killed),
            trial("postgres::nothing_acknowledged_is_lost_when_a_standby_takes_over", fail_over::standby_takes_over),
        ]);
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    if !is_list {
        println!("killed {}, lost {}", KILLED.load(Ordering::SeqCst), LOST.load(Ordering::SeqCst));
    }
    conclusion.exit();
}
