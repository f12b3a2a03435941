//! The figures of the console's first page. Must not change anything.

use std::collections::HashSet;

use crate::{
    domain::{
        console::{Burst, Day, OverviewData},
        event::EventKind,
        moment::Moment,
    },
    server::{
        error::FlowError,
        state::AppState,
        storage::{
            events::{self, Wanted},
            figures,
        },
    },
};

use super::look;

/// Days of the chart.
const DAYS: i64 = 30;
/// Seconds of a day.
const DAY_SECONDS: i64 = 86_400;
/// So many failures from one address within a day deserve a look.
const BURST: i64 = 10;
/// Bursts that are shown.
const MOST_BURSTS: i64 = 5;
/// Events that are shown.
const MOST_EVENTS: usize = 10;
/// Events of a kind that are looked through for them.
const LOOKED_THROUGH: i64 = 50;
/// What deserves a look.
const KINDS: [EventKind; 10] = [
    EventKind::LimitReached,
    EventKind::AccessDenied,
    EventKind::NotMe,
    EventKind::RoleGranted,
    EventKind::RoleRevoked,
    EventKind::AccountDisabled,
    EventKind::AccountDeleted,
    EventKind::RecordsDeleted,
    EventKind::SettingsChanged,
    EventKind::SigningKeysRevoked,
];

/// Everything that the page shows.
///
/// # Errors
/// When the database is away.
pub async fn run(state: &AppState) -> Result<OverviewData, FlowError> {
    let (now, mut conn) = (state.now(), state.db.read().await?);
    let count = |counted: i64| u32::try_from(counted).unwrap_or_default();

    let last = events::day_of(now);
    let first = last - DAYS + 1;
    let mut days: Vec<Day> = (first..=last)
        .map(|day| Day { at: Moment(day.saturating_mul(DAY_SECONDS)), sign_ins: 0, failures: 0 })
        .collect();
    for (day, kind, counted) in figures::days(&mut conn, first, last).await? {
        let place = usize::try_from(day - first).ok().and_then(|at| days.get_mut(at));
        match (place, EventKind::parse(&kind)) {
            (Some(day), Some(EventKind::SignedIn)) => day.sign_ins += count(counted),
            (Some(day), Some(EventKind::SignInFailed)) => day.failures += count(counted),
            _ => {}
        }
    }

    // One kind at a time, as the index has them; together they would have to be sorted.
    let mut rows = Vec::new();
    for kind in KINDS {
        let wanted = Wanted { kinds: vec![kind.as_str()], ..Wanted::default() };
        rows.extend(events::list(&mut conn, &wanted, &events::Page::First, LOOKED_THROUGH).await?);
    }
    // One act may be written down in many pieces.
    let mut acts = HashSet::new();
    rows.retain(|row| {
        let act = (row.content.kind.clone(), row.content.request_id.clone());
        row.content.kind != EventKind::RecordsDeleted.as_str() || act.1.is_empty() || acts.insert(act)
    });
    rows.sort_by(|one, other| other.content.id.cmp(&one.content.id));
    rows.truncate(MOST_EVENTS);

    let since = events::first_id_at(now.plus(-DAY_SECONDS));
    let bursts = figures::bursts(&mut conn, &since, BURST, MOST_BURSTS).await?;
    let (waiting, failed) = figures::mail(&mut conn).await?;
    Ok(OverviewData {
        people: count(figures::people(&mut conn).await?),
        sessions: count(figures::live_sessions(&mut conn, now).await?),
        mail_waiting: count(waiting),
        mail_failed: count(failed),
        days,
        bursts: bursts
            .into_iter()
            .map(|(address, counted, latest)| Burst { address, count: count(counted), latest: Moment(latest) })
            .collect(),
        events: look::event_lines(&mut conn, rows).await?,
    })
}
