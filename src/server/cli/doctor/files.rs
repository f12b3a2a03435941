//! The secret of the signing keys, whether it opens them, and files that others must not read. Must not make a key.

use std::path::{Path, PathBuf};

use crate::{
    domain::moment::Moment,
    server::{
        config::{self, Config},
        error::ServerError,
        state::AppState,
        storage::{Db, signing_keys},
        tokens::{
            keys,
            secret::{self, Place},
        },
    },
};

use super::Finding;

const CHECK: &str = "keys";

/// Where the secret is, and who may read what.
pub(super) fn look(config: &Config, env_file: Option<&Path>) -> Vec<Finding> {
    let mut findings = vec![match secret::place(config) {
        Ok(Place::Setting) => Finding::ok(CHECK, "secret_key is set"),
        Ok(Place::File(file)) => Finding::ok(CHECK, format!("{} is for its owner alone", file.display())),
        Ok(Place::Missing(file)) => Finding::ok(CHECK, format!("{} is made at the first start", file.display())),
        Err(error) => Finding::problem(CHECK, error.to_string(), "docs/keys.md says where the secret belongs"),
    }];
    let files = [env_file.map(Path::to_path_buf), Some(config::file()), Db::file(config.database_url.expose())];
    for file in files.into_iter().flatten() {
        if others_can_read(&file) {
            let found = format!("everybody on this machine can read {}", file.display());
            let advice = format!("chmod o-rwx {}: it holds what only the server may know", file.display());
            findings.push(Finding::warning(CHECK, found, advice));
        }
    }
    findings
}

/// Whether the secret opens the keys.
pub(super) async fn keys(state: &AppState) -> Option<Finding> {
    let seen = async {
        // The secret that is missing would be made, and open none.
        let is_missing = matches!(secret::place(&state.config)?, Place::Missing(_));
        if is_missing {
            let rows = signing_keys::all(&mut state.db.read().await?).await?;
            return Ok::<_, ServerError>(rows.iter().filter(|row| row.private_key.is_some()).count());
        }
        let (keys, now) = (keys::read(state).await?, state.now());
        let is_closed = |key: &&keys::Key| key.row.private_key.is_some() && is_used(key, now) && !key.can_be_opened();
        Ok(keys.all().iter().filter(is_closed).count())
    };
    match seen.await {
        // That the secret cannot be had was said above.
        Ok(0) | Err(ServerError::Keys(_)) => None,
        Ok(closed) => Some(Finding::problem(
            CHECK,
            format!("the secret does not open {closed} of the signing keys"),
            "put back the one that they were made with: docs/keys.md says what is lost without it",
        )),
        Err(error) => Some(Finding::problem(CHECK, error.to_string(), "look at the database")),
    }
}

fn is_used(key: &keys::Key, now: Moment) -> bool {
    key.is_signing(now) || key.is_waiting(now)
}

/// Whether people who are neither its owner nor of its group can read a file, in a folder that they can enter.
#[cfg(unix)]
fn others_can_read(file: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;

    let mode = |path: &Path| std::fs::metadata(path).map(|data| data.mode()).ok();
    let folder =
        file.parent().filter(|folder| !folder.as_os_str().is_empty()).map_or_else(|| PathBuf::from("."), PathBuf::from);
    mode(file).is_some_and(|mode| mode & 0o004 != 0) && mode(&folder).is_some_and(|mode| mode & 0o001 != 0)
}

#[cfg(not(unix))]
fn others_can_read(_: &Path) -> bool {
    false
}
