//! scrypt, as Werkzeug, Django and the PHC string format have it. Must not run one whose memory or time is out of bounds.

use argon2::password_hash::phc::PasswordHash;
use base64::{Engine, prelude::BASE64_STANDARD};

use super::{Check, Fault, hexadecimal, number, same};

/// The most that `N`·`r` may be: each is 128 bytes of memory, so 128 MiB.
const MAX_BLOCKS: u64 = 1 << 20;
/// The most that `N`·`r`·`p` may be: about a second of work.
const MAX_WORK: u64 = 1 << 21;
/// The most that `r` may be; 8 is usual.
const MAX_BLOCK_SIZE: u32 = 64;
/// Bytes of the digests that Werkzeug and Django make.
const DIGEST_BYTES: usize = 64;

/// `scrypt:N:r:p$salt$hexadecimal`; the salt is text.
pub(super) fn read_werkzeug(stored: &str) -> Result<Check, Fault> {
    let [method, salt, digest] = parts(stored, '$')?;
    let [_, n, r, p] = parts(method, ':')?;
    check(number(n)?, number(r)?, number(p)?, salt.as_bytes().to_vec(), hexadecimal(digest, DIGEST_BYTES)?)
}

/// `scrypt$N$salt$r$p$base64`; the salt is text.
pub(super) fn read_django(stored: &str) -> Result<Check, Fault> {
    let [_, n, salt, r, p, digest] = parts(stored, '$')?;
    let digest = BASE64_STANDARD.decode(digest).map_err(|_| Fault::Malformed)?;
    if digest.len() != DIGEST_BYTES {
        return Err(Fault::Malformed);
    }
    check(number(n)?, number(r)?, number(p)?, salt.as_bytes().to_vec(), digest)
}

/// `$scrypt$ln=…,r=…,p=…$salt$digest`.
pub(super) fn read_phc(stored: &str) -> Result<Check, Fault> {
    let parsed = PasswordHash::new(stored).map_err(|_| Fault::Malformed)?;
    let param = |name| parsed.params.get_decimal(name).ok_or(Fault::Malformed);
    let (Some(salt), Some(digest)) = (&parsed.salt, &parsed.hash) else { return Err(Fault::Malformed) };
    let n = 1_u32.checked_shl(param("ln")?).ok_or(Fault::TooDear(DEAR_MEMORY))?;
    check(n, param("r")?, param("p")?, salt.as_ref().to_vec(), digest.as_bytes().to_vec())
}

const DEAR_MEMORY: &str = "it takes more than 128 MiB of memory";

fn check(n: u32, r: u32, p: u32, salt: Vec<u8>, digest: Vec<u8>) -> Result<Check, Fault> {
    if !n.is_power_of_two() || n < 2 || r == 0 || p == 0 {
        return Err(Fault::Malformed);
    }
    let blocks = u64::from(n) * u64::from(r);
    if blocks > MAX_BLOCKS || r > MAX_BLOCK_SIZE {
        return Err(Fault::TooDear(DEAR_MEMORY));
    }
    if blocks.saturating_mul(u64::from(p)) > MAX_WORK {
        return Err(Fault::TooDear("N·r·p is above 2097152"));
    }
    let log_n = u8::try_from(n.trailing_zeros()).map_err(|_| Fault::Malformed)?;
    let params = ::scrypt::Params::new(log_n, r, p).map_err(|_| Fault::Malformed)?;
    Ok(Box::new(move |password| {
        let mut computed = vec![0; digest.len()];
        ::scrypt::scrypt(password, &salt, &params, &mut computed).is_ok() && same(&computed, &digest)
    }))
}

fn parts<const N: usize>(text: &str, separator: char) -> Result<[&str; N], Fault> {
    let parts: Vec<&str> = text.split(separator).collect();
    parts.try_into().map_err(|_| Fault::Malformed)
}
