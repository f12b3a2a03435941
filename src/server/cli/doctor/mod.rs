//! `latchkey doctor`: looks at everything that has to be right for the server to serve, and says what to do about what is not.
//! Must not change anything, make a database or a key, nor print a secret.

/// Clocks.
mod clock;
/// The database.
mod database;
/// Room on the disk.
mod disk;
/// The secret of the signing keys, and files that others must not read.
mod files;
/// The mail server.
mod mail;
/// Proxies, as the server saw them.
mod proxy;
/// Settings.
mod settings;

use std::path::Path;

use clap::Args;
use serde::Serialize;

use crate::server::{state::AppState, storage::patience};

use super::{CliError, out};

/// How it is asked.
#[derive(Debug, Args)]
pub(super) struct DoctorArguments {
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    /// As it has to be.
    Ok,
    /// It serves, and deserves a look.
    Warning,
    /// It does not serve, or not safely.
    Problem,
}

/// Something that was looked at.
#[derive(Clone, Debug, Serialize)]
struct Finding {
    /// What was looked at.
    check: &'static str,
    /// How it is.
    verdict: Verdict,
    /// What was found.
    found: String,
    /// What to do about it.
    advice: Option<String>,
}

#[derive(Serialize)]
struct Report<'f> {
    problems: usize,
    warnings: usize,
    findings: &'f [Finding],
}

impl Finding {
    fn ok(check: &'static str, found: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Ok, found: found.into(), advice: None }
    }

    fn warning(check: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Warning, found: found.into(), advice: Some(advice.into()) }
    }

    fn problem(check: &'static str, found: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Problem, found: found.into(), advice: Some(advice.into()) }
    }
}

/// Looks at everything; fails where there is a problem. `env_file` is the `.env` that settings were read from, if any.
pub(super) async fn run(arguments: &DoctorArguments, env_file: Option<&Path>) -> Result<(), CliError> {
    let findings = patience::for_each(database::PATIENCE, look(env_file)).await;
    let count = |verdict| findings.iter().filter(|finding| finding.verdict == verdict).count();
    let (problems, warnings) = (count(Verdict::Problem), count(Verdict::Warning));
    if arguments.json {
        let report = Report { problems, warnings, findings: &findings };
        out::line(serde_json::to_string(&report).map_err(std::io::Error::from)?)?;
    } else {
        for finding in &findings {
            let verdict = match finding.verdict {
                Verdict::Ok => "ok",
                Verdict::Warning => "warning",
                Verdict::Problem => "PROBLEM",
            };
            out::line(format_args!("{verdict:<8} {:<9} {}", finding.check, finding.found))?;
            if let Some(advice) = &finding.advice {
                out::line(format_args!("{:18} -> {advice}", ""))?;
            }
        }
    }
    match problems {
        0 => Ok(()),
        1 => Err(CliError::Usage("1 problem".into())),
        more => Err(CliError::Usage(format!("{more} problems"))),
    }
}

async fn look(env_file: Option<&Path>) -> Vec<Finding> {
    let (config, mut findings) = settings::look();
    let Some(config) = config else { return findings };
    let (db, found) = database::look(&config).await;
    findings.extend(found);
    findings.extend(mail::look(&config, db.as_ref()).await);
    findings.extend(clock::look(db.as_ref()).await);
    findings.extend(disk::look(&config));
    findings.extend(files::look(&config, env_file));
    findings.extend(proxy::look(&config, db.as_ref()).await);
    let Some(db) = db else { return findings };
    // Last, since it takes what the server would be made of.
    match AppState::new(config, db) {
        Ok(state) => {
            findings.extend(files::keys(&state).await);
            database::close(&state.db).await;
        }
        Err(error) => findings.push(settings::unusable(&error)),
    }
    findings
}
