//! The follower: what each record means.

use std::io::Write;
use std::mem;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use threadlink_abi::Hook;
use threadlink_abi::layout::{block, lock};
use threadlink_trace::{AwakeKind, DeadlockReport, EndKind, EventKind, InlineWriter, Summary, WriteError};
use threadlink_watch::guest::block::Block;
use threadlink_watch::guest::descriptor::Descriptor;
use threadlink_watch::{Budget, MAIN, Memory, Observer, Suspicions, Thread, Verdict, Watch};

use crate::overlay::{Overlay, Time};
use crate::record::{self, Kind, Record, What};
use crate::sites::{Ask, Sites};
use crate::told::{Told, Trace};

/// The longest name of a thread that is kept.
const LONGEST_NAME: usize = 256;

/// What a follower is to do.
///
/// ```
/// let options = threadlink_follow::Options::default();
/// assert!(options.descriptor.is_none() && options.trace.is_none());
/// ```
#[derive(Default)]
#[non_exhaustive]
pub struct Options {
    /// Where the guest's descriptor is, if it has one.
    pub descriptor: Option<u32>,
    /// Where the trace is to go, if one is wanted.
    pub trace: Option<Box<dyn Write + Send>>,
    /// Knows the places of those sites that the host has found out itself: no addresses of a `Location`, so not divisible by 4.
    pub places: Option<Ask>,
    /// Bytes of memory for what is remembered of the run.
    pub memory: Option<u64>,
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options")
            .field("descriptor", &self.descriptor)
            .field("trace", &self.trace.is_some())
            .field("places", &self.places.is_some())
            .finish_non_exhaustive()
    }
}

/// A thread that is followed.
#[derive(Debug)]
struct Followed {
    observer: Observer,
    /// The words of what it sleeps at: address, and what has to stand there for that.
    asleep: Option<(u32, u32)>,
    /// What comes of the name that it has given to a thread to be.
    naming: Vec<u8>,
    /// When it was forked.
    forked_at: u64,
    /// Where what it says of dropped locks was put.
    kept: Vec<u32>,
    /// The join that it waits in takes back what a thread has left that nobody wanted to join.
    reaps: bool,
}

/// Follows one run.
///
/// ```
/// use threadlink_follow::record::{self, Kind};
/// use threadlink_follow::{Follower, Options};
/// use threadlink_watch::Memory;
///
/// struct Nothing;
/// impl Memory for Nothing {
///     fn load(&self, _: u32) -> Option<u32> {
///         None
///     }
///     fn read(&self, _: u32, _: u32) -> Option<Vec<u8>> {
///         None
///     }
/// }
///
/// let mut follower = Follower::new(Nothing, Options::default())?;
/// // The main thread waits for itself.
/// let mut join = [0; record::SIZE];
/// join[record::KIND] = Kind::JoinRequest.number();
/// follower.take(&join);
/// assert!(follower.is_look_due() && follower.look().is_none());
/// let report = (0..2).find_map(|_| follower.look());
/// assert!(report.is_some_and(|report| report.contains("deadlock")));
/// # Ok::<(), threadlink_trace::WriteError>(())
/// ```
#[derive(Debug)]
pub struct Follower<M> {
    watch: Watch<Overlay<M>, Time>,
    trace: Trace,
    threads: FxHashMap<u32, Followed>,
    /// Whether there may be a deadlock that the next look shows.
    due: bool,
    suspicions: Suspicions,
    /// What the last look has shown: the threads, and how far each of them was.
    seen: Option<Vec<(u32, u64)>>,
    sites: Sites,
}

impl<M: Memory> Follower<M> {
    /// Follows a run, of which there is the main thread so far.
    ///
    /// # Errors
    /// The trace cannot be begun.
    pub fn new(memory: M, options: Options) -> Result<Self, WriteError> {
        let budget = options.memory.map(Budget::new).unwrap_or_default();
        let watch = Watch::with_budget(Overlay::of(memory), Time::default(), Arc::new(budget));
        let mut main = None;
        if let Some(address) = options.descriptor
            && let Ok(descriptor) = Descriptor::read(&watch.memory, address)
        {
            watch.describe(descriptor);
            main = Block::at(&watch.memory, descriptor.main_block);
        }
        let writer = options.trace.map(InlineWriter::new).transpose()?;
        let mut follower = Self {
            watch,
            trace: Trace::to(writer),
            threads: FxHashMap::default(),
            due: false,
            suspicions: Suspicions::new(),
            seen: None,
            sites: Sites::of(options.places),
        };
        let routine = main.map_or(0, Block::address);
        follower.add(Thread::new(MAIN, None, routine, main, Some("main".to_owned())), 0);
        follower.begin(MAIN, 0);
        Ok(follower)
    }

