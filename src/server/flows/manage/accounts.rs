//! Accounts that an administrator makes, mails links for, and deletes. Must not choose a password, nor show a link that does
//! (ASVS 6.4.6).

use crate::{
    domain::{
        console::ActResult,
        error::AuthError,
        event::EventKind,
        field::{Field, FieldError, Problem},
        form,
        role::Role,
    },
    server::{
        error::{FlowError, ServerError},
        flows::{reset_password, sign_up},
        mail::message::{Circumstances, Message},
        request_info::RequestInfo,
        session,
        state::AppState,
        storage::{Tx, people, sessions::EndReason, users, users::UserRow},
    },
};

use super::Actor;

/// How long an invitation works: a week.
pub const INVITATION_SECONDS: i64 = 7 * 86_400;

/// Who is to have an account, as posted.
#[derive(Clone, Debug, Default)]
pub struct NewPerson {
    /// The e-mail address, where the setting asks for one.
    pub email: String,
    /// The user name, where the setting asks for one.
    pub username: String,
    /// Names of roles, parted by commas or spaces.
    pub roles: String,
    /// Whether a link is mailed with which they choose their password.
    pub is_invited: bool,
}

/// Makes an account without a password, and mails the invitation; answers with its id.
///
/// # Errors
/// Field messages; an identifier that is somebody's is one of them, since administrators may know.
pub async fn create(
    state: &AppState,
    actor: Actor<'_>,
    request: &RequestInfo,
    new: NewPerson,
) -> Result<String, FlowError> {
    let identifiers = form::identifiers(state.config.identifier, &new.email, &new.username).map_err(AuthError::from)?;
    let names = new.roles.split([',', ' ']).filter(|name| !name.is_empty());
    let roles: Vec<Role> = names.map(Role::parse).collect::<Option<_>>().ok_or_else(|| problem(Field::Role))?;
    if new.is_invited && identifiers.email.is_none() {
        return Err(AuthError::from(FieldError { field: Field::Email, problem: Problem::Missing }).into());
    }

    let mut tx = state.db.begin().await?;
    actor.check(&mut tx).await?;
    let user = match sign_up::create(state, &mut tx, &identifiers, None, &roles).await {
        Err(FlowError::Answer(AuthError::AccountNotCreated)) => {
            drop(tx);
            let mut conn = state.db.read().await?;
            let is_email = match &identifiers.email {
                Some(email) => users::find_by_email_key(&mut conn, &email.key()).await?.is_some(),
                None => false,
            };
            let field = if is_email { Field::Email } else { Field::Username };
            return Err(AuthError::from(FieldError { field, problem: Problem::Taken }).into());
        }
        outcome => outcome?,
    };
    actor.event(EventKind::AccountCreated).about(&user.id).with("by", "administrator").record(state, &mut tx).await?;
    for role in &roles {
        let granted = actor.event(EventKind::RoleGranted).about(&user.id).with("role", role.as_str());
        granted.record(state, &mut tx).await?;
    }
    if let Some(email) = identifiers.email.as_ref().filter(|_| new.is_invited) {
        let link = reset_password::make_link_for(state, &mut tx, &user, Some(email), INVITATION_SECONDS).await?;
        actor.event(EventKind::Invited).about(&user.id).record(state, &mut tx).await?;
        let circumstances = Circumstances::of(request, state.now());
        Message::Invitation.enqueue(state, &mut tx, email, &link, circumstances).await?;
    }
    tx.commit().await?;
    state.work.notify_one();
    Ok(user.id)
}

/// Mails a link with which somebody chooses a new password; whoever never had one is invited again.
///
/// # Errors
/// [`AuthError::NotFound`] if there is no such person.
pub async fn send_reset_mail(
    state: &AppState,
    actor: Actor<'_>,
    request: &RequestInfo,
    user_id: &str,
) -> Result<ActResult, FlowError> {
    let mut tx = state.db.begin().await?;
    actor.check(&mut tx).await?;
    let user = users::find(&mut tx, user_id).await?.ok_or(AuthError::NotFound)?;
    let Some(email) = user.email() else { return Ok(ActResult::NoAddress) };
    if !user.is_active() {
        return Ok(ActResult::IsDisabled);
    }
    mail_link(state, actor, request, &mut tx, &user, &email).await?;
    tx.commit().await?;
    state.work.notify_one();
    Ok(ActResult::Done)
}

async fn mail_link(
    state: &AppState,
    actor: Actor<'_>,
    request: &RequestInfo,
    tx: &mut Tx,
    user: &UserRow,
    email: &crate::domain::email::Email,
) -> Result<(), ServerError> {
    let (message, seconds, event) = if user.password_hash.is_some() {
        let event = actor.event(EventKind::LinkSent).with("purpose", "reset_password");
        (Message::ResetByAdministrator, reset_password::LINK_SECONDS, event)
    } else {
        (Message::Invitation, INVITATION_SECONDS, actor.event(EventKind::Invited))
    };
    let link = reset_password::make_link_for(state, tx, user, Some(email), seconds).await?;
    event.about(&user.id).record(state, tx).await?;
    message.enqueue(state, tx, email, &link, Circumstances::of(request, state.now())).await
}

/// Deletes an account with everything that is its own; what happened stays in the audit log. `typed` is what the console asks for to
/// be sure: the e-mail address, or the user name where there is none.
///
/// # Errors
/// [`AuthError::NotFound`], [`AuthError::LastAdministrator`], or a field message.
pub async fn delete(state: &AppState, actor: Actor<'_>, user_id: &str, typed: Option<&str>) -> Result<(), FlowError> {
    let mut tx = state.db.begin().await?;
    actor.check(&mut tx).await?;
    // The person before their sessions, as everywhere, so that no two transactions wait for each other (ASVS 15.4.3).
    users::hold_to_remove(&mut tx, user_id).await?;
    let user = users::find(&mut tx, user_id).await?.ok_or(AuthError::NotFound)?;
    let name = crate::server::flows::credential_name(&user).to_lowercase();
    if typed.is_some_and(|typed| typed.trim().to_lowercase() != name) {
        return Err(problem(Field::Confirmation).into());
    }
    if let Err(refused) = super::keep_an_administrator(&mut tx, user_id).await {
        drop(tx);
        return Err(super::refused(state, actor.event(EventKind::AccountDeleted).about(user_id), refused).await);
    }
    let ended = actor.event(EventKind::SessionEnded);
    session::end_others(state, &mut tx, user_id, "", EndReason::AccountDeleted, &ended).await?;
    if !people::delete(&mut tx, user_id).await? {
        return Err(AuthError::NotFound.into());
    }
    actor.event(EventKind::AccountDeleted).about(user_id).record(state, &mut tx).await?;
    tx.commit().await?;
    Ok(())
}

/// What somebody is told who typed the wrong thing.
fn problem(field: Field) -> AuthError {
    let problem = if field == Field::Role { Problem::RoleShape } else { Problem::ConfirmationDiffers };
    FieldError { field, problem }.into()
}
