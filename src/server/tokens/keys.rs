//! The keys that sign access tokens: in the database, shared by every node, and remembered here for a few seconds, so that
//! verifying costs no query. Must not decide when a key follows another one (`rotation`).

use std::sync::{Arc, OnceLock, PoisonError, RwLock, atomic::AtomicI64};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

use crate::{
    domain::{event::EventKind, moment::Moment},
    server::{
        audit::Event,
        crypto::{
            sealed::SealingKey,
            signature::{PublicJwk, SigningAlgorithm, SigningKey, VerifyingKey},
        },
        error::ServerError,
        state::AppState,
        storage::{
            Conn, Tx,
            locks::{self, Lock},
            signing_keys::{self, KeyRow},
        },
    },
};

use super::secret;

/// Seconds for which keys are remembered: so long a revoked one is still taken by other nodes.
pub const REMEMBERED_SECONDS: i64 = 5;
/// Seconds between two looks for a key that nobody knows.
const LOOK_AGAIN_SECONDS: i64 = 1;
/// Seconds for which a key stays published after its last token has expired, for verifiers whose clocks are behind.
pub const MARGIN_SECONDS: i64 = 3_600;

/// The keys that this process remembers.
#[derive(Debug, Default)]
pub struct Keyring {
    sealing: OnceLock<SealingKey>,
    remembered: RwLock<Option<Arc<Keys>>>,
    /// When a rotation was last looked for, in seconds since 1970.
    pub(super) looked_at: AtomicI64,
}

/// Every key, as it was in the database at an instant.
#[derive(Debug)]
pub struct Keys {
    read_at: Moment,
    keys: Vec<Key>,
}

/// A key.
#[derive(Clone, Debug)]
pub struct Key {
    /// As stored.
    pub row: KeyRow,
    material: Arc<Material>,
}

#[derive(Debug)]
struct Material {
    jwk: PublicJwk,
    /// The header of every token of this key, as it stands in the token.
    header: String,
    verifying: VerifyingKey,
    /// None once it signs no more, or where the secret is not the one that it was encrypted under.
    signing: Option<SigningKey>,
}

impl Keys {
    /// The key that signs now: the youngest of those whose time it is and that can be opened here.
    #[must_use]
    pub fn signing(&self, now: Moment) -> Option<&Key> {
        self.keys.iter().rev().find(|key| key.is_signing(now) && key.material.signing.is_some())
    }

    /// Whether there are keys whose time it is to sign, and none of them can be opened here: somebody else, with another
    /// secret, has made them.
    #[must_use]
    pub fn are_closed(&self, now: Moment) -> bool {
        self.signing(now).is_none() && self.keys.iter().any(|key| key.is_signing(now))
    }

    /// The keys whose tokens are taken.
    pub fn published(&self, now: Moment) -> impl Iterator<Item = &Key> {
        self.keys.iter().filter(move |key| key.is_published(now))
    }

    /// Every key, in the order in which they sign.
    #[must_use]
    pub fn all(&self) -> &[Key] {
        &self.keys
    }
}

impl Key {
    /// Whether it is its time to sign.
    #[must_use]
    pub fn is_signing(&self, now: Moment) -> bool {
        self.row.signs_from <= now.0 && self.row.signs_until.is_none_or(|until| now.0 < until)
    }

    /// Whether it is yet to sign.
    #[must_use]
    pub fn is_waiting(&self, now: Moment) -> bool {
        now.0 < self.row.signs_from
    }

    /// Until when it is published; without end while none follows it.
    #[must_use]
    pub fn published_until(&self) -> Option<Moment> {
        self.row.signs_until.map(|until| Moment(until).plus(self.row.token_seconds.saturating_add(MARGIN_SECONDS)))
    }

    /// Whether its tokens are taken, and others told of it.
    #[must_use]
    pub fn is_published(&self, now: Moment) -> bool {
        self.published_until().is_none_or(|until| now < until)
    }

    /// Whether it could sign here: its private half is there and the secret is the one that it was encrypted under.
    #[must_use]
    pub fn can_be_opened(&self) -> bool {
        self.material.signing.is_some()
    }

    /// How it signs.
    #[must_use]
    pub fn algorithm(&self) -> SigningAlgorithm {
        self.material.jwk.alg
    }

