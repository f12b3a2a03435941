//! Addresses of this site with a query, put together; and what queries and forms hold, read: ids, texts to look for, and the page
//! of a list. Must not know a page or a list.

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
/// cut at so many characters. What came out once comes out the same again.
#[must_use]
pub fn text(typed: &str, most: usize) -> String {
    let printable: String = typed.chars().filter(|character| !character.is_control()).collect();
    let cut: String = printable.trim().chars().take(most).collect();
    cut.trim_end().to_owned()
}

/// Where a page of a list begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ListPage {
    /// At the beginning.
    #[default]
    First,
    /// With what follows this id.
    After(String),
    /// With what ends before this id.
    Before(String),
}

impl ListPage {
    /// What a parameter of an address says of it; `None` for any other, or where it names nothing.
    #[must_use]
    pub fn parse(name: &str, value: &str) -> Option<Self> {
        match (name, id(value)) {
            ("after", Some(id)) => Some(Self::After(id.to_owned())),
            ("before", Some(id)) => Some(Self::Before(id.to_owned())),
            _ => None,
        }
    }
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

    /// The address of a page of a list, with what the list is asked for.
    #[must_use]
    pub fn at_page(self, parameters: &[(&'static str, String)], page: &ListPage) -> Self {
        let address = parameters.iter().fold(self, |address, (name, value)| address.with(name, value));
        match page {
            ListPage::First => address,
            ListPage::After(id) => address.with("after", id),
            ListPage::Before(id) => address.with("before", id),
        }
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
            let looked_for = text(&typed, 20);
            prop_assert!(looked_for.chars().count() <= 20 && !looked_for.contains(char::is_control));
            prop_assert_eq!(&text(&looked_for, 20), &looked_for);
        }
    }

    #[test]
    fn what_is_cut_at_a_space_ends_before_it() {
        assert_eq!(text("  one two", 4), "one");
    }

    #[test]
    fn values_cannot_add_parameters() {
        let address = Address::of("/admin/people").with("q", "a&b=c d+ü#").with("role", "").with("sort", "email");
        assert_eq!(String::from(address), "/admin/people?q=a%26b%3Dc%20d%2B%C3%BC%23&sort=email");
    }
}
