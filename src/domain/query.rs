//! Addresses of this site with a query, put together, and the page of a list that one asks for. Must not know a list.

use std::fmt::Write as _;

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
    /// What a parameter of an address says of it, if it is one of this.
    #[must_use]
    pub fn parse(name: &str, value: &str) -> Option<Self> {
        match name {
            "after" if !value.is_empty() => Some(Self::After(value.to_owned())),
            "before" if !value.is_empty() => Some(Self::Before(value.to_owned())),
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
    use super::*;

    #[test]
    fn values_cannot_add_parameters() {
        let address = Address::of("/admin/people").with("q", "a&b=c d+ü#").with("role", "").with("sort", "email");
        assert_eq!(String::from(address), "/admin/people?q=a%26b%3Dc%20d%2B%C3%BC%23&sort=email");
    }
}
