//! The record of who signed in and out: ending sessions, and deleting records so that the audit log says who did it. Must not
//! delete what was done in a session.

use crate::{
    domain::event::EventKind,
    server::{
        audit::redaction,
        error::FlowError,
        session,
        state::AppState,
        storage::{
            events::{self, Page},
            session_records::{self, Wanted},
            sessions::EndReason,
        },
    },
};

use super::Actor;

/// Sessions in one transaction.
const BATCH: i64 = 50;

/// Ends every session that is wanted and live; answers with how many there were. An administrator's own goes on.
///
/// # Errors
/// When the database is away; those ended until then stay ended.
pub async fn end(state: &AppState, actor: Actor<'_>, wanted: &Wanted) -> Result<usize, FlowError> {
    let wanted = sparing_own(actor, wanted);
    let mut page = Page::First;
    let mut ended = 0;
    loop {
        let mut tx = state.db.begin().await?;
        let batch = session_records::page(&mut tx, &wanted, &page, BATCH).await?;
        let Some(last) = batch.last() else { return Ok(ended) };
        page = Page::OlderThan(last.id.clone());
        for record in batch.iter().filter(|record| record.ended_at.is_none()) {
            let event = actor.event(EventKind::SessionEnded).about(&record.user_id);
            let reason = EndReason::EndedByAdministrator;
            ended += usize::from(session::end_in(state, &mut tx, &record.id, reason, event).await?);
        }
        tx.commit().await?;
    }
}

/// Deletes the record of every session that is wanted: live ones end first, the rows go, and the content of their events goes
/// with an event that says so. Answers with how many there were. An administrator's own session stays.
///
/// # Errors
/// When the database is away; what was deleted until then stays so.
pub async fn delete(state: &AppState, actor: Actor<'_>, wanted: &Wanted) -> Result<usize, FlowError> {
    let mut wanted = sparing_own(actor, wanted);
    // Not what begins meanwhile, or there might be no end to it.
    let soon = state.now().plus(1);
    wanted.until = Some(wanted.until.map_or(soon, |until| until.min(soon)));
    let mut deleted = 0;
    loop {
        let mut tx = state.db.begin().await?;
        // Held first, so that two deletions of the same records come one after the other.
        events::hold_head(&mut tx).await?;
        let batch = session_records::page(&mut tx, &wanted, &Page::First, BATCH).await?;
        if batch.is_empty() {
            return Ok(deleted);
        }
        for record in batch.iter().filter(|record| record.ended_at.is_none()) {
            let event = actor.event(EventKind::SessionEnded).about(&record.user_id);
            session::end_in(state, &mut tx, &record.id, EndReason::EndedByAdministrator, event).await?;
        }
        let ids: Vec<String> = batch.into_iter().map(|record| record.id).collect();
        let emptied = session_records::events_of(&mut tx, &ids).await?;
        let reason = actor.event(EventKind::RecordsDeleted).about("").with("sessions", ids.len().to_string());
        if emptied.is_empty() {
            reason.record(state, &mut tx).await?;
        } else {
            redaction::empty(state, &mut tx, &emptied, &reason).await?;
        }
        for id in &ids {
            deleted += usize::from(session_records::remove(&mut tx, id).await?);
        }
        tx.commit().await?;
    }
}

/// Whoever works on the console does not end their own session by it.
fn sparing_own(actor: Actor<'_>, wanted: &Wanted) -> Wanted {
    let own = match actor {
        Actor::Administrator { session_id, .. } => Some(session_id.to_owned()),
        Actor::CommandLine => None,
    };
    Wanted { spared: own, ..wanted.clone() }
}
