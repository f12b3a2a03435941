//! Room on the disk of an embedded database, and whether it may be written. Must not write.

use std::path::{Path, PathBuf};

use crate::server::{config::Config, storage::Db};

use super::Finding;

const CHECK: &str = "disk";
const MEBIBYTE: u64 = 1024 * 1024;
/// Free space under which the next busy day may stop everything.
const FEWEST: u64 = 100 * MEBIBYTE;
/// Free space that deserves a look.
const FEW: u64 = 1024 * MEBIBYTE;

/// What is wrong with it.
pub(super) fn look(config: &Config) -> Vec<Finding> {
    let Some(file) = Db::file(config.database_url.expose()) else {
        return vec![Finding::ok(CHECK, "the database's server keeps the data: watch its disk there")];
    };
    let folder = nearest(&file);
    let mut findings = vec![room(&folder)];
    for place in [Some(folder.as_path()), file.exists().then_some(file.as_path())].into_iter().flatten() {
        if !may_write(place) {
            let found = format!("{} may not be written by whoever runs this", place.display());
            findings.push(Finding::problem(
                CHECK,
                found,
                "give it to the user that runs latchkey, or run this as that user",
            ));
        }
    }
    findings
}

/// The folder of a file, or the nearest one above it that is there.
fn nearest(file: &Path) -> PathBuf {
    let above = file.ancestors().skip(1).find(|folder| !folder.as_os_str().is_empty() && folder.exists());
    above.map_or_else(|| ".".into(), Path::to_path_buf)
}

fn room(folder: &Path) -> Finding {
    let place = folder.display();
    match free(folder) {
        Ok(free) => {
            let found = format!("{} MiB are free at {place}", free / MEBIBYTE);
            match free {
                ..FEWEST => Finding::problem(CHECK, found, "make room: on a full disk nobody can sign in"),
                FEWEST..FEW => Finding::warning(CHECK, found, "make room soon"),
                FEW.. => Finding::ok(CHECK, found),
            }
        }
        Err(error) => Finding::warning(CHECK, format!("{place}: {error}"), "look at it yourself"),
    }
}

#[cfg(unix)]
fn free(folder: &Path) -> std::io::Result<u64> {
    let disk = rustix::fs::statvfs(folder)?;
    Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(not(unix))]
fn free(_: &Path) -> std::io::Result<u64> {
    Err(std::io::Error::other("this system does not say how much is free"))
}

#[cfg(unix)]
fn may_write(place: &Path) -> bool {
    rustix::fs::access(place, rustix::fs::Access::WRITE_OK).is_ok()
}

#[cfg(not(unix))]
fn may_write(_: &Path) -> bool {
    true
}
