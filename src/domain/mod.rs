//! The rules of accounts that are true without a database: pure, without I/O or clock, compiled for server and browser.
//! Must not import anything else of this crate.

/// The one colour of a site.
pub mod accent;
/// How the server announces a signed-in person to pages and handlers.
pub mod account;
/// What the page about the JSON API is given.
pub mod api_docs;
/// What the console asks for and shows.
pub mod console;
/// E-mail addresses.
pub mod email;
/// Why sessions end.
pub mod end_reason;
/// What can go wrong, as the closed list that crosses the wire.
pub mod error;
/// What can happen to an account.
pub mod event;
/// Which field of a form a message belongs to.
pub mod field;
/// What survives one redirect: a notice, or a refused form without its secrets.
pub mod flash;
/// The rules of each form, checked in the browser for comfort and on the server for real.
pub mod form;
/// What somebody may type to sign in.
pub mod identifier;
/// Instants as people and machines read them.
pub mod moment;
/// Closed lists with names.
mod named;
/// What the page behind "This was not me" is given.
pub mod not_me;
/// What the pages of somebody's own account are given.
pub mod own_account;
/// What a page is given before it is drawn.
pub mod page_data;
/// Password length and form.
pub mod password;
/// What the page about the own address is given.
pub mod pending_email;
/// Tokens that people make for their own programs.
pub mod personal_token;
/// Addresses of this site with a query.
pub mod query;
/// What the console shows of sessions and of the audit log.
pub mod records;
/// Names of what a person may do.
pub mod role;
/// Paths of this site that a redirect may lead to.
pub mod safe_path;
/// What a token may be used for.
pub mod scope;
/// How much longer a session goes on.
pub mod session_time;
/// What pages know of the site.
pub mod site;
/// How guessable a password is.
pub mod strength;
/// Which colours somebody wants to see.
pub mod theme;
/// User names.
pub mod username;
/// What a page knows of the request that it answers.
pub mod visit;
