//! The bounded hashing pool: Argon2id for new passwords, verification of stored ones, and the estimator's verdict, all off
//! the request threads. Must not know people or tables.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::{
        self, PasswordVerifier as _,
        phc::{Output, ParamsString, PasswordHash, Salt},
    },
};
use tokio::sync::{OnceCell, OwnedSemaphorePermit, Semaphore};

use crate::{
    domain::{
        error::AuthError,
        field::Problem,
        strength::{Reason, Strength},
    },
    estimator::estimate,
    server::{
        error::{FlowError, ServerError},
        random::Random,
        telemetry::spans,
    },
};

use super::{
    legacy,
    password_lists::{BreachedPasswords, is_common},
    threshold::{Over, Threshold},
    workers::Workers,
};

/// Bytes of a salt (RFC 9106 section 3.1).
const SALT_BYTES: usize = 16;
/// What somebody who finds the queue full is told to wait.
const RETRY_AFTER_SECONDS: u16 = 5;

/// What a thread hashes in, made by its first hash and used again by the next.
type Memory = Vec<Block>;

/// How much work a hash is, and how many may be under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashingCost {
    /// Memory in KiB (Argon2 `m`).
    pub memory_kib: u32,
    /// Passes (Argon2 `t`).
    pub iterations: u32,
    /// Lanes (Argon2 `p`).
    pub parallelism: u32,
    /// Hashes at once: this times the memory is the most that hashing takes.
    pub permits: usize,
    /// Requests that may wait beyond those.
    pub queue: usize,
}

/// What a verification found.
#[derive(Debug)]
pub struct Verified {
    /// Whether the password is the right one.
    pub matches: bool,
    /// A hash of the same password with the parameters now in force, where the stored one has others.
    pub upgraded: Option<String>,
}

/// A place among those who hash or wait for it, for one request.
#[derive(Debug)]
pub struct Place(Arc<Held>);

#[derive(Debug)]
struct Held {
    threshold: Threshold,
    over: OnceCell<Over>,
    _permit: OwnedSemaphorePermit,
}

impl Place {
    /// Waits until it is nearly their turn: for whoever asks the database for much before the hash. Others wait there before it.
    pub async fn approach(&self) {
        self.0.over.get_or_init(|| self.0.threshold.cross()).await;
    }

    /// Asks the database something that is needed for the hash, so that nobody waits behind this while that is slow.
    pub async fn ask<T>(&self, questions: impl Future<Output = T>) -> T {
        self.0.threshold.ask(questions).await
    }
}

/// How busy the pool is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// Requests that wait.
    pub waiting: usize,
    /// Hashes under way.
    pub running: usize,
    /// Hashes that may be under way at once.
    pub permits: usize,
    /// Requests that may wait.
    pub queue: usize,
    /// Requests that found the queue full, since the start.
    pub refused: u64,
}

/// The pool.
#[derive(Clone, Debug)]
pub struct HashingPool {
    cost: HashingCost,
    argon2: Argon2<'static>,
    random: Arc<dyn Random>,
    /// A valid hash of a password nobody knows, verified against where there is nobody, so that both take the same work.
    nobody: Arc<str>,
    queue: Arc<Semaphore>,
    threshold: Threshold,
    workers: Workers<Memory>,
    refused: Arc<AtomicU64>,
    breached: Option<Arc<BreachedPasswords>>,
}

impl HashingPool {
    /// Makes the pool, and one hash.
    ///
    /// # Errors
    /// When the cost is outside what Argon2 allows, there is no randomness, or no thread can be started.
    pub fn new(cost: HashingCost, random: Arc<dyn Random>) -> Result<Self, ServerError> {
        let params = Params::new(cost.memory_kib, cost.iterations, cost.parallelism, None).map_err(hashing)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let mut secret = [0_u8; SALT_BYTES];
        random.fill(&mut secret)?;
        let nobody = hash(&argon2, &mut Memory::new(), random.as_ref(), &secret)?.into();
        let permits = cost.permits.max(1);
        Ok(Self {
            cost,
            argon2,
            random,
            nobody,
            queue: Arc::new(Semaphore::new(permits + cost.queue)),
            threshold: Threshold::before(permits, cost.queue),
            workers: Workers::start(permits).map_err(hashing)?,
            refused: Arc::default(),
            breached: None,
        })
    }

