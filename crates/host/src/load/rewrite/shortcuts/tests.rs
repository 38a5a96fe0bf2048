//! What the shortcuts do, with a host that only remembers what it was told.

use std::fmt::Write as _;

use threadlink_abi::Hook;
use threadlink_abi::imports::{MEMORY, MEMORY_MODULE};
use threadlink_abi::layout::{block, lock};
use threadlink_watch::Memory;
use threadlink_watch::guest::mark;
use wasmtime::{Caller, Config, Engine, Instance, Linker, MemoryType, Module, SharedMemory, Store, Val};

use super::super::calls::MODULE;
use super::parts::Word;
use super::places::{HOOKS, SILENT};
use super::{DRAIN, RINGS};
use crate::features;
use crate::load::rewritten;
use crate::memory::GuestMemory;

const BLOCK: u32 = 1024;
const LOCK: u32 = 4096;
const OTHER: u32 = 8192;
const SITE: u32 = 0x40;
/// Size of the memory.
const PAGE: u32 = 1 << 16;
const THREAD: u32 = 7;

type Told = Vec<(Hook, u32)>;

/// A way from a module to a hook that it imports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Export,
    Call,
    TailCall,
    Table,
    Reference,
}

const WAYS: [Way; 5] = [Way::Export, Way::Call, Way::TailCall, Way::Table, Way::Reference];

/// A module that imports all hooks, and goes to each in every way.
pub(super) fn module() -> Vec<u8> {
    let mut text = r#"(module (import "env" "memory" (memory 1 1 shared))"#.to_owned();
    for hook in Hook::ALL {
        let import = hook.import();
        let params = " i32".repeat(import.params.len());
        let (module, name) = (import.module, import.name);
        write!(
            text,
            r#"(import "{module}" "{name}" (func ${name} (param{params})))"#
        )
        .unwrap();
    }
    let names = Hook::ALL.map(|hook| hook.import().name);
    let elements: String = names.iter().map(|name| format!(" ${name}")).collect();
    write!(
        text,
        r#"(global (export "__threadlink_descriptor") i32 (i32.const 0))
        (table $imported funcref (elem{elements}))
        (table $one 1 1 funcref)
        (elem declare func{elements})"#
    )
    .unwrap();
    for (place, hook) in Hook::ALL.into_iter().enumerate() {
        let import = hook.import();
        let name = import.name;
        let params = " i32".repeat(import.params.len());
        let given: String = (0..import.params.len())
            .map(|index| format!("(local.get {index})"))
            .collect();
        write!(
            text,
            r#"(export "Export {name}" (func ${name}))
            (func (export "Call {name}") (param{params}) (call ${name} {given}))
            (func (export "TailCall {name}") (param{params}) (return_call ${name} {given}))
            (func (export "Table {name}") (param{params})
                (call_indirect $imported (param{params}) {given} (i32.const {place})))
            (func (export "Reference {name}") (param{params})
                (table.set $one (i32.const 0) (ref.func ${name}))
                (call_indirect $one (param{params}) {given} (i32.const 0)))"#
        )
        .unwrap();
    }
    text.push(')');
    wat::parse_str(text).unwrap()
}

/// The copy of that module over a page of memory, and what the host was told.
struct Guest {
    store: Store<Told>,
    instance: Instance,
    memory: GuestMemory,
    way: Way,
}

impl Guest {
    fn new(way: Way) -> Self {
        let mut config = Config::new();
        features::configure(&mut config);
        config.shared_memory(true);
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
        linker
            .define(
                &store,
                MODULE,
                RINGS,
                SharedMemory::new(&engine, MemoryType::shared(1, 1)).unwrap(),
            )
            .unwrap();
        linker.func_wrap(MODULE, DRAIN, || ()).unwrap();
        let copy = rewritten(&module()).unwrap();
        let module = Module::from_binary(&engine, &copy.bytes).unwrap();
        let instance = linker.instantiate(&mut store, &module).unwrap();
        let memory = GuestMemory::new(memory);
        memory.store(BLOCK + block::SITE, SITE);
        Self {
            store,
            instance,
            memory,
            way,
        }
    }

    fn begin(&mut self, thread: u32) {
        for (word, value) in [
            (Word::Thread, thread),
            (Word::Told, 0),
            (Word::Parked, 0),
            (Word::Block, BLOCK),
        ] {
            let global = self.instance.get_global(&mut self.store, &word.name()).unwrap();
            global
                .set(&mut self.store, Val::I32(value.cast_signed()))
                .unwrap();
        }
    }

    /// One whose thread has begun.
    fn begun() -> Self {
        let mut guest = Self::new(Way::Call);
        guest.begin(THREAD);
        guest
    }

