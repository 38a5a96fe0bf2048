//! Guests that make the host remember things, without end and without use: it forgets, refuses or gives up watching, and
//! what it spends stays within its limit. Programs that would break the process run in one of their own.

mod captured;
mod child;
mod described;

use std::io::{self, Write};
use std::time::Duration;

use threadlink_abi::errno;
use threadlink_abi::layout::{block, descriptor};
use threadlink_host::{End, Engine, EngineConfig, Outcome, Program, RunConfig, RunError};
use threadlink_trace::{EventKind, Trace, TraceWriter};

use captured::Captured;
use child::in_a_child;
use described::{BLOCK, described};

fn program(body: &str) -> Program {
    let described = described(descriptor::FLAG_TRACING, "");
    let text = format!(
        r#"(module
            (import "env" "memory" (memory 4 8 shared))
            (import "wasm_threadlink" "thread_create" (func $create (param i32 i32) (result i32)))
            (import "wasm_threadlink" "thread_join" (func $join (param i32) (result i32)))
            (import "wasm_threadlink" "start_lock" (func $start_lock (param i32)))
            (import "threadlink" "write" (func $write (param i32 i32 i32) (result i32)))
            (import "threadlink" "exit" (func $exit (param i32)))
            {described}
            {body})"#
    );
    Engine::new(&EngineConfig::new())
        .unwrap()
        .load(&wat::parse_str(text).unwrap())
        .unwrap()
}

/// A sink of an embedder's with a mistake in it.
struct Broken;

impl Write for Broken {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        panic!("a sink that panics")
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn config() -> RunConfig {
    // The limit is a watchdog: no test here needs a tenth of it.
    RunConfig::new().timeout(Duration::from_secs(120))
}

/// The most memory that this process ever had, in MiB.
#[cfg(target_os = "linux")]
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    let kib: u64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    kib / 1024
}

#[cfg(not(target_os = "linux"))]
fn peak() -> u64 {
    0
}

/// Spawns threads that return at once and joins none; they all have the longest name that fits.
fn names() -> Program {
    let (name, length) = (BLOCK + block::NAME, BLOCK + block::NAME_LEN);
    program(&format!(
        r#"(func (export "_start") (local $i i32) (local $failed i32)
            (memory.fill (i32.const 65536) (i32.const 0xff) (i32.const 65536))
            (i32.store (i32.const {name}) (i32.const 65536))
            (i32.store (i32.const {length}) (i32.const 65536))
            (loop $again
                (local.set $failed (call $create (i32.const 8) (i32.const {BLOCK})))
                (local.set $i (i32.add (local.get $i) (i32.const 1)))
                (br_if $again (i32.and (i32.eqz (local.get $failed)) (i32.lt_u (local.get $i) (i32.const 30000)))))
            (call $exit (local.get $failed)))
        (func (export "thread_start") (param i32))"#
    ))
}

#[test]
fn names_of_threads_that_nobody_joins_cost_little() {
    if !in_a_child("names_of_threads_that_nobody_joins_cost_little", None) {
        return;
    }
    let outcome = names().run(config()).unwrap();
    assert_eq!(outcome.end.exit_code(), 0, "{}", outcome.end);
    assert_eq!(outcome.stats.threads, 30_001);
    // It were 192 KiB for each of them.
    assert!(peak() < 256, "{} MiB", peak());
}

#[test]
fn who_joins_no_thread_gets_none_when_the_budget_is_used_up() {
    let said = Captured::default();
    let config = config().max_host_memory(2 << 20).stderr(Box::new(said.clone()));
    let outcome = names().run(config).unwrap();
    assert_eq!(
        outcome.end.exit_code(),
        errno::TOO_MANY_THREADS,
        "{}",
        outcome.end
    );
    assert!(
        (1000..30_000).contains(&outcome.stats.threads),
        "{}",
        outcome.stats.threads
    );
    let said = said.text();
    assert!(
        said.contains("--max-host-memory") && said.lines().count() == 1,
        "{said}"
    );
}

#[test]
fn tables_are_paid_for_from_the_budget() {
    if !in_a_child("tables_are_paid_for_from_the_budget", None) {
        return;
    }
    let grower = program(
        r#"(table $t 1 funcref)
        (func (export "_start") (local $i i32)
            (loop $again
                (if (i32.eq (table.grow $t (ref.null func) (i32.const 1000000)) (i32.const -1))
                    (then (call $exit (local.get $i))))
                (local.set $i (i32.add (local.get $i) (i32.const 1)))
                (br_if $again (i32.lt_u (local.get $i) (i32.const 1000))))
            (call $exit (i32.const 1000)))
        (func (export "thread_start") (param i32))"#,
    );
    // 16 bytes for each element.
    let outcome = grower.run(config().max_host_memory(100 << 20)).unwrap();
    assert_eq!(outcome.end.exit_code(), 6, "{}", outcome.end);
    let outcome = grower.run(config()).unwrap();
    assert_eq!(outcome.end.exit_code(), 16, "{}", outcome.end);
    assert!(peak() < 512, "{} MiB", peak());
}

