//! The list of what belongs to a sysroot, written last: without it, or if a file is not as it says, the sysroot is made again.

use std::fs;
use std::io;
use std::path::Path;

/// The file's name in a sysroot.
const NAME: &str = "complete";

/// Writes the list for the folder `files` in the sysroot, and what there is to know about it, a line each.
pub(crate) fn write(sysroot: &Path, files: &str, about: &[(&str, &str)]) -> io::Result<()> {
    let mut text = String::new();
    for (key, value) in about {
        text.push_str(&format!("{key}: {value}\n"));
    }
    let mut lines = Vec::new();
    list(&sysroot.join(files), files, &mut lines)?;
    lines.sort();
    for line in lines {
        text.push_str(&line);
        text.push('\n');
    }
    fs::write(sysroot.join(NAME), text)
}

/// Whether all is there, with the sizes that it had. The bytes are not read: that would take longer than what compilers do with
/// most crates.
pub(crate) fn holds(sysroot: &Path) -> bool {
    let Ok(text) = fs::read_to_string(sysroot.join(NAME)) else {
        return false;
    };
    let mut files = text
        .lines()
        .filter_map(|line| line.strip_prefix("file: "))
        .peekable();
    files.peek().is_some()
        && files.all(|line| {
            line.split_once(' ').is_some_and(|(size, path)| {
                let found = fs::metadata(sysroot.join(path)).ok();
                found.is_some_and(|found| size.parse() == Ok(found.len()))
            })
        })
}

/// What the list says about the sysroot by this key.
pub(crate) fn about(sysroot: &Path, key: &str) -> Option<String> {
    let text = fs::read_to_string(sysroot.join(NAME)).ok()?;
    text.lines().find_map(|line| {
        let (found, value) = line.split_once(": ")?;
        (found == key).then(|| value.to_owned())
    })
}

fn list(folder: &Path, name: &str, lines: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let inner = format!("{name}/{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            list(&entry.path(), &inner, lines)?;
        } else {
            lines.push(format!("file: {} {inner}", entry.metadata()?.len()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_gone_or_cut_short_is_noticed() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let at = |name: &str| dir.path().join("lib").join(name);
        assert!(!holds(dir.path()));
        fs::create_dir_all(at("inner")).expect("folders");
        write(dir.path(), "lib", &[("release", "1.95.0")]).expect("a file");
        assert!(!holds(dir.path()), "an empty sysroot is none");
        for name in ["liba.rlib", "inner/b c.o"] {
            fs::write(at(name), "content").expect("a file");
        }
        write(dir.path(), "lib", &[("release", "1.95.0")]).expect("a file");
        assert!(holds(dir.path()));
        assert_eq!(about(dir.path(), "release").as_deref(), Some("1.95.0"));
        assert_eq!(about(dir.path(), "other"), None);
        fs::write(at("inner/b c.o"), "cont").expect("a file");
        assert!(!holds(dir.path()));
        fs::write(at("inner/b c.o"), "content").expect("a file");
        assert!(holds(dir.path()));
        fs::remove_file(at("liba.rlib")).expect("it was there");
        assert!(!holds(dir.path()));
    }
}
