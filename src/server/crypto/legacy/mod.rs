//! Hashes that people bring along from elsewhere: recognised, bounded, verified by their own rule. Must not make any: who
//! signs in with one gets a hash of ours.
//!
//! To add a format, write a function that reads its text, bounds its cost and answers with what verifies a password (a
//! [`Check`]), and give it a line in [`FORMATS`]; then let `src/tests/fixtures/hashes/generate.py` make some with the library
//! that makes them.

/// Argon2, as Django and as the PHC string format have it.
mod argon2;
/// bcrypt, bare and as Django wraps it.
mod bcrypt;
/// PBKDF2, as Werkzeug, Django and passlib have it.
mod pbkdf2;
/// scrypt, as Werkzeug, Django and the PHC string format have it.
mod scrypt;

use subtle::ConstantTimeEq;

/// Every format, with what its hashes begin with. The first that fits reads it.
static FORMATS: &[Format] = &[
    Format { name: "bcrypt", begins: &["$2a$", "$2b$", "$2x$", "$2y$"], read: bcrypt::read },
    Format { name: "Django bcrypt_sha256", begins: &["bcrypt_sha256$$2"], read: bcrypt::read_django_sha256 },
    Format { name: "Django bcrypt", begins: &["bcrypt$$2"], read: bcrypt::read_django },
    Format { name: "Werkzeug scrypt", begins: &["scrypt:"], read: scrypt::read_werkzeug },
    Format { name: "Django scrypt", begins: &["scrypt$"], read: scrypt::read_django },
    Format { name: "scrypt", begins: &["$scrypt$"], read: scrypt::read_phc },
    Format { name: "Werkzeug pbkdf2", begins: &["pbkdf2:"], read: pbkdf2::read_werkzeug },
    Format { name: "Django pbkdf2_sha256", begins: &["pbkdf2_sha256$"], read: pbkdf2::read_django },
    Format { name: "passlib pbkdf2", begins: &["$pbkdf2-sha256$", "$pbkdf2-sha512$"], read: pbkdf2::read_passlib },
    Format { name: "Django argon2", begins: &["argon2$argon2"], read: argon2::read_django },
    Format { name: "Argon2", begins: &[OURS], read: argon2::read_phc },
];

/// What hashes of our own kind begin with. The hashing pool verifies these itself, whatever they cost: an operator may set
/// a cost beyond the bounds here, and lower it again.
const OURS: &str = "$argon2";

/// The longest hash that is read.
const MAX_BYTES: usize = 512;

/// Whether a password is the one. Takes the time that its parameters say, so only on a thread of the hashing pool.
type Check = Box<dyn Fn(&[u8]) -> bool>;

struct Format {
    name: &'static str,
    begins: &'static [&'static str],
    read: fn(&str) -> Result<Check, Fault>,
}

/// Why a hash is of no use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is of no format above, and looks like no hash at all.
    #[error("the password is not hashed: plain-text passwords are not taken")]
    PlainText,
    /// It is of no format above.
    #[error("no hash of a kind that is known here")]
    Unknown,
    /// It begins like one and does not go on like one.
    #[error("not a well-formed {0} hash")]
    Malformed(&'static str),
    /// Verifying it would take so much that signing in would be an attack.
    #[error("this {0} hash costs too much to verify: {1}")]
    TooDear(&'static str, &'static str),
}

/// Why one format cannot read a hash; [`Refusal`] without the name of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Malformed,
    TooDear(&'static str),
}

/// Names the format of a hash that can be verified here, so that it may be kept.
///
/// # Errors
/// Why it cannot.
pub fn examine(stored: &str) -> Result<&'static str, Refusal> {
    let format = format_of(stored).ok_or(if looks_hashed(stored) { Refusal::Unknown } else { Refusal::PlainText })?;
    read(format, stored).map(|_| format.name)
}

/// Whether a stored hash is verified here rather than as one of ours.
pub(super) fn is_legacy(stored: &str) -> bool {
    !stored.starts_with(OURS)
}

/// Whether a password belongs to a stored hash; what cannot be read, or costs too much, belongs to nothing (ASVS 15.2.2).
pub(super) fn verify(password: &str, stored: &str) -> bool {
    let Some(format) = format_of(stored) else { return false };
    // C ends a text at a NUL, and HMAC fills short keys with them: two passwords would be one. The work is done all the same.
    let is_whole = !password.contains('\0');
    read(format, stored).is_ok_and(|check| check(password.as_bytes()) && is_whole)
}

fn format_of(stored: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.begins.iter().any(|begin| stored.starts_with(begin)))
}

fn read(format: &'static Format, stored: &str) -> Result<Check, Refusal> {
    if stored.len() > MAX_BYTES || stored.contains('\0') {
        return Err(Refusal::Malformed(format.name));
    }
    (format.read)(stored).map_err(|fault| match fault {
        Fault::Malformed => Refusal::Malformed(format.name),
        Fault::TooDear(bound) => Refusal::TooDear(format.name, bound),
    })
}