    /// Refuses what is on an operator's list as well (ASVS 6.2.12).
    #[must_use]
    pub fn with_breached(mut self, breached: BreachedPasswords) -> Self {
        self.breached = Some(Arc::new(breached));
        self
    }

    /// The cost in force.
    #[must_use]
    pub fn cost(&self) -> HashingCost {
        self.cost
    }

    /// How busy it is at this moment.
    #[must_use]
    pub fn load(&self) -> Load {
        let permits = self.cost.permits.max(1);
        let running = self.workers.running();
        let places = (permits + self.cost.queue).saturating_sub(self.queue.available_permits());
        Load {
            waiting: places.saturating_sub(running).saturating_sub(self.workers.ready()),
            running,
            permits,
            queue: self.cost.queue,
            refused: self.refused.load(Ordering::Relaxed),
        }
    }

    /// Takes a place, without which nothing is hashed. Taken before the database is asked anything for a request that will hash:
    /// whoever finds the queue full is told so at once, and costs nobody anything (ASVS 15.2.2).
    ///
    /// # Errors
    /// [`AuthError::Busy`] when the queue is full.
    pub fn enter(&self) -> Result<Place, FlowError> {
        let Ok(permit) = Arc::clone(&self.queue).try_acquire_owned() else {
            self.refused.fetch_add(1, Ordering::Relaxed);
            return Err(AuthError::Busy { retry_after: RETRY_AFTER_SECONDS }.into());
        };
        let threshold = self.threshold.clone();
        Ok(Place(Arc::new(Held { threshold, over: OnceCell::new(), _permit: permit })))
    }

    /// Hashes a new password, provided it is hard enough to guess (ASVS 6.2.4, 6.2.11, 6.2.12, 11.4.2).
    ///
    /// # Errors
    /// [`Problem::PasswordWeak`] as a value; when a list cannot be read, or there is no randomness.
    pub async fn hash_new(
        &self,
        place: &Place,
        password: String,
        own_words: Vec<String>,
    ) -> Result<Result<String, Problem>, ServerError> {
        let (argon2, random) = (self.argon2.clone(), Arc::clone(&self.random));
        let breached = self.breached.clone();
        self.run(place, false, move |memory| {
            if is_common(&password) {
                return Ok(Err(Problem::PasswordWeak(Reason::CommonPassword)));
            }
            if let Some(breached) = breached
                && breached.contains(&password).map_err(|error| ServerError::BreachedPasswords(error.to_string()))?
            {
                return Ok(Err(Problem::PasswordWeak(Reason::Breached)));
            }
            let strength: Strength = estimate(&password, &own_words);
            if !strength.is_enough() {
                return Ok(Err(Problem::PasswordWeak(strength.reason.unwrap_or(Reason::TooLittle))));
            }
            hash(&argon2, memory, random.as_ref(), password.as_bytes()).map(Ok)
        })
        .await
    }

    /// Verifies a password, doing the same work where there is no hash to verify it against (ASVS 6.2.8, 6.3.8). A hash from
    /// elsewhere takes the work that it takes, until it is replaced.
    ///
    /// # Errors
    /// When the hash that is to replace it cannot be made.
    pub async fn verify(
        &self,
        place: &Place,
        password: String,
        stored: Option<String>,
    ) -> Result<Verified, ServerError> {
        let (argon2, random, nobody) = (self.argon2.clone(), Arc::clone(&self.random), Arc::clone(&self.nobody));
        let is_unlike = stored.as_deref().is_some_and(|stored| is_outdated(&argon2, stored));
        self.run(place, is_unlike, move |memory| {
            let against = stored.as_deref().unwrap_or(&nobody);
            let matches = if legacy::is_legacy(against) {
                legacy::verify(&password, against)
            } else {
                verify(&argon2, memory, password.as_bytes(), against) && stored.is_some()
            };
            let upgraded = if matches && is_outdated(&argon2, against) {
                Some(hash(&argon2, memory, random.as_ref(), password.as_bytes())?)
            } else {
                None
            };
            Ok(Verified { matches, upgraded })
        })
        .await
    }

