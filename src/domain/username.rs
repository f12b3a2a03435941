//! User names. Must not decide whether one is taken.

use serde::{Deserialize, Serialize};

use super::field::Problem;

/// The fewest characters of a user name.
pub const MIN_CHARACTERS: usize = 3;
/// The most characters of a user name.
pub const MAX_CHARACTERS: usize = 32;

/// 3 to 32 ASCII letters, digits, `.`, `_` or `-`, beginning and ending with a letter or digit. ASCII alone, so that no
/// name looks like another one; without `@`, so that it is never mistaken for an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Username(String);

impl Username {
    /// Reads what somebody typed; white space around it is forgiven.
    ///
    /// # Errors
    /// [`Problem::Missing`] for nothing at all, [`Problem::UsernameShape`] for anything that is not a user name.
    pub fn parse(typed: &str) -> Result<Self, Problem> {
        let typed = typed.trim();
        if typed.is_empty() {
            return Err(Problem::Missing);
        }
        let bytes = typed.as_bytes();
        let shaped = (MIN_CHARACTERS..=MAX_CHARACTERS).contains(&bytes.len())
            && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(byte))
            && bytes.first().is_some_and(u8::is_ascii_alphanumeric)
            && bytes.last().is_some_and(u8::is_ascii_alphanumeric);
        if shaped { Ok(Self(typed.to_owned())) } else { Err(Problem::UsernameShape) }
    }

    /// The form two user names share when they are the same to us: lower case.
    #[must_use]
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }

    /// The user name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Username {
    type Error = Problem;

    fn try_from(value: String) -> Result<Self, Problem> {
        Self::parse(&value)
    }
}

impl From<Username> for String {
    fn from(value: Username) -> Self {
        value.0
    }
}

impl std::fmt::Display for Username {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn user_names_differing_in_case_share_a_key() {
        assert_eq!(Username::parse("Ada").expect("valid").key(), Username::parse(" aDA ").expect("valid").key());
    }

    #[test]
    fn odd_user_names_are_refused() {
        for typed in ["ab", "sam porter", "ada@home", "-ada", "ada.", "аdа", "ada\0", &"a".repeat(33)] {
            assert_eq!(Username::parse(typed), Err(Problem::UsernameShape), "{typed:?}");
        }
        assert_eq!(Username::parse(""), Err(Problem::Missing));
    }

    proptest! {
        #[test]
        fn parsing_never_panics_and_is_stable(typed in "\\PC{0,50}") {
            if let Ok(name) = Username::parse(&typed) {
                prop_assert_eq!(Username::parse(name.as_str()), Ok(name.clone()));
                prop_assert!(!name.as_str().contains('@'));
            }
        }

        #[test]
        fn plain_names_are_accepted(typed in "[a-zA-Z0-9][a-zA-Z0-9._-]{1,30}[a-zA-Z0-9]") {
            prop_assert!(Username::parse(&typed).is_ok());
        }
    }
}
