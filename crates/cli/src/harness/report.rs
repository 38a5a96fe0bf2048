//! What the tests' runner prints: what people, and tools that read it, know from libtest.

use std::fmt::Write as _;
use std::io::{self, IsTerminal};
use std::time::Duration;

use threadlink_trace::Printable;

use super::execute::Ended;
use super::options::{Color, Options};
use super::plain::Plain;
use super::records::{ShouldPanic, Test};
use super::select::Selection;
use super::verdict::Verdict;
use crate::failure::Failure;
use crate::output;

/// Why a plain test is not run, and what to do about it.
const NOT_RUN: &str = "not run (plain #[test]: use #[threadlink::test])";

/// Letters in a line of the terse format.
const TERSE_WIDTH: usize = 88;

/// Numbers for the last line, and what is shown before it.
pub(super) struct Report {
    terse: bool,
    show_output: bool,
    live: bool,
    colors: bool,
    /// Letters in the current line of the terse format.
    column: usize,
    passed: usize,
    ignored: usize,
    filtered_out: usize,
    not_run: Vec<String>,
    failed: Vec<Shown>,
    succeeded: Vec<Shown>,
}

/// A test and what to show of it at the end.
struct Shown {
    name: String,
    text: String,
}

#[derive(Clone, Copy)]
enum Paint {
    Green = 32,
    Red = 31,
    Yellow = 33,
}

impl Report {
    pub(super) fn new(options: &Options) -> Self {
        Self {
            terse: options.is_terse(),
            show_output: options.show_output,
            live: options.is_live(),
            colors: match options.color {
                Color::Always => true,
                Color::Never => false,
                Color::Auto => io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
            },
            column: 0,
            passed: 0,
            ignored: 0,
            filtered_out: 0,
            not_run: Vec::new(),
            failed: Vec::new(),
            succeeded: Vec::new(),
        }
    }

    /// Before the first test. `ignored` are those of the chosen that are not run.
    pub(super) fn begin(&mut self, selection: &Selection<'_>, ignored: &[&Test]) -> Result<(), Failure> {
        self.filtered_out = selection.filtered_out;
        self.ignored = ignored.len();
        self.not_run = selection
            .plain
            .iter()
            .map(|name| Printable(name).to_string())
            .collect();
        let mut text = format!("\nrunning {}\n", count(selection.chosen.len(), "test"));
        if !self.terse {
            for name in &self.not_run {
                let _ = writeln!(text, "test {name} ... {}", self.paint(Paint::Yellow, NOT_RUN));
            }
            for test in ignored {
                let word = self.paint(Paint::Yellow, "ignored");
                let _ = match test.ignored.as_deref() {
                    None | Some("") => writeln!(text, "{} ... {word}", heading(test)),
                    Some(reason) => writeln!(text, "{} ... {word}, {reason}", heading(test)),
                };
            }
        }
        output::print(&text)?;
        if self.terse {
            ignored.iter().try_for_each(|_| self.letter(Paint::Yellow, 'i'))?;
        }
        Ok(())
    }

    /// Where one test runs at a time: before it does, so that one that hangs is known.
    pub(super) fn started(&self, test: &Test) -> Result<(), Failure> {
        if self.terse {
            return Ok(());
        }
        let end = if self.live { "\n" } else { "" };
        output::print(&format!("{} ... {end}", heading(test)))
    }

    /// After a test; `announced` if [`started`](Self::started) was called for it.
    pub(super) fn ended(&mut self, ended: Ended<'_>, announced: bool) -> Result<(), Failure> {
        let (paint, word, letter) = match &ended.verdict {
            Verdict::Passed => (Paint::Green, "ok", '.'),
            Verdict::Failed(_) => (Paint::Red, "FAILED", 'F'),
        };
        let name = ended.test.name.clone();
        match ended.verdict {
            Verdict::Passed => {
                self.passed += 1;
                // Thousands of tests may print a lot each.
                if self.show_output {
                    self.succeeded.push(Shown {
                        name,
                        text: ended.output,
                    });
                }
            }
            Verdict::Failed(why) => self.failed.push(Shown {
                name,
                text: ended.output + &why,
            }),
        }
        if self.terse {
            return self.letter(paint, letter);
        }
        let word = self.paint(paint, word);
        if announced && !self.live {
            output::print(&format!("{word}\n"))
        } else {
            output::print(&format!("{} ... {word}\n", heading(ended.test)))
        }
    }

