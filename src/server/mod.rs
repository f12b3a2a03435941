//! Everything that runs on the server alone. Nothing below names a feature: `lib.rs` gates this tree as a whole.

/// The audit log.
pub mod audit;
/// The command line.
pub mod cli;
/// Where the time comes from.
pub mod clock;
/// Settings.
pub mod config;
/// Password hashing, one-time tokens, signatures.
pub mod crypto;
/// Browser and system in words.
pub mod device;
/// What the server's own code can fail with.
pub mod error;
/// Use cases, one per file.
pub mod flows;
/// HTTP: the router and its layers.
pub mod http;
/// People from elsewhere.
pub mod import;
/// Background tasks.
pub mod jobs;
/// Mail: messages and transports.
pub mod mail;
/// What is counted, for Prometheus.
pub mod metrics;
/// What is seen of proxies.
pub mod proxies;
/// Where randomness comes from.
pub mod random;
/// Answers that are given again for a short while.
pub mod remembered;
/// Who asks: what a flow may know of a request.
pub mod request_info;
/// Sessions.
pub mod session;
/// What every request may reach.
pub mod state;
/// SQL, and nowhere else.
pub mod storage;
/// Logs.
pub mod telemetry;
/// Access tokens, and the keys that sign them.
pub mod tokens;
/// Turns of those who sign in.
pub mod turns;
/// The database as a whole: backed up, restored, moved.
pub mod upkeep;