    fn call(&mut self, hook: Hook, address: u32) {
        let import = hook.import();
        let name = format!("{:?} {}", self.way, import.name);
        let function = self.instance.get_func(&mut self.store, &name).unwrap();
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
fn until_a_thread_has_begun_the_host_is_told_of_everything() {
    for way in WAYS {
        let mut guest = Guest::new(way);
        for op in [block::OP_BLOCKING, block::OP_AT_ONCE] {
            // Were it read, it would be the operation at the beginning of the memory.
            guest.memory.store(block::OP, op);
            for hook in Hook::ALL {
                guest.call(hook, LOCK);
                let told = guest.told();
                // No host does anything at these: whether they are called is nothing to anybody.
                if !SILENT.contains(&hook) {
                    assert_eq!(told, [(hook, LOCK)], "{way:?}");
                }
            }
        }
        assert_eq!(
            guest.memory.all_equal(LOCK, LOCK + lock::SIZE, 0),
            Some(true),
            "nothing is marked"
        );
    }
}

#[test]
fn whatever_names_a_hook_leads_to_its_shortcut() {
    for way in WAYS {
        let mut guest = Guest::new(way);
        guest.begin(THREAD);
        guest.op(block::OP_AT_ONCE);
        for hook in HOOKS {
            guest.call(hook, LOCK);
        }
        let parked = [Hook::StartPark, Hook::FinishPark].map(|hook| (hook, LOCK));
        assert_eq!(guest.told(), parked, "{way:?}");
        assert_eq!(guest.word(LOCK + mark::TAKEN_BY), THREAD);
        // The others are the host's.
        for hook in [Hook::StartWait, Hook::FinishWait] {
            guest.call(hook, OTHER);
            assert_eq!(guest.told(), [(hook, OTHER)], "{way:?}");
        }
    }
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
    guest.begin(THREAD + 1);
    let _ = guest.told();
    guest.call(Hook::FinishLock, LOCK);
    assert_eq!(guest.told(), []);
    assert_eq!(guest.word(LOCK + mark::TAKEN_BY), THREAD + 1);
}

#[test]
fn the_host_is_told_of_parks_and_not_of_messages_that_nobody_waits_for() {
    let mut guest = Guest::begun();
    for _ in 0..2 {
        guest.call(Hook::StartPark, LOCK);
        assert_eq!(guest.told(), [(Hook::StartPark, LOCK)]);
        guest.call(Hook::FinishPark, LOCK);
        assert_eq!(guest.told(), [(Hook::FinishPark, LOCK)]);
        // A message was there.
        guest.call(Hook::FinishPark, OTHER);
        assert_eq!(guest.told(), []);
    }
    guest.call(Hook::StartPark, LOCK);
    guest.begin(THREAD + 1);
    let _ = guest.told();
    guest.call(Hook::FinishPark, LOCK);
    assert_eq!(guest.told(), []);
}

#[test]
fn an_attempt_that_was_given_up_has_no_end() {
    let mut guest = Guest::begun();
    guest.op(block::OP_TIMED);
    guest.call(Hook::StartLock, LOCK);
    assert_eq!(guest.told(), [(Hook::StartLock, LOCK)]);
    guest.op(block::OP_AT_ONCE);
    guest.call(Hook::StartLock, OTHER);
    guest.call(Hook::FinishLock, OTHER);
    assert_eq!(guest.told(), []);
}

#[test]
fn what_is_not_wholly_inside_the_memory_is_the_hosts() {
    let last = PAGE - lock::SIZE;
    let outside = [last + 1, last + 4, PAGE - 4, PAGE, 1 << 31, u32::MAX];
    let locks = [Hook::StartLock, Hook::FinishLock, Hook::StartUnlock];
    let reads = [Hook::StartRead, Hook::FinishRead, Hook::StartReadUnlock];
    for op in [block::OP_AT_ONCE, block::OP_TRY, block::OP_BLOCKING] {
        let mut guest = Guest::begun();
        guest.op(op);
        for address in outside {
            for hook in locks.into_iter().chain(reads) {
                guest.call(hook, address);
            }
            // It needs to know nothing more of a lock that is not for many.
            let told = [locks[0], locks[1], reads[0], reads[1], reads[2]];
            assert_eq!(guest.told(), told.map(|hook| (hook, address)));
        }
        assert_eq!(guest.reads(), [[0; 3]; mark::READS_KEPT as usize]);
    }
    let mut guest = Guest::begun();
    guest.op(block::OP_TRY);
    for hook in locks.into_iter().chain(reads) {
        guest.call(hook, last);
    }
    assert_eq!(guest.told(), []);
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

#[test]
fn a_module_that_imports_a_hook_twice_is_its_own() {
    let text = |second: &str| {
        format!(
            r#"(module (import "env" "memory" (memory 1 1 shared))
                (import "wasm_threadlink" "start_lock" (func $a (param i32)))
                (import "wasm_threadlink" "{second}" (func $b (param i32)))
                (global (export "__threadlink_descriptor") i32 (i32.const 0))
                (func (call $a (i32.const 0)) (call $b (i32.const 0))))"#
        )
    };
    let copy = |second| rewritten(&wat::parse_str(text(second)).unwrap());
    assert!(copy("start_lock").is_none());
    assert!(copy("finish_lock").unwrap().origin.has_shortcuts());
}

#[test]
fn shortcuts_are_none_of_the_modules_functions() {
    let bytes = module();
    let copy = rewritten(&bytes).unwrap();
    let count = |bytes: &[u8]| {
        let mut functions = 0;
        for payload in wasmparser::Parser::new(0).parse_all(bytes) {
            match payload.unwrap() {
                wasmparser::Payload::ImportSection(section) => {
                    let imports = section.into_imports().map(Result::unwrap);
                    functions += imports
                        .filter(|import| matches!(import.ty, wasmparser::TypeRef::Func(_)))
                        .count();
                }
                wasmparser::Payload::FunctionSection(section) => functions += section.count() as usize,
                _ => {}
            }
        }
        u32::try_from(functions).unwrap()
    };
    let (before, after) = (count(&bytes), count(&copy.bytes));
    // One is imported, behind those that the module imports; the others come last.
    assert_eq!(after - before, HOOKS.len() as u32 + 1);
    for function in 0..after {
        assert_eq!(copy.origin.has(function), function <= before, "{function}");
    }
    let imported = Hook::ALL.len() as u32;
    for function in 0..before {
        let of_copy = function + u32::from(function >= imported);
        assert_eq!(copy.origin.function(of_copy), function);
    }
}