    /// A thread that is to begin.
    fn add(&mut self, thread: Thread, forked_at: u64) {
        let (id, parent, name) = (thread.id, thread.parent, thread.name());
        let Ok(thread) = self.watch.threads.adopt(thread) else {
            return;
        };
        if let Some(writer) = &mut self.trace.writer {
            writer.define_thread(id, name.as_deref(), parent);
        }
        let followed = Followed {
            observer: Observer::new(thread),
            asleep: None,
            naming: Vec::new(),
            forked_at,
            kept: Vec::new(),
            reaps: false,
        };
        self.threads.insert(id, followed);
    }

    /// A thread begins.
    fn begin(&mut self, id: u32, time: u64) {
        self.watch.clock.set(time);
        let Some(followed) = self.threads.get_mut(&id) else {
            return;
        };
        let thread = followed.observer.thread().clone();
        let (watch, recording) = (&self.watch, self.trace.is_on());
        followed
            .observer
            .begin(watch, thread, followed.forked_at, recording);
        let time = followed.observer.tick(watch, 0);
        self.trace.record(id, time, EventKind::Start);
    }

    /// Reads a record. What is none of a thread that is followed means nothing.
    pub fn take(&mut self, words: &[u32; record::SIZE]) {
        let record = Record(words);
        let id = record.word(record::THREAD);
        let Some(followed) = self.threads.get(&id) else {
            return;
        };
        let thread = followed.observer.thread();
        self.watch.clock.set(record.time());
        self.watch.memory.set(words_of(&record, thread.block));
        match record.what() {
            Some(What::Hook(hook)) => self.hook(id, hook, &record),
            Some(What::Other(kind)) => self.other(id, kind, &record),
            None => {}
        }
        self.watch.memory.lift();
    }

    fn hook(&mut self, id: u32, hook: Hook, record: &Record<'_>) {
        let Some(followed) = self.threads.get_mut(&id) else {
            return;
        };
        let mut told = Told {
            watch: &self.watch,
            trace: &mut self.trace,
            thread: id,
        };
        let (address, second) = (record.word(record::ADDRESS), record.word(record::SECOND));
        self.sites.learn(&self.watch, record.word(record::MADE));
        self.due |= followed
            .observer
            .hook(&self.watch, hook, address, second, &mut told);
    }

    fn other(&mut self, id: u32, kind: Kind, record: &Record<'_>) {
        let Some(followed) = self.threads.get_mut(&id) else {
            return;
        };
        let (address, second) = (record.word(record::ADDRESS), record.word(record::SECOND));
        let watch = &self.watch;
        match kind {
            Kind::Named => {
                let room = LONGEST_NAME.saturating_sub(followed.naming.len());
                followed.naming.extend(record.bytes().take(room));
            }
            Kind::Fork => self.fork(id, address, second),
            Kind::Start => self.begin(id, record.time()),
            Kind::End => self.end(id, second != 0),
            Kind::JoinRequest => self.join_request(id, address),
            Kind::Join => self.join(id, address, second != 0),
            Kind::Dropped => {
                // The list in the guest's memory, as it was.
                let Some(block) = followed.observer.thread().block else {
                    return;
                };
                let index = record.word(record::ENDED) % block::ENDED_KEPT;
                let at = block.address().wrapping_add(block::ENDED_LIST + 8 * index);
                for (at, word) in [(at, address), (at.wrapping_add(4), second)] {
                    watch.memory.keep(at, word);
                    followed.kept.push(at);
                }
            }
            Kind::Sleep | Kind::Nap => {
                let timed = kind == Kind::Nap;
                let time = followed.observer.tick(watch, 0);
                self.trace.record(id, time, EventKind::Sleep { address, timed });
                followed.asleep = (!timed).then_some((address, second));
                followed.observer.thread().sleeps_for(address.into(), timed);
            }
            Kind::Awake => {
                followed.asleep = None;
                followed.observer.thread().awakes();
                let how = match second {
                    0 => AwakeKind::Woken,
                    1 => AwakeKind::NotEqual,
                    _ => AwakeKind::TimedOut,
                };
                let time = followed.observer.tick(watch, 0);
                self.trace.record(id, time, EventKind::Awake { address, how });
            }
            Kind::Waken => {
                let time = followed.observer.tick(watch, 0);
                self.trace.record(
                    id,
                    time,
                    EventKind::Waken {
                        address,
                        count: second,
                    },
                );
                // Whoever it wakes was asleep before, and its next event is later. Not all of them may be woken; that they are
                // taken for awake until they sleep again hides at most a deadlock with readers that wait behind a writer.
                let sleepers = self.threads.values_mut();
                for other in sleepers.filter(|other| other.asleep_at() == Some(address)) {
                    other.observer.thread().awakes();
                    other.observer.not_before(time);
                }
            }
        }
    }

