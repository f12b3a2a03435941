//! `latchkey serve`: listens, starts the background tasks, and ends gracefully. Must not know a route.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tokio::{
    net::{TcpListener, TcpSocket},
    sync::watch,
};

use crate::server::{
    config::Config,
    flows::{note_settings, set_up},
    http::{arrivals::Arrivals, metrics, router},
    jobs,
    mail::transport::Transport,
    state::AppState,
    storage::Db,
    tokens::keys,
};

use super::{CliError, out};

/// How long requests under way may take once the process was asked to end.
const GRACE: Duration = Duration::from_secs(10);

/// How many connections may wait to be taken, if the system lets them: past that it drops who comes, and they try again after a
/// second. The standard library's 128 are fewer than come at once in a rush.
const BACKLOG: u32 = 1024;

pub(super) async fn run(mut config: Config, db: Db) -> Result<(), CliError> {
    let transport = Transport::from_config(&config)?;
    let listener = listen((config.bind, config.port).into())?;
    config.port = listener.local_addr()?.port();
    let metrics_listener = metrics_listener(&mut config).await?;
    let state = AppState::new(config, db)?;
    note_settings::run(&state).await?;
    // The first key is made, and a secret that cannot be had is said, before anybody signs in.
    keys::signing(&state).await?;
    // Listened for before anybody is told that the server is there, who might want to end it.
    let mut asked_to_end = AskedToEnd::listen()?;
    announce(&state).await?;

    let (stop, stopped) = watch::channel(false);
    let tasks = jobs::start(state.clone(), transport, stopped.clone());
    let service = router::build(state.clone()).into_make_service_with_connect_info::<SocketAddr>();
    let cost = state.passwords.cost();
    let arrivals = Arrivals::of(listener, cost.permits + cost.queue, Arc::clone(&state.is_ending));
    let server = axum::serve(arrivals, service).with_graceful_shutdown(until(stopped));
    let mut server = tokio::spawn(server.into_future());
    if let Some(listener) = metrics_listener {
        // Answers until the process ends, so that the last figures are read, too.
        tokio::spawn(axum::serve(listener, metrics::build(state.clone())).into_future());
    }

    let drained = async {
        asked_to_end.next().await;
        // Asked once more, it serves on no longer.
        tokio::select! {
            biased;
            () = drain(&state) => {}
            () = asked_to_end.next() => {}
        }
    };
    tokio::select! {
        ended = &mut server => ended.map_err(std::io::Error::other)??,
        () = drained => {
            tracing::info!("ending: no new requests, those under way are answered");
            let _ = stop.send(true);
            if let Ok(ended) = tokio::time::timeout(GRACE, &mut server).await {
                ended.map_err(std::io::Error::other)??;
            } else {
                tracing::warn!("some requests took too long and were cut off");
            }
        }
    }
    let _ = stop.send(true);
    match tokio::time::timeout(GRACE, tasks).await {
        Ok(Ok(())) => {}
        Ok(Err(_)) => tracing::error!("a background task panicked"),
        Err(_) => tracing::warn!("a background task took too long and was cut off"),
    }
    if tokio::time::timeout(GRACE, state.db.close()).await.is_err() {
        tracing::warn!("the database took too long and was cut off");
    }
    Ok(())
}

/// Listens for people.
fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A port that was served a moment ago may be served again; elsewhere that would let another program take it, too.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Listens where figures are to be served, if anywhere; notes the port that was free.
async fn metrics_listener(config: &mut Config) -> Result<Option<TcpListener>, CliError> {
    let Some(address) = config.metrics_address else { return Ok(None) };
    let said = |error: std::io::Error| CliError::Usage(format!("metrics_address {address}: {error}"));
    let listener = TcpListener::bind(address).await.map_err(said)?;
    config.metrics_address = Some(listener.local_addr()?);
    Ok(Some(listener))
}

/// Says where everything is. Whether anybody reads it does not matter: the server serves.
async fn announce(state: &AppState) -> Result<(), CliError> {
    let config = &state.config;
    let base_url = config.base_url().map_err(crate::server::error::ServerError::from)?;
    let mut lines = vec![format!("{} is at {base_url} ({}).", config.site_name, state.db.engine())];
    if !config.site_root.join("pkg/latchkey.css").exists() {
        let folder = config.site_root.display();
        lines.push(format!("There is no build in {folder}: pages will be bare. Run `make build`, or set site_root."));
    }
    lines.push(match &config.smtp_url {
        Some(_) => format!("Mail leaves by SMTP, from {}.", config.mail_from),
        None => format!("Mail is kept, not sent: read it at {base_url}dev/mail."),
    });
    if let Some(address) = config.metrics_address {
        lines.push(format!("Figures for Prometheus are at http://{address}/metrics."));
    }
    if let Some(link) = set_up::make_link(state).await? {
        lines.push(format!("There is no administrator yet. Create one within a day, once, at:\n  {link}"));
    }
    let _ = out::line(lines.join("\n"));
    Ok(())
}

/// Serves on for a while, so that whatever sends requests hears that they belong elsewhere before any is refused.
async fn drain(state: &AppState) {
    state.is_ending.store(true, Ordering::Relaxed);
    let seconds = state.config.drain_seconds;
    if seconds > 0 {
        tracing::info!(seconds, "ending: it says that it is not ready, and serves on");
        tokio::time::sleep(Duration::from_secs(seconds.into())).await;
    }
}

async fn until(mut stopped: watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

/// Ctrl-C, and SIGTERM as service managers send it; listened for from the beginning.
#[cfg(unix)]
struct AskedToEnd {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl AskedToEnd {
    fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Waits until it is asked, once more where it was before.
    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Ctrl-C.
#[cfg(not(unix))]
struct AskedToEnd;

#[cfg(not(unix))]
impl AskedToEnd {
    #[allow(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
    fn listen() -> std::io::Result<Self> {
        Ok(Self)
    }

    /// Waits until it is asked, once more where it was before.
    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        net::{IpAddr, Ipv4Addr, Ipv6Addr},
    };

    use super::*;

    /// ASVS 15.2.2: a rush does not have to knock twice.
    #[tokio::test]
    async fn more_may_wait_than_sign_in_at_once() {
        // What the system allows at most; where it does not say, that is not known to be less.
        let most = fs::read_to_string("/proc/sys/net/core/somaxconn").ok().and_then(|most| most.trim().parse().ok());
        for ip in [IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from(Ipv6Addr::LOCALHOST)] {
            // A machine without IPv6 has nowhere to listen.
            let Ok(listener) = listen((ip, 0).into()) else {
                assert!(ip.is_ipv6());
                continue;
            };
            let address = listener.local_addr().expect("an address");
            let mut waiting = Vec::new();
            for n in 0..most.unwrap_or(300).min(300) {
                let socket = if ip.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }.expect("a socket");
                let knock = tokio::time::timeout(Duration::from_secs(20), socket.connect(address)).await;
                waiting.push(knock.unwrap_or_else(|_| panic!("{n} may wait")).expect("a connection"));
            }
            assert!(!waiting.is_empty());
        }
    }
}
