//! Secrets that the database keeps: encrypted under a key that it does not have (ChaCha20-Poly1305, RFC 8439). Must not keep
//! that key anywhere.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::{
    aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hkdf::{HKDF_SHA256, Salt},
};

use crate::server::{error::ServerError, random::Random};

/// Bytes of a secret key.
const BYTES: usize = 32;

/// A key under which others are encrypted, made from the operator's secret for one purpose (HKDF, RFC 5869).
#[derive(Debug)]
pub struct SealingKey(LessSafeKey);

/// Draws a secret for the settings: 32 bytes in base64url.
///
/// # Errors
/// When there is no randomness.
pub fn draw_secret(random: &dyn Random) -> Result<String, ServerError> {
    let mut bytes = [0_u8; BYTES];
    random.fill(&mut bytes)?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}

/// Whether a text is such a secret.
#[must_use]
pub fn is_secret(text: &str) -> bool {
    decode(text).is_some()
}

fn decode(text: &str) -> Option<Vec<u8>> {
    BASE64_URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok().filter(|bytes| bytes.len() == BYTES)
}

impl SealingKey {
    /// Makes the key for a purpose; `None` for what is no secret.
    #[must_use]
    pub fn derive(secret: &str, purpose: &'static str) -> Option<Self> {
        let secret = Salt::new(HKDF_SHA256, &[]).extract(&decode(secret)?);
        let info = [purpose.as_bytes()];
        let key = secret.expand(&info, &CHACHA20_POLY1305).ok()?;
        Some(Self(LessSafeKey::new(UnboundKey::from(key))))
    }

    /// Encrypts a secret that belongs to a name, with a nonce of its own.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn seal(&self, random: &dyn Random, name: &str, secret: &[u8]) -> Result<String, ServerError> {
        let mut nonce = [0_u8; NONCE_LEN];
        random.fill(&mut nonce)?;
        let mut sealed = secret.to_vec();
        self.0
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(name.as_bytes()), &mut sealed)
            .map_err(|_| ServerError::Random)?;
        Ok(BASE64_URL_SAFE_NO_PAD.encode([nonce.as_slice(), &sealed].concat()))
    }

    /// Decrypts what was sealed for this name under this key; `None` for everything else.
    #[must_use]
    pub fn open(&self, name: &str, sealed: &str) -> Option<Vec<u8>> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut sealed = sealed.to_vec();
        let opened = self.0.open_in_place(nonce, Aad::from(name.as_bytes()), &mut sealed).ok()?;
        Some(opened.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::random::SystemRandom;

    /// ASVS 11.3.2, 11.3.3, 11.3.4.
    #[test]
    fn what_was_sealed_opens_for_its_name_and_key_alone() {
        let secret = draw_secret(&SystemRandom).expect("randomness");
        let key = |secret: &str, purpose| SealingKey::derive(secret, purpose).expect("a key");
        let sealed = key(&secret, "one").seal(&SystemRandom, "name", b"private").expect("sealed");
        assert_eq!(key(&secret, "one").open("name", &sealed).as_deref(), Some(&b"private"[..]));
        assert_eq!(key(&secret, "one").open("other", &sealed), None);
        assert_eq!(key(&secret, "two").open("name", &sealed), None);
        assert_eq!(key(&draw_secret(&SystemRandom).expect("randomness"), "one").open("name", &sealed), None);
        assert_eq!(key(&secret, "one").open("name", &sealed[..20]), None);
        assert_eq!(key(&secret, "one").open("name", ""), None);
        let again = key(&secret, "one").seal(&SystemRandom, "name", b"private").expect("sealed");
        assert_ne!(again, sealed, "each has a nonce of its own");
    }

    #[test]
    fn a_secret_is_32_bytes() {
        assert!(is_secret(&draw_secret(&SystemRandom).expect("randomness")));
        assert!(is_secret("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="), "as `openssl rand -base64 32` ends");
        for text in
            ["", "secret", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "not base64, but of the right length …"]
        {
            assert!(!is_secret(text) && SealingKey::derive(text, "one").is_none(), "{text}");
        }
    }
}
