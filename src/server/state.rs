//! What every request may reach: settings, database, clock, randomness, hashing. Must not hold anything of one request.

use std::{
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, AtomicU16, Ordering},
    },
};

use axum::extract::FromRef;
use leptos::config::LeptosOptions;
use tokio::sync::{Mutex, Notify};

use crate::domain::{moment::Moment, site::Site};

use super::{
    audit::verify::Verifier,
    clock::{Clock, SystemClock},
    config::Config,
    crypto::{password::HashingPool, password_lists::BreachedPasswords},
    error::ServerError,
    flows::readiness::{self, Reason},
    http::{assets, brand::Brand},
    metrics::Metrics,
    proxies::Sightings,
    random::{Random, SystemRandom},
    remembered::Remembered,
    session::heard::Heard,
    storage::{Db, line::Line},
    tokens::keys::Keyring,
    turns::Turns,
};

/// Shared by every request and task of this process. Every layer of the router clones it for every request, so that it is one
/// pointer: a clone of each part for each layer was a third of what a session check took.
#[derive(Clone, Debug)]
pub struct AppState(Arc<Shared>);

/// What is shared.
#[derive(Clone, Debug)]
pub struct Shared {
    /// What leptos wants to know to write the document.
    pub leptos_options: LeptosOptions,
    /// Settings.
    pub config: Arc<Config>,
    /// What pages know of this site.
    pub site: Arc<Site>,
    /// Its colour and its sign.
    pub brand: Arc<Brand>,
    /// The database.
    pub db: Db,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
    /// The hashing pool.
    pub passwords: HashingPool,
    /// The sessions of which is being noted that they were heard of.
    pub heard: Heard,
    /// Where those who are to wait for a hash stand before they ask the database.
    pub line: Line,
    /// Those who sign in go on one after the other.
    pub turns: Turns,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Whether this process was asked to end.
    pub is_ending: Arc<AtomicBool>,
    /// Why the server cannot serve, as it was found last.
    pub readiness: Arc<Remembered<Vec<Reason>>>,
    /// What is seen of proxies.
    pub proxies: Arc<Sightings>,
    /// The keys that sign access tokens.
    pub keys: Arc<Keyring>,
    /// Wakes the background tasks when there is something to do.
    pub work: Arc<Notify>,
    /// Keeps rows of one second in the order in which they were made.
    pub ids: Arc<AtomicU16>,
    /// When rows that nobody needs were last removed, in seconds since 1970.
    pub last_retention: Arc<AtomicI64>,
    /// Whether this process has verified the audit log.
    pub is_verified: Arc<AtomicBool>,
    /// The verification of the audit log that is under way.
    pub verification: Arc<Mutex<Option<Verifier>>>,
}

impl Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        state.leptos_options.clone()
    }
}

impl AppState {
    /// The same but for what is changed.
    #[must_use]
    pub fn with(&self, change: impl FnOnce(&mut Shared)) -> Self {
        let mut shared = (*self.0).clone();
        change(&mut shared);
        Self(Arc::new(shared))
    }

    /// Puts together a process with the machine's clock and randomness.
    ///
    /// # Errors
    /// When the hashing cost cannot be had.
    pub fn new(config: Config, db: Db) -> Result<Self, ServerError> {
        Self::with_seams(config, db, Arc::new(SystemClock), Arc::new(SystemRandom))
    }

    /// Puts together a process with a clock and randomness of the caller's.
    ///
    /// # Errors
    /// When the hashing cost cannot be had, or the list of breached passwords or the sign not be read.
    pub fn with_seams(
        config: Config,
        db: Db,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, ServerError> {
        let mut passwords = HashingPool::new(config.hashing_cost(), Arc::clone(&random))?;
        if let Some(path) = &config.breached_passwords {
            let list = BreachedPasswords::open(path)
                .map_err(|error| ServerError::BreachedPasswords(format!("{}: {error}", path.display())))?;
            passwords = passwords.with_breached(list);
        }
        let assets = assets::paths(&config.site_root, &config.estimator_root, config.is_watched());
        let brand = Brand::load(&config)?;
        Ok(Self(Arc::new(Shared {
            leptos_options: config.leptos_options(&assets),
            site: Arc::new(config.site(assets, brand.paths())),
            brand: Arc::new(brand),
            passwords,
            line: Line::before(&db),
            turns: Turns::for_this_machine(),
            heard: Heard::default(),
            config: Arc::new(config),
            db,
            is_ending: Arc::default(),
            readiness: Arc::new(readiness::remembered()),
            metrics: Arc::new(Metrics::new(clock.now())),
            clock,
            random,
            proxies: Arc::default(),
            keys: Arc::default(),
            work: Arc::new(Notify::new()),
            ids: Arc::default(),
            last_retention: Arc::default(),
            is_verified: Arc::default(),
            verification: Arc::default(),
        })))
    }

    /// The current instant.
    #[must_use]
    pub fn now(&self) -> Moment {
        self.clock.now()
    }

    /// A new identifier for a row: unique, ordered by time, no secret (RFC 9562 version 7, with its counter in `rand_a`).
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn new_id(&self) -> Result<String, ServerError> {
        let mut bytes = [0_u8; 10];
        self.random.fill(&mut bytes)?;
        [bytes[0], bytes[1]] = self.ids.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let millis = u64::try_from(self.now().0.max(0)).unwrap_or_default().saturating_mul(1000);
        Ok(uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid().to_string())
    }

    /// What pages know of this site.
    #[must_use]
    pub fn site(&self) -> Site {
        self.site.as_ref().clone()
    }
}
