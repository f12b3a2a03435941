//! A new account, and the session that comes with it. Must not tell whose address is taken.

use crate::{
    domain::{
        error::AuthError,
        field::Field,
        form::{self, Form, Identifiers},
        role::Role,
    },
    server::{
        error::{FlowError, ServerError},
        request_info::RequestInfo,
        session::CurrentSession,
        state::AppState,
        storage::{StoreError, Tx, users},
    },
};

/// What the form holds, as posted.
#[derive(Clone, Default)]
pub struct Application {
    /// The e-mail address, where the setting asks for one.
    pub email: String,
    /// The user name, where the setting asks for one.
    pub username: String,
    /// The password.
    pub new_password: String,
}

/// Makes the account and begins a session (design: `verify_email = optional`).
///
/// # Errors
/// Field messages, or [`AuthError::AccountNotCreated`] where an identifier is somebody's; the same work either way.
pub async fn run(
    state: &AppState,
    session: &CurrentSession,
    request: &RequestInfo,
    application: Application,
) -> Result<(), FlowError> {
    let (identifiers, password_hash) = accept(state, application).await?;
    let mut tx = state.db.begin().await?;
    let id = create(state, &mut tx, &identifiers, Some(&password_hash), &[]).await?;
    tx.commit().await?;
    tracing::info!(user = %id, address = %request.address, "signed up");
    begin_session(state, session, request, &id).await
}

/// Checks an application and hashes its password; touches no row.
///
/// # Errors
/// Field messages.
pub(super) async fn accept(state: &AppState, application: Application) -> Result<(Identifiers, String), FlowError> {
    let mode = state.config.identifier;
    let rules = Form::SignUp { identifier: mode, minimum: state.config.password_min_length };
    let errors = rules.check(|field| match field {
        Field::Email => application.email.clone(),
        Field::Username => application.username.clone(),
        Field::NewPassword => application.new_password.clone(),
        Field::Identifier | Field::Password => String::new(),
    });
    if !errors.is_empty() {
        return Err(AuthError::from(errors).into());
    }
    let identifiers = form::identifiers(mode, &application.email, &application.username).map_err(AuthError::from)?;
    let hash = super::hash_new(state, application.new_password, super::own_words(&identifiers)).await?;
    Ok((identifiers, hash))
}

/// Adds the person with their roles; answers with their id.
///
/// # Errors
/// [`AuthError::AccountNotCreated`] where an identifier is somebody's.
pub async fn create(
    state: &AppState,
    tx: &mut Tx,
    identifiers: &Identifiers,
    password_hash: Option<&str>,
    roles: &[Role],
) -> Result<String, FlowError> {
    let (id, now) = (state.new_id()?, state.now());
    match users::create(&mut *tx, &id, identifiers, password_hash, now).await {
        Err(StoreError::Taken) => return Err(AuthError::AccountNotCreated.into()),
        outcome => outcome?,
    }
    for role in roles {
        users::grant(&mut *tx, &id, role, now).await?;
    }
    Ok(id)
}

/// Begins the first session of somebody just added.
pub(super) async fn begin_session(
    state: &AppState,
    session: &CurrentSession,
    request: &RequestInfo,
    id: &str,
) -> Result<(), FlowError> {
    let user = users::find(&mut state.db.write().await?, id).await?;
    let user = user.ok_or(ServerError::Corrupt("a person who was just added"))?;
    Ok(session.start(state, &user, false, request).await?)
}