    /// Runs work on a thread that hashes when it is its turn. Once it has begun, the place is held until it ends, also when whoever
    /// asked has gone (ASVS 15.2.2); before, whoever goes gives the place back at once.
    async fn run<T: Send + 'static>(
        &self,
        place: &Place,
        is_unlike: bool,
        work: impl FnOnce(&mut Memory) -> Result<T, ServerError> + Send + 'static,
    ) -> Result<T, ServerError> {
        place.approach().await;
        let place = Arc::downgrade(&place.0);
        let (request, password) = (tracing::Span::current(), spans::password());
        let traced = password.clone();
        let done = self.workers.run(is_unlike, move |memory| {
            let place = place.upgrade();
            let _entered = request.enter();
            let hash = spans::hash(&traced).entered();
            let outcome = work(memory);
            drop((hash, traced, place));
            outcome
        });
        done.await.ok_or_else(|| ServerError::Hashing("it panicked".into()))?
    }
}

fn hash(argon2: &Argon2<'_>, memory: &mut Memory, random: &dyn Random, password: &[u8]) -> Result<String, ServerError> {
    let mut salt = [0_u8; SALT_BYTES];
    random.fill(&mut salt)?;
    let output = compute(argon2, memory, password, &salt).map_err(hashing)?;
    let hashed = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(argon2.params()).map_err(hashing)?,
        salt: Some(Salt::new(&salt).map_err(hashing)?),
        hash: Some(output),
    };
    Ok(hashed.to_string())
}

/// Whether a password is the one of an Argon2 hash, with the parameters of that.
fn verify(argon2: &Argon2<'_>, memory: &mut Memory, password: &[u8], against: &str) -> bool {
    let Ok(stored) = PasswordHash::new(against) else { return false };
    let Ok(params) = Params::try_from(&stored) else { return false };
    // One that takes more memory than ours brings its own, which is given back.
    if params.block_count() > argon2.params().block_count() {
        return argon2.verify_password(password, &stored).is_ok();
    }
    let (Some(salt), Some(expected)) = (&stored.salt, &stored.hash) else { return false };
    let Ok(algorithm) = Algorithm::try_from(stored.algorithm.as_str()) else { return false };
    let Ok(version) = stored.version.map(Version::try_from).transpose() else { return false };
    let theirs = Argon2::new(algorithm, version.unwrap_or_default(), params);
    // Outputs are compared in a time that tells nothing of them.
    compute(&theirs, memory, password, salt).is_ok_and(|computed| computed == *expected)
}

/// Argon2 itself.
fn compute(argon2: &Argon2<'_>, memory: &mut Memory, password: &[u8], salt: &[u8]) -> password_hash::Result<Output> {
    let (blocks, length) =
        (argon2.params().block_count(), argon2.params().output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN));
    if memory.len() < blocks {
        memory.resize(blocks, Block::new());
    }
    let mut buffer = [0_u8; Output::MAX_LENGTH];
    let out = buffer.get_mut(..length).ok_or(password_hash::Error::OutputSize)?;
    argon2.hash_password_into_with_memory(password, salt, out, &mut memory[..blocks])?;
    Output::new(out).map_err(Into::into)
}

