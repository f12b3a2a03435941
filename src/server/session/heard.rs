//! Notes that sessions were heard of. It is no more than a note: it takes little time of whoever asks, and of many who ask in one
//! session at once only the first writes it. Must not decide whether a session is good.

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

/// The sessions of which somebody is writing a note.
#[derive(Clone, Debug, Default)]
pub struct Heard(Arc<Mutex<HashSet<String>>>);

/// A note that is being written, until this is dropped.
struct Writing<'h> {
    heard: &'h Heard,
    session_id: &'h str,
}

impl Heard {
    /// `None` where somebody is at it.
    fn begin<'h>(&'h self, session_id: &'h str) -> Option<Writing<'h>> {
        let is_first = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(session_id.to_owned());
        is_first.then_some(Writing { heard: self, session_id })
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        self.heard.0.lock().unwrap_or_else(PoisonError::into_inner).remove(self.session_id);
    }
}

/// What became of a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Noted {
    /// It is written.
    Written,
    /// Another request of the session is writing it.
    ByAnother,
    /// The session is over.
    Over,
}

/// Notes it, where that can be done soon and nobody is at it.
///
/// # Errors
/// When the database is away or busy.
pub(super) async fn note(state: &AppState, session_id: &str, now: Moment) -> Result<Noted, StoreError> {
    let Some(_writing) = state.heard.begin(session_id) else { return Ok(Noted::ByAnother) };
    let noted = async { sessions::touch(&mut state.db.write().await?, session_id, now).await };
    let is_live = patience::in_all(PATIENCE, noted).await?;
    Ok(if is_live { Noted::Written } else { Noted::Over })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_one_writes_and_the_next_when_it_is_through() {
        let heard = Heard::default();
        let first = heard.begin("a");
        assert!(first.is_some() && heard.begin("a").is_none() && heard.begin("b").is_some());
        drop(first);
        assert!(heard.begin("a").is_some());
    }
}
