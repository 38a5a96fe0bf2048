//! Hand-written modules on the host: threads, failures, limits, deadlocks, and the end of it all.

mod captured;

use std::io::Write;
use std::time::Duration;

use threadlink_abi::errno;
use threadlink_host::{End, Engine, EngineConfig, Outcome, Program, RunConfig};
use threadlink_trace::{EventKind, Trace, TraceWriter};

use captured::Captured;

/// A module with all core imports; thread_start calls `$thread` with its pointer.
fn program(body: &str) -> Program {
    Engine::new(&EngineConfig::new())
        .unwrap()
        .load(&wat::parse_str(text(body)).unwrap())
        .unwrap()
}

fn text(body: &str) -> String {
    format!(
        r#"(module
            (import "env" "memory" (memory 1 4 shared))
            (import "wasm_threadlink" "thread_create" (func $create (param i32 i32) (result i32)))
            (import "wasm_threadlink" "thread_join" (func $join (param i32) (result i32)))
            (import "wasm_threadlink" "panic" (func $panic (param i32)))
            (import "wasm_threadlink" "start_lock" (func $start_lock (param i32)))
            (import "wasm_threadlink" "finish_lock" (func $finish_lock (param i32)))
            (import "wasm_threadlink" "start_unlock" (func $start_unlock (param i32)))
            (import "threadlink" "exit" (func $exit (param i32)))
            (import "threadlink" "write" (func $write (param i32 i32 i32) (result i32)))
            (import "threadlink" "args_size" (func $args_size (result i32)))
            (import "threadlink" "args_get" (func $args_get (param i32 i32) (result i32)))
            ;; Ends the program with 200 plus the value unless it is zero.
            (func $expect_zero (param i32)
                (if (local.get 0) (then (call $exit (i32.add (local.get 0) (i32.const 200))))))
            (func $wait_forever (drop (memory.atomic.wait32 (i32.const 4096) (i32.const 0) (i64.const -1))))
            {body})"#
    )
}

fn config() -> RunConfig {
    // The limit is a watchdog: no test here needs a hundredth of it.
    RunConfig::new().timeout(Duration::from_secs(120))
}

fn run(body: &str) -> Outcome {
    program(body).run(config()).unwrap()
}