#[test]
fn collected_objects_are_paid_for_from_the_budget() {
    if !in_a_child("collected_objects_are_paid_for_from_the_budget", None) {
        return;
    }
    let grower = program(
        r#"(type $bytes (array (mut i8)))
        (func (export "_start") (local $i i32)
            (loop $again
                (drop (array.new_default $bytes (i32.const 1000000)))
                (local.set $i (i32.add (local.get $i) (i32.const 1)))
                (br_if $again (i32.lt_u (local.get $i) (i32.const 2000))))
            (call $exit (i32.const 1)))
        (func (export "thread_start") (param i32))"#,
    );
    let outcome = grower.run(config()).unwrap();
    assert!(matches!(outcome.end, End::Trapped(_)), "{}", outcome.end);
    assert!(peak() < 512, "{} MiB", peak());
}

#[test]
fn locks_that_there_is_no_room_for_are_not_watched() {
    let said = Captured::default();
    let config = config().max_host_memory(1 << 20).stderr(Box::new(said.clone()));
    let locks = program(
        r#"(func (export "_start") (local $i i32)
            (loop $again
                (call $start_lock (local.get $i))
                (local.set $i (i32.add (local.get $i) (i32.const 4)))
                (br_if $again (i32.lt_u (local.get $i) (i32.const 400000))))
            (call $exit (i32.const 9)))
        (func (export "thread_start") (param i32))"#,
    );
    let outcome = locks.run(config).unwrap();
    assert_eq!(outcome.end.exit_code(), 9, "{}", outcome.end);
    let said = said.text();
    assert!(said.contains("more locks") && said.lines().count() == 1, "{said}");
}

/// The number that the program exited with, all of it.
fn exited(outcome: &Outcome) -> i32 {
    match outcome.end {
        End::Exited(number) => number,
        ref other => panic!("{other}"),
    }
}

/// Spawns as many threads as it gets, up to 4,000, which all wait for one word; wakes and joins them, and exits with their
/// number once it has had another one.
fn crowd() -> Program {
    program(
        r#"(func $child (param i32) (result i32) (i32.add (i32.const 65536) (i32.mul (local.get 0) (i32.const 4))))
        (func (export "_start") (local $n i32) (local $i i32)
            (block $full
                (loop $again
                    (br_if $full (call $create (call $child (local.get $n)) (i32.const 1024)))
                    (local.set $n (i32.add (local.get $n) (i32.const 1)))
                    (br_if $again (i32.lt_u (local.get $n) (i32.const 4000)))))
            (i32.atomic.store (i32.const 4096) (i32.const 1))
            (drop (memory.atomic.notify (i32.const 4096) (i32.const -1)))
            (loop $again
                (drop (call $join (i32.load (call $child (local.get $i)))))
                (local.set $i (i32.add (local.get $i) (i32.const 1)))
                (br_if $again (i32.lt_u (local.get $i) (local.get $n))))
            (if (call $create (i32.const 65536) (i32.const 1024)) (then unreachable))
            (if (call $join (i32.load (i32.const 65536))) (then unreachable))
            (call $exit (local.get $n)))
        (func (export "thread_start") (param i32)
            (drop (memory.atomic.wait32 (i32.const 4096) (i32.const 0) (i64.const -1))))"#,
    )
}

#[test]
fn threads_that_are_alive_are_paid_for_and_come_again_when_some_have_ended() {
    let outcome = crowd().run(config().max_host_memory(1 << 20)).unwrap();
    let alive = exited(&outcome);
    assert!((8..32).contains(&alive), "{alive}: {}", outcome.end);
    assert_eq!(outcome.stats.died, 0);
}

#[test]
#[cfg(target_os = "linux")]
fn threads_that_come_up_when_addresses_run_out_do_not_end_the_process() {
    for limit in (600..800).step_by(10) {
        // Where the first ones that come up take all that is left.
        if in_a_child(
            "threads_that_come_up_when_addresses_run_out_do_not_end_the_process",
            Some(limit << 20),
        ) {
            let outcome = crowd().run(config().stderr(Box::new(io::sink()))).unwrap();
            assert_eq!(outcome.stats.died, 0, "{}", outcome.end);
            assert!(exited(&outcome) < 2000);
            return;
        }
    }
}

#[test]
#[cfg(target_os = "linux")]
fn without_addresses_left_a_spawn_fails_and_the_rest_goes_on() {
    let gib = 1 << 30;
    if !in_a_child(
        "without_addresses_left_a_spawn_fails_and_the_rest_goes_on",
        Some(2 * gib),
    ) {
        return;
    }
    let said = Captured::default();
    let outcome = crowd().run(config().stderr(Box::new(said.clone()))).unwrap();
    let alive = exited(&outcome);
    assert!((1..2000).contains(&alive), "{alive}: {}", outcome.end);
    assert!(said.text().contains("ulimit"), "{}", said.text());
}

