//! SQL, and SQL nowhere else: one file per table. Bound parameters only. Must not decide anything.

/// The two engines behind one face.
pub mod db;
/// Mail waiting to be sent.
pub mod outbox;
/// "I forgot my password", not answered yet.
pub mod reset_requests;
/// Sessions and their history.
pub mod sessions;
/// One-time links.
pub mod tokens;
/// People and their roles.
pub mod users;

pub use db::{Conn, Db, Handle, StoreError, Tx};
