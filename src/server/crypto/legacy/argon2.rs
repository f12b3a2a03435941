//! Argon2, as Django and as the PHC string format have it, with parameters that are not ours. Must not run one whose memory or
//! time is out of bounds.

use argon2::{
    Algorithm, Argon2, Params,
    password_hash::{PasswordVerifier as _, phc::PasswordHash},
};

use super::{Check, Fault};

/// The most memory, in KiB.
const MAX_MEMORY_KIB: u32 = 128 * 1024;
/// The most that memory in KiB times passes may be: about a second of work.
const MAX_WORK: u64 = 1024 * 1024;
/// The most passes, however little memory.
const MAX_PASSES: u32 = 1_000;
/// The most lanes.
const MAX_LANES: u32 = 64;

/// `argon2` before the PHC string.
pub(super) fn read_django(stored: &str) -> Result<Check, Fault> {
    read_phc(stored.strip_prefix("argon2").ok_or(Fault::Malformed)?)
}

/// `$argon2id$v=19$m=…,t=…,p=…$salt$digest`; also Argon2i and Argon2d.
pub(super) fn read_phc(stored: &str) -> Result<Check, Fault> {
    let parsed = PasswordHash::new(stored).map_err(|_| Fault::Malformed)?;
    Algorithm::try_from(parsed.algorithm.as_str()).map_err(|_| Fault::Malformed)?;
    if parsed.salt.is_none() || parsed.hash.is_none() {
        return Err(Fault::Malformed);
    }
    let params = Params::try_from(&parsed).map_err(|_| Fault::Malformed)?;
    if params.m_cost() > MAX_MEMORY_KIB {
        return Err(Fault::TooDear("m is above 131072 KiB"));
    }
    if u64::from(params.m_cost()) * u64::from(params.t_cost()) > MAX_WORK
        || params.t_cost() > MAX_PASSES
        || params.p_cost() > MAX_LANES
    {
        return Err(Fault::TooDear("m·t is above 1048576, t above 1000, or p above 64"));
    }
    let stored = stored.to_owned();
    Ok(Box::new(move |password| Argon2::default().verify_password(password, stored.as_str()).is_ok()))
}
