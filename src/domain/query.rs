//! Addresses of this site with a query, put together; and what queries and forms hold, read: ids, and texts to look for. Must
//! not know a page.

use std::fmt::Write as _;

/// Characters of an id.
const ID_CHARACTERS: usize = 36;

/// What was given as the id of a person, session or event, if it has the shape of one (RFC 9562). Nothing else names anything,
/// and not every database takes any text to look for (ASVS 2.2.1).
#[must_use]
pub fn id(given: &str) -> Option<&str> {
    let is_one = given.len() == ID_CHARACTERS && given.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    is_one.then_some(given)
}

/// What was typed to look for: control characters, which nothing has that is looked for, and spaces around it taken away, and
/// cut at so many characters.
#[must_use]
pub fn text(typed: &str, most: usize) -> String {
    let printable: String = typed.chars().filter(|character| !character.is_control()).collect();
    printable.trim().chars().take(most).collect()
}

/// A path and what is asked of it; parameters without a value are left out, so that an address says no more than it must.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(String);

impl Address {
    /// The path alone.
    #[must_use]
    pub fn of(path: &str) -> Self {
        Self(path.to_owned())
    }

    /// One parameter more, if it has a value.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        if !value.is_empty() {
            self.0.push(if self.0.contains('?') { '&' } else { '?' });
            self.0.push_str(name);
            self.0.push('=');
            for byte in value.bytes() {
                if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                    self.0.push(char::from(byte));
                } else {
                    let _ = write!(self.0, "%{byte:02X}");
                }
            }
        }
        self
    }
}

impl From<Address> for String {
    fn from(value: Address) -> Self {
        value.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_no_id_names_nothing() {
        let one = "01890a5d-ac96-774b-bcce-b302099a8057";
        assert_eq!(id(one), Some(one));
        for other in ["", "\0", "x", &one[1..], &one.replace('a', "\0"), &one.replace('a', "g")] {
            assert_eq!(id(other), None, "{other:?}");
        }
    }

    proptest! {
        /// ASVS 2.2.1.
        #[test]
        fn what_is_looked_for_has_no_control_characters(typed in any::<String>()) {
            let text = text(&typed, 20);
            prop_assert!(text.chars().count() <= 20 && !text.contains(char::is_control));
        }
    }

    #[test]
    fn values_cannot_add_parameters() {
        let address = Address::of("/admin/people").with("q", "a&b=c d+ü#").with("role", "").with("sort", "email");
        assert_eq!(String::from(address), "/admin/people?q=a%26b%3Dc%20d%2B%C3%BC%23&sort=email");
    }
}
