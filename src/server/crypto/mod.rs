//! Password hashing and one-time tokens. Must not know tables or requests.

/// The bounded hashing pool.
pub mod password;
/// One-time tokens and digests of secrets.
pub mod token;
