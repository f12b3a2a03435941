//! Notes which settings the server was started with, and writes an event when they are others than before. Must not note a
//! value: digests tell whether something changed.

use std::collections::BTreeMap;

use crate::{
    domain::event::EventKind,
    server::{
        audit::Event,
        config::explain,
        crypto::token::digest,
        error::ServerError,
        state::AppState,
        storage::{events, notes},
    },
};

/// The name under which they are noted.
const NOTE: &str = "settings";

/// Compares the settings in force with those of the last start (ASVS 16.3.4). Answers with the names of those that changed.
///
/// # Errors
/// When the database is away.
pub async fn run(state: &AppState) -> Result<Vec<String>, ServerError> {
    let now = digests(state)?;
    let mut tx = state.db.begin().await?;
    // Nodes that start at the same moment compare one after the other.
    events::hold_head(&mut tx).await?;
    let noted = notes::find(&mut tx, NOTE).await?;
    let before: Option<BTreeMap<String, String>> = noted.and_then(|noted| serde_json::from_str(&noted).ok());
    let changed: Vec<String> = match &before {
        Some(before) => {
            now.iter().filter(|(name, value)| before.get(*name) != Some(value)).map(|(name, _)| name.clone()).collect()
        }
        None => Vec::new(),
    };
    if before.as_ref() == Some(&now) {
        return Ok(changed);
    }
    notes::set(&mut tx, NOTE, &serde_json::to_string(&now).unwrap_or_default()).await?;
    if !changed.is_empty() {
        Event::by_system(EventKind::SettingsChanged).with("settings", changed.join(" ")).record(state, &mut tx).await?;
    }
    tx.commit().await?;
    Ok(changed)
}

/// A digest for each setting that is no secret.
fn digests(state: &AppState) -> Result<BTreeMap<String, String>, ServerError> {
    let Ok(serde_json::Value::Object(settings)) = serde_json::to_value(state.config.as_ref()) else {
        return Err(ServerError::Corrupt("settings"));
    };
    let open = settings.into_iter().filter(|(name, _)| !explain::SECRETS.contains(&name.as_str()));
    Ok(open.map(|(name, value)| (name, digest(value.to_string().as_bytes()))).collect())
}
