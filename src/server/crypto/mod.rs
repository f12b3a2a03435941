//! Password hashing and one-time tokens. Must not know tables or requests.

/// The bounded hashing pool.
pub mod password;
/// Passwords that are tried first.
pub mod password_lists;
/// One-time tokens and digests of secrets.
pub mod token;
