//! Takes one warning out of what a compiler says: that the target features of guests are unstable. It comes for every crate, and
//! nobody can do anything about it. All else stays as it is, byte for byte, but for the number of warnings.

use std::io::{self, BufRead, Write};

/// How the warning begins.
const MESSAGE: &str = "unstable feature specified for `-Ctarget-feature`: `";

/// Copies what a compiler says, without the warning about these target features.
pub(crate) fn copy(from: &mut dyn BufRead, to: &mut dyn Write, features: &[&str]) -> io::Result<()> {
    let mut filter = Filter {
        features,
        removed: 0,
        skipping: Skipping::No,
    };
    let mut line = Vec::new();
    loop {
        line.clear();
        // By lines: who reads this acts on each as it comes.
        if from.read_until(b'\n', &mut line)? == 0 {
            return to.flush();
        }
        match filter.line(&line) {
            Shown::AsItIs => to.write_all(&line)?,
            Shown::Otherwise(text) => to.write_all(text.as_bytes())?,
            Shown::Not => continue,
        }
        to.flush()?;
    }
}

struct Filter<'a> {
    features: &'a [&'a str],
    /// How many warnings are left out so far.
    removed: usize,
    skipping: Skipping,
}

/// What of the lines that follow belongs to a message that is left out.
#[derive(PartialEq)]
enum Skipping {
    No,
    /// The indented ones, and the empty one at their end.
    Message,
    /// An empty one.
    Blank,
}

enum Shown {
    AsItIs,
    Otherwise(String),
    Not,
}

impl Filter<'_> {
    fn line(&mut self, line: &[u8]) -> Shown {
        let Ok(text) = std::str::from_utf8(line) else {
            self.skipping = Skipping::No;
            return Shown::AsItIs;
        };
        if text.starts_with('{') {
            self.json(text)
        } else {
            self.plain(text)
        }
    }

    /// A message for programs, which is whole on its line.
    fn json(&mut self, line: &str) -> Shown {
        const START: &str = "\"message\":\"";
        let Some(at) = line.find(START) else {
            return Shown::AsItIs;
        };
        let message = &line[at + START.len()..];
        // Texts that are quoted in messages have backslashes before their quotes: this one is the message itself.
        let message = message.split('"').next().unwrap_or_default();
        if self.is_ours(message) {
            self.removed += 1;
            return Shown::Not;
        }
        match self.counted(message) {
            // A summary has the same text once more, as it is shown.
            Some(Some(right)) => Shown::Otherwise(line.replace(message, &right)),
            Some(None) => Shown::Not,
            None => Shown::AsItIs,
        }
    }

    /// A line of a message for people.
    fn plain(&mut self, line: &str) -> Shown {
        let bare = without_colours(line);
        let bare = bare.trim_end();
        match self.skipping {
            Skipping::Message if bare.starts_with(' ') => return Shown::Not,
            Skipping::Message | Skipping::Blank if bare.is_empty() => {
                self.skipping = Skipping::No;
                return Shown::Not;
            }
            _ => self.skipping = Skipping::No,
        }
        let said = bare
            .split_once(": ")
            .filter(|(level, _)| matches!(*level, "warning" | "error"));
        let Some((_, message)) = said else {
            return Shown::AsItIs;
        };
        if self.is_ours(message) {
            self.removed += 1;
            self.skipping = Skipping::Message;
            return Shown::Not;
        }
        match self.counted(message) {
            Some(Some(right)) => Shown::Otherwise(line.replace(message, &right)),
            Some(None) => {
                self.skipping = Skipping::Blank;
                Shown::Not
            }
            None => Shown::AsItIs,
        }
    }

    fn is_ours(&self, message: &str) -> bool {
        message
            .strip_prefix(MESSAGE)
            .and_then(|rest| rest.strip_suffix('`'))
            .is_some_and(|feature| self.features.contains(&feature))
    }

    /// What a summary has to say instead: nothing, if it spoke of nothing else. `None` if it is no summary, or a right one.
    fn counted(&self, message: &str) -> Option<Option<String>> {
        if self.removed == 0 {
            return None;
        }
        let (errors, warnings) = match message.split_once("; ") {
            Some((errors, warnings)) if errors.starts_with("aborting due to ") => (Some(errors), warnings),
            Some(_) => return None,
            None => (None, message),
        };
        let number = warnings
            .strip_suffix(" warnings emitted")
            .or_else(|| warnings.strip_suffix(" warning emitted"))?;
        let left = number.parse::<usize>().ok()?.checked_sub(self.removed)?;
        let warnings = match left {
            0 => None,
            1 => Some("1 warning emitted".to_owned()),
            _ => Some(format!("{left} warnings emitted")),
        };
        Some(match (errors, warnings) {
            (None, warnings) => warnings,
            (Some(errors), None) => Some(errors.to_owned()),
            (Some(errors), Some(warnings)) => Some(format!("{errors}; {warnings}")),
        })
    }
}

