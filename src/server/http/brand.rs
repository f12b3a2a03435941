//! The colour and the sign of a site, from its settings, as files under the digest of what is in them. Must not serve what
//! somebody sent.

use axum::{
    Router,
    http::{
        HeaderName, HeaderValue,
        header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE},
    },
    routing::get,
};

use crate::{
    domain::{accent::Accent, site::BrandPaths},
    server::{
        config::{Config, logo},
        crypto::token::digest,
        error::ServerError,
    },
};

use super::assets::{DIGITS, FOR_EVER};

/// What a sign may do when it is opened by itself: be looked at.
const LOGO_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/// What the settings say, read once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brand {
    /// The rule for pages, where the colour is not the default.
    style: Option<String>,
    /// The sign.
    logo: Option<Vec<u8>>,
}

impl Brand {
    /// Reads the settings, and the file that they name.
    ///
    /// # Errors
    /// When that cannot be used.
    pub fn load(config: &Config) -> Result<Self, ServerError> {
        let accent = config.accent();
        let style = (accent != Accent::DEFAULT).then(|| format!(":root{{--brand:{accent}}}"));
        let logo = config.logo.as_deref().map(logo::read).transpose().map_err(ServerError::Logo)?;
        Ok(Self { style, logo })
    }

    /// Where pages find it.
    #[must_use]
    pub fn paths(&self) -> BrandPaths {
        let path = |content: &[u8], name: &str| {
            let version: String = digest(content).chars().take(DIGITS).collect();
            format!("/brand/{version}/{name}")
        };
        BrandPaths {
            style: self.style.as_ref().map(|style| path(style.as_bytes(), "brand.css")),
            logo: self.logo.as_ref().map(|logo| path(logo, "logo.svg")),
        }
    }
}

/// Serves what there is.
pub fn routes<S: Clone + Send + Sync + 'static>(brand: &Brand) -> Router<S> {
    let paths = brand.paths();
    let style = paths.style.zip(brand.style.clone()).map(|(path, style)| {
        let headers = kept("text/css; charset=utf-8");
        (path, get(move || std::future::ready((headers, style.clone()))))
    });
    let logo = paths.logo.zip(brand.logo.clone()).map(|(path, logo)| {
        let headers = kept("image/svg+xml");
        let policy = [(CONTENT_SECURITY_POLICY, LOGO_POLICY)];
        (path, get(move || std::future::ready((headers, policy, logo.clone()))))
    });
    style.into_iter().chain(logo).fold(Router::new(), |routes, (path, file)| routes.route(&path, file))
}

fn kept(content_type: &'static str) -> [(HeaderName, HeaderValue); 2] {
    [(CONTENT_TYPE, HeaderValue::from_static(content_type)), (CACHE_CONTROL, FOR_EVER)]
}
