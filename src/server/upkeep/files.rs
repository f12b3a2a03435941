//! Files that are whole or not there: written under another name for their owner alone, brought to the disk, and put in their
//! place at once. Must not write over a file.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

use crate::server::{crypto::token::hexadecimal, random::Random};

use super::UpkeepError;

/// Bytes of what makes a name one that nobody else takes.
const ENDING_BYTES: usize = 8;
/// What SQLite writes beside a database.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// A file that is not in its place yet, and removed if it never gets there.
#[derive(Debug)]
pub(super) struct Unfinished {
    path: PathBuf,
    file: File,
}

impl Unfinished {
    /// An empty one, beside the place where it is to be.
    pub(super) fn beside(file: &Path, random: &dyn Random) -> Result<Self, UpkeepError> {
        let mut ending = [0_u8; ENDING_BYTES];
        random.fill(&mut ending)?;
        let path = with_ending(file, &format!(".unfinished-{}", hexadecimal(&ending)));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path).map_err(|why| UpkeepError::File { path: path.clone(), why })?;
        Ok(Self { path, file })
    }

    /// Lets it belong to whom the database belongs that is in its place, or else the folder, as far as whoever runs this may: a
    /// server could not open what only the administrator of the machine may read.
    pub(super) fn belong_as(&self, database: &Path) {
        #[cfg(unix)]
        {
            use std::os::unix::fs::{MetadataExt as _, fchown};
            let belong = || {
                let like = fs::metadata(database).or_else(|_| fs::metadata(folder_of(database)))?;
                let own = self.file.metadata()?;
                if (like.uid(), like.gid()) == (own.uid(), own.gid()) {
                    return Ok(());
                }
                // Not by its name, which may be something else's by now.
                fchown(&self.file, Some(like.uid()), Some(like.gid()))
            };
            if let Err(why) = belong() {
                tracing::warn!(%why, file = %self.path.display(), "it belongs to whoever restored it");
            }
        }
    }

    /// What is at its name, if that is it still: whoever may write in the folder could put something else there.
    fn is_at_its_name(&self) -> io::Result<bool> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;
            let (its, named) = (self.file.metadata()?, fs::symlink_metadata(&self.path)?);
            Ok((its.dev(), its.ino()) == (named.dev(), named.ino()))
        }
        #[cfg(not(unix))]
        Ok(true)
    }

    /// Fills it with what is in another file.
    pub(super) fn fill_from(&mut self, other: &Path) -> io::Result<()> {
        io::copy(&mut File::open(other)?, &mut self.file)?;
        self.file.sync_all()
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Puts it where no file is, once it is on the disk.
    pub(super) fn place(self, file: &Path) -> Result<(), UpkeepError> {
        let placed = self.finish().and_then(|()| fs::hard_link(&self.path, file));
        match placed {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(UpkeepError::IsThere(file.to_owned())),
            placed => {
                placed.and_then(|()| sync_folder(file)).map_err(|why| UpkeepError::File { path: file.to_owned(), why })
            }
        }
    }

    /// Puts it where a file is, which is kept under another name: at every moment one of the two is in the place.
    pub(super) fn replace(self, file: &Path, kept: &Path) -> Result<(), UpkeepError> {
        let placed = self.finish().and_then(|()| {
            fs::hard_link(file, kept)?;
            fs::rename(&self.path, file)?;
            sync_folder(file)
        });
        placed.map_err(|why| UpkeepError::File { path: file.to_owned(), why })
    }

    /// Brings it to the disk. It must be all there is: nothing of it may be in a file beside it.
    fn finish(&self) -> io::Result<()> {
        if let Some(rest) = remains(&self.path) {
            return Err(io::Error::other(format!("{} was not taken in", rest.display())));
        }
        if !self.is_at_its_name()? {
            return Err(io::Error::other(format!("{} is another file now", self.path.display())));
        }
        self.file.sync_all()
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
        for ending in BESIDE {
            let _ = fs::remove_file(with_ending(&self.path, ending));
        }
    }
}

/// What lies beside a database file and would be taken for a part of it.
pub(super) fn remains(file: &Path) -> Option<PathBuf> {
    BESIDE.iter().map(|ending| with_ending(file, ending)).find(|path| path.exists())
}

