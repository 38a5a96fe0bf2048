//! What a guest thread carries along on its instance.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use threadlink_abi::Hook;
use threadlink_abi::layout::lock as word;
use threadlink_trace::{AwakeKind, EndKind, EventKind, Recorder};
use threadlink_watch::{Defined, Listener, Observer, Thread, Unseen};
use wasmtime::{Global, InstancePre, WasmBacktrace};

use super::races::Teller;
use super::random::Source;
use super::resources::Resources;
use super::seats::Seat;
use super::shared::Run;
use crate::memory::GuestMemory;
use crate::rings::Ring;
use crate::rings::layout::LATEST_BITS;
use crate::wait::key;
use crate::wait::{GuestThread, Outcome, Parker, Who};

/// The module, linked to the memory and the imports of a run: made with the first store.
pub(super) type Linked = Arc<OnceLock<InstancePre<Context>>>;

/// The data of a store: the run, and the thread that the instance runs now.
pub(crate) struct Context {
    pub(crate) run: Arc<Run>,
    pub(crate) observer: Observer,
    /// What the thread sleeps with.
    pub(super) parker: Parker,
    pub(super) linked: Linked,
    /// What the thread gets its random bytes from.
    pub(crate) random: Source,
    /// What its store takes of the run's budget.
    pub(super) resources: Resources,
    /// Where the points are counted that the thread may pass, once there is an instance that has some.
    pub(crate) budget: Option<Global>,
    /// Where the copy has the moment that it is at, if it tells of accesses.
    pub(crate) moment: Option<Global>,
    /// The thread as one that tells of them, once it has begun.
    pub(crate) teller: Option<Teller>,
    recorder: Option<Recorder>,
    /// Where the thread leaves events by itself.
    ring: Option<Arc<Ring>>,
    /// The operating system's thread that it is on, from the first guest thread on.
    seat: Option<Arc<Seat>>,
    starting: bool,
}

impl Context {
    pub(super) fn new(run: Arc<Run>, linked: Linked, thread: Arc<Thread>, resources: Resources) -> Self {
        let parker = run.waits.parker();
        let random = Source::of_start(run.random);
        Self {
            run,
            random,
            observer: Observer::new(thread),
            parker,
            linked,
            resources,
            budget: None,
            moment: None,
            teller: None,
            recorder: None,
            ring: None,
            seat: None,
            starting: true,
        }
    }

    /// The thread that the instance runs.
    pub(crate) fn thread(&self) -> &Arc<Thread> {
        self.observer.thread()
    }

    /// Whether the instance is still being made: its start function may spawn nothing, or instances would be made inside
    /// each other without end.
    pub(crate) fn is_starting(&self) -> bool {
        self.starting
    }

    /// The instance is made.
    pub(super) fn started(&mut self) {
        self.starting = false;
        self.resources.made();
        // Whatever the start function said that it waits for, the thread is about to run.
        self.thread().step();
    }

    /// Makes this the context of another thread, which was forked at time `forked_at`.
    pub(super) fn begin(&mut self, thread: Arc<Thread>, forked_at: u64) {
        self.seat
            .get_or_insert_with(|| self.run.seats.add())
            .begin(thread.id);
        let begun = self.run.recording.begin(&thread, self.run.watch.is_guarded());
        let recording = begun.is_some();
        (self.recorder, self.ring) = begun.map_or((None, None), |(recorder, ring)| (Some(recorder), ring));
        self.observer.begin(&self.run.watch, thread, forked_at, recording);
        // What is known to the ring was told before.
        self.look();
        self.note();
        let id = self.thread().id;
        self.teller = self.run.races.get().and_then(|races| races.teller(id));
        let time = self.tick(0);
        self.record(time, EventKind::Start);
    }

