//! What pages know of the site they belong to. Must not hold a secret: it may travel to the browser.

use serde::{Deserialize, Serialize};

use super::identifier::IdentifierMode;

/// Where the files of this build are served, without the leading `/`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssetPaths {
    /// Script, styles, WebAssembly.
    pub pkg: String,
    /// The strength estimator and its Worker.
    pub estimator: String,
}

impl Default for AssetPaths {
    fn default() -> Self {
        Self { pkg: "pkg".into(), estimator: "estimator".into() }
    }
}

/// Where colour and sign of this site are served; without one, pages have ours.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrandPaths {
    /// A style sheet with the colour.
    pub style: Option<String>,
    /// The sign.
    pub logo: Option<String>,
}

/// The settings that pages show or check by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// What the site is called.
    pub name: String,
    /// Which identifiers sign-up asks for.
    pub identifier: IdentifierMode,
    /// Whether an address must be proven before an account can be used.
    pub needs_verification: bool,
    /// The fewest code points of a password.
    pub password_minimum: u16,
    /// Where a developer reads mail, if this process keeps it.
    pub mail_page: Option<String>,
    /// Where the files of this build are served.
    pub assets: AssetPaths,
    /// Where colour and sign are served.
    pub brand: BrandPaths,
}

impl Default for Site {
    fn default() -> Self {
        Self {
            name: "Latchkey".into(),
            identifier: IdentifierMode::Email,
            needs_verification: false,
            password_minimum: super::password::MIN_CODE_POINTS,
            mail_page: None,
            assets: AssetPaths::default(),
            brand: BrandPaths::default(),
        }
    }
}
