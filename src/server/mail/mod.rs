//! Mail: what is said, and how it leaves. Must not decide who gets one.

/// A template as text and as HTML.
pub mod letter;
/// Which mails there are.
pub mod message;
/// Delivery by SMTP.
pub mod transport;
