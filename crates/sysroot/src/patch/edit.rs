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
    #[serde(default)]
    times: Times,
    /// Whether std does as well without it: it is left out where it does not fit.
    #[serde(default)]
    optional: bool,
}

/// How often the text has to stand in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
enum Times {
    Exactly(usize),
    AtLeastOnce(Every),
}

/// The word `every`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Every {
    Every,
}

impl Default for Times {
    fn default() -> Self {
        Self::Exactly(1)
    }
}

impl Times {
    fn allows(self, found: usize) -> bool {
        match self {
            Self::Exactly(times) => found == times,
            Self::AtLeastOnce(Every::Every) => found > 0,
        }
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(times) => times.fmt(f),
            Self::AtLeastOnce(Every::Every) => f.write_str("at least 1"),
        }
    }
}

/// An edit that does not fit this version of std.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    file: String,
    why: String,
    found: Option<usize>,
    expected: String,
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
                "library/{file} has what an edit of threadlink's looks for {found} times, where it has to be {expected} (the \
                 edit: {why})"
            ),
            None => write!(f, "library/{file} is not there (an edit of threadlink's: {why})"),
        }
    }
}

impl std::error::Error for Misfit {}

impl Misfit {
    /// A file of std's that is not there, and what it is wanted for.
    pub(super) fn missing(file: &Path, why: &str) -> Self {
        Self {
            file: file.display().to_string(),
            why: why.to_owned(),
            found: None,
            expected: Times::default().to_string(),
        }
    }
}

impl Edit {
    /// Says of the edit that it does not fit; `found` is how often the text stands there, or `None` without a file.
    fn misfit(&self, found: Option<usize>) -> Misfit {
        Misfit {
            file: self.file.clone(),
            why: self.why.clone(),
            found,
            expected: self.times.to_string(),
        }
    }

    /// The file with the edit made.
    fn edited(&self, text: &str) -> Result<String, Misfit> {
        let found = text.matches(&self.find).count();
        if self.times.allows(found) {
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
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(self.unless_optional(self.misfit(None)));
            }
            Err(error) => return Err(error),
        };
        match self.edited(&text) {
            Ok(text) => std::fs::write(&path, text).map(Ok),
            Err(misfit) => Ok(self.unless_optional(misfit)),
        }
    }

    fn unless_optional(&self, misfit: Misfit) -> Result<(), Misfit> {
        if self.optional { Ok(()) } else { Err(misfit) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(times: Times) -> Edit {
        Edit {
            file: "std/src/file.rs".to_owned(),
            why: "a test".to_owned(),
            find: "old".to_owned(),
            replace: "new".to_owned(),
            times,
            optional: false,
        }
    }

    #[test]
    fn an_edit_is_made_as_often_as_it_says_or_not_at_all() {
        let (once, twice, every) = (
            Times::default(),
            Times::Exactly(2),
            Times::AtLeastOnce(Every::Every),
        );
        for (times, text, edited) in [
            (once, "an old one", "an new one"),
            (twice, "old, old", "new, new"),
            (every, "old", "new"),
            (every, "old, old, old", "new, new, new"),
        ] {
            assert_eq!(edit(times).edited(text).as_deref(), Ok(edited));
        }
        for (times, text) in [
            (once, "none"),
            (once, "old, old"),
            (twice, "old"),
            (every, "none"),
        ] {
            let misfit = edit(times).edited(text).unwrap_err().to_string();
            assert!(misfit.contains("std/src/file.rs"), "{misfit}");
        }
    }

    #[test]
    fn a_file_that_is_not_there_does_not_fit() {
        let folder = tempfile::tempdir().unwrap();
        let misfit = edit(Times::default()).make(folder.path()).unwrap().unwrap_err();
        assert!(misfit.to_string().contains("is not there"), "{misfit}");
        let optional = Edit {
            optional: true,
            ..edit(Times::default())
        };
        assert_eq!(optional.make(folder.path()).unwrap(), Ok(()));
    }
}
