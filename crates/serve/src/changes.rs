//! Whether a file of the folder has changed: a number that is another one then.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How many files are looked at: in a larger folder the rest may change unseen.
const MOST: usize = 10_000;
/// How old an answer may be: pages ask twice a second, each of them.
const FRESH: Duration = Duration::from_millis(200);

/// What was found last, and when.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    last: Mutex<Option<(Instant, u64)>>,
}

impl Changes {
    /// A number for the files below `root`: their names, sizes and times.
    pub(crate) fn number(&self, root: &Path) -> u64 {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match *last {
            Some((when, number)) if when.elapsed() < FRESH => number,
            _ => {
                let number = look(root);
                *last = Some((Instant::now(), number));
                number
            }
        }
    }
}

/// Looks at all files, but not at hidden ones, and not in what cargo and npm make for themselves.
fn look(root: &Path) -> u64 {
    let mut hasher = DefaultHasher::new();
    let mut folders: Vec<PathBuf> = vec![root.to_owned()];
    let mut left = MOST;
    while let Some(folder) = folders.pop() {
        let mut entries: Vec<_> = fs::read_dir(&folder)
            .into_iter()
            .flatten()
            .flatten()
            .take(left)
            .collect();
        left -= entries.len();
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let name = entry.file_name();
            let Ok(about) = entry.metadata() else { continue };
            let is_made = name == "node_modules" || name == "target";
            if name.to_string_lossy().starts_with('.') || about.is_dir() && is_made {
                continue;
            }
            if about.is_dir() {
                folders.push(entry.path());
            } else {
                (entry.path(), about.len(), about.modified().ok()).hash(&mut hasher);
            }
        }
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_and_what_goes_changes_the_number() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let root = folder.path();
        let file = root.join("deep/file");
        let mut seen = vec![look(root)];
        fs::create_dir(root.join("deep")).expect("it can be made");
        fs::write(&file, "1").expect("it can be written");
        seen.push(look(root));
        assert_eq!(look(root), look(root));
        fs::write(&file, "22").expect("it can be written");
        seen.push(look(root));
        fs::rename(&file, root.join("deep/other")).expect("it can be renamed");
        seen.push(look(root));
        for (index, number) in seen.iter().enumerate() {
            assert!(!seen[..index].contains(number), "{seen:?}");
        }
        fs::remove_dir_all(root.join("deep")).expect("it can be removed");
        assert_eq!(look(root), seen[0]);
    }

    #[test]
    fn what_tools_keep_for_themselves_is_not_looked_at() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let root = folder.path();
        let before = look(root);
        for made in ["target", "node_modules", ".git"] {
            fs::create_dir(root.join(made)).expect("it can be made");
            fs::write(root.join(made).join("file"), "").expect("it can be written");
        }
        assert_eq!(look(root), before);
    }
}
