//! One guest thread as the detectors know it: what it waits for, how far it is, how it ended.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering};

use parking_lot::Mutex;
use threadlink_trace::{Mode, Printable};

use crate::budget::Charge;
use crate::guest::block::Block;
use crate::reads::Reads;

const RUNNING: u8 = 0;
const RETURNED: u8 = 1;
const DIED: u8 = 2;

/// What a thread waits for, as far as hooks and joins show it.
///
/// ```
/// use threadlink_watch::Wait;
///
/// assert_ne!(Wait::Thread(1), Wait::Condvar { condvar: 1, timed: false });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Wait {
    /// The lock at this address.
    Lock(u32, Mode),
    /// The end of the thread with this id.
    Thread(u32),
    /// A notification of a condition variable.
    Condvar {
        /// Its address.
        condvar: u32,
        /// The wait ends by itself after some time.
        timed: bool,
    },
}

/// One guest thread.
///
/// ```
/// use threadlink_watch::{Thread, Wait};
///
/// let thread = Thread::new(7, Some(0), 0x2000, None, None);
/// thread.wait_for(Wait::Thread(3), 0);
/// assert_eq!((thread.label().as_str(), thread.waits_for()), ("#7", Some(Wait::Thread(3))));
/// thread.finish(false, 1_000);
/// assert!(!thread.is_running() && !thread.has_died());
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Thread {
    /// Its id; 0 is the main thread.
    pub id: u32,
    /// Who spawned it.
    pub parent: Option<u32>,
    /// The pointer given to `thread_create`.
    pub start_routine: u32,
    /// Its control block, if the module has such.
    pub block: Option<Block>,
    /// Its name, while it is known.
    name: Mutex<Option<String>>,
    /// What it costs the run.
    charge: Mutex<Option<Charge>>,
    state: AtomicU8,
    claimed: AtomicBool,
    /// Encoded [`Wait`], 0 for none.
    waiting: AtomicU64,
    waiting_site: AtomicU32,
    /// The token that it parks for, in the upper half, and where in the source; 0 if it doesn't.
    parked: AtomicU64,
    /// What it sleeps for, plus one, and whether that has a limit in the lowest bit; 0 if it does not sleep.
    sleeping: AtomicU64,
    /// How often it has fallen asleep.
    naps: AtomicU64,
    /// What it holds for reading. Changed only after a step, so that two equal step counts mean the same list.
    pub(crate) reads: Mutex<Reads>,
    /// Grows at every hook and join of this thread: two equal readings mean that it did nothing in between.
    steps: AtomicU64,
    /// Time of its last event.
    ended_at: AtomicU64,
}

impl Thread {
    /// A thread that runs and waits for nothing.
    #[must_use]
    pub fn new(
        id: u32,
        parent: Option<u32>,
        start_routine: u32,
        block: Option<Block>,
        name: Option<String>,
    ) -> Self {
        Self {
            id,
            parent,
            start_routine,
            block,
            name: Mutex::new(name),
            charge: Mutex::default(),
            state: AtomicU8::new(RUNNING),
            claimed: AtomicBool::new(false),
            waiting: AtomicU64::new(0),
            waiting_site: AtomicU32::new(0),
            parked: AtomicU64::new(0),
            sleeping: AtomicU64::new(0),
            naps: AtomicU64::new(0),
            reads: Mutex::default(),
            steps: AtomicU64::new(0),
            ended_at: AtomicU64::new(0),
        }
    }

    /// Stands for a thread that returned and was joined, of which nothing but its id is left.
    pub(crate) fn long_gone(id: u32) -> Self {
        let thread = Self::new(id, None, 0, None, None);
        thread.state.store(RETURNED, Ordering::Release);
        thread
    }

    /// The thread as messages show it: `'name'`, or `#7`.
    #[must_use]
    pub fn label(&self) -> String {
        match &*self.name.lock() {
            Some(name) => format!("'{}'", Printable(name)),
            None => format!("#{}", self.id),
        }
    }

    /// Its name, if it has one that is still known.
    #[must_use]
    pub fn name(&self) -> Option<String> {
        self.name.lock().clone()
    }

    /// Whether it has a name that is still known.
    pub(crate) fn is_named(&self) -> bool {
        self.name.lock().is_some()
    }

    /// Bytes of its name.
    pub(crate) fn name_bytes(&self) -> usize {
        self.name.lock().as_ref().map_or(0, String::capacity)
    }

    /// Keeps what the thread costs until it is dropped itself.
    pub(crate) fn pay(&mut self, charge: Charge) {
        *self.charge.get_mut() = Some(charge);
    }

