//! Passwords that are tried first: the shipped list, and a larger one that an operator keeps as a file. Must not estimate:
//! that is `crate::estimator`.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
    path::Path,
    sync::{Mutex, PoisonError},
};

use sha1::{Digest, Sha1};

/// The 10,000 most frequent passwords of at least 8 characters, in lower case, one a line, in the order of their bytes.
const COMMON: &str = include_str!("common_passwords.txt");

/// Hexadecimal digits of a SHA-1.
const DIGITS: usize = 40;
/// The longest line of a file of breached passwords.
const MAX_LINE: u64 = 128;

/// Whether a password is on the shipped list, in whatever case (ASVS 6.2.4).
#[must_use]
pub fn is_common(password: &str) -> bool {
    let password = password.to_lowercase();
    if password.contains('\n') {
        return false;
    }
    // The middle of the text is some place in a line; look from the beginning of that line.
    let (mut low, mut high) = (0, COMMON.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let start =
            COMMON.get(..middle).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1).max(low);
        let rest = COMMON.get(start..).unwrap_or_default();
        let line = rest.split('\n').next().unwrap_or_default();
        match line.as_bytes().cmp(password.as_bytes()) {
            std::cmp::Ordering::Equal => return !line.is_empty(),
            std::cmp::Ordering::Less => low = start + line.len() + 1,
            std::cmp::Ordering::Greater => high = start,
        }
    }
    false
}

/// A file of breached passwords: lines `SHA1` or `SHA1:count`, the digests in upper-case hexadecimal and in ascending order, as
/// "Pwned Passwords, ordered by hash" has them. Searched where it is, so it may be of any size. SHA-1 here only names entries
/// of that list; nothing rests on its strength (ASVS 6.2.12, 11.4.1).
#[derive(Debug)]
pub struct BreachedPasswords {
    file: Mutex<File>,
    bytes: u64,
}

impl BreachedPasswords {
    /// Opens the file and looks at its first line.
    ///
    /// # Errors
    /// When it cannot be read or is no such file.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let bytes = file.metadata()?.len();
        let list = Self { file: Mutex::new(file), bytes };
        list.line_from(0)?;
        Ok(list)
    }

    /// Whether a password is on the list, exactly as it is.
    ///
    /// # Errors
    /// When the file cannot be read, or a line of it is none.
    pub fn contains(&self, password: &str) -> io::Result<bool> {
        let wanted = digest(password);
        // The wanted line, if there is one, begins in `low..high`.
        let (mut low, mut high) = (0, self.bytes);
        while low < high {
            let middle = low + (high - low) / 2;
            let (start, digest, end) = self.line_from(middle)?;
            if start < high && digest == wanted {
                return Ok(true);
            }
            if start < high && digest < wanted {
                low = end;
            } else {
                high = middle;
            }
        }
        Ok(false)
    }

    /// The first line that begins at or after an offset: where it begins, its digest, and where the next one begins. An empty
    /// digest at the end of the file.
    fn line_from(&self, offset: u64) -> io::Result<(u64, String, u64)> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let from = offset.saturating_sub(1);
        file.seek(SeekFrom::Start(from))?;
        let mut reader = BufReader::with_capacity(256, &mut *file);
        let mut start = from;
        let mut line = Vec::new();
        if offset > 0 {
            start += bytes(reader.by_ref().take(MAX_LINE).read_until(b'\n', &mut line)?);
            line.clear();
        }
        let length = bytes(reader.by_ref().take(MAX_LINE).read_until(b'\n', &mut line)?);
        if length == 0 {
            return Ok((self.bytes, String::new(), self.bytes));
        }
        let digest = line.get(..DIGITS).and_then(|digest| std::str::from_utf8(digest).ok()).unwrap_or_default();
        let is_whole = digest.len() == DIGITS
            && digest.bytes().all(|byte| byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte))
            && matches!(line.get(DIGITS), None | Some(b':' | b'\r' | b'\n'));
        if is_whole {
            Ok((start, digest.to_owned(), start + length))
        } else {
            Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("byte {start}: not a line of SHA-1 in upper-case hexadecimal, with or without `:count`"),
            ))
        }
    }
}

/// A password as the file names it.
fn digest(password: &str) -> String {
    use std::fmt::Write as _;
    Sha1::digest(password.as_bytes()).iter().fold(String::with_capacity(DIGITS), |mut hex, byte| {
        let _ = write!(hex, "{byte:02X}");
        hex
    })
}

fn bytes(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_shipped_list_is_what_the_search_wants() {
        let lines: Vec<&str> = COMMON.lines().collect();
        assert_eq!(lines.len(), 10_000);
        assert!(lines.is_sorted_by(|one, other| one.as_bytes() < other.as_bytes()));
        assert!(lines.iter().all(|line| line.chars().count() >= 8 && line.to_lowercase() == **line));
    }

    /// ASVS 6.2.4.
    #[test]
    fn every_line_of_the_shipped_list_is_found_in_any_case() {
        for line in COMMON.lines() {
            assert!(is_common(line) && is_common(&line.to_uppercase()), "{line}");
        }
        for other in ["", "marble trolley unseen kettle", "\n", "zzzzzzzzzzzzzzzzzz", "!", "password\npassword1"] {
            assert!(!is_common(other), "{other:?}");
        }
    }

    fn list(passwords: &[String], count: &str, newline: &str) -> (tempfile::NamedTempFile, BreachedPasswords) {
        let mut digests: Vec<String> = passwords.iter().map(|password| digest(password)).collect();
        digests.sort();
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        for digest in digests {
            write!(file, "{digest}{count}{newline}").expect("written");
        }
        let opened = BreachedPasswords::open(file.path()).expect("opened");
        (file, opened)
    }

    proptest! {
        /// ASVS 6.2.12.
        #[test]
        fn what_is_on_the_list_is_found_and_nothing_else(
            passwords in prop::collection::btree_set("[a-z]{1,6}", 0..40),
            other in "[A-Z]{1,6}",
            count in prop::sample::select(vec!["", ":1", ":2254650"]),
            newline in prop::sample::select(vec!["\n", "\r\n"]),
        ) {
            let passwords: Vec<String> = passwords.into_iter().collect();
            let (_file, list) = list(&passwords, count, newline);
            for password in &passwords {
                prop_assert!(list.contains(password).expect("read"), "{password}");
            }
            prop_assert!(!list.contains(&other).expect("read"));
        }
    }

    #[test]
    fn another_kind_of_file_is_refused() {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        writeln!(file, "password").expect("written");
        assert!(BreachedPasswords::open(file.path()).is_err());
    }
}
