//! bcrypt, bare and as Django wraps it. Must not repair what bcrypt does to passwords: 72 bytes count, as when the hash was made.

use base64::{
    Engine,
    alphabet::BCRYPT,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use sha2::{Digest, Sha256};

use crate::server::crypto::token::hexadecimal;

use super::{Check, Fault, same};

/// The highest cost that is verified, seconds of work; each step doubles it.
const MAX_COST: u32 = 15;
/// The lowest that bcrypt knows.
const MIN_COST: u32 = 4;
/// Bytes of the key that bcrypt looks at, the NUL behind the password among them.
const KEY_BYTES: usize = 72;
/// Bytes of the digest that are stored; the last of the 24 is not.
const STORED_BYTES: usize = 23;
/// Characters of the salt.
const SALT_CHARACTERS: usize = 22;

/// Bits that no byte needs are not always zero.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &BCRYPT,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

/// `$2b$12$` and 53 characters of salt and digest.
pub(super) fn read(stored: &str) -> Result<Check, Fault> {
    let mut parts = stored.splitn(4, '$').skip(1);
    let (Some(version), Some(cost), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(Fault::Malformed);
    };
    if cost.len() != 2 || !cost.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Fault::Malformed);
    }
    let cost: u32 = cost.parse().map_err(|_| Fault::Malformed)?;
    let (salt, digest) = rest.split_at_checked(SALT_CHARACTERS).ok_or(Fault::Malformed)?;
    let salt: [u8; 16] = decode(salt)?.try_into().map_err(|_| Fault::Malformed)?;
    let digest: [u8; STORED_BYTES] = decode(digest)?.try_into().map_err(|_| Fault::Malformed)?;
    if cost < MIN_COST {
        return Err(Fault::Malformed);
    }
    if cost > MAX_COST {
        return Err(Fault::TooDear("the cost is above 15"));
    }
    let is_signed = version == "2x";
    Ok(Box::new(move |password| {
        let key = if is_signed { signed_key(password) } else { key(password) };
        same(&::bcrypt::bcrypt(cost, salt, &key)[..STORED_BYTES], &digest)
    }))
}

/// `bcrypt$` before it.
pub(super) fn read_django(stored: &str) -> Result<Check, Fault> {
    read(stored.strip_prefix("bcrypt$").ok_or(Fault::Malformed)?)
}

/// `bcrypt_sha256$` before it, of the SHA-256 of the password in hexadecimal.
pub(super) fn read_django_sha256(stored: &str) -> Result<Check, Fault> {
    let inner = read(stored.strip_prefix("bcrypt_sha256$").ok_or(Fault::Malformed)?)?;
    Ok(Box::new(move |password| inner(hexadecimal(&Sha256::digest(password)).as_bytes())))
}

fn decode(text: &str) -> Result<Vec<u8>, Fault> {
    BASE64.decode(text).map_err(|_| Fault::Malformed)
}

fn key(password: &[u8]) -> Vec<u8> {
    password.iter().copied().chain([0]).take(KEY_BYTES).collect()
}

/// The key as `crypt_blowfish` made it before version 1.1: a byte above 127 was taken as a negative number, which covers the
/// bytes before it in its word of four. `$2x$` names the hashes of that time. The 18 words are what Blowfish makes of a key, so
/// as 72 bytes they can be given to a sound implementation.
fn signed_key(password: &[u8]) -> Vec<u8> {
    let mut bytes = password.iter().copied().chain([0]).collect::<Vec<_>>().into_iter().cycle();
    let word = |_| {
        (0..4).fold(0_u32, |word, _| {
            let byte = bytes.next().unwrap_or_default();
            let filled = if byte < 0x80 { u32::from(byte) } else { 0xffff_ff00 | u32::from(byte) };
            (word << 8) | filled
        })
    };
    (0..KEY_BYTES / 4).map(word).flat_map(u32::to_be_bytes).collect()
}
