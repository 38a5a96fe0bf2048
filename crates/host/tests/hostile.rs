//! Guests that call the hooks with anything in any order, and whose memory says anything of their locks: the host
//! neither dies nor believes them, and what is recorded can be read.

mod described;

use std::fmt::Write;
use std::time::Duration;

use threadlink_abi::layout::{block, descriptor, lock};
use threadlink_analysis::Report;
use threadlink_host::{Engine, EngineConfig, Outcome, Program, RunConfig};
use threadlink_trace::{Trace, TraceWriter};

use described::DESCRIPTOR;

/// Where the descriptor is, and main's control block.
const BLOCK: u32 = 512;
/// Pages of memory, and its size.
const PAGES: u32 = 4;
const END: u32 = PAGES << 16;

/// Hooks: import module, name, number of parameters.
const HOOKS: [(&str, &str, usize); 14] = [
    ("wasm_threadlink", "start_lock", 1),
    ("wasm_threadlink", "finish_lock", 1),
    ("wasm_threadlink", "start_unlock", 1),
    ("wasm_threadlink", "finish_unlock", 1),
    ("threadlink", "start_read", 1),
    ("threadlink", "finish_read", 1),
    ("threadlink", "start_read_unlock", 1),
    ("threadlink", "finish_read_unlock", 1),
    ("threadlink", "start_wait", 2),
    ("threadlink", "finish_wait", 2),
    ("threadlink", "notify", 2),
    ("threadlink", "start_park", 2),
    ("threadlink", "finish_park", 2),
    ("threadlink", "unpark", 1),
];

/// A module that says it was built with `tracing`, with all hooks; `$trying` announces that operations do not wait.
fn program(body: &str) -> Program {
    let mut imports = String::new();
    for (module, name, parameters) in HOOKS {
        let parameters = "i32 ".repeat(parameters);
        writeln!(
            imports,
            r#"(import "{module}" "{name}" (func ${name} (param {parameters})))"#
        )
        .unwrap();
    }
    let words = described::descriptor(descriptor::VERSION_VALUE, descriptor::FLAG_TRACING, BLOCK);
    let (op, trying) = (BLOCK + block::OP, block::OP_TRY);
    let text = format!(
        r#"(module
            (import "env" "memory" (memory {PAGES} {PAGES} shared))
            (import "wasm_threadlink" "thread_create" (func $create (param i32 i32) (result i32)))
            (import "wasm_threadlink" "thread_join" (func $join (param i32) (result i32)))
            (import "threadlink" "exit" (func $exit (param i32)))
            {imports}
            (global (export "__threadlink_descriptor") i32 (i32.const {DESCRIPTOR}))
            (func $words {words})
            (func $trying (i32.store (i32.const {op}) (i32.const {trying})))
            {body})"#
    );
    Engine::new(&EngineConfig::new())
        .unwrap()
        .load(&wat::parse_str(text).unwrap())
        .unwrap()
}

/// Runs it with a trace.
fn run(program: &Program) -> (Outcome, Trace) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trace");
    // The limit is a watchdog: no test here needs a tenth of it.
    let config = RunConfig::new()
        .timeout(Duration::from_secs(120))
        .trace(TraceWriter::create(&path).unwrap());
    let outcome = program.run(config).unwrap();
    outcome.trace.as_ref().unwrap().as_ref().unwrap();
    (outcome, Trace::open(&path).unwrap())
}

/// Calls of every hook with these addresses, and of those with two parameters with pairs of them.
fn calls(addresses: &[u32]) -> String {
    let mut text = String::new();
    for (_, name, parameters) in HOOKS {
        for first in addresses {
            if parameters == 1 {
                writeln!(text, "(call ${name} (i32.const {first}))").unwrap();
                continue;
            }
            for second in addresses {
                writeln!(text, "(call ${name} (i32.const {first}) (i32.const {second}))").unwrap();
            }
        }
    }
    text
}

#[test]
fn any_address_in_any_order() {
    let at_the_end = (0..=24).step_by(4).map(|before| END - before);
    let addresses: Vec<u32> = [0, 1, 2, 3, 4, BLOCK, DESCRIPTOR, END + 4, u32::MAX, 1 << 31]
        .into_iter()
        .chain(at_the_end.clone())
        .chain(at_the_end.map(|at| at - 1))
        .chain((0..=24).step_by(4).map(|before| u32::MAX - 3 - before))
        .collect();
    let (forward, backward): (String, Vec<String>) = (
        calls(&addresses),
        calls(&addresses).lines().rev().map(str::to_owned).collect(),
    );
    let program = program(&format!(
        r#"(start $words)
        (func (export "thread_start") (param i32))
        (func (export "_start")
            (call $trying) {forward} {} {forward}
            (call $exit (i32.const 9)))"#,
        backward.concat()
    ));
    let (outcome, trace) = run(&program);
    assert_eq!(outcome.end.exit_code(), 9, "{}", outcome.end);
    assert!(trace.event_count() > 1000);
    let report = Report::of(&trace);
    assert!(!report.to_string().is_empty());
}