#[test]
fn a_thousand_spawns_and_joins_use_one_worker() {
    let outcome = run(r#"
        (func (export "thread_start") (param i32)
            (drop (i32.atomic.rmw.add (i32.const 64) (local.get 0))))
        (func (export "_start") (local $i i32)
            (loop $again
                (call $expect_zero (call $create (i32.const 0) (i32.const 3)))
                (call $expect_zero (call $join (i32.load (i32.const 0))))
                (local.set $i (i32.add (local.get $i) (i32.const 1)))
                (br_if $again (i32.lt_u (local.get $i) (i32.const 1000))))
            (call $exit (i32.eq (i32.atomic.load (i32.const 64)) (i32.const 3000))))"#);
    assert_eq!(outcome.end.exit_code(), 1, "{:?}", outcome.end);
    assert_eq!((outcome.stats.instances, outcome.stats.threads), (2, 1001));
    assert_eq!(outcome.stats.abandoned_threads, 0);
}

#[test]
fn an_instance_with_state_of_its_own_is_used_once() {
    let outcome = run(r#"
        (global $set (mut funcref) (ref.null func))
        (elem declare func $zero)
        (func $zero (result i32) (i32.const 0))
        (func (export "thread_start") (param i32)
            (call $expect_zero (i32.eqz (ref.is_null (global.get $set))))
            (global.set $set (ref.func $zero)))
        (func (export "_start")
            (call $expect_zero (call $create (i32.const 0) (i32.const 3)))
            (call $expect_zero (call $join (i32.load (i32.const 0))))
            (call $expect_zero (call $create (i32.const 0) (i32.const 3)))
            (call $expect_zero (call $join (i32.load (i32.const 0)))))"#);
    assert_eq!(outcome.end.exit_code(), 0, "{:?}", outcome.end);
    assert_eq!(outcome.stats.instances, 3);
}

#[test]
fn a_spawn_that_fails_is_no_fork_in_the_trace() {
    // Each instance but main's traps in its start function, so no worker can be made.
    let program = program(
        r#"
        (func $first_only
            (if (i32.atomic.rmw.add (i32.const 64) (i32.const 1)) (then unreachable)))
        (start $first_only)
        (func (export "thread_start") (param i32))
        (func (export "_start") (call $exit (call $create (i32.const 0) (i32.const 0))))"#,
    );
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("run.trace");
    let writer = TraceWriter::create(&path).unwrap();
    let config = config().stderr(Box::new(std::io::sink())).trace(writer);
    let outcome = program.run(config).unwrap();
    assert_eq!(
        outcome.end.exit_code(),
        errno::HOST_OUT_OF_THREADS,
        "{:?}",
        outcome.end
    );
    let trace = Trace::open(&path).unwrap();
    let forks = trace
        .events()
        .filter(|event| matches!(event.kind, EventKind::Fork { .. }));
    assert_eq!(forks.count(), 0);
}

#[test]
fn pointers_and_ids_are_checked() {
    // The id pointer: out of bounds, across the end, misaligned. The join: unknown, itself joined twice.
    let program = program(
        r#"
        (func (export "thread_start") (param i32))
        (func $is (param i32 i32) (call $expect_zero (i32.sub (local.get 0) (local.get 1))))
        (func (export "_start")
            (call $is (call $create (i32.const 65536) (i32.const 0)) (i32.const 66))
            (call $is (call $create (i32.const 65534) (i32.const 0)) (i32.const 66))
            (call $is (call $create (i32.const -1) (i32.const 0)) (i32.const 66))
            (call $is (call $create (i32.const 2) (i32.const 0)) (i32.const 66))
            (call $is (call $join (i32.const 77)) (i32.const 1))
            (call $is (call $join (i32.const -1)) (i32.const 1))
            (call $is (call $create (i32.const 0) (i32.const 0)) (i32.const 0))
            (call $is (call $join (i32.load (i32.const 0))) (i32.const 0))
            (call $is (call $join (i32.load (i32.const 0))) (i32.const 1))
            (call $is (call $write (i32.const 1) (i32.const 65000) (i32.const 65000)) (i32.const 4))
            (call $is (call $args_get (i32.const 65530) (i32.const 64)) (i32.const 4))
            (call $is (call $args_get (i32.const 0) (i32.const 3)) (i32.const 4)))"#,
    );
    let outcome = program
        .run(config().args(vec!["a long argument".to_owned()]))
        .unwrap();
    assert_eq!(outcome.end.exit_code(), 0, "{:?}", outcome.end);
    assert_eq!(outcome.stats.threads, 2);
}

#[test]
fn the_limit_of_threads_is_an_error_number() {
    let program = program(
        r#"
        (func (export "thread_start") (param i32) (call $wait_forever))
        (func (export "_start")
            (call $expect_zero (call $create (i32.const 0) (i32.const 0)))
            (call $exit (call $create (i32.const 0) (i32.const 0))))"#,
    );
    let outcome = program.run(config().max_threads(2)).unwrap();
    assert_eq!(outcome.end.exit_code(), 64);
    assert_eq!(
        outcome.stats.abandoned_threads, 0,
        "the waiting thread was not stopped"
    );
}

#[test]
fn a_trap_reaches_the_joiner_and_the_program_goes_on() {
    let text = Captured::default();
    let program = program(
        r#"
        (func $deeper (param i32) (result i32) (i32.add (i32.const 1) (call $deeper (local.get 0))))
        (func (export "thread_start") (param i32)
            (if (i32.eq (local.get 0) (i32.const 1)) (then unreachable))
            (if (i32.eq (local.get 0) (i32.const 2)) (then (drop (i32.load (i32.const -8)))))
            (if (i32.eq (local.get 0) (i32.const 3)) (then (drop (call $deeper (i32.const 0))))))
        (func $try (param i32)
            (call $expect_zero (call $create (i32.const 0) (local.get 0)))
            (call $expect_zero (i32.sub (call $join (i32.load (i32.const 0))) (i32.const 3))))
        (func (export "_start") (call $try (i32.const 1)) (call $try (i32.const 2)) (call $try (i32.const 3)))"#,
    );
    for _ in 0..2 {
        let outcome = program.run(config().stderr(Box::new(text.clone()))).unwrap();
        assert_eq!(outcome.end.exit_code(), 0, "{:?}", outcome.end);
        assert_eq!((outcome.stats.died, outcome.stats.instances), (3, 4));
    }
    let text = text.text();
    for word in [
        "thread #1 trapped",
        "unreachable",
        "out of bounds",
        "call stack exhausted",
        "deeper",
    ] {
        assert!(text.contains(word), "{word:?} is missing in: {text}");
    }
}

/// A control block with these flags, whose thread traps while its joiner waits.
fn death_of_a_flagged_thread(at_start: i32, at_death: i32) -> Outcome {
    let magic = threadlink_abi::layout::block::MAGIC_VALUE;
    run(&format!(
        r#"(func (export "thread_start") (param i32)
            (i32.store offset=48 (local.get 0) (i32.const {at_death}))
            unreachable)
        (func (export "_start")
            (i32.store (i32.const 2048) (i32.const {magic}))
            (i32.store offset=48 (i32.const 2048) (i32.const {at_start}))
            (call $expect_zero (call $create (i32.const 8) (i32.const 2048)))
            (drop (call $join (i32.load (i32.const 8))))
            (call $exit (i32.const 9)))"#
    ))
}

#[test]
fn a_scoped_thread_that_dies_ends_the_program_and_others_do_not() {
    use threadlink_abi::errno;
    for (at_start, at_death, number) in [
        (1, 1, errno::SCOPED_THREAD_DIED),
        // What it was is known from its start: a thread that dies may have written over its own block.
        (1, 0, errno::SCOPED_THREAD_DIED),
        (0, 2, errno::DESTRUCTOR_FAILED),
    ] {
        let outcome = death_of_a_flagged_thread(at_start, at_death);
        let End::RuntimeFailure(failure) = &outcome.end else {
            panic!("{:?}", outcome.end)
        };
        assert_eq!((failure.errno, outcome.end.exit_code()), (number, 134));
        let text = failure.to_string();
        assert!(
            text.starts_with("thread #1 trapped: ")
                && text.contains("thread #1 ended the program")
                && text.contains(&format!("error number {number}")),
            "{text}"
        );
    }
    let outcome = death_of_a_flagged_thread(0, 4);
    assert_eq!(outcome.end.exit_code(), 9, "{:?}", outcome.end);
}

#[test]
fn a_trap_in_main_is_the_end() {
    let outcome = run(
        r#"(func $inner unreachable) (func (export "_start") (call $inner))
        (func (export "thread_start") (param i32))"#,
    );
    let End::Trapped(death) = &outcome.end else {
        panic!("{:?}", outcome.end)
    };
    assert_eq!((outcome.end.exit_code(), death.thread.as_str()), (134, "'main'"));
    assert!(
        death.backtrace.iter().any(|frame| frame.contains("inner")),
        "{death}"
    );
}

#[test]
fn damaged_debug_information_costs_the_source_lines_and_nothing_else() {
    for fill in [
        "\\00",
        "\\01\\00\\00\\00",
        "\\7f",
        "\\ff",
        "\\10\\00\\00\\00\\04\\00",
    ] {
        let junk = fill.repeat(200);
        let outcome = run(&format!(
            r#"(@custom ".debug_info" "{junk}") (@custom ".debug_abbrev" "{junk}") (@custom ".debug_line" "{junk}")
            (@custom ".debug_ranges" "{junk}") (@custom ".debug_str" "{junk}")
            (func $inner unreachable) (func (export "_start") (call $inner))
            (func (export "thread_start") (param i32))"#
        ));
        let End::Trapped(death) = &outcome.end else {
            panic!("{:?}", outcome.end)
        };
        assert!(
            death.backtrace.iter().any(|frame| frame.contains("inner")),
            "{death}"
        );
    }
}

#[test]
fn the_runtime_can_give_up() {
    let outcome = run(
        r#"(func (export "thread_start") (param i32) (call $panic (i32.const 7)))
        (func (export "_start")
            (call $expect_zero (call $create (i32.const 0) (i32.const 0)))
            (call $expect_zero (call $join (i32.load (i32.const 0)))))"#,
    );
    assert_eq!(outcome.end.exit_code(), 134);
    assert!(
        outcome
            .end
            .to_string()
            .contains("no result after join (error number 7"),
        "{}",
        outcome.end
    );
}

#[test]
fn the_end_stops_threads_that_loop_or_wait() {
    let outcome = run(r#"
        (func (export "thread_start") (param i32)
            (if (local.get 0) (then (loop $again (br $again))) (else (call $wait_forever))))
        (func (export "_start")
            (call $expect_zero (call $create (i32.const 0) (i32.const 0)))
            (call $expect_zero (call $create (i32.const 0) (i32.const 1)))
            (call $exit (i32.const 9)))"#);
    assert_eq!(outcome.end.exit_code(), 9);
    assert_eq!(outcome.stats.abandoned_threads, 0);
}

#[test]
fn a_joiner_is_released_by_an_exit_elsewhere() {
    let outcome = run(r#"
        (func (export "thread_start") (param i32)
            (if (local.get 0) (then (call $exit (i32.const 5))) (else (call $wait_forever))))
        (func (export "_start")
            (call $expect_zero (call $create (i32.const 0) (i32.const 0)))
            (call $expect_zero (call $create (i32.const 4) (i32.const 1)))
            (drop (call $join (i32.load (i32.const 0))))
            (call $exit (i32.const 6)))"#);
    assert_eq!(outcome.end.exit_code(), 5);
    assert_eq!(outcome.stats.abandoned_threads, 0);
}

#[test]
fn a_timeout_says_what_was_going_on() {
    // A wait with a limit of its own is no standstill, however long the limit is.
    let program = program(
        r#"(func $asleep (drop (memory.atomic.wait32 (i32.const 4096) (i32.const 0) (i64.const 3600000000000))))
        (func (export "thread_start") (param i32)
            (if (local.get 0) (then (loop $again (br $again))) (else (call $asleep))))
        (func (export "_start")
            (call $expect_zero (call $create (i32.const 0) (i32.const 0)))
            (call $expect_zero (call $create (i32.const 4) (i32.const 1)))
            (drop (call $join (i32.load (i32.const 0)))))"#,
    );
    let outcome = program.run(config().timeout(Duration::from_millis(200))).unwrap();
    assert_eq!(outcome.end.exit_code(), 124);
    assert_eq!(outcome.stats.abandoned_threads, 0);
    let text = outcome.end.to_string();
    for part in [
        "'main' waits for the end of thread #1",
        "#1 waits at address 0x1000",
        "asleep",
        "#2 runs",
    ] {
        assert!(text.contains(part), "{part:?} is missing in {text}");
    }
}

#[test]
fn threads_that_nobody_can_wake_end_the_run_at_once() {
    // Nothing is traced: the host counts who can still do something.
    let program = program(
        r#"(func $parked (call $wait_forever))
        (func (export "thread_start") (param i32) (call $parked))
        (func (export "_start")
            (call $expect_zero (call $create (i32.const 0) (i32.const 0)))
            (drop (call $join (i32.load (i32.const 0)))))"#,
    );
    for _ in 0..100 {
        let outcome = program.run(config()).unwrap();
        let End::Deadlock(report) = &outcome.end else {
            panic!("{:?}", outcome.end)
        };
        let text = report.to_string();
        assert!(text.starts_with("deadlock: all 2 threads wait"), "{text}");
        assert!(
            text.contains("waits for the end of thread #1") && text.contains("at address 0x1000"),
            "{text}"
        );
        assert!(text.contains("parked"), "no place in {text}");
        assert_eq!(outcome.stats.abandoned_threads, 0);
    }
}

/// The module of [`program`] on an engine as the command uses it, which leaves code that runs to the end of the process.
fn uninterruptible(body: &str) -> Program {
    let engine = Engine::new(&EngineConfig::new().interruptible(false)).unwrap();
    engine.load(&wat::parse_str(text(body)).unwrap()).unwrap()
}

/// Runs until the number at 256 is not zero, or until a call of the host finds that the program is over.
const LOOPS: &str = r#"(func $loop (loop $again
    (drop (call $args_size)) (br_if $again (i32.eqz (i32.atomic.load (i32.const 256))))))"#;

#[test]
fn every_sleeper_says_where_it_is_also_beside_one_that_runs() {
    let program = uninterruptible(&format!(
        r#"{LOOPS}
        (func $asleep (call $wait_forever))
        (func (export "thread_start") (param i32)
            (if (local.get 0) (then (call $loop)) (else (call $asleep))))
        (func (export "_start") (local $i i32)
            (call $expect_zero (call $create (i32.const 0) (i32.const 1)))
            (loop $more
                (call $expect_zero (call $create (i32.const 0) (i32.const 0)))
                (local.set $i (i32.add (local.get $i) (i32.const 1)))
                (br_if $more (i32.lt_u (local.get $i) (i32.const 8))))
            (drop (call $join (i32.load (i32.const 0)))))"#
    ));
    for _ in 0..10 {
        let outcome = program.run(config().timeout(Duration::from_millis(100))).unwrap();
        let text = outcome.end.to_string();
        assert_eq!(outcome.end.exit_code(), 124, "{text}");
        let sleeping = text.matches("waits at address 0x1000").count();
        assert_eq!(text.matches(": asleep").count(), sleeping, "{text}");
    }
}

#[test]
fn threads_that_end_with_the_run_are_seen_off() {
    // All workers become idle in the moment of the end, and one thread runs on.
    let program = uninterruptible(&format!(
        r#"{LOOPS}
        (func (export "thread_start") (param i32) (if (local.get 0) (then (call $loop))))
        (func (export "_start") (local $i i32)
            (call $expect_zero (call $create (i32.const 0) (i32.const 1)))
            (loop $more
                (call $expect_zero (call $create (i32.const 0) (i32.const 0)))
                (local.set $i (i32.add (local.get $i) (i32.const 1)))
                (br_if $more (i32.lt_u (local.get $i) (i32.const 32))))
            (i32.atomic.store (i32.const 256) (local.get $i)))"#
    ));
    for _ in 0..100 {
        let outcome = program.run(config()).unwrap();
        assert!(matches!(outcome.end, End::Returned), "{:?}", outcome.end);
    }
}

/// A stream that takes nothing before it is told to.
struct Slow(std::sync::mpsc::Receiver<()>);

impl Write for Slow {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let _ = self.0.recv();
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn whoever_writes_to_a_slow_reader_can_still_go_on() {
    let program = program(
        r#"(func (export "thread_start") (param i32) (call $wait_forever))
        (func (export "_start")
            (call $expect_zero (call $create (i32.const 0) (i32.const 0)))
            (call $expect_zero (call $write (i32.const 1) (i32.const 64) (i32.const 8))))"#,
    );
    let (take, taken) = std::sync::mpsc::channel();
    let (ended, end) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let outcome = program.run(config().stdout(Box::new(Slow(taken)))).unwrap();
        ended.send(outcome.end).unwrap();
    });
    // All other threads wait for good meanwhile.
    let early = end.recv_timeout(Duration::from_millis(500));
    assert!(early.is_err(), "{early:?}");
    take.send(()).unwrap();
    let end = end.recv_timeout(Duration::from_secs(120)).unwrap();
    assert!(matches!(end, End::Returned), "{end:?}");
}

