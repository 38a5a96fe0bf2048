//! Everything that the threads of a run share.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use parking_lot::Mutex;
use threadlink_trace::DeadlockReport;
use threadlink_watch::guest::mark;
use threadlink_watch::{Budget, Suspicion, Thread, Unseen, Verdict, Watch};
use wasmtime::WasmBacktrace;

use super::clock::RunClock;
use super::cpu_time::CpuTime;
use super::ending::{Cause, Ending};
use super::made::Makers;
use super::mappings::Mapped;
use super::output::{Output, Refused};
use super::pool::Pool;
use super::races::Races;
use super::random::Random;
use super::reading::Reading;
use super::recording::Recording;
use super::room::{self, Full};
use super::seats::Seats;
use super::turns::Turns;
use super::whereabouts::Whereabouts;
use crate::load::Compiled;
use crate::memory::GuestMemory;
use crate::numbers::Value;
use crate::outcome::End;
use crate::wait::WaitQueues;

/// How many threads that were joined last are kept for messages about them.
const LAST_JOINED: usize = 16;

/// One run of a program.
pub(crate) struct Run {
    pub(crate) program: Arc<Compiled>,
    pub(crate) watch: Watch<GuestMemory, RunClock>,
    /// Every thread of the run that sleeps in the host.
    pub(crate) waits: WaitQueues,
    pub(super) pool: Pool,
    pub(super) cpu_time: CpuTime,
    pub(crate) ending: Arc<Ending>,
    pub(crate) recording: Recording,
    pub(crate) whereabouts: Whereabouts,
    pub(super) seats: Seats,
    makers: Makers,
    pub(crate) stdin: Reading,
    pub(crate) stdout: Output,
    pub(crate) stderr: Output,
    max_output: u64,
    /// The guest's arguments, as it gets them.
    pub(crate) args: Vec<u8>,
    /// Its environment variables, likewise.
    pub(crate) env: Vec<u8>,
    /// Whether the guest may know the time.
    pub(crate) clock: bool,
    /// How many threads it is told can run at once, if that is not the machine's number.
    pub(crate) parallelism: Option<NonZeroU32>,
    pub(crate) random: Random,
    pub(super) max_threads: usize,
    /// Whose turn it is, if threads take turns.
    pub(crate) turns: OnceLock<Turns>,
    /// What its code tells of accesses, if it does.
    pub(crate) races: OnceLock<Races>,
    /// What main has returned.
    results: Mutex<Vec<Value>>,
    last_joined: Mutex<VecDeque<Arc<Thread>>>,
    warned: AtomicBool,
    /// Whether somebody has to look at all threads that wait.
    look_due: AtomicBool,
}

/// What a run is made of, as its configuration says.
pub(super) struct Parts {
    pub(super) program: Arc<Compiled>,
    pub(super) memory: GuestMemory,
    pub(super) recording: Recording,
    pub(super) stdin: Reading,
    pub(super) stdout: Output,
    pub(super) stderr: Output,
    pub(super) max_output: u64,
    pub(super) args: Vec<u8>,
    pub(super) env: Vec<u8>,
    pub(super) clock: bool,
    pub(super) parallelism: Option<NonZeroU32>,
    pub(super) random: Random,
    pub(super) max_threads: usize,
    pub(super) budget: Arc<Budget>,
}

impl Run {
    pub(super) fn new(parts: Parts) -> Self {
        let ending = Arc::new(Ending::default());
        let supervisor = ending.clone();
        Self {
            program: parts.program,
            watch: Watch::with_budget(parts.memory, RunClock::start(), parts.budget),
            waits: WaitQueues::new(move || supervisor.nudge()),
            pool: Pool::default(),
            cpu_time: CpuTime::default(),
            ending,
            recording: parts.recording,
            whereabouts: Whereabouts::default(),
            seats: Seats::default(),
            makers: Makers::default(),
            stdin: parts.stdin,
            stdout: parts.stdout,
            stderr: parts.stderr,
            max_output: parts.max_output,
            args: parts.args,
            env: parts.env,
            clock: parts.clock,
            parallelism: parts.parallelism,
            random: parts.random,
            max_threads: parts.max_threads,
            turns: OnceLock::new(),
            races: OnceLock::new(),
            results: Mutex::default(),
            last_joined: Mutex::default(),
            warned: AtomicBool::new(false),
            look_due: AtomicBool::new(false),
        }
    }

    /// The room for one more thread of the operating system.
    pub(crate) fn take_room(&self) -> Result<Mapped, Full> {
        room::take(self.program.engine.os_stack(), &self.pool, &self.ending)
    }

    /// The site of the program's code that a call comes from, 0 if none is known.
    pub(crate) fn site_of(&self, call: &WasmBacktrace) -> u32 {
        self.makers.site(&self.program, &self.watch, call)
    }

    /// The guest's memory.
    pub(crate) fn memory(&self) -> &GuestMemory {
        &self.watch.memory
    }

