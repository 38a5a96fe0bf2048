//! Guests that call what the ABI has in any order with any arguments: threads that spawn, join, lock, wait and lie.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use arbitrary::{Arbitrary, Result, Unstructured};
use threadlink_abi::Hook;
use threadlink_abi::exports;
use threadlink_abi::imports::{self, ALL, Import, MEMORY, MEMORY_MODULE};
use threadlink_abi::layout::{self, block, descriptor};
use threadlink_analysis::Report;
use threadlink_host::{Input, RunConfig, RunError};
use threadlink_trace::{Trace, TraceWriter, validate};
use wasm_encoder::{
    CodeSection, ConstExpr, DataSection, EntityType, ExportKind, ExportSection, Function, FunctionSection,
    GlobalSection, GlobalType, ImportSection, InstructionSink, MemArg, MemArgTarget, MemoryType, Module,
    TypeSection, ValType,
};

use crate::module::{engine, signature};

/// How long a guest may run.
const LIMIT: Duration = Duration::from_millis(200);
/// How long all of it may take: the machine may be busy.
const WATCHDOG: Duration = Duration::from_secs(60);
/// What a guest may make its host remember, in bytes.
const BUDGET: u64 = 1 << 20;
/// Kinds of threads.
const KINDS: usize = 4;
/// Most steps of a kind of thread.
const STEPS: usize = 24;
/// Where the guest's memory has what hosts look for.
const DESCRIPTOR: u32 = 0x100;
const BLOCKS: u32 = 0x1000;
const BLOCK: u32 = 0x100;
/// Threads put their results and ids here.
const WORDS: u32 = 0x2000;

/// A program: what each kind of thread does, step by step. The main thread is of the first kind.
#[derive(Debug)]
struct Plan {
    described: bool,
    traced: bool,
    flags: u32,
    kinds: [Vec<Step>; KINDS],
}

/// One thing that a thread does.
#[derive(Debug, Clone, Copy, Arbitrary)]
enum Step {
    /// Calls the import with this number.
    Call {
        import: u8,
        arguments: [Argument; 4],
    },
    /// Calls one of the first imports, so that threads come and go.
    Likely {
        import: u8,
        arguments: [Argument; 4],
    },
    /// Spawns a thread of a kind, as a program does.
    Spawn {
        kind: u8,
        id: u8,
    },
    /// Joins one that was spawned so.
    Join {
        id: u8,
    },
    /// Tells that a lock was taken, or released.
    Hook {
        hook: u8,
        lock: u8,
    },
    /// Writes into the memory, as to its own blocks.
    Store(Argument, Argument),
    /// Waits at an address for a few microseconds, or for ever.
    Wait {
        address: Argument,
        expected: Argument,
        ever: bool,
    },
    /// Waits for a word that is what it is, likewise.
    Sleep {
        word: u8,
        ever: bool,
    },
    Notify(Argument, Argument),
    Grow,
    Trap {
        really: u8,
    },
    /// Goes back to where it began, a few times.
    Again,
}

/// A number that a step uses.
#[derive(Debug, Clone, Copy, Arbitrary)]
enum Argument {
    Small(u8),
    Any(u32),
    /// The control block of a kind.
    Block(u8),
    /// An address where the threads put their results, a lock or a place for an id.
    Word(u8),
    /// What stands there.
    Stored(u8),
    /// Near the end of the memory, or of all addresses.
    Edge(i8),
}

/// Runs a guest that follows from `data`.
///
/// # Panics
/// If something is wrong with the host.
pub fn check(data: &[u8]) {
    let mut from = Unstructured::new(data);
    if let Ok(plan) = plan(&mut from) {
        run(&plan);
    }
}

fn plan(from: &mut Unstructured<'_>) -> Result<Plan> {
    let mut plan = Plan {
        described: from.ratio(3, 4)?,
        traced: from.arbitrary()?,
        flags: from.arbitrary()?,
        kinds: Default::default(),
    };
    for kind in &mut plan.kinds {
        for _ in 0..from.int_in_range(1..=STEPS)? {
            kind.push(from.arbitrary()?);
        }
    }
    Ok(plan)
}

/// A sink for what a guest prints and records, which is looked at afterwards.
#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Some bytes to read, at once or by a thread.
fn input(plan: &Plan) -> Input {
    let bytes = plan.flags.to_le_bytes().repeat(64);
    if plan.flags & 1 == 0 {
        Input::bytes(bytes)
    } else {
        io::Cursor::new(bytes).into()
    }
}

