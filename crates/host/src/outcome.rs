//! How a run ended, in types and in words.

use std::fmt;
use std::time::Duration;

use threadlink_abi::errno;
use threadlink_trace::{DeadlockReport, Printable, PrintableLines};

use crate::backtrace::{self, Style};
use crate::exhausted::Exhausted;
use crate::imports::ImportFailure;
use crate::numbers::Value;

/// What is left of a program that ran.
///
/// ```no_run
/// # fn show(outcome: &threadlink_host::Outcome) {
/// if let Some(Ok(summary)) = &outcome.trace {
///     println!("{} events recorded, {} instances used", summary.events, outcome.stats.instances);
/// }
/// # }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Outcome {
    /// Why the program ended.
    pub end: End,
    /// What the entry point has returned, if that was how the program ended.
    pub results: Vec<Value>,
    /// Counters of the run.
    pub stats: Stats,
    /// What became of the trace, if one was asked for.
    pub trace: Option<Result<threadlink_trace::Summary, threadlink_trace::WriteError>>,
    /// What the guest wrote to its standard output, if that was [captured](crate::Stream::capture).
    pub stdout: Vec<u8>,
    /// The same of its standard error, with the messages about its dying threads.
    pub stderr: Vec<u8>,
}

/// Counters of a run.
///
/// ```no_run
/// # fn show(outcome: &threadlink_host::Outcome) {
/// assert!(outcome.stats.instances <= outcome.stats.peak_threads);
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Stats {
    /// Threads that ran, the main thread included.
    pub threads: u64,
    /// The most threads that were alive at once, the main thread included.
    pub peak_threads: u64,
    /// Threads that died of a panic or a trap.
    pub died: u64,
    /// Instances that were made; a pooled instance runs one thread after the other.
    pub instances: u64,
    /// Threads that could not be stopped when the program had ended; the one that reads its input is among them, if it was stuck
    /// in that.
    pub abandoned_threads: u64,
    /// Bytes of guest memory at the end.
    pub memory_bytes: u64,
    /// What the threads of the run have used of the processors, as
    /// [`RunConfig::cpu_limit`](crate::RunConfig::cpu_limit) counts it; `None` where the system does not tell.
    pub cpu_time: Option<Duration>,
}

/// Why a program ended. Its `Display` is the report for a person, empty where there is nothing to say.
///
/// ```
/// use threadlink_host::End;
///
/// assert_eq!(End::Exited(7).exit_code(), 7);
/// assert_eq!(End::Returned.to_string(), "");
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum End {
    /// The entry point returned.
    Returned,
    /// A thread asked for the end, with this exit code; or the entry point returned and left it in its control block, where it
    /// is not 0.
    Exited(i32),
    /// The main thread panicked.
    Panicked(Death),
    /// The main thread trapped.
    Trapped(Death),
    /// The guest's runtime gave up.
    RuntimeFailure(RuntimeFailure),
    /// Threads wait for each other in a circle, or for what cannot come any more.
    Deadlock(DeadlockReport),
    /// The time limit was reached.
    TimedOut {
        /// The limit.
        limit: Duration,
        /// What each thread was doing that the host could see, one line each with the lines of its backtrace, and what
        /// would tell more.
        threads: Vec<String>,
    },
    /// The limit of CPU time was reached ([`RunConfig::cpu_limit`](crate::RunConfig::cpu_limit)).
    CpuLimit {
        /// The limit.
        limit: Duration,
        /// What each thread was doing that the host could see, one line each.
        threads: Vec<String>,
    },
    /// A [function of the embedder's](crate::Imports) returned an error.
    ImportFailed(ImportFailure),
    /// It wrote more than it may ([`RunConfig::max_output`](crate::RunConfig::max_output)).
    OutputLimit {
        /// The limit, in bytes.
        limit: u64,
    },
    /// It was ended from outside, by a [`StopHandle`](crate::StopHandle).
    Stopped {
        /// What each thread was doing that the host could see, one line each with the lines of its backtrace, and what
        /// would tell more.
        threads: Vec<String>,
    },
}

