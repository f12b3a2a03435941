//! Everything that is known at one moment, in the text format that Prometheus reads (OpenMetrics 1.0). The database is asked
//! at most once in a few seconds, whoever asks for figures, and not waited for when it is slow. Must not change anything.

use std::{fmt, sync::Arc, time::Duration};

use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{
        counter::ConstCounter,
        family::Family,
        gauge::{ConstGauge, Gauge},
        info::Info,
    },
    registry::{Registry, Unit},
};
use tokio::time::{Instant, timeout_at};

use crate::{
    domain::moment::Moment,
    server::{
        error::ServerError,
        jobs::verification,
        state::AppState,
        storage::{Conn, Probe, chain, figures, schema},
    },
};

/// The media type of the text.
pub const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// Seconds for which figures from the database are given again.
pub(super) const REMEMBERED_SECONDS: i64 = 5;
/// How long the database may take over them.
const PATIENCE: Duration = Duration::from_secs(2);

/// Figures from the database.
#[derive(Clone, Copy, Debug)]
struct Figures {
    sessions: i64,
    mail_waiting: i64,
    mail_failed: i64,
    unsealed: i64,
    oldest_unsealed: Option<Moment>,
    /// Unknown before the log was first verified.
    chain_holds: Option<bool>,
}

/// What the database said last.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Known {
    is_up: bool,
    /// Unknown where it answers, but not this in time.
    figures: Option<Figures>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Pool {
    pool: &'static str,
}

/// The figures of this moment.
///
/// # Errors
/// Never for a text in memory.
pub async fn text(state: &AppState) -> Result<String, fmt::Error> {
    let known = known(state).await;
    let mut registry = Registry::default();
    process(state, &mut registry);
    hashing(state, &mut registry);
    database(state, known.is_up, &mut registry);
    if let Some(figures) = known.figures {
        stored(state, figures, &mut registry);
    }
    let mut out = String::new();
    text::encode_registry(&mut out, &state.metrics.registry)?;
    text::encode_registry(&mut out, &registry)?;
    text::encode_eof(&mut out)?;
    Ok(out)
}

fn process(state: &AppState, registry: &mut Registry) {
    let build = vec![("version", env!("CARGO_PKG_VERSION")), ("engine", state.db.engine())];
    registry.register("latchkey_build", "Which program this is, and on which database", Info::new(build));
    registry.register_with_unit(
        "process_start_time",
        "When the process began, in seconds since 1970",
        Unit::Seconds,
        ConstGauge::new(state.metrics.started_at.0),
    );
    if let Some(bytes) = resident_bytes() {
        registry.register_with_unit(
            "process_resident_memory",
            "Memory that the process has now",
            Unit::Bytes,
            ConstGauge::new(bytes),
        );
    }
}

fn hashing(state: &AppState, registry: &mut Registry) {
    let load = state.passwords.load();
    for (name, help, count) in [
        ("latchkey_hash_waiting", "Requests that will hash a password and do not yet", load.waiting),
        ("latchkey_hash_running", "Password hashes under way", load.running),
        ("latchkey_hash_permits", "Password hashes that may be under way at once", load.permits),
        ("latchkey_hash_queue", "Requests that may wait for a password hash", load.queue),
    ] {
        registry.register(name, help, ConstGauge::new(figure(count)));
    }
    registry.register(
        "latchkey_hash_refused",
        "Requests that were told to come back because the queue was full",
        ConstCounter::new(load.refused),
    );
}

fn database(state: &AppState, is_up: bool, registry: &mut Registry) {
    registry.register(
        "latchkey_database_up",
        "Whether the database answered in time; 1 or 0",
        ConstGauge::new(i64::from(is_up)),
    );
    let [size, idle, most] = [(); 3].map(|()| Family::<Pool, Gauge>::default());
    for pool in state.db.pools() {
        let label = Pool { pool: pool.name };
        size.get_or_create(&label).set(i64::from(pool.size));
        idle.get_or_create(&label).set(figure(pool.idle));
        most.get_or_create(&label).set(i64::from(pool.most));
    }
    registry.register("latchkey_database_connections", "Connections to the database", size);
    registry.register("latchkey_database_connections_idle", "Connections that nobody uses now", idle);
    registry.register("latchkey_database_connections_most", "Connections that there may be", most);
}

fn stored(state: &AppState, figures: Figures, registry: &mut Registry) {
    let age = figures.oldest_unsealed.map_or(0, |oldest| (state.now().0 - oldest.0).max(0));
    for (name, help, count) in [
        ("latchkey_sessions_live", "Sessions that are good now", figures.sessions),
        ("latchkey_mail_waiting", "Mails that are to be handed over", figures.mail_waiting),
        ("latchkey_mail_failed", "Mails that were given up in the last 30 days", figures.mail_failed),
        ("latchkey_audit_unsealed", "Events that wait for their place in the chain", figures.unsealed),
    ] {
        registry.register(name, help, ConstGauge::new(count));
    }
    registry.register_with_unit(
        "latchkey_audit_lag",
        "How long the oldest event has waited for its place in the chain",
        Unit::Seconds,
        ConstGauge::new(age),
    );
    if let Some(holds) = figures.chain_holds {
        registry.register(
            "latchkey_audit_holds",
            "Whether the audit log held when it was last verified; 1 or 0",
            ConstGauge::new(i64::from(holds)),
        );
    }
}

/// What the database says, or said a moment ago. Whoever comes meanwhile waits for the same answer.
async fn known(state: &AppState) -> Known {
    let asked = state.clone();
    let known = state.metrics.known.get(Arc::clone(&state.clock), PATIENCE, async move { ask(&asked).await });
    known.await.unwrap_or_default()
}

async fn ask(state: &AppState) -> Known {
    let until = Instant::now() + PATIENCE;
    let Some(probe) = in_time(until, reach(state)).await else { return Known::default() };
    Known { is_up: true, figures: in_time(until, read(state, probe)).await }
}

async fn in_time<T>(until: Instant, asked: impl Future<Output = Result<T, ServerError>>) -> Option<T> {
    match timeout_at(until, asked).await {
        Ok(Ok(answer)) => Some(answer),
        Ok(Err(error)) => {
            tracing::warn!(%error, "no figures from the database");
            None
        }
        Err(_) => {
            tracing::warn!("no figures from the database in time");
            None
        }
    }
}

/// A connection on which the database has answered.
async fn reach(state: &AppState) -> Result<Probe, ServerError> {
    let mut probe = state.db.probe().await?;
    schema::answers(&mut probe).await?;
    Ok(probe)
}

async fn read(state: &AppState, mut probe: Probe) -> Result<Figures, ServerError> {
    let conn: &mut Conn = &mut probe;
    let sessions = figures::live_sessions(&mut *conn, state.now()).await?;
    let (mail_waiting, mail_failed) = figures::mail(&mut *conn).await?;
    let (unsealed, oldest) = chain::waiting(&mut *conn).await?;
    let verified = verification::noted_on(conn).await?;
    probe.answered();
    Ok(Figures {
        sessions,
        mail_waiting,
        mail_failed,
        unsealed,
        oldest_unsealed: oldest.map(Moment),
        chain_holds: verified.map(|noted| noted.report.broken.is_none()),
    })
}

/// Bytes of memory that this process has now, where the system says so in a file.
fn resident_bytes() -> Option<i64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: i64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib.saturating_mul(1024))
}

fn figure(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
