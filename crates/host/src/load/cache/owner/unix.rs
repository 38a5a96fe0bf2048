//! Owners and modes.

use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Whose number the system's own files have.
const ROOT: u32 = 0;
/// What others may do.
const GROUP_WRITES: u32 = 0o020;
const OTHERS_WRITE: u32 = 0o002;
/// Of a folder in which people can remove and rename what is theirs, and nothing else.
const STICKY: u32 = 0o1000;

/// What follows for whoever reads why.
const ADVICE: &str = "it is machine code that is run as it is, so nobody else may be able to change it";

/// Checks that a folder is this user's own, and that nobody else can write to it or put another one in its place. The inner error
/// says what is wrong; the outer one, that there is no such folder. Returns where it is, whatever links lead there.
pub(crate) fn folder(folder: &Path) -> io::Result<Result<PathBuf, String>> {
    let whole = fs::canonicalize(folder)?;
    let about = fs::symlink_metadata(&whole)?;
    let user = user();
    let refused = |path: &Path, what: &str| {
        format!(
            "compiled code is not kept in {}: {} {what}, and {ADVICE}",
            folder.display(),
            path.display()
        )
    };
    if let Some(what) = strange(&about, user) {
        return Ok(Err(refused(&whole, &what)));
    }
    for above in whole.ancestors().skip(1) {
        if let Some(what) = unsafe_above(&fs::symlink_metadata(above)?, user) {
            return Ok(Err(refused(above, &what)));
        }
    }
    Ok(Ok(whole))
}

/// Makes a folder, and those above it, if they are not there: for this user alone.
pub(crate) fn make(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Opens a file that is this user's own and that nobody else can write. The inner error says that it is another's.
pub(crate) fn open(path: &Path) -> io::Result<Result<File, String>> {
    let file = OpenOptions::new()
        .read(true)
        // Not what a link leads to; and nobody waits for the other end of a pipe.
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
        .open(path)?;
    // Of what was opened, whatever has this name by now.
    let about = file.metadata()?;
    if !about.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    Ok(match strange(&about, user()) {
        Some(what) => Err(format!(
            "compiled code is not read from {}: the file {what}, and {ADVICE}",
            path.display()
        )),
        None => Ok(file),
    })
}

/// Makes a new file for this user alone.
pub(crate) fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

/// Who this process works for.
fn user() -> u32 {
    // SAFETY: it takes nothing, changes nothing and cannot fail.
    unsafe { libc::geteuid() }
}

/// Why a file or folder may have been written by somebody else.
fn strange(about: &Metadata, user: u32) -> Option<String> {
    judge(about.uid(), about.mode(), user)
}

fn judge(owner: u32, mode: u32, user: u32) -> Option<String> {
    if owner != user {
        return Some(format!("belongs to user {owner}, not to {user}"));
    }
    (mode & (GROUP_WRITES | OTHERS_WRITE) != 0).then(|| {
        format!(
            "can be written by others (mode {:o}; `chmod go-w` ends that)",
            mode & 0o7777
        )
    })
}

/// Why somebody else could put another folder in the place of one that stands in this one.
fn unsafe_above(about: &Metadata, user: u32) -> Option<String> {
    judge_above(about.uid(), about.gid(), about.mode(), user)
}

fn judge_above(owner: u32, group: u32, mode: u32, user: u32) -> Option<String> {
    if owner != user && owner != ROOT {
        return Some(format!("belongs to user {owner}, not to {user} or the system"));
    }
    // A group that has its user's number is of that user alone.
    let group_is_own = owner == user && group == user;
    let others = if group_is_own {
        OTHERS_WRITE
    } else {
        GROUP_WRITES | OTHERS_WRITE
    };
    (mode & others != 0 && mode & STICKY == 0).then(|| {
        format!(
            "can be written by others (mode {:o}; `chmod go-w` ends that)",
            mode & 0o7777
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_nobody_else_can_write_is_ones_own() {
        for (owner, mode, is_own) in [
            (5, 0o40700, true),
            (5, 0o100644, true),
            (5, 0o100755, true),
            (5, 0o100664, false),
            (5, 0o100602, false),
            (5, 0o41777, false),
            (0, 0o100600, false),
            (6, 0o100600, false),
        ] {
            assert_eq!(judge(owner, mode, 5).is_none(), is_own, "{owner} {mode:o}");
        }
    }

    #[test]
    fn folders_above_may_be_the_systems_or_sticky_but_nobody_elses() {
        for (owner, group, mode, is_safe) in [
            (0, 0, 0o40755, true),
            (0, 0, 0o41777, true),
            (0, 0, 0o40777, false),
            (0, 0, 0o40775, false),
            (5, 5, 0o40755, true),
            (5, 5, 0o40775, true),
            (5, 7, 0o40775, false),
            (5, 5, 0o40777, false),
            (6, 6, 0o40700, false),
        ] {
            let safe = judge_above(owner, group, mode, 5).is_none();
            assert_eq!(safe, is_safe, "{owner} {group} {mode:o}");
        }
    }

    #[test]
    fn links_and_what_is_no_file_are_not_opened() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        drop(create(&path).unwrap());
        assert!(open(&path).unwrap().is_ok());
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert!(create(&path).is_err(), "it is there");
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(open(&link).is_err());
        assert!(open(dir.path()).is_err());
    }
}
