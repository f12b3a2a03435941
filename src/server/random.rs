//! Where randomness comes from: the operating system, behind a seam for tests. Must not be seeded in production.

use std::fmt::Debug;

use super::error::ServerError;

/// A source of unpredictable bytes (ASVS 11.5.1).
pub trait Random: Debug + Send + Sync {
    /// Fills a buffer.
    ///
    /// # Errors
    /// When the source fails; nothing may go on without it.
    fn fill(&self, buffer: &mut [u8]) -> Result<(), ServerError>;
}

/// The operating system's generator.
#[derive(Debug, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), ServerError> {
        getrandom::fill(buffer).map_err(|_| ServerError::Random)
    }
}
