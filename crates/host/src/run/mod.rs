//! One run of a program: what it shares between its threads, how it starts, and how it is brought to its end.
//!
//! [`threads`] and [`pool`] carry a spawn, [`context`], [`locks`] and [`reads`] a lock event, [`deadlock`] and
//! [`standstill`] watch the waits, [`death`] and [`ending`] see to the end, [`stop`] to whoever is left after it.

mod config;
#[path = "../../../watch/src/observer.rs"]
pub(crate) mod context;
#[path = "../../../watch/src/circle.rs"]
pub(crate) mod deadlock;
mod death;
pub(crate) mod ending;
mod instance;
#[path = "../../../watch/src/addresses.rs"]
mod locks;
#[path = "../../../watch/src/names.rs"]
mod names;
pub(crate) mod output;
mod pool;
#[path = "../../../watch/src/reads.rs"]
mod reads;
#[path = "../../../watch/src/sites.rs"]
mod sites;
#[path = "../../../watch/src/standstill.rs"]
mod standstill;
pub(crate) mod stop;
#[path = "../../../watch/src/threads.rs"]
pub(crate) mod threads;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use parking_lot::Mutex;
use threadlink_abi::layout;
use threadlink_trace::TraceWriter;
use wasmtime::{InstancePre, MemoryType, SharedMemory, Val};

pub use config::{RunConfig, RunError};

use crate::guest::block::Block;
use crate::guest::descriptor::{Descriptor, LocationLayout};
use crate::guest::lock::{self, OriginWords};
use crate::guest::memory::GuestMemory;
use crate::guest::site;
use crate::load::Compiled;
use crate::outcome::{End, Outcome, Stats};
use crate::wait::WaitQueues;
use context::Context;
use ending::Ending;
use output::Output;
use pool::Pool;
use threads::{MAIN, Thread, ThreadTable, Wait};

/// How many threads that were joined last are kept for messages about them.
const LAST_JOINED: usize = 16;

/// Everything that the threads of a run share.
pub(crate) struct Run {
    pub(crate) program: Arc<Compiled>,
    pub(crate) memory: GuestMemory,
    /// Made with the first instance, whose store the linker wants to see.
    linked: OnceLock<InstancePre<Context>>,
    pub(crate) threads: ThreadTable,
    pub(crate) pool: Pool,
    /// Where threads of the guest block.
    pub(crate) waits: WaitQueues,
    pub(crate) locks: locks::LockTable,
    pub(crate) read_budget: Arc<reads::Budget>,
    pub(crate) ending: Arc<Ending>,
    pub(crate) trace: Option<TraceWriter>,
    pub(crate) stdout: Output,
    pub(crate) stderr: Output,
    pub(crate) args: Vec<String>,
    max_threads: usize,
    descriptor: OnceLock<Descriptor>,
    start: Instant,
    sites: sites::Sites,
    last_joined: Mutex<VecDeque<Arc<Thread>>>,
    deadlock_recorded: AtomicBool,
    unseen_locks: AtomicBool,
    /// Whether a thread has waited for a condition variable.
    watched: AtomicBool,
    /// Whether somebody has to look at all threads that wait: see [`deadlock::look`].
    look_due: AtomicBool,
}

/// Runs `program` to its end.
pub(crate) fn run(program: &Arc<Compiled>, config: RunConfig) -> Result<Outcome, RunError> {
    let entry = config.checked_entry(program)?;
    let counted_from = config.counted_from.unwrap_or_else(Instant::now);
    let deadline = config.timeout.and_then(|limit| counted_from.checked_add(limit));
    let limit = config.timeout.unwrap_or_default();
    let run = Arc::new(Run::new(program, config)?);
    let main = run.clone();
    run.pool.enter();
    run.waits.enter();
    std::thread::Builder::new()
        .name("threadlink-main".to_owned())
        .stack_size(program.engine.os_stack())
        .spawn(move || {
            main.run_main(&entry);
            main.waits.leave();
            main.pool.leave();
        })
        .map_err(|error| RunError::NoThread {
            message: error.to_string(),
        })?;
    let reason = match standstill::wait_for_end(&run, deadline) {
        Some(reason) => reason,
        None => {
            let threads = run.what_threads_do();
            run.ending.end(Ok(End::TimedOut { limit, threads }));
            // Another reason may have come first in this very moment: whichever did is there now.
            run.ending.wait(None).unwrap_or(Ok(End::TimedOut {
                limit,
                threads: Vec::new(),
            }))
        }
    };
    let abandoned_threads = stop::stop_leftovers(&run, &run.pool, &program.engine);
    let trace = run.trace.as_ref().map(TraceWriter::finish);
    let counts = run.threads.counts();
    let stats = Stats {
        threads: counts.created,
        peak_threads: counts.peak,
        died: counts.died,
        instances: run.pool.instances(),
        abandoned_threads,
        memory_bytes: run.memory.len(),
    };
    Ok(Outcome {
        end: reason?,
        stats,
        trace,
    })
}

