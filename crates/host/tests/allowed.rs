//! What a guest may know and say: each thing that is turned off has the answer that the ABI's document gives, and what is too
//! much ends in a sentence.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use threadlink_abi::errno;
use threadlink_host::{End, Engine, EngineConfig, Outcome, Program, RunConfig, RunError, Stream};
use threadlink_trace::{Trace, TraceWriter, WriteError};

/// A module with all that a guest can ask of its system. Its memory has "abcdefgh" at 16 and an 8 at 32.
fn program(body: &str) -> Program {
    let text = format!(
        r#"(module
            (import "env" "memory" (memory 1 4 shared))
            (import "wasm_threadlink" "thread_create" (func $create (param i32 i32) (result i32)))
            (import "wasm_threadlink" "thread_join" (func $join (param i32) (result i32)))
            (import "wasm_threadlink" "start_lock" (func $start_lock (param i32)))
            (import "wasm_threadlink" "finish_lock" (func $finish_lock (param i32)))
            (import "wasm_threadlink" "start_unlock" (func $start_unlock (param i32)))
            (import "threadlink" "write" (func $write (param i32 i32 i32) (result i32)))
            (import "threadlink" "exit" (func $exit (param i32)))
            (import "threadlink" "args_size" (func $args_size (result i32)))
            (import "threadlink" "args_get" (func $args_get (param i32 i32) (result i32)))
            (import "threadlink" "env_size" (func $env_size (result i32)))
            (import "threadlink" "env_get" (func $env_get (param i32 i32) (result i32)))
            (import "threadlink" "clock_monotonic" (func $monotonic (result i64)))
            (import "threadlink" "clock_realtime" (func $realtime (result i64)))
            (import "threadlink" "available_parallelism" (func $parallelism (result i32)))
            (data (i32.const 16) "abcdefgh")
            (func (export "thread_start") (param i32) unreachable)
            (func (export "_start") {body}))"#
    );
    let engine = Engine::new(&EngineConfig::new()).unwrap();
    engine.load(&wat::parse_str(text).unwrap()).unwrap()
}

fn config() -> RunConfig {
    // A watchdog: no test here needs a hundredth of it.
    RunConfig::new().timeout(Duration::from_secs(120))
}

/// The number that main exits with.
fn answer(config: RunConfig, expression: &str) -> i32 {
    let outcome = program(&format!("(call $exit {expression})"))
        .run(config)
        .unwrap();
    match outcome.end {
        End::Exited(code) => code,
        other => panic!("{other:?}"),
    }
}

#[test]
fn clocks_stand_at_zero_where_the_guest_may_not_know_the_time() {
    let later =
        "(i32.and (i64.gt_s (call $realtime) (i64.const 1)) (i64.lt_s (call $monotonic) (call $monotonic)))";
    assert_eq!(answer(config(), later), 1);
    let none = "(i64.eqz (i64.or (call $realtime) (call $monotonic)))";
    assert_eq!(answer(config(), none), 0);
    assert_eq!(answer(config().clock(false), none), 1);
}

#[test]
fn a_wait_with_a_limit_ends_also_without_clocks() {
    let wait = "(memory.atomic.wait32 (i32.const 8) (i32.const 0) (i64.const 1000000))";
    assert_eq!(answer(config().clock(false), wait), 2);
}

#[test]
fn the_guest_is_told_of_as_many_processors_as_its_host_says() {
    let here = std::thread::available_parallelism().map_or(1, usize::from);
    assert_eq!(
        answer(config(), "(call $parallelism)"),
        i32::try_from(here).unwrap()
    );
    let config = config().parallelism(NonZeroU32::new(77).unwrap());
    assert_eq!(answer(config, "(call $parallelism)"), 77);
}

#[test]
fn without_arguments_there_are_none() {
    assert_eq!(answer(config(), "(call $args_size)"), 0);
    assert_eq!(
        answer(config(), "(call $args_get (i32.const 1024) (i32.const 0))"),
        errno::OK
    );
    let some = config().args(vec!["ab".to_owned()]);
    assert_eq!(answer(some, "(call $args_size)"), 3);
}

