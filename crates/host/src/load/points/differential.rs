//! Random functions, as they are and with points: the same results, and whatever the budget is, the same points are passed.

use std::fmt::Write as _;

use proptest::prelude::*;
use wasmtime::{Caller, Config, Engine, Linker, MemoryType, Module, SharedMemory, Store, WasmBacktrace};

use super::{MODULE, POINT, Points, budget_name, insert};
use crate::symbols::Symbols;

/// Code of a function. Labels are any of those that are open.
#[derive(Debug, Clone)]
enum Code {
    Point(i32),
    Call,
    CallIndirect,
    /// With a result that is kept, and one that is on the stack when a point is passed.
    CallAndKeep,
    CallAndAdd(i32),
    /// With a call and what takes an operand that is not there behind it, which nobody gets to, or without.
    Br(u32, bool),
    BrIf(u32),
    BrTable(u32, u32, u32),
    /// To the function's label, which takes a number along.
    Leave,
    Return,
    Trap,
    Block(Vec<Code>),
    If(Vec<Code>, Vec<Code>),
    Loop(Vec<Code>),
    /// One with a result.
    Result(Vec<Code>),
    /// One of points that takes a number along from turn to turn.
    Carry(Vec<i32>),
}

fn code() -> impl Strategy<Value = Vec<Code>> {
    let leaf = prop_oneof![
        12 => (0..WORDS).prop_map(Code::Point),
        4 => Just(Code::Call),
        1 => Just(Code::CallIndirect),
        1 => Just(Code::CallAndKeep),
        2 => (0..WORDS).prop_map(Code::CallAndAdd),
        1 => any::<(u32, bool)>().prop_map(|(to, more)| Code::Br(to, more)),
        3 => any::<u32>().prop_map(Code::BrIf),
        1 => any::<(u32, u32, u32)>().prop_map(|(one, other, default)| Code::BrTable(one, other, default)),
        1 => Just(Code::Leave),
        1 => Just(Code::Return),
        1 => Just(Code::Trap),
        1 => prop::collection::vec(0..WORDS, 1..4).prop_map(Code::Carry),
    ];
    // Turns of the innermost loops, with many points and calls.
    let some = |inner: &BoxedStrategy<Code>, most| prop::collection::vec(inner.clone(), 0..most);
    let turn = leaf.boxed().prop_recursive(3, 24, 6, move |inner| {
        prop_oneof![
            2 => some(&inner, 6).prop_map(Code::Block),
            3 => (some(&inner, 6), some(&inner, 6)).prop_map(|(then, otherwise)| Code::If(then, otherwise)),
        ]
    });
    let turn = turn.boxed();
    let innermost = prop_oneof![
        3 => some(&turn, 8).prop_map(Code::Loop),
        1 => some(&turn, 8).prop_map(Code::Result),
    ];
    let tree = prop_oneof![1 => turn, 2 => innermost].boxed().prop_recursive(3, 48, 6, move |inner| {
        prop_oneof![
            1 => some(&inner, 6).prop_map(Code::Block),
            1 => (some(&inner, 6), some(&inner, 6)).prop_map(|(then, otherwise)| Code::If(then, otherwise)),
            1 => some(&inner, 6).prop_map(Code::Loop),
            1 => some(&inner, 6).prop_map(Code::Result),
        ]
    });
    prop::collection::vec(tree, 1..6)
}

/// How many words of memory there are that something is done to.
const WORDS: i32 = 17;
/// A number that follows from what was done, another one each time.
const DECIDE: &str =
    "(i32.shr_u (local.tee $x (i32.add (i32.mul (local.get $x) (i32.const 1103515245)) (i32.const 12345)))
    (i32.const 16))";
/// As long as there is fuel, a loop goes on.
const BURN: &str = "(if (i32.eqz (local.tee $fuel (i32.sub (local.get $fuel) (i32.const 1)))) (then (return (local.get $x))))";
const BACK: &str = "(br_if 0 (i32.and (local.get $x) (i32.const 0x30000)))";