    /// Ends the run for this cause, unless it has ended already. Nothing visible happens after that, and whoever sleeps
    /// in the host is woken, never to return to the guest.
    pub(crate) fn end(&self, cause: Cause) {
        let running = self.program.engine.checks_epochs();
        match &cause {
            Cause::Deadlock(verdict, _) => self
                .whereabouts
                .ask(verdict.threads.iter().map(|thread| &**thread), running),
            Cause::TimeLimit(account) | Cause::CpuLimit(account) | Cause::Stopped(account) => {
                let threads = account.iter().map(|(thread, _)| &**thread);
                self.whereabouts.ask(threads, running);
            }
            Cause::Program(_) | Cause::Failed(_) => {}
        }
        if self.ending.end(cause) {
            self.watch.stop();
            self.waits.end();
        }
    }

    /// Ends the run because of this verdict. What its numbers mean is read now: the memory may change before all threads
    /// have stopped.
    pub(super) fn end_by(&self, verdict: Verdict) {
        let report = DeadlockReport::resolve(&verdict.deadlock, &self.watch.names_for(&verdict));
        self.end(Cause::Deadlock(verdict, report));
    }

    /// Main has returned these: nobody asks for them if the run has ended otherwise.
    pub(super) fn keep_results(&self, results: Vec<Value>) {
        *self.results.lock() = results;
    }

    /// What main has returned.
    pub(super) fn take_results(&self) -> Vec<Value> {
        std::mem::take(&mut self.results.lock())
    }

    /// Somebody wants the run to end: whatever the host does for it ends soon, and the supervisor does the rest.
    pub(super) fn interrupt(&self) {
        self.watch.stop();
        self.recording.limit(Instant::now());
        self.ending.nudge();
    }

    /// Does what a detector asks for.
    pub(crate) fn heed(&self, suspicion: Suspicion) {
        if let Some(verdict) = suspicion.verdict {
            self.end_by(verdict);
        } else if suspicion.later {
            // The swap is the one that counts: it sees the words of the thread that asks for this, and the look comes
            // after it. If a look is due already, it has not begun.
            if !self.look_due.swap(true, Ordering::SeqCst) {
                self.ending.nudge();
            }
        }
    }

    /// Whether a look at all threads was asked for since this was called last.
    pub(super) fn take_look(&self) -> bool {
        self.look_due.swap(false, Ordering::SeqCst)
    }

    /// Whether a look at all threads is asked for.
    pub(super) fn is_look_due(&self) -> bool {
        self.look_due.load(Ordering::SeqCst)
    }

    /// Takes over what a thread that has ended has for reading, so that the next one with its control block begins with
    /// nothing.
    pub(super) fn keep_reads(&self, thread: &Thread) {
        let Some(block) = thread.block.filter(|_| self.watch.is_guarded()) else {
            return;
        };
        self.watch.keep_reads(thread);
        for entry in mark::reads(block) {
            self.memory().store(entry.wrapping_add(mark::READ_LOCK), 0);
        }
    }

    /// Says, once, that the program has more of something than is watched.
    pub(super) fn warn_of(&self, unseen: Unseen) {
        self.warn_once(match unseen {
            Unseen::Reads => {
                "the program holds more locks for reading than are watched; deadlocks of the others are not found"
            }
            _ => {
                "the program uses more locks than the host may remember (--max-host-memory); the others are neither \
                 recorded nor watched"
            }
        });
    }

    /// Says that something is left out, unless something was said already: one line is worth reading, a million are not.
    pub(crate) fn warn_once(&self, what: &str) {
        if !self.warned.swap(true, Ordering::Relaxed) {
            self.tell(&format!("warning: {what}\n"));
        }
    }

    /// Writes to a stream of the guest's, in one piece. What is too much is cut off, and ends the run.
    pub(crate) fn write<'a>(
        &self,
        stream: &Output,
        pieces: impl Iterator<Item = Cow<'a, [u8]>>,
    ) -> Result<(), Refused> {
        let written = stream.write_all(pieces);
        if let Err(Refused::Limit) = written {
            let limit = self.max_output;
            self.end(Cause::Program(End::OutputLimit { limit }));
        }
        written
    }

    /// Writes a message of the host's to the guest's standard error. A stream that takes it not is no reason to stop.
    pub(super) fn tell(&self, message: &str) {
        let pieces = std::iter::once(Cow::Borrowed(message.as_bytes()));
        let _ = self.write(&self.stderr, pieces);
    }

    /// Remembers a joined thread for messages that may still be about it.
    pub(crate) fn joined(&self, thread: Arc<Thread>) {
        self.watch.threads.joined(&thread);
        let mut last = self.last_joined.lock();
        if last.len() == LAST_JOINED {
            last.pop_front();
        }
        last.push_back(thread);
    }

    /// The one of the threads joined last of which this is true.
    pub(super) fn find_joined(&self, is_it: impl Fn(&Thread) -> bool) -> Option<Arc<Thread>> {
        self.last_joined
            .lock()
            .iter()
            .find(|thread| is_it(thread))
            .cloned()
    }
}