#[test]
fn environment_variables_are_those_that_the_host_gives() {
    assert_eq!(answer(config(), "(call $env_size)"), 0);
    let none = "(call $env_get (i32.const 1024) (i32.const 0))";
    assert_eq!(answer(config(), none), errno::OK);
    let some = || config().env("A", "1").env("NAME", "two words").env("A", "3");
    assert_eq!(answer(some(), "(call $env_size)"), 19);
    for (get, code) in [
        ("(i32.const 1024) (i32.const 19)", errno::OK),
        ("(i32.const 65517) (i32.const 19)", errno::OK),
        ("(i32.const 1024) (i32.const -1)", errno::OK),
        ("(i32.const 1024) (i32.const 18)", errno::MEMORY_OUT_OF_BOUNDS),
        ("(i32.const 65518) (i32.const 19)", errno::MEMORY_OUT_OF_BOUNDS),
        ("(i32.const -1) (i32.const 19)", errno::MEMORY_OUT_OF_BOUNDS),
    ] {
        assert_eq!(answer(some(), &format!("(call $env_get {get})")), code, "{get}");
    }
    let shows = "(drop (call $env_get (i32.const 1024) (call $env_size)))
        (drop (call $write (i32.const 1) (i32.const 1024) (call $env_size)))";
    let outcome = program(shows).run(some().stdout(Stream::capture())).unwrap();
    assert_eq!(outcome.stdout, b"A=3\0NAME=two words\0");
}

#[test]
fn a_variable_that_cannot_be_one_is_refused_before_the_program_starts() {
    for (name, value) in [("", "x"), ("a=b", "x"), ("a\0b", "x"), ("a", "x\0")] {
        let refused = program("unreachable").run(config().env(name, value)).unwrap_err();
        assert!(matches!(refused, RunError::Variable { .. }), "{refused}");
        assert!(refused.to_string().contains(&format!("{name:?}")), "{refused}");
    }
}

/// Writes this many bytes from 16 on, and exits with what `write` has returned.
fn write(stream: i32, len: u32) -> String {
    format!("(call $exit (call $write (i32.const {stream}) (i32.const 16) (i32.const {len})))")
}

#[test]
fn streams_are_captured_apart_or_discarded_and_the_guest_is_told_that_all_is_well() {
    let both = "(drop (call $write (i32.const 2) (i32.const 16) (i32.const 2)))".to_owned() + &write(1, 3);
    let run = |config: RunConfig| program(&both).run(config).unwrap();
    let captured = run(config().stdout(Stream::capture()).stderr(Stream::capture()));
    assert!(matches!(captured.end, End::Exited(0)), "{:?}", captured.end);
    assert_eq!(
        (&captured.stdout[..], &captured.stderr[..]),
        (&b"abc"[..], &b"ab"[..])
    );
    let discarded = run(config().stdout(Stream::discard()).stderr(Stream::discard()));
    assert!(matches!(discarded.end, End::Exited(0)), "{:?}", discarded.end);
    assert!(discarded.stdout.is_empty() && discarded.stderr.is_empty());
}

#[test]
fn deaths_of_threads_are_captured_with_the_standard_error() {
    let dies =
        "(drop (call $create (i32.const 0) (i32.const 0))) (drop (call $join (i32.load (i32.const 0))))";
    let outcome = program(dies).run(config().stderr(Stream::capture())).unwrap();
    let text = String::from_utf8(outcome.stderr).unwrap();
    assert!(text.starts_with("thread #1 trapped"), "{text}");
}

#[test]
fn what_is_captured_is_paid_from_the_budget_of_the_host() {
    let body = "(local $answer i32)
        (loop $l
            (local.set $answer (call $write (i32.const 1) (i32.const 0) (i32.const 65536)))
            (br_if $l (i32.eqz (local.get $answer))))
        (call $exit (local.get $answer))";
    let config = config().max_host_memory(2 << 20).stdout(Stream::capture());
    let outcome = program(body).run(config).unwrap();
    assert!(
        matches!(outcome.end, End::Exited(errno::OUTPUT_FAILED)),
        "{:?}",
        outcome.end
    );
    let kept = outcome.stdout.len();
    assert!((256 << 10..1 << 20).contains(&kept), "{kept}");
}

