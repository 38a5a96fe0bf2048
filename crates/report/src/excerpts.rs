//! The lines around places in the source. Places come from the trace, and so from anywhere: of all files, only Rust source
//! below one folder is read, and of that only what is a regular file of bounded size and text.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use serde::Serialize;
use threadlink_trace::Printable;

use crate::json::List;
use crate::names::Spot;

/// Files that are looked for.
const FILES: usize = 200;
/// Bytes of a file.
const FILE_BYTES: u64 = 2 << 20;
/// Characters of a line.
const LINE: usize = 160;
/// Lines before a place, and behind it.
const BEFORE: usize = 2;
const BEHIND: usize = 2;

/// Reads files below one folder, each once.
#[derive(Debug)]
pub(crate) struct Source {
    root: Option<PathBuf>,
    files: HashMap<String, Option<String>>,
}

/// The lines around a place.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Excerpt {
    place: u64,
    first: usize,
    lines: Vec<String>,
}

impl Source {
    pub(crate) fn below(root: Option<&Path>) -> Self {
        Self {
            root: root.and_then(|root| root.canonicalize().ok()),
            files: HashMap::new(),
        }
    }

    /// Adds the lines around a place to a list, if they can be had and there is room.
    pub(crate) fn add(&mut self, list: &mut List, place: u64, spot: &Spot) {
        if let Some(excerpt) = self.excerpt(place, spot) {
            list.push(&excerpt);
        }
    }

    fn excerpt(&mut self, place: u64, spot: &Spot) -> Option<Excerpt> {
        let root = self.root.as_deref()?;
        if !self.files.contains_key(&spot.file) {
            if self.files.len() >= FILES {
                return None;
            }
            let text = read(root, &spot.file);
            self.files.insert(spot.file.clone(), text);
        }
        let text = self.files[&spot.file].as_deref()?;
        let line = usize::try_from(spot.line).ok()?.checked_sub(1)?;
        let first = line.saturating_sub(BEFORE);
        let lines: Vec<String> = text
            .lines()
            .skip(first)
            .take(line - first + 1 + BEHIND)
            .map(shown)
            .collect();
        // The file is another one by now if it has no such line.
        (lines.len() > line - first).then_some(Excerpt {
            place,
            first: first + 1,
            lines,
        })
    }
}

fn shown(line: &str) -> String {
    let line: String = line.replace('\t', "    ").chars().take(LINE).collect();
    Printable(&line).to_string()
}

/// The text of a file that a trace names.
fn read(root: &Path, name: &str) -> Option<String> {
    let name = Path::new(name);
    if name.extension()? != "rs" || name.components().any(|part| part == Component::ParentDir) {
        return None;
    }
    // A link that leads out of the folder is seen here, and so is an absolute path that is not in it.
    let path = root.join(name).canonicalize().ok()?;
    let regular = |path: &Path| fs::symlink_metadata(path).is_ok_and(|data| data.is_file());
    if !path.starts_with(root) || path.extension()? != "rs" || !regular(&path) {
        return None;
    }
    let file = File::open(path).ok()?;
    if !file.metadata().ok()?.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    file.take(FILE_BYTES + 1).read_to_end(&mut bytes).ok()?;
    if bytes.len() as u64 > FILE_BYTES || bytes.contains(&0) {
        return None;
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(file: &str, line: u32) -> Spot {
        Spot {
            file: file.to_owned(),
            line,
            column: 1,
        }
    }

    #[test]
    fn the_lines_around_a_place() {
        let dir = tempfile::tempdir().expect("a folder");
        fs::write(dir.path().join("a.rs"), "1\n2\n\t3 \u{1b}[31m\n4\n5\n6\n").expect("a file");
        let mut source = Source::below(Some(dir.path()));
        let excerpt = source.excerpt(7, &at("a.rs", 3)).expect("it is there");
        assert_eq!((excerpt.place, excerpt.first), (7, 1));
        assert_eq!(excerpt.lines, ["1", "2", "    3 \\u{1b}[31m", "4", "5"]);
        let absolute = dir.path().join("a.rs");
        let absolute = absolute.to_str().expect("a name in UTF-8");
        assert_eq!(
            source.excerpt(0, &at(absolute, 6)).expect("it is there").lines,
            ["4", "5", "6"]
        );
        for line in [0, 7, u32::MAX] {
            assert_eq!(source.excerpt(0, &at("a.rs", line)), None);
        }
        assert_eq!(Source::below(None).excerpt(0, &at("a.rs", 1)), None);
    }

    #[test]
    fn nothing_but_source_below_the_folder_is_read() {
        let dir = tempfile::tempdir().expect("a folder");
        let inside = dir.path().join("inside");
        fs::create_dir_all(inside.join("folder.rs")).expect("a folder");
        fs::write(dir.path().join("outside.rs"), "secret\n").expect("a file");
        fs::write(inside.join("secret.txt"), "secret\n").expect("a file");
        fs::write(inside.join("binary.rs"), "a\0b\n").expect("a file");
        fs::write(inside.join("latin.rs"), b"\xe9\n").expect("a file");
        let large = " ".repeat(FILE_BYTES as usize + 1);
        fs::write(inside.join("large.rs"), large).expect("a file");
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("../outside.rs", inside.join("link.rs")).expect("a link");
            std::os::unix::fs::symlink("secret.txt", inside.join("other.rs")).expect("a link");
            std::os::unix::fs::symlink("/dev/zero", inside.join("zero.rs")).expect("a link");
        }
        let outside = dir.path().join("outside.rs");
        let mut source = Source::below(Some(&inside));
        for file in [
            outside.to_str().expect("a name in UTF-8"),
            "../outside.rs",
            "folder.rs/../../outside.rs",
            "secret.txt",
            "binary.rs",
            "latin.rs",
            "large.rs",
            "folder.rs",
            "link.rs",
            "other.rs",
            "zero.rs",
            "missing.rs",
            "/etc/passwd",
            "",
        ] {
            assert_eq!(source.excerpt(0, &at(file, 1)), None, "{file}");
        }
    }
}
