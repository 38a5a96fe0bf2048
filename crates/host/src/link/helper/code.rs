//! The helper's code.
//!
//! | hook | does |
//! |---|---|
//! | `start_lock`, `start_read` | nothing if the lock is held by now (`OP_AFTERWARDS`); else a wait begins, of which the host is told |
//! | `finish_lock` | tells the host if it was told of the wait; marks the lock with the thread and the place |
//! | `finish_read` | the same, or puts the lock into the thread's list; tells the host of what has no room there |
//! | `start_read_unlock` | takes the lock out of the list; tells the host if it is not in it |
//! | `start_unlock`, `finish_unlock`, `finish_read_unlock`, `notify`, `unpark` | nothing |
//!
//! As long as the global [`BLOCK`] is 0, all that it does is to call the host's hook of the same name.

use threadlink_abi::Hook;
use threadlink_abi::imports::{MEMORY, MEMORY_MODULE};
use threadlink_abi::layout::{block, lock};
use threadlink_watch::guest::mark;
use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, EntityType, ExportKind, ExportSection, Function, FunctionSection,
    GlobalSection, GlobalType, ImportSection, InstructionSink, MemArg, MemArgTarget, MemoryType, Module,
    TypeSection, ValType,
};

/// The exported global with the address of the thread's control block.
pub(super) const BLOCK: &str = "block";
/// The exported global with the thread's id.
pub(super) const THREAD: &str = "thread";
/// The exported global that is not 0 while the host knows of a wait whose end it was not told.
pub(super) const TOLD: &str = "told";

const GLOBALS: [&str; 3] = [BLOCK, THREAD, TOLD];
const BLOCK_INDEX: u32 = 0;
const THREAD_INDEX: u32 = 1;
const TOLD_INDEX: u32 = 2;

/// The hooks that it stands for. Of waits for condition variables and tokens the host is told in any case.
pub(super) const HOOKS: [Hook; 10] = [
    Hook::StartLock,
    Hook::FinishLock,
    Hook::StartUnlock,
    Hook::FinishUnlock,
    Hook::StartRead,
    Hook::FinishRead,
    Hook::StartReadUnlock,
    Hook::FinishReadUnlock,
    Hook::Notify,
    Hook::Unpark,
];

/// The module: it imports the memory and the host's hooks, and exports its own by the same names.
pub(super) fn module() -> Vec<u8> {
    let mut types = TypeSection::new();
    for parameters in [1, 2] {
        types.ty().function(vec![ValType::I32; parameters], []);
    }
    let mut imports = ImportSection::new();
    // Any memory of 32 bits will do.
    let memory = MemoryType {
        minimum: 0,
        maximum: Some(1 << 16),
        memory64: false,
        shared: true,
        page_size_log2: None,
    };
    imports.import(MEMORY_MODULE, MEMORY, memory);
    let mut functions = FunctionSection::new();
    let mut exports = ExportSection::new();
    let mut code = CodeSection::new();
    for (index, hook) in (HOOKS.len() as u32..).zip(HOOKS) {
        let import = hook.import();
        let ty = import.params.len() as u32 - 1;
        imports.import(import.module, import.name, EntityType::Function(ty));
        functions.function(ty);
        exports.export(import.name, ExportKind::Func, index);
        code.function(&function(hook));
    }
    let mut globals = GlobalSection::new();
    for (place, name) in (0..).zip(GLOBALS) {
        let ty = GlobalType {
            val_type: ValType::I32,
            mutable: true,
            shared: false,
        };
        globals.global(ty, &ConstExpr::i32_const(0));
        exports.export(name, ExportKind::Global, place);
    }
    let mut module = Module::new();
    module
        .section(&types)
        .section(&imports)
        .section(&functions)
        .section(&globals)
        .section(&exports)
        .section(&code);
    module.finish()
}

/// Where the function begins that tells the host of a hook.
fn host(hook: Hook) -> u32 {
    // It is one of them, and the imports come first.
    HOOKS.iter().position(|known| *known == hook).unwrap_or_default() as u32
}

/// One hook.
fn function(hook: Hook) -> Function {
    let mut function = Function::new([]);
    let mut code = function.instructions();
    if !matches!(hook, Hook::FinishUnlock | Hook::FinishReadUnlock) {
        code.global_get(BLOCK_INDEX).i32_eqz().if_(BlockType::Empty);
        tell(&mut code, hook);
        code.return_().end();
    }
    match hook {
        Hook::StartLock | Hook::StartRead => start(&mut code, hook),
        Hook::FinishLock => finish_lock(&mut code),
        Hook::FinishRead => finish_read(&mut code),
        Hook::StartReadUnlock => start_read_unlock(&mut code),
        _ => {}
    }
    code.end();
    function
}

