//! [`Races`]: what the copy of a program tells of its accesses of memory, made into reports of data races.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use parking_lot::Mutex;
use threadlink_abi::layout::block::STACK_TOP;
use threadlink_races::{Access, Detector, Order, Place, Race as Found, Slot, Step};
use threadlink_watch::Thread;
use wasmtime::{MemoryType, SharedMemory, WasmBacktrace};

use crate::backtrace;
use crate::load::races::seen::{global, told};
use crate::load::races::{Kind, Site};
use crate::load::{Compiled, PAGE};
use crate::memory::GuestMemory;
use crate::race::{Race, RaceAccess};

/// Bytes that may be remembered of accesses.
const BUDGET: usize = 256 << 20;
/// Paths whose calls are remembered: of an access by another one, its own place alone is known.
const PATHS: usize = 1 << 14;
/// Races that are told.
const TOLD: usize = 100;
/// Pairs of places that are known to race.
const PAIRS: usize = 1 << 16;
/// The path of what came by another one.
const UNKNOWN: u32 = u32::MAX;

/// What threads do with memory, one at a time.
pub(crate) struct Races {
    inner: Mutex<Inner>,
    /// What threads have told of: the copies look there.
    seen: GuestMemory,
    /// Whoever wants to know at once.
    listener: Option<Listener>,
}

/// Is told of each race when it is found.
pub(crate) type Listener = Arc<dyn Fn(&Race) + Send + Sync>;

struct Inner {
    detector: Detector,
    slots: HashMap<u32, Slot>,
    threads: HashMap<u32, Arc<Thread>>,
    numbers: HashMap<i64, u32, BuildHasherDefault<AsItIs>>,
    /// By their numbers.
    paths: Vec<WasmBacktrace>,
    pairs: HashSet<(Place, Place)>,
    places: HashSet<[String; 2]>,
    races: Vec<Race>,
    more: u64,
}

/// Who tells.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Teller {
    pub(crate) slot: Slot,
    /// How deep it is in functions of the allocator.
    pub(crate) allocates: u32,
}

/// Paths are numbers that look random: they are their own hashes.
#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_i64(&mut self, number: i64) {
        self.0 = number.cast_unsigned() ^ number.cast_unsigned().rotate_left(32);
    }
}

impl Races {
    /// Those of a program that tells.
    pub(crate) fn new(
        program: &Compiled,
        memory_maximum: u64,
        listener: Option<Listener>,
    ) -> wasmtime::Result<Self> {
        let pages = u32::try_from(memory_maximum / PAGE)?;
        let seen = SharedMemory::new(program.wasmtime(), MemoryType::shared(pages, pages))?;
        Ok(Self {
            seen: GuestMemory::new(seen),
            listener,
            inner: Mutex::new(Inner {
                detector: Detector::new(BUDGET),
                slots: HashMap::new(),
                threads: HashMap::new(),
                numbers: HashMap::default(),
                paths: Vec::new(),
                pairs: HashSet::new(),
                places: HashSet::new(),
                races: Vec::new(),
                more: 0,
            }),
        })
    }

    /// The memory that copies look into.
    pub(crate) fn seen(&self) -> &SharedMemory {
        self.seen.shared()
    }

    /// A thread is started by another one; the main thread by nobody.
    pub(crate) fn fork(&self, parent: Option<Slot>, thread: &Arc<Thread>, memory: &GuestMemory) {
        let inner = &mut *self.inner.lock();
        inner.threads.insert(thread.id, thread.clone());
        let Some(slot) = inner.detector.fork(thread.id, parent) else {
            return;
        };
        inner.slots.insert(thread.id, slot);
        // Its stack and the like have served other threads before, of which nobody may have waited for the end.
        if let Some(block) = thread.block.filter(|_| parent.is_some()) {
            let top = block.word(memory, STACK_TOP);
            if let Some(len) = top.checked_sub(block.address()) {
                inner.detector.own(slot, block.address(), len);
            }
        }
    }

    /// The thread of this number, as one that tells.
    pub(crate) fn teller(&self, thread: u32) -> Option<Teller> {
        let slot = *self.inner.lock().slots.get(&thread)?;
        Some(Teller { slot, allocates: 0 })
    }

