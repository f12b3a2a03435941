//! `latchkey user …`: accounts from the command line. Nobody chooses a password for somebody else: a link does.

use clap::{Args, Subcommand};

use crate::{
    domain::{
        email::Email, event::EventKind, form::Identifiers, identifier::Identifier, role::Role, username::Username,
    },
    server::{
        config::Config,
        flows::{
            manage::{Actor, access, accounts, roles},
            reset_password, sign_up,
        },
        state::AppState,
        storage::{Db, users},
    },
};

use super::{CliError, out};

/// What can be done with accounts.
#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Add a person, and print a link with which they choose their password.
    Create {
        /// Their e-mail address.
        #[arg(long)]
        email: Option<String>,
        /// Their user name.
        #[arg(long)]
        username: Option<String>,
        /// Make them an administrator.
        #[arg(long)]
        admin: bool,
    },
    /// List everybody, oldest first, separated by tabs under a line of heads: id, e-mail, user name, since, state, whether the
    /// address was proven, roles.
    List {
        /// Print JSON, one object a line.
        #[arg(long)]
        json: bool,
    },
    /// Print a link with which a person chooses a new password.
    ResetLink {
        /// Their e-mail address or user name.
        identifier: String,
    },
    /// Keep a person out, and end their sessions.
    Disable(Whom),
    /// Let a person in again.
    Enable(Whom),
    /// Give and take roles.
    #[command(subcommand)]
    Role(RoleCommand),
    /// Delete an account for good; the audit log keeps what happened.
    Delete {
        #[command(flatten)]
        whom: Whom,
        /// Really delete it.
        #[arg(long)]
        yes: bool,
    },
}

/// Roles.
#[derive(Debug, Subcommand)]
pub(super) enum RoleCommand {
    /// Give a person a role.
    Grant {
        /// Its name; `admin` opens the console.
        role: String,
        #[command(flatten)]
        whom: Whom,
    },
    /// Take a role from a person.
    Revoke {
        /// Its name.
        role: String,
        #[command(flatten)]
        whom: Whom,
    },
}

