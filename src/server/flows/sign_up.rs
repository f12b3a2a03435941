//! A new account, and the session that comes with it. Must not tell whose address is taken.

use crate::{
    domain::{
        email::Email,
        error::AuthError,
        event::EventKind,
        field::Field,
        form::{self, Form, Identifiers},
        identifier::Identifier,
        moment::Moment,
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
        refused(request, None).record(state, &mut tx).await?;
        tx.commit().await?;
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
        Err(FlowError::Answer(answer)) => {
            // PostgreSQL does nothing more in a transaction in which a statement failed.
            drop(tx);
            if let Some(email) = &identifiers.email {
                let mut tx = state.db.begin().await?;
                let owner = users::find_by_email_key(&mut tx, &email.key()).await?;
                if owner.is_some() {
                    tell_owner(state, &mut tx, request, email).await?;
                    refused(request, owner.as_ref()).record(state, &mut tx).await?;
                    tx.commit().await?;
                    state.work.notify_one();
                }
            }
            Err(answer.into())
        }
        Err(failure) => Err(failure),
    }
}

/// Somebody asked for an account with an address that is not free. The owner sees who tried only where the address was proven to
/// be theirs: whoever signed up with somebody else's would see where that one sits.
fn refused(request: &RequestInfo, owner: Option<&UserRow>) -> Event {
    let event = Event::of(EventKind::AccountCreated, request).with("by", "sign_up").refused();
    match owner.filter(|owner| !owner.is_unverified()) {
        Some(owner) => event.about(&owner.id),
        None => event,
    }
}

/// Writes the truth to whoever reads the mail, and to nobody else: a link that proves the address, or word that there is an
/// account already (design: `verify_email = required`; ASVS 6.3.8). An account that was never proven and never used is made over
/// to the newest who asks for it: only with this password and the mail can it be used. The user name is claimed when the
/// address is proven, or its being taken would tell whether the address was known.
///
/// The time of the answer must not tell that either (CWE-208; `make timing`): whoever asks, a mail and an event are
/// written, and somebody new is added, wants a name and gets a link; for an address that somebody has, that somebody new has
/// one that nobody can have, and is undone. Each path runs the same statements.
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
    // One after the other: whoever came second would otherwise wait for an address that nobody had, and for no other.
    throttle::hold(&mut tx, Limit::SignUpEmail(&email.key())).await?;
    let is_kept = not_me_links::is_kept_for_another(&mut tx, &email.key(), "", now).await?;
    let owner = users::find_by_email_key(&mut tx, &email.key()).await?;
    let new_id = state.new_id()?;
    let is_free = owner.is_none() && !is_kept;
    let applicant = owner.as_ref().map_or(&new_id, |owner| &owner.id);
    let is_renewed = users::renew_unverified(&mut tx, applicant, email, password_hash, now).await?;
    let is_theirs = is_free || is_renewed;

    let link = verify_email::Link::draw(state)?;
    if is_theirs {
        let circumstances = Circumstances::of(request, now);
        Message::VerifyEmail.enqueue(state, &mut tx, email, &link.url(state)?, circumstances).await?;
        let event = Event::of(EventKind::AccountCreated, request).about(applicant).with("by", "sign_up");
        event.record(state, &mut tx).await?;
    } else {
        tell_owner(state, &mut tx, request, email).await?;
        refused(request, owner.as_ref()).record(state, &mut tx).await?;
    }
    if is_renewed {
        expect(&mut tx, identifiers, applicant, email, &link, now).await?;
    }

    // Last what may be undone: SQLite is slower after it.
    undone::begin(&mut tx).await?;
    let nobodys = Email::parse(&format!("{new_id}@{NOWHERE}"));
    let nobodys = nobodys.map_err(|_| ServerError::Corrupt("an address of nobody"))?;
    let address = Identifiers { email: Some(if is_free { email.clone() } else { nobodys }), username: None };
    users::create(&mut tx, &new_id, &address, Some(password_hash), now).await?;
    if !is_renewed {
        expect(&mut tx, identifiers, &new_id, email, &link, now).await?;
    }
    if is_free {
        undone::keep(&mut tx).await?;
    } else {
        undone::undo(&mut tx).await?;
    }
    tx.commit().await?;
    state.work.notify_one();
    if is_theirs {
        tracing::info!(user = %applicant, address = %request.address, "signed up, waiting for the address to be proven");
    } else {
        tracing::info!(address = %request.address, "signed up with an address that somebody has");
    }
    Ok(())
}

/// Lets somebody prove their address, and have the user name then that they asked for.
async fn expect(
    tx: &mut Tx,
    identifiers: &Identifiers,
    user_id: &str,
    email: &Email,
    link: &verify_email::Link,
    now: Moment,
) -> Result<(), StoreError> {
    users::want_username(&mut *tx, user_id, identifiers.username.as_ref()).await?;
    link.replace_others(tx, user_id, email, now).await
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
