//! Mail: what is said, and how it leaves. Must not decide who gets one.

/// Texts, from the files in `templates/`.
pub mod message;
/// Delivery by SMTP.
pub mod transport;
