//! The folder: its files, one a key, and how one comes to be or goes.
//!
//! A file is written aside under a name that nobody else has, and renamed when it is whole. So whoever opens one has all of it,
//! whatever others do meanwhile; two that make the same one at once do so twice, and the later one stays.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use super::entry::{self, Found, Kept};
use super::key::Key;
use super::owner;

/// What the names of files end with, and those of files that are being written.
const ENDING: &str = "code";
const ASIDE: &str = "part";
/// How long a file is left alone that is being written: whoever began it may be no more.
const ABANDONED: Duration = Duration::from_secs(3600);

/// The folder of a cache, which may not be there.
pub(super) struct Folder<'a>(&'a Path);

/// A file of it.
#[derive(Debug)]
pub(super) struct Listed {
    path: PathBuf,
    pub(super) bytes: u64,
    used: SystemTime,
}

impl<'a> Folder<'a> {
    pub(super) fn new(folder: &'a Path) -> Self {
        Self(folder)
    }

    fn file(&self, key: &Key) -> PathBuf {
        self.0.join(format!("{key}.{ENDING}"))
    }

    /// Looks for the code of what a key stands for, and notes that it is used.
    pub(super) fn find(&self, key: &Key) -> Found {
        let folder = match owner::folder(self.0) {
            Ok(Ok(folder)) => folder,
            Ok(Err(refused)) => return Found::Refused(refused),
            Err(_) => return Found::Nothing,
        };
        let path = Folder(&folder).file(key);
        let mut file = match owner::open(&path) {
            Ok(Ok(file)) => file,
            Ok(Err(refused)) => return Found::Refused(refused),
            Err(_) => return Found::Nothing,
        };
        match entry::read(&mut file, key) {
            Ok(Some(kept)) => {
                // What cannot be noted makes it go earlier.
                let _ = file.set_modified(SystemTime::now());
                Found::Code(kept, file)
            }
            _ => Found::Nothing,
        }
    }

    /// Keeps code for what a key stands for, and no more than so many bytes in all. The inner error says why the folder is not
    /// used.
    pub(super) fn keep(
        &self,
        key: &Key,
        kept: &Kept,
        code: &[u8],
        most: u64,
    ) -> io::Result<Result<(), String>> {
        let length = entry::length(kept, code);
        let Some(room) = most.checked_sub(length) else {
            return Err(io::Error::other(format!(
                "it has {length} bytes, and all of it may have {most}"
            )));
        };
        owner::make(self.0)?;
        let folder = match owner::folder(self.0)? {
            Ok(folder) => folder,
            Err(refused) => return Ok(Err(refused)),
        };
        let folder = Folder(&folder);
        let aside = folder.aside();
        let written = owner::create(&aside)
            .and_then(|mut file| entry::write(&mut file, key, kept, code))
            .and_then(|()| fs::rename(&aside, folder.file(key)));
        if written.is_err() {
            let _ = fs::remove_file(&aside);
        }
        written?;
        folder.make_room(room, key)?;
        Ok(Ok(()))
    }

    /// A name that no other file has.
    fn aside(&self) -> PathBuf {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        self.0.join(format!(
            "{}-{}-{}.{ASIDE}",
            std::process::id(),
            now.unwrap_or_default().as_nanos(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        ))
    }

    /// Removes what was not used for the longest time, until all but the file of this key has so many bytes at most; and what was
    /// begun and never ended.
    fn make_room(&self, most: u64, but: &Key) -> io::Result<()> {
        let but = self.file(but);
        let mut files = self.files()?;
        files.retain(|file| file.path != but);
        files.sort_by_key(|file| file.used);
        let mut bytes: u64 = files.iter().map(|file| file.bytes).sum();
        for file in files {
            if bytes <= most {
                break;
            }
            remove(&file.path)?;
            bytes -= file.bytes;
        }
        let now = SystemTime::now();
        for file in self.listed(ASIDE)? {
            if now.duration_since(file.used).is_ok_and(|age| age > ABANDONED) {
                remove(&file.path)?;
            }
        }
        Ok(())
    }

    /// All files that are whole. None in a folder that is not there.
    pub(super) fn files(&self) -> io::Result<Vec<Listed>> {
        self.listed(ENDING)
    }

    /// Removes all files that are ours by their names.
    pub(super) fn clear(&self) -> io::Result<()> {
        for ending in [ENDING, ASIDE] {
            for file in self.listed(ending)? {
                remove(&file.path)?;
            }
        }
        Ok(())
    }

    fn listed(&self, ending: &str) -> io::Result<Vec<Listed>> {
        let entries = match fs::read_dir(self.0) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut files = Vec::new();
        for entry in entries {
            let path = entry?.path();
            if path.extension().is_none_or(|found| found != ending) {
                continue;
            }
            // Another process may remove it at any time.
            if let Ok(about) = fs::symlink_metadata(&path) {
                files.push(Listed {
                    bytes: about.len(),
                    used: about.modified().unwrap_or(SystemTime::UNIX_EPOCH),
                    path,
                });
            }
        }
        Ok(files)
    }
}

/// Removes a file, which somebody else may have done.
fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::load::rewrite::calls::Waits;
    use crate::load::shape::CodeFacts;
    use std::fs::File;

    fn kept() -> Kept {
        Kept {
            facts: CodeFacts {
                waits: Waits::default(),
                instances_change: false,
            },
            offsets: None,
        }
    }

    fn key(byte: u8) -> Key {
        Key::of_bytes([byte; 32])
    }

    fn is_there(folder: &Folder<'_>, byte: u8) -> bool {
        matches!(folder.find(&key(byte)), Found::Code(..))
    }

    /// Says that a file was used at this second.
    fn used(folder: &Folder<'_>, byte: u8, second: u64) {
        let file = File::options().write(true).open(folder.file(&key(byte))).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(second))
            .unwrap();
    }

    #[test]
    fn what_was_not_used_for_the_longest_time_goes_first() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b");
        let folder = Folder::new(&path);
        assert!(!is_there(&folder, 1), "there is no folder");
        let most = 3 * entry::length(&kept(), &[0; 100]);
        let keep = |byte| {
            folder
                .keep(&key(byte), &kept(), &[0; 100], most)
                .unwrap()
                .unwrap();
        };
        for byte in [1, 2, 3] {
            keep(byte);
            used(&folder, byte, byte.into());
        }
        assert!(is_there(&folder, 1), "which is its use");
        keep(4);
        let there: Vec<u8> = (1..=4).filter(|byte| is_there(&folder, *byte)).collect();
        assert_eq!(there, [1, 3, 4]);
        // Nothing of it fits.
        let refused = folder.keep(&key(5), &kept(), &[0; 1000], most).unwrap_err();
        assert!(refused.to_string().contains("may have"), "{refused}");
        assert_eq!(folder.files().unwrap().len(), 3);
        folder.clear().unwrap();
        assert!(folder.files().unwrap().is_empty());
    }

    #[test]
    fn what_was_begun_is_left_alone_and_goes_when_it_is_old() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("code");
        let folder = Folder::new(&path);
        folder.keep(&key(1), &kept(), b"x", 1 << 20).unwrap().unwrap();
        let (old, new) = (folder.aside(), folder.aside());
        File::create(&new).unwrap();
        let begun = File::create(&old).unwrap();
        begun.set_modified(SystemTime::now() - 2 * ABANDONED).unwrap();
        folder.keep(&key(2), &kept(), b"x", 1 << 20).unwrap().unwrap();
        assert!(new.exists() && !old.exists());
        assert_eq!(folder.files().unwrap().len(), 2);
    }
}