    /// The thread's last event; returns its time.
    pub(super) fn end(&mut self, died: bool) -> u64 {
        self.look();
        let Self {
            run,
            observer,
            recorder,
            ..
        } = self;
        observer.ends(&run.watch, &mut Told { run, recorder });
        run.keep_reads(observer.thread());
        let time = self.tick(0);
        let how = if died { EndKind::Died } else { EndKind::Returned };
        self.record(time, EventKind::End { how });
        self.recorder = None;
        self.ring = None;
        time
    }

    /// Where the thread's page of the rings is; 0 if nothing is recorded.
    pub(super) fn page(&self) -> u32 {
        match (&self.ring, self.run.recording.rings()) {
            (Some(ring), _) => ring.base(),
            (None, Some(rings)) => rings.nobodys(),
            (None, None) => 0,
        }
    }

    /// Takes events out of the thread's ring.
    pub(crate) fn drain(&self) {
        if let Some(recorder) = &self.recorder {
            recorder.drain();
        }
    }

    /// Looks at what the thread has recorded by itself, which its next event is later than.
    #[inline(always)]
    fn look(&mut self) {
        if let Some(ring) = &self.ring {
            self.observer.not_before(ring.last());
        }
    }

    /// Tells the ring what the host has recorded of the thread.
    #[inline(always)]
    fn note(&self) {
        if let Some(ring) = &self.ring {
            ring.set_last(self.observer.last());
            ring.set_ended(self.observer.ended());
        }
    }

    /// Blocks the thread until another one has ended.
    pub(crate) fn wait_for_end(&mut self, thread: &Thread) -> Outcome {
        let who = who(&self.observer, self.starting);
        let (key, parker) = (key::end_of(thread.id), &mut self.parker);
        let running = || thread.is_running();
        self.run
            .waits
            .look_and_wait(key, who, parker, || !running(), running)
    }

    /// Blocks the thread while input is being read; `false` if the run is over.
    pub(crate) fn wait_for_input(&mut self) -> bool {
        let who = Who::Active(self.observer.thread());
        let reads = || self.run.stdin.is_awaited();
        let outcome = self
            .run
            .waits
            .wait(key::INPUT, who, None, &mut self.parker, reads);
        outcome != Outcome::Over
    }

    /// A time later than this thread's last event and than `floor`. Where nothing is recorded nobody asks for times, and
    /// all of them are 0: to look at the clock five times costs a spawn and join a tenth of all.
    pub(crate) fn tick(&mut self, floor: u64) -> u64 {
        match self.recorder {
            Some(_) => {
                self.look();
                let time = self.observer.tick(&self.run.watch, floor);
                self.note();
                time
            }
            None => 0,
        }
    }

    pub(crate) fn record(&self, time: u64, kind: EventKind) {
        if let Some(recorder) = &self.recorder {
            recorder.record(time, kind);
        }
    }

    /// A lock event of the thread. Returns whether it begins to wait for somebody; that this may be for ever has been looked
    /// into.
    #[inline(always)]
    pub(crate) fn hook(&mut self, hook: Hook, address: u32, second: u32) -> bool {
        self.look();
        // What says that locks have ended is called with an address that is no lock's.
        let rings = self.run.recording.rings().is_some() && !self.observer.tells_of_ends();
        if rings && matches!(hook, Hook::FinishLock | Hook::FinishRead) {
            self.after_release(address);
        }
        let waits = self.tell(hook, address, second);
        self.note();
        if rings {
            match hook {
                Hook::FinishLock | Hook::FinishRead => self.learn(address),
                Hook::StartUnlock | Hook::StartReadUnlock => self.before_acquire(address),
                _ => {}
            }
        }
        waits
    }

    /// The next event is later than the last release of the lock, of which its own memory tells if threads record by
    /// themselves.
    fn after_release(&mut self, lock: u32) {
        if !self.run.watch.is_guarded() {
            return;
        }
        let stamp = lock
            .checked_add(word::STAMP)
            .and_then(|stamp| self.run.memory().load64(stamp));
        // What it says beyond is a liar's.
        if let Some(released) = stamp.filter(|stamp| stamp >> LATEST_BITS == 0) {
            self.observer.not_before(released);
        }
    }

