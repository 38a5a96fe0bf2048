//! Hand-written modules of each layout of the descriptor: what is traced of them. And what a trace tells of waits at
//! addresses.

mod described;

use std::time::Duration;

use threadlink_abi::layout::{descriptor, lock};
use threadlink_host::{Engine, EngineConfig, Outcome, Program, RunConfig, RunError};
use threadlink_trace::{AwakeKind, EventKind, Trace, TraceWriter, validate};

use described::{DESCRIPTOR, store};

const BLOCK: u32 = 512;
const LOCK: u32 = 4096;
const WORD: u32 = 8192;

/// A module that says it was built with `tracing`, by the layout of this version.
fn program(version: u32, body: &str) -> Program {
    let words = described::descriptor(version, descriptor::FLAG_TRACING, BLOCK);
    let text = format!(
        r#"(module
            (import "env" "memory" (memory 1 1 shared))
            (import "wasm_threadlink" "thread_create" (func $create (param i32 i32) (result i32)))
            (import "wasm_threadlink" "thread_join" (func $join (param i32) (result i32)))
            (import "wasm_threadlink" "start_lock" (func $start_lock (param i32)))
            (import "wasm_threadlink" "finish_lock" (func $finish_lock (param i32)))
            (global (export "__threadlink_descriptor") i32 (i32.const {DESCRIPTOR}))
            (start $words)
            (func $words {words})
            {body})"#
    );
    let engine = Engine::new(&EngineConfig::new()).unwrap();
    engine.load(&wat::parse_str(text).unwrap()).unwrap()
}

fn run(program: &Program) -> Result<(Outcome, Trace), RunError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trace");
    // The limit is a watchdog.
    let config = RunConfig::new()
        .timeout(Duration::from_secs(120))
        .trace(TraceWriter::create(&path).unwrap());
    let outcome = program.run(config)?;
    outcome.trace.as_ref().unwrap().as_ref().unwrap();
    Ok((outcome, Trace::open(&path).unwrap()))
}

/// Takes a lock and forgets the guard; another lock comes to stand there, of another number and place, and is taken.
fn two_lives() -> String {
    let life = |number: u32, made: u32| {
        [
            store(LOCK + lock::HOLDER, 0),
            store(LOCK + lock::INSTANCE, number),
            store(LOCK + lock::SITE, made),
            format!("(call $start_lock (i32.const {LOCK}))"),
            store(LOCK + lock::HOLDER, BLOCK),
            format!("(call $finish_lock (i32.const {LOCK}))"),
        ]
        .concat()
    };
    format!(
        r#"(func (export "thread_start") (param i32)) (func (export "_start") {} {})"#,
        life(41, 600),
        life(42, 700)
    )
}

#[test]
fn modules_of_the_layout_before_run_and_are_traced_as_they_were() {
    let (outcome, trace) = run(&program(2, &two_lives())).unwrap();
    assert_eq!(outcome.end.exit_code(), 0, "{}", outcome.end);
    assert!(trace.events().all(|event| !event.kind.is_aside()));
    // By their places they are two all the same.
    let locks: Vec<_> = trace
        .locks()
        .iter()
        .map(|info| (info.made, info.instance))
        .collect();
    assert_eq!(locks, [(600, 0), (700, 0)]);
}

/// A module of the layout before, in which an attempt is announced whether or not it has to wait; and one of this.
#[test]
fn modules_with_numbers_tell_locks_apart_by_them() {
    for version in [3, descriptor::VERSION_VALUE] {
        numbers_tell_locks_apart(version);
    }
}

fn numbers_tell_locks_apart(version: u32) {
    let (outcome, trace) = run(&program(version, &two_lives())).unwrap();
    assert_eq!(outcome.end.exit_code(), 0, "{}", outcome.end);
    let locks: Vec<_> = trace
        .locks()
        .iter()
        .map(|info| (info.made, info.instance))
        .collect();
    assert_eq!(locks, [(600, 41), (700, 42)]);
    let contended = |kind: &EventKind| matches!(kind, EventKind::Request { contended: true, .. });
    // From the layout on in which what is free is had first, whoever says before that it wants a lock has to wait.
    let waits = trace.events().filter(|event| contended(&event.kind)).count();
    assert_eq!(waits, if version == 3 { 0 } else { 2 });
    validate(&trace).unwrap_or_else(|wrong| panic!("{wrong:?}"));
}

#[test]
fn a_layout_that_is_not_known_is_refused_with_those_that_are() {
    let Err(error) = run(&program(descriptor::VERSION_VALUE + 1, &two_lives())) else {
        panic!("it ran")
    };
    let text = error.to_string();
    assert!(
        text.contains("layout version 6") && text.contains("versions 2 to 5"),
        "{text}"
    );
}

#[test]
fn waits_at_addresses_are_in_the_trace_in_the_order_of_their_causes() {
    let body = format!(
        r#"(func (export "thread_start") (param i32)
            (i32.atomic.store (i32.const {WORD}) (i32.const 1))
            (drop (memory.atomic.notify (i32.const {WORD}) (i32.const 7))))
        (func (export "_start")
            (drop (memory.atomic.wait32 (i32.const {WORD}) (i32.const 5) (i64.const -1)))
            (drop (memory.atomic.wait32 (i32.const {WORD}) (i32.const 0) (i64.const 2000)))
            (if (call $create (i32.const 64) (i32.const {BLOCK})) (then unreachable))
            (loop $again
                (drop (memory.atomic.wait32 (i32.const {WORD}) (i32.const 0) (i64.const -1)))
                (br_if $again (i32.eqz (i32.atomic.load (i32.const {WORD})))))
            (if (call $join (i32.load (i32.const 64))) (then unreachable)))"#
    );
    let program = program(3, &body);
    let mut woken = 0;
    // Whether the notification finds it asleep is chance; mostly it does.
    for _ in 0..20 {
        let (outcome, trace) = run(&program).unwrap();
        assert_eq!(outcome.end.exit_code(), 0, "{}", outcome.end);
        validate(&trace).unwrap_or_else(|wrong| panic!("{wrong:?}"));
        let events: Vec<_> = trace.events().collect();
        let ends = events.iter().filter_map(|event| match event.kind {
            EventKind::Awake { address: WORD, how } => Some((event.time, how)),
            _ => None,
        });
        let ends: Vec<_> = ends.collect();
        assert_eq!((ends[0].1, ends[1].1), (AwakeKind::NotEqual, AwakeKind::TimedOut));
        let sleeps = |timed| EventKind::Sleep { address: WORD, timed };
        let count = |kind| events.iter().filter(|event| event.kind == kind).count();
        assert_eq!((count(sleeps(true)), count(sleeps(false))), (1, ends.len() - 1));
        let told = EventKind::Waken {
            address: WORD,
            count: 7,
        };
        let [notified] = events
            .iter()
            .filter(|event| event.kind == told)
            .collect::<Vec<_>>()[..]
        else {
            panic!("{events:?}")
        };
        if let Some((time, _)) = ends.iter().find(|(_, how)| *how == AwakeKind::Woken) {
            assert!(*time > notified.time, "woken at {time}, before {notified:?}");
            woken += 1;
        }
    }
    println!("woken {woken} times of 20");
}
