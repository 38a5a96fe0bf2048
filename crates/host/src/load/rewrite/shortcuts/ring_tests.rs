//! What shortcuts put into rings, with a host that only remembers what it was told.

use std::sync::Arc;

use threadlink_abi::layout::{block, lock};
use threadlink_abi::{Hook, imports};
use threadlink_trace::{CompactEvent, CompactKind, CompactSource, Gate};
use threadlink_watch::Budget;
use threadlink_watch::guest::mark;
use wasmtime::{Caller, Engine, Instance, Linker, MemoryType, Module, SharedMemory, Store, Val};

use super::super::calls::MODULE;
use super::parts::Word;
use super::tests::module;
use super::{DRAIN, RINGS};
use crate::load::rewritten;
use crate::memory::GuestMemory;
use crate::reservation::Reserved;
use crate::rings::layout::{CAPACITY, LATEST_BITS};
use crate::rings::{Ring, Rings};

/// Where things are in the guest's memory.
const THREAD_BLOCK: u32 = 0x400;
const LOCK: u32 = 0x1000;
const INSTANCE: u32 = 9;
const SITE: u32 = 0x88;

#[derive(Default)]
struct Host {
    told: Vec<(&'static str, u32)>,
    /// Whose ring it makes room in.
    ring: Option<Arc<Ring>>,
    drained: Vec<CompactEvent>,
}

struct Guest {
    store: Store<Host>,
    instance: Instance,
    memory: GuestMemory,
    rings: Arc<Rings>,
    ring: Arc<Ring>,
}

impl Guest {
    fn new() -> Self {
        let mut settings = wasmtime::Config::new();
        crate::features::configure(&mut settings);
        settings.shared_memory(true);
        let engine = Engine::new(&settings).unwrap();
        let memory = SharedMemory::new(&engine, MemoryType::shared(1, 1)).unwrap();
        let rings = Rings::new(&engine, Reserved::Whole, &Arc::new(Budget::default())).unwrap();
        let ring = rings.ring().unwrap();
        let mut store = Store::new(&engine, Host::default());
        store.data_mut().ring = Some(ring.clone());
        let mut linker = Linker::new(&engine);
        linker
            .define(&store, imports::MEMORY_MODULE, imports::MEMORY, memory.clone())
            .unwrap();
        for hook in Hook::ALL {
            let import = hook.import();
            let tell = move |mut caller: Caller<'_, Host>, address: u32| {
                caller.data_mut().told.push((import.name, address));
            };
            if import.params.len() == 1 {
                linker.func_wrap(import.module, import.name, tell).unwrap();
            } else {
                let both = move |caller: Caller<'_, Host>, address: u32, _: u32| tell(caller, address);
                linker.func_wrap(import.module, import.name, both).unwrap();
            }
        }
        linker
            .define(&store, MODULE, RINGS, rings.memory().clone())
            .unwrap();
        let drain = |mut caller: Caller<'_, Host>| {
            let host = caller.data_mut();
            let ring = host.ring.clone().expect("it has one");
            ring.take(&mut host.drained);
        };
        linker.func_wrap(MODULE, DRAIN, drain).unwrap();
        let copy = rewritten(&module()).unwrap();
        let module = Module::from_binary(&engine, &copy.bytes).unwrap();
        let instance = linker.instantiate(&mut store, &module).unwrap();
        let mut guest = Self {
            store,
            instance,
            memory: GuestMemory::new(memory),
            rings,
            ring,
        };
        guest.memory.store(THREAD_BLOCK + block::SITE, SITE);
        guest.memory.store(LOCK + lock::INSTANCE, INSTANCE);
        let page = guest.ring.base();
        guest.begin(page);
        guest
    }

    fn begin(&mut self, page: u32) {
        let words = [
            (Word::Thread, 7),
            (Word::Told, 0),
            (Word::Page, page),
            (Word::Block, THREAD_BLOCK),
        ];
        for (word, value) in words {
            let global = self.instance.get_global(&mut self.store, &word.name()).unwrap();
            global
                .set(&mut self.store, Val::I32(value.cast_signed()))
                .unwrap();
        }
    }

    fn call(&mut self, hook: Hook) {
        self.call_with(hook, LOCK);
    }

    fn call_with(&mut self, hook: Hook, lock: u32) {
        let name = format!("Call {}", hook.import().name);
        let function = self
            .instance
            .get_typed_func::<u32, ()>(&mut self.store, &name)
            .unwrap();
        function.call(&mut self.store, lock).unwrap();
    }

    /// The thread gets the lock without waiting.
    fn lock(&mut self, op: u32) {
        self.memory.store(THREAD_BLOCK + block::OP, op);
        self.call(Hook::StartLock);
        self.call(Hook::FinishLock);
    }

    fn unlock(&mut self) {
        self.call(Hook::StartUnlock);
        self.call(Hook::FinishUnlock);
    }

    fn read(&mut self, op: u32) {
        self.memory.store(THREAD_BLOCK + block::OP, op);
        self.call(Hook::StartRead);
        self.call(Hook::FinishRead);
    }

    fn unread(&mut self) {
        self.call(Hook::StartReadUnlock);
        self.call(Hook::FinishReadUnlock);
    }

    fn knows(&self) {
        self.ring.learn(LOCK, INSTANCE, SITE);
    }

    fn taken(&self) -> Vec<CompactEvent> {
        let mut taken = Vec::new();
        self.ring.take(&mut taken);
        taken
    }

    fn told(&mut self) -> Vec<&'static str> {
        let told = std::mem::take(&mut self.store.data_mut().told);
        assert!(told.iter().all(|(_, address)| *address == LOCK));
        told.into_iter().map(|(name, _)| name).collect()
    }

    fn stamp(&self) -> u64 {
        self.memory.load64(LOCK + lock::STAMP).unwrap()
    }
}