    /// Drops its name, and gives back what that costs.
    pub(crate) fn forget_name(&self) {
        let Some(name) = self.name.lock().take() else {
            return;
        };
        if let Some(charge) = &mut *self.charge.lock() {
            charge.reduce(name.capacity());
        }
    }

    /// Whether it has not ended.
    #[inline]
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.state.load(Ordering::Acquire) == RUNNING
    }

    /// Whether it ended by a panic or a trap.
    #[inline]
    #[must_use]
    pub fn has_died(&self) -> bool {
        self.state.load(Ordering::Acquire) == DIED
    }

    /// Records a step and that it does not wait (any more). Called by the thread alone.
    #[inline]
    pub fn step(&self) {
        // Only this thread writes these, so a load and a store make an increment.
        self.steps
            .store(self.steps.load(Ordering::Relaxed) + 1, Ordering::Release);
        self.waiting.store(0, Ordering::Release);
    }

    /// Records that it is about to wait. Called by the thread alone. Sequentially consistent: of two threads that each
    /// say so and then look at the other, at least one sees the other's word.
    #[inline]
    pub fn wait_for(&self, wait: Wait, site: u32) {
        self.steps
            .store(self.steps.load(Ordering::Relaxed) + 1, Ordering::Release);
        self.waiting_site.store(site, Ordering::Release);
        let word = match wait {
            Wait::Lock(lock, Mode::Exclusive) => 1 << 32 | u64::from(lock),
            Wait::Thread(thread) => 2 << 32 | u64::from(thread),
            Wait::Lock(lock, Mode::Shared) => 3 << 32 | u64::from(lock),
            Wait::Condvar { condvar, timed } => (4 + u64::from(timed)) << 32 | u64::from(condvar),
        };
        self.waiting.store(word, Ordering::SeqCst);
    }

    /// How many steps it has made.
    #[inline]
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.steps.load(Ordering::SeqCst)
    }

    /// What it waits for, as hooks and joins show it.
    #[inline]
    #[must_use]
    pub fn waits_for(&self) -> Option<Wait> {
        let word = self.waiting.load(Ordering::SeqCst);
        // The low half is the operand; the cut is meant.
        #[expect(clippy::cast_possible_truncation)]
        let operand = word as u32;
        match word >> 32 {
            1 => Some(Wait::Lock(operand, Mode::Exclusive)),
            2 => Some(Wait::Thread(operand)),
            3 => Some(Wait::Lock(operand, Mode::Shared)),
            kind @ (4 | 5) => Some(Wait::Condvar {
                condvar: operand,
                timed: kind == 5,
            }),
            _ => None,
        }
    }

    /// Where in the source it began that wait: the address of a `Location`, or 0.
    #[must_use]
    pub fn waiting_site(&self) -> u32 {
        self.waiting_site.load(Ordering::Acquire)
    }

    /// Records that it parks for the token at this address, or no more. Called by the thread alone.
    pub(crate) fn park(&self, parked: Option<(u32, u32)>) {
        let word = parked.map_or(0, |(token, site)| u64::from(token) << 32 | u64::from(site));
        self.parked.store(word, Ordering::Release);
    }

    /// Where in the source it parks, if it does so for the token at this address: the address of a `Location`, or 0.
    #[must_use]
    pub(crate) fn parks_for(&self, token: u32) -> Option<u32> {
        let word = self.parked.load(Ordering::Acquire);
        // The low half; the cut is meant.
        #[expect(clippy::cast_possible_truncation)]
        (word >> 32 == u64::from(token) && word != 0).then_some(word as u32)
    }

    /// Records that it is in a queue, in which it sleeps until another one takes it out or, if `limited`, some time is over.
    /// What for is an address in the guest's memory, at which it is in an atomic wait, or any other number that does not
    /// fit into 32 bits, less than 2⁶³ − 1.
    ///
    /// Called under the lock of that queue, as [`awakes`](Self::awakes) is: so a thread that counts as asleep has not been
    /// woken by anybody, whether or not it has run since.
    ///
    /// ```
    /// use threadlink_watch::Thread;
    ///
    /// let thread = Thread::new(7, None, 0, None, None);
    /// thread.sleeps_for(0x1000, false);
    /// assert_eq!((thread.sleeps_at(), thread.nap()), (Some(0x1000), Some(1)));
    /// thread.awakes();
    /// assert!(!thread.is_asleep() && thread.nap().is_none());
    /// ```
    #[inline]
    pub fn sleeps_for(&self, key: u64, limited: bool) {
        // Only this thread writes it. Before the word, so that who sees it asleep and then a number sees this one or a
        // later one.
        let naps = self.naps.load(Ordering::Relaxed) + 1;
        self.naps.store(naps, Ordering::SeqCst);
        let word = (key.min((u64::MAX >> 1) - 1) + 1) << 1 | u64::from(limited);
        self.sleeping.store(word, Ordering::SeqCst);
    }

    /// Records that it is in no queue any more: it was woken, or its time is over.
    #[inline]
    pub fn awakes(&self) {
        self.sleeping.store(0, Ordering::SeqCst);
    }

    /// Whether it sleeps and was not woken.
    #[must_use]
    pub fn is_asleep(&self) -> bool {
        self.sleeping.load(Ordering::Acquire) != 0
    }

    /// The address at which it sleeps in an atomic wait.
    #[must_use]
    pub fn sleeps_at(&self) -> Option<u32> {
        u32::try_from(self.asleep_for()?).ok()
    }

    /// What it sleeps for, as [`sleeps_for`](Self::sleeps_for) was told.
    #[must_use]
    pub fn asleep_for(&self) -> Option<u64> {
        (self.sleeping.load(Ordering::Acquire) >> 1).checked_sub(1)
    }

    /// If only another thread can wake it, which time it is that it sleeps. Two looks that get the same number saw it
    /// asleep, and it slept all the time between them.
    #[must_use]
    pub fn nap(&self) -> Option<u64> {
        let word = self.sleeping.load(Ordering::SeqCst);
        let naps = self.naps.load(Ordering::SeqCst);
        (word != 0 && word & 1 == 0).then_some(naps)
    }

    /// The time of its last event.
    #[must_use]
    pub fn ended_at(&self) -> u64 {
        self.ended_at.load(Ordering::Acquire)
    }

    /// Marks the end. Release: who sees it sees everything that the thread did.
    pub fn finish(&self, died: bool, time: u64) {
        self.step();
        self.ended_at.store(time, Ordering::Release);
        self.state
            .store(if died { DIED } else { RETURNED }, Ordering::SeqCst);
    }

    /// Claims the one join that each thread allows.
    #[must_use]
    pub fn claim(&self) -> bool {
        !self.claimed.swap(true, Ordering::AcqRel)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_park_is_remembered_with_its_place_until_it_is_over() {
        let thread = Thread::new(1, None, 0, None, None);
        assert_eq!(thread.parks_for(0), None);
        thread.park(Some((0x40, 0x8000_0000)));
        assert_eq!(thread.parks_for(0x40), Some(0x8000_0000));
        assert_eq!(thread.parks_for(0x44), None);
        thread.park(None);
        assert_eq!(thread.parks_for(0x40), None);
    }

    #[test]
    fn waits_are_remembered_with_their_operand() {
        let thread = Thread::new(4, None, 0, None, None);
        let waits = [
            Wait::Lock(u32::MAX, Mode::Exclusive),
            Wait::Lock(u32::MAX, Mode::Shared),
            Wait::Thread(3),
            Wait::Condvar {
                condvar: u32::MAX,
                timed: false,
            },
            Wait::Condvar {
                condvar: 8,
                timed: true,
            },
        ];
        for wait in waits {
            thread.wait_for(wait, 8);
            assert_eq!(thread.waits_for(), Some(wait));
        }
        thread.step();
        assert_eq!(thread.waits_for(), None);
        assert_eq!(thread.steps(), 6);
    }

    #[test]
    fn an_atomic_wait_is_remembered_beside_what_hooks_say() {
        let thread = Thread::new(4, None, 0, None, None);
        assert_eq!(thread.sleeps_at(), None);
        for address in [0, 4, u32::MAX - 3] {
            thread.sleeps_for(address.into(), address == 4);
            assert_eq!((thread.sleeps_at(), thread.is_asleep()), (Some(address), true));
        }
        // For something that is no address.
        for key in [1 << 32, u64::MAX] {
            thread.sleeps_for(key, false);
            assert_eq!((thread.sleeps_at(), thread.is_asleep()), (None, true));
            assert_eq!(thread.asleep_for(), Some(key.min((u64::MAX >> 1) - 1)));
        }
        thread.awakes();
        assert_eq!(
            (thread.sleeps_at(), thread.is_asleep(), thread.steps()),
            (None, false, 0)
        );
    }

    #[test]
    fn a_nap_has_a_number_of_its_own_and_no_limit() {
        let thread = Thread::new(4, None, 0, None, None);
        assert_eq!(thread.nap(), None);
        thread.sleeps_for(8, false);
        let first = thread.nap();
        assert!(first.is_some() && thread.nap() == first);
        thread.awakes();
        assert_eq!(thread.nap(), None);
        thread.sleeps_for(8, true);
        assert_eq!(thread.nap(), None);
        thread.sleeps_for(8, false);
        assert!(thread.nap().is_some() && thread.nap() != first);
    }
}