#[test]
fn an_endless_start_function_does_not_outlive_the_timeout() {
    let program = program(
        r#"(func $start (loop $again (br $again))) (start $start) (func (export "_start"))
        (func (export "thread_start") (param i32))"#,
    );
    let outcome = program.run(config().timeout(Duration::from_millis(50))).unwrap();
    assert_eq!(
        (outcome.end.exit_code(), outcome.stats.abandoned_threads),
        (124, 0)
    );
}

#[test]
fn a_circle_of_locks_ends_the_run() {
    // Both threads hold their first lock before either asks for its second: a barrier made of a counter.
    let body = r#"
        (func $barrier
            (drop (i32.atomic.rmw.add (i32.const 128) (i32.const 1)))
            (loop $again (br_if $again (i32.lt_u (i32.atomic.load (i32.const 128)) (i32.const 2)))))
        (func $both (param $first i32) (param $second i32)
            (call $start_lock (local.get $first)) (call $finish_lock (local.get $first))
            (call $barrier)
            (call $start_lock (local.get $second)) (call $wait_forever))
        (func (export "thread_start") (param i32)
            (if (local.get 0)
                (then (call $both (i32.const 1024) (i32.const 1028)))
                (else (call $both (i32.const 1028) (i32.const 1024)))))
        (func (export "_start")
            (call $expect_zero (call $create (i32.const 0) (i32.const 0)))
            (call $expect_zero (call $create (i32.const 4) (i32.const 1)))
            (drop (call $join (i32.load (i32.const 0)))))"#;
    let program = program(body);
    for _ in 0..5 {
        let outcome = program.run(config()).unwrap();
        let End::Deadlock(report) = &outcome.end else {
            panic!("{:?}", outcome.end)
        };
        assert_eq!((report.edges.len(), outcome.end.exit_code()), (2, 3));
        let text = report.to_string();
        assert!(
            text.contains("0x400") && text.contains("0x404") && text.contains("#2 (id 2)"),
            "{text}"
        );
    }
}

