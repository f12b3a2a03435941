//! PBKDF2, as Werkzeug, Django and passlib have it. Must not run more rounds than are bounded.

use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD},
};
use sha2::{Sha256, Sha512};

use super::{Check, Fault, hexadecimal, number, same};

/// The most rounds that are run: about a second of work, and twice what Django asks for by now.
const MAX_ROUNDS: u32 = 3_000_000;

/// The hash functions that are known.
#[derive(Clone, Copy)]
enum Function {
    Sha256,
    Sha512,
}

impl Function {
    fn parse(name: &str) -> Result<Self, Fault> {
        match name {
            "sha256" => Ok(Self::Sha256),
            "sha512" => Ok(Self::Sha512),
            _ => Err(Fault::Malformed),
        }
    }

    /// Bytes of a digest, which is what every library stores.
    fn bytes(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }
}

/// `pbkdf2:sha256:rounds$salt$hexadecimal`; the salt is text.
pub(super) fn read_werkzeug(stored: &str) -> Result<Check, Fault> {
    let [method, salt, digest] = parts(stored, '$')?;
    let [_, function, rounds] = parts(method, ':')?;
    let function = Function::parse(function)?;
    check(function, number(rounds)?, salt.as_bytes().to_vec(), hexadecimal(digest, function.bytes())?)
}

/// `pbkdf2_sha256$rounds$salt$base64`; the salt is text.
pub(super) fn read_django(stored: &str) -> Result<Check, Fault> {
    let [_, rounds, salt, digest] = parts(stored, '$')?;
    let digest = BASE64_STANDARD.decode(digest).map_err(|_| Fault::Malformed)?;
    check(Function::Sha256, number(rounds)?, salt.as_bytes().to_vec(), digest)
}

/// `$pbkdf2-sha256$rounds$salt$digest`, both in base64 without padding and with `.` for `+`.
pub(super) fn read_passlib(stored: &str) -> Result<Check, Fault> {
    let [_, name, rounds, salt, digest] = parts(stored, '$')?;
    let function = Function::parse(name.strip_prefix("pbkdf2-").ok_or(Fault::Malformed)?)?;
    let decode = |text: &str| BASE64_STANDARD_NO_PAD.decode(text.replace('.', "+")).map_err(|_| Fault::Malformed);
    check(function, number(rounds)?, decode(salt)?, decode(digest)?)
}

fn check(function: Function, rounds: u32, salt: Vec<u8>, digest: Vec<u8>) -> Result<Check, Fault> {
    if digest.len() != function.bytes() {
        return Err(Fault::Malformed);
    }
    if rounds > MAX_ROUNDS {
        return Err(Fault::TooDear("more than 3000000 iterations"));
    }
    Ok(Box::new(move |password| {
        let mut computed = vec![0; digest.len()];
        match function {
            Function::Sha256 => ::pbkdf2::pbkdf2_hmac::<Sha256>(password, &salt, rounds, &mut computed),
            Function::Sha512 => ::pbkdf2::pbkdf2_hmac::<Sha512>(password, &salt, rounds, &mut computed),
        }
        same(&computed, &digest)
    }))
}

fn parts<const N: usize>(text: &str, separator: char) -> Result<[&str; N], Fault> {
    let parts: Vec<&str> = text.split(separator).collect();
    parts.try_into().map_err(|_| Fault::Malformed)
}
