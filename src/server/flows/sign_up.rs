//! A new account, and the session that comes with it. Must not tell whose address is taken.

use crate::{
    domain::{
        email::Email,
        error::AuthError,
        event::EventKind,
        field::Field,
        form::{self, Form, Identifiers},
        identifier::Identifier,
        role::Role,
    },
    server::{
        audit::Event,
        error::{FlowError, ServerError},
        mail::message::{Circumstances, Message},
        request_info::RequestInfo,
        session::CurrentSession,
        state::AppState,
        storage::{
            StoreError, Tx, not_me_links, undone,
            users::{self, UserRow},
        },
    },
};

use super::{
    NextStep, Outcome,
    throttle::{self, Limit},
    verify_email,
};

/// A name that no mail goes to (RFC 2606).
const NOWHERE: &str = "example.invalid";

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

/// Makes the account and begins a session; or, where addresses must be proven, mails a link that does both.
///
/// # Errors
/// As [`make`].
pub async fn run(
    state: &AppState,
    session: &CurrentSession,
    request: &RequestInfo,
    application: Application,
) -> Result<Outcome, FlowError> {
    Ok(match make(state, request, application).await? {
        Made::Account(user) => super::begin_session(state, session, &user, "sign_up", request).await,
        Made::CheckMail => NextStep::CheckMail.into(),
    })
}

/// What became of an application.
pub enum Made {
    /// An account.
    Account(Box<UserRow>),
    /// A mail, to whom it concerns.
    CheckMail,
}

/// Makes the account; or, where addresses must be proven, mails a link.
///
/// # Errors
/// Field messages, [`AuthError::TooManyRequests`], or [`AuthError::AccountNotCreated`] where an identifier is somebody's; the
/// same work either way. Where addresses must be proven, one that is somebody's is no error.
pub async fn make(state: &AppState, request: &RequestInfo, application: Application) -> Result<Made, FlowError> {
    let identifiers = check(state, &application)?;
    let place = state.passwords.enter()?;
    let (email_key, network) = (identifiers.email.as_ref().map(Email::key), request.network());
    let mut limits = vec![Limit::RequestNetwork(&network)];
    limits.extend(email_key.as_deref().map(Limit::SignUpEmail));
    throttle::count(state, request, None, &limits).await?;

    let hashed = super::hash_new(state, &place, application.new_password, super::own_words(&identifiers)).await;
    let password_hash = match hashed {
        Ok(hash) => hash,
        Err(error) => {
            // No mail was asked for yet; somebody looks for a better password, or comes back later.
            let is_answer = matches!(&error, FlowError::Answer(AuthError::Fields { .. }));
            let unused: Vec<_> =
                limits.into_iter().filter(|limit| !is_answer || matches!(limit, Limit::SignUpEmail(_))).collect();
            throttle::take_back(state, &unused).await?;
            return Err(error);
        }
    };
    drop(place);
    match &identifiers.email {
        Some(email) if state.config.needs_verification() => {
            match apply(state, request, &identifiers, email, &password_hash).await {
                // Somebody signed up with the address at the same moment: now it is known.
                Err(FlowError::Failure(ServerError::Store(StoreError::Taken))) => {
                    apply(state, request, &identifiers, email, &password_hash).await?;
                }
                applied => applied?,
            }
            Ok(Made::CheckMail)
        }
        _ => {
            let user = create_at_once(state, request, &identifiers, &password_hash).await?;
            Ok(Made::Account(Box::new(user)))
        }
    }
}

/// Makes the account; where the address is somebody's, that one is told by mail, and the page says no more than that it did
/// not work (design: `verify_email = optional`).
async fn create_at_once(
    state: &AppState,
    request: &RequestInfo,
    identifiers: &Identifiers,
    password_hash: &str,
) -> Result<UserRow, FlowError> {
    let mut tx = state.db.begin().await?;
    if let Some(email) = &identifiers.email
        && not_me_links::is_kept_for_another(&mut tx, &email.key(), "", state.now()).await?
    {
        return Err(AuthError::AccountNotCreated.into());
    }
    match create(state, &mut tx, identifiers, Some(password_hash), &[]).await {
        Ok(user) => {
            verify_email::mail_link(state, &mut tx, &user, Circumstances::of(request, state.now())).await?;
            Event::of(EventKind::AccountCreated, request)
                .by(&user.id)
                .with("by", "sign_up")
                .record(state, &mut tx)
                .await?;
            tx.commit().await?;
            state.work.notify_one();
            tracing::info!(user = %user.id, address = %request.address, "signed up");
            Ok(user)
        }
        Err(refused) => {
            // PostgreSQL does nothing more in a transaction in which a statement failed.
            drop(tx);
            if let Some(email) = &identifiers.email {
                let mut tx = state.db.begin().await?;
                if users::find_by_email_key(&mut tx, &email.key()).await?.is_some() {
                    tell_owner(state, &mut tx, request, email).await?;
                    tx.commit().await?;
                    state.work.notify_one();
                }
            }
            Err(refused)
        }
    }
}