/// Whether a stored hash was made with other parameters than those in force (ASVS 11.2.2).
fn is_outdated(argon2: &Argon2<'_>, stored: &str) -> bool {
    let Ok(parsed) = PasswordHash::new(stored) else { return true };
    let same_algorithm = parsed.algorithm == Algorithm::Argon2id.ident();
    let same_version = parsed.version == Some(Version::V0x13.into());
    let same_params = Params::try_from(&parsed).is_ok_and(|params| {
        let wanted = argon2.params();
        (params.m_cost(), params.t_cost(), params.p_cost()) == (wanted.m_cost(), wanted.t_cost(), wanted.p_cost())
    });
    !(same_algorithm && same_version && same_params)
}

fn hashing(error: impl std::fmt::Display) -> ServerError {
    ServerError::Hashing(error.to_string())
}

#[cfg(test)]
mod tests {
    use argon2::password_hash::PasswordHasher as _;

    use super::*;
    use crate::server::random::SystemRandom;

    const CHEAP: HashingCost = HashingCost { memory_kib: 8, iterations: 1, parallelism: 1, permits: 1, queue: 0 };

    fn pool(cost: HashingCost) -> HashingPool {
        HashingPool::new(cost, Arc::new(SystemRandom)).expect("a pool")
    }

    async fn verified(pool: &HashingPool, password: &str, stored: Option<String>) -> Verified {
        pool.verify(&pool.enter().expect("a place"), password.into(), stored).await.expect("verified")
    }

    async fn hash_new(pool: &HashingPool, password: &str) -> Result<String, Problem> {
        pool.hash_new(&pool.enter().expect("a place"), password.into(), Vec::new()).await.expect("ran")
    }

    async fn hashed(pool: &HashingPool, password: &str) -> String {
        hash_new(pool, password).await.expect("strong")
    }

