//! The command line: arguments, and what each command prints. Must not decide what a flow decides.

/// `latchkey audit …`
mod audit;
/// `latchkey backup`
mod backup;
/// `latchkey config …`
mod config;
/// `latchkey dev …`
mod dev;
/// `latchkey doctor`
mod doctor;
/// `latchkey estimate`
mod estimate;
/// `latchkey export`
mod export;
/// `latchkey health`
mod health;
/// `latchkey import`
mod import;
/// `latchkey keys …`
mod keys;
/// What commands print.
mod out;
/// How far they are.
mod progress;
/// `latchkey move`
mod relocate;
/// `latchkey restore`
mod restore;
/// `latchkey serve`
mod serve;
/// `latchkey session …`
mod session;
/// `latchkey user …`
mod user;

use std::{
    io::{ErrorKind, Write},
    path::Path,
    process::ExitCode,
};

use clap::{Parser, Subcommand};

use crate::{domain::error::AuthError, words};

use super::{
    config::{Config, ConfigError},
    error::{FlowError, ServerError},
    import::batches::ImportError,
    mail::transport::TransportError,
    storage::{Db, StoreError},
    telemetry::{self, traces::Traces},
    upkeep::UpkeepError,
};

/// Accounts for a small team.
#[derive(Debug, Parser)]
#[command(name = "latchkey", version, about)]
struct Arguments {
    /// `serve`, where nothing is said.
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Bring the database up to date and serve; also what happens without a command.
    Serve,
    /// Bring the database up to date.
    Migrate,
    /// Look at settings.
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Look at everything that has to be right, and say what to do about what is not; change nothing.
    Doctor(doctor::DoctorArguments),
    /// Ask the server of these settings how it is; fails where it is not well. For health checks.
    Health(health::HealthArguments),
    /// Work with people's accounts.
    #[command(subcommand)]
    User(user::UserCommand),
    /// See who is signed in and who was; end sessions, delete their record.
    #[command(subcommand)]
    Session(session::SessionCommand),
    /// Verify and export the audit log.
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// See and change the keys that sign access tokens.
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Bring people of another program along, with the passwords that they have.
    Import(import::ImportArguments),
    /// Write people as JSON Lines, which `import` reads.
    Export(export::ExportArguments),
    /// Copy a SQLite database into a file while it is used.
    Backup(backup::BackupArguments),
    /// Put a backup in the place of a SQLite database.
    Restore(restore::RestoreArguments),
    /// Move everything to an empty database, such as from SQLite to PostgreSQL.
    Move(relocate::MoveArguments),
    /// Help for whoever works on this project.
    #[command(subcommand)]
    Dev(dev::DevCommand),
    /// Estimate passwords, one a line on standard input, as the sign-up form does; prints JSON lines.
    Estimate,
}

/// The exit code when whoever reads the output goes away before its end: 128 and SIGPIPE, as shells have it.
const READER_GONE: u8 = 141;

/// Why a command failed, in words for whoever typed it.
#[derive(Debug, thiserror::Error)]
enum CliError {
    #[error("settings: {0}")]
    Config(#[from] ConfigError),
    #[error("database: {0}")]
    Store(#[from] StoreError),
    #[error("{0}")]
    Server(#[from] ServerError),
    #[error("{}", answer(.0))]
    Flow(#[from] FlowError),
    #[error("mail: {0}")]
    Mail(#[from] TransportError),
    #[error("{0}")]
    Import(#[from] ImportError),
    #[error("{0}")]
    Upkeep(#[from] UpkeepError),
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("{0}")]
    Usage(String),
}

fn answer(error: &FlowError) -> String {
    match error {
        FlowError::Answer(answer) if !answer.fields().is_empty() => {
            answer.fields().iter().copied().map(words::field_error).collect::<Vec<_>>().join("; ")
        }
        FlowError::Answer(AuthError::AccountNotCreated) => {
            "somebody has this e-mail address or user name already: see `latchkey user list`".into()
        }
        FlowError::Answer(answer) => words::error(answer),
        FlowError::Failure(failure) => failure.to_string(),
    }
}

/// Runs the command that was typed; the exit code is 0 if it did what it says.
#[must_use]
pub fn run() -> ExitCode {
    // Read for development; a host sets its environment itself.
    let env_file = dotenvy::dotenv().ok();
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(execute(arguments.command.unwrap_or(Command::Serve), env_file.as_deref())),
        Err(error) => Err(error.into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read has read enough, as `head` does; that is no word on what was asked, so the code is that of SIGPIPE.
        Err(CliError::Io(error)) if error.kind() == ErrorKind::BrokenPipe => ExitCode::from(READER_GONE),
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "latchkey: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn execute(command: Command, env_file: Option<&Path>) -> Result<(), CliError> {
    match &command {
        Command::Estimate => return estimate::run(),
        Command::Config(command) => return config::run(command),
        Command::Doctor(arguments) => return doctor::run(arguments, env_file).await,
        Command::Health(arguments) => return health::run(arguments),
        Command::Keys(keys::KeysCommand::Secret) => return keys::secret(),
        Command::Audit(audit::AuditCommand::Verify { from: Some(file), checkpoint, json }) => {
            return audit::verify_file(file, checkpoint.as_deref(), *json);
        }
        Command::Serve
        | Command::Migrate
        | Command::User(_)
        | Command::Audit(_)
        | Command::Session(_)
        | Command::Keys(_)
        | Command::Import(_)
        | Command::Export(_)
        | Command::Backup(_)
        | Command::Restore(_)
        | Command::Move(_)
        | Command::Dev(_) => {}
    }
    let config = Config::load()?;
    // What is traced is requests.
    let traces = if matches!(command, Command::Serve) { Traces::from_config(&config)? } else { None };
    telemetry::start(&config, traces.as_ref());
    let url = config.database_url.expose();
    let may_make_one = matches!(
        command,
        Command::Serve
            | Command::Migrate
            | Command::Restore(_)
            | Command::Dev(_)
            | Command::User(user::UserCommand::Create { .. })
    );
    if !may_make_one && let Some(file) = Db::missing_file(url) {
        return Err(CliError::Usage(format!("there is no database at {}: `latchkey serve` makes one", file.display())));
    }
    let command = match command {
        // These look at databases as they are.
        Command::Backup(arguments) => return backup::run(&config, &arguments).await,
        Command::Restore(arguments) => return restore::run(&config, arguments).await,
        Command::Move(arguments) => return relocate::run(&config, arguments).await,
        command => command,
    };
    let db = Db::connect(url).await?;
    db.migrate().await?;
    match command {
        Command::Serve => {
            let served = serve::run(config, db).await;
            if let Some(traces) = traces {
                traces.end().await;
            }
            served
        }
        Command::User(command) => user::run(config, db, command).await,
        Command::Dev(command) => dev::run(config, db, command).await,
        Command::Session(command) => session::run(config, db, command).await,
        Command::Import(arguments) => import::run(config, db, arguments).await,
        Command::Export(arguments) => export::run(config, db, arguments).await,
        Command::Audit(command) => audit::run(config, db, command).await,
        Command::Keys(command) => keys::run(config, db, command).await,
        Command::Migrate => out::line(format_args!("The {} database is up to date.", db.engine())),
        Command::Estimate
        | Command::Config(_)
        | Command::Doctor(_)
        | Command::Health(_)
        | Command::Backup(_)
        | Command::Restore(_)
        | Command::Move(_) => Ok(()),
    }
}
