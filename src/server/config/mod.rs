//! Settings: `latchkey.toml`, overridden by the environment (`LATCHKEY_*`, and `DATABASE_URL` and `PORT` as hosts set them).
//! Must not read anything else, and must not print a secret.

/// Which settings are not fit to run with.
mod check;
/// Every setting in force, where it came from, and what it means.
pub mod explain;
/// The sign of a site.
pub mod logo;

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
};

use figment::{
    Figment,
    providers::{Env, Format, Serialized, Toml},
};
use ipnet::IpNet;
use leptos::config::LeptosOptions;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use url::Url;

use crate::domain::{
    accent::Accent,
    identifier::IdentifierMode,
    password,
    site::{AssetPaths, BrandPaths, Site},
};
use crate::server::crypto::{password::HashingCost, signature::SigningAlgorithm};

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

/// Whether an address must be proven before an account can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VerifyEmail {
    /// Sign-up has one answer for all, and the account begins with the link in the mail.
    Required,
    /// The account can be used at once; it is marked until the address is proven.
    Optional,
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
    /// Milliseconds that the database may take over a request before that is answered with 503.
    pub database_patience_ms: u32,
    /// Seconds for which a process that was asked to end serves on, and says that it is not ready.
    pub drain_seconds: u32,
    /// Where figures for Prometheus are served, and nothing else; nowhere without it.
    pub metrics_address: Option<SocketAddr>,
    /// A collector that takes traces, `http://127.0.0.1:4318/v1/traces`; without it there are none.
    pub traces_url: Option<Url>,
    /// Which part of requests is traced, from 0 to 1, where no proxy of ours has decided.
    pub traces_ratio: f64,
    /// How people reach the site; links in mail start with it. Without it: loopback and the port.
    pub base_url: Option<Url>,
    /// What the site is called.
    pub site_name: String,
    /// The one colour of the site, `#rrggbb`; white text stands on it.
    pub accent_color: String,
    /// An SVG file with the sign of the site.
    pub logo: Option<PathBuf>,
    /// Which identifiers sign-up asks for.
    pub identifier: IdentifierMode,
    /// Whether an address must be proven; without it, as soon as there is a mail server.
    pub verify_email: Option<VerifyEmail>,
    /// The fewest code points of a password.
    pub password_min_length: u16,
    /// A file of breached passwords: SHA-1 in upper-case hexadecimal, ordered, one a line, with or without `:count`.
    pub breached_passwords: Option<PathBuf>,
    /// Wrong passwords for one account before waits begin.
    pub account_tries: u16,
    /// Failed sign-ins from one network before waits begin.
    pub network_tries: u16,
    /// Sign-ups and requests for mail from one network in an hour before waits begin.
    pub network_requests: u16,
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
    /// Minutes for which a password that was shown is good for sensitive acts.
    pub reauth_minutes: u32,
    /// Days between asking for an account's deletion and its being gone; 0 deletes at once.
    pub deletion_grace_days: u32,
    /// Days for which ended sessions are kept.
    pub keep_sessions_days: u32,
    /// Days for which events of the audit log are kept; 0 keeps them for ever.
    pub keep_events_days: u32,
    /// Days for which dead links can say why they are dead.
    pub keep_tokens_days: u32,
    /// Minutes for which an access token is good.
    pub access_token_minutes: u32,
    /// For whom access tokens are; without it, this site's own address.
    pub token_audience: Option<String>,
    /// How access tokens are signed.
    pub signing_algorithm: SigningAlgorithm,
    /// Days after which the next key signs.
    pub signing_key_days: u32,
    /// What encrypts signing keys in the database: 32 bytes in base64url; without it, a file beside an embedded database.
    pub secret_key: Option<Secret>,
    /// `smtp://` or `smtps://` with user and password; without it mail stays in the outbox.
    pub smtp_url: Option<Secret>,
    /// The sender of mail: an address.
    pub mail_from: String,
    /// Origins whose pages may call the JSON API with tokens, like `https://app.example.com`; none by default.
    pub cors_origins: Vec<String>,
    /// Proxies whose `X-Forwarded-For` is believed: networks, or single addresses.
    #[serde(deserialize_with = "networks")]
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