    /// ASVS 6.2.8: verified exactly as received.
    #[tokio::test]
    async fn only_the_very_password_matches() {
        let pool = pool(CHEAP);
        let password = " Marble Trolley unseen kettle ü ";
        let stored = hashed(&pool, password).await;
        assert!(stored.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{stored}");
        for (offered, expected) in [
            (password, true),
            (password.trim(), false),
            (&password.to_lowercase(), false),
            (&password.to_uppercase(), false),
            (&password[..password.len() - 1], false),
        ] {
            let verified = verified(&pool, offered, Some(stored.clone())).await;
            assert_eq!(verified.matches, expected, "{offered:?}");
        }
    }

    /// Memory that hashes of other sizes have left is as good as new.
    #[tokio::test]
    async fn what_a_hash_leaves_behind_changes_no_other() {
        let other = "walnut ferry quartz umbrella";
        let pool = pool(HashingCost { memory_kib: 64, ..CHEAP });
        let library = |memory_kib, parallelism, version| {
            let params = Params::new(memory_kib, 2, parallelism, None).expect("allowed");
            let argon2 = Argon2::new(Algorithm::Argon2id, version, params);
            argon2.hash_password_with_salt(other.as_bytes(), b"sixteen bytes of").expect("hashed").to_string()
        };
        let ours = hashed(&pool, "marble trolley unseen kettle").await;
        for theirs in [
            library(64, 1, Version::V0x13),
            library(8, 1, Version::V0x13),
            library(16, 2, Version::V0x10),
            library(256, 1, Version::V0x13),
        ] {
            for (password, stored, expected) in
                [(other, &theirs, true), (other, &ours, false), ("marble trolley unseen kettle", &ours, true)]
            {
                let verified = verified(&pool, password, Some(stored.clone())).await;
                assert_eq!(verified.matches, expected, "{stored}");
            }
        }
        let verified = Argon2::default()
            .verify_password(b"marble trolley unseen kettle", &PasswordHash::new(&ours).expect("read"));
        assert!(verified.is_ok(), "{ours}");
    }

    /// ASVS 6.3.8: nobody's password matches, not even the stand-in's.
    #[tokio::test]
    async fn nobody_has_no_password() {
        let verified = verified(&pool(CHEAP), "anything", None).await;
        assert!(!verified.matches && verified.upgraded.is_none());
    }

    /// ASVS 11.2.2.
    #[tokio::test]
    async fn a_hash_of_other_cost_is_upgraded_once() {
        let old = hashed(&pool(CHEAP), "marble trolley unseen").await;
        let dearer = pool(HashingCost { memory_kib: 16, ..CHEAP });
        let upgraded = verified(&dearer, "marble trolley unseen", Some(old)).await.upgraded;
        let upgraded = upgraded.expect("other parameters");
        assert!(upgraded.contains("m=16"));
        let again = verified(&dearer, "marble trolley unseen", Some(upgraded)).await;
        assert!(again.matches && again.upgraded.is_none());
    }

    /// ASVS 11.2.2: another algorithm or version is another cost.
    #[tokio::test]
    async fn a_hash_of_an_older_kind_is_upgraded() {
        let pool = pool(CHEAP);
        let params = Params::new(CHEAP.memory_kib, CHEAP.iterations, CHEAP.parallelism, None).expect("allowed");
        for (algorithm, version) in [(Algorithm::Argon2i, Version::V0x13), (Algorithm::Argon2id, Version::V0x10)] {
            let older = Argon2::new(algorithm, version, params.clone());
            let stored = older
                .hash_password_with_salt(b"marble trolley unseen", b"sixteen bytes of")
                .expect("hashed")
                .to_string();
            let verified = verified(&pool, "marble trolley unseen", Some(stored.clone())).await;
            let upgraded = verified.upgraded.expect("an older kind");
            assert!(verified.matches && upgraded.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{stored} {upgraded}");
        }
    }

    /// ASVS 6.2.4.
    #[tokio::test]
    async fn a_weak_password_is_not_hashed() {
        let outcome = hash_new(&pool(CHEAP), "password1").await;
        assert!(matches!(outcome, Err(Problem::PasswordWeak(_))));
    }

    /// ASVS 6.2.4, 6.2.12: the lists decide, whatever the estimator has to say.
    #[tokio::test]
    async fn what_is_on_a_list_is_refused_whatever_the_estimator_says() {
        assert_ne!(estimate("01011901", &[]).reason, Some(Reason::CommonPassword));
        let outcome = hash_new(&pool(CHEAP), "01011901").await;
        assert_eq!(outcome, Err(Problem::PasswordWeak(Reason::CommonPassword)));

        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("breached.txt");
        std::fs::write(
            &file,
            "7DBF3D4B9291A9E7AE33CEAD7CDEFEBFFF479D0A:3\n9159B2DFF4458312B1A3B66DD8407506C451796E:1\n",
        )
        .expect("written");
        let pool = pool(CHEAP).with_breached(BreachedPasswords::open(&file).expect("opened"));
        let outcome = hash_new(&pool, "marble trolley unseen kettle").await;
        assert_eq!(outcome, Err(Problem::PasswordWeak(Reason::Breached)));
        assert!(hash_new(&pool, "walnut ferry quartz umbrella").await.is_ok());
    }

    /// ASVS 15.2.2: past the queue the answer is at once.
    #[tokio::test]
    async fn a_full_queue_says_so_at_once() {
        let pool = pool(CHEAP);
        let held = pool.enter().expect("a place");
        assert!(matches!(pool.enter(), Err(FlowError::Answer(AuthError::Busy { .. }))));
        let load = pool.load();
        assert_eq!(load, Load { waiting: 1, running: 0, permits: 1, queue: 0, refused: 1 });
        drop(held);
        assert_eq!(pool.load(), Load { waiting: 0, ..load });
        assert!(pool.enter().is_ok());
    }

    /// ASVS 16.5.3: an unreadable hash opens nothing.
    #[tokio::test]
    async fn an_unreadable_hash_matches_nothing() {
        for stored in ["", "password", "$argon2id$", "$argon2id$v=19$m=8,t=1,p=1$AAAA$"] {
            let verified = verified(&pool(CHEAP), "", Some(stored.into())).await;
            assert!(!verified.matches, "{stored:?}");
        }
    }
}
