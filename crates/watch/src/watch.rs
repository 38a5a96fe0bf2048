//! What is known of a run: its memory and clock, its threads, and its locks and condition variables.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use threadlink_abi::layout;

use crate::addresses::AddressTable;
use crate::budget::Budget;
use crate::guest::descriptor::Descriptor;
use crate::memory::Memory;
use crate::places::Places;
use crate::reads::Read;
use crate::threads::ThreadTable;

/// What is known of one run. The detectors look at this; each thread's [`Observer`](crate::Observer) feeds it.
///
/// ```
/// use threadlink_watch::{Clock, Memory, Thread, Watch};
///
/// struct NoMemory;
/// impl Memory for NoMemory {
///     fn load(&self, _: u32) -> Option<u32> {
///         None
///     }
///     fn read(&self, _: u32, _: u32) -> Option<Vec<u8>> {
///         None
///     }
/// }
/// struct Stopped;
/// impl Clock for Stopped {
///     fn now(&self) -> u64 {
///         0
///     }
/// }
///
/// let watch = Watch::new(NoMemory, Stopped);
/// watch.threads.add(8, |id| Thread::new(id, None, 0, None, None))?;
/// assert_eq!(watch.threads.counts().created, 1);
/// # Ok::<(), threadlink_watch::Refused>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Watch<M, C> {
    /// The guest's memory.
    pub memory: M,
    /// The host's clock.
    pub clock: C,
    /// The threads.
    pub threads: ThreadTable,
    pub(crate) addresses: AddressTable,
    /// What sites mean that the host has made.
    pub places: Places,
    /// What all that is remembered of the run is paid from.
    pub budget: Arc<Budget>,
    descriptor: OnceLock<Descriptor>,
    /// What the descriptor says of instances, for hooks.
    instances: AtomicBool,
    /// Likewise, of locks that are tried first.
    tries_first: AtomicBool,
    /// Whether who holds a lock stands in memory alone.
    guarded: AtomicBool,
    over: AtomicBool,
}

impl<M: Memory, C> Watch<M, C> {
    /// A run in which nothing has happened yet, with a budget of 256 MiB.
    #[must_use]
    pub fn new(memory: M, clock: C) -> Self {
        Self::with_budget(memory, clock, Arc::default())
    }

    /// The same with another budget.
    #[must_use]
    pub fn with_budget(memory: M, clock: C, budget: Arc<Budget>) -> Self {
        Self {
            memory,
            clock,
            threads: ThreadTable::new(budget.clone()),
            addresses: AddressTable::new(budget.clone()),
            places: Places::default(),
            budget,
            descriptor: OnceLock::new(),
            instances: AtomicBool::new(false),
            tries_first: AtomicBool::new(false),
            guarded: AtomicBool::new(false),
            over: AtomicBool::new(false),
        }
    }

    /// Remembers what the module says of itself. The first one stays.
    pub fn describe(&self, descriptor: Descriptor) {
        if self.descriptor.set(descriptor).is_ok() {
            self.instances.store(descriptor.instances, Ordering::Release);
            self.tries_first.store(descriptor.tries_first, Ordering::Release);
        }
    }

    /// What the module says of itself, if it does.
    #[must_use]
    pub fn descriptor(&self) -> Option<&Descriptor> {
        self.descriptor.get()
    }

    /// From here on, hooks of a lock are called where a thread waits, and others are not: who holds it, and what each thread
    /// reads, stands in the guest's memory, as [`mark`](crate::guest::mark) says. Something between guest and host keeps that up
    /// there, for a module with [`tries_first`](Descriptor::tries_first), before any of its threads runs. A recording
    /// observer is told of what is to be recorded all the same, by that or by hooks.
    pub fn guard(&self) {
        self.guarded.store(true, Ordering::Release);
    }

    /// Whether it is so.
    #[inline]
    #[must_use]
    pub fn is_guarded(&self) -> bool {
        self.guarded.load(Ordering::Acquire)
    }

    /// Whether read-write locks say in memory how many read them.
    pub(crate) fn counts_readers(&self) -> bool {
        self.descriptor.get().is_some_and(|known| known.counts_readers)
    }

    /// Whether a thread that says that it waits for a lock has found it taken.
    #[inline]
    pub(crate) fn tries_first(&self) -> bool {
        self.tries_first.load(Ordering::Acquire)
    }

    /// The run is over: detectors that are at work give up soon.
    pub fn stop(&self) {
        self.over.store(true, Ordering::Release);
    }

    pub(crate) fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }

    /// Whether locks say in memory who holds them.
    #[inline]
    pub(crate) fn has_holder_words(&self) -> bool {
        self.descriptor.get().is_some_and(|known| known.tracing)
    }

    /// Whether locks have a number in memory, by which two that stood at one address are told apart.
    #[inline]
    pub(crate) fn has_instances(&self) -> bool {
        self.instances.load(Ordering::Acquire)
    }

    /// The number of the lock that stands at this address; 0 if it has none.
    #[inline]
    pub(crate) fn instance(&self, lock: u32) -> u32 {
        self.lock_word(lock, layout::lock::INSTANCE).unwrap_or(0)
    }

    /// Whether the lock that a thread read still stands there.
    pub(crate) fn is_there(&self, read: &Read) -> bool {
        !self.has_instances() || self.instance(read.lock) == read.instance
    }

    /// A word of a traced lock.
    #[inline]
    pub(crate) fn lock_word(&self, lock: u32, offset: u32) -> Option<u32> {
        self.memory.load(lock.checked_add(offset)?)
    }
}
