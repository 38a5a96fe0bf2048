//! What was asked for.

use std::path::PathBuf;

/// The words after `cargo xtask crates`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// Crates' own tests, not a program for each.
    pub(crate) suites: bool,
    /// Crates' own tests and the examples, under schedules.
    pub(crate) explored: bool,
    /// Write nothing: the document has to be right already.
    pub(crate) check: bool,
    /// A cargo that builds guests, if not the one that `threadlink setup` makes.
    pub(crate) cargo: Option<PathBuf>,
    /// The `threadlink` to set up with.
    pub(crate) threadlink: Option<PathBuf>,
    /// Try again what was seen to be as expected.
    pub(crate) again: bool,
    /// Only crates whose name has one of these in it; all if there are none.
    pub(crate) filters: Vec<String>,
}

impl Options {
    pub(crate) fn read(words: impl Iterator<Item = String>) -> Result<Options, String> {
        let mut options = Options::default();
        let mut words = words;
        while let Some(word) = words.next() {
            let mut path = || {
                // Commands run in other folders than this one.
                words
                    .next()
                    .and_then(|path| std::path::absolute(path).ok())
                    .ok_or(format!("{word} wants a path"))
            };
            match word.as_str() {
                "--tests" => options.suites = true,
                "--explore" => options.explored = true,
                "--check" => options.check = true,
                "--again" => options.again = true,
                "--cargo" => options.cargo = Some(path()?),
                "--threadlink" => options.threadlink = Some(path()?),
                _ if word.starts_with('-') => return Err(format!("there is no option {word}")),
                _ => options.filters.push(word),
            }
        }
        Ok(options)
    }

    /// Whether this crate is meant.
    pub(crate) fn means(&self, name: &str) -> bool {
        let mut filters = self.filters.iter();
        self.filters.is_empty() || filters.any(|part| name.contains(part.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Options, String> {
        Options::read(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn words_come_in_any_order() {
        let options = read("tok --cargo a/b --tests ray").expect("that is right");
        assert!(options.suites && !options.check && !options.again);
        assert!(options.means("tokio") && options.means("rayon") && !options.means("flume"));
        assert_eq!(options.cargo, std::path::absolute("a/b").ok());
        assert!(read("").expect("that is all").means("anything"));
    }

    #[test]
    fn what_is_done_with_crates_is_said() {
        let options = read("--explore --threadlink x").expect("that is right");
        assert!(options.explored && !options.suites);
        assert_eq!(options.threadlink, std::path::absolute("x").ok());
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (line, said) in [("--cargo", "--cargo"), ("--nope", "--nope")] {
            let message = read(line).expect_err("that is wrong");
            assert!(message.contains(said), "{message}");
        }
    }
}
