//! What the code does, with a host that only remembers what it was told.

use threadlink_abi::Hook;
use threadlink_abi::imports::{MEMORY, MEMORY_MODULE};
use threadlink_abi::layout::{block, lock};
use threadlink_watch::Memory;
use threadlink_watch::guest::mark;
use wasmparser::{Validator, WasmFeatures};
use wasmtime::{Caller, Config, Engine, Linker, MemoryType, SharedMemory, Store, Val};

use super::{Helper, code, compile};
use crate::memory::GuestMemory;

const BLOCK: u32 = 1024;
const LOCK: u32 = 4096;
const OTHER: u32 = 8192;
const SITE: u32 = 0x40;
const THREAD: u32 = 7;

type Told = Vec<(Hook, u32)>;

/// A helper over a page of memory, and what the host was told.
struct Guest {
    store: Store<Told>,
    helper: Helper,
    memory: GuestMemory,
}

impl Guest {
    fn new() -> Self {
        let mut config = Config::new();
        config.wasm_threads(true).shared_memory(true);
        let engine = Engine::new(&config).unwrap();
        let mut store = Store::new(&engine, Told::new());
        let memory = SharedMemory::new(&engine, MemoryType::shared(1, 1)).unwrap();
        let mut linker = Linker::new(&engine);
        linker
            .define(&store, MEMORY_MODULE, MEMORY, memory.clone())
            .unwrap();
        for hook in Hook::ALL {
            let import = hook.import();
            let told =
                move |mut caller: Caller<'_, Told>, address: u32| caller.data_mut().push((hook, address));
            match import.params.len() {
                1 => linker.func_wrap(import.module, import.name, told),
                _ => linker.func_wrap(
                    import.module,
                    import.name,
                    move |caller: Caller<'_, Told>, address: u32, _: u32| told(caller, address),
                ),
            }
            .unwrap();
        }
        let module = compile(&engine).unwrap();
        let helper = Helper::new(&mut store, &linker, &module).unwrap();
        let memory = GuestMemory::new(memory);
        memory.store(BLOCK + block::SITE, SITE);
        Self {
            store,
            helper,
            memory,
        }
    }

    /// One whose thread has begun.
    fn begun() -> Self {
        let mut guest = Self::new();
        guest.helper.begin(&mut guest.store, THREAD, BLOCK).unwrap();
        guest
    }

    fn call(&mut self, hook: Hook, address: u32) {
        let import = hook.import();
        let function = self.helper.hook(&mut self.store, import.name).unwrap();
        let function = function.into_func().unwrap();
        let arguments: Vec<Val> = [address, 1]
            .into_iter()
            .take(import.params.len())
            .map(|value| Val::I32(value.cast_signed()))
            .collect();
        function.call(&mut self.store, &arguments, &mut []).unwrap();
    }

    fn op(&self, op: u32) {
        assert!(self.memory.store(BLOCK + block::OP, op));
    }

    fn told(&mut self) -> Told {
        std::mem::take(self.store.data_mut())
    }

    fn word(&self, at: u32) -> u32 {
        self.memory.load(at).unwrap()
    }

    /// The lock, number and place of each entry of the thread's list.
    fn reads(&self) -> Vec<[u32; 3]> {
        let entries = (0..mark::READS_KEPT).map(|index| BLOCK + mark::READS + index * mark::READ_SIZE);
        entries
            .map(|at| {
                [mark::READ_LOCK, mark::READ_INSTANCE, mark::READ_SITE].map(|word| self.word(at + word))
            })
            .collect()
    }
}

#[test]
fn the_module_is_valid_and_small() {
    let bytes = code::module();
    Validator::new_with_features(WasmFeatures::default())
        .validate_all(&bytes)
        .unwrap();
    assert!(bytes.len() < 2048, "{}", bytes.len());
}

#[test]
fn until_a_thread_has_begun_the_host_is_told_of_everything() {
    let mut guest = Guest::new();
    let silent = [Hook::FinishUnlock, Hook::FinishReadUnlock];
    for op in [block::OP_BLOCKING, block::OP_AT_ONCE] {
        // Were it read, it would be the operation at the beginning of the memory.
        guest.memory.store(block::OP, op);
        for hook in code::HOOKS {
            guest.call(hook, LOCK);
            let expected: Told = if silent.contains(&hook) {
                Vec::new()
            } else {
                vec![(hook, LOCK)]
            };
            assert_eq!(guest.told(), expected);
        }
    }
    assert_eq!(
        guest.memory.all_equal(LOCK, LOCK + lock::SIZE, 0),
        Some(true),
        "nothing is marked"
    );
}

