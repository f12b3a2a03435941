//! SQL, and SQL nowhere else: one file per table. Bound parameters only. Must not decide anything.

/// Questions to an embedded database.
pub mod asked;
/// The audit log as a chain.
pub mod chain;
/// The connections to an embedded database.
pub mod connections;
/// The two engines behind one face.
pub mod db;
/// Accounts that are to be deleted.
pub mod deletions;
/// The audit log as lists and exports show it.
pub mod event_list;
/// The audit log.
pub mod events;
/// The figures of the console's overview.
pub mod figures;
/// Conditions of lists.
pub mod filter;
/// SQLite files of other programs.
pub mod foreign;
/// Many people at once.
pub mod imports;
/// Browsers in which somebody signed in before.
pub mod known_devices;
/// Tries counted against limits.
pub mod limits;
/// Those who wait for a hash anyway ask a few at a time.
pub mod line;
/// Requests for a link by mail, not answered yet.
pub mod link_requests;
/// What one transaction must not be overtaken in.
pub mod locks;
/// Links that say "this was not me".
pub mod not_me_links;
/// What was last seen of things.
pub mod notes;
/// Questions to a server.
mod on_server;
/// Mail waiting to be sent.
pub mod outbox;
/// Sessions as their owner lists them.
pub mod own_sessions;
/// How long the database may take.
pub mod patience;
/// People as administrators look for them.
pub mod people;
/// Tokens that people make for their own programs.
pub mod personal_tokens;
/// What people's own pages say of them.
pub mod profiles;
/// What carries on the sessions of programs.
pub mod refresh_tokens;
/// What its schema is, its clock, whether it takes writes.
pub mod schema;
/// What a file was found to hold already.
pub mod seen;
/// Sessions as a record, for administrators.
pub mod session_records;
/// Sessions and their history.
pub mod sessions;
/// Keys that sign access tokens.
pub mod signing_keys;
/// A SQLite file as a whole.
pub mod sqlite_file;
/// Transactions of an embedded database.
pub mod sqlite_tx;
/// Transactions that are committed together.
pub mod together;
/// One-time links.
pub mod tokens;
/// Work that is undone.
pub mod undone;
/// People and their roles.
pub mod users;
/// Addresses that people want and have not proven yet.
pub mod wanted_email;
/// Every row of every table.
pub mod whole;

pub use connections::Durability;
pub use db::{Conn, Db, Handle, Probe, StoreError, Tx};
