//! An edit of one of std's files: a text, what takes its place, and how often it stands there.

use std::fmt;
use std::path::Path;

use serde::Deserialize;

/// An edit as `edits.toml` has it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Edit {
    /// The file, below `library`.
    pub(super) file: String,
    /// What it is for.
    pub(super) why: String,
    find: String,
    replace: String,
    #[serde(default = "once")]
    times: usize,
}

fn once() -> usize {
    1
}

/// An edit that does not fit this version of std.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    file: String,
    why: String,
    found: Option<usize>,
    expected: usize,
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file,
            why,
            found,
            expected,
        } = self;
        match found {
            Some(found) => write!(
                f,
                "library/{file} has what an edit of threadlink's looks for {found} times and not {expected} times (the \
                 edit: {why})"
            ),
            None => write!(f, "library/{file} is not there (an edit of threadlink's: {why})"),
        }
    }
}

impl std::error::Error for Misfit {}

impl Edit {
    /// Says of the edit that it does not fit; `found` is how often the text stands there, or `None` without a file.
    fn misfit(&self, found: Option<usize>) -> Misfit {
        Misfit {
            file: self.file.clone(),
            why: self.why.clone(),
            found,
            expected: self.times,
        }
    }

    /// The file with the edit made.
    fn edited(&self, text: &str) -> Result<String, Misfit> {
        let found = text.matches(&self.find).count();
        if found == self.times {
            Ok(text.replace(&self.find, &self.replace))
        } else {
            Err(self.misfit(Some(found)))
        }
    }

    /// Makes the edit in a copy of std's sources.
    pub(super) fn make(&self, library: &Path) -> std::io::Result<Result<(), Misfit>> {
        let path = library.join(&self.file);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Err(self.misfit(None))),
            Err(error) => return Err(error),
        };
        match self.edited(&text) {
            Ok(text) => std::fs::write(&path, text).map(Ok),
            Err(misfit) => Ok(Err(misfit)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(times: usize) -> Edit {
        Edit {
            file: "std/src/file.rs".to_owned(),
            why: "a test".to_owned(),
            find: "old".to_owned(),
            replace: "new".to_owned(),
            times,
        }
    }

    #[test]
    fn an_edit_is_made_as_often_as_it_says_or_not_at_all() {
        assert_eq!(edit(1).edited("an old one"), Ok("an new one".to_owned()));
        assert_eq!(edit(2).edited("old, old"), Ok("new, new".to_owned()));
        for (times, text) in [(1, "none"), (1, "old, old"), (2, "old")] {
            let misfit = edit(times).edited(text).unwrap_err().to_string();
            assert!(misfit.contains("std/src/file.rs"), "{misfit}");
        }
    }

    #[test]
    fn a_file_that_is_not_there_does_not_fit() {
        let folder = tempfile::tempdir().unwrap();
        let misfit = edit(1).make(folder.path()).unwrap().unwrap_err();
        assert!(misfit.to_string().contains("is not there"), "{misfit}");
    }
}
