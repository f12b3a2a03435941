//! The figures of the console's overview. Must not count more than an index holds.

use crate::domain::moment::Moment;

use super::{Handle, StoreError, db::fetch};

/// The most failures that are looked at for bursts.
const MOST_FAILURES: i64 = 5_000;

/// How many people there are.
pub async fn people(on: impl Into<Handle<'_>>) -> Result<i64, StoreError> {
    let (count,) = fetch!(fetch_one, (i64,), on, "select count(*) from users")?;
    Ok(count)
}

/// How many sessions are live; those that came of age are noted within seconds.
pub async fn live_sessions(on: impl Into<Handle<'_>>, now: Moment) -> Result<i64, StoreError> {
    let (count,) = fetch!(
        fetch_one,
        (i64,),
        on,
        "select count(*) from sessions where ended_at is null and (last_seen_at + idle_seconds) > $1",
        now.0
    )?;
    Ok(count)
}

/// How many mails wait, and how many were given up on.
pub async fn mail(on: impl Into<Handle<'_>>) -> Result<(i64, i64), StoreError> {
    fetch!(
        fetch_one,
        (i64, i64),
        on,
        "select (select count(*) from outbox where sent_at is null and failed_at is null),
                (select count(*) from outbox where failed_at is not null)"
    )
}

/// Events of some days: the day, the kind, how many.
pub async fn days(on: impl Into<Handle<'_>>, first: i64, last: i64) -> Result<Vec<(i64, String, i64)>, StoreError> {
    fetch!(
        fetch_all,
        (i64, String, i64),
        on,
        "select day, kind, count from event_days where day between $1 and $2",
        first,
        last
    )
}

/// Addresses that at least so many failed sign-ins came from since an event of this id: the address, how many, the latest.
pub async fn bursts(
    on: impl Into<Handle<'_>>,
    since: &str,
    fewest: i64,
    most: i64,
) -> Result<Vec<(String, i64, i64)>, StoreError> {
    fetch!(
        fetch_all,
        (String, i64, i64),
        on,
        "select address, count(*), max(at) from (
             select address, at from events where kind = 'sign_in_failed' and id >= $1 order by id desc limit $2) as failures
         where address <> ''
         group by address having count(*) >= $3 order by max(at) desc, address limit $4",
        since,
        MOST_FAILURES,
        fewest,
        most
    )
}