/// The text without the codes that colour it.
fn without_colours(line: &str) -> String {
    let mut bare = String::with_capacity(line.len());
    let mut parts = line.split('\u{1b}');
    bare.push_str(parts.next().unwrap_or_default());
    for part in parts {
        match part.split_once('m') {
            Some((code, rest)) if code.starts_with('[') => bare.push_str(rest),
            _ => bare.push_str(part),
        }
    }
    bare
}

#[cfg(test)]
mod tests {
    use super::*;

    const FEATURES: [&str; 2] = ["atomics", "exception-handling"];

    fn copied(text: &str) -> String {
        let mut out = Vec::new();
        copy(&mut text.as_bytes(), &mut out, &FEATURES).expect("memory can be written to");
        String::from_utf8(out).expect("it was text")
    }

    /// The message as a compiler shows it to people.
    fn warning(feature: &str) -> String {
        format!(
            "warning: unstable feature specified for `-Ctarget-feature`: `{feature}`\n  |\n  = note: this feature is not \
             stably supported; its behavior can change in the future\n\n"
        )
    }

    const OTHER: &str = "warning: unused variable: `x`\n --> a.rs:1:16\n  |\n1 | let x;\n\n";

    #[test]
    fn nothing_else_is_touched() {
        for text in [
            "",
            "no end of line",
            "warning: 3 warnings emitted\n\n",
            OTHER,
            "{\"message\":\"x\"}\n{}\n{\n",
            "error: aborting due to 1 previous error; 1 warning emitted\n\n",
        ] {
            assert_eq!(copied(text), text);
        }
        let simd = warning("relaxed-simd");
        assert_eq!(copied(&simd), simd, "the user's own");
        let mut out = Vec::new();
        copy(&mut &b"\xff\n"[..], &mut out, &FEATURES).expect("memory");
        assert_eq!(out, b"\xff\n");
    }

    #[test]
    fn people_do_not_see_it_and_the_count_is_right() {
        let both = warning("atomics") + &warning("exception-handling");
        assert_eq!(copied(&format!("{both}warning: 2 warnings emitted\n\n")), "");
        assert_eq!(
            copied(&format!("{both}{OTHER}warning: 3 warnings emitted\n\n")),
            format!("{OTHER}warning: 1 warning emitted\n\n")
        );
        assert_eq!(
            copied(&format!(
                "{both}error: aborting due to 2 previous errors; 2 warnings emitted\n\n"
            )),
            "error: aborting due to 2 previous errors\n\n"
        );
        assert_eq!(
            copied(&format!(
                "{both}error: aborting due to 1 previous error; 4 warnings emitted\n\n"
            )),
            "error: aborting due to 1 previous error; 2 warnings emitted\n\n"
        );
    }

    #[test]
    fn the_short_and_the_coloured_form_are_known() {
        let short = "warning: unstable feature specified for `-Ctarget-feature`: `atomics`\na.rs:1:16: warning: unused\nwarning: 2 warnings emitted\n";
        assert_eq!(
            copied(short),
            "a.rs:1:16: warning: unused\nwarning: 1 warning emitted\n"
        );
        let coloured = "\u{1b}[1m\u{1b}[33mwarning\u{1b}[0m\u{1b}[1m: unstable feature specified for `-Ctarget-feature`: `atomics`\u{1b}[0m\n  \u{1b}[1m|\u{1b}[0m\n\n\u{1b}[33mwarning\u{1b}[0m\u{1b}[1m: 2 warnings emitted\u{1b}[0m\n\n";
        assert_eq!(
            copied(coloured),
            "\u{1b}[33mwarning\u{1b}[0m\u{1b}[1m: 1 warning emitted\u{1b}[0m\n\n"
        );
    }

    #[test]
    fn programs_do_not_see_it_either() {
        let json = |message: &str| {
            format!(
                "{{\"$message_type\":\"diagnostic\",\"message\":\"{message}\",\"code\":null,\"level\":\"warning\",\
                 \"rendered\":\"warning: {message}\\n\\n\"}}\n"
            )
        };
        let ours = json("unstable feature specified for `-Ctarget-feature`: `atomics`");
        let other = json("unused variable: `x`");
        assert_eq!(
            copied(&format!("{ours}{other}{}", json("2 warnings emitted"))),
            format!("{other}{}", json("1 warning emitted"))
        );
        assert_eq!(copied(&format!("{ours}{}", json("1 warning emitted"))), "");
        let quoting = json("\\\"unstable feature specified for `-Ctarget-feature`: `atomics`\\\"");
        assert_eq!(copied(&quoting), quoting);
    }
}