/// Writes the truth to whoever reads the mail, and to nobody else: a link that proves the address, or word that there is an
/// account already (design: `verify_email = required`; ASVS 6.3.8). An account that was never proven and never used is made over
/// to the newest who asks for it: only with this password and the mail can it be used. The user name is claimed when the
/// address is proven, or its being taken would tell whether the address was known.
async fn apply(
    state: &AppState,
    request: &RequestInfo,
    identifiers: &Identifiers,
    email: &Email,
    password_hash: &str,
) -> Result<(), FlowError> {
    let now = state.now();
    let mut tx = state.db.begin().await?;
    if let Some(username) = &identifiers.username {
        // User names are no secret.
        let namesake = users::find_by_identifier(&mut tx, &Identifier::Username(username.clone())).await?;
        if namesake.is_some() {
            return Err(AuthError::AccountNotCreated.into());
        }
    }
    let is_kept = not_me_links::is_kept_for_another(&mut tx, &email.key(), "", now).await?;
    let applicant = match users::find_by_email_key(&mut tx, &email.key()).await? {
        None if is_kept => None,
        None => {
            let id = state.new_id()?;
            let address = Identifiers { email: Some(email.clone()), username: None };
            users::create(&mut tx, &id, &address, Some(password_hash), now).await?;
            Some(id)
        }
        Some(owner) => {
            let is_renewed = users::renew_unverified(&mut tx, &owner.id, email, password_hash, now).await?;
            is_renewed.then_some(owner.id)
        }
    };
    if let Some(id) = applicant {
        users::want_username(&mut tx, &id, identifiers.username.as_ref()).await?;
        let user = users::find(&mut tx, &id).await?.ok_or(ServerError::Corrupt("a person who was just added"))?;
        verify_email::mail_link(state, &mut tx, &user, Circumstances::of(request, now)).await?;
        Event::of(EventKind::AccountCreated, request).about(&id).with("by", "sign_up").record(state, &mut tx).await?;
        tracing::info!(user = %id, address = %request.address, "signed up, waiting for the address to be proven");
    } else {
        work_as_for_somebody_new(state, &mut tx, request, password_hash).await?;
        tell_owner(state, &mut tx, request, email).await?;
    }
    tx.commit().await?;
    state.work.notify_one();
    Ok(())
}

/// What is done for an address that nobody has, undone again, so that the time of the answer does not tell of one that somebody
/// has (ASVS 6.3.8). The mail is written for either, and as many statements run: those that look for somebody known, begin this
/// and undo it stand for the rest. `make timing` measures it.
async fn work_as_for_somebody_new(
    state: &AppState,
    tx: &mut Tx,
    request: &RequestInfo,
    password_hash: &str,
) -> Result<(), FlowError> {
    let (id, now) = (state.new_id()?, state.now());
    let Ok(email) = Email::parse(&format!("{id}@{NOWHERE}")) else { return Ok(()) };
    undone::begin(tx).await?;
    let identifiers = Identifiers { email: Some(email), username: None };
    users::create(&mut *tx, &id, &identifiers, Some(password_hash), now).await?;
    Event::of(EventKind::AccountCreated, request).about(&id).with("by", "sign_up").record(state, tx).await?;
    Ok(undone::undo(tx).await?)
}

/// Mails word of an attempt to sign up to whoever has the address already.
pub(super) async fn tell_owner(
    state: &AppState,
    tx: &mut Tx,
    request: &RequestInfo,
    email: &Email,
) -> Result<(), FlowError> {
    let link = super::link(state, "/forgot-password")?;
    let circumstances = Circumstances::of(request, state.now());
    Ok(Message::SignUpTried.enqueue(state, tx, email, &link, circumstances).await?)
}

/// Checks an application; touches no row.
///
/// # Errors
/// Field messages.
pub(super) fn check(state: &AppState, application: &Application) -> Result<Identifiers, FlowError> {
    let mode = state.config.identifier;
    let rules = Form::SignUp { identifier: mode, minimum: state.config.password_min_length };
    let errors = rules.check(|field| match field {
        Field::Email => application.email.clone(),
        Field::Username => application.username.clone(),
        Field::NewPassword => application.new_password.clone(),
        _ => String::new(),
    });
    if !errors.is_empty() {
        return Err(AuthError::from(errors).into());
    }
    Ok(form::identifiers(mode, &application.email, &application.username).map_err(AuthError::from)?)
}

/// Adds the person with their roles.
///
/// # Errors
/// [`AuthError::AccountNotCreated`] where an identifier is somebody's.
pub async fn create(
    state: &AppState,
    tx: &mut Tx,
    identifiers: &Identifiers,
    password_hash: Option<&str>,
    roles: &[Role],
) -> Result<UserRow, FlowError> {
    let (id, now) = (state.new_id()?, state.now());
    match users::create(&mut *tx, &id, identifiers, password_hash, now).await {
        Err(StoreError::Taken) => return Err(AuthError::AccountNotCreated.into()),
        outcome => outcome?,
    }
    for role in roles {
        users::grant(&mut *tx, &id, role, now).await?;
    }
    let user = users::find(&mut *tx, &id).await?;
    Ok(user.ok_or(ServerError::Corrupt("a person who was just added"))?)
}