fn event(kind: CompactKind, time: u64) -> CompactEvent {
    let site = match kind {
        CompactKind::Release | CompactKind::ReadRelease => 0,
        _ => SITE,
    };
    CompactEvent::new(kind, time, LOCK, site)
}

#[test]
fn the_host_is_told_of_what_the_trace_does_not_know_and_the_ring_of_the_rest() {
    let mut guest = Guest::new();
    guest.lock(block::OP_AT_ONCE);
    guest.unlock();
    assert_eq!(guest.told(), ["start_lock", "finish_lock", "start_unlock"]);
    guest.knows();
    guest.ring.set_last(100);
    guest.lock(block::OP_AT_ONCE);
    guest.unlock();
    guest.rings.tick(5_000);
    guest.lock(block::OP_TRY);
    guest.unlock();
    guest.read(block::OP_AT_ONCE);
    guest.unread();
    assert_eq!(guest.told(), [""; 0]);
    let expected = [
        event(CompactKind::AtOnce, 102),
        event(CompactKind::Release, 104),
        event(CompactKind::Try, 5_000),
        event(CompactKind::Release, 5_002),
        event(CompactKind::ReadAtOnce, 5_004),
        event(CompactKind::ReadRelease, 5_006),
    ];
    assert_eq!(guest.taken(), expected);
    assert_eq!((guest.stamp(), guest.ring.last()), (5_006, 5_006));
    // Another place, another lock at the address, one that the thread has dropped: each is new.
    guest.memory.store(THREAD_BLOCK + block::SITE, SITE + 16);
    guest.lock(block::OP_AT_ONCE);
    assert_eq!(guest.told(), ["start_lock", "finish_lock"]);
    guest.memory.store(THREAD_BLOCK + block::SITE, SITE);
    guest.memory.store(LOCK + lock::INSTANCE, INSTANCE + 1);
    guest.unlock();
    guest.read(block::OP_TRY);
    guest.unread();
    assert_eq!(
        guest.told(),
        ["start_unlock", "start_read", "finish_read", "start_read_unlock"]
    );
    guest.memory.store(LOCK + lock::INSTANCE, INSTANCE);
    guest.memory.store(THREAD_BLOCK + block::ENDED, 1);
    guest.lock(block::OP_AT_ONCE);
    assert_eq!(guest.told(), ["start_lock", "finish_lock"]);
    guest.ring.set_ended(1);
    guest.lock(block::OP_AT_ONCE);
    assert_eq!(guest.told(), [""; 0]);
    guest.rings.renew(LOCK);
    guest.unlock();
    assert_eq!(guest.told(), ["start_unlock"]);
    assert_eq!(guest.taken().len(), 1);
}

#[test]
fn an_end_without_a_beginning_begins_no_wait() {
    // The beginning was another instance's, or a start function's.
    let mut guest = Guest::new();
    guest.memory.store(THREAD_BLOCK + block::OP, block::OP_BLOCKING);
    guest.call(Hook::FinishLock);
    guest.call(Hook::FinishRead);
    assert_eq!(guest.told(), ["finish_lock", "finish_read"]);
}

#[test]
fn an_attempt_that_was_given_up_has_no_end() {
    let mut guest = Guest::new();
    guest.knows();
    guest.memory.store(THREAD_BLOCK + block::OP, block::OP_TIMED);
    guest.call(Hook::StartLock);
    assert_eq!(guest.told(), ["start_lock"]);
    guest.lock(block::OP_TRY);
    assert_eq!(guest.told(), [""; 0]);
    assert_eq!(guest.taken(), [event(CompactKind::Try, 2)]);
}