/// Whom a command is about, and how it answers.
#[derive(Debug, Args)]
pub(super) struct Whom {
    /// Their e-mail address or user name.
    identifier: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(config: Config, db: Db, command: UserCommand) -> Result<(), CliError> {
    let state = AppState::new(config, db)?;
    let actor = Actor::CommandLine;
    match command {
        UserCommand::Create { email, username, admin } => create(&state, email, username, admin).await,
        UserCommand::List { json } => list(&state, json).await,
        UserCommand::ResetLink { identifier } => reset_link(&state, &identifier).await,
        UserCommand::Disable(whom) => {
            let id = id_of(&state, &whom.identifier).await?;
            let is_changed = access::disable(&state, actor, &id).await?;
            whom.tell(&id, "disabled", is_changed, "is disabled, and the sessions have ended", "was disabled already")
        }
        UserCommand::Enable(whom) => {
            let id = id_of(&state, &whom.identifier).await?;
            let is_changed = access::enable(&state, actor, &id).await?;
            whom.tell(&id, "enabled", is_changed, "is enabled", "was not disabled")
        }
        UserCommand::Role(RoleCommand::Grant { role, whom }) => {
            let (id, role) = (id_of(&state, &whom.identifier).await?, role_of(&role)?);
            let is_changed = roles::grant(&state, actor, &id, &role).await?;
            whom.tell(&id, "granted", is_changed, "holds the role now", "held the role already")
        }
        UserCommand::Role(RoleCommand::Revoke { role, whom }) => {
            let (id, role) = (id_of(&state, &whom.identifier).await?, role_of(&role)?);
            let is_changed = roles::revoke(&state, actor, &id, &role).await?;
            whom.tell(&id, "revoked", is_changed, "holds the role no more", "did not hold the role")
        }
        UserCommand::Delete { whom, yes } => {
            let id = id_of(&state, &whom.identifier).await?;
            if !yes {
                let name = &whom.identifier;
                return Err(CliError::Usage(format!("{name} would be deleted for good; add --yes to do it")));
            }
            accounts::delete(&state, actor, &id, None).await?;
            whom.tell(&id, "deleted", true, "is deleted", "")
        }
    }
}

impl Whom {
    /// Says what became of it.
    fn tell(&self, id: &str, what: &str, is_changed: bool, done: &str, unchanged: &str) -> Result<(), CliError> {
        if self.json {
            out::line(serde_json::json!({ "id": id, "act": what, "changed": is_changed }))
        } else {
            out::line(format_args!("{} {}.", self.identifier, if is_changed { done } else { unchanged }))
        }
    }
}

fn role_of(name: &str) -> Result<Role, CliError> {
    Role::parse(name).ok_or_else(|| CliError::Usage(format!("{name} is not the name of a role")))
}

async fn id_of(state: &AppState, identifier: &str) -> Result<String, CliError> {
    let nobody = || CliError::Usage(format!("nobody is called {identifier}"));
    let identifier = Identifier::parse(identifier).map_err(|_| nobody())?;
    let user = users::find_by_identifier(&mut state.db.read().await?, &identifier).await?.ok_or_else(nobody)?;
    Ok(user.id)
}

async fn create(
    state: &AppState,
    email: Option<String>,
    username: Option<String>,
    admin: bool,
) -> Result<(), CliError> {
    let email = email
        .map(|typed| Email::parse(&typed))
        .transpose()
        .map_err(|problem| CliError::Usage(format!("--email: {problem}")))?;
    let username = username
        .map(|typed| Username::parse(&typed))
        .transpose()
        .map_err(|problem| CliError::Usage(format!("--username: {problem}")))?;
    if email.is_none() && username.is_none() {
        return Err(CliError::Usage("give --email, --username, or both".into()));
    }
    let roles = if admin { vec![Role::admin()] } else { Vec::new() };
    let mut tx = state.db.begin().await?;
    let identifiers = Identifiers { email, username };
    let user = sign_up::create(state, &mut tx, &identifiers, None, &roles).await?;
    // Whoever runs the server vouches for the address.
    if let Some(email) = &identifiers.email {
        users::mark_verified(&mut tx, &user.id, &email.key(), state.now()).await?;
    }
    Actor::CommandLine.event(EventKind::AccountCreated).about(&user.id).record(state, &mut tx).await?;
    for role in &roles {
        let granted = Actor::CommandLine.event(EventKind::RoleGranted).about(&user.id).with("role", role.as_str());
        granted.record(state, &mut tx).await?;
    }
    let link = reset_password::make_link(state, &mut tx, &user, None).await?;
    tx.commit().await?;
    out::line(format_args!("Added {}. They choose their password within 30 minutes, once, at:\n  {link}", user.id))
}

async fn list(state: &AppState, json: bool) -> Result<(), CliError> {
    let mut conn = state.db.read().await?;
    if !json {
        out::line("id\te-mail\tuser name\tsince\tstate\tverified\troles")?;
    }
    for user in users::list(&mut conn).await? {
        let roles: Vec<String> = users::roles(&mut conn, &user.id).await?.into_iter().map(String::from).collect();
        let (email, username) = (user.email().map(String::from), user.username().map(String::from));
        let state = if user.is_active() { "active" } else { "disabled" };
        let since = user.created_at().rfc3339();
        let is_verified = email.as_ref().map(|_| !user.is_unverified());
        if json {
            let person = serde_json::json!({
                "id": user.id, "email": email, "username": username, "since": since, "state": state,
                "verified": is_verified, "roles": roles,
            });
            out::line(person)?;
            continue;
        }
        let verified = match is_verified {
            Some(true) => "yes",
            Some(false) => "no",
            None => "",
        };
        let [email, username] = [email, username].map(Option::unwrap_or_default);
        let roles = roles.join(",");
        out::line(format_args!("{}\t{email}\t{username}\t{since}\t{state}\t{verified}\t{roles}", user.id))?;
    }
    Ok(())
}

async fn reset_link(state: &AppState, identifier: &str) -> Result<(), CliError> {
    let nobody = || CliError::Usage(format!("nobody is called {identifier}"));
    let identifier = Identifier::parse(identifier).map_err(|_| nobody())?;
    let mut tx = state.db.begin().await?;
    let user = users::find_by_identifier(&mut tx, &identifier).await?.ok_or_else(nobody)?;
    let link = reset_password::make_link(state, &mut tx, &user, None).await?;
    let sent = Actor::CommandLine.event(EventKind::LinkSent).about(&user.id).with("purpose", "reset_password");
    sent.record(state, &mut tx).await?;
    tx.commit().await?;
    out::line(format_args!("Works for 30 minutes, once; older links stop working:\n  {link}"))
}
