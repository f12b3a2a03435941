//! `latchkey estimate`: what the sign-up form would say of each line on standard input. Must not store a line.

use std::io::BufRead;

use crate::estimator::estimate;

use super::{CliError, out};

pub(super) fn run() -> Result<(), CliError> {
    for line in std::io::stdin().lock().lines() {
        let strength = estimate(&line?, &[]);
        out::line(serde_json::to_string(&strength).unwrap_or_default())?;
    }
    Ok(())
}