/// Whether a text is more like a hash than like what somebody types: so that the reason for refusing it is the right one.
fn looks_hashed(text: &str) -> bool {
    let is_digest = |text: &str| {
        matches!(text.len(), 32 | 40 | 56 | 64 | 96 | 128) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    let is_modular = text.starts_with('$') && text.matches('$').count() >= 3;
    let is_ldap = text.starts_with('{') && text.contains('}');
    // As Django and Werkzeug write theirs: a name, and behind the last `$` a digest.
    let is_named =
        ["md5", "sha1", "sha224", "sha256", "sha384", "sha512", "pbkdf2", "scrypt", "bcrypt", "argon2", "crypt"]
            .iter()
            .any(|name| text.starts_with(name))
            && text.contains('$');
    is_digest(text) || is_modular || is_ldap || is_named
}

/// Whether two digests are the same, in a time that tells nothing of them (ASVS 11.2.4).
fn same(computed: &[u8], stored: &[u8]) -> bool {
    computed.ct_eq(stored).into()
}

/// Bytes of hexadecimal digits, so many.
fn hexadecimal(text: &str, bytes: usize) -> Result<Vec<u8>, Fault> {
    if text.len() != bytes * 2 || !text.is_ascii() {
        return Err(Fault::Malformed);
    }
    (0..bytes)
        .map(|at| u8::from_str_radix(text.get(at * 2..at * 2 + 2).unwrap_or_default(), 16))
        .collect::<Result<_, _>>()
        .map_err(|_| Fault::Malformed)
}

/// A number as every library writes it: digits alone, without a zero before them.
fn number(text: &str) -> Result<u32, Fault> {
    let is_plain = !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text
        .parse()
        .map_err(|_| if is_plain && !text.is_empty() { Fault::TooDear("an immense number") } else { Fault::Malformed });
    if is_plain { number } else { Err(Fault::Malformed) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_reason_is_the_right_one() {
        for plain in ["", "hunter2", "correct horse battery staple", "$ecret", "{smile}"[..1].as_ref(), "12345678"] {
            assert_eq!(examine(plain), Err(Refusal::PlainText), "{plain:?}");
        }
        for unknown in [
            "5f4dcc3b5aa765d61d8327deb882cf99",
            "sha256$abc$5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8",
            "$6$rounds=5000$salt$hash",
            "{SSHA}xyz",
            "md5$salt$5f4dcc3b5aa765d61d8327deb882cf99",
        ] {
            assert_eq!(examine(unknown), Err(Refusal::Unknown), "{unknown:?}");
        }
        for malformed in
            ["$2b$12$short", "scrypt:32768:8:1$salt$nothex", "pbkdf2:md5:1000$a$b", "$argon2id$v=19$m=8", "$scrypt$"]
        {
            assert!(matches!(examine(malformed), Err(Refusal::Malformed(_))), "{malformed:?}");
        }
    }

    /// ASVS 15.2.2: what would keep a thread for long is refused before any work.
    #[test]
    fn what_costs_too_much_is_refused_and_matches_nothing() {
        let hex = "0".repeat(128);
        let long = "A".repeat(31);
        for dear in [
            format!("$2b$16$abcdefghijklmnopqrstuu{long}"),
            format!("$2b$31$abcdefghijklmnopqrstuu{long}"),
            format!("bcrypt$$2b$31$abcdefghijklmnopqrstuu{long}"),
            format!("bcrypt_sha256$$2b$31$abcdefghijklmnopqrstuu{long}"),
            format!("scrypt:1073741824:8:1$salt${hex}"),
            format!("scrypt:32768:8:1000$salt${hex}"),
            format!("scrypt:2:1000000:1$salt${hex}"),
            format!("scrypt:99999999999999999999:8:1$salt${hex}"),
            format!("scrypt$1073741824$salt$8$1${}", "A".repeat(86) + "=="),
            "$scrypt$ln=31,r=8,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".into(),
            format!("pbkdf2:sha256:4000000000$salt${}", &hex[..64]),
            format!("pbkdf2_sha256$4000000000$salt${}", "A".repeat(43) + "="),
            format!("$pbkdf2-sha256$4000000000$c2FsdHNhbHQ${}", "A".repeat(43)),
            "$argon2id$v=19$m=4000000,t=1,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".into(),
            "$argon2id$v=19$m=65536,t=4000000,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".into(),
            "argon2$argon2id$v=19$m=65536,t=4000000,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".into(),
        ] {
            assert!(matches!(examine(&dear), Err(Refusal::TooDear(..))), "{dear}: {:?}", examine(&dear));
            assert!(!verify("anything", &dear), "{dear}");
        }
    }

    /// The dearest settings that the libraries' documentation speaks of are taken.
    #[test]
    fn what_people_use_is_within_the_bounds() {
        let (hex, salt) = ("0".repeat(128), "abcdefghijklmnopqrstuu");
        for usual in [
            format!("$2b$14${salt}{}", "A".repeat(31)),
            format!("scrypt:131072:8:1$salt${hex}"),
            format!("scrypt:16384:8:5$salt${hex}"),
            format!("pbkdf2:sha256:1000000$salt${}", &hex[..64]),
            format!("pbkdf2_sha256$1500000$salt${}", "A".repeat(43) + "="),
            "$argon2id$v=19$m=102400,t=2,p=8$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".into(),
            "$argon2id$v=19$m=65536,t=4,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".into(),
        ] {
            assert!(examine(&usual).is_ok(), "{usual}: {:?}", examine(&usual));
        }
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in any::<String>()) {
            let _ = examine(&text);
        }

        /// Texts that begin as each format does, and go on with what its hashes are made of; those that cost little are verified, too.
        #[test]
        fn reading_what_resembles_a_hash_never_panics(
            format in 0..FORMATS.len(), begin in 0_usize..4, rest in "[a-zA-Z0-9$=:,./+ü\x00-]{0,120}", password in any::<String>(),
        ) {
            let begins = FORMATS[format].begins;
            let _ = examine(&format!("{}{rest}", begins[begin % begins.len()]));
            let shaped = format!("$2{}$04${}", ["a", "b", "x", "y"][begin], rest);
            verify(&password, &shaped);
            verify(&password, &format!("scrypt:2:1:1${rest}${}", "0".repeat(128)));
            verify(&password, &format!("pbkdf2:sha512:1${rest}${}", "0".repeat(128)));
        }
    }
}