    /// As others are given it.
    #[must_use]
    pub fn jwk(&self) -> &PublicJwk {
        &self.material.jwk
    }

    /// The header of its tokens, as it stands in them.
    #[must_use]
    pub fn header(&self) -> &str {
        &self.material.header
    }

    /// Signs a message.
    ///
    /// # Errors
    /// When its private half is not at hand.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, ServerError> {
        let signing = self.material.signing.as_ref();
        signing.ok_or_else(|| ServerError::Keys("this key cannot be opened".into()))?.sign(message)
    }

    /// Whether a signature is this key's.
    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.material.verifying.verify(message, signature)
    }
}

/// The key that signs now, as the database says; the first one is made. Not to be called while a transaction is open.
///
/// # Errors
/// When the database is away, or the secret cannot be had.
pub async fn signing(state: &AppState) -> Result<Key, ServerError> {
    let keys = read(state).await?;
    if let Some(key) = keys.signing(state.now()) {
        return Ok(key.clone());
    }
    let mut tx = state.db.begin().await?;
    let keys = hold(state, &mut tx).await?;
    // Of several nodes that found none, the first has made it.
    if keys.signing(state.now()).is_none() {
        make(state, &mut tx, state.now(), Event::by_system(EventKind::SigningKeyMade)).await?;
        tx.commit().await?;
        tracing::info!("signing key made");
    } else {
        drop(tx);
    }
    let keys = read(state).await?;
    let key = keys.signing(state.now()).cloned();
    key.ok_or_else(|| ServerError::Keys("the key that was made is not there".into()))
}

/// The key whose tokens begin with this header; an unknown one is looked for in the database, but not for ever.
///
/// # Errors
/// When the database is away.
pub async fn with_header(state: &AppState, header: &str) -> Result<Option<Key>, ServerError> {
    for remembered_for in [REMEMBERED_SECONDS, LOOK_AGAIN_SECONDS] {
        let keys = younger_than(state, remembered_for).await?;
        if let Some(key) = keys.published(state.now()).find(|key| key.header() == header) {
            return Ok(Some(key.clone()));
        }
    }
    Ok(None)
}

/// What others verify with, oldest first.
///
/// # Errors
/// When the database is away.
pub async fn published(state: &AppState) -> Result<Vec<PublicJwk>, ServerError> {
    let keys = younger_than(state, REMEMBERED_SECONDS).await?;
    Ok(keys.published(state.now()).map(|key| key.jwk().clone()).collect())
}

/// What is remembered, unless it was read so many seconds ago.
async fn younger_than(state: &AppState, seconds: i64) -> Result<Arc<Keys>, ServerError> {
    let now = state.now().0;
    match state.keys.remembered() {
        Some(keys) if (keys.read_at.0..keys.read_at.0.saturating_add(seconds)).contains(&now) => Ok(keys),
        _ => read(state).await,
    }
}

/// Every key, as it is in the database now.
///
/// # Errors
/// When the database is away, or the secret cannot be had.
pub async fn read(state: &AppState) -> Result<Arc<Keys>, ServerError> {
    read_on(state, &mut state.db.read().await?).await
}

/// Every key, as it is in the database now, by a connection at hand.
///
/// # Errors
/// When the database is away, or the secret cannot be had.
pub async fn read_on(state: &AppState, conn: &mut Conn) -> Result<Arc<Keys>, ServerError> {
    let read_at = state.now();
    let rows = signing_keys::all(conn).await?;
    let keys = Arc::new(Keys { read_at, keys: understand(state, rows)? });
    *state.keys.remembered.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&keys));
    Ok(keys)
}

/// Every key, and nobody else makes one until the transaction ends.
pub(super) async fn hold(state: &AppState, tx: &mut Tx) -> Result<Keys, ServerError> {
    locks::hold(tx, Lock::SigningKeys).await?;
    let rows = signing_keys::all(tx).await?;
    Ok(Keys { read_at: state.now(), keys: understand(state, rows)? })
}