/// Calls the host's hook of that name, with what this one was called with.
fn tell(code: &mut InstructionSink<'_>, hook: Hook) {
    for parameter in (0..).take(hook.import().params.len()) {
        code.local_get(parameter);
    }
    code.call(host(hook));
}

/// What is loaded or stored at an address and this offset.
fn at(offset: u32) -> MemArg {
    MemArg {
        offset: offset.into(),
        align: 2,
        target: MemArgTarget::Memory(0),
        ordering: None,
    }
}

/// Puts the kind of the operation on the stack.
fn operation(code: &mut InstructionSink<'_>) {
    code.global_get(BLOCK_INDEX).i32_load(at(block::OP));
}

/// Puts the place of the operation on the stack.
fn site(code: &mut InstructionSink<'_>) {
    code.global_get(BLOCK_INDEX).i32_load(at(block::SITE));
}

fn start(code: &mut InstructionSink<'_>, hook: Hook) {
    operation(code);
    code.i32_const(block::OP_AFTERWARDS.cast_signed())
        .i32_and()
        .if_(BlockType::Empty)
        .return_()
        .end();
    code.i32_const(1).global_set(TOLD_INDEX);
    tell(code, hook);
}

/// If the host was told of a wait, tells it of the end; what follows is done then, up to the `end` that the caller adds.
fn if_told(code: &mut InstructionSink<'_>, hook: Hook) {
    code.global_get(TOLD_INDEX).if_(BlockType::Empty);
    code.i32_const(0).global_set(TOLD_INDEX);
    tell(code, hook);
}

fn finish_lock(code: &mut InstructionSink<'_>) {
    if_told(code, Hook::FinishLock);
    // These are no lock's words.
    operation(code);
    code.i32_const(block::OP_ENDED.cast_signed())
        .i32_eq()
        .if_(BlockType::Empty)
        .return_()
        .end()
        .end();
    code.local_get(0)
        .global_get(THREAD_INDEX)
        .i32_store(at(mark::TAKEN_BY));
    code.local_get(0);
    site(code);
    code.local_get(0)
        .i32_load(at(mark::TAKEN_AT))
        .i32_const(mark::WAS_READ.cast_signed())
        .i32_and()
        .i32_or()
        .i32_store(at(mark::TAKEN_AT));
}

/// Where the word of an entry of the list is, from the control block on.
fn entry(index: u32, word: u32) -> MemArg {
    at(mark::READS + index * mark::READ_SIZE + word)
}

fn finish_read(code: &mut InstructionSink<'_>) {
    // What had to wait is in the host's own list.
    if_told(code, Hook::FinishRead);
    code.return_().end();
    // Once a lock, so that many readers do not write the word all the time.
    code.local_get(0)
        .i32_load(at(mark::TAKEN_AT))
        .i32_const(mark::WAS_READ.cast_signed())
        .i32_and()
        .i32_eqz()
        .if_(BlockType::Empty);
    code.local_get(0)
        .local_get(0)
        .i32_load(at(mark::TAKEN_AT))
        .i32_const(mark::WAS_READ.cast_signed())
        .i32_or()
        .i32_store(at(mark::TAKEN_AT))
        .end();
    for index in 0..mark::READS_KEPT {
        code.global_get(BLOCK_INDEX)
            .i32_load(entry(index, mark::READ_LOCK))
            .i32_eqz()
            .if_(BlockType::Empty);
        code.global_get(BLOCK_INDEX)
            .local_get(0)
            .i32_load(at(lock::INSTANCE))
            .i32_store(entry(index, mark::READ_INSTANCE));
        code.global_get(BLOCK_INDEX);
        site(code);
        code.i32_store(entry(index, mark::READ_SITE));
        code.global_get(BLOCK_INDEX)
            .local_get(0)
            .i32_store(entry(index, mark::READ_LOCK))
            .return_()
            .end();
    }
    tell(code, Hook::StartRead);
    tell(code, Hook::FinishRead);
}

fn start_read_unlock(code: &mut InstructionSink<'_>) {
    for index in 0..mark::READS_KEPT {
        code.global_get(BLOCK_INDEX)
            .i32_load(entry(index, mark::READ_LOCK))
            .local_get(0)
            .i32_eq()
            .if_(BlockType::Empty);
        code.global_get(BLOCK_INDEX)
            .i32_const(0)
            .i32_store(entry(index, mark::READ_LOCK))
            .return_()
            .end();
    }
    tell(code, Hook::StartReadUnlock);
}
