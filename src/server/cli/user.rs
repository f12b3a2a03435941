//! `latchkey user …`: accounts from the command line. Nobody chooses a password for somebody else: a link does.

use clap::Subcommand;

use crate::{
    domain::{email::Email, form::Identifiers, identifier::Identifier, role::Role, username::Username},
    server::{
        config::Config,
        flows::{reset_password, sign_up},
        state::AppState,
        storage::{Db, users},
    },
};

use super::CliError;

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
    /// List everybody, oldest first, separated by tabs: id, e-mail, user name, since, state, roles.
    List,
    /// Print a link with which a person chooses a new password.
    ResetLink {
        /// Their e-mail address or user name.
        identifier: String,
    },
}

pub(super) async fn run(config: Config, db: Db, command: UserCommand) -> Result<(), CliError> {
    let state = AppState::new(config, db)?;
    match command {
        UserCommand::Create { email, username, admin } => create(&state, email, username, admin).await,
        UserCommand::List => list(&state).await,
        UserCommand::ResetLink { identifier } => reset_link(&state, &identifier).await,
    }
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
    let link = reset_password::make_link(state, &mut tx, &user, None).await?;
    tx.commit().await?;
    println!("Added {}. They choose their password within 30 minutes, once, at:\n  {link}", user.id);
    Ok(())
}

async fn list(state: &AppState) -> Result<(), CliError> {
    let mut conn = state.db.read().await?;
    for user in users::list(&mut conn).await? {
        let roles: Vec<String> = users::roles(&mut conn, &user.id).await?.into_iter().map(String::from).collect();
        println!(
            "{}\t{}\t{}\t{}\t{}\t{}",
            user.id,
            user.email().map(String::from).unwrap_or_default(),
            user.username().map(String::from).unwrap_or_default(),
            user.created_at().rfc3339(),
            if user.is_active() { "active" } else { "disabled" },
            roles.join(",")
        );
    }
    Ok(())
}

async fn reset_link(state: &AppState, identifier: &str) -> Result<(), CliError> {
    let nobody = || CliError::Usage(format!("nobody is called {identifier}"));
    let identifier = Identifier::parse(identifier).map_err(|_| nobody())?;
    let mut tx = state.db.begin().await?;
    let user = users::find_by_identifier(&mut tx, &identifier).await?.ok_or_else(nobody)?;
    let link = reset_password::make_link(state, &mut tx, &user, None).await?;
    tx.commit().await?;
    println!("Works for 30 minutes, once; older links stop working:\n  {link}");
    Ok(())
}
