//! Browser and system in words, from what the browser says of itself. Must not be used to decide anything.

use crate::words;

/// For example `Chrome on Linux`, or the name of a program such as `curl`; `an unknown browser` where nothing can be told.
#[must_use]
pub fn in_words(user_agent: &str) -> String {
    let text = words::device();
    if let Some(name) = program(user_agent) {
        return name.to_owned();
    }
    let unknown = |name: &str| name.is_empty() || name == woothee::woothee::VALUE_UNKNOWN;
    match woothee::parser::Parser::new().parse(user_agent) {
        Some(found) if !unknown(found.name) && !unknown(found.os) => {
            let system = if found.os == "Mac OSX" { "macOS" } else { found.os };
            (text.browser_on_system)(found.name, system)
        }
        Some(found) if !unknown(found.name) => found.name.to_owned(),
        _ => text.unknown.to_owned(),
    }
}

/// The first product that a program names (RFC 9110 section 10.1.5); browsers all begin with `Mozilla`, or were `Opera` once.
fn program(user_agent: &str) -> Option<&str> {
    let (name, version) = user_agent.split(' ').next()?.split_once('/')?;
    let is_name = (1..=40).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
    let is_browser = ["Mozilla", "Opera"].contains(&name);
    (is_name && !is_browser && version.starts_with(|first: char| first.is_ascii_digit())).then_some(name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_known_browser_is_named() {
        let chrome =
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";
        assert_eq!(in_words(chrome), "Chrome on Linux");
        let safari = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1 Safari/605.1.15";
        assert_eq!(in_words(safari), "Safari on macOS");
        assert_eq!(in_words(""), "an unknown browser");
        assert_eq!(in_words("curl/8.19.0"), "curl");
        assert_eq!(in_words("python-requests/2.34.2 extra"), "python-requests");
        assert_eq!(in_words("<b>/1"), "an unknown browser");
    }

    proptest! {
        #[test]
        fn any_text_is_some_device(user_agent in "\\PC{0,120}") {
            prop_assert!(!in_words(&user_agent).is_empty());
        }
    }
}