impl End {
    /// The exit code that stands for this end: 0, the guest's own, 101 panic, 134 trap, runtime failure or an
    /// error of a function of the embedder's, 3 deadlock, 124 a limit of time, CPU time or output, 130 stopped.
    ///
    /// A process keeps the lowest 8 bits of its code. Where these would be 0 though the guest's own is not, it is 255, so
    /// that a failure is never taken for success.
    #[must_use]
    pub fn exit_code(&self) -> i32 {
        match self {
            Self::Returned => 0,
            Self::Exited(code) if *code != 0 && code & 0xff == 0 => 255,
            Self::Exited(code) => *code,
            Self::Panicked(_) => 101,
            Self::Trapped(_) | Self::RuntimeFailure(_) | Self::ImportFailed(_) => 134,
            Self::Deadlock(_) => 3,
            Self::TimedOut { .. } | Self::CpuLimit { .. } | Self::OutputLimit { .. } => 124,
            Self::Stopped { .. } => 130,
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Returned | Self::Exited(_) => Ok(()),
            Self::Panicked(death) | Self::Trapped(death) => death.fmt(f),
            Self::RuntimeFailure(failure) => failure.fmt(f),
            Self::Deadlock(report) => report.fmt(f),
            Self::TimedOut { limit, threads } => {
                writeln!(
                    f,
                    "timeout: the program was still running after {} s",
                    limit.as_secs_f64()
                )?;
                threads.iter().try_for_each(|line| writeln!(f, "  {line}"))
            }
            Self::CpuLimit { limit, threads } => {
                writeln!(
                    f,
                    "cpu limit: the program was still running after it had used {} s of CPU time",
                    limit.as_secs_f64()
                )?;
                threads.iter().try_for_each(|line| writeln!(f, "  {line}"))
            }
            Self::ImportFailed(failure) => failure.fmt(f),
            Self::OutputLimit { limit } => writeln!(
                f,
                "output limit: the program wrote more than {limit} bytes to its standard output and error, and was ended; the \
                 rest is cut off"
            ),
            Self::Stopped { threads } => {
                writeln!(
                    f,
                    "stopped: the program was ended from outside while it was running"
                )?;
                threads.iter().try_for_each(|line| writeln!(f, "  {line}"))
            }
        }
    }
}

/// How one thread died.
///
/// ```no_run
/// # fn show(death: &threadlink_host::Death) {
/// eprintln!("{} died: {}", death.thread, death.message);
/// # }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Death {
    /// Its name as a message shows it: `'main'`, `'worker'` or `#7`.
    pub thread: String,
    /// Whether it was a panic; otherwise a trap.
    pub panic: bool,
    /// The panic's message as the guest has it, or what the trap was. `Display` escapes what could steer a terminal, and
    /// begins each line of a panic's message with a mark, `  | `, that no line of the host's own begins with.
    pub message: String,
    /// Where the panic was raised, if known.
    pub site: Option<crate::Site>,
    /// Whether the program has written the panic's message to its standard error itself. There is nothing left to say then:
    /// the stack has been unwound, too.
    pub said: bool,
    /// What the thread had too little of, if that is why it trapped.
    pub exhausted: Option<Exhausted>,
    /// The guest's stack, innermost frame first, one line each; the frames of std and the runtime are folded unless
    /// `RUST_BACKTRACE` is `full`. `Display` shows it as far as that variable wants it, by default where no message of a
    /// panic has the place.
    pub backtrace: Vec<String>,
}

impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.said {
            return Ok(());
        }
        if self.panic {
            write!(f, "thread {} panicked", self.thread)?;
            match &self.site {
                Some(site) => writeln!(f, " at {site}:")?,
                None => writeln!(f, ":")?,
            }
            writeln!(f, "{}{}", PrintableLines::MARK, PrintableLines(&self.message))?;
        } else if let Some(exhausted) = self.exhausted {
            writeln!(f, "thread {} {exhausted}", self.thread)?;
        } else {
            writeln!(f, "thread {} trapped: {}", self.thread, Printable(&self.message))?;
        }
        let placed = self.panic && self.site.is_some();
        backtrace::note(f, Style::wanted(), &self.backtrace, placed)
    }
}

/// The guest's runtime ended the program with an error number, or left it no choice.
///
/// ```no_run
/// # fn show(failure: &threadlink_host::RuntimeFailure) {
/// eprintln!("error number {}: {failure}", failure.errno);
/// # }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RuntimeFailure {
    /// The thread that it is about.
    pub thread: String,
    /// The error number (`threadlink_abi::errno`).
    pub errno: i32,
    /// Bytes of stack that the thread was given, if the host knows it.
    pub stack_size: Option<u32>,
    /// Whether the host has seen that this thread's stack was overflowed. Error number 68 claims that of some thread.
    pub overflowed: bool,
    /// The guest's stack, as that of a [`Death`].
    pub backtrace: Vec<String>,
    /// How that thread died, if the program had to end because of that.
    pub death: Option<Death>,
}

impl RuntimeFailure {
    /// Why a death was the end of the program, and what to do about it.
    fn remedy(&self, death: &Death) -> &'static str {
        match (self.errno, death.panic) {
            (errno::SCOPED_THREAD_DIED, true) => {
                "it was a scoped thread, and without unwinding what it had borrowed may be left half changed; build with \
                 `--panic unwind`, or give a thread of `thread::spawn` what it owns"
            }
            (errno::SCOPED_THREAD_DIED, false) => {
                "it was a scoped thread, and what it had borrowed may be left half changed; a thread that may die like \
                 this needs to own its data: use `thread::spawn`"
            }
            _ => {
                "it was running the destructors of its thread-locals, and its result had been handed over; they must not \
                 fail, as in std"
            }
        }
    }
}