/// Takes all mappings of this process but for `left`.
#[cfg(target_os = "linux")]
fn take_mappings(left: usize) {
    let limit = std::fs::read_to_string("/proc/sys/vm/max_map_count").unwrap();
    let limit: usize = limit.trim().parse().unwrap();
    let taken = std::fs::read_to_string("/proc/self/maps")
        .unwrap()
        .lines()
        .count();
    let wanted = limit.checked_sub(taken + left).unwrap();
    let page = 64 << 10;
    // SAFETY: new addresses that nobody else knows, never given back.
    let base = unsafe {
        libc::mmap(
            std::ptr::null_mut(),
            wanted * page,
            libc::PROT_NONE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
            -1,
            0,
        )
    };
    assert_ne!(base, libc::MAP_FAILED);
    for at in (0..wanted).step_by(2) {
        // SAFETY: the page is one of those, which nobody uses. Unlike its neighbours it can be read: a mapping of its own.
        let set = unsafe { libc::mprotect(base.byte_add(at * page), page, libc::PROT_READ) };
        assert_eq!(set, 0);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn without_mappings_left_a_spawn_fails_and_the_rest_goes_on() {
    if !in_a_child("without_mappings_left_a_spawn_fails_and_the_rest_goes_on", None) {
        return;
    }
    // What the host leaves to others, and more, of which threads have six each.
    for (left, most) in [(2048 + 600, 100), (600, 0)] {
        let crowd = crowd();
        let said = Captured::default();
        take_mappings(left);
        let ended = crowd.run(config().stderr(Box::new(said.clone())));
        if most == 0 {
            let refused = ended.unwrap_err().to_string();
            assert!(refused.contains("max_map_count"), "{refused}");
        } else {
            let alive = exited(&ended.unwrap());
            assert!((1..=most).contains(&alive), "{alive}");
            assert!(said.text().contains("max_map_count"), "{}", said.text());
        }
    }
}

#[test]
fn a_spawn_that_fails_is_no_fork() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trace");
    let spawner = program(
        r#"(func (export "_start")
            (if (i32.eqz (call $create (i32.const 8) (i32.const 1024))) (then unreachable))
            (call $exit (i32.const 9)))
        (func (export "thread_start") (param i32))"#,
    );
    // Enough for main, recorded, and not for another instance.
    let config = config()
        .max_host_memory(200 << 10)
        .trace(TraceWriter::create(&path).unwrap());
    let outcome = spawner.run(config).unwrap();
    assert_eq!(outcome.end.exit_code(), 9, "{}", outcome.end);
    let trace = Trace::open(&path).unwrap();
    let forks = trace
        .events()
        .filter(|event| matches!(event.kind, EventKind::Fork { .. }));
    assert_eq!(forks.count(), 0);
}

#[test]
fn a_program_for_which_there_is_no_room_does_not_start() {
    let any = program(r#"(func (export "_start")) (func (export "thread_start") (param i32))"#);
    let refused = any.run(config().max_host_memory(1000)).unwrap_err();
    assert!(matches!(refused, RunError::NoHostMemory { .. }), "{refused}");
    assert!(refused.to_string().contains("--max-host-memory"), "{refused}");
    let refused = any.run(config().max_memory(3 << 16)).unwrap_err();
    assert!(
        matches!(
            refused,
            RunError::MemoryTooLarge {
                wanted: 262_144,
                limit: 196_608
            }
        ),
        "{refused}"
    );
}

#[test]
fn the_memory_of_a_run_has_its_own_limit() {
    let grower = program(
        r#"(func (export "_start")
            (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable))
            (if (i32.ne (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable))
            (call $exit (i32.const 9)))
        (func (export "thread_start") (param i32))"#,
    );
    let outcome = grower.run(config().max_memory(5 << 16)).unwrap();
    assert_eq!(outcome.end.exit_code(), 9, "{}", outcome.end);
}

/// Spawns a thread that writes to the standard output, joins it, and exits with what the join says.
fn writer() -> Program {
    program(
        r#"(func (export "_start")
            (if (call $create (i32.const 8) (i32.const 1024)) (then unreachable))
            (call $exit (call $join (i32.load (i32.const 8)))))
        (func (export "thread_start") (param i32)
            (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1))))"#,
    )
}

#[test]
fn the_joiner_of_a_thread_in_which_the_host_panics_is_told() {
    let said = Captured::default();
    let config = config().stdout(Box::new(Broken)).stderr(Box::new(said.clone()));
    let outcome = writer().run(config).unwrap();
    assert_eq!(outcome.end.exit_code(), errno::THREAD_FAILED, "{}", outcome.end);
    assert_eq!((outcome.stats.died, outcome.stats.abandoned_threads), (1, 0));
    let said = said.text();
    assert!(said.contains("the host failed: a sink that panics"), "{said}");
}

#[test]
fn a_panic_between_two_threads_or_in_main_ends_the_run() {
    let config = || config().stdout(Box::new(Broken)).stderr(Box::new(Broken));
    let main = program(
        r#"(func (export "_start") (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1))))
        (func (export "thread_start") (param i32))"#,
    );
    for program in [writer(), main] {
        let failed = program.run(config()).unwrap_err();
        assert!(
            matches!(&failed, RunError::HostFailed { message } if message == "a sink that panics"),
            "{failed}"
        );
    }
}
