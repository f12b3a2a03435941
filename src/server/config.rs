//! Settings: `latchkey.toml`, overridden by the environment (`LATCHKEY_*`, and `DATABASE_URL` and `PORT` as hosts set them).
//! Must not read anything else, and must not print a secret.

use std::{
    net::{IpAddr, Ipv4Addr},
    path::PathBuf,
    sync::Arc,
};

use figment::{
    Figment,
    providers::{Env, Format, Serialized, Toml},
};
use ipnet::IpNet;
use leptos::config::LeptosOptions;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::domain::{email::Email, identifier::IdentifierMode, password, site::Site};

use super::crypto::password::HashingCost;

/// Whether this is somebody's desk or the real thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Environment {
    /// A desk: plain http on loopback, mail kept and readable at `/dev/mail`.
    Development,
    /// The real thing: https, mail by SMTP.
    Production,
}

/// A value that is never shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The value, for the one place that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Secret {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// How log lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For a person at a terminal.
    Text,
    /// One JSON object a line.
    Json,
}

/// Every setting. The README's table explains each; names there are the names here.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// `development` or `production`.
    pub environment: Environment,
    /// `sqlite://path` or `postgres://…`.
    pub database_url: Secret,
    /// The address to listen on.
    pub bind: IpAddr,
    /// The port to listen on; 0 takes any that is free.
    pub port: u16,
    /// How people reach the site; links in mail start with it. Without it: loopback and the port.
    pub base_url: Option<Url>,
    /// What the site is called.
    pub site_name: String,
    /// Which identifiers sign-up asks for.
    pub identifier: IdentifierMode,
    /// The fewest code points of a password.
    pub password_min_length: u16,
    /// Argon2id memory in KiB.
    pub argon2_memory_kib: u32,
    /// Argon2id passes.
    pub argon2_iterations: u32,
    /// Argon2id lanes.
    pub argon2_parallelism: u32,
    /// Hashes at once; 0 takes as many as there are cores.
    pub hash_permits: usize,
    /// Requests that may wait for a hash.
    pub hash_queue: usize,
    /// Minutes without a request after which a session ends.
    pub session_idle_minutes: u32,
    /// Hours after which a session ends whatever happens.
    pub session_lifetime_hours: u32,
    /// As `session_idle_minutes`, in days, for "keep me signed in".
    pub remember_idle_days: u32,
    /// As `session_lifetime_hours`, in days, for "keep me signed in".
    pub remember_lifetime_days: u32,
    /// `smtp://` or `smtps://` with user and password; without it mail stays in the outbox.
    pub smtp_url: Option<Secret>,
    /// The sender of mail: an address.
    pub mail_from: String,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// What is logged, as `tracing` filters are written.
    pub log: String,
    /// How it is logged.
    pub log_format: LogFormat,
    /// The folder with the browser side: `pkg/` and what was in `public/`.
    pub site_root: PathBuf,
    /// The folder with the strength estimator.
    pub estimator_root: PathBuf,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            environment: Environment::Development,
            database_url: Secret("sqlite://data/latchkey.db".into()),
            bind: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 3000,
            base_url: None,
            site_name: "Latchkey".into(),
            identifier: IdentifierMode::Email,
            password_min_length: password::MIN_CODE_POINTS,
            argon2_memory_kib: 19 * 1024,
            argon2_iterations: 2,
            argon2_parallelism: 1,
            hash_permits: 0,
            hash_queue: 64,
            session_idle_minutes: 30,
            session_lifetime_hours: 12,
            remember_idle_days: 14,
            remember_lifetime_days: 30,
            smtp_url: None,
            mail_from: "latchkey@localhost.localdomain".into(),
            trusted_proxies: Vec::new(),
            log: "info,sqlx=warn,tower_sessions=error,tower_sessions_core=error".into(),
            log_format: LogFormat::Text,
            site_root: "target/site".into(),
            estimator_root: "target/estimator".into(),
        }
    }
}

