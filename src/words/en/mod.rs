//! English. Must not decide anything but the wording.

/// The console.
pub mod console;
/// Pages.
pub mod pages;
/// What belongs to no single page.
pub mod pieces;
/// Sessions and the audit log.
pub mod records;
/// Sentences for the closed lists of the domain.
pub mod sentences;