/// Makes a key that signs from an instant on, with its event.
pub(super) async fn make(
    state: &AppState,
    tx: &mut Tx,
    signs_from: Moment,
    event: Event,
) -> Result<KeyRow, ServerError> {
    let algorithm = state.config.signing_algorithm;
    let pkcs8 = SigningKey::generate(algorithm)?;
    let jwk = SigningKey::from_pkcs8(algorithm, &pkcs8)?.verifying().to_jwk();
    let sealed = state.keys.sealing(state)?.seal(state.random.as_ref(), &jwk.kid, &pkcs8)?;
    let row = KeyRow {
        kid: jwk.kid.clone(),
        public_jwk: serde_json::to_string(&jwk).map_err(|_| ServerError::Corrupt("a public key"))?,
        private_key: Some(sealed),
        created_at: state.now().0,
        signs_from: signs_from.0,
        signs_until: None,
        token_seconds: super::token_seconds(state),
    };
    signing_keys::add(&mut *tx, &row).await?;
    let event = event.with("key", &row.kid).with("algorithm", algorithm.as_str());
    event.with("signs_from", signs_from.rfc3339()).record(state, tx).await?;
    Ok(row)
}

impl Keyring {
    fn remembered(&self) -> Option<Arc<Keys>> {
        self.remembered.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What private keys are encrypted under.
    fn sealing(&self, state: &AppState) -> Result<&SealingKey, ServerError> {
        if let Some(key) = self.sealing.get() {
            return Ok(key);
        }
        let key = secret::sealing_key(&state.config, state.random.as_ref())?;
        Ok(self.sealing.get_or_init(|| key))
    }
}

/// Rows as keys. What was understood before is not taken apart again; what cannot be read is left out, and said.
fn understand(state: &AppState, rows: Vec<KeyRow>) -> Result<Vec<Key>, ServerError> {
    let before = state.keys.remembered();
    let before = before.as_ref().map_or(&[][..], |keys| keys.all());
    let mut keys = Vec::with_capacity(rows.len());
    for row in rows {
        let same = before.iter().find(|key| {
            key.row.kid == row.kid && key.row.public_jwk == row.public_jwk && key.row.private_key == row.private_key
        });
        let material = match same {
            Some(key) => Arc::clone(&key.material),
            None => match public(&row) {
                Ok((jwk, verifying)) => {
                    let signing = private(state, &row, &verifying)?;
                    let header = BASE64_URL_SAFE_NO_PAD.encode(header(&jwk));
                    Arc::new(Material { jwk, header, verifying, signing })
                }
                Err(error) => {
                    tracing::error!(key = %row.kid, %error, "a signing key is not what was stored, and is not used");
                    continue;
                }
            },
        };
        keys.push(Key { row, material });
    }
    Ok(keys)
}

/// The header of the tokens of a key: these members in this order, and no other.
fn header(jwk: &PublicJwk) -> String {
    format!("{{\"alg\":\"{}\",\"kid\":\"{}\",\"typ\":\"{}\"}}", jwk.alg.as_str(), jwk.kid, super::TYPE)
}

fn public(row: &KeyRow) -> Result<(PublicJwk, VerifyingKey), ServerError> {
    let corrupt = || ServerError::Corrupt("a public key");
    let jwk: PublicJwk = serde_json::from_str(&row.public_jwk).map_err(|_| corrupt())?;
    let verifying = VerifyingKey::from_jwk(&jwk)?;
    if jwk.kid == row.kid { Ok((jwk, verifying)) } else { Err(corrupt()) }
}

/// The private half; `None` where it is gone, or does not open.
fn private(state: &AppState, row: &KeyRow, public: &VerifyingKey) -> Result<Option<SigningKey>, ServerError> {
    let Some(sealed) = &row.private_key else { return Ok(None) };
    let jwk = public.to_jwk();
    let opened = state.keys.sealing(state)?.open(&row.kid, sealed);
    let key = opened.and_then(|pkcs8| SigningKey::from_pkcs8(jwk.alg, &pkcs8).ok());
    let key = key.filter(|key| key.verifying().to_jwk() == jwk);
    if key.is_none() {
        tracing::error!(
            key = %row.kid,
            "a signing key cannot be opened: secret_key, or the file that stands in for it, is not the one that it was made \
             with. Put that one back; without it a new key signs, and tokens of this one are good until they expire"
        );
    }
    Ok(key)
}
