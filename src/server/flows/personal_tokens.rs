//! Tokens that people make for their own programs: made, listed, revoked. Must not show one twice, nor let one make another.

use crate::{
    domain::{
        account::CurrentUser,
        error::AuthError,
        event::EventKind,
        personal_token::{PersonalToken, Wish},
        scope::Scope,
    },
    server::{
        audit::Event,
        crypto::token::{OneTimeToken, PERSONAL_PREFIX},
        error::{FlowError, ServerError},
        request_info::RequestInfo,
        state::AppState,
        storage::{
            Tx,
            personal_tokens::{self, TokenRow},
            users,
        },
    },
};

use super::{
    tell_owner::{self, What},
    throttle::{self, Limit},
};

/// Live tokens of a person, at most.
pub const MOST: usize = 50;
const DAY: i64 = 86_400;

/// A new token, and the text that opens with it: shown once, stored nowhere.
pub struct Created {
    /// How its owner sees it from now on.
    pub token: PersonalToken,
    /// The secret.
    pub secret: String,
}

/// Makes one, for somebody who showed the password a moment ago.
///
/// # Errors
/// [`AuthError::TooManyTokens`], [`AuthError::TooManyRequests`], or [`AuthError::NotSignedIn`] if the session was ended meanwhile.
pub async fn create(
    state: &AppState,
    user: &CurrentUser,
    request: &RequestInfo,
    wish: Wish,
) -> Result<Created, FlowError> {
    throttle::count(state, request, Some(&user.id), &[Limit::NewToken(&user.id)]).await?;
    let (id, now) = (state.new_id()?, state.now());
    let drawn = OneTimeToken::draw(state.random.as_ref())?;
    let expires_at = now.plus(i64::from(wish.days) * DAY);
    let mut tx = state.db.begin().await?;
    super::still_signed_in(&mut tx, &user.id, &user.session.id).await?;
    if personal_tokens::live(&mut tx, &user.id, now).await?.len() >= MOST {
        return Err(AuthError::TooManyTokens.into());
    }
    personal_tokens::add(&mut tx, &id, &drawn.hash(), &user.id, &wish, now, expires_at).await?;
    let owner = users::find(&mut tx, &user.id).await?.ok_or(AuthError::NotSignedIn)?;
    tell_owner::changed(state, &mut tx, &owner, request, What::TokenCreated).await?;
    event(EventKind::TokenCreated, user, request)
        .with("token", id.clone())
        .with("scopes", Scope::join(&wish.scopes))
        .record(state, &mut tx)
        .await?;
    tx.commit().await?;
    state.work.notify_one();
    tracing::info!(user = %user.id, token = %id, "made a personal access token");
    let token =
        PersonalToken { id, name: wish.name, scopes: wish.scopes, created_at: now, expires_at, last_used_at: None };
    Ok(Created { token, secret: format!("{PERSONAL_PREFIX}{}", drawn.secret()) })
}

/// A person's live tokens, newest first.
///
/// # Errors
/// When the database is away.
pub async fn list(state: &AppState, user_id: &str) -> Result<Vec<PersonalToken>, ServerError> {
    let rows = personal_tokens::live(&mut state.db.read().await?, user_id, state.now()).await?;
    Ok(rows.into_iter().map(TokenRow::for_owner).collect())
}

/// Revokes one of theirs: it opens nothing from now on.
///
/// # Errors
/// [`AuthError::NotFound`] for one that there is not, or that is not theirs (ASVS 8.2.2); [`AuthError::NotSignedIn`] if the session
/// was ended meanwhile.
pub async fn revoke(state: &AppState, user: &CurrentUser, request: &RequestInfo, id: &str) -> Result<(), FlowError> {
    let mut tx = state.db.begin().await?;
    super::still_signed_in(&mut tx, &user.id, &user.session.id).await?;
    if !personal_tokens::revoke(&mut tx, &user.id, id, state.now()).await? {
        return Err(AuthError::NotFound.into());
    }
    event(EventKind::TokenRevoked, user, request).with("token", id).record(state, &mut tx).await?;
    Ok(tx.commit().await?)
}

/// Revokes all of a person's, in the transaction that takes their password away from whoever had it.
///
/// # Errors
/// When the database is away; then the transaction must not be committed.
pub(super) async fn revoke_all(state: &AppState, tx: &mut Tx, user_id: &str, event: &Event) -> Result<(), ServerError> {
    for id in personal_tokens::revoke_all(tx, user_id, state.now()).await? {
        event.clone().about(user_id).with("token", id).record(state, tx).await?;
    }
    Ok(())
}

fn event(kind: EventKind, user: &CurrentUser, request: &RequestInfo) -> Event {
    Event::of(kind, request).by(&user.id).in_session(&user.session.id)
}
