//! What the process says of itself while it runs: one subscriber for log lines and traces. Must not decide what is worth a
//! line.

/// Spans that are traced.
pub mod spans;
/// Where traces go.
pub mod traces;

use tracing::Subscriber;
use tracing_subscriber::{
    EnvFilter, Layer, filter::filter_fn, layer::SubscriberExt, registry::LookupSpan, util::SubscriberInitExt,
};

use super::config::{Config, LogFormat};
use traces::Traces;

/// Starts logging to standard error; `RUST_LOG` goes before the setting `log`. A second call changes nothing.
pub fn start(config: &Config, traces: Option<&Traces>) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(&config.log));
    // What is traced is no part of a line, whatever the filter says.
    let filter = match format!("{}=off", spans::TARGET).parse() {
        Ok(off) => filter.add_directive(off),
        Err(_) => filter,
    };
    let started = match traces {
        // One filter for everything: asking each layer by itself was a tenth of what a session check took.
        None => tracing_subscriber::registry().with(filter).with(lines(config.log_format)).try_init(),
        Some(traces) => {
            let their = traces.layer().with_filter(filter_fn(|data| data.target() == spans::TARGET));
            tracing_subscriber::registry().with(lines(config.log_format).with_filter(filter)).with(their).try_init()
        }
    };
    if started.is_err() {
        tracing::debug!("logging was started already");
    }
}

fn lines<S: Subscriber + for<'a> LookupSpan<'a>>(format: LogFormat) -> Box<dyn Layer<S> + Send + Sync> {
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    match format {
        LogFormat::Text => lines.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    }
}
