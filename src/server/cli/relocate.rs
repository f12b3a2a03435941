//! `latchkey move --to URL`: everything from one engine to the other. Must not print a secret, nor a URL with a password.

use clap::Args;

use crate::server::{
    config::{Config, Secret},
    tokens::secret,
    upkeep::moving::{self, Order},
};

use super::{CliError, out, progress::Bar};

/// Where everything is to go.
#[derive(Debug, Args)]
pub(super) struct MoveArguments {
    /// An empty database, as `DATABASE_URL` names it; leave a password to ~/.pgpass or `PGPASSWORD`, since others see what is typed.
    #[arg(long, value_name = "URL")]
    to: String,
    /// Also while others are connected to the server that is left, if they are no nodes of this site.
    #[arg(long)]
    ignore_connections: bool,
    /// Also if the audit log is broken.
    #[arg(long)]
    accept_broken_log: bool,
    /// Print the outcome as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(config: &Config, arguments: MoveArguments) -> Result<(), CliError> {
    let MoveArguments { to, ignore_connections, accept_broken_log, json } = arguments;
    let mut bar = Bar::new();
    let show = |done, total| bar.draw(done, total, &format!("{done} of {total} rows"));
    let order = Order { to: to.clone(), ignore_connections, accept_broken_log };
    let outcome = moving::run(config, &order, show).await;
    bar.end();
    let moved = outcome?;
    if json {
        return out::line(serde_json::to_string(&moved).unwrap_or_default());
    }
    out::line(format_args!("{} rows of {} tables are in {}, as they were.", moved.rows, moved.tables, moved.engine))?;
    match &moved.log.broken {
        None => out::line(format_args!("The audit log there holds: {} events, this one included.", moved.log.events))?,
        Some(broken) => out::line(format_args!("The audit log is broken there, as it was here: {broken}"))?,
    }
    out::line(
        "Now set DATABASE_URL to it, and start the server. What was left is unchanged: delete it once you do not need it.",
    )?;
    let target = Config { database_url: Secret::from(to.as_str()), ..config.clone() };
    match (secret::key_file(config), secret::key_file(&target)) {
        (Some(from), Some(to)) if from.exists() && from != to => {
            out::line(format_args!("So that keys go on signing: cp -p {} {}", from.display(), to.display()))
        }
        (Some(from), None) if from.exists() => out::line(format_args!(
            "So that keys go on signing, set LATCHKEY_SECRET_KEY on every node to what is in {}.",
            from.display()
        )),
        _ => Ok(()),
    }
}
