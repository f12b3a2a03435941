//! Proxies, as the server saw them since it runs: whether `trusted_proxies` names those that are there. Must not ask one.

use ipnet::IpNet;

use crate::server::{
    clock::{Clock, SystemClock},
    config::Config,
    error::ServerError,
    proxies::{self, Kind, Seen},
    storage::Db,
};

use super::Finding;

const CHECK: &str = "proxy";
/// Seconds after which a proxy that is not believed is no longer taken to be there: it is noted every hour that it is.
const GONE_SECONDS: i64 = 86_400;

/// What is wrong with them.
pub(super) async fn look(config: &Config, db: Option<&Db>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(all) = config.trusted_proxies.iter().find(|net| net.prefix_len() == 0) {
        let advice = "name the networks of your proxies alone: as it is, anybody can say to come from anywhere";
        findings.push(Finding::problem(CHECK, format!("trusted_proxies holds {all}, which is everybody"), advice));
    }
    let Some(db) = db else {
        findings.push(Finding::ok(CHECK, "nothing is known before the server ran"));
        return findings;
    };
    match judge(config, db).await {
        Ok(finding) => findings.push(finding),
        Err(error) => findings.push(Finding::problem(CHECK, error.to_string(), "look at the database")),
    }
    findings
}

async fn judge(config: &Config, db: &Db) -> Result<Finding, ServerError> {
    let mut conn = db.read().await?;
    let named = proxies::seen(&mut conn, Kind::Named).await?;
    let silent = proxies::seen(&mut conn, Kind::Silent).await?;
    let unnamed = proxies::seen(&mut conn, Kind::Unnamed).await?;
    // What was seen before the settings were mended says nothing of them.
    let is_trusted = |seen: &Seen| config.trusted_proxies.iter().any(|net| net.contains(&seen.proxy));
    let named = named.filter(&is_trusted);
    let silent = silent.filter(&is_trusted);
    // Of the two the newer one says how it is now.
    let (named, silent) = match (named, silent) {
        (Some(named), Some(silent)) if named.at < silent.at => (None, Some(silent)),
        (Some(named), _) => (Some(named), None),
        (None, silent) => (None, silent),
    };
    let now = SystemClock.now();
    let unnamed = unnamed.filter(|unnamed| !is_trusted(unnamed) && now.0 - unnamed.at.0 <= GONE_SECONDS);
    Ok(match (named, silent, unnamed) {
        (_, _, Some(Seen { proxy, at })) => Finding::problem(
            CHECK,
            format!("{proxy} sends X-Forwarded-For and is not believed (last seen {})", at.rfc3339()),
            format!(
                "if that is your proxy, add it to trusted_proxies, such as [\"{}\"], but only if strangers cannot reach the \
                 port through it; until then everybody who comes through it is limited as one",
                IpNet::from(proxy)
            ),
        ),
        (None, Some(Seen { proxy, at }), None) => Finding::problem(
            CHECK,
            format!("{proxy} is in trusted_proxies and sends no X-Forwarded-For (last seen {})", at.rfc3339()),
            "let the proxy send it; until then everybody who comes through it is limited as one",
        ),
        (Some(Seen { proxy, at }), _, None) => {
            Finding::ok(CHECK, format!("{proxy} says for whom it asks (last seen {})", at.rfc3339()))
        }
        (None, None, None) if config.is_https() => Finding::warning(
            CHECK,
            "no request has come through a proxy of trusted_proxies yet, and base_url is https",
            "start the server, open a page through the proxy, and ask again after a few seconds",
        ),
        (None, None, None) => Finding::ok(CHECK, "none was seen"),
    })
}
