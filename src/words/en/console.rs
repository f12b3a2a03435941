//! English for the console.

use crate::words::console::Console;

/// What every page of the console stands in.
pub const CONSOLE: &Console = &Console {
    navigation: "Console",
    overview: "Overview",
    people: "People",
    sessions: "Sessions",
    audit: "Audit",
    pages: "Pages",
    newer: "Newer",
    older: "Older",
    previous: "Previous",
    next: "Next",
    apply: "Apply",
    clear: "Clear",
    any: "Any",
    console: "Console",
};