    /// The thread has ended.
    pub(crate) fn end(&self, thread: &Thread) {
        let inner = &mut *self.inner.lock();
        if let Some(slot) = inner.slots.remove(&thread.id) {
            if let Some(block) = thread.block {
                inner.detector.disown(block.address());
            }
            inner.detector.end(slot);
        }
    }

    /// From which address on memory is allocated.
    pub(crate) fn set_heap(&self, heap: u32) {
        self.inner.lock().detector.set_heap(heap);
    }

    /// A thread has waited for the end of another one.
    pub(crate) fn join(&self, slot: Slot, thread: u32, wants_to_know: bool) {
        self.inner.lock().detector.join(slot, thread, wants_to_know);
    }

    /// The moment that a thread goes on with, as a global of its instance has it.
    pub(crate) fn moment(&self, slot: Slot) -> i64 {
        global(self.inner.lock().detector.moment(slot).unwrap_or(u32::MAX))
    }

    /// A plain access of what the site says.
    pub(crate) fn access(&self, program: &Compiled, slot: Slot, address: u32, at: (&Site, Place)) {
        let (site, place) = at;
        let inner = &mut *self.inner.lock();
        let writes = site.kind == Kind::Store;
        let access = if writes { Access::WRITE } else { Access::READ };
        let found = inner
            .detector
            .access(slot, address, u32::from(site.bytes), access, place);
        if let Some(moment) = inner.detector.moment(slot) {
            let from = address & 7;
            let mask = (((1_u32 << site.bytes.min(8)) - 1) << from) as u8;
            let word = self.seen.load64(address & !7).unwrap_or_default();
            self.seen.store64(address & !7, told(word, moment, mask, writes));
        }
        self.found(inner, program, found);
    }

    /// A plain access of so many bytes.
    pub(crate) fn range(
        &self,
        program: &Compiled,
        slot: Slot,
        bytes: (u32, u32),
        access: Access,
        place: Place,
    ) {
        let inner = &mut *self.inner.lock();
        let found = inner.detector.access(slot, bytes.0, bytes.1, access, place);
        self.found(inner, program, found);
    }

    /// An atomic access; `failed` if it was a compare-exchange that has not changed anything. Returns the moment that comes after
    /// it.
    /// Of what is private nobody knows the place.
    pub(crate) fn atomic(
        &self,
        program: &Compiled,
        slot: Slot,
        address: u32,
        at: (&Site, Option<Place>),
        failed: bool,
    ) -> i64 {
        let (site, place) = at;
        let (order, order_of_failure) = site.orders;
        let step = match site.kind {
            Kind::AtomicLoad => Step::Read { order },
            Kind::AtomicStore => Step::Write { order },
            _ if failed => Step::Read {
                order: order_of_failure,
            },
            _ => Step::Change { order },
        };
        let inner = &mut *self.inner.lock();
        match place {
            Some(place) => {
                let bytes = u32::from(site.bytes);
                let found = inner.detector.atomic(slot, address, bytes, step, place);
                self.found(inner, program, found);
            }
            None => inner.detector.private(slot, address, step),
        }
        global(inner.detector.moment(slot).unwrap_or(u32::MAX))
    }

    /// A fence, likewise.
    pub(crate) fn fence(&self, slot: Slot, order: Order) -> i64 {
        let inner = &mut *self.inner.lock();
        inner.detector.fence(slot, order);
        global(inner.detector.moment(slot).unwrap_or(u32::MAX))
    }

    /// These bytes were allocated.
    pub(crate) fn allocated(&self, slot: Slot, address: u32, len: u32, place: Place) {
        self.inner.lock().detector.allocate(slot, address, len, place);
    }

    /// These bytes are given back.
    pub(crate) fn freed(&self, program: &Compiled, slot: Slot, address: u32, len: u32, place: Place) {
        let inner = &mut *self.inner.lock();
        let found = inner.detector.free(slot, address, len, place);
        self.found(inner, program, found);
    }

    /// The place of an access by this path. `calls` are asked for if it is a new one.
    pub(crate) fn place(&self, site: u32, path: i64, calls: impl FnOnce() -> WasmBacktrace) -> Place {
        let inner = &mut *self.inner.lock();
        let number = match inner.numbers.get(&path) {
            Some(number) => *number,
            None if inner.paths.len() < PATHS => {
                let number = u32::try_from(inner.paths.len()).unwrap_or(UNKNOWN);
                inner.paths.push(calls());
                inner.numbers.insert(path, number);
                number
            }
            None => UNKNOWN,
        };
        Place { site, path: number }
    }