    /// The thread's last event was the release of this lock: so the lock says.
    fn before_acquire(&self, lock: u32) {
        if self.run.watch.is_guarded()
            && let Some(stamp) = lock.checked_add(word::STAMP)
        {
            self.run.memory().raise64(stamp, self.observer.last());
        }
    }

    /// The trace knows this lock, which the thread has, and where it took it.
    fn learn(&self, lock: u32) {
        if let Some(ring) = &self.ring
            && let Some((instance, site)) = self.observer.knows(&self.run.watch, lock)
        {
            ring.learn(lock, instance, site);
        }
    }

    #[inline(always)]
    fn tell(&mut self, hook: Hook, address: u32, second: u32) -> bool {
        let Self {
            run,
            observer,
            recorder,
            ..
        } = self;
        let mut listener = Told { run, recorder };
        let waits = observer.hook(&run.watch, hook, address, second, &mut listener);
        if waits {
            run.heed(observer.suspect(&run.watch));
        }
        waits
    }
}

/// Does what hooks mean for the trace and the run.
struct Told<'a> {
    run: &'a Run,
    recorder: &'a Option<Recorder>,
}

impl Listener for Told<'_> {
    #[inline(always)]
    fn site(&mut self, site: u32) {
        self.run.recording.define_site(&self.run.watch, site);
    }

    fn defined(&mut self, defined: Defined) {
        self.run.recording.define_lock(&self.run.watch, defined);
    }

    #[inline(always)]
    fn event(&mut self, time: u64, kind: EventKind) {
        if let (EventKind::Instance { lock, .. }, Some(rings)) = (kind, self.run.recording.rings()) {
            rings.renew(lock);
        }
        if let Some(recorder) = self.recorder {
            recorder.record(time, kind);
        }
    }

    fn unseen(&mut self, unseen: Unseen) {
        self.run.warn_of(unseen);
    }
}

/// Who waits without a limit for another guest thread. A start function waits for other instances, before the host has an id for
/// its thread.
fn who(observer: &Observer, starting: bool) -> Who<'_> {
    let thread = observer.thread();
    if starting {
        Who::Active(thread)
    } else {
        Who::Guest(thread)
    }
}

impl GuestThread for Context {
    fn is_over(&self) -> bool {
        self.run.ending.is_over()
    }

    fn leaves(&self, place: impl FnOnce() -> WasmBacktrace) {
        self.run.whereabouts.tell(self.thread().id, place);
    }

    fn memory(&self) -> &GuestMemory {
        self.run.memory()
    }

    fn notify(&mut self, address: u32, count: u32) -> u32 {
        // Recorded before, as all that others may depend on.
        let time = self.tick(0);
        self.record(time, EventKind::Waken { address, count });
        self.run.waits.notify_at(address.into(), count, time)
    }

    fn wait(
        &mut self,
        address: u32,
        deadline: Option<Instant>,
        still: impl FnOnce(&GuestMemory) -> bool,
    ) -> Outcome {
        let timed = deadline.is_some();
        let time = self.tick(0);
        self.record(time, EventKind::Sleep { address, timed });
        let who = who(&self.observer, self.starting);
        let still = || still(self.run.memory());
        let outcome = self
            .run
            .waits
            .wait(address.into(), who, deadline, &mut self.parker, still);
        let (how, floor) = match outcome {
            Outcome::Woken => (AwakeKind::Woken, self.parker.woken_at()),
            Outcome::NotEqual => (AwakeKind::NotEqual, 0),
            Outcome::TimedOut => (AwakeKind::TimedOut, 0),
            Outcome::Over => return outcome,
        };
        let time = self.tick(floor);
        self.record(time, EventKind::Awake { address, how });
        outcome
    }
}
