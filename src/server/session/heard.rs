//! Notes that sessions were heard of. It is no more than a note: where the database is busy, whoever asks does not wait for it. Must
//! not decide whether a session is good.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use crate::{
    domain::moment::Moment,
    server::{
        state::AppState,
        storage::{StoreError, patience, sessions},
    },
};

/// How long noting may take whoever asks: no time that is left for what they ask.
const PATIENCE: Duration = Duration::from_millis(400);

/// The sessions of which a note is waiting to be written, so that there is one of each however many ask.
#[derive(Clone, Debug, Default)]
pub struct Heard(Arc<Mutex<HashSet<String>>>);

impl Heard {
    /// Whether nobody was about to note it.
    fn begin(&self, session_id: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(session_id.to_owned())
    }

    fn end(&self, session_id: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(session_id);
    }
}

/// Notes it at once where nobody else is writing, otherwise as soon as that can be done. `false` if it was found to be over.
///
/// # Errors
/// When it was tried at once and the database is away.
pub(super) async fn note(state: &AppState, session_id: &str, now: Moment) -> Result<bool, StoreError> {
    if let Some(mut conn) = state.db.write_at_once() {
        return patience::in_all(PATIENCE, sessions::touch(&mut conn, session_id, now)).await;
    }
    if state.heard.begin(session_id) {
        let (state, session_id) = (state.clone(), session_id.to_owned());
        tokio::spawn(async move {
            let noted = patience::for_each(patience::OF_A_TASK, later(&state, &session_id, now)).await;
            state.heard.end(&session_id);
            if let Err(error) = noted {
                tracing::warn!(%error, "a session was heard of, which cannot be noted");
            }
        });
    }
    Ok(true)
}

async fn later(state: &AppState, session_id: &str, now: Moment) -> Result<bool, StoreError> {
    sessions::touch(&mut state.db.write().await?, session_id, now).await
}
