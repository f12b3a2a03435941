//! How much longer a session goes on, from one moment. Must not say which moment that is: clocks of browsers differ.

use serde::{Deserialize, Serialize};

/// What is left of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionTime {
    /// Seconds until it ends if nothing more is heard of it.
    pub idle_left: i64,
    /// Seconds until it ends whatever happens.
    pub left: i64,
}