    fn fork(&mut self, parent: u32, child: u32, routine: u32) {
        let Some(followed) = self.threads.get_mut(&parent) else {
            return;
        };
        let name = mem::take(&mut followed.naming);
        let name = (!name.is_empty()).then(|| String::from_utf8_lossy(&name).into_owned());
        let time = followed.observer.tick(&self.watch, 0);
        self.trace.record(parent, time, EventKind::Fork { child });
        // It was one when the thread was forked.
        self.watch.memory.set([(
            routine.wrapping_add(block::MAGIC),
            if routine == 0 { 0 } else { block::MAGIC_VALUE },
        )]);
        let block = Block::at(&self.watch.memory, routine);
        self.add(Thread::new(child, Some(parent), routine, block, name), time);
    }

    fn end(&mut self, id: u32, died: bool) {
        let Some(mut followed) = self.threads.remove(&id) else {
            return;
        };
        let (watch, observer) = (&self.watch, &mut followed.observer);
        let mut told = Told {
            watch,
            trace: &mut self.trace,
            thread: id,
        };
        observer.ends(watch, &mut told);
        let time = observer.tick(watch, 0);
        let how = if died { EndKind::Died } else { EndKind::Returned };
        self.trace.record(id, time, EventKind::End { how });
        let thread = observer.thread();
        watch.threads.ended(thread, died);
        thread.finish(died, time);
        watch.memory.forget(followed.kept);
        // What it held is never released.
        self.due |= died;
    }

    fn join_request(&mut self, id: u32, child: u32) {
        let Some(followed) = self.threads.get_mut(&id) else {
            return;
        };
        let (watch, observer) = (&self.watch, &mut followed.observer);
        let operation = observer.operation(watch);
        followed.reaps = operation.op == block::OP_REAP;
        if let Some(site) = operation.new_site {
            self.trace.site(watch, site);
        }
        if !followed.reaps {
            let time = observer.tick(watch, 0);
            let site = operation.site;
            self.trace
                .record(id, time, EventKind::JoinRequest { child, site });
        }
        if watch.threads.get(child).is_some_and(|child| child.is_running()) {
            // Whether that is for ever is for a look to tell.
            let _ = observer.joins(watch, child, operation.site);
            self.due = true;
        }
    }

    fn join(&mut self, id: u32, child: u32, failed: bool) {
        let Some(followed) = self.threads.get_mut(&id) else {
            return;
        };
        let (watch, observer) = (&self.watch, &mut followed.observer);
        observer.thread().step();
        let joined = watch.threads.get(child);
        let time = observer.tick(watch, joined.as_ref().map_or(0, |child| child.ended_at()));
        let reaped = mem::take(&mut followed.reaps);
        self.trace.record(
            id,
            time,
            EventKind::Join {
                child,
                reaped,
                failed,
            },
        );
        if let Some(child) = joined {
            watch.threads.joined(&child);
        }
    }

    /// Whether it is worth while to look for deadlocks.
    #[must_use]
    pub fn is_look_due(&self) -> bool {
        self.due || self.seen.is_some() || !self.suspicions.is_empty()
    }