/// A path with something more at its end.
pub(super) fn with_ending(file: &Path, ending: &str) -> PathBuf {
    let mut path = file.to_owned();
    path.as_mut_os_string().push(ending);
    path
}

/// Makes the folder of the database, for its owner alone.
pub(super) fn make_folder(file: &Path) -> Result<(), UpkeepError> {
    let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists()) else {
        return Ok(());
    };
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder).map_err(|why| UpkeepError::File { path: folder.to_owned(), why })
}

fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Brings the name of a file to the disk.
fn sync_folder(file: &Path) -> io::Result<()> {
    File::open(folder_of(file))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::random::SystemRandom;

    fn unfinished(file: &Path) -> Unfinished {
        let unfinished = Unfinished::beside(file, &SystemRandom).expect("made");
        fs::write(unfinished.path(), "new").expect("written");
        unfinished
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("read").map(|entry| entry.expect("an entry").file_name());
        let mut names: Vec<String> = entries.map(|name| name.into_string().expect("text")).collect();
        names.sort();
        names
    }

    #[test]
    fn it_is_put_where_nothing_is_and_leaves_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("a");
        unfinished(&file).place(&file).expect("placed");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&file).expect("there").permissions().mode() & 0o777, 0o600);
        }
        fs::write(&file, "old").expect("written");
        let refused = unfinished(&file).place(&file).expect_err("there is one");
        assert!(matches!(refused, UpkeepError::IsThere(_)), "{refused}");
        assert_eq!(fs::read_to_string(&file).expect("there"), "old");
        assert_eq!(names(folder.path()), ["a"]);
    }

    #[test]
    fn what_it_replaces_is_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let [file, kept] = ["a", "b"].map(|name| folder.path().join(name));
        fs::write(&file, "old").expect("written");
        unfinished(&file).replace(&file, &kept).expect("replaced");
        let texts = [&file, &kept].map(|file| fs::read_to_string(file).expect("there"));
        assert_eq!(texts, ["new", "old"]);
        unfinished(&file).replace(&file, &kept).expect_err("what is kept is not overwritten either");
        assert_eq!(names(folder.path()), ["a", "b"]);
    }

    /// Only the administrator of the machine may give a file to somebody else; where this runs as anybody else, all belongs to them.
    #[cfg(unix)]
    #[test]
    fn it_belongs_to_whom_its_place_belongs() {
        use std::os::unix::fs::{MetadataExt as _, chown};
        let owner = |path: &Path| fs::metadata(path).map(|its| (its.uid(), its.gid())).expect("there");
        let folder = tempfile::tempdir().expect("a folder");
        let [file, kept] = ["a", "b"].map(|name| folder.path().join(name));
        let _ = chown(folder.path(), Some(4321), Some(1234));
        let first = unfinished(&file);
        first.belong_as(&file);
        first.place(&file).expect("placed");
        assert_eq!(owner(&file), owner(folder.path()));
        let _ = chown(&file, Some(2143), None);
        let before = owner(&file);
        let second = unfinished(&file);
        second.belong_as(&file);
        second.replace(&file, &kept).expect("replaced");
        assert_eq!((owner(&file), owner(&kept)), (before, before));
    }

    #[cfg(unix)]
    #[test]
    fn what_somebody_put_at_its_name_is_put_nowhere() {
        let folder = tempfile::tempdir().expect("a folder");
        let [file, other] = ["a", "other"].map(|name| folder.path().join(name));
        fs::write(&other, "another's").expect("written");
        let mut swapped = unfinished(&file);
        fs::remove_file(swapped.path()).expect("removed");
        std::os::unix::fs::symlink(&other, swapped.path()).expect("a link");
        swapped.fill_from(&other).expect("written to what was made");
        let refused = swapped.place(&file).expect_err("it is another file");
        assert!(refused.to_string().contains("another file"), "{refused}");
        assert_eq!(names(folder.path()), ["other"]);
        assert_eq!(fs::read_to_string(&other).expect("there"), "another's");
    }

    #[test]
    fn half_a_file_is_put_nowhere() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("a");
        let half = unfinished(&file);
        fs::write(with_ending(half.path(), "-wal"), "more").expect("written");
        half.place(&file).expect_err("the rest is beside it");
        assert_eq!(names(folder.path()), [""; 0]);
    }
}