    /// After all tests: outputs, the list of failures, and the last line. Says whether all is well.
    pub(super) fn finish(
        mut self,
        plain: &Plain,
        any_of_ours: bool,
        took: Duration,
    ) -> Result<bool, Failure> {
        let mut text = String::new();
        if self.column > 0 {
            text.push('\n');
        }
        self.failed.sort_by(|one, other| one.name.cmp(&other.name));
        self.succeeded.sort_by(|one, other| one.name.cmp(&other.name));
        if self.show_output {
            list(&mut text, "successes", &self.succeeded);
        }
        if !self.failed.is_empty() {
            list(&mut text, "failures", &self.failed);
        }
        if self.terse && !self.not_run.is_empty() {
            let _ = writeln!(text, "\nnot run (plain #[test]: use #[threadlink::test]):");
            for name in &self.not_run {
                let _ = writeln!(text, "    {name}");
            }
        }
        let none_of_ours = !any_of_ours && !plain.names.is_empty();
        let well = self.failed.is_empty() && !none_of_ours;
        let result = if well {
            self.paint(Paint::Green, "ok")
        } else {
            self.paint(Paint::Red, "FAILED")
        };
        let _ = write!(
            text,
            "\ntest result: {result}. {} passed; {} failed; {} ignored; 0 measured; {} filtered out; ",
            self.passed,
            self.failed.len(),
            self.ignored,
            self.filtered_out,
        );
        if !self.not_run.is_empty() {
            let _ = write!(text, "{} not run; ", self.not_run.len());
        }
        let _ = writeln!(text, "finished in {:.2}s\n", took.as_secs_f64());
        output::print(&text)?;
        if none_of_ours {
            output::tell(
                "error: this module has tests, but none that runs on a guest: write #[threadlink::test] instead of \
                 #[test], or leave this target out (cargo's --lib, --bin and --test choose targets)",
            );
        }
        self.warn_of_incomplete_search(plain);
        Ok(well)
    }

    fn warn_of_incomplete_search(&self, plain: &Plain) {
        if !plain.complete {
            output::tell(
                "warning: libtest's table of tests was not found in this module, so plain #[test]s in it, if there are \
                 any, are neither run nor named",
            );
        }
    }

    /// `--list`.
    pub(super) fn list(&self, selection: &Selection<'_>, plain: &Plain) -> Result<(), Failure> {
        let mut text: String = selection
            .chosen
            .iter()
            .map(|test| format!("{}: test\n", Printable(&test.name)))
            .collect();
        if !self.terse {
            let _ = writeln!(text, "\n{}, 0 benchmarks", count(selection.chosen.len(), "test"));
        }
        output::print(&text)?;
        // Not on standard output: tools read that, and would run what is named there.
        for name in &selection.plain {
            output::tell(format_args!("test {} ... {NOT_RUN}", Printable(name)));
        }
        self.warn_of_incomplete_search(plain);
        Ok(())
    }

    fn letter(&mut self, paint: Paint, letter: char) -> Result<(), Failure> {
        let mut text = self.paint(paint, &letter.to_string());
        self.column += 1;
        if self.column == TERSE_WIDTH {
            self.column = 0;
            text.push('\n');
        }
        output::print(&text)
    }

    fn paint(&self, paint: Paint, text: &str) -> String {
        if self.colors {
            format!("\x1b[{}m{text}\x1b[0m", paint as u8)
        } else {
            text.to_owned()
        }
    }
}

/// `test tests::adds_up`, as libtest marks those that should panic.
fn heading(test: &Test) -> String {
    let mark = match test.should_panic {
        ShouldPanic::No => "",
        ShouldPanic::Yes | ShouldPanic::With(_) => " - should panic",
    };
    format!("test {}{mark}", Printable(&test.name))
}

fn count(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

/// What tests printed, then their names.
fn list(text: &mut String, title: &str, tests: &[Shown]) {
    let _ = writeln!(text, "\n{title}:\n");
    for test in tests.iter().filter(|test| !test.text.is_empty()) {
        let _ = writeln!(text, "---- {} stdout ----\n{}", Printable(&test.name), test.text);
    }
    let _ = writeln!(text, "\n{title}:");
    for test in tests {
        let _ = writeln!(text, "    {}", Printable(&test.name));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_tests_cannot_steer_a_terminal() {
        let test = Test {
            name: "tests::a\u{202e}b".to_owned(),
            export: String::new(),
            place: "f.rs:3".to_owned(),
            ignored: None,
            should_panic: ShouldPanic::No,
        };
        assert_eq!(heading(&test), "test tests::a\\u{202e}b");
        let mut text = String::new();
        let shown = Shown {
            name: test.name,
            text: "printed\n".to_owned(),
        };
        list(&mut text, "failures", &[shown]);
        assert_eq!(text.matches("a\\u{202e}b").count(), 2, "{text:?}");
        assert!(!text.contains('\u{202e}'), "{text:?}");
    }
}
