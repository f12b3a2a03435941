//! Signatures that others can verify: EdDSA over Ed25519 (RFC 8037) and ES256 (RFC 7518), by `ring`. Must not know tokens or
//! tables.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::{
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair, Ed25519KeyPair, KeyPair,
        UnparsedPublicKey,
    },
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::server::error::ServerError;

/// First byte of a point on P-256 that is written with both coordinates.
const UNCOMPRESSED: u8 = 4;
/// Bytes of a coordinate of P-256, and of a public key of Ed25519.
const COORDINATE: usize = 32;

/// How tokens are signed; the names are those of RFC 7518 and RFC 8037.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SigningAlgorithm {
    /// Ed25519: small, fast, no randomness while signing.
    #[serde(rename = "EdDSA")]
    EdDsa,
    /// ECDSA on P-256 with SHA-256, for services whose libraries know no `EdDSA`.
    #[serde(rename = "ES256")]
    Es256,
}

impl SigningAlgorithm {
    /// The name in the header of a token.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EdDsa => "EdDSA",
            Self::Es256 => "ES256",
        }
    }
}

/// A public key as others are given it (RFC 7517): no private member can stand in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicJwk {
    kty: String,
    crv: String,
    x: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    y: Option<String>,
    /// What it is called: the RFC 7638 thumbprint.
    pub kid: String,
    /// How it verifies.
    pub alg: SigningAlgorithm,
    #[serde(rename = "use")]
    purpose: String,
}

/// A key that signs.
pub struct SigningKey(Box<Pair>);

enum Pair {
    EdDsa(Ed25519KeyPair),
    Es256(EcdsaKeyPair),
}

/// A key that verifies.
#[derive(Clone, Debug)]
pub struct VerifyingKey {
    algorithm: SigningAlgorithm,
    bytes: Vec<u8>,
}

impl SigningKey {
    /// Makes a key; answers with it as PKCS #8, which is a secret. `ring` takes the operating system's randomness alone.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn generate(algorithm: SigningAlgorithm) -> Result<Vec<u8>, ServerError> {
        let random = SystemRandom::new();
        let made = match algorithm {
            SigningAlgorithm::EdDsa => Ed25519KeyPair::generate_pkcs8(&random),
            SigningAlgorithm::Es256 => EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random),
        };
        Ok(made.map_err(|_| ServerError::Random)?.as_ref().to_vec())
    }

    /// Reads a key from PKCS #8.
    ///
    /// # Errors
    /// When it is none of this algorithm.
    pub fn from_pkcs8(algorithm: SigningAlgorithm, pkcs8: &[u8]) -> Result<Self, ServerError> {
        let pair = match algorithm {
            SigningAlgorithm::EdDsa => Ed25519KeyPair::from_pkcs8(pkcs8).map(Pair::EdDsa),
            SigningAlgorithm::Es256 => {
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8, &SystemRandom::new()).map(Pair::Es256)
            }
        };
        pair.map(|pair| Self(Box::new(pair))).map_err(|_| ServerError::Corrupt("a signing key"))
    }

    /// Its public half.
    #[must_use]
    pub fn verifying(&self) -> VerifyingKey {
        match self.0.as_ref() {
            Pair::EdDsa(pair) => {
                VerifyingKey { algorithm: SigningAlgorithm::EdDsa, bytes: pair.public_key().as_ref().to_vec() }
            }
            Pair::Es256(pair) => {
                VerifyingKey { algorithm: SigningAlgorithm::Es256, bytes: pair.public_key().as_ref().to_vec() }
            }
        }
    }

    /// Signs a message.
    ///
    /// # Errors
    /// When there is no randomness (ES256).
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, ServerError> {
        match self.0.as_ref() {
            Pair::EdDsa(pair) => Ok(pair.sign(message).as_ref().to_vec()),
            Pair::Es256(pair) => {
                let signature = pair.sign(&SystemRandom::new(), message).map_err(|_| ServerError::Random)?;
                Ok(signature.as_ref().to_vec())
            }
        }
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

impl VerifyingKey {
    /// Whether a signature is this key's, over this message. The algorithm is the key's own, never one that somebody names.
    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        let verified = match self.algorithm {
            SigningAlgorithm::EdDsa => UnparsedPublicKey::new(&ED25519, &self.bytes).verify(message, signature),
            SigningAlgorithm::Es256 => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &self.bytes).verify(message, signature)
            }
        };
        verified.is_ok()
    }

    /// As others are given it.
    #[must_use]
    pub fn to_jwk(&self) -> PublicJwk {
        let text = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        let (kty, crv, x, y) = match self.algorithm {
            SigningAlgorithm::EdDsa => ("OKP", "Ed25519", text(&self.bytes), None),
            SigningAlgorithm::Es256 => {
                let (x, y) = self.bytes.get(1..).unwrap_or_default().split_at_checked(COORDINATE).unwrap_or_default();
                ("EC", "P-256", text(x), Some(text(y)))
            }
        };
        PublicJwk {
            kid: thumbprint(kty, crv, &x, y.as_deref()),
            kty: kty.into(),
            crv: crv.into(),
            x,
            y,
            alg: self.algorithm,
            purpose: "sig".into(),
        }
    }

    /// Reads a public key.
    ///
    /// # Errors
    /// When it is not one exactly as [`VerifyingKey::to_jwk`] writes it.
    pub fn from_jwk(jwk: &PublicJwk) -> Result<Self, ServerError> {
        let corrupt = || ServerError::Corrupt("a public key");
        let read = |text: &str| BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| corrupt());
        let mut bytes = Vec::new();
        if jwk.alg == SigningAlgorithm::Es256 {
            bytes.push(UNCOMPRESSED);
        }
        bytes.extend(read(&jwk.x)?);
        bytes.extend(read(jwk.y.as_deref().unwrap_or_default())?);
        let key = Self { algorithm: jwk.alg, bytes };
        if key.to_jwk() == *jwk { Ok(key) } else { Err(corrupt()) }
    }
}

