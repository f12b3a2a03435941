//! `latchkey keys …`: the keys that sign access tokens, from the command line. Must not print a private one.

use clap::Subcommand;
use serde::Serialize;

use crate::{
    domain::moment::Moment,
    server::{
        config::Config,
        crypto::sealed,
        random::SystemRandom,
        state::AppState,
        storage::Db,
        tokens::{
            keys::{self, Key, REMEMBERED_SECONDS},
            rotation::{self, Rotated},
        },
    },
};

use super::{CliError, out};

/// What can be done with keys.
#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// List the keys whose tokens are taken, oldest first, separated by tabs.
    List {
        /// Print a JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Make the next key; it signs in an hour, when other services have heard of it.
    Rotate {
        /// For when a key may be known to others: sign with the new one at once, revoke every other and all tokens of theirs.
        #[arg(long)]
        now: bool,
        /// Print the outcome as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Print a fresh secret for the setting `secret_key`.
    Secret,
}

#[derive(Serialize)]
struct Line<'k> {
    kid: &'k str,
    algorithm: &'static str,
    state: &'static str,
    signs_from: String,
    signs_until: Option<String>,
    published_until: Option<String>,
}

/// Prints a secret; asks for no settings, since it becomes one.
pub(super) fn secret() -> Result<(), CliError> {
    out::line(sealed::draw_secret(&SystemRandom)?)
}

pub(super) async fn run(config: Config, db: Db, command: KeysCommand) -> Result<(), CliError> {
    let state = AppState::new(config, db)?;
    match command {
        KeysCommand::List { json } => list(&state, json).await,
        KeysCommand::Rotate { now: false, json } => rotate(&state, json).await,
        KeysCommand::Rotate { now: true, json } => replace(&state, json).await,
        KeysCommand::Secret => secret(),
    }
}

async fn list(state: &AppState, json: bool) -> Result<(), CliError> {
    let (keys, now) = (keys::read(state).await?, state.now());
    let signing = keys.signing(now).map(|key| key.row.kid.as_str());
    if !json {
        out::line("key\talgorithm\tstate\tsigns from\tsigns until\tpublished until")?;
    }
    for key in keys.published(now) {
        let line = Line {
            kid: &key.row.kid,
            algorithm: key.algorithm().as_str(),
            state: in_a_word(key, signing, now),
            signs_from: Moment(key.row.signs_from).rfc3339(),
            signs_until: key.row.signs_until.map(|until| Moment(until).rfc3339()),
            published_until: key.published_until().map(Moment::rfc3339),
        };
        if json {
            out::line(serde_json::to_string(&line).unwrap_or_default())?;
            continue;
        }
        out::line(format_args!(
            "{}\t{}\t{}\t{}\t{}\t{}",
            line.kid,
            line.algorithm,
            line.state,
            line.signs_from,
            line.signs_until.unwrap_or_default(),
            line.published_until.unwrap_or_default()
        ))?;
    }
    Ok(())
}

/// What a key does now. `unreadable`: the secret is not the one that it was made with, so it signs here no more.
fn in_a_word(key: &Key, signing: Option<&str>, now: Moment) -> &'static str {
    match key {
        key if key.is_waiting(now) => "next",
        key if signing == Some(&key.row.kid) => "signing",
        key if key.is_signing(now) && !key.can_be_opened() => "unreadable",
        _ => "retired",
    }
}

async fn rotate(state: &AppState, json: bool) -> Result<(), CliError> {
    let (kid, signs_from, is_made) = match rotation::rotate(state).await? {
        Rotated::Made { kid, signs_from } => (kid, signs_from, true),
        Rotated::Waiting { kid, signs_from } => (kid, signs_from, false),
    };
    let from = signs_from.rfc3339();
    if json {
        return out::line(serde_json::json!({ "kid": kid, "signs_from": from, "made": is_made }));
    }
    if is_made {
        out::line(format_args!("Made {kid}, which signs from {from}."))
    } else {
        out::line(format_args!("{kid} is next already, and signs from {from}. To go on at once: --now"))
    }
}

async fn replace(state: &AppState, json: bool) -> Result<(), CliError> {
    let (kid, revoked) = rotation::revoke_and_replace(state).await?;
    if json {
        return out::line(serde_json::json!({ "kid": kid, "revoked": revoked }));
    }
    let keys = if revoked.len() == 1 { "key" } else { "keys" };
    out::line(format_args!(
        "Made {kid}, which signs now. Revoked {} {keys}: running servers refuse their tokens within {REMEMBERED_SECONDS} seconds; \
         other services must fetch /.well-known/jwks.json again.",
        revoked.len()
    ))
}
