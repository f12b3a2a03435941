//! The record of who signed in and out: ending sessions, and deleting records so that the audit log says who did it. Must not
//! delete what was done in a session.

use crate::{
    domain::{
        event::EventKind,
        moment::Moment,
        records::{RecordAct, Standing},
    },
    server::{
        audit::redaction,
        error::FlowError,
        session,
        state::AppState,
        storage::{
            events::{self, Page},
            patience,
            session_records::{self, Wanted},
            sessions::EndReason,
        },
    },
};

use super::Actor;

/// Sessions in one transaction.
const BATCH: usize = 50;
/// Sessions that one form acts on, so that its answer does not take long.
pub const MOST_AT_ONCE: usize = 5_000;
/// Sessions that one form names, at most.
const MOST_NAMED: usize = 100;

/// The sessions that a form names.
#[must_use]
pub fn named(ids: &[String]) -> Vec<String> {
    let mut named: Vec<String> = ids.iter().filter(|id| !id.is_empty()).take(MOST_NAMED).cloned().collect();
    if named.is_empty() {
        // None, which is not all.
        named.push(String::new());
    }
    named
}

/// What an act means of what was asked for: not the session it is asked from, and nothing that began after it was asked;
/// only what goes on can end.
#[must_use]
pub fn meant(asked: &Wanted, act: Option<RecordAct>, own_session: &str, as_of: Moment) -> Wanted {
    let soon = as_of.plus(1);
    let standing = match (act, asked.standing) {
        (Some(RecordAct::End), None) => Some(Standing::Live),
        (_, standing) => standing,
    };
    Wanted {
        standing,
        until: Some(asked.until.map_or(soon, |until| until.min(soon))),
        spared: Some(own_session.to_owned()).filter(|own| !own.is_empty()),
        ..asked.clone()
    }
}

/// Ends sessions that are wanted and live, newest first, at most so many; answers with how many there were. An
/// administrator's own goes on.
///
/// # Errors
/// When the database is away; those ended until then stay ended.
pub async fn end(
    state: &AppState,
    actor: Actor<'_>,
    wanted: &Wanted,
    as_of: Moment,
    most: usize,
) -> Result<usize, FlowError> {
    let wanted = meant(wanted, Some(RecordAct::End), actor.session_id(), as_of);
    let mut page = Page::First;
    let mut ended = 0;
    while ended < most {
        patience::renew();
        let mut tx = state.db.begin().await?;
        actor.check(&mut tx).await?;
        let size = i64::try_from(BATCH.min(most - ended)).unwrap_or(1);
        let batch = session_records::page(&mut tx, &wanted, &page, size).await?;
        let Some(last) = batch.last() else { break };
        page = Page::OlderThan(last.id.clone());
        // Oldest first, as everywhere, so that no two transactions wait for each other (ASVS 15.4.3).
        for record in batch.iter().rev().filter(|record| record.ended_at.is_none()) {
            let event = actor.event(EventKind::SessionEnded).about(&record.user_id);
            let reason = EndReason::EndedByAdministrator;
            ended += usize::from(session::end_in(state, &mut tx, &record.id, reason, event).await?);
        }
        tx.commit().await?;
    }
    Ok(ended)
}

/// Deletes the record of sessions that are wanted, newest first, at most so many: live ones end first, the rows go, and the
/// content of their events goes with an event that says so. Answers with how many there were. An administrator's own session
/// stays.
///
/// # Errors
/// When the database is away; what was deleted until then stays so.
pub async fn delete(
    state: &AppState,
    actor: Actor<'_>,
    wanted: &Wanted,
    as_of: Moment,
    most: usize,
) -> Result<usize, FlowError> {
    let wanted = meant(wanted, Some(RecordAct::Delete), actor.session_id(), as_of);
    let mut page = Page::First;
    let mut deleted = 0;
    while deleted < most {
        patience::renew();
        let mut tx = state.db.begin().await?;
        actor.check(&mut tx).await?;
        // Held before anything is read, so that two deletions of the same records come one after the other.
        events::hold_head(&mut tx).await?;
        let size = i64::try_from(BATCH.min(most - deleted)).unwrap_or(1);
        let batch = session_records::page(&mut tx, &wanted, &page, size).await?;
        let Some(last) = batch.last() else { break };
        page = Page::OlderThan(last.id.clone());
        // Oldest first, as everywhere, so that no two transactions wait for each other (ASVS 15.4.3).
        for record in batch.iter().rev() {
            if record.ended_at.is_none() {
                let event = actor.event(EventKind::SessionEnded).about(&record.user_id);
                session::end_in(state, &mut tx, &record.id, EndReason::EndedByAdministrator, event).await?;
            }
            deleted += usize::from(session_records::remove(&mut tx, &record.id).await?);
        }
        let ids: Vec<String> = batch.into_iter().map(|record| record.id).collect();
        let emptied = session_records::events_of(&mut tx, &ids).await?;
        let reason = actor.event(EventKind::RecordsDeleted).about("").with("sessions", ids.len().to_string());
        if emptied.is_empty() {
            reason.record(state, &mut tx).await?;
        } else {
            redaction::empty(state, &mut tx, &emptied, &reason).await?;
        }
        tx.commit().await?;
    }
    Ok(deleted)
}
