//! Where the key comes from that encrypts signing keys: the setting `secret_key`, or a file that only the server's user can
//! read. Must not log or print it, nor replace a file that is there.

use std::{
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
};

use crate::server::{
    config::Config,
    crypto::sealed::{self, SealingKey},
    error::ServerError,
    random::{Random, SystemRandom},
    storage::Db,
};

/// What the key is for, as HKDF is told.
const PURPOSE: &str = "latchkey signing keys";
/// Where the file is on a developer's desk whose database is a server.
const AT_A_DESK: &str = "data/latchkey.key";

/// The key from the settings, or from the file, which is made when it is missing.
///
/// # Errors
/// When the file cannot be read, made, or is not for its owner alone.
pub fn sealing_key(config: &Config, random: &dyn Random) -> Result<SealingKey, ServerError> {
    if let Some(secret) = &config.secret_key {
        return SealingKey::derive(secret.expose(), PURPOSE)
            .ok_or_else(|| ServerError::Keys("secret_key is not 32 bytes in base64url".into()));
    }
    let file = file(config)
        .ok_or_else(|| ServerError::Keys("secret_key must be set: every node of this site shares it".into()))?;
    let said = |error: std::io::Error| {
        ServerError::Keys(format!("{}: {error}; set secret_key to do without this file", file.display()))
    };
    let text = match read(&file) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            make(&file, &sealed::draw_secret(random)?, &sealed::draw_secret(random)?).and_then(|()| read(&file))
        }
        read => read,
    };
    SealingKey::derive(text.map_err(said)?.trim(), PURPOSE)
        .ok_or_else(|| said(std::io::Error::other("not 32 bytes in base64url")))
}

/// Where the secret is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the settings.
    Setting,
    /// In this file.
    File(PathBuf),
    /// In this file, once it is made.
    Missing(PathBuf),
}

/// Where the secret is, looked at and not made.
///
/// # Errors
/// Why it cannot be used.
pub fn place(config: &Config) -> Result<Place, ServerError> {
    if config.secret_key.is_some() {
        return Ok(Place::Setting);
    }
    match file(config) {
        Some(file) if !file.try_exists().unwrap_or(true) => Ok(Place::Missing(file)),
        // Nothing is drawn where there is a file.
        found => sealing_key(config, &SystemRandom).map(|_| found.map_or(Place::Setting, Place::File)),
    }
}

/// The file that keeps it, or will; `None` where the setting does, or has to.
#[must_use]
pub fn key_file(config: &Config) -> Option<PathBuf> {
    if config.secret_key.is_some() { None } else { file(config) }
}

/// The file that stands in for the setting: beside an embedded database. On a server several nodes share keys, so a file
/// will not do, but at a desk.
fn file(config: &Config) -> Option<PathBuf> {
    match Db::file(config.database_url.expose()) {
        Some(mut file) => {
            file.as_mut_os_string().push(".key");
            Some(file)
        }
        None => config.is_development().then(|| AT_A_DESK.into()),
    }
}

/// Reads the file, if nobody else can (ASVS 13.3.1).
fn read(file: &Path) -> std::io::Result<String> {
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(file)?);
        if mode & 0o077 != 0 {
            return Err(std::io::Error::other("others can read or change it; chmod 600 it"));
        }
    }
    std::fs::read_to_string(file)
}

/// Makes the file for its owner alone: written in full under another name and then linked, so that nobody reads half of it and
/// of several processes one makes it. The other name ends with something that nobody else takes.
fn make(file: &Path, secret: &str, ending: &str) -> std::io::Result<()> {
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    let mut unfinished = file.to_path_buf();
    unfinished.as_mut_os_string().push(format!(".{ending}"));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&unfinished).and_then(|mut made| {
        made.write_all(secret.as_bytes())?;
        made.sync_all()?;
        std::fs::hard_link(&unfinished, file)
    });
    let _ = std::fs::remove_file(&unfinished);
    match written {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        written => written,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::config::Secret;

    fn with_database(folder: &Path) -> Config {
        let url = format!("sqlite://{}/latchkey.db", folder.display());
        Config { database_url: Secret::from(url.as_str()), ..Config::default() }
    }

    fn sealed_by(config: &Config) -> String {
        let key = sealing_key(config, &SystemRandom).expect("a key");
        key.seal(&SystemRandom, "name", b"private").expect("sealed")
    }

    #[test]
    fn the_file_is_made_once_and_for_its_owner_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let config = with_database(folder.path());
        let sealed = sealed_by(&config);
        let file = folder.path().join("latchkey.db.key");
        assert!(sealed::is_secret(&std::fs::read_to_string(&file).expect("made")));
        assert_eq!(std::fs::read_dir(folder.path()).expect("read").count(), 1, "nothing else is left behind");
        let again = sealing_key(&config, &SystemRandom).expect("read");
        assert_eq!(again.open("name", &sealed).as_deref(), Some(&b"private"[..]));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&file).expect("there").permissions().mode() & 0o777, 0o600);
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).expect("changed");
            let refused = sealing_key(&config, &SystemRandom).expect_err("others can read it").to_string();
            assert!(refused.contains("chmod 600"), "{refused}");
        }
    }

    #[test]
    fn of_several_processes_one_makes_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let config = with_database(folder.path());
        let sealed: Vec<String> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| sealed_by(&config))).collect();
            threads.into_iter().map(|thread| thread.join().expect("sealed")).collect()
        });
        let key = sealing_key(&config, &SystemRandom).expect("a key");
        assert!(sealed.iter().all(|sealed| key.open("name", sealed).is_some()));
    }

    #[test]
    fn a_file_that_holds_something_else_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("latchkey.db.key");
        make(&file, "nonsense", "x").expect("made");
        let refused = sealing_key(&with_database(folder.path()), &SystemRandom).expect_err("no secret").to_string();
        assert!(refused.contains("not 32 bytes") && !refused.contains("nonsense"), "{refused}");
        assert_eq!(std::fs::read_to_string(&file).expect("there"), "nonsense");
    }

    #[test]
    fn nodes_share_the_setting() {
        let secret = sealed::draw_secret(&SystemRandom).expect("randomness");
        let config = Config {
            database_url: Secret::from("postgres://db/x"),
            secret_key: Some(Secret::from(secret.as_str())),
            ..Config::default()
        };
        let sealed = sealed_by(&config);
        let other = sealing_key(&config, &SystemRandom).expect("a key");
        assert!(other.open("name", &sealed).is_some());
    }
}