    /// All races that were found, how many were not told, and how often accesses were forgotten.
    pub(crate) fn take(&self) -> (Vec<Race>, u64, u64) {
        let inner = &mut *self.inner.lock();
        (
            std::mem::take(&mut inner.races),
            inner.more,
            inner.detector.forgotten(),
        )
    }
}

impl Races {
    fn found(&self, inner: &mut Inner, program: &Compiled, found: Option<Found>) {
        if let Some(race) = found.and_then(|found| inner.report(program, &found)) {
            if let Some(listener) = &self.listener {
                listener(&race);
            }
            inner.races.push(race);
        }
    }
}

impl Inner {
    /// The report of a race, unless one of these places was told.
    fn report(&mut self, program: &Compiled, found: &Found) -> Option<Race> {
        let pair = (found.earlier.1, found.later.1);
        if self.pairs.contains(&pair) || self.pairs.len() >= PAIRS {
            return None;
        }
        self.pairs.insert(pair);
        let earlier = self.describe(program, found.earlier, found.earlier_held.as_deref());
        let later = self.describe(program, found.later, found.later_held.as_deref());
        let mut places = [&earlier, &later].map(|access| access.place.clone().unwrap_or_default());
        places.sort();
        if !self.places.insert(places) {
            return None;
        }
        if self.races.len() >= TOLD {
            self.more += 1;
            return None;
        }
        let memory = found.block.map(|(start, len, place, thread)| {
            let made = self.stack(program, place);
            let who = self.label(thread);
            let at = made
                .place
                .map_or_else(String::new, |place| format!(" at {place}"));
            format!(
                "byte {} of {len} that thread {who} has allocated{at}",
                found.address - start
            )
        });
        Some(Race {
            address: found.address,
            nearby: self.nearby(program, found),
            earlier,
            later,
            memory,
        })
    }

    /// What the two threads did that orders other things.
    fn nearby(&self, program: &Compiled, found: &Found) -> Vec<String> {
        let who = self.label(found.later.2);
        let place = |place: Place| self.stack(program, place).place;
        let sentence = |(how, places): (&str, Option<[Place; 2]>)| {
            let [release, read] = places?;
            let (release, read) = (place(release)?, place(read)?);
            Some(format!(
                "before, thread {who} had {how} at {read} what was released at {release}"
            ))
        };
        let nearby = found.nearby;
        let unheeded = ("read without acquiring it", nearby.unheeded);
        [unheeded, ("acquired", nearby.acquired)]
            .into_iter()
            .filter_map(sentence)
            .collect()
    }

    fn label(&self, thread: u32) -> String {
        self.threads
            .get(&thread)
            .map_or_else(|| format!("#{thread}"), |thread| thread.label().to_string())
    }

    fn stack(&self, program: &Compiled, place: Place) -> backtrace::OfAccess {
        let (at, calls) = self.at(program, place);
        backtrace::of_access(program, at, calls)
    }

    /// The offset of an access, and the calls that led there, if they are known.
    fn at(&self, program: &Compiled, place: Place) -> (usize, Option<&WasmBacktrace>) {
        let sites = program.telling().map_or(&[][..], |telling| &telling.sites);
        let at = sites.get(place.site as usize).map_or(0, |site| site.at);
        (at, self.paths.get(place.path as usize))
    }

    fn describe(
        &self,
        program: &Compiled,
        (access, place, thread): (Access, Place, u32),
        held: Option<&[(u32, Place)]>,
    ) -> RaceAccess {
        let lock = |(address, place): &(u32, Place)| {
            let (at, calls) = self.at(program, *place);
            Some((*address, backtrace::of_lock(program, at, calls)?))
        };
        let sites = program.telling().map_or(&[][..], |telling| &telling.sites);
        let site = sites.get(place.site as usize);
        let stack = self.stack(program, place);
        RaceAccess {
            kind: access.to_string(),
            bytes: site.map(|site| u32::from(site.bytes)).filter(|bytes| *bytes > 0),
            order: site
                .filter(|site| site.kind.is_atomic())
                .map(|site| format!("{:?}", site.orders.0)),
            thread: self.label(thread),
            place: stack.place,
            backtrace: stack.lines,
            locks: held.unwrap_or_default().iter().filter_map(lock).collect(),
        }
    }
}
