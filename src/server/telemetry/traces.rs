//! Where traces go: to a collector, by OTLP over HTTP, in batches, from a thread of their own. Must not hold up a request: what
//! cannot be sent in time is lost.

use std::time::Duration;

use async_trait::async_trait;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use opentelemetry::{
    Context, KeyValue,
    trace::{Link, SpanKind, TraceContextExt as _, TraceId, TraceState, TracerProvider as _},
};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::{
    Resource,
    trace::{Sampler, SamplingDecision, SamplingResult, SdkTracer, SdkTracerProvider, ShouldSample},
};
use tokio::runtime::Handle;
use tracing::Subscriber;
use tracing_opentelemetry::OpenTelemetryLayer;
use tracing_subscriber::registry::LookupSpan;

use crate::server::{config::Config, error::ServerError};

/// How long the collector may take.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The most bytes of its answer that are read.
const MOST_ANSWER_BYTES: usize = 64 * 1024;

/// The traces of this process.
#[derive(Clone, Debug)]
pub struct Traces(SdkTracerProvider);

impl Traces {
    /// Begins to take spans, where a collector is set. Needs the runtime that the requests run on.
    ///
    /// # Errors
    /// When the collector's address is none.
    pub fn from_config(config: &Config) -> Result<Option<Self>, ServerError> {
        let Some(url) = &config.traces_url else { return Ok(None) };
        let client = Client::builder(TokioExecutor::new()).build_http();
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(OnRuntime { runtime: Handle::current(), client })
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(url.as_str())
            .with_timeout(TIMEOUT)
            .build()
            .map_err(|error| ServerError::Traces(error.to_string()))?;
        let resource = Resource::builder()
            .with_service_name("latchkey")
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_sampler(Sampler::ParentBased(Box::new(Roots(Sampler::TraceIdRatioBased(config.traces_ratio)))))
            .with_resource(resource.build());
        Ok(Some(Self(provider.build())))
    }

    /// What takes the spans.
    pub fn layer<S: Subscriber + for<'span> LookupSpan<'span>>(&self) -> OpenTelemetryLayer<S, SdkTracer> {
        tracing_opentelemetry::layer()
            .with_tracer(self.0.tracer("latchkey"))
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
    }

    /// Sends what is left, as far as the collector takes it in time.
    pub async fn end(self) {
        // It waits for a thread, which waits for the runtime.
        let ended = tokio::task::spawn_blocking(move || self.0.shutdown()).await;
        if let Ok(Err(error)) = ended {
            tracing::warn!(%error, "the last traces were not sent");
        }
    }
}

/// What begins a trace: requests and mails. What background tasks do every other second would be noise.
#[derive(Clone, Debug)]
struct Roots(Sampler);

impl ShouldSample for Roots {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace_id: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        if matches!(kind, SpanKind::Server | SpanKind::Client) {
            return self.0.should_sample(parent, trace_id, name, kind, attributes, links);
        }
        let trace_state = parent.map_or_else(TraceState::default, |it| it.span().span_context().trace_state().clone());
        SamplingResult { decision: SamplingDecision::Drop, attributes: Vec::new(), trace_state }
    }
}

/// Sends from the runtime what a thread outside of it asks to be sent.
#[derive(Clone, Debug)]
struct OnRuntime {
    runtime: Handle,
    client: Client<HttpConnector, Full<Bytes>>,
}

#[async_trait]
impl HttpClient for OnRuntime {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let client = self.client.clone();
        let sending = async move {
            let (head, body) = client.request(request.map(Full::new)).await?.into_parts();
            let body = Limited::new(body, MOST_ANSWER_BYTES).collect().await?.to_bytes();
            Ok(Response::from_parts(head, body))
        };
        self.runtime.spawn(async { tokio::time::timeout(TIMEOUT, sending).await }).await??
    }
}