fn run(plan: &Plan) {
    let bytes = encode(plan);
    let program = match engine().load(&bytes) {
        Ok(program) => program,
        Err(error) => panic!("{error}\n{plan:#?}"),
    };
    let trace = Sink::default();
    let config = RunConfig::new()
        .args(vec!["guest".to_owned(), "argument".to_owned()])
        .env("NAME", "value")
        .seed(plan.flags.into())
        .timeout(LIMIT)
        .max_threads(16)
        .max_memory(4 << 20)
        .max_host_memory(BUDGET)
        .stdin(input(plan))
        .stdout(Box::new(io::sink()))
        .stderr(Box::new(io::sink()))
        .trace(TraceWriter::to_sink(Box::new(trace.clone())).expect("the sink takes everything"));
    let start = Instant::now();
    match program.run(config) {
        Ok(outcome) => {
            assert_eq!(outcome.stats.abandoned_threads, 0, "{plan:#?}");
            let text = outcome.end.to_string();
            let raw = |c: char| c.is_control() && c != '\n';
            assert!(!text.contains(raw), "{text:?}\n{plan:#?}");
        }
        Err(error @ RunError::HostFailed { .. }) => panic!("{error}\n{plan:#?}"),
        Err(_) => {}
    }
    assert!(start.elapsed() < WATCHDOG, "{:?}\n{plan:#?}", start.elapsed());
    let bytes = trace.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let trace = match Trace::read(&bytes[..]) {
        Ok(trace) => trace,
        Err(error) => panic!("{error}\n{plan:#?}"),
    };
    assert!(!trace.truncated(), "{plan:#?}");
    // What a liar did may not be able to have happened, but it can be told.
    let _ = validate(&trace);
    assert!(!Report::of(&trace).to_string().is_empty());
}

fn encode(plan: &Plan) -> Vec<u8> {
    let (mut types, mut imports) = (TypeSection::new(), ImportSection::new());
    for (index, import) in (0..).zip(ALL) {
        let (params, results) = signature(import);
        types.ty().function(params, results);
        imports.import(import.module, import.name, EntityType::Function(index));
    }
    let count = u32::try_from(ALL.len()).expect("a few");
    imports.import(
        MEMORY_MODULE,
        MEMORY,
        MemoryType {
            minimum: 1,
            maximum: Some(16),
            memory64: false,
            shared: true,
            page_size_log2: None,
        },
    );
    types.ty().function([], []);
    types.ty().function([ValType::I32], []);

    let (mut functions, mut code) = (FunctionSection::new(), CodeSection::new());
    let kinds = u32::try_from(KINDS).expect("a few");
    for steps in &plan.kinds {
        functions.function(count);
        code.function(&body(steps));
    }
    // The trampoline: the block tells the kind.
    functions.function(count + 1);
    let mut start = Function::new([]);
    let mut code_of = start.instructions();
    for kind in 0..kinds {
        code_of
            .local_get(0)
            .i32_const(address(Argument::Block(kind as u8)))
            .i32_eq();
        code_of
            .if_(wasm_encoder::BlockType::Empty)
            .call(count + kind)
            .return_()
            .end();
    }
    code_of.call(count + kinds - 1).end();
    code.function(&start);

    let mut names = ExportSection::new();
    names.export(exports::START, ExportKind::Func, count);
    names.export(exports::THREAD_START, ExportKind::Func, count + kinds);
    let mut globals = GlobalSection::new();
    if plan.described {
        let constant = GlobalType {
            val_type: ValType::I32,
            mutable: false,
            shared: false,
        };
        globals.global(constant, &ConstExpr::i32_const(DESCRIPTOR.cast_signed()));
        names.export(layout::DESCRIPTOR_EXPORT, ExportKind::Global, 0);
    }
    let mut data = DataSection::new();
    data.active(0, &ConstExpr::i32_const(0), image(plan));

    let mut module = Module::new();
    module
        .section(&types)
        .section(&imports)
        .section(&functions)
        .section(&globals);
    module.section(&names).section(&code).section(&data);
    module.finish()
}

/// The memory as it is in the beginning.
fn image(plan: &Plan) -> Vec<u8> {
    let mut memory = vec![0; WORDS as usize];
    let mut put = |at: u32, value: u32| {
        memory[at as usize..at as usize + 4].copy_from_slice(&value.to_le_bytes());
    };
    put(DESCRIPTOR + descriptor::MAGIC, descriptor::MAGIC_VALUE);
    put(DESCRIPTOR + descriptor::VERSION, descriptor::VERSION_VALUE);
    put(DESCRIPTOR + descriptor::MAIN_BLOCK, BLOCKS);
    put(DESCRIPTOR + descriptor::FLAGS, u32::from(plan.traced));
    for kind in (0..).take(KINDS) {
        let at = BLOCKS + kind * BLOCK;
        put(at + block::MAGIC, block::MAGIC_VALUE);
        put(at + block::NAME, DESCRIPTOR);
        put(at + block::NAME_LEN, plan.flags & 0x3f);
        put(at + block::FLAGS, plan.flags >> 8);
    }
    memory
}

