//! How far something is, drawn on a terminal alone. Must not be part of what a command answers.

use std::io::{IsTerminal, Write};

/// Characters of the bar.
const WIDTH: u64 = 40;

/// A bar on standard error.
#[derive(Debug)]
pub(super) struct Bar {
    is_watched: bool,
    is_drawn: bool,
}

impl Bar {
    /// One that is drawn where somebody looks.
    pub(super) fn new() -> Self {
        Self { is_watched: std::io::stderr().is_terminal(), is_drawn: false }
    }

    /// Draws so much of so much, and what is said of it.
    pub(super) fn draw(&mut self, done: u64, total: u64, said: &str) {
        if !self.is_watched {
            return;
        }
        self.is_drawn = true;
        let full = usize::try_from(done.saturating_mul(WIDTH) / total.max(1)).unwrap_or_default();
        let rest = usize::try_from(WIDTH).unwrap_or_default().saturating_sub(full);
        let _ = write!(std::io::stderr(), "\r[{}{}] {said}", "#".repeat(full), " ".repeat(rest));
    }

    /// Leaves the bar as it is, so that something else can be printed.
    pub(super) fn end(&mut self) {
        if std::mem::take(&mut self.is_drawn) {
            let _ = writeln!(std::io::stderr());
        }
    }
}
