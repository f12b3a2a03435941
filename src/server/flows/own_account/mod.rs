//! What people see of their own account and do to it. Every query is bound to the person who asks (ASVS 8.2.2). Must not do
//! anything to somebody else.

/// What happened to the account.
pub mod activity;
/// Another user name.
pub mod change_username;
/// The end of the account, and its keeping after all.
pub mod delete;
/// A copy of what is stored of a person.
pub mod export;
/// Sessions, live and past.
pub mod sessions;

use crate::{
    domain::{
        account::CurrentUser,
        event::EventKind,
        own_account::{AccountData, Neighbours},
    },
    server::{
        audit::Event,
        error::FlowError,
        request_info::RequestInfo,
        state::AppState,
        storage::{Tx, events::Page, own_sessions, profiles},
    },
};

/// Rows of a page.
pub const PAGE_ROWS: usize = 20;

/// What `/account` says.
///
/// # Errors
/// When the database is away.
pub async fn overview(state: &AppState, user: &CurrentUser) -> Result<AccountData, FlowError> {
    let previous = super::current_user::previous_sign_in(state, user).await?;
    let mut conn = state.db.read().await?;
    let live = own_sessions::count_live(&mut conn, &user.id, state.now()).await?;
    Ok(AccountData {
        password_changed_at: profiles::password_changed_at(&mut conn, &user.id).await?,
        other_sessions: (live - 1).max(0),
        previous,
        grace_days: state.config.deletion_grace_days,
    })
}

/// An event that the owner of the account brings about in this session.
fn own_event(kind: EventKind, user: &CurrentUser, request: &RequestInfo) -> Event {
    Event::of(kind, request).by(&user.id).in_session(&user.session.id)
}

/// Lets a transaction go on unless the session that asked for it was ended while it asked.
///
/// # Errors
/// [`crate::domain::error::AuthError::NotSignedIn`].
async fn still_signed_in(tx: &mut Tx, user: &CurrentUser) -> Result<(), FlowError> {
    super::still_signed_in(tx, &user.id, &user.session.id).await
}

/// How many rows to ask for, to know whether there are more than a page shows.
fn rows_to_ask_for() -> i64 {
    i64::try_from(PAGE_ROWS).unwrap_or(i64::MAX - 1) + 1
}

/// Cuts what was asked for with [`rows_to_ask_for`] to one page, newest first, and says what is beside it.
fn cut<Row>(rows: &mut Vec<Row>, page: &Page, id: impl Fn(&Row) -> &str) -> Neighbours {
    let has_more = rows.len() > PAGE_ROWS;
    if has_more && matches!(page, Page::NewerThan(_)) {
        rows.remove(0);
    } else {
        rows.truncate(PAGE_ROWS);
    }
    let (has_newer, has_older) = match page {
        Page::First => (false, has_more),
        Page::OlderThan(_) => (true, has_more),
        Page::NewerThan(_) => (has_more, true),
    };
    let id_of = |row: Option<&Row>| row.map(|row| id(row).to_owned());
    Neighbours { newer: id_of(rows.first()).filter(|_| has_newer), older: id_of(rows.last()).filter(|_| has_older) }
}
