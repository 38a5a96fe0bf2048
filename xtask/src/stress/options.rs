//! What was asked for.

use std::path::PathBuf;

/// The words after `cargo xtask stress`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Options {
    /// How often each program under stress runs in each way.
    pub(super) times: u32,
    /// How often each of those runs that come to a standstill, or look like it.
    pub(super) detection: u32,
    /// How many threads compute beside them.
    pub(super) busy: usize,
    /// A command that is there already.
    pub(super) threadlink: Option<PathBuf>,
    words: Vec<String>,
}

impl Options {
    pub(super) fn read(words: &[&str]) -> Result<Options, String> {
        let mut options = Options {
            times: 50,
            detection: 100,
            busy: 0,
            threadlink: None,
            words: Vec::new(),
        };
        let mut words = words.iter();
        while let Some(&word) = words.next() {
            match word {
                "--times" => options.times = number(word, words.next())?,
                "--detection" => options.detection = number(word, words.next())?,
                "--busy" => options.busy = number(word, words.next())? as usize,
                "--threadlink" => {
                    let path = words.next().ok_or("--threadlink wants a path")?;
                    // The command does not run where the words were typed.
                    options.threadlink =
                        Some(std::path::absolute(path).map_err(|error| format!("{path}: {error}"))?);
                }
                _ if word.starts_with('-') => return Err(format!("stress has no option {word}")),
                _ => options.words.push(word.to_owned()),
            }
        }
        Ok(options)
    }

    /// Whether a case with this title is meant.
    pub(super) fn means(&self, title: &str) -> bool {
        self.words.iter().all(|word| title.contains(word.as_str()))
    }
}

fn number(option: &str, word: Option<&&str>) -> Result<u32, String> {
    word.and_then(|word| word.parse().ok())
        .filter(|number| *number <= 1_000_000)
        .ok_or(format!("{option} wants a number, at most a million"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_in_any_order() {
        let options =
            Options::read(&["storm", "--times", "3", "--busy", "2", "wide"]).expect("that is right");
        assert_eq!((options.times, options.detection, options.busy), (3, 100, 2));
        assert!(options.means("storm wide 256") && !options.means("storm growth 300"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for words in [&["--times"][..], &["--busy", "x"], &["--nope"], &["--threadlink"]] {
            let message = Options::read(words).expect_err("that is wrong");
            assert!(message.contains(words[0]), "{message}");
        }
    }
}