fn body(steps: &[Step]) -> Function {
    let mut function = Function::new([(2, ValType::I32)]);
    let mut code = function.instructions();
    // A loop around all, for those that go back.
    code.loop_(wasm_encoder::BlockType::Empty);
    for (index, step) in (0..).zip(steps) {
        write_step(&mut code, *step, index);
    }
    code.end().end();
    function
}

fn write_step(code: &mut InstructionSink<'_>, step: Step, index: u32) {
    match step {
        Step::Spawn { kind, id } => {
            let [to, block] = [Argument::Word(id % 8), Argument::Block(kind)];
            call(code, import_of(&imports::THREAD_CREATE), &[to, block, to, to]);
        }
        Step::Join { id } => {
            // Not itself: the main thread's id is that of a word that nobody has written.
            number(code, Argument::Stored(id % 8));
            code.if_(wasm_encoder::BlockType::Empty);
            call(
                code,
                import_of(&imports::THREAD_JOIN),
                &[Argument::Stored(id % 8); 4],
            );
            code.end();
        }
        Step::Hook { hook, lock } => {
            let hook = Hook::ALL[usize::from(hook) % Hook::ALL.len()];
            let locks = [lock, lock.wrapping_add(1)].map(|lock| Argument::Word(16 + lock % 4 * 8));
            call(
                code,
                import_of(&hook.import()),
                &[locks[0], locks[1], locks[0], locks[1]],
            );
        }
        Step::Call { import, arguments } => call(code, usize::from(import) % ALL.len(), &arguments),
        Step::Likely { import, arguments } => call(code, usize::from(import) % 7, &arguments),
        Step::Store(at, value) => {
            number(code, at);
            code.i32_const(0xfffc).i32_and();
            number(code, value);
            code.i32_store(word());
        }
        Step::Wait {
            address,
            expected,
            ever,
        } => {
            place(code, address);
            number(code, expected);
            code.i64_const(if ever { -1 } else { 5_000 });
            code.memory_atomic_wait32(word()).drop();
        }
        Step::Sleep { word, ever } => {
            let [at, now] = [Argument::Word(word % 8), Argument::Stored(word % 8)];
            write_step(
                code,
                Step::Wait {
                    address: at,
                    expected: now,
                    ever,
                },
                index,
            );
        }
        Step::Notify(at, count) => {
            place(code, at);
            number(code, count);
            code.memory_atomic_notify(word()).drop();
        }
        Step::Grow => {
            code.i32_const(1).memory_grow(0).drop();
        }
        Step::Trap { really } => {
            // One of many: what comes after it is not reached.
            if really == 0 {
                code.unreachable();
            }
        }
        Step::Again => {
            code.local_get(0).i32_const(1).i32_add().local_tee(0);
            code.i32_const(1 + index.cast_signed()).i32_lt_u().br_if(0);
        }
    }
}

fn call(code: &mut InstructionSink<'_>, import: usize, arguments: &[Argument; 4]) {
    let (params, results) = signature(&ALL[import]);
    for (param, argument) in params.iter().zip(arguments.iter().cycle()) {
        number(code, *argument);
        if *param == ValType::I64 {
            code.i64_extend_i32_u();
        }
    }
    code.call(u32::try_from(import).expect("a few"));
    for result in results {
        if result == ValType::I64 {
            code.i32_wrap_i64();
        }
        code.local_set(1);
    }
}

/// An address that is mostly aligned.
fn place(code: &mut InstructionSink<'_>, at: Argument) {
    number(code, at);
    if !matches!(at, Argument::Any(address) if address % 8 == 7) {
        code.i32_const(-4).i32_and();
    }
}

fn import_of(import: &Import) -> usize {
    ALL.iter()
        .position(|one| one == import)
        .expect("it is in the table")
}

fn number(code: &mut InstructionSink<'_>, argument: Argument) {
    code.i32_const(address(argument));
    if let Argument::Stored(_) = argument {
        code.i32_load(word());
    }
}

fn address(argument: Argument) -> i32 {
    let number = match argument {
        Argument::Small(number) => number.into(),
        Argument::Any(number) => number,
        Argument::Block(kind) => BLOCKS + u32::from(kind) % 4 * BLOCK,
        Argument::Word(index) | Argument::Stored(index) => WORDS + 4 * u32::from(index),
        Argument::Edge(distance) => {
            let end = if distance % 2 == 0 { 0x1_0000 } else { 0 };
            u32::wrapping_add_signed(end, distance.into())
        }
    };
    number.cast_signed()
}

fn word() -> MemArg {
    MemArg {
        offset: 0,
        align: 2,
        target: MemArgTarget::Memory(0),
        ordering: None,
    }
}
