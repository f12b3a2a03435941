//! What is counted while the server runs, for Prometheus: sign-ins, and requests with how long they took. Counting touches memory
//! alone. Must not put anything of a person into a label, nor decide anything.

/// Everything that is known at one moment, as text.
pub mod scrape;

use std::{fmt, time::Duration};

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, histogram::Histogram},
    registry::Registry,
};

use crate::{domain::moment::Moment, server::remembered::Remembered};

use scrape::Known;

/// Upper bounds in seconds: from what is served out of memory to what nobody waits for.
const BOUNDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];
/// Routes whose names hold the digest of what they serve, which another build changes.
const FOLDERS: [&str; 3] = ["/brand", "/estimator", "/pkg"];
/// What has no route: missing pages, and files such as the icon.
const NO_ROUTE: &str = "other";

/// How an attempt to sign in with a password ended. Whether there is such a person is not told apart: whoever reads the
/// figures while they try could otherwise learn it (ASVS 6.3.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignIn {
    /// With a session.
    SignedIn,
    /// Identifier and password do not belong together, the account is disabled, or its address is not proven.
    Refused,
    /// Too many tries.
    Limited,
    /// The hashing queue was full.
    Busy,
    /// The form was not complete.
    Incomplete,
    /// Something was wrong on our side.
    Failed,
}

impl SignIn {
    const ALL: [Self; 6] = [Self::SignedIn, Self::Refused, Self::Limited, Self::Busy, Self::Incomplete, Self::Failed];

    fn as_str(self) -> &'static str {
        match self {
            Self::SignedIn => "signed_in",
            Self::Refused => "refused",
            Self::Limited => "limited",
            Self::Busy => "busy",
            Self::Incomplete => "incomplete",
            Self::Failed => "failed",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    route: String,
    method: &'static str,
    status: &'static str,
}

/// The counters of this process.
pub struct Metrics {
    started_at: Moment,
    registry: Registry,
    sign_ins: Family<Outcome, Counter>,
    requests: Family<Answered, Histogram, fn() -> Histogram>,
    known: Remembered<Known>,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").field("started_at", &self.started_at).finish_non_exhaustive()
    }
}

impl Metrics {
    /// Nothing counted yet.
    #[must_use]
    pub fn new(started_at: Moment) -> Self {
        let sign_ins = Family::<Outcome, Counter>::default();
        // A series that begins with its first event shows no rise.
        for outcome in SignIn::ALL {
            drop(sign_ins.get_or_create(&Outcome { outcome: outcome.as_str() }));
        }
        let requests =
            Family::<Answered, Histogram, fn() -> Histogram>::new_with_constructor(|| Histogram::new(BOUNDS));
        let mut registry = Registry::default();
        registry.register(
            "latchkey_sign_ins",
            "Attempts to sign in with a password, by how they ended",
            sign_ins.clone(),
        );
        registry.register(
            "latchkey_http_request_duration_seconds",
            "Seconds until an answer began, by route, method and class of status",
            requests.clone(),
        );
        Self { started_at, registry, sign_ins, requests, known: Remembered::new(scrape::REMEMBERED_SECONDS) }
    }

    /// Counts an attempt to sign in.
    pub fn count_sign_in(&self, outcome: SignIn) {
        self.sign_ins.get_or_create(&Outcome { outcome: outcome.as_str() }).inc();
    }

    /// Counts a request that was answered. The route is its pattern, never its path.
    pub fn count_request(&self, route: Option<&str>, method: &str, status: u16, took: Duration) {
        let answered =
            Answered { route: route_name(route).to_owned(), method: method_name(method), status: class(status) };
        self.requests.get_or_create(&answered).observe(took.as_secs_f64());
    }
}

fn route_name(route: Option<&str>) -> &str {
    let Some(route) = route else { return NO_ROUTE };
    let is_below = |folder: &&&str| route.strip_prefix(**folder).is_some_and(|rest| rest.starts_with('/'));
    FOLDERS.iter().find(is_below).copied().unwrap_or(route)
}

/// Methods by name, but for those that anybody can make up.
fn method_name(method: &str) -> &'static str {
    ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"]
        .into_iter()
        .find(|known| *known == method)
        .unwrap_or("other")
}

fn class(status: u16) -> &'static str {
    match status {
        ..200 => "1xx",
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        500.. => "5xx",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What anybody can send makes no series of its own.
    #[test]
    fn names_come_from_a_closed_list() {
        assert_eq!(route_name(Some("/admin/people/{id}")), "/admin/people/{id}");
        assert_eq!(route_name(Some("/pkg/0123456789abcdef/{*rest}")), "/pkg");
        assert_eq!(route_name(Some("/pkg")), "/pkg");
        assert_eq!(route_name(None), "other");
        assert_eq!((method_name("GET"), method_name("get"), method_name("SAM")), ("GET", "other", "other"));
        assert_eq!([101, 204, 303, 404, 503].map(class), ["1xx", "2xx", "3xx", "4xx", "5xx"]);
    }
}