/// Why settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Unreadable, unknown or of the wrong kind.
    #[error("{0}")]
    Unreadable(Box<figment::Error>),
    /// Readable, but not fit to run with.
    #[error("{0}")]
    Unfit(String),
}

impl Config {
    /// Reads `latchkey.toml` from the working directory (or the file that `LATCHKEY_CONFIG` names) and the environment, and
    /// checks the outcome.
    ///
    /// # Errors
    /// When a setting is unknown, of the wrong kind, or unsafe for the environment it is for (ASVS 13.4.2).
    pub fn load() -> Result<Self, ConfigError> {
        let file = std::env::var("LATCHKEY_CONFIG").unwrap_or_else(|_| "latchkey.toml".into());
        Self::from_figment(
            Figment::from(Serialized::defaults(Self::default()))
                .merge(Toml::file(file))
                .merge(Env::raw().only(&["DATABASE_URL", "PORT"]))
                .merge(Env::prefixed("LATCHKEY_").ignore(&["CONFIG", "BIN"]).filter(|key| !key.starts_with("TEST_"))),
        )
    }

    fn from_figment(figment: Figment) -> Result<Self, ConfigError> {
        let config: Self = figment.extract().map_err(|error| ConfigError::Unreadable(Box::new(error)))?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), ConfigError> {
        let unfit = |reason: &str| Err(ConfigError::Unfit(reason.into()));
        if !(password::MIN_CODE_POINTS..=64).contains(&self.password_min_length) {
            return unfit("password_min_length must be from 8 to 64");
        }
        if [
            self.session_idle_minutes,
            self.session_lifetime_hours,
            self.remember_idle_days,
            self.remember_lifetime_days,
        ]
        .contains(&0)
        {
            return unfit("session limits must be at least 1");
        }
        if Email::parse(&self.mail_from).is_err() {
            return unfit("mail_from must be an e-mail address");
        }
        if self.site_name.trim().is_empty() || self.site_name.chars().any(char::is_control) {
            return unfit("site_name must be a line of text");
        }
        if let Some(base_url) = &self.base_url {
            let is_origin = base_url.has_host()
                && base_url.path() == "/"
                && base_url.query().is_none()
                && base_url.fragment().is_none();
            if !matches!(base_url.scheme(), "http" | "https") || !is_origin {
                return unfit("base_url must be like https://accounts.example.com, without a path");
            }
        }
        match self.environment {
            Environment::Development if !self.is_loopback() => unfit(
                "environment = \"development\" serves loopback only: set environment = \"production\", or drop base_url and bind",
            ),
            Environment::Production if self.base_url.as_ref().is_none_or(|url| url.scheme() != "https") => {
                unfit("environment = \"production\" needs base_url, with https")
            }
            Environment::Production if self.smtp_url.is_none() => {
                unfit("environment = \"production\" needs smtp_url: without it nobody can reset a password")
            }
            Environment::Production if !self.is_mail_private() => unfit(
                "environment = \"production\" needs an smtp_url that begins with smtps:// or ends with ?tls=required",
            ),
            _ => Ok(()),
        }
    }

    /// Whether links in mail cannot be read on their way to the mail server.
    fn is_mail_private(&self) -> bool {
        let url = self.smtp_url.as_ref().and_then(|url| Url::parse(url.expose()).ok());
        url.is_some_and(|url| {
            let is_required = url.query_pairs().any(|(name, value)| name == "tls" && value == "required");
            url.scheme() == "smtps" || is_required || has_loopback_host(&url)
        })
    }

    fn is_loopback(&self) -> bool {
        self.bind.is_loopback() && self.base_url.as_ref().is_none_or(has_loopback_host)
    }

    /// Whether this is somebody's desk.
    #[must_use]
    pub fn is_development(&self) -> bool {
        self.environment == Environment::Development
    }

