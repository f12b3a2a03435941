//! Paths of this site that a redirect may lead to. Must not hold anything a browser could read as another origin.

use serde::{Deserialize, Serialize};

/// Longer ones are not ours (ASVS 4.2.5). The longest of ours names a page of people, 25, to be acted on.
const MAX_BYTES: usize = 2048;

/// An absolute path on this origin, with its query: printable ASCII, one leading `/`, no backslash, no fragment
/// (ASVS 1.2.2, 3.7.2). Always fit for a `Location` header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SafePath(String);

impl SafePath {
    /// Where signed-in people land.
    #[must_use]
    pub fn dashboard() -> Self {
        Self("/dashboard".into())
    }

    /// A path written in our own source; anything else becomes the front page.
    #[must_use]
    pub fn literal(path: &'static str) -> Self {
        Self::parse(path).unwrap_or_else(|| Self("/".into()))
    }

    /// Reads a path from outside; `None` if it could lead elsewhere.
    #[must_use]
    pub fn parse(path: &str) -> Option<Self> {
        let bytes = path.as_bytes();
        let is_ours = bytes.first() == Some(&b'/')
            && bytes.get(1) != Some(&b'/')
            && bytes.len() <= MAX_BYTES
            && bytes.iter().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'#' | b'<' | b'>' | b'"'))
            && !has_dot_segment(path)
            && !has_hidden_separator(path);
        is_ours.then(|| Self(path.to_owned()))
    }

    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// This path as the value of a query parameter.
    #[must_use]
    pub fn query_value(&self) -> String {
        let mut value = String::with_capacity(self.0.len());
        for byte in self.0.bytes() {
            if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
                value.push(char::from(byte));
            } else {
                value.push('%');
                for digit in [byte >> 4, byte & 15] {
                    value.push(char::from_digit(u32::from(digit), 16).unwrap_or('0').to_ascii_uppercase());
                }
            }
        }
        value
    }
}

/// Browsers fold `/.//host` into `//host` in some places; no page of ours needs such segments.
fn has_dot_segment(path: &str) -> bool {
    let before_query = path.split('?').next().unwrap_or(path);
    before_query.split('/').any(|segment| {
        let plain = segment.to_ascii_lowercase().replace("%2e", ".");
        plain == "." || plain == ".."
    })
}

/// Whoever undoes escapes before the browser sees them, as some proxies do, would make `/%2fhost` into `//host`; no page of ours
/// needs an escaped separator or control character in its path.
fn has_hidden_separator(path: &str) -> bool {
    let before_query = path.split('?').next().unwrap_or(path).to_ascii_lowercase();
    before_query.split('%').skip(1).any(|escaped| {
        let digits = escaped.get(..2).unwrap_or_default();
        matches!(digits, "2f" | "5c" | "7f" | "25") || digits.starts_with(['0', '1'])
    })
}

impl TryFrom<String> for SafePath {
    type Error = &'static str;

    fn try_from(value: String) -> Result<Self, Self::Error> {
        Self::parse(&value).ok_or("not a path of this site")
    }
}

impl From<SafePath> for String {
    fn from(value: SafePath) -> Self {
        value.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn paths_of_this_site_are_kept_whole() {
        for path in ["/", "/dashboard", "/account/password?x=1&y=%2F", "/a.b/c"] {
            assert_eq!(SafePath::parse(path).expect(path).as_str(), path);
        }
    }

    /// ASVS 3.7.2.
    #[test]
    fn what_could_lead_elsewhere_is_refused() {
        for path in [
            "",
            "dashboard",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https://evil.example",
            "/\t/evil.example",
            "javascript:alert(1)",
            "/a\r\nSet-Cookie: x=1",
            "/ü",
            "/./\u{2f}evil.example",
            "/.//evil.example",
            "/%2e%2e//evil.example",
            "/a\0",
            " /",
            "/a b",
            "/#x",
            "/%2fevil.example",
            "/%5Cevil.example",
            "/%09/evil.example",
            "/a/%252f/evil.example",
        ] {
            assert_eq!(SafePath::parse(path), None, "{path:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_accepted_stays_on_this_origin(path in "[/\\\\.%a-z:@?\\r\\n\\t ]{0,24}") {
            if let Some(safe) = SafePath::parse(&path) {
                prop_assert!(safe.as_str().starts_with('/'));
                prop_assert!(!safe.as_str().starts_with("//"));
                prop_assert!(safe.as_str().bytes().all(|b| b.is_ascii_graphic() && b != b'\\'));
                prop_assert_eq!(SafePath::parse(safe.as_str()), Some(safe.clone()));
            }
        }

        #[test]
        fn a_query_value_holds_no_separator(path in "/[ -~]{0,24}") {
            if let Some(safe) = SafePath::parse(&path) {
                prop_assert!(!safe.query_value().contains(['&', '?', '=', '#', '+', ' ']));
            }
        }
    }
}
