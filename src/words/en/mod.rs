//! English. Must not decide anything but the wording.

/// Pages.
pub mod pages;
/// What belongs to no single page.
pub mod pieces;
/// Sentences for the closed lists of the domain.
pub mod sentences;
