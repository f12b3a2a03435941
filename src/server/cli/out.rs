//! What commands print. Must not panic when its reader goes away, as `head` does.

use std::{fmt::Display, io::Write};

use super::CliError;

/// Prints a line.
///
/// # Errors
/// When nobody reads it any more; [`super::run`] then ends quietly.
pub(super) fn line(text: impl Display) -> Result<(), CliError> {
    Ok(write(text)?)
}

/// The same for whoever names failures otherwise.
///
/// # Errors
/// When nobody reads it any more.
pub(super) fn write(text: impl Display) -> std::io::Result<()> {
    writeln!(std::io::stdout().lock(), "{text}")
}

/// A text of somebody else, without what would move the cursor of a terminal.
pub(super) fn plain(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { '\u{fffd}' } else { character }).collect()
}