/// Writes it, where so many labels are open.
fn write(text: &mut String, code: &[Code], open: u32) {
    for code in code {
        // Not that of the function, which takes a number along.
        let label = |any: u32| any % open;
        match code {
            Code::Point(address) => point(text, *address),
            Code::Call => put(text, format_args!("(call 0)")),
            Code::CallIndirect => put(text, format_args!("(call_indirect (i32.const 0))")),
            Code::CallAndKeep => put(text, format_args!("(local.set $x (call 1))")),
            Code::CallAndAdd(address) => {
                text.push_str("(call 1)\n");
                point(text, *address);
                text.push_str("(local.set $x (i32.add (local.get $x)))\n");
            }
            Code::Br(to, more) => {
                put(text, format_args!("(br {})", label(*to)));
                if *more {
                    text.push_str("call 0\ndrop\n");
                }
            }
            Code::BrIf(to) => put(
                text,
                format_args!("(br_if {} (i32.and {DECIDE} (i32.const 1)))", label(*to)),
            ),
            Code::BrTable(one, other, default) => put(
                text,
                format_args!(
                    "(br_table {} {} {} (i32.and {DECIDE} (i32.const 3)))",
                    label(*one),
                    label(*other),
                    label(*default)
                ),
            ),
            Code::Leave => put(
                text,
                format_args!(
                    "(drop (br_if {open} (local.get $x) (i32.eqz (i32.and {DECIDE} (i32.const 63)))))"
                ),
            ),
            Code::Return => put(
                text,
                format_args!(
                    "(if (i32.eqz (i32.and {DECIDE} (i32.const 63))) (then (return (local.get $x))))"
                ),
            ),
            Code::Trap => put(
                text,
                format_args!("(if (i32.eqz (i32.and {DECIDE} (i32.const 255))) (then (unreachable)))"),
            ),
            Code::Block(inner) => {
                text.push_str("(block ");
                write(text, inner, open + 1);
                text.push(')');
            }
            Code::If(then, otherwise) => {
                put(text, format_args!("(if (i32.and {DECIDE} (i32.const 1)) (then "));
                write(text, then, open + 1);
                text.push_str(") (else ");
                write(text, otherwise, open + 1);
                text.push_str("))");
            }
            Code::Loop(inner) => {
                put(text, format_args!("(loop {BURN} "));
                write(text, inner, open + 1);
                put(text, format_args!("{BACK})"));
            }
            Code::Result(inner) => {
                put(text, format_args!("(local.set $x (loop (result i32) {BURN} "));
                write(text, inner, open + 1);
                put(text, format_args!("{BACK} (local.get $x)))"));
            }
            Code::Carry(addresses) => {
                put(
                    text,
                    format_args!(
                        "(local.set $x (local.get $x) (loop (param i32) (result i32) (local.set $x) {BURN} "
                    ),
                );
                for address in addresses {
                    point(text, *address);
                }
                put(
                    text,
                    format_args!("(br_if 0 (local.get $x) (i32.and {DECIDE} (i32.const 3)))))"),
                );
            }
        }
    }
}

fn point(text: &mut String, address: i32) {
    put(
        text,
        format_args!(
            "(local.set $x (i32.add (local.get $x) (i32.atomic.rmw.xor (i32.const {}) {DECIDE})))",
            address * 4
        ),
    );
}

fn put(text: &mut String, what: std::fmt::Arguments<'_>) {
    text.write_fmt(what).unwrap();
    text.push('\n');
}

fn module(code: &[Code]) -> Vec<u8> {
    let mut body = String::new();
    write(&mut body, code, 1);
    // There may be enough left for a turn before the call, and not behind it.
    let called = "(drop (i32.atomic.rmw.add (i32.const 64) (i32.const 1)))".repeat(7);
    let text = format!(
        r#"(module
            (import "env" "memory" (memory 1 1 shared))
            (global (mut i32) (i32.const 0))
            (table funcref (elem 0))
            (func {called})
            (func (result i32) (i32.atomic.rmw.add (i32.const 64) (i32.const 1)))
            (func (export "run") (param $x i32) (result i32)
                (local $fuel i32)
                (local.set $fuel (i32.const 200))
                (block {body})
                (local.get $x))
            (func (export "look") (param i32) (result i32) (i32.load (local.get 0))))"#
    );
    wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// What an execution came to.