/// The sender of mail that is kept and never sent.
const DEVELOPMENT_SENDER: &str = "latchkey@localhost.localdomain";

impl Default for Config {
    fn default() -> Self {
        Self {
            environment: Environment::Development,
            database_url: Secret("sqlite://data/latchkey.db".into()),
            bind: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 3000,
            metrics_address: None,
            traces_url: None,
            traces_ratio: 1.0,
            base_url: None,
            site_name: "Latchkey".into(),
            accent_color: Accent::DEFAULT.to_string(),
            logo: None,
            identifier: IdentifierMode::Email,
            verify_email: None,
            password_min_length: password::MIN_CODE_POINTS,
            breached_passwords: None,
            account_tries: 5,
            network_tries: 100,
            network_requests: 20,
            argon2_memory_kib: 19 * 1024,
            argon2_iterations: 2,
            argon2_parallelism: 1,
            hash_permits: 0,
            hash_queue: 64,
            session_idle_minutes: 30,
            session_lifetime_hours: 12,
            remember_idle_days: 14,
            remember_lifetime_days: 30,
            reauth_minutes: 10,
            deletion_grace_days: 7,
            database_patience_ms: 1_500,
            drain_seconds: 0,
            keep_sessions_days: 180,
            keep_events_days: 400,
            keep_tokens_days: 30,
            access_token_minutes: 60,
            token_audience: None,
            signing_algorithm: SigningAlgorithm::EdDsa,
            signing_key_days: 90,
            secret_key: None,
            smtp_url: None,
            mail_from: DEVELOPMENT_SENDER.into(),
            cors_origins: Vec::new(),
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
    /// Readable, but not fit to run with; a line for each reason.
    #[error("{}", .0.join("\n"))]
    Unfit(Vec<String>),
}

/// Networks, where an address alone is one of its own.
fn networks<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<IpNet>, D::Error> {
    let network = |text: String| {
        let address = || text.parse::<IpAddr>().map(IpNet::from).ok();
        let unfit = || D::Error::custom(format!("{text:?} is neither an address nor a network such as 10.0.0.0/8"));
        text.parse().ok().or_else(address).ok_or_else(unfit)
    };
    Vec::<String>::deserialize(from)?.into_iter().map(network).collect()
}

impl Config {
    /// Reads `latchkey.toml` from the working directory (or the file that `LATCHKEY_CONFIG` names) and the environment, and
    /// checks the outcome.
    ///
    /// # Errors
    /// When a setting is unknown, of the wrong kind, or unsafe for the environment it is for (ASVS 13.4.2).
    pub fn load() -> Result<Self, ConfigError> {
        let config = Self::read(&sources())?;
        let reasons = config.unfit();
        if reasons.is_empty() { Ok(config) } else { Err(ConfigError::Unfit(reasons)) }
    }

    /// Reads settings without judging them.
    fn read(sources: &Figment) -> Result<Self, ConfigError> {
        sources.extract().map_err(|error| ConfigError::Unreadable(Box::new(error)))
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

    /// Who issues access tokens (`iss`): the address of this site, without a slash at its end.
    ///
    /// # Errors
    /// Never for settings that passed the check.
    pub fn issuer(&self) -> Result<String, url::ParseError> {
        Ok(self.base_url()?.as_str().trim_end_matches('/').to_owned())
    }

    /// For whom access tokens are (`aud`).
    ///
    /// # Errors
    /// Never for settings that passed the check.
    pub fn audience(&self) -> Result<String, url::ParseError> {
        self.token_audience.clone().map_or_else(|| self.issuer(), Ok)
    }

    /// Whether `cargo leptos watch` replaces files while the server runs.
    #[must_use]
    pub fn is_watched(&self) -> bool {
        self.is_development() && std::env::var_os("LEPTOS_WATCH").is_some()
    }

    /// The one colour of the site.
    #[must_use]
    pub fn accent(&self) -> Accent {
        Accent::parse(&self.accent_color).unwrap_or(Accent::DEFAULT)
    }

    /// What pages know of this site.
    #[must_use]
    pub fn site(&self, assets: AssetPaths, brand: BrandPaths) -> Site {
        Site {
            name: self.site_name.clone(),
            identifier: self.identifier,
            needs_verification: self.needs_verification(),
            password_minimum: self.password_min_length,
            mail_page: (self.is_development() && self.smtp_url.is_none()).then(|| "/dev/mail".into()),
            assets,
            brand,
        }
    }

    /// Whether an address must be proven before an account can be used.
    #[must_use]
    pub fn needs_verification(&self) -> bool {
        self.verify_email.map_or(self.smtp_url.is_some(), |wanted| wanted == VerifyEmail::Required)
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
    pub fn leptos_options(&self, assets: &AssetPaths) -> LeptosOptions {
        let reload_port = std::env::var("LEPTOS_RELOAD_PORT").ok().and_then(|port| port.parse().ok()).unwrap_or(3001);
        LeptosOptions::builder()
            .output_name(Arc::<str>::from("latchkey"))
            .site_root(Arc::<str>::from(self.site_root.to_string_lossy().as_ref()))
            .site_pkg_dir(Arc::<str>::from(assets.pkg.as_str()))
            .site_addr((self.bind, self.port))
            .reload_port(reload_port)
            .build()
    }
}

/// The file of settings, whether or not it is there.
#[must_use]
pub fn file() -> PathBuf {
    std::env::var_os("LATCHKEY_CONFIG").unwrap_or_else(|| "latchkey.toml".into()).into()
}

/// Where settings come from, each going before those above it.
fn sources() -> Figment {
    let file = file();
    Figment::from(Serialized::defaults(Config::default()))
        .merge(Toml::file(file))
        .merge(Env::raw().only(&["DATABASE_URL", "PORT"]))
        .merge(Env::prefixed("LATCHKEY_").ignore(&["CONFIG", "BIN"]).filter(|key| !key.starts_with("TEST_")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(toml: &str) -> Result<Config, ConfigError> {
        let config = Config::read(&Figment::from(Serialized::defaults(Config::default())).merge(Toml::string(toml)))?;
        let reasons = config.unfit();
        if reasons.is_empty() { Ok(config) } else { Err(ConfigError::Unfit(reasons)) }
    }

    #[test]
    fn nothing_needs_to_be_set() {
        let config = with("").expect("defaults");
        assert_eq!(config.base_url().expect("a URL").as_str(), "http://127.0.0.1:3000/");
        assert!(config.is_development() && !config.is_https());
    }

    #[test]
    fn a_proxy_is_named_by_its_address_or_its_network() {
        let config = with("trusted_proxies = ['127.0.0.1', '::1', '10.0.0.0/8']").expect("fit");
        let named: Vec<String> = config.trusted_proxies.iter().map(ToString::to_string).collect();
        assert_eq!(named, ["127.0.0.1/32", "::1/128", "10.0.0.0/8"]);
        for other in ["localhost", "10.0.0.0/33", ""] {
            let error = with(&format!("trusted_proxies = ['{other}']")).expect_err("refused").to_string();
            assert!(error.contains("neither an address nor a network") && error.contains("trusted_proxies"), "{error}");
        }
    }

    #[test]
    fn a_misspelt_setting_is_refused() {
        let error = with("sesion_idle_minutes = 5").expect_err("unknown").to_string();
        assert!(error.contains("sesion_idle_minutes"), "{error}");
    }

    /// ASVS 13.4.2: each for one reason, which is said.
    #[test]
    fn unsafe_settings_are_refused() {
        for (toml, reason) in [
            ("base_url = 'http://accounts.example.com'", "serves loopback only"),
            ("bind = '0.0.0.0'", "serves loopback only"),
            ("metrics_address = '0.0.0.0:9464'", "serves loopback only"),
            ("base_url = 'http://localhost/somewhere'", "without a path"),
            ("password_min_length = 7", "from 8 to 64"),
            ("password_min_length = 65", "from 8 to 64"),
            ("account_tries = 0", "at least 1"),
            ("network_tries = 0", "at least 1"),
            ("network_requests = 0", "at least 1"),
            ("account_tries = 101", "at most 100"),
            ("reauth_minutes = 0", "at least 1"),
            ("reauth_minutes = 1441", "at most 1440"),
            ("deletion_grace_days = 366", "at most 365"),
            ("drain_seconds = 301", "at most 300"),
            ("database_patience_ms = 99", "from 100 to 60000"),
            ("keep_sessions_days = 0", "at least 1"),
            ("keep_tokens_days = 0", "at least 1"),
            ("session_idle_minutes = 0", "session limits"),
            ("session_lifetime_hours = 0", "session limits"),
            ("remember_idle_days = 0", "session limits"),
            ("remember_lifetime_days = 0", "session limits"),
            ("access_token_minutes = 0", "from 1 to 1440"),
            ("access_token_minutes = 1441", "from 1 to 1440"),
            ("signing_key_days = 0", "from 1 to 3650"),
            ("traces_url = 'https://traces.example.com/v1/traces'", "must begin with http://"),
            ("traces_url = 'http://ada:secret@127.0.0.1:4318/v1/traces'", "must begin with http://"),
            ("traces_ratio = 1.5", "from 0 to 1"),
            ("traces_ratio = nan", "from 0 to 1"),
            ("signing_key_days = 3651", "from 1 to 3650"),
            ("token_audience = ''", "a line of text"),
            ("secret_key = 'hunter2'", "32 bytes"),
            ("mail_from = 'nobody'", "an e-mail address"),
            ("site_name = ' '", "a line of text"),
            ("site_name = \"a\\nb\"", "a line of text"),
            ("cors_origins = ['*']", "cors_origins"),
            ("cors_origins = ['https://app.example.com/']", "cors_origins"),
            ("cors_origins = ['app.example.com']", "cors_origins"),
            ("accent_color = 'blue'", "must be like"),
            ("accent_color = '#ffcc00'", "too light"),
            ("logo = '/no/such/file.svg'", "logo: "),
            ("logo = 'Cargo.toml'", "not an SVG"),
        ] {
            assert_refused(toml, reason);
        }
    }

    /// ASVS 13.4.2.
    #[test]
    fn unsafe_settings_for_production_are_refused() {
        let fit = [
            "environment = 'production'",
            "base_url = 'https://accounts.example.com'",
            "smtp_url = 'smtps://mail.example.com'",
            "mail_from = 'accounts@example.com'",
        ];
        assert!(with(&fit.join("\n")).expect("fit").is_https());
        for (index, instead, reason) in [
            (1, "", "needs base_url"),
            (1, "base_url = 'http://accounts.example.com'", "needs base_url, with https"),
            (2, "", "needs smtp_url"),
            (2, "smtp_url = 'smtp://mail.example.com'", "smtps://"),
            (2, "smtp_url = 'smtp://mail.example.com?tls=opportunistic'", "smtps://"),
            (3, "", "needs mail_from"),
            (0, "environment = 'production'\nargon2_memory_kib = 7167", "at least 7168"),
            (
                0,
                "environment = 'production'\ndatabase_url = 'postgres://db/x'",
                "needs secret_key, which every node shares: `latchkey keys secret`",
            ),
        ] {
            let mut lines = fit;
            lines[index] = instead;
            assert_refused(&lines.join("\n"), reason);
        }
    }

    fn assert_refused(toml: &str, reason: &str) {
        let Err(ConfigError::Unfit(reasons)) = with(toml) else { panic!("{toml}") };
        assert!(reasons.len() == 1 && reasons[0].contains(reason), "{toml}: {reasons:?}");
    }

    #[test]
    fn a_colour_that_is_too_light_is_refused_with_the_figure() {
        let refusal = with("accent_color = '#777777'").expect_err("too light").to_string();
        assert_eq!(
            refusal,
            "accent_color #777777 is too light: white text on it has a contrast of 4.47:1, and needs 4.5:1"
        );
        assert_eq!(with("accent_color = '#767676'").expect("fit").accent().to_string(), "#767676");
    }

    /// ASVS 16.2.5.
    #[test]
    fn secrets_are_not_printed() {
        let secret = format!("secret_key = '{}0'", "hunter2".repeat(6));
        let urls = "database_url = 'postgres://a:hunter2@db/x'\nsmtp_url = 'smtp://a:hunter2@mail'";
        let config = with(&format!("{urls}\n{secret}")).expect("fit");
        assert!(!format!("{config:?}").contains("hunter2"));
    }
}
