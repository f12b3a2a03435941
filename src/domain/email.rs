//! E-mail addresses as Latchkey accepts them. Must not decide whether an address exists.

use serde::{Deserialize, Serialize};

use super::field::Problem;

/// The longest address SMTP carries (RFC 5321 section 4.5.3.1.3, less the angle brackets).
const MAX_BYTES: usize = 254;
/// The longest local part (RFC 5321 section 4.5.3.1.1).
const MAX_LOCAL_BYTES: usize = 64;
/// The longest label of a domain name (RFC 1035 section 2.3.4).
const MAX_LABEL_BYTES: usize = 63;

/// An address that can stand in a mail header and in a form: `local@domain.tld`, at most 254 bytes, without quoting,
/// comments, white space or control characters (ASVS 1.3.11, 2.2.1). Kept as typed, but for the domain in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

impl Email {
    /// Reads what somebody typed; white space around it is forgiven.
    ///
    /// # Errors
    /// [`Problem::Missing`] for nothing at all, [`Problem::EmailShape`] for anything that is not an address.
    pub fn parse(typed: &str) -> Result<Self, Problem> {
        let typed = typed.trim();
        if typed.is_empty() {
            return Err(Problem::Missing);
        }
        if typed.len() > MAX_BYTES {
            return Err(Problem::EmailShape);
        }
        let (local, domain) = typed.rsplit_once('@').ok_or(Problem::EmailShape)?;
        if !is_local_part(local) || !is_domain(domain) {
            return Err(Problem::EmailShape);
        }
        Ok(Self(format!("{local}@{}", domain.to_ascii_lowercase())))
    }

    /// The form two addresses share when they are the same to us: everything in lower case.
    #[must_use]
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }

    /// What stands before the `@`.
    #[must_use]
    pub fn local_part(&self) -> &str {
        self.0.rsplit_once('@').map_or(self.0.as_str(), |(local, _)| local)
    }

    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Email {
    type Error = Problem;

    fn try_from(value: String) -> Result<Self, Problem> {
        Self::parse(&value)
    }
}

impl From<Email> for String {
    fn from(value: Email) -> Self {
        value.0
    }
}

impl std::fmt::Display for Email {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// RFC 5322 `dot-atom`, with letters and digits of every script (RFC 6532).
fn is_local_part(local: &str) -> bool {
    local.len() <= MAX_LOCAL_BYTES
        && local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atom_character))
}

fn is_atom_character(character: char) -> bool {
    // A letter such as the Kelvin sign is an ASCII one in lower case, and would share somebody else's key.
    let is_plain = character.is_ascii() || !character.to_lowercase().any(|lower| lower.is_ascii());
    is_plain && character.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(character)
}

/// At least two labels of letters, digits and inner hyphens; the last one is not a number, so that it is a name.
fn is_domain(domain: &str) -> bool {
    let mut labels = 0;
    let mut last_is_number = false;
    for label in domain.split('.') {
        let shaped = !label.is_empty()
            && label.len() <= MAX_LABEL_BYTES
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .chars()
                .all(|character| character == '-' || (character.is_alphanumeric() && is_atom_character(character)));
        if !shaped {
            return false;
        }
        labels += 1;
        last_is_number = label.chars().all(|character| character.is_ascii_digit());
    }
    labels >= 2 && !last_is_number
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ordinary_addresses_are_accepted_and_kept_as_typed() {
        for typed in
            ["ada@example.org", "Sam.Porter+test@Example.ORG", "o'brien@mail.example.co.uk", "jürgen@bücher.example"]
        {
            let email = Email::parse(typed).expect(typed);
            assert_eq!(email.local_part(), typed.rsplit_once('@').expect("has an @").0);
        }
        assert_eq!(Email::parse("Ada@Example.ORG").expect("valid").as_str(), "Ada@example.org");
    }

    #[test]
    fn white_space_around_an_address_is_forgiven() {
        assert_eq!(Email::parse(" ada@example.org\n").expect("valid").as_str(), "ada@example.org");
    }

    #[test]
    fn addresses_that_differ_in_case_share_a_key() {
        let one = Email::parse("ADA@example.org").expect("valid");
        let other = Email::parse("ada@EXAMPLE.org").expect("valid");
        assert_eq!(one.key(), other.key());
    }

    #[test]
    fn everything_else_is_refused() {
        for typed in [
            "ada",
            "@example.org",
            "ada@",
            "ada@localhost",
            "ada@@example.org",
            "sam porter@example.org",
            "ada@exa mple.org",
            "ada@-example.org",
            "ada@example-.org",
            "ada@example..org",
            ".ada@example.org",
            "ada.@example.org",
            "a..da@example.org",
            "ada@127.0.0.1",
            "ada@example.org\r\nBcc: x@example.org",
            "\"ada\"@example.org",
            "ada@example.org,bob@example.org",
            "ada\0@example.org",
            "<ada@example.org>",
            "ada@[::1]",
            "\u{212a}im@example.org",
        ] {
            assert_eq!(Email::parse(typed), Err(Problem::EmailShape), "{typed:?}");
        }
        assert_eq!(Email::parse("  "), Err(Problem::Missing));
        assert_eq!(Email::parse(&format!("{}@example.org", "a".repeat(65))), Err(Problem::EmailShape));
        assert_eq!(Email::parse(&format!("a@{}org", "b.".repeat(130))), Err(Problem::EmailShape));
    }

    proptest! {
        #[test]
        fn parsing_never_panics_and_is_stable(typed in "\\PC{0,80}") {
            if let Ok(email) = Email::parse(&typed) {
                prop_assert_eq!(Email::parse(email.as_str()), Ok(email.clone()));
                prop_assert!(email.as_str().len() <= MAX_BYTES);
            }
        }

        /// ASVS 1.3.11.
        #[test]
        fn accepted_addresses_cannot_break_a_header(typed in "[ -~\\r\\n\\t\\x00]{1,30}@[a-z.\\r\\n ]{1,20}") {
            if let Ok(email) = Email::parse(&typed) {
                prop_assert!(!email.as_str().chars().any(|c| c.is_control() || c.is_whitespace() || "<>,;:\"()[]\\".contains(c)));
            }
        }

        #[test]
        fn plain_addresses_are_accepted(local in "[a-zA-Z0-9_+-]{1,20}", domain in "[a-z][a-z0-9]{0,20}\\.[a-z]{2,10}") {
            let typed = format!("{local}@{domain}");
            prop_assert!(Email::parse(&typed).is_ok());
        }
    }
}
