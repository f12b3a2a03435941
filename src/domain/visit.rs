//! What a page knows of the request that it answers. Must not hold who asks, or a secret.

use super::{safe_path::SafePath, theme::Theme};

/// One look at one page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// The colours that were chosen in this browser.
    pub theme: Theme,
    /// Where the page stands; the front page where it cannot be opened again.
    pub path: SafePath,
}

impl Default for Visit {
    fn default() -> Self {
        Self { theme: Theme::default(), path: SafePath::literal("/") }
    }
}

impl Visit {
    /// Whether the page is the one of this path, whatever its query.
    #[must_use]
    pub fn is_at(&self, path: &str) -> bool {
        self.path.as_str().split('?').next() == Some(path)
    }
}
