//! What the process says of itself while it runs: one subscriber for log lines and traces. Must not decide what is worth a
//! line.

/// Spans that are traced.
pub mod spans;
/// Where traces go.
pub mod traces;

use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{FilterExt, filter_fn},
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

use super::config::{Config, LogFormat};
use traces::Traces;

/// Starts logging to standard error; `RUST_LOG` goes before the setting `log`. A second call changes nothing.
pub fn start(config: &Config, traces: Option<&Traces>) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(&config.log));
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = match config.log_format {
        LogFormat::Text => lines.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    // What is traced is no part of a line, whatever the filter says.
    let lines = lines.with_filter(filter.and(filter_fn(|data| data.target() != spans::TARGET)));
    let traces = traces.map(|traces| traces.layer().with_filter(filter_fn(|data| data.target() == spans::TARGET)));
    if tracing_subscriber::registry().with(lines).with(traces).try_init().is_err() {
        tracing::debug!("logging was started already");
    }
}
