//! Runs the cases of a program one after the other, beyond those that end or hang it.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

/// How long a case may take, and how long the program may take to start. A watchdog.
const LIMIT: Duration = Duration::from_secs(90);

/// How one case ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It passed.
    Passed,
    /// Its own attributes say that it is not for this build.
    Ignored,
    /// It has to panic, and this build cannot go on after a panic.
    Unwinds,
    /// It did not pass.
    Failed(String),
}

/// How all cases ended, by name.
#[derive(Debug, Default)]
pub struct Report {
    /// The verdicts.
    pub cases: BTreeMap<String, Verdict>,
}

impl Report {
    /// The cases that did not pass, with the reason.
    #[must_use]
    pub fn failed(&self) -> Vec<String> {
        let failed = self.cases.iter().filter_map(|(name, verdict)| match verdict {
            Verdict::Failed(why) => Some(format!("{name}: {why}")),
            _ => None,
        });
        failed.collect()
    }

    /// The cases with a verdict.
    #[must_use]
    pub fn with(&self, wanted: &Verdict) -> Vec<&str> {
        let found = self.cases.iter().filter(|(_, verdict)| *verdict == wanted);
        found.map(|(name, _)| name.as_str()).collect()
    }
}

/// Runs a program (`command` gives it, told to start with a case) to the end of its cases.
///
/// # Panics
/// If the program cannot be started, or ends where no case runs.
#[must_use]
pub fn run(mut command: impl FnMut(usize) -> Command) -> Report {
    let mut report = Report::default();
    let mut start = 0;
    while let Some(next) = run_from(&mut command(start), &mut report) {
        start = next;
    }
    report
}

/// Runs until the end, or to a case that ends the program: the number of the case behind it.
fn run_from(command: &mut Command, report: &mut Report) -> Option<usize> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let stdout = BufReader::new(child.stdout.take().expect("piped"));
    let mut stderr = child.stderr.take().expect("piped");
    let complaints = thread::spawn(move || {
        let mut bytes = Vec::new();
        // A stream that breaks off has given what it had.
        let _ = stderr.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    });
    let (sender, lines) = channel();
    thread::spawn(move || {
        for line in stdout.lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    let mut running: Option<(usize, String)> = None;
    let mut ended = false;
    let mut hangs = false;
    loop {
        match lines.recv_timeout(LIMIT) {
            Ok(line) => match parse(&line) {
                Some(("run", number, name, _)) => running = Some((number, name)),
                Some((word, _, name, why)) => {
                    running = None;
                    let verdict = match word {
                        "ok" => Verdict::Passed,
                        "ignored" => Verdict::Ignored,
                        "unwinds" => Verdict::Unwinds,
                        _ => Verdict::Failed(why),
                    };
                    report.cases.insert(name, verdict);
                }
                None => ended |= line == "end",
            },
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                hangs = true;
                let _ = child.kill();
                break;
            }
        }
    }
    let status = child.wait().expect("the child can be waited for");
    if ended && status.success() {
        return None;
    }
    let complaints = complaints.join().expect("the reader does not panic");
    let tail: Vec<&str> = complaints.lines().rev().take(12).collect();
    let tail: String = tail
        .into_iter()
        .rev()
        .map(|line| format!("\n    {line}"))
        .collect();
    let Some((number, name)) = running else {
        panic!("{command:?} ended between two cases: {status}{tail}");
    };
    let why = if hangs {
        format!("hangs: nothing for {} s", LIMIT.as_secs())
    } else {
        format!("ends the program: {status}")
    };
    report.cases.insert(name, Verdict::Failed(format!("{why}{tail}")));
    Some(number + 1)
}

/// `WORD NUMBER NAME REST`.
fn parse(line: &str) -> Option<(&str, usize, String, String)> {
    let mut parts = line.splitn(4, ' ');
    let word = parts
        .next()
        .filter(|word| ["run", "ok", "ignored", "unwinds", "FAILED"].contains(word))?;
    let number = parts.next()?.parse().ok()?;
    let name = parts.next()?.to_owned();
    Some((word, number, name, parts.next().unwrap_or_default().to_owned()))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_case_that_ends_the_program_is_named_and_the_others_run() {
        let lines = "echo ok 0 a; echo run 1 b; [ $1 = 0 ] && { echo why >&2; exit 7; }; echo FAILED 2 c it panicked; \
                     echo ignored 3 d; echo unwinds 4 e; echo something else; echo end";
        let report = run(|start| {
            let mut command = Command::new("sh");
            command.args(["-c", lines, "sh", &start.to_string()]);
            command
        });
        let failed = report.failed();
        assert_eq!(failed.len(), 2, "{failed:?}");
        assert!(
            failed[0].starts_with("b: ends the program") && failed[0].contains("why"),
            "{failed:?}"
        );
        assert_eq!(failed[1], "c: it panicked");
        assert_eq!(report.with(&Verdict::Passed), ["a"]);
        assert_eq!(report.with(&Verdict::Ignored), ["d"]);
        assert_eq!(report.with(&Verdict::Unwinds), ["e"]);
    }
}