#[test]
fn a_lock_that_was_free_is_marked_and_the_host_is_told_of_nothing() {
    for op in [block::OP_AT_ONCE, block::OP_TRY] {
        let mut guest = Guest::begun();
        guest.op(op);
        for hook in [Hook::StartLock, Hook::FinishLock] {
            guest.call(hook, LOCK);
        }
        assert_eq!(
            [mark::TAKEN_BY, mark::TAKEN_AT].map(|word| guest.word(LOCK + word)),
            [THREAD, SITE]
        );
        for hook in [Hook::StartUnlock, Hook::FinishUnlock, Hook::Notify, Hook::Unpark] {
            guest.call(hook, LOCK);
        }
        assert_eq!(guest.told(), []);
        assert_eq!(guest.word(LOCK + lock::STAMP), 0);
    }
}

#[test]
fn the_host_is_told_when_a_wait_begins_and_ends() {
    let mut guest = Guest::begun();
    guest.op(block::OP_BLOCKING);
    // A thread that has the lock and wants it once more waits as well, whatever the holder word says.
    guest.memory.store(LOCK + lock::HOLDER, BLOCK);
    guest.call(Hook::StartLock, LOCK);
    assert_eq!(guest.told(), [(Hook::StartLock, LOCK)]);
    guest.call(Hook::FinishLock, LOCK);
    assert_eq!(guest.told(), [(Hook::FinishLock, LOCK)]);
    assert_eq!(guest.word(LOCK + mark::TAKEN_BY), THREAD);
    // The next one does not wait.
    guest.op(block::OP_AT_ONCE);
    guest.call(Hook::StartLock, OTHER);
    guest.call(Hook::FinishLock, OTHER);
    assert_eq!(guest.told(), []);
    // What the thread before left unfinished is none of the next one's.
    guest.op(block::OP_BLOCKING);
    guest.call(Hook::StartLock, LOCK);
    guest.helper.begin(&mut guest.store, THREAD + 1, BLOCK).unwrap();
    let _ = guest.told();
    guest.call(Hook::FinishLock, LOCK);
    assert_eq!(guest.told(), []);
    assert_eq!(guest.word(LOCK + mark::TAKEN_BY), THREAD + 1);
}

#[test]
fn the_list_of_what_has_ended_is_shown_to_the_host_and_not_marked() {
    let mut guest = Guest::begun();
    let list = BLOCK + block::ENDED;
    guest.op(block::OP_ENDED);
    for hook in [
        Hook::StartLock,
        Hook::FinishLock,
        Hook::StartUnlock,
        Hook::FinishUnlock,
    ] {
        guest.call(hook, list);
    }
    assert_eq!(guest.told(), [(Hook::StartLock, list), (Hook::FinishLock, list)]);
    assert_eq!(guest.memory.all_equal(list, list + lock::SIZE, 0), Some(true));
}

#[test]
fn what_is_read_is_in_the_list_until_it_is_released() {
    let mut guest = Guest::begun();
    guest.op(block::OP_TRY);
    for (address, number) in [(LOCK, 3), (OTHER, 5)] {
        guest.memory.store(address + lock::INSTANCE, number);
        guest.call(Hook::StartRead, address);
        guest.call(Hook::FinishRead, address);
    }
    assert_eq!(guest.reads()[..3], [[LOCK, 3, SITE], [OTHER, 5, SITE], [0, 0, 0]]);
    guest.call(Hook::StartReadUnlock, LOCK);
    guest.call(Hook::FinishReadUnlock, LOCK);
    assert_eq!([guest.reads()[0][0], guest.reads()[1][0]], [0, OTHER]);
    assert_eq!(guest.told(), []);
    // A writer afterwards keeps what is known of readers.
    assert_eq!(guest.word(LOCK + mark::TAKEN_AT), mark::WAS_READ);
    guest.op(block::OP_AT_ONCE);
    guest.call(Hook::StartLock, LOCK);
    guest.call(Hook::FinishLock, LOCK);
    assert_eq!(guest.word(LOCK + mark::TAKEN_AT), SITE | mark::WAS_READ);
}

#[test]
fn what_has_no_room_in_the_list_and_what_had_to_wait_is_in_the_hosts() {
    let mut guest = Guest::begun();
    guest.op(block::OP_TRY);
    for _ in 0..mark::READS_KEPT {
        guest.call(Hook::StartRead, LOCK);
        guest.call(Hook::FinishRead, LOCK);
    }
    assert_eq!(guest.told(), []);
    let both = [(Hook::StartRead, OTHER), (Hook::FinishRead, OTHER)];
    guest.call(Hook::StartRead, OTHER);
    guest.call(Hook::FinishRead, OTHER);
    assert_eq!(guest.told(), both);
    guest.call(Hook::StartReadUnlock, OTHER);
    assert_eq!(guest.told(), [(Hook::StartReadUnlock, OTHER)]);
    guest.call(Hook::StartReadUnlock, LOCK);
    guest.op(block::OP_BLOCKING);
    guest.call(Hook::StartRead, OTHER);
    guest.call(Hook::FinishRead, OTHER);
    assert_eq!(guest.told(), both);
    guest.call(Hook::StartReadUnlock, OTHER);
    assert_eq!(guest.told(), [(Hook::StartReadUnlock, OTHER)]);
    assert!(guest.reads().iter().all(|read| read[0] != OTHER));
}
