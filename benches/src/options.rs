//! What was asked for.

use std::path::PathBuf;

/// Turns of a row, unless something else is asked for.
const TURNS: usize = 9;

/// The words after `cargo xtask bench`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// The command that builds and runs guests.
    pub(crate) threadlink: PathBuf,
    /// Write what comes of it here as well.
    pub(crate) json: Option<PathBuf>,
    /// Fail if a target is missed.
    pub(crate) check: bool,
    /// Only say which rows there are.
    pub(crate) list: bool,
    pub(crate) turns: usize,
    /// Only rows with all of these words in their title.
    pub(crate) filter: Vec<String>,
}

impl Options {
    pub(crate) fn read(words: impl Iterator<Item = String>) -> Result<Options, String> {
        let mut options = Options {
            threadlink: "threadlink".into(),
            json: None,
            check: false,
            list: false,
            turns: TURNS,
            filter: Vec::new(),
        };
        let mut words = words;
        while let Some(word) = words.next() {
            let mut next = |what: &str| words.next().ok_or(format!("{word} wants {what}"));
            match word.as_str() {
                "--threadlink" => options.threadlink = next("a path")?.into(),
                "--json" => options.json = Some(next("a path")?.into()),
                "--turns" => {
                    options.turns = next("a number")?
                        .parse()
                        .ok()
                        .filter(|turns| (1..=1_000).contains(turns))
                        .ok_or("--turns wants a number from 1 to 1000")?;
                }
                "--check" => options.check = true,
                "--list" => options.list = true,
                _ if word.starts_with('-') => return Err(format!("there is no option {word}")),
                _ => options.filter.push(word),
            }
        }
        Ok(options)
    }

    /// Whether this row is meant.
    pub(crate) fn means(&self, title: &str) -> bool {
        self.filter.iter().all(|part| title.contains(part.as_str()))
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
        let options = read("locks --turns 3 --check crate").expect("that is right");
        assert!(options.check && options.turns == 3);
        assert!(options.means("locks: free (crate)") && !options.means("locks: free (std)"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for line in ["--json", "--nope", "--turns 0"] {
            let message = read(line).expect_err("that is wrong");
            let word = line.split(' ').next().expect("there is one");
            assert!(message.contains(word), "{message}");
        }
    }
}
