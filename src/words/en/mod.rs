//! English. Must not decide anything but the wording.

/// Somebody's own account.
pub mod account;
/// The page about the JSON API.
pub mod api_docs;
/// The console.
pub mod console;
/// The page behind "This was not me".
pub mod not_me;
/// Pages.
pub mod pages;
/// What belongs to no single page.
pub mod pieces;
/// Sessions and the audit log.
pub mod records;
/// Sentences for the closed lists of the domain.
pub mod sentences;
/// The warning before a session ends.
pub mod session_timer;