#[test]
fn origins_and_numbers_that_change_at_every_event_cost_the_trace_and_nothing_else() {
    for number in ["", "(i32.store offset=20 (i32.const 4096) (local.get $i))"] {
        changes_at_every_event(number);
    }
}

fn changes_at_every_event(number: &str) {
    const ROUNDS: u32 = 1_000;
    let (site, name, length) = (lock::SITE, lock::NAME, lock::NAME_LEN);
    let program = program(&format!(
        r#"(start $words)
        (func (export "thread_start") (param i32))
        (func $change (param $i i32)
            (i32.store offset={site} (i32.const 4096) (i32.mul (local.get $i) (i32.const 65537)))
            (i32.store offset={name} (i32.const 4096) (i32.mul (local.get $i) (i32.const 12)))
            (i32.store offset={length} (i32.const 4096) (i32.const -1)) {number})
        (func (export "_start") (local $i i32)
            (loop $again
                (local.set $i (i32.add (local.get $i) (i32.const 1)))
                (call $change (local.get $i))
                (call $start_lock (i32.const 4096))
                (call $change (i32.sub (i32.const 0) (local.get $i)))
                (call $finish_lock (i32.const 4096))
                (call $start_unlock (i32.const 4096))
                (br_if $again (i32.lt_u (local.get $i) (i32.const {ROUNDS}))))
            (call $exit (i32.const 9)))"#
    ));
    let (outcome, trace) = run(&program);
    assert_eq!(outcome.end.exit_code(), 9, "{}", outcome.end);
    // It is looked at once for each acquisition.
    assert_eq!(trace.locks().len(), ROUNDS as usize);
    let names = trace.locks().iter().filter_map(|lock| lock.name.as_ref());
    let longest = names.map(|name| name.len()).max();
    assert!(longest.is_some_and(|longest| longest <= 4096), "{longest:?}");
    let report = Report::of(&trace);
    assert!(report.locks.iter().all(|lock| lock.origin.address == 4096));
}

#[test]
fn a_storm_of_notifications_ends() {
    let program = program(
        r#"(start $words)
        (func (export "thread_start") (param i32))
        (func (export "_start") (local $i i32)
            (loop $again
                (local.set $i (i32.add (local.get $i) (i32.const 1)))
                (call $notify (local.get $i) (local.get $i))
                (call $finish_wait (i32.const 4096) (local.get $i))
                (call $start_wait (i32.const 4096) (local.get $i))
                (br_if $again (i32.lt_u (local.get $i) (i32.const 50000))))
            (call $exit (i32.const 9)))"#,
    );
    let (outcome, trace) = run(&program);
    assert_eq!(outcome.end.exit_code(), 9, "{}", outcome.end);
    // Some of the addresses are those of words that look like the number of a condition variable.
    let own = trace.events().filter(|event| !event.kind.is_aside());
    assert_eq!(own.count(), 1 + 3 * 50_000);
}

#[test]
fn a_start_function_may_call_hooks_and_start_no_thread() {
    // It runs in each instance, before the thread that this is made for.
    let program = program(&format!(
        r#"(start $init)
        (func $init
            (call $words) (call $trying)
            {}
            (if (i32.ne (call $create (i32.const 64) (i32.const {BLOCK})) (i32.const 72)) (then unreachable)))
        (func (export "thread_start") (param i32))
        (func (export "_start")
            (if (call $create (i32.const 64) (i32.const {BLOCK})) (then unreachable))
            (if (call $join (i32.load (i32.const 64))) (then unreachable))
            (call $exit (i32.const 9)))"#,
        calls(&[0, 3, 4096, END - 4, u32::MAX])
    ));
    let (outcome, trace) = run(&program);
    assert_eq!(outcome.end.exit_code(), 9, "{}", outcome.end);
    // Nothing of it is in the trace: start, fork, join; start and end of the thread.
    assert!(trace.event_count() <= 6, "{}", trace.event_count());
}

#[test]
fn what_a_start_function_says_it_waits_for_does_not_stay() {
    // Otherwise this would look like a deadlock with the thread that is about to run.
    let program = program(&format!(
        r#"(start $init)
        (func $init (call $words) (call $start_lock (i32.const 4096)))
        (func (export "thread_start") (param i32)
            (drop (memory.atomic.wait32 (i32.const 2048) (i32.const 0) (i64.const 100000000))))
        (func (export "_start")
            (i32.store (i32.const 4096) (i32.const {BLOCK}))
            (call $finish_lock (i32.const 4096))
            (if (call $create (i32.const 64) (i32.const {BLOCK})) (then unreachable))
            (if (call $join (i32.load (i32.const 64))) (then unreachable))
            (call $exit (i32.const 9)))"#
    ));
    let (outcome, _) = run(&program);
    assert_eq!(outcome.end.exit_code(), 9, "{}", outcome.end);
}