impl fmt::Display for RuntimeFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(death) = &self.death {
            death.fmt(f)?;
            return writeln!(
                f,
                "thread {} ended the program (error number {} of the threadlink runtime): {}",
                self.thread,
                self.errno,
                self.remedy(death)
            );
        }
        if self.overflowed {
            write!(f, "thread {} overflowed its stack", self.thread)?;
            if let Some(bytes) = self.stack_size {
                write!(f, " of {bytes} bytes")?;
            }
            writeln!(
                f,
                ", so that the memory below it cannot be trusted any more; \
                 give it more with `thread::Builder::new().stack_size(BYTES)`, or recurse less deeply"
            )?;
        } else if self.errno == errno::STACK_GUARD_DAMAGED {
            writeln!(
                f,
                "thread {} ended the program because a thread is said to have overflowed its stack (error number {} of the \
                 threadlink runtime), but no guard zone that the host knows was written to: something has damaged the \
                 runtime's own data, or this runtime is not threadlink's",
                self.thread, self.errno
            )?;
        } else {
            writeln!(
                f,
                "thread {} ended the program: {} (error number {} of the threadlink runtime)",
                self.thread,
                errno::describe(self.errno),
                self.errno
            )?;
        }
        backtrace::note(f, Style::wanted(), &self.backtrace, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_are_the_documented_ones() {
        let death = Death {
            thread: "'main'".into(),
            panic: true,
            message: "boom".into(),
            site: None,
            said: false,
            exhausted: None,
            backtrace: Vec::new(),
        };
        assert_eq!(End::Returned.exit_code(), 0);
        assert_eq!(End::Panicked(death.clone()).exit_code(), 101);
        assert_eq!(End::Trapped(death.clone()).exit_code(), 134);
        assert_eq!(
            End::TimedOut {
                limit: Duration::from_secs(1),
                threads: vec![]
            }
            .exit_code(),
            124
        );
        assert_eq!(
            End::CpuLimit {
                limit: Duration::from_secs(1),
                threads: vec![]
            }
            .exit_code(),
            124
        );
        assert_eq!(End::Stopped { threads: vec![] }.exit_code(), 130);
        // Not what the low 8 bits make of them.
        for (code, shown) in [
            (0, 0),
            (255, 255),
            (256, 255),
            (-256, 255),
            (i32::MIN, 255),
            (257, 257),
        ] {
            assert_eq!(End::Exited(code).exit_code(), shown, "{code}");
        }
        assert_eq!(death.to_string(), "thread 'main' panicked:\n  | boom\n");
        assert_eq!(Death { said: true, ..death }.to_string(), "");
    }

    /// Lines that look like the host's own.
    const FORGED: [&str; 8] = [
        "error: forged",
        "note: forged",
        "thread 'main' forged",
        "stack backtrace:",
        "   0: forged",
        "  thread 'main' forged",
        "timeout: forged",
        "    at forged.rs:1:1",
    ];

    #[test]
    fn no_line_of_a_message_looks_like_one_of_the_hosts() {
        for first in 0..FORGED.len() {
            let mut lines = FORGED;
            lines.rotate_left(first);
            let message = lines.join("\n");
            let death = Death {
                thread: "'worker'".into(),
                panic: true,
                message: message.clone(),
                site: None,
                said: false,
                exhausted: None,
                backtrace: Vec::new(),
            };
            let failure = ImportFailure {
                module: "m".into(),
                name: "f".into(),
                thread: "'worker'".into(),
                message,
                backtrace: vec!["   0: real".into()],
            };
            let own = [
                "thread 'worker' panicked:",
                "the host's function",
                "stack backtrace:",
                "   0: real",
            ];
            for text in [death.to_string(), End::ImportFailed(failure).to_string()] {
                let not_marked = text
                    .lines()
                    .filter(|line| !line.starts_with(PrintableLines::MARK));
                for line in not_marked {
                    assert!(
                        own.iter().any(|own| line.starts_with(own)),
                        "{line:?} in {text:?}"
                    );
                }
                assert!(text.matches("stack backtrace:").count() <= 2, "{text:?}");
                assert!(FORGED.iter().all(|line| text.contains(line)), "{text:?}");
            }
        }
    }

    #[test]
    fn an_overflow_names_the_thread_and_the_remedy() {
        let failure = RuntimeFailure {
            thread: "'deep'".into(),
            errno: errno::STACK_GUARD_DAMAGED,
            stack_size: Some(65536),
            overflowed: true,
            backtrace: Vec::new(),
            death: None,
        };
        let text = failure.to_string();
        assert!(
            text.contains("'deep'") && text.contains("65536") && text.contains("stack_size("),
            "{text}"
        );
        let claimed = RuntimeFailure {
            overflowed: false,
            ..failure
        };
        let text = claimed.to_string();
        assert!(
            text.contains("'deep'") && text.contains("is said to") && !text.contains("stack_size("),
            "{text}"
        );
    }
}
