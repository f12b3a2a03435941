//! The mail server: whether it lets us in, and what lies about unsent. Must not send anything.

use url::Url;

use crate::server::{
    config::Config,
    mail::transport::{Transport, TransportError},
    storage::{Db, StoreError, figures},
};

use super::Finding;

const CHECK: &str = "mail";

/// What is wrong with it.
pub(super) async fn look(config: &Config, db: Option<&Db>) -> Vec<Finding> {
    let mut findings = vec![server(config).await];
    if let (Some(db), Some(_)) = (db, &config.smtp_url) {
        findings.extend(queue(db).await);
    }
    findings
}

async fn server(config: &Config) -> Finding {
    let transport = match Transport::from_config(config) {
        Ok(Some(transport)) => transport,
        Ok(None) => return Finding::ok(CHECK, "kept, not sent: there is no smtp_url"),
        Err(error) => return Finding::problem(CHECK, error.to_string(), "mend smtp_url or mail_from"),
    };
    let url = config.smtp_url.as_ref().and_then(|url| Url::parse(url.expose()).ok());
    let host = url.as_ref().and_then(Url::host_str).unwrap_or("the mail server").to_owned();
    match transport.reach().await {
        Ok(()) => Finding::ok(CHECK, format!("{host} lets us in; the sender is {}", config.mail_from)),
        Err(error) => Finding::problem(CHECK, format!("{host}: {error}"), advice(&error)),
    }
}

fn advice(error: &TransportError) -> &'static str {
    match error {
        TransportError::Smtp(error) if error.is_tls() => {
            "its certificate must be for this name, and of an authority that this machine knows; or the port speaks no TLS"
        }
        TransportError::Smtp(error) if error.is_permanent() => "it refuses: look at user and password in smtp_url",
        _ => "look at host and port in smtp_url, and at whether a firewall lets this machine out; mail waits meanwhile",
    }
}

async fn queue(db: &Db) -> Option<Finding> {
    let counted = async { figures::mail(&mut db.read().await?).await };
    let counted: Result<(i64, i64), StoreError> = counted.await;
    match counted {
        Ok((_, 0)) => None,
        Ok((_, failed)) => Some(Finding::warning(
            CHECK,
            format!("mails that were given up in the last 30 days: {failed}"),
            "the log says why (`mail not handed over`)",
        )),
        Err(error) => Some(Finding::problem(CHECK, error.to_string(), "look at the database")),
    }
}
