//! View pieces that know nothing of accounts. Must not call a server function.

/// A tick box.
pub mod checkbox;
/// What is wrong with a form, first on its page.
pub mod error_summary;
/// What stands around an input.
pub mod field;
/// A form that is checked before it is sent.
pub mod form;
/// Landmarks of a page.
pub mod layout;
/// A small drawing above a heading.
pub mod mark;
/// A live password-strength meter.
pub mod meter;
/// A message that is no error.
pub mod notice;
/// The way through a list.
pub mod pager;
/// A password with show and hide.
pub mod password_input;
/// A sentence with something marked up inside.
pub mod sentence;
/// The warning before a session ends.
pub mod session_timer;
/// Links between pages that belong together.
pub mod sub_navigation;
/// A table.
pub mod table;
/// A line of text with its label.
pub mod text_field;
/// A choice of colours.
pub mod theme_switch;
/// An instant, for people and machines.
pub mod time;
/// How strong a password is.
pub mod verdict;
