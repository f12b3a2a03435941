//! Password hashing, one-time tokens, signatures, and secrets that are kept. Must not know tables or requests.

/// Answers that go out together.
mod cohort;
/// Hashes that people bring along from elsewhere.
pub mod legacy;
/// The bounded hashing pool.
pub mod password;
/// Passwords that are tried first.
pub mod password_lists;
/// Secrets that the database keeps, encrypted.
pub mod sealed;
/// Signatures that others can verify.
pub mod signature;
/// Where those who are to hash wait for their turn.
mod threshold;
/// One-time tokens and digests of secrets.
pub mod token;
/// The threads that hash.
mod workers;
