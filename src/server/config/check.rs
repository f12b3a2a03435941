//! Which settings are not fit to run with, and why, all of them at once. Must not change a setting.

use std::net::IpAddr;

use url::Url;

use crate::domain::{accent::Accent, email::Email, password};

use crate::server::crypto::sealed;

use super::{Config, DEVELOPMENT_SENDER, Environment, logo};

impl Config {
    /// Why these settings must not be run with, a line each; none where they are fit (ASVS 13.4.2).
    #[must_use]
    pub fn unfit(&self) -> Vec<String> {
        let mut reasons = Vec::new();
        let mut unless = |is_fit: bool, reason: &str| {
            if !is_fit {
                reasons.push(reason.to_owned());
            }
        };
        unless(
            (password::MIN_CODE_POINTS..=64).contains(&self.password_min_length),
            "password_min_length must be from 8 to 64",
        );
        let limits = [
            self.session_idle_minutes,
            self.session_lifetime_hours,
            self.remember_idle_days,
            self.remember_lifetime_days,
        ];
        unless(!limits.contains(&0), "session limits must be at least 1");
        unless(
            ![self.reauth_minutes, self.keep_sessions_days, self.keep_tokens_days].contains(&0),
            "reauth_minutes, keep_sessions_days and keep_tokens_days must be at least 1",
        );
        unless(self.reauth_minutes <= 1_440, "reauth_minutes must be at most 1440: more asks nobody again");
        unless(self.deletion_grace_days <= 365, "deletion_grace_days must be at most 365");
        unless(
            (100..=60_000).contains(&self.database_patience_ms),
            "database_patience_ms must be from 100 to 60000: a request waits no longer for the database",
        );
        unless(self.drain_seconds <= 300, "drain_seconds must be at most 300");
        unless(
            ![self.account_tries, self.network_tries, self.network_requests].contains(&0),
            "account_tries, network_tries and network_requests must be at least 1",
        );
        unless(self.account_tries <= 100, "account_tries must be at most 100: more lets passwords be guessed");
        unless(
            (1..=1_440).contains(&self.access_token_minutes),
            "access_token_minutes must be from 1 to 1440: other services take a token for as long, whatever happens here",
        );
        unless((1..=3_650).contains(&self.signing_key_days), "signing_key_days must be from 1 to 3650");
        unless(self.token_audience.as_deref().is_none_or(is_line), "token_audience must be a line of text");
        unless(
            self.secret_key.as_ref().is_none_or(|secret| sealed::is_secret(secret.expose())),
            "secret_key must be 32 bytes in base64url: `latchkey keys secret` prints one",
        );
        unless(Email::parse(&self.mail_from).is_ok(), "mail_from must be an e-mail address");
        unless(is_line(&self.site_name), "site_name must be a line of text");
        unless(
            self.base_url.as_ref().is_none_or(is_origin),
            "base_url must be like https://accounts.example.com, without a path",
        );
        unless(
            self.cors_origins.iter().all(|origin| is_written_as_origin(origin)),
            "cors_origins must be like https://app.example.com, each exactly as browsers write it",
        );
        unless(
            self.traces_url.as_ref().is_none_or(is_collector),
            "traces_url must begin with http:// and hold no password: traces go to a collector near this server, which takes them on",
        );
        unless((0.0..=1.0).contains(&self.traces_ratio), "traces_ratio must be from 0 to 1");
        if let Some(reason) = self.unfit_accent() {
            unless(false, &reason);
        }
        if let Some(Err(reason)) = self.logo.as_deref().map(logo::read) {
            unless(false, &reason);
        }
        match self.environment {
            Environment::Development => unless(
                self.is_loopback(),
                "environment = \"development\" serves loopback only: set environment = \"production\", or drop base_url, bind and metrics_address",
            ),
            Environment::Production => {
                unless(
                    self.base_url.as_ref().is_some_and(|url| url.scheme() == "https"),
                    "environment = \"production\" needs base_url, with https",
                );
                unless(
                    self.smtp_url.is_some(),
                    "environment = \"production\" needs smtp_url: without it nobody can reset a password",
                );
                unless(
                    self.smtp_url.is_none() || self.is_mail_private(),
                    "environment = \"production\" needs an smtp_url that begins with smtps:// or ends with ?tls=required",
                );
                unless(
                    self.mail_from != DEVELOPMENT_SENDER,
                    "environment = \"production\" needs mail_from: mail servers refuse a sender that nobody can answer",
                );
                unless(
                    self.secret_key.is_some() || self.database_url.expose().starts_with("sqlite:"),
                    "environment = \"production\" on PostgreSQL needs secret_key, which every node shares: `latchkey keys secret` prints one",
                );
                unless(
                    self.argon2_memory_kib >= 7 * 1024,
                    "environment = \"production\" needs argon2_memory_kib of at least 7168 (OWASP's least for Argon2id)",
                );
            }
        }
        reasons
    }

    /// Why the colour cannot be used: buttons have white text on it (WCAG 2.2, 1.4.3).
    fn unfit_accent(&self) -> Option<String> {
        let Some(accent) = Accent::parse(&self.accent_color) else {
            return Some("accent_color must be like #2b4acb".into());
        };
        let contrast = accent.contrast_with_white();
        // Cut off, so that what is just too little is not shown as enough.
        (contrast < Accent::LEAST_CONTRAST).then(|| {
            format!(
                "accent_color {accent} is too light: white text on it has a contrast of {:.2}:1, and needs 4.5:1",
                (contrast * 100.0).floor() / 100.0
            )
        })
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
        self.bind.is_loopback()
            && self.metrics_address.is_none_or(|address| address.ip().is_loopback())
            && self.base_url.as_ref().is_none_or(has_loopback_host)
    }
}

/// Whether a text is a line that says something.
fn is_line(text: &str) -> bool {
    !text.trim().is_empty() && !text.chars().any(char::is_control)
}

/// Whether a URL is scheme, host and port alone.
fn is_origin(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
}

/// Whether a URL is one that traces can be sent to.
fn is_collector(url: &Url) -> bool {
    url.scheme() == "http" && url.has_host() && url.username().is_empty() && url.password().is_none()
}

/// Whether a text is an origin exactly as browsers write it (RFC 6454 section 6.2).
fn is_written_as_origin(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| is_origin(&url) && url.origin().ascii_serialization() == text)
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
