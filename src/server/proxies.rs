//! What is seen of proxies while the server runs, noted for `latchkey doctor`: whether `trusted_proxies` names those that are
//! there. Seeing costs a request one look at memory. Must not change whom a request is taken to come from.

use std::{
    net::IpAddr,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
};

use serde::{Deserialize, Serialize};

use crate::domain::moment::Moment;

use super::{
    error::ServerError,
    state::AppState,
    storage::{Conn, notes},
};

/// Seconds for which the same thing is not noted again.
const PAUSE_SECONDS: i64 = 3_600;

/// What a request tells of the proxy that it came through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One of `trusted_proxies`, and it says for whom it asks.
    Named,
    /// One of `trusted_proxies`, and it says nothing.
    Silent,
    /// Something near that says for whom it asks, and is not believed.
    Unnamed,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Named, Self::Silent, Self::Unnamed];

    /// The name of its note.
    fn note(self) -> &'static str {
        match self {
            Self::Named => "proxy_named",
            Self::Silent => "proxy_silent",
            Self::Unnamed => "proxy_unnamed",
        }
    }
}

/// A proxy that was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Its address.
    pub proxy: IpAddr,
    /// When.
    pub at: Moment,
}

/// What this process has seen.
#[derive(Debug, Default)]
pub struct Sightings {
    kinds: [Sighting; 3],
}

#[derive(Debug, Default)]
struct Sighting {
    /// When it was last taken down, in seconds since 1970.
    last: AtomicI64,
    /// What is to be noted.
    pending: Mutex<Option<Seen>>,
}

impl Sightings {
    /// Takes a sighting down, unless there was one of its kind a short while ago.
    pub fn see(&self, kind: Kind, proxy: IpAddr, now: Moment) {
        let sighting = &self.kinds[kind as usize];
        let last = sighting.last.load(Ordering::Relaxed);
        if !(last..last.saturating_add(PAUSE_SECONDS)).contains(&now.0) {
            sighting.last.store(now.0, Ordering::Relaxed);
            *sighting.pending.lock().unwrap_or_else(PoisonError::into_inner) = Some(Seen { proxy, at: now });
        }
    }

    /// What is to be noted, once.
    fn take(&self) -> Vec<(Kind, Seen)> {
        let pending =
            |kind: Kind| self.kinds[kind as usize].pending.lock().unwrap_or_else(PoisonError::into_inner).take();
        Kind::ALL.into_iter().filter_map(|kind| pending(kind).map(|seen| (kind, seen))).collect()
    }
}

/// Notes what was seen.
///
/// # Errors
/// When the database is away; what was seen is then noted in an hour, if it is seen again.
pub async fn note(state: &AppState) -> Result<(), ServerError> {
    for (kind, seen) in state.proxies.take() {
        let text = serde_json::to_string(&seen).unwrap_or_default();
        notes::set(&mut state.db.write().await?, kind.note(), &text).await?;
    }
    Ok(())
}

/// What was last seen of a kind, by any node.
///
/// # Errors
/// When the database is away.
pub async fn seen(conn: &mut Conn, kind: Kind) -> Result<Option<Seen>, ServerError> {
    let text = notes::find(conn, kind.note()).await?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
}