#[test]
fn what_is_not_wholly_inside_the_memory_is_the_hosts() {
    let mut guest = Guest::new();
    guest.knows();
    let last = (1 << 16) - lock::SIZE;
    for op in [block::OP_AT_ONCE, block::OP_TRY, block::OP_BLOCKING] {
        guest.memory.store(THREAD_BLOCK + block::OP, op);
        for address in [last + 1, last + 8, 1 << 16, u32::MAX - 7, u32::MAX] {
            // As is what says that it is in the list of those that are read.
            guest
                .memory
                .store(THREAD_BLOCK + mark::READS + mark::READ_LOCK, address);
            let hooks = [
                Hook::StartLock,
                Hook::FinishLock,
                Hook::StartUnlock,
                Hook::StartRead,
                Hook::FinishRead,
                Hook::StartReadUnlock,
            ];
            for hook in hooks {
                guest.call_with(hook, address);
            }
            let told = std::mem::take(&mut guest.store.data_mut().told);
            assert_eq!(told, hooks.map(|hook| (hook.import().name, address)));
        }
    }
    assert!(guest.taken().is_empty());
}

#[test]
fn a_wait_is_the_hosts_from_its_beginning_to_the_lock() {
    let mut guest = Guest::new();
    guest.knows();
    guest.lock(block::OP_BLOCKING);
    assert_eq!(guest.told(), ["start_lock", "finish_lock"]);
    guest.unlock();
    guest.read(block::OP_BLOCKING);
    guest.lock(block::OP_TIMED);
    assert_eq!(
        guest.told(),
        ["start_read", "finish_read", "start_lock", "finish_lock"]
    );
    assert_eq!(guest.taken(), [event(CompactKind::Release, 2)]);
}

#[test]
fn an_acquire_is_later_than_the_last_release_of_the_lock_unless_that_is_a_lie() {
    let mut guest = Guest::new();
    guest.knows();
    guest.memory.store64(LOCK + lock::STAMP, 7_000);
    guest.lock(block::OP_AT_ONCE);
    guest.unlock();
    assert_eq!(
        guest.taken(),
        [
            event(CompactKind::AtOnce, 7_002),
            event(CompactKind::Release, 7_004)
        ]
    );
    for lie in [1 << LATEST_BITS, u64::MAX] {
        guest.memory.store64(LOCK + lock::STAMP, lie);
        let last = guest.ring.last();
        guest.lock(block::OP_TRY);
        assert_eq!(guest.taken(), [event(CompactKind::Try, last + 2)]);
    }
    // Of many that read the latest counts.
    guest.memory.store64(LOCK + lock::STAMP, 90_000);
    guest.read(block::OP_AT_ONCE);
    guest.memory.store64(LOCK + lock::STAMP, 95_000);
    guest.unread();
    assert_eq!(guest.stamp(), 95_000);
    assert_eq!(
        guest.taken().last(),
        Some(&event(CompactKind::ReadRelease, 90_004))
    );
}

#[test]
fn a_full_ring_is_emptied_and_loses_nothing() {
    let mut guest = Guest::new();
    guest.knows();
    let rounds = 3 * CAPACITY / 2 + 5;
    for _ in 0..rounds {
        guest.lock(block::OP_AT_ONCE);
        guest.unlock();
    }
    let rest = guest.taken();
    let mut all = std::mem::take(&mut guest.store.data_mut().drained);
    assert_eq!(all.len(), 3 * CAPACITY as usize);
    all.extend(rest);
    let times = (1..).map(|index| 2 * index);
    let kinds = [CompactKind::AtOnce, CompactKind::Release];
    let expected = kinds.into_iter().cycle().zip(times).take(2 * rounds as usize);
    assert!(all.into_iter().eq(expected.map(|(kind, time)| event(kind, time))));
    assert_eq!(guest.told(), [""; 0]);
}

#[test]
fn nothing_goes_into_the_ring_once_the_trace_is_closed() {
    let mut guest = Guest::new();
    guest.knows();
    guest.lock(block::OP_AT_ONCE);
    guest.rings.close();
    guest.unlock();
    guest.read(block::OP_AT_ONCE);
    guest.unread();
    assert_eq!(guest.taken(), [event(CompactKind::AtOnce, 2)]);
    assert_eq!(guest.told(), [""; 0]);
}

#[test]
fn a_thread_without_a_ring_tells_the_host_of_everything() {
    let mut guest = Guest::new();
    guest.knows();
    let nobodys = guest.rings.nobodys();
    guest.begin(nobodys);
    guest.lock(block::OP_AT_ONCE);
    guest.unlock();
    guest.read(block::OP_TRY);
    guest.unread();
    let told = [
        "start_lock",
        "finish_lock",
        "start_unlock",
        "start_read",
        "finish_read",
        "start_read_unlock",
    ];
    assert_eq!(guest.told(), told);
    assert!(guest.taken().is_empty());
}
