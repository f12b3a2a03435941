//! What an administrator does to one person or to many: each person's part whole, in a transaction of its own, with what became
//! of it. Must not go on when the administrator is none any more, and must not stop without saying so.

use crate::{
    domain::{
        console::{Act, ActReport, ActResult},
        error::AuthError,
        moment::Moment,
    },
    server::{
        error::{FlowError, ServerError},
        request_info::RequestInfo,
        state::AppState,
        storage::{patience, people, users},
    },
};

use super::{Actor, access, accounts, look, session_ends};

/// The most people that are acted on at once.
pub const MOST: usize = 1_000;

/// Acts on one person.
///
/// # Errors
/// [`AuthError::NotFound`] if the administrator is none any more.
pub async fn on_one(
    state: &AppState,
    actor: Actor<'_>,
    request: &RequestInfo,
    act: Act,
    user_id: &str,
) -> Result<ActResult, FlowError> {
    let done = |is_changed: bool| if is_changed { ActResult::Done } else { ActResult::Unchanged };
    let outcome = match act {
        Act::Disable if actor.is(user_id) => Ok(ActResult::OwnAccount),
        Act::Disable => access::disable(state, actor, user_id).await.map(done),
        Act::Enable => access::enable(state, actor, user_id).await.map(done),
        Act::EndSessions => session_ends::end_all(state, actor, user_id).await.map(|count| done(count > 0)),
        Act::SendResetMail => accounts::send_reset_mail(state, actor, request, user_id).await,
    };
    match outcome {
        Err(FlowError::Answer(AuthError::LastAdministrator)) => Ok(ActResult::LastAdministrator),
        Err(FlowError::Answer(AuthError::NotFound)) => {
            let is_there = users::find(&mut state.db.read().await?, user_id).await?.is_some();
            if is_there { Err(AuthError::NotFound.into()) } else { Ok(ActResult::Gone) }
        }
        outcome => outcome,
    }
}

/// Acts on many, one after the other, and keeps what became of each for [`report`]. When something goes wrong on the way, what
/// was done stays done, and the report says where it stopped.
///
/// # Errors
/// [`AuthError::Malformed`] for nobody or too many; [`AuthError::NotFound`] if the administrator is none any more.
pub async fn on_many(
    state: &AppState,
    actor: Actor<'_>,
    request: &RequestInfo,
    act: Act,
    ids: &[&str],
) -> Result<(), FlowError> {
    let Actor::Administrator { user_id, .. } = actor else { return Err(AuthError::NotFound.into()) };
    if ids.is_empty() || ids.len() > MOST {
        return Err(AuthError::Malformed.into());
    }
    let mut results: Vec<(&str, ActResult)> = ids.iter().map(|id| (*id, ActResult::NotDone)).collect();
    // Before anything is done, so that a crash on the way leaves something to read.
    keep(state, user_id, act, &results).await?;
    let mut failure = None;
    for (id, result) in &mut results {
        patience::renew();
        match on_one(state, actor, request, act, id).await {
            Ok(became) => *result = became,
            Err(error) => {
                failure = Some(error);
                break;
            }
        }
    }
    patience::renew();
    let kept = keep(state, user_id, act, &results).await;
    match failure {
        Some(error @ FlowError::Answer(_)) => Err(error),
        Some(FlowError::Failure(error)) => {
            tracing::error!(%error, "an act on several people stopped on the way");
            kept
        }
        None => kept,
    }
}

async fn keep(state: &AppState, user_id: &str, act: Act, results: &[(&str, ActResult)]) -> Result<(), FlowError> {
    let results = serde_json::to_string(results).map_err(|_| ServerError::Corrupt("what became of an act"))?;
    people::put_report(&mut state.db.write().await?, user_id, state.now(), act.as_str(), &results).await?;
    Ok(())
}

/// What became of an administrator's latest act on several people.
///
/// # Errors
/// When the database is away.
pub async fn report(state: &AppState, user_id: &str) -> Result<Option<ActReport>, FlowError> {
    let mut conn = state.db.read().await?;
    let Some((at, act, results)) = people::report(&mut conn, user_id).await? else { return Ok(None) };
    let act = Act::parse(&act).ok_or(ServerError::Corrupt("an act"))?;
    let results: Vec<(String, ActResult)> =
        serde_json::from_str(&results).map_err(|_| ServerError::Corrupt("what became of an act"))?;
    let rows = people::find_all(&mut conn, results.iter().map(|(id, _)| id.as_str())).await?;
    let mut lines = look::lines(&mut conn, rows, state.now()).await?;
    let results = results.into_iter().map(|(id, result)| {
        let at = lines.iter().position(|line| line.id == id);
        (at.map(|at| lines.swap_remove(at)), result)
    });
    Ok(Some(ActReport { act, at: Moment(at), results: results.collect() }))
}
