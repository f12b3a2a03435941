//! Access tokens (RFC 9068): issued to whoever signed in over the API, and verified. They have one shape, byte for byte in the
//! header and member for member in the claims, and nothing else is one. Must not look at sessions: whether one goes on is asked
//! by whoever takes a token.

/// The keys that sign.
pub mod keys;
/// The next key, and the end of the last.
pub mod rotation;
/// What keys are encrypted under.
pub mod secret;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use crate::domain::{moment::Moment, role::Role};

use super::{error::ServerError, state::AppState, storage::signing_keys};

/// `typ` of an access token (RFC 9068, section 2.1), so that no other token of ours is one (ASVS 9.2.2).
const TYPE: &str = "at+jwt";
/// The most bytes of a token; longer ones are refused unread.
pub const MOST_BYTES: usize = 8 * 1024;
/// Seconds by which the clock of the node that issued a token may be ahead of ours.
const SKEW_SECONDS: i64 = 60;
/// The longest life of a token, in seconds: that of the largest `access_token_minutes`.
const MOST_SECONDS: i64 = 24 * 3_600;

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessClaims {
    /// Whose it is: a person's id.
    pub subject: String,
    /// The session that it belongs to.
    pub session_id: String,
    /// What its person could do when it was issued.
    pub roles: Vec<Role>,
    /// When it was issued.
    pub issued_at: Moment,
    /// From when on it is worth nothing.
    pub expires_at: Moment,
    /// Its own id.
    pub id: String,
}

/// Why a token is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenFault {
    /// It was good, and its time is over.
    #[error("the access token has expired")]
    Expired,
    /// It is none of ours.
    #[error("the access token is not valid")]
    Invalid,
}

/// How verifying ends other than well.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// Said to whoever sent it.
    #[error(transparent)]
    Refused(#[from] TokenFault),
    /// Said to the log.
    #[error(transparent)]
    Failure(#[from] ServerError),
}

/// The claims as they stand in a token: exactly these.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    sid: String,
    iat: i64,
    exp: i64,
    jti: String,
    roles: Vec<Role>,
}

/// For how many seconds a token is good.
fn token_seconds(state: &AppState) -> i64 {
    i64::from(state.config.access_token_minutes) * 60
}

/// Issues a token for a person and a session, good `until` then at the latest; answers with it and with when it expires. Not to be called while a transaction is
/// open: the first key, or its first longer token, is written down.
///
/// # Errors
/// When the database is away, there is no key, or so many roles that nobody would take the token.
pub async fn issue(
    state: &AppState,
    user_id: &str,
    session_id: &str,
    roles: &[Role],
    until: Moment,
) -> Result<(String, Moment), ServerError> {
    let key = keys::signing(state).await?;
    let (now, seconds) = (state.now(), token_seconds(state));
    if key.row.token_seconds < seconds {
        // The key stays published for as long as this token is good.
        signing_keys::lengthen(&mut state.db.write().await?, &key.row.kid, seconds).await?;
    }
    let expires_at = now.plus(seconds).min(until);
    let claims = Claims {
        iss: state.config.issuer()?,
        aud: state.config.audience()?,
        sub: user_id.to_owned(),
        sid: session_id.to_owned(),
        iat: now.0,
        exp: expires_at.0,
        jti: state.new_id()?,
        roles: roles.to_vec(),
    };
    let claims = serde_json::to_vec(&claims).map_err(|_| ServerError::Keys("claims are no JSON".into()))?;
    let signed = format!("{}.{}", key.header(), BASE64_URL_SAFE_NO_PAD.encode(claims));
    let signature = key.sign(signed.as_bytes())?;
    let token = format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature));
    if token.len() > MOST_BYTES {
        return Err(ServerError::Keys("a person has too many roles for an access token".into()));
    }
    Ok((token, expires_at))
}

/// What a token says, once it is known to be ours and good. The header chooses among our keys by being the header of one, so
/// nothing that somebody writes into one is ever read; the signature is checked before the claims are (ASVS 9.1.1 to 9.1.3).
///
/// # Errors
/// [`TokenFault`], or that the database is away.
pub async fn verify(state: &AppState, token: &str) -> Result<AccessClaims, TokenError> {
    let invalid = TokenFault::Invalid;
    if token.len() > MOST_BYTES {
        return Err(invalid.into());
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(invalid)?;
    let (header, claims) = signed.split_once('.').ok_or(invalid)?;
    // What base64url writes in one way is read in that way alone: no padding, no other last bits.
    let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).map_err(|_| invalid)?;
    let claims = BASE64_URL_SAFE_NO_PAD.decode(claims).map_err(|_| invalid)?;
    let key = keys::with_header(state, header).await?.ok_or(invalid)?;
    if !key.verify(signed.as_bytes(), &signature) {
        return Err(invalid.into());
    }
    let claims = understand(&claims).ok_or(invalid)?;
    let (issuer, audience) = (state.config.issuer(), state.config.audience());
    let is_ours =
        claims.iss == issuer.map_err(ServerError::from)? && claims.aud == audience.map_err(ServerError::from)?;
    let now = state.now();
    let (issued_at, expires_at) = (Moment(claims.iat), Moment(claims.exp));
    let is_plausible = claims.iat >= 0
        && issued_at <= now.plus(SKEW_SECONDS)
        && issued_at < expires_at
        && expires_at <= issued_at.plus(MOST_SECONDS)
        && ![&claims.sub, &claims.sid, &claims.jti].contains(&&String::new());
    if !is_ours || !is_plausible {
        return Err(invalid.into());
    }
    if now >= expires_at {
        return Err(TokenFault::Expired.into());
    }
    Ok(AccessClaims {
        subject: claims.sub,
        session_id: claims.sid,
        roles: claims.roles,
        issued_at,
        expires_at,
        id: claims.jti,
    })
}

/// Claims as we write them; `None` for others: more or fewer members, one twice, another type.
fn understand(claims: &[u8]) -> Option<Claims> {
    // An array of the right values would do for serde.
    if claims.first() != Some(&b'{') {
        return None;
    }
    serde_json::from_slice(claims).ok()
}
