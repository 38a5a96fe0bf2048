//! What was asked for.

use std::path::PathBuf;

/// The words after `cargo xtask crates`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// Crates' own tests, not a program for each.
    pub(crate) suites: bool,
    /// Write nothing: the document has to be right already.
    pub(crate) check: bool,
    /// A cargo that builds guests, if not the one that `threadlink setup` makes.
    pub(crate) cargo: Option<PathBuf>,
    /// The `threadlink` to set up with.
    pub(crate) threadlink: Option<PathBuf>,
    /// Only crates whose name has this in it.
    pub(crate) filter: Option<String>,
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
                "--check" => options.check = true,
                "--cargo" => options.cargo = Some(path()?),
                "--threadlink" => options.threadlink = Some(path()?),
                _ if word.starts_with('-') => return Err(format!("there is no option {word}")),
                _ if options.filter.is_some() => {
                    return Err(format!("one filter is enough: what is '{word}'?"));
                }
                _ => options.filter = Some(word),
            }
        }
        Ok(options)
    }

    /// Whether this crate is meant.
    pub(crate) fn means(&self, name: &str) -> bool {
        self.filter
            .as_ref()
            .is_none_or(|part| name.contains(part.as_str()))
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
        let options = read("tok --cargo a/b --tests").expect("that is right");
        assert!(options.suites && !options.check && options.means("tokio") && !options.means("rayon"));
        assert_eq!(options.cargo, std::path::absolute("a/b").ok());
        assert!(read("").expect("that is all").means("anything"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (line, said) in [("--cargo", "--cargo"), ("--nope", "--nope"), ("a b", "'b'")] {
            let message = read(line).expect_err("that is wrong");
            assert!(message.contains(said), "{message}");
        }
    }
}