#[test]
fn threads_that_join_each_other_are_a_deadlock() {
    let outcome = run(r#"
        (func (export "thread_start") (param i32)
            ;; The main thread has id 0.
            (drop (call $join (i32.const 0))))
        (func (export "_start")
            (call $expect_zero (call $create (i32.const 8) (i32.const 0)))
            (drop (call $join (i32.load (i32.const 8)))))"#);
    assert_eq!(outcome.end.exit_code(), 3, "{:?}", outcome.end);
    assert!(
        outcome
            .end
            .to_string()
            .contains("waits for the end of thread 'main'"),
        "{}",
        outcome.end
    );
}

#[test]
fn a_start_function_cannot_start_threads() {
    // Once for the main instance; a child's would do the same again, inside it.
    let outcome = run(
        r#"(func $start (i32.store (i32.const 8) (call $create (i32.const 0) (i32.const 0))))
        (start $start)
        (func (export "thread_start") (param i32))
        (func (export "_start")
            (call $expect_zero (i32.sub (i32.load (i32.const 8)) (i32.const 72)))
            (call $expect_zero (call $create (i32.const 0) (i32.const 0)))
            (call $expect_zero (call $join (i32.load (i32.const 0)))))"#,
    );
    assert_eq!(outcome.end.exit_code(), 0, "{:?}", outcome.end);
    assert_eq!(outcome.stats.threads, 2);
}

#[test]
fn a_large_write_arrives_whole() {
    let text = Captured::default();
    let program = program(
        r#"(func (export "thread_start") (param i32))
        (func (export "_start")
            (drop (memory.grow (i32.const 3)))
            (memory.fill (i32.const 0) (i32.const 97) (i32.const 262144))
            (call $expect_zero (call $write (i32.const 1) (i32.const 0) (i32.const 262144))))"#,
    );
    let outcome = program.run(config().stdout(Box::new(text.clone()))).unwrap();
    assert_eq!(outcome.end.exit_code(), 0, "{:?}", outcome.end);
    assert_eq!(text.text(), "a".repeat(262_144));
}

#[test]
fn output_and_arguments_go_through() {
    let text = Captured::default();
    let program = program(
        r#"(func (export "thread_start") (param i32))
        (func (export "_start")
            (call $expect_zero (call $args_get (i32.const 100) (call $args_size)))
            (call $expect_zero (call $write (i32.const 1) (i32.const 100) (call $args_size))))"#,
    );
    let args = vec!["prog".to_owned(), "ä b".to_owned()];
    let outcome = program
        .run(config().args(args).stdout(Box::new(text.clone())))
        .unwrap();
    assert_eq!(outcome.end.exit_code(), 0);
    assert_eq!(text.text(), "prog\0ä b\0");
}
