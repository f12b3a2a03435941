//! What a new password must be like before its strength is asked. Must not estimate, hash or store one.

use super::field::Problem;

/// The most code points of a password (ASVS 6.2.9 asks for at least 64).
pub const MAX_CODE_POINTS: usize = 256;
/// The fewest code points any setting may ask for (ASVS 6.2.1).
pub const MIN_CODE_POINTS: u16 = 8;

/// Checks the length of a password being chosen; it is taken exactly as received, and nothing is asked of its
/// composition (ASVS 6.2.5, 6.2.8).
///
/// # Errors
/// [`Problem::Missing`], [`Problem::PasswordTooShort`], [`Problem::PasswordTooLong`] or [`Problem::PasswordNul`].
pub fn check_new(password: &str, minimum: u16) -> Result<(), Problem> {
    if password.is_empty() {
        return Err(Problem::Missing);
    }
    if password.contains('\0') {
        return Err(Problem::PasswordNul);
    }
    let length = password.chars().take(MAX_CODE_POINTS + 1).count();
    if length > MAX_CODE_POINTS {
        Err(Problem::PasswordTooLong)
    } else if length < usize::from(minimum) {
        Err(Problem::PasswordTooShort { minimum })
    } else {
        Ok(())
    }
}

/// Checks a password offered as the one in force, before it costs a hash.
///
/// # Errors
/// [`Problem::Missing`] for none; anything else may be somebody's.
pub fn check_current(password: &str) -> Result<(), Problem> {
    if password.is_empty() { Err(Problem::Missing) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// ASVS 6.2.1, 6.2.9.
    #[test]
    fn length_is_counted_in_code_points() {
        assert_eq!(check_new("", 8), Err(Problem::Missing));
        assert_eq!(check_new("1234567", 8), Err(Problem::PasswordTooShort { minimum: 8 }));
        assert_eq!(check_new("日本語日本語日本", 8), Ok(()));
        assert_eq!(check_new(&"é".repeat(256), 8), Ok(()));
        assert_eq!(check_new(&"é".repeat(257), 8), Err(Problem::PasswordTooLong));
        assert_eq!(check_new("nul\0inside", 8), Err(Problem::PasswordNul));
    }

    proptest! {
        /// ASVS 6.2.5: no composition rule.
        #[test]
        fn any_text_of_the_right_length_is_well_formed(password in "[^\\x00]{8,256}") {
            prop_assert_eq!(check_new(&password, 8), Ok(()));
        }

        #[test]
        fn checking_never_panics(password in any::<String>(), minimum in any::<u16>()) {
            let _ = check_new(&password, minimum);
            let _ = check_current(&password);
        }
    }
}
