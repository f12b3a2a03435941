//! Every setting in force, where it came from, and what it means, for `latchkey config check`. Must not show a secret.

use std::path::PathBuf;

use figment::{Figment, Source, value::Value};
use url::Url;

use super::{Config, ConfigError, sources};

/// A setting as it is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its name in `latchkey.toml`.
    pub name: &'static str,
    /// Its value; of a secret, no more than that there is one.
    pub value: String,
    /// Where the value came from.
    pub origin: String,
    /// What it means.
    pub meaning: &'static str,
}

/// What each setting means, in the order in which they are shown.
const MEANINGS: [(&str, &str); 47] = [
    ("environment", "development serves loopback only; production needs https, a mail server and a sender"),
    ("database_url", "sqlite://path, made when missing, or postgres://…"),
    ("bind", "the address to listen on"),
    ("port", "the port to listen on; 0 takes any that is free"),
    ("database_patience_ms", "milliseconds that the database may take over a request; past that the answer is 503"),
    ("drain_seconds", "seconds for which a process that was asked to end serves on, and says that it is not ready"),
    ("metrics_address", "where figures for Prometheus are served, such as 127.0.0.1:9464; without it, nowhere"),
    (
        "traces_url",
        "a collector that takes traces (OTLP), such as http://127.0.0.1:4318/v1/traces; without it, none are made",
    ),
    ("traces_ratio", "which part of requests is traced, from 0 to 1, where a trusted proxy has not decided"),
    ("base_url", "how people reach the site; links in mail start with it"),
    ("site_name", "what the site is called"),
    ("accent_color", "the one colour of the site, #rrggbb, dark enough for white text"),
    ("logo", "an SVG file with the sign of the site, instead of ours"),
    ("identifier", "what sign-up asks for: email, username or either"),
    ("verify_email", "required or optional; without it, required as soon as there is a mail server"),
    ("password_min_length", "the fewest characters of a password"),
    ("breached_passwords", "a file of SHA-1 digests of stolen passwords, ordered; those are refused"),
    ("account_tries", "wrong passwords for one account before waits begin"),
    ("network_tries", "failed sign-ins from one network before waits begin"),
    ("network_requests", "sign-ups and requests for mail from one network in an hour before waits begin"),
    ("argon2_memory_kib", "memory of a password hash in KiB"),
    ("argon2_iterations", "passes of a password hash"),
    ("argon2_parallelism", "lanes of a password hash"),
    ("hash_permits", "password hashes at once; 0 takes as many as there are cores"),
    ("hash_queue", "requests that may wait for a hash; past that the answer is 503"),
    ("session_idle_minutes", "minutes without a request after which a session ends"),
    ("session_lifetime_hours", "hours after which a session ends whatever happens"),
    ("remember_idle_days", "days without a request after which a kept session ends"),
    ("remember_lifetime_days", "days after which a kept session ends whatever happens"),
    ("reauth_minutes", "minutes for which a password that was shown is good for sensitive acts"),
    ("deletion_grace_days", "days until an account that its owner deleted is gone; 0 deletes at once"),
    ("keep_sessions_days", "days for which ended sessions are kept"),
    ("keep_events_days", "days for which events of the audit log are kept; 0 keeps them for ever"),
    ("keep_tokens_days", "days for which dead links can say why they are dead"),
    ("access_token_minutes", "minutes for which an access token is good"),
    ("token_audience", "for whom access tokens are (aud); without it, base_url"),
    ("signing_algorithm", "how access tokens are signed: EdDSA or ES256"),
    ("signing_key_days", "days after which the next key signs"),
    ("secret_key", "what encrypts signing keys in the database; without it, a file beside an embedded one"),
    ("smtp_url", "the mail server; without it mail is kept and shown at /dev/mail"),
    ("mail_from", "the sender of mail"),
    ("cors_origins", "origins whose pages may call the JSON API"),
    ("trusted_proxies", "addresses or networks whose X-Forwarded-For is believed"),
    ("log", "what is logged, as tracing filters are written"),
    ("log_format", "text or json"),
    ("site_root", "the folder with the browser side"),
    ("estimator_root", "the folder with the strength estimator"),
];

/// Settings whose value is a secret, or may hold a password.
pub const SECRETS: [&str; 3] = ["database_url", "secret_key", "smtp_url"];

/// The settings in force, explained and judged.
#[derive(Clone, Debug)]
pub struct Explained {
    /// As they would be run with.
    pub config: Config,
    /// Each of them.
    pub settings: Vec<Setting>,
    /// Why they must not be run with, a line each.
    pub reasons: Vec<String>,
    /// Files of the browser side that are not where the settings say: the setting, the file, the folder.
    pub missing: Vec<(&'static str, &'static str, PathBuf)>,
}

