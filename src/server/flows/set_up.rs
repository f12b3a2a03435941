//! The first administrator, by a link that only whoever starts the server sees (ASVS 6.3.2: no default account). Must not
//! work once there is one.

use url::Url;

use crate::{
    domain::{error::AuthError, event::EventKind, role::Role},
    server::{
        audit::Event,
        crypto::token::{OneTimeToken, presented_hash},
        error::{FlowError, ServerError},
        request_info::RequestInfo,
        session::CurrentSession,
        state::AppState,
        storage::{
            tokens::{self, Owner, Purpose},
            users,
        },
    },
};

use super::{
    Outcome,
    sign_up::{self, Application},
};

/// How long the link works: as long as one sitting.
const LINK_SECONDS: i64 = 24 * 3_600;
/// Where the link leads.
const PATH: &str = "/setup";

/// Makes the link if there is no administrator yet; an older one stops working.
///
/// # Errors
/// When the database is away or there is no randomness.
pub async fn make_link(state: &AppState) -> Result<Option<Url>, ServerError> {
    let mut tx = state.db.begin().await?;
    if users::any_with_role(&mut tx, &Role::admin()).await? {
        return Ok(None);
    }
    let token = OneTimeToken::draw(state.random.as_ref())?;
    let now = state.now();
    let nobody = Owner { user_id: None, email_key: None };
    tokens::replace(&mut tx, &token.hash(), Purpose::SetUp, &nobody, now, now.plus(LINK_SECONDS)).await?;
    tx.commit().await?;
    Ok(Some(super::token_link(state, PATH, token.secret())?))
}

/// Whether the link works, without using it up.
///
/// # Errors
/// [`AuthError::LinkDead`].
pub async fn look_up(state: &AppState, token: &str) -> Result<(), FlowError> {
    let token_hash = presented_hash(token).ok_or(AuthError::LinkDead)?;
    let found = tokens::find_live(&mut state.db.read().await?, &token_hash, Purpose::SetUp, state.now()).await?;
    found.map(drop).ok_or_else(|| AuthError::LinkDead.into())
}

/// Makes the account with the role `admin`, uses the link up and begins a session.
///
/// # Errors
/// [`AuthError::LinkDead`], field messages, or [`AuthError::AccountNotCreated`]; all of these leave the link alive or dead
/// as it was.
pub async fn run(
    state: &AppState,
    session: &CurrentSession,
    request: &RequestInfo,
    token: &str,
    application: Application,
) -> Result<Outcome, FlowError> {
    look_up(state, token).await?;
    let token_hash = presented_hash(token).ok_or(AuthError::LinkDead)?;
    let identifiers = sign_up::check(state, &application)?;
    let place = state.passwords.enter()?;
    let password_hash =
        super::hash_new(state, &place, application.new_password, super::own_words(&identifiers)).await?;

    let mut tx = state.db.begin().await?;
    let is_ours = tokens::spend(&mut tx, &token_hash, Purpose::SetUp, state.now()).await?;
    if !is_ours || users::any_with_role(&mut tx, &Role::admin()).await? {
        return Err(AuthError::LinkDead.into());
    }
    let user = sign_up::create(state, &mut tx, &identifiers, Some(&password_hash), &[Role::admin()]).await?;
    // Whoever starts the server vouches for the address.
    if let Some(email) = &identifiers.email {
        users::mark_verified(&mut tx, &user.id, &email.key(), state.now()).await?;
    }
    Event::of(EventKind::AccountCreated, request).by(&user.id).with("by", "set_up").record(state, &mut tx).await?;
    Event::of(EventKind::RoleGranted, request).by(&user.id).with("role", "admin").record(state, &mut tx).await?;
    tx.commit().await?;
    tracing::info!(user = %user.id, address = %request.address, "first administrator set up");
    Ok(super::begin_session(state, session, &user, "set_up", request).await)
}