/// RFC 7638: the SHA-256 of the members that make the key, in their order, and nothing else.
fn thumbprint(kty: &str, crv: &str, x: &str, y: Option<&str>) -> String {
    let y = y.map(|y| format!(",\"y\":\"{y}\"")).unwrap_or_default();
    let members = format!("{{\"crv\":\"{crv}\",\"kty\":\"{kty}\",\"x\":\"{x}\"{y}}}");
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(members.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(algorithm: SigningAlgorithm) -> SigningKey {
        SigningKey::from_pkcs8(algorithm, &SigningKey::generate(algorithm).expect("made")).expect("read")
    }

    /// The example of RFC 8037, appendix A.3.
    #[test]
    fn the_thumbprint_is_that_of_the_standard() {
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        assert_eq!(thumbprint("OKP", "Ed25519", x, None), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn what_one_key_signs_no_other_verifies() {
        for algorithm in [SigningAlgorithm::EdDsa, SigningAlgorithm::Es256] {
            let (key, other) = (made(algorithm), made(algorithm));
            let signature = key.sign(b"message").expect("signed");
            assert!(key.verifying().verify(b"message", &signature));
            assert!(!key.verifying().verify(b"Message", &signature));
            assert!(!other.verifying().verify(b"message", &signature));
            assert_eq!(signature.len(), 64);
        }
    }

    #[test]
    fn a_public_key_is_read_as_it_is_written_and_not_otherwise() {
        for algorithm in [SigningAlgorithm::EdDsa, SigningAlgorithm::Es256] {
            let jwk = made(algorithm).verifying().to_jwk();
            let text = serde_json::to_string(&jwk).expect("JSON");
            assert!(!text.contains("\"d\""), "{text}");
            let read: PublicJwk = serde_json::from_str(&text).expect("read");
            assert_eq!(VerifyingKey::from_jwk(&read).expect("a key").to_jwk(), jwk);
            let private = text.replacen('{', "{\"d\":\"AAAA\",", 1);
            assert!(serde_json::from_str::<PublicJwk>(&private).is_err());
            for change in [
                |jwk: &mut PublicJwk| jwk.kid = "another".into(),
                |jwk: &mut PublicJwk| jwk.crv = "P-384".into(),
                |jwk: &mut PublicJwk| jwk.x.push('A'),
                |jwk: &mut PublicJwk| jwk.x.clear(),
            ] {
                let mut changed = jwk.clone();
                change(&mut changed);
                assert!(VerifyingKey::from_jwk(&changed).is_err(), "{changed:?}");
            }
        }
    }
}
