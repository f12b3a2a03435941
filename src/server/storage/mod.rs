//! SQL, and SQL nowhere else: one file per table. Bound parameters only. Must not decide anything.

/// The two engines behind one face.
pub mod db;
/// Accounts that are to be deleted.
pub mod deletions;
/// The audit log.
pub mod events;
/// Conditions of lists.
pub mod filter;
/// Browsers in which somebody signed in before.
pub mod known_devices;
/// Tries counted against limits.
pub mod limits;
/// Requests for a link by mail, not answered yet.
pub mod link_requests;
/// What one transaction must not be overtaken in.
pub mod locks;
/// Mail waiting to be sent.
pub mod outbox;
/// Sessions as their owner lists them.
pub mod own_sessions;
/// What people's own pages say of them.
pub mod profiles;
/// Sessions and their history.
pub mod sessions;
/// One-time links.
pub mod tokens;
/// People and their roles.
pub mod users;

pub use db::{Conn, Db, Handle, StoreError, Tx};
