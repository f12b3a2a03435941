//! `latchkey dev …`: for whoever works on this project. Refused with the settings of a production, and among
//! people's accounts.

use clap::Subcommand;

use crate::server::{config::Config, flows::seed, storage::Db};

use super::{CliError, out, progress::Bar};

/// What helps in development.
#[derive(Debug, Subcommand)]
pub(super) enum DevCommand {
    /// Fill the database with plausible people, sessions and events, to see how everything behaves with many of them.
    Seed {
        /// How many people.
        #[arg(long, default_value_t = 1_000)]
        users: u32,
        /// How many sessions, each with its events.
        #[arg(long, default_value_t = 10_000)]
        sessions: u32,
        /// Also into a database that holds accounts which this did not make.
        #[arg(long)]
        among_others: bool,
    },
}

pub(super) async fn run(config: Config, db: Db, command: DevCommand) -> Result<(), CliError> {
    if !config.is_development() {
        return Err(CliError::Usage("this works with the settings of a development alone".into()));
    }
    let DevCommand::Seed { users, sessions, among_others } = command;
    if !among_others && seed::is_among_others(&db).await? {
        return Err(CliError::Usage(
            "this database holds accounts that `latchkey dev seed` did not make: nothing was added. Name another one in DATABASE_URL, or add --among-others".into(),
        ));
    }
    let mut bar = Bar::new();
    let show = |done: u32, of: u32| bar.draw(done.into(), of.into(), &format!("{done} of {of}"));
    seed::run(config, db, users, sessions, show).await?;
    bar.end();
    out::line(format_args!("Added {users} people and {sessions} sessions, with their events."))
}