    /// Looks for a deadlock: the report, if this look sees what the one before has seen as well. All records that were
    /// written before it have to be read, and at least some time has to be between two looks.
    ///
    /// Records come late, so one look is not enough: of a thread that waits by its records, the memory may say already that it
    /// waits no more. A thread that had said nothing new by the second look still waited at the first.
    pub fn look(&mut self) -> Option<String> {
        self.due = false;
        for followed in self.threads.values() {
            if followed.asleep_at().is_some() && !followed.is_fast_asleep(self.watch.memory.now()) {
                followed.observer.thread().awakes();
            }
        }
        let mut suspicions = self.suspicions.clone();
        let verdict = self.watch.look(&mut suspicions);
        if verdict.is_none() {
            self.suspicions = suspicions;
        }
        let seen = verdict.as_ref().map(steps);
        let before = mem::replace(&mut self.seen, seen);
        if self.seen.is_none() || before != self.seen {
            return None;
        }
        verdict.map(|verdict| self.report(&verdict))
    }

    /// Whether all threads that wait for others will do so for good, if none of them is running: each of those that sleep has
    /// what it waits for in memory.
    #[must_use]
    pub fn is_still(&self) -> bool {
        let memory = self.watch.memory.now();
        let mut sleeping = self.threads.values().filter(|followed| followed.asleep.is_some());
        sleeping.all(|followed| followed.is_fast_asleep(memory))
    }

    /// The report of a run in which no thread can go on: so who calls has counted.
    pub fn standstill(&mut self) -> String {
        for followed in self.threads.values() {
            if let Some((address, _)) = followed.asleep {
                followed.observer.thread().sleeps_for(address.into(), false);
            }
        }
        let verdict = self.watch.standstill();
        self.report(&verdict)
    }

    fn report(&mut self, verdict: &Verdict) -> String {
        self.trace.deadlock(&self.watch, &verdict.deadlock);
        DeadlockReport::resolve(&verdict.deadlock, &self.watch.names_for(verdict)).to_string()
    }

    /// Writes to the trace what was read so far.
    pub fn flush(&mut self) {
        if let Some(writer) = &mut self.trace.writer {
            writer.flush();
        }
    }

    /// Ends the trace; `None` if there is none.
    ///
    /// # Errors
    /// Its sink has failed.
    pub fn finish(&mut self) -> Option<Result<Summary, WriteError>> {
        self.trace.writer.take().map(InlineWriter::finish)
    }
}

impl Followed {
    /// The address at which it sleeps until another thread wakes it.
    fn asleep_at(&self) -> Option<u32> {
        self.asleep.map(|(address, _)| address)
    }

    /// Whether what it sleeps for is still so.
    fn is_fast_asleep(&self, memory: &impl Memory) -> bool {
        self.asleep
            .is_some_and(|(address, expected)| memory.load(address) == Some(expected))
    }
}

/// The threads of a verdict, and how far they are.
fn steps(verdict: &Verdict) -> Vec<(u32, u64)> {
    let threads = verdict.threads.iter();
    threads.map(|thread| (thread.id, thread.steps())).collect()
}

/// The words that a record has of its thread's control block and of its lock.
fn words_of(record: &Record<'_>, block: Option<Block>) -> impl Iterator<Item = (u32, u32)> {
    let at = |base: u32, words: [(u32, usize); 3]| {
        words.map(|(offset, place)| (base.wrapping_add(offset), record.word(place)))
    };
    let of_block = block.map(|block| {
        at(
            block.address(),
            [
                (block::SITE, record::SITE),
                (block::OP, record::OP),
                (block::ENDED, record::ENDED),
            ],
        )
    });
    let about_lock = matches!(record.what(), Some(What::Hook(_)));
    let of_lock = about_lock.then(|| {
        let address = record.word(record::ADDRESS);
        at(
            address,
            [
                (lock::SITE, record::MADE),
                (lock::NAME, record::NAME),
                (lock::NAME_LEN, record::NAME_LEN),
            ],
        )
        .into_iter()
        .chain([(
            address.wrapping_add(lock::INSTANCE),
            record.word(record::INSTANCE),
        )])
    });
    of_block
        .into_iter()
        .flatten()
        .chain(of_lock.into_iter().flatten())
}