impl Run {
    fn new(program: &Arc<Compiled>, config: RunConfig) -> Result<Self, RunError> {
        let engine = &program.engine.wasmtime;
        let facts = &program.facts;
        let failed = |error: wasmtime::Error| RunError::NoMemory {
            message: format!("{error:#}"),
        };
        let memory = MemoryType::shared(facts.memory_minimum, facts.memory_maximum);
        let memory = SharedMemory::new(engine, memory).map_err(failed)?;
        let ending = Arc::new(Ending::default());
        let told = ending.clone();
        Ok(Self {
            program: program.clone(),
            memory: GuestMemory::new(memory),
            linked: OnceLock::new(),
            threads: ThreadTable::default(),
            pool: Pool::default(),
            waits: WaitQueues::new(move || told.nudge()),
            locks: locks::LockTable::default(),
            read_budget: Arc::default(),
            ending,
            trace: config.trace,
            stdout: Output::new(config.stdout),
            stderr: Output::new(config.stderr),
            args: config.args,
            max_threads: config.max_threads,
            descriptor: OnceLock::new(),
            start: Instant::now(),
            sites: sites::Sites::default(),
            last_joined: Mutex::default(),
            deadlock_recorded: AtomicBool::new(false),
            unseen_locks: AtomicBool::new(false),
            watched: AtomicBool::new(false),
            look_due: AtomicBool::new(false),
        })
    }

    /// Makes the main instance and calls the entry point.
    fn run_main(self: &Arc<Self>, entry: &str) {
        // The real one needs the descriptor, which is readable only once there is an instance.
        let provisional = Arc::new(Thread::new(MAIN, None, 0, None, Some("main".to_owned())));
        let (mut store, instance) = match instance::instantiate(self, provisional.clone()) {
            Ok(made) => made,
            Err(error) => return death::of_main(self, &provisional, &error),
        };
        if self.program.facts.has_descriptor {
            let address = match instance.get_global(&mut store, layout::DESCRIPTOR_EXPORT) {
                Some(global) => global.get(&mut store),
                None => return self.refuse("is not an exported global".to_owned()),
            };
            let Val::I32(address) = address else {
                return self.refuse("is not an i32".to_owned());
            };
            match Descriptor::read(&self.memory, address.cast_unsigned()) {
                Ok(descriptor) => drop(self.descriptor.set(descriptor)),
                Err(clause) => return self.refuse(clause),
            }
        }
        let block = self
            .descriptor
            .get()
            .and_then(|known| Block::at(&self.memory, known.main_block));
        let made = self.threads.add(usize::MAX, |id| {
            Thread::new(id, None, 0, block, Some("main".to_owned()))
        });
        // The first thread of an empty table is never refused.
        let Ok(thread) = made else { return };
        store.data_mut().begin(thread.clone(), 0);
        let result = instance
            .get_typed_func::<(), ()>(&mut store, entry)
            .and_then(|entry| entry.call(&mut store, ()));
        match result {
            Ok(()) => {
                store.data_mut().end(false);
                self.end(Ok(End::Returned));
            }
            Err(error) => death::of_main(self, &thread, &error),
        }
    }

    fn refuse(&self, clause: String) {
        self.ending.end(Err(RunError::Descriptor { clause }));
    }

    /// Ends the run for this reason, unless it has ended already. Nothing is recorded after that.
    pub(crate) fn end(&self, reason: Result<End, RunError>) {
        if self.ending.end(reason) {
            for thread in self.threads.all() {
                thread.wake_joiner();
            }
        }
    }