    /// Whether people reach the site by https, so that cookies are `Secure` and carry the `__Host-` prefix (ASVS 3.3.1).
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.base_url.as_ref().is_some_and(|url| url.scheme() == "https")
    }

    /// How people reach the site.
    ///
    /// # Errors
    /// Never for settings that passed the check.
    pub fn base_url(&self) -> Result<Url, url::ParseError> {
        match &self.base_url {
            Some(url) => Ok(url.clone()),
            None => Url::parse(&format!("http://127.0.0.1:{}", self.port)),
        }
    }

    /// What pages know of this site.
    #[must_use]
    pub fn site(&self) -> Site {
        Site {
            name: self.site_name.clone(),
            identifier: self.identifier,
            password_minimum: self.password_min_length,
            mail_page: (self.is_development() && self.smtp_url.is_none()).then(|| "/dev/mail".into()),
        }
    }

    /// What a hash costs.
    #[must_use]
    pub fn hashing_cost(&self) -> HashingCost {
        let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        HashingCost {
            memory_kib: self.argon2_memory_kib,
            iterations: self.argon2_iterations,
            parallelism: self.argon2_parallelism,
            permits: if self.hash_permits == 0 { cores() } else { self.hash_permits },
            queue: self.hash_queue,
        }
    }

    /// What leptos wants to know to write the document.
    #[must_use]
    pub fn leptos_options(&self) -> LeptosOptions {
        let reload_port = std::env::var("LEPTOS_RELOAD_PORT").ok().and_then(|port| port.parse().ok()).unwrap_or(3001);
        LeptosOptions::builder()
            .output_name(Arc::<str>::from("latchkey"))
            .site_root(Arc::<str>::from(self.site_root.to_string_lossy().as_ref()))
            .site_pkg_dir(Arc::<str>::from("pkg"))
            .site_addr((self.bind, self.port))
            .reload_port(reload_port)
            .build()
    }
}

/// Whether a URL leads to this machine. Schemes unknown to the URL standard keep their host as a name.
fn has_loopback_host(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => {
            name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(toml: &str) -> Result<Config, ConfigError> {
        Config::from_figment(Figment::from(Serialized::defaults(Config::default())).merge(Toml::string(toml)))
    }

    #[test]
    fn nothing_needs_to_be_set() {
        let config = with("").expect("defaults");
        assert_eq!(config.base_url().expect("a URL").as_str(), "http://127.0.0.1:3000/");
        assert!(config.is_development() && !config.is_https());
    }

    #[test]
    fn a_misspelt_setting_is_refused() {
        let error = with("sesion_idle_minutes = 5").expect_err("unknown").to_string();
        assert!(error.contains("sesion_idle_minutes"), "{error}");
    }

    /// ASVS 13.4.2.
    #[test]
    fn unsafe_settings_are_refused() {
        for toml in [
            "base_url = 'http://accounts.example.com'",
            "environment = 'production'",
            "environment = 'production'\nbase_url = 'http://accounts.example.com'\nsmtp_url = 'smtp://mail.example.com'",
            "environment = 'production'\nbase_url = 'https://accounts.example.com'",
            "base_url = 'http://localhost/somewhere'",
            "bind = '0.0.0.0'",
            "environment = 'production'\nbase_url = 'https://accounts.example.com'\nsmtp_url = 'smtp://mail.example.com'",
            "password_min_length = 7",
            "session_idle_minutes = 0",
            "mail_from = 'nobody'",
        ] {
            assert!(matches!(with(toml), Err(ConfigError::Unfit(_))), "{toml}");
        }
        let fit = "environment = 'production'\nbase_url = 'https://accounts.example.com'\nsmtp_url = 'smtps://mail.example.com'";
        assert!(with(fit).expect("fit").is_https());
    }

    /// ASVS 16.2.5.
    #[test]
    fn secrets_are_not_printed() {
        let config =
            with("database_url = 'postgres://a:hunter2@db/x'\nsmtp_url = 'smtp://a:hunter2@mail'").expect("fit");
        assert!(!format!("{config:?}").contains("hunter2"));
    }
}
