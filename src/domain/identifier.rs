//! What somebody may type to sign in: an e-mail address or a user name. Must not decide whether it belongs to anybody.

use serde::{Deserialize, Serialize};

use super::{email::Email, field::Problem, username::Username};

/// Which identifiers sign-up asks for; the setting `identifier`. Sign-in accepts whichever exists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IdentifierMode {
    /// People sign up with an e-mail address.
    #[default]
    Email,
    /// People sign up with a user name.
    Username,
    /// People sign up with a user name, an e-mail address, or both.
    Either,
}

impl IdentifierMode {
    /// Whether the sign-up form shows the e-mail field.
    #[must_use]
    pub fn asks_email(self) -> bool {
        matches!(self, Self::Email | Self::Either)
    }

    /// Whether the sign-up form shows the user name field.
    #[must_use]
    pub fn asks_username(self) -> bool {
        matches!(self, Self::Username | Self::Either)
    }
}

/// A well-formed identifier, told apart by the `@`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identifier {
    /// An e-mail address.
    Email(Email),
    /// A user name.
    Username(Username),
}

impl Identifier {
    /// Reads what somebody typed.
    ///
    /// # Errors
    /// [`Problem::Missing`] for nothing at all, [`Problem::IdentifierShape`] for what nobody can be called.
    pub fn parse(typed: &str) -> Result<Self, Problem> {
        if typed.trim().is_empty() {
            return Err(Problem::Missing);
        }
        let parsed = if typed.contains('@') {
            Email::parse(typed).map(Self::Email)
        } else {
            Username::parse(typed).map(Self::Username)
        };
        parsed.map_err(|_| Problem::IdentifierShape)
    }

    /// The form that all spellings of the same identifier share.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::Email(email) => email.key(),
            Self::Username(username) => username.key(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_at_sign_tells_an_address_from_a_name() {
        assert!(matches!(Identifier::parse("ada@example.org"), Ok(Identifier::Email(_))));
        assert!(matches!(Identifier::parse("ada"), Ok(Identifier::Username(_))));
        assert_eq!(Identifier::parse(" "), Err(Problem::Missing));
        assert_eq!(Identifier::parse("ada@"), Err(Problem::IdentifierShape));
    }

    proptest! {
        #[test]
        fn parsing_never_panics(typed in any::<String>()) {
            let _ = Identifier::parse(&typed);
        }
    }
}