#[derive(Debug, PartialEq, Eq)]
struct Came {
    /// Nothing if it trapped.
    result: Option<i32>,
    memory: Vec<i32>,
    /// Where it was stopped, by offsets.
    stops: Vec<usize>,
    /// What was left of the budget: 0 is 2^32.
    left: u32,
}

/// Executes it, with so many points until the next stop, if it has any.
fn execute(engine: &Engine, module: &Module, seed: i32, budget: i32) -> Came {
    let mut store = Store::new(engine, Vec::new());
    let mut linker = Linker::new(engine);
    let memory = SharedMemory::new(engine, MemoryType::shared(1, 1)).unwrap();
    linker.define(&store, "env", "memory", memory).unwrap();
    let stopped = move |mut caller: Caller<'_, Vec<usize>>| {
        let global = caller.get_export(&budget_name()).unwrap().into_global().unwrap();
        assert_eq!(global.get(&mut caller).i32(), Some(0));
        global.set(&mut caller, budget.into()).unwrap();
        let trace = WasmBacktrace::force_capture(&caller);
        // The first is of the function that the copy has besides.
        caller.data_mut().push(trace.frames()[1].module_offset().unwrap());
    };
    linker.func_wrap(MODULE, POINT, stopped).unwrap();
    let instance = linker.instantiate(&mut store, module).unwrap();
    let global = instance.get_global(&mut store, &budget_name());
    if let Some(global) = global {
        global.set(&mut store, budget.into()).unwrap();
    }
    let run = instance.get_typed_func::<i32, i32>(&mut store, "run").unwrap();
    let result = run.call(&mut store, seed).ok();
    let left = global.map_or(0, |global| global.get(&mut store).i32().unwrap().cast_unsigned());
    let look = instance.get_typed_func::<i32, i32>(&mut store, "look").unwrap();
    let memory = (0..WORDS).map(|word| look.call(&mut store, word * 4).unwrap());
    let memory = memory.collect();
    Came {
        result,
        memory,
        stops: store.into_data(),
        left,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn whatever_the_budget_is_the_same_points_are_passed(
        code in code(),
        seed in any::<i32>(),
        wanted in prop_oneof![Just(Points::All), Just(Points::Loops)],
        twice in any::<bool>(),
    ) {
        let mut config = Config::new();
        crate::features::configure(&mut config);
        config.shared_memory(true);
        config.generate_address_map(true);
        let engine = Engine::new(&config).unwrap();
        let original = module(&code);
        let pointed = insert(&original, None, &Symbols::of(&original), wanted, twice).unwrap();
        // Nothing tells whose code it is: all there is is a point, and with these loops are, too.
        prop_assert!(pointed.unknown);
        let plain = execute(&engine, &Module::new(&engine, &original).unwrap(), seed, 0);
        let copy = Module::new(&engine, &pointed.bytes).unwrap();
        let back = |came: &Came| -> Vec<usize> {
            came.stops.iter().map(|at| pointed.way_back.offset(*at)).collect()
        };
        // Each turn of a loop takes the copy in which points are checked.
        let all = execute(&engine, &copy, seed, 1);
        prop_assert_eq!((&all.memory, all.result), (&plain.memory, plain.result));
        let points = back(&all);
        for at in &points {
            // An atomic instruction, or a loop.
            prop_assert!([0xfe, 0x03].contains(&original[*at]), "a point at {}", at);
        }
        for budget in [1, 2, 3, 5, 8, 13, 19, 31, 100_000, i32::MIN, -1, 0] {
            let some = execute(&engine, &copy, seed, budget);
            prop_assert_eq!((&some.memory, some.result), (&plain.memory, plain.result));
            let size = budget.cast_unsigned().wrapping_sub(1) as usize + 1;
            let expected: Vec<usize> = points.iter().skip(size - 1).step_by(size).copied().collect();
            prop_assert_eq!(back(&some), expected, "with a budget of {}", budget);
            // Where it traps, what was counted in a local is lost.
            if some.result.is_some() {
                let left = size - points.len() % size;
                prop_assert_eq!(some.left as usize, if left == 1 << 32 { 0 } else { left });
            }
        }
    }
}