/// Every setting in force, and why they must not be run with.
///
/// # Errors
/// When a setting is unknown or of the wrong kind.
pub fn settings() -> Result<Explained, ConfigError> {
    explain(&sources())
}

fn explain(sources: &Figment) -> Result<Explained, ConfigError> {
    let config = Config::read(sources)?;
    let settings = MEANINGS.iter().map(|(name, meaning)| Setting {
        name,
        value: value(sources, name),
        origin: origin(sources, name),
        meaning,
    });
    let folders =
        [("site_root", "pkg/latchkey.css", &config.site_root), ("estimator_root", "worker.js", &config.estimator_root)];
    let missing = folders.into_iter().filter(|(_, file, folder)| !folder.join(file).exists());
    let missing = missing.map(|(setting, file, folder)| (setting, file, folder.clone())).collect();
    Ok(Explained { settings: settings.collect(), reasons: config.unfit(), missing, config })
}

fn value(sources: &Figment, name: &str) -> String {
    match sources.find_value(name) {
        Ok(Value::Empty(..)) | Err(_) => "not set".into(),
        Ok(_) if name == "secret_key" => "set".into(),
        Ok(Value::String(_, text)) if SECRETS.contains(&name) => without_password(&text),
        Ok(value) => toml_like(&value),
    }
}

fn toml_like(value: &Value) -> String {
    match value {
        Value::String(_, text) => format!("{text:?}"),
        Value::Bool(_, truth) => truth.to_string(),
        Value::Array(_, values) => format!("[{}]", values.iter().map(toml_like).collect::<Vec<_>>().join(", ")),
        Value::Num(_, number) => number
            .to_i128()
            .map(|number| number.to_string())
            .or_else(|| number.to_u128().map(|number| number.to_string()))
            .or_else(|| number.to_f64().map(|number| number.to_string()))
            .unwrap_or_default(),
        _ => "…".into(),
    }
}

/// A URL without what must not be seen; nothing of what is no URL.
fn without_password(text: &str) -> String {
    let Ok(mut url) = Url::parse(text) else { return "set, and not a URL".into() };
    if url.password().is_some() && url.set_password(Some("…")).is_err() {
        return "set".into();
    }
    if url.query_pairs().any(|(name, _)| name.eq_ignore_ascii_case("password")) {
        url.set_query(Some("…"));
    }
    format!("{:?}", url.as_str().replace("%E2%80%A6", "…"))
}

fn origin(sources: &Figment, name: &str) -> String {
    let Some(metadata) = sources.find_metadata(name) else { return "default".into() };
    match &metadata.source {
        Some(Source::File(path)) => path.display().to_string(),
        _ if metadata.name.contains("environment") => {
            let capitals = name.to_uppercase();
            let prefixed = format!("LATCHKEY_{capitals}");
            if std::env::var_os(&prefixed).is_some() { prefixed } else { capitals }
        }
        _ => "default".into(),
    }
}

#[cfg(test)]
mod tests {
    use figment::providers::{Format, Serialized, Toml};

    use super::*;

    fn with(toml: &str) -> Vec<Setting> {
        let sources = Figment::from(Serialized::defaults(Config::default())).merge(Toml::string(toml));
        explain(&sources).expect("readable").settings
    }

    #[test]
    fn every_setting_has_a_meaning_and_no_other_has() {
        let Ok(serde_json::Value::Object(all)) = serde_json::to_value(Config::default()) else {
            panic!("settings are an object");
        };
        let mut known: Vec<&str> = all.keys().map(String::as_str).collect();
        let mut explained: Vec<&str> = MEANINGS.iter().map(|(name, _)| *name).collect();
        known.sort_unstable();
        explained.sort_unstable();
        assert_eq!(explained, known);
    }

    /// ASVS 16.2.5.
    #[test]
    fn secrets_are_not_shown() {
        let shown =
            with("database_url = 'postgres://a:hunter2@db/x'\nsmtp_url = 'smtps://a:hunter2@mail'\nport = 4000");
        assert!(!format!("{shown:?}").contains("hunter2"), "{shown:?}");
        let value = |name: &str| shown.iter().find(|setting| setting.name == name).expect("there").value.clone();
        assert_eq!(value("database_url"), "\"postgres://a:…@db/x\"");
        assert_eq!(value("port"), "4000");
        assert_eq!(value("base_url"), "not set");
        assert_eq!(value("secret_key"), "not set");
        for secret in ["'hunter2'", "'smtps://hunter2'"] {
            let shown = with(&format!("secret_key = {secret}"));
            let shown = shown.iter().find(|setting| setting.name == "secret_key").expect("there");
            assert_eq!(shown.value, "set");
        }
        let shown = with("smtp_url = 'hunter2'\ndatabase_url = 'postgres://db/x?user=a&password=hunter2'");
        assert!(!format!("{shown:?}").contains("hunter2"), "{shown:?}");
    }
}
