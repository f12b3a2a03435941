//! Settings, as `latchkey config check` judges them. Must not judge them itself.

use crate::server::{
    cli::config,
    config::{Config, explain},
    error::ServerError,
};

use super::Finding;

const CHECK: &str = "settings";

/// The settings, where they can be read, and what is wrong with them.
pub(super) fn look() -> (Option<Config>, Vec<Finding>) {
    let explained = match explain::settings() {
        Ok(explained) => explained,
        Err(error) => {
            let advice = "mend it; the README's table names every setting. Nothing else was looked at";
            return (None, vec![Finding::problem(CHECK, error.to_string(), advice)]);
        }
    };
    let advice = "`latchkey config check` shows every setting, and where it came from";
    let mut findings: Vec<Finding> =
        explained.reasons.into_iter().map(|reason| Finding::problem(CHECK, reason, advice)).collect();
    if findings.is_empty() {
        let what_for = if explained.config.is_development() { "development, at a desk" } else { "production" };
        findings.push(Finding::ok(CHECK, format!("fit to run with ({what_for})")));
    }
    for (setting, file, folder) in &explained.missing {
        let found = config::missing(setting, file, folder);
        let (found, advice) = found.split_once(". ").unwrap_or((&found, ""));
        findings.push(Finding::warning(CHECK, found, advice));
    }
    (Some(explained.config), findings)
}

/// That the server cannot be made of them.
pub(super) fn unusable(error: &ServerError) -> Finding {
    Finding::problem(CHECK, error.to_string(), "the server does not start with this: mend the setting that it names")
}