fn over_the_limit(outcome: &Outcome, limit: u64) {
    let text = outcome.end.to_string();
    assert!(
        matches!(outcome.end, End::OutputLimit { limit: told } if told == limit),
        "{text}"
    );
    assert_eq!(outcome.end.exit_code(), 124);
    assert!(text.contains(&format!("more than {limit} bytes")), "{text}");
}

#[test]
fn output_is_cut_at_its_limit_and_the_program_ends() {
    // Up to the limit, nothing happens.
    let outcome = program(&write(1, 6))
        .run(config().stdout(Stream::capture()).max_output(6))
        .unwrap();
    assert!(matches!(outcome.end, End::Exited(0)), "{:?}", outcome.end);
    // Both streams count, discarded ones as well, and a write is cut where the limit is.
    let both = "(drop (call $write (i32.const 2) (i32.const 16) (i32.const 4)))".to_owned() + &write(1, 4);
    let limited = || config().stdout(Stream::capture()).max_output(6);
    let outcome = program(&both).run(limited().stderr(Stream::discard())).unwrap();
    over_the_limit(&outcome, 6);
    assert_eq!(outcome.stdout, b"ab");
    // A write without end, and a length that is a lie.
    for body in [
        format!(
            "(loop $l {} (br $l))",
            "(drop (call $write (i32.const 1) (i32.const 16) (i32.const 5)))"
        ),
        write(1, 65000),
    ] {
        let outcome = program(&body).run(limited()).unwrap();
        over_the_limit(&outcome, 6);
        assert_eq!(outcome.stdout.len(), 6);
        assert_eq!(outcome.stats.abandoned_threads, 0);
    }
}

#[test]
fn messages_about_dying_threads_count_as_output() {
    let dies = "(loop $l
        (drop (call $create (i32.const 0) (i32.const 0)))
        (drop (call $join (i32.load (i32.const 0))))
        (br $l))";
    let outcome = program(dies)
        .run(config().stderr(Stream::capture()).max_output(1000))
        .unwrap();
    over_the_limit(&outcome, 1000);
    assert_eq!(outcome.stderr.len(), 1000);
}

/// A sink that can be read when the run is over.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_trace_is_cut_at_its_limit_and_the_program_goes_on() {
    let locks = "(local $i i32)
        (loop $l
            (call $start_lock (i32.const 64)) (call $finish_lock (i32.const 64)) (call $start_unlock (i32.const 64))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if $l (i32.lt_u (local.get $i) (i32.const 20000))))
        (call $exit (i32.const 7))";
    let program = program(locks);
    let traced = |most: Option<u64>| {
        let kept = Kept::default();
        let config = config().trace(TraceWriter::to_sink(Box::new(kept.clone())).unwrap());
        let config = most.into_iter().fold(config, RunConfig::max_trace);
        let outcome = program.run(config).unwrap();
        assert!(matches!(outcome.end, End::Exited(7)), "{:?}", outcome.end);
        let bytes = kept.0.lock().unwrap().clone();
        (outcome.trace.expect("it is traced"), bytes)
    };
    let (whole, bytes) = traced(None);
    let events = whole.unwrap().events;
    assert_eq!(Trace::read(&bytes[..]).unwrap().events().count() as u64, events);
    let (cut, bytes) = traced(Some(20_000));
    assert!((10_000..=20_000).contains(&bytes.len()), "{}", bytes.len());
    let Err(WriteError::Full {
        limit: 20_000, lost, ..
    }) = cut
    else {
        panic!("{cut:?}")
    };
    let trace = Trace::read(&bytes[..]).unwrap();
    assert!(trace.truncated());
    assert_eq!(trace.events().count() as u64 + lost, events);
}
