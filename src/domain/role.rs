//! Names of what a person may do. Must not grant anything.

use serde::{Deserialize, Serialize};

/// The most characters of a role's name.
const MAX_CHARACTERS: usize = 32;

/// A role: 1 to 32 lower-case ASCII letters, digits, `-` or `_`. `admin` is built in; a team adds its own.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Role(String);

impl Role {
    /// The name of the built-in role.
    pub const ADMIN: &'static str = "admin";

    /// The built-in administrator.
    #[must_use]
    pub fn admin() -> Self {
        Self(Self::ADMIN.into())
    }

    /// Reads the name of a role; `None` if it is not one.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let shaped = (1..=MAX_CHARACTERS).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte));
        shaped.then(|| Self(name.to_owned()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Role {
    type Error = &'static str;

    fn try_from(value: String) -> Result<Self, Self::Error> {
        Self::parse(&value).ok_or("not the name of a role")
    }
}

impl From<Role> for String {
    fn from(value: Role) -> Self {
        value.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_built_in_role_is_one() {
        assert_eq!(Role::parse("admin"), Some(Role::admin()));
        assert_eq!(Role::parse("Admin"), None);
        assert_eq!(Role::parse(""), None);
    }

    proptest! {
        #[test]
        fn parsing_never_panics_and_is_stable(name in any::<String>()) {
            if let Some(role) = Role::parse(&name) {
                prop_assert_eq!(Role::parse(role.as_str()), Some(role.clone()));
            }
        }
    }
}