    /// Nanoseconds since the run began.
    pub(crate) fn now(&self) -> u64 {
        // 2^64 ns are five centuries.
        u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    pub(crate) fn location_layout(&self) -> Option<LocationLayout> {
        self.descriptor.get()?.location
    }

    /// Whether panics unwind in this module, so that a thread that panicked returns like any other.
    pub(crate) fn unwinds(&self) -> bool {
        self.descriptor.get().is_some_and(|known| known.unwinds)
    }

    /// Whether locks say in memory who holds them.
    pub(crate) fn has_holder_words(&self) -> bool {
        self.descriptor.get().is_some_and(|known| known.tracing)
    }

    /// Tells the trace what a site's address means, once.
    pub(crate) fn define_site(&self, address: u32) {
        let Some(trace) = &self.trace else { return };
        if address == 0 || !self.sites.is_new(address) {
            return;
        }
        if let Some(site) = site::read(&self.memory, self.location_layout(), address) {
            trace.define_site(address, &site.file, site.line, site.column);
        }
    }

    /// Tells the trace which lock or condition variable an address means from `since` on.
    fn define_lock(&self, address: u32, since: u64, origin: OriginWords) {
        let Some(trace) = &self.trace else { return };
        self.define_site(origin.made);
        let name = lock::name(&self.memory, address);
        trace.define_lock(address, since, origin.made, name.as_deref());
    }

    /// A lock or condition variable as messages show it: its name, if it has one, and its address.
    fn lock_label(&self, address: u32) -> String {
        let name = self
            .has_holder_words()
            .then(|| lock::name(&self.memory, address))
            .flatten();
        name.map_or_else(|| format!("{address:#x}"), |name| format!("{name} {address:#x}"))
    }

    /// Puts a deadlock into the trace; only the first, since it ends the run.
    pub(crate) fn deadlock_once(&self, deadlock: &threadlink_trace::Deadlock) {
        if let Some(trace) = &self.trace
            && !self.deadlock_recorded.swap(true, Ordering::AcqRel)
        {
            trace.deadlock(deadlock);
        }
    }

    /// From now on somebody has to look whether all threads wait.
    pub(crate) fn watch_condvars(&self) {
        if !self.watched.load(Ordering::Relaxed) && !self.watched.swap(true, Ordering::AcqRel) {
            self.ending.nudge();
        }
    }

    /// Soon, somebody has to look at all threads that wait.
    fn look_later(&self) {
        // The swap is the one that counts: it sees the words of the thread that asks for this, and the look comes
        // after it. If a look is due already, it has not begun.
        if !self.look_due.swap(true, Ordering::SeqCst) {
            self.ending.nudge();
        }
    }

    /// Says, once, that the program has more locks than are followed.
    pub(crate) fn warn_of_unseen_locks(&self) {
        let most = locks::MOST_LOCKS;
        self.warn_once(&format!(
            "the program uses more than {most} locks; the others are neither recorded nor watched"
        ));
    }

    /// Says, once, that a thread reads more locks than are watched.
    pub(crate) fn warn_of_unseen_reads(&self) {
        self.warn_once(
            "the program holds more locks for reading than are watched; deadlocks of the others are not found",
        );
    }

    fn warn_once(&self, what: &str) {
        if !self.unseen_locks.swap(true, Ordering::Relaxed) {
            let _ = self.stderr.write(format!("warning: {what}\n").as_bytes());
        }
    }

    /// Starts a thread for `start_routine`; the error is an error number, and nothing runs then.
    pub(crate) fn spawn(
        self: &Arc<Self>,
        parent: u32,
        start_routine: u32,
        forked_at: impl FnOnce(u32) -> u64,
        announce: impl FnOnce(u32) -> Result<(), i32>,
    ) -> Result<u32, i32> {
        use threadlink_abi::errno;
        let block = Block::at(&self.memory, start_routine);
        if self.program.facts.has_descriptor && block.is_none() {
            return Err(errno::MEMORY_OUT_OF_BOUNDS);
        }
        let name = block.and_then(|block| block.name(&self.memory));
        let thread = self
            .threads
            .add(self.max_threads, |id| {
                Thread::new(id, Some(parent), start_routine, block, name)
            })
            .map_err(|_| errno::TOO_MANY_THREADS)?;
        let id = thread.id;
        let started = announce(id).and_then(|()| pool::start(self, thread, forked_at(id)));
        if let Err(number) = started {
            self.threads.forget_unstarted(id);
            return Err(number);
        }
        Ok(id)
    }

    /// Remembers a joined thread for messages that may still be about it.
    pub(crate) fn joined(&self, thread: Arc<Thread>) {
        self.threads.joined(&thread);
        let mut last = self.last_joined.lock();
        if last.len() == LAST_JOINED {
            last.pop_front();
        }
        last.push_back(thread);
    }

    /// One line for each of the first threads that still run.
    fn what_threads_do(&self) -> Vec<String> {
        let mut threads = self.threads.running();
        threads.sort_by_key(|thread| thread.id);
        let at = |thread: &Thread| {
            site::read(&self.memory, self.location_layout(), thread.waiting_site())
                .map_or_else(String::new, |site| format!(" at {site}"))
        };
        let line = |thread: &Arc<Thread>| match thread.waits_for() {
            Some(Wait::Lock(lock, mode)) => {
                let what_for = names::what_for(self, lock, mode);
                format!(
                    "thread {} waits for lock {}{what_for}{}",
                    thread.label(),
                    self.lock_label(lock),
                    at(thread)
                )
            }
            Some(Wait::Condvar { condvar, timed }) => {
                let limit = if timed { ", with a time limit" } else { "" };
                format!(
                    "thread {} waits for condition variable {}{}{limit}",
                    thread.label(),
                    self.lock_label(condvar),
                    at(thread)
                )
            }
            Some(Wait::Thread(id)) => {
                let other = self
                    .threads
                    .get(id)
                    .map_or_else(|| format!("#{id}"), |other| other.label());
                format!(
                    "thread {} waits for the end of thread {other}{}",
                    thread.label(),
                    at(thread)
                )
            }
            None => format!("thread {} runs", thread.label()),
        };
        threads.iter().take(LAST_JOINED).map(line).collect()
    }
}
