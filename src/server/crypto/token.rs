//! One-time tokens: 256 random bits for the person, their SHA-256 for the database (ASVS 11.5.1). Must not store any.

use std::fmt::Write as _;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use crate::server::{error::ServerError, random::Random};

/// What a personal access token begins with, so that people and scanners of leaked secrets know one when they see it.
pub const PERSONAL_PREFIX: &str = "latchkey_pat_";
/// How many random bytes a token holds.
const BYTES: usize = 32;

/// A secret that opens something once. Its text goes into one mail and nowhere else.
pub struct OneTimeToken(String);

impl OneTimeToken {
    /// Draws a token.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn draw(random: &dyn Random) -> Result<Self, ServerError> {
        let mut bytes = [0_u8; BYTES];
        random.fill(&mut bytes)?;
        Ok(Self(BASE64_URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// The text for the link.
    #[must_use]
    pub fn secret(&self) -> &str {
        &self.0
    }

    /// What is stored.
    #[must_use]
    pub fn hash(&self) -> String {
        digest(self.0.as_bytes())
    }
}

impl std::fmt::Debug for OneTimeToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OneTimeToken(…)")
    }
}

/// The stored form of a token that somebody presents; `None` for what was never drawn.
#[must_use]
pub fn presented_hash(token: &str) -> Option<String> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).ok()?;
    (bytes.len() == BYTES).then(|| digest(token.as_bytes()))
}

/// SHA-256 in lower-case hexadecimal: for secrets of full entropy only, never for passwords.
#[must_use]
pub fn digest(secret: &[u8]) -> String {
    hexadecimal(&Sha256::digest(secret))
}

/// Bytes in lower-case hexadecimal.
#[must_use]
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::server::random::SystemRandom;

    /// ASVS 11.5.1.
    #[test]
    fn a_token_is_found_by_the_hash_of_what_is_presented() {
        let token = OneTimeToken::draw(&SystemRandom).expect("randomness");
        assert_eq!(presented_hash(token.secret()), Some(token.hash()));
        assert!(!token.hash().contains(token.secret()));
        assert!(!format!("{token:?}").contains(token.secret()));
    }

    proptest! {
        #[test]
        fn whatever_is_presented_is_looked_up_or_refused(text in any::<String>()) {
            let _ = presented_hash(&text);
        }
    }
}
