//! What happened to somebody's account, told to its owner. Must not say which administrator did something, nor from where
//! (ASVS 8.2.3).

use std::collections::BTreeMap;

use crate::{
    domain::{
        account::CurrentUser,
        event::{EventKind, Outcome},
        moment::Moment,
        own_account::{ActivityData, ActivityEntry, Agent, EventGroup},
    },
    server::{
        audit, device,
        error::FlowError,
        state::AppState,
        storage::events::{self, Content, Page, Wanted},
    },
    words,
};

/// A page of events, those of a group or all.
///
/// # Errors
/// When the database is away.
pub async fn look_up(
    state: &AppState,
    user: &CurrentUser,
    group: Option<EventGroup>,
    page: &Page,
) -> Result<ActivityData, FlowError> {
    let wanted = Wanted {
        target: Some(user.id.clone()),
        kinds: match group {
            Some(group) => group.kinds().map(EventKind::as_str).collect(),
            None => EventGroup::told().map(EventKind::as_str).collect(),
        },
        ..Wanted::default()
    };
    let mut rows = events::list(&mut state.db.read().await?, &wanted, page, super::rows_to_ask_for()).await?;
    let neighbours = super::cut(&mut rows, page, |row| &row.content.id);
    let entries = rows.iter().filter_map(|row| entry(&row.content)).collect();
    Ok(ActivityData { group, entries, neighbours })
}

fn entry(content: &Content) -> Option<ActivityEntry> {
    let kind = EventKind::parse(&content.kind)?;
    let by = agent(content);
    let is_shown = shows_origin(by);
    let detail = detail(content);
    Some(ActivityEntry {
        at: Moment(content.at),
        kind,
        outcome: Outcome::parse(&content.outcome).unwrap_or(Outcome::Success),
        by,
        device: (is_shown && !content.user_agent.is_empty()).then(|| device::in_words(&content.user_agent)),
        address: (is_shown && !content.address.is_empty()).then(|| content.address.clone()),
        detail: words::event_detail(kind, |name| detail.get(name).map(String::as_str)),
    })
}

/// What an event says beside the rest.
pub(super) fn detail(content: &Content) -> BTreeMap<String, String> {
    serde_json::from_str(&content.detail).unwrap_or_default()
}

/// Who brought an event about, as far as the owner is told.
pub(super) fn agent(content: &Content) -> Agent {
    match content.actor.as_str() {
        actor if actor == content.target => Agent::Owner,
        audit::ANONYMOUS => Agent::Unknown,
        audit::SYSTEM => Agent::System,
        // Whoever else there is runs this site, on its pages or on its machine.
        _ => Agent::Administrator,
    }
}

/// Whether the owner is told from where; of an administrator they are not.
pub(super) fn shows_origin(by: Agent) -> bool {
    matches!(by, Agent::Owner | Agent::Unknown)
}
