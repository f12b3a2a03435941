//! Clocks: this machine's, against what the database remembers and against its server's. Must not set one.

use crate::{
    domain::moment::Moment,
    server::{
        clock::{Clock, SystemClock},
        storage::{Db, StoreError, events, schema},
    },
};

use super::Finding;

const CHECK: &str = "clock";
/// Before this was written no clock is right: 2026-01-01.
const EARLIEST: Moment = Moment(1_767_225_600);
/// Seconds that clocks may differ.
const TOLERATED_SECONDS: i64 = 5;
const ADVICE: &str = "let a time service set it (chrony, systemd-timesyncd): sessions, links and tokens end by it";

/// What is wrong with them.
pub(super) async fn look(db: Option<&Db>) -> Option<Finding> {
    let now = SystemClock.now();
    if now < EARLIEST {
        return Some(Finding::problem(CHECK, format!("this machine says {}", now.rfc3339()), ADVICE));
    }
    let Some(db) = db else { return Some(Finding::ok(CHECK, format!("{}, compared with nothing", now.rfc3339()))) };
    Some(compare(db).await.unwrap_or_else(|error| Finding::problem(CHECK, error.to_string(), "look at the database")))
}

async fn compare(db: &Db) -> Result<Finding, StoreError> {
    let mut conn = db.read().await?;
    let sealed_at = events::head(&mut conn).await?.sealed_at;
    let server = schema::clock(&mut conn).await?;
    let now = SystemClock.now();
    if sealed_at > now.0 + TOLERATED_SECONDS {
        let found = format!("{}, which is before the last event, {}", now.rfc3339(), Moment(sealed_at).rfc3339());
        return Ok(Finding::problem(CHECK, found, ADVICE));
    }
    Ok(match server {
        Some(server) if (server - now.0).abs() > TOLERATED_SECONDS => {
            let found = format!("{} here, and {} on the database's server", now.rfc3339(), Moment(server).rfc3339());
            Finding::problem(CHECK, found, ADVICE)
        }
        Some(_) => Finding::ok(CHECK, format!("{}, as on the database's server", now.rfc3339())),
        None => Finding::ok(CHECK, format!("{}, after the last event", now.rfc3339())),
    })
}
