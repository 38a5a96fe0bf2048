//! Hand-written modules whose locks are tried first: the report of a deadlock is the same with shortcuts before the hooks, as
//! there are where nothing is recorded, as with the hooks alone. And a fault of such a module is a trap like any other.

mod described;

use std::time::Duration;

use threadlink_abi::layout::{block, descriptor, lock};
use threadlink_host::{End, Engine, EngineConfig, Outcome, Program, RunConfig};
use threadlink_trace::TraceWriter;

use described::{BLOCK, MAIN, described};

const LEFT: u32 = 4096;
const RIGHT: u32 = 4160;
/// Words at which the threads meet.
const MEET: u32 = 8192;
const ID: u32 = 8200;

/// A module with locks of two words more: at 128 from a lock on, 0 or how it is held: -1 alone, else by so many readers.
/// `$lock` and `$read` take the lock, the block of the thread that asks and where; a wait sleeps for good.
fn program(child: &str, main: &str) -> Program {
    program_with("1 1", child, main)
}

/// The same with a memory of so many pages, and so many at most.
fn program_with(pages: &str, child: &str, main: &str) -> Program {
    let words = described(descriptor::FLAG_TRACING, "");
    let (op, site) = (block::OP, block::SITE);
    let (at_once, trying, blocking) = (block::OP_AT_ONCE, block::OP_TRY, block::OP_BLOCKING);
    let holder = lock::HOLDER;
    let text = format!(
        r#"(module
            (import "env" "memory" (memory {pages} shared))
            (import "wasm_threadlink" "thread_create" (func $create (param i32 i32) (result i32)))
            (import "wasm_threadlink" "thread_join" (func $join (param i32) (result i32)))
            (import "wasm_threadlink" "start_lock" (func $start_lock (param i32)))
            (import "wasm_threadlink" "finish_lock" (func $finish_lock (param i32)))
            (import "wasm_threadlink" "start_unlock" (func $start_unlock (param i32)))
            (import "wasm_threadlink" "finish_unlock" (func $finish_unlock (param i32)))
            (import "threadlink" "start_read" (func $start_read (param i32)))
            (import "threadlink" "finish_read" (func $finish_read (param i32)))
            (import "threadlink" "start_read_unlock" (func $start_read_unlock (param i32)))
            (import "threadlink" "finish_read_unlock" (func $finish_read_unlock (param i32)))
            {words}
            (func $says (param $block i32) (param $op i32) (param $site i32)
                (i32.store offset={op} (local.get $block) (local.get $op))
                (i32.store offset={site} (local.get $block) (local.get $site)))
            (func $lock (param $lock i32) (param $block i32) (param $site i32)
                (i32.store offset={number} (local.get $lock) (local.get $lock))
                (if (i32.atomic.rmw.cmpxchg offset=128 (local.get $lock) (i32.const 0) (i32.const -1))
                    (then
                        (call $says (local.get $block) (i32.const {blocking}) (local.get $site))
                        (call $start_lock (local.get $lock))
                        (drop (memory.atomic.wait32 offset=132 (local.get $lock) (i32.const 0) (i64.const -1)))))
                (i32.store offset={holder} (local.get $lock) (local.get $block))
                (call $says (local.get $block) (i32.const {at_once}) (local.get $site))
                (call $start_lock (local.get $lock))
                (call $finish_lock (local.get $lock)))
            (func $unlock (param $lock i32)
                (call $start_unlock (local.get $lock))
                (i32.store offset={holder} (local.get $lock) (i32.const 0))
                (i32.atomic.store offset=128 (local.get $lock) (i32.const 0))
                (call $finish_unlock (local.get $lock)))
            (func $read (param $lock i32) (param $block i32) (param $site i32)
                (i32.store offset={number} (local.get $lock) (local.get $lock))
                (if (i32.lt_s (i32.atomic.rmw.add offset=128 (local.get $lock) (i32.const 1)) (i32.const 0))
                    (then
                        (call $says (local.get $block) (i32.const {blocking}) (local.get $site))
                        (call $start_read (local.get $lock))
                        (drop (memory.atomic.wait32 offset=132 (local.get $lock) (i32.const 0) (i64.const -1)))))
                (call $says (local.get $block) (i32.const {trying}) (local.get $site))
                (call $start_read (local.get $lock))
                (call $finish_read (local.get $lock)))
            (func $unread (param $lock i32)
                (call $start_read_unlock (local.get $lock))
                (drop (i32.atomic.rmw.sub offset=128 (local.get $lock) (i32.const 1)))
                (call $finish_read_unlock (local.get $lock)))
            (func $meet
                (drop (i32.atomic.rmw.add (i32.const {MEET}) (i32.const 1)))
                (drop (memory.atomic.notify (i32.const {MEET}) (i32.const 2)))
                (drop (memory.atomic.wait32 (i32.const {MEET}) (i32.const 1) (i64.const -1))))
            (func $spawn
                (if (call $create (i32.const {ID}) (i32.const {BLOCK})) (then unreachable)))
            (func $joined
                (drop (call $join (i32.load (i32.const {ID})))))
            (func (export "thread_start") (param $block i32) {child})
            (func (export "_start") {main}))"#,
        number = lock::INSTANCE,
    );
    let engine = Engine::new(&EngineConfig::new()).unwrap();
    engine.load(&wat::parse_str(text).unwrap()).unwrap()
}

/// Calls of the functions above, by main or the child.
fn takes(what: &str, lock: u32, block: u32, site: u32) -> String {
    format!("(call ${what} (i32.const {lock}) (i32.const {block}) (i32.const {site}))")
}

fn gives(what: &str, lock: u32) -> String {
    format!("(call ${what} (i32.const {lock}))")
}

fn run(program: &Program, recorded: bool) -> Outcome {
    let folder = tempfile::tempdir().unwrap();
    // The limit is a watchdog.
    let mut config = RunConfig::new()
        .timeout(Duration::from_secs(120))
        .stderr(Box::new(std::io::sink()));
    if recorded {
        config = config.trace(TraceWriter::create(&folder.path().join("trace")).unwrap());
    }
    program.run(config).unwrap()
}

/// The report of a deadlock, with its threads in the order of their ids: it begins with the one that was found waiting.
fn report(outcome: &Outcome) -> String {
    let End::Deadlock(report) = &outcome.end else {
        panic!("{}", outcome.end)
    };
    let mut report = report.clone();
    report.edges.sort_by_key(|edge| edge.thread.id);
    report.to_string()
}

/// The report, which has to be the same ten times each, and to have these in it.
fn is_found(program: &Program, parts: &[&str]) {
    let found = report(&run(program, true));
    for part in parts {
        assert!(found.contains(part), "{part} is missing in\n{found}");
    }
    for time in 0..20 {
        assert_eq!(report(&run(program, time % 2 == 1)), found, "time {time}");
    }
}

#[test]
fn two_locks_in_two_orders() {
    let program = program(
        &(takes("lock", RIGHT, BLOCK, 0x44) + "(call $meet)" + &takes("lock", LEFT, BLOCK, 0x48)),
        &("(call $spawn)".to_owned()
            + &takes("lock", LEFT, MAIN, 0x4c)
            + "(call $meet)"
            + &takes("lock", RIGHT, MAIN, 0x50)),
    );
    is_found(&program, &["2 threads wait for each other", "0x1000", "0x1040"]);
}

#[test]
fn a_lock_that_the_thread_has_already() {
    let program = program(
        "",
        &(takes("lock", LEFT, MAIN, 0x44)
            + &gives("unlock", LEFT)
            + &takes("lock", LEFT, MAIN, 0x48)
            + &takes("lock", LEFT, MAIN, 0x4c)),
    );
    is_found(&program, &["0x1000"]);
}

#[test]
fn a_reader_and_a_writer() {
    let program = program(
        &(takes("lock", RIGHT, BLOCK, 0x44) + "(call $meet)" + &takes("lock", LEFT, BLOCK, 0x48)),
        &("(call $spawn)".to_owned()
            + &takes("read", LEFT, MAIN, 0x4c)
            + &takes("read", LEFT, MAIN, 0x4c)
            + &gives("unread", LEFT)
            + "(call $meet)"
            + &takes("read", RIGHT, MAIN, 0x50)),
    );
    is_found(&program, &["for reading", "for writing"]);
}

#[test]
fn more_locks_for_reading_than_the_list_has_room_for() {
    let many: String = (0..20)
        .map(|place| takes("read", LEFT + 256 * (place + 1), MAIN, 0x60))
        .collect();
    let program = program(
        &(takes("lock", RIGHT, BLOCK, 0x44) + "(call $meet)" + &takes("lock", LEFT, BLOCK, 0x48)),
        &("(call $spawn)".to_owned()
            + &many
            + &takes("read", LEFT, MAIN, 0x4c)
            + "(call $meet)"
            + &takes("lock", RIGHT, MAIN, 0x50)),
    );
    is_found(&program, &["for reading", "2 threads wait for each other"]);
}

#[test]
fn what_a_thread_held_that_has_died() {
    for (has, wants) in [("lock", "lock"), ("lock", "read"), ("read", "lock")] {
        let program = program(
            &(takes(has, LEFT, BLOCK, 0x44) + "unreachable"),
            &("(call $spawn)(call $joined)".to_owned() + &takes(wants, LEFT, MAIN, 0x48)),
        );
        is_found(&program, &["has died"]);
    }
}

#[test]
fn what_a_thread_held_that_has_returned() {
    for (has, wants) in [("lock", "lock"), ("lock", "read"), ("read", "lock")] {
        let program = program(
            &takes(has, LEFT, BLOCK, 0x44),
            &("(call $spawn)(call $joined)".to_owned() + &takes(wants, LEFT, MAIN, 0x48)),
        );
        is_found(&program, &["whose owner is gone"]);
    }
}

/// Another thread has the block of one that has returned with a lock: it is not taken for that one.
#[test]
fn a_block_that_was_used_again_does_not_pass_its_locks_on() {
    let (first, second) = (
        takes("lock", LEFT, BLOCK, 0x44),
        takes("lock", RIGHT, BLOCK, 0x48) + "(call $meet)" + &takes("lock", LEFT, BLOCK, 0x4c),
    );
    let child = format!(
        "(if (i32.atomic.rmw.add (i32.const {}) (i32.const 1)) (then {second}) (else {first}))",
        MEET + 64
    );
    let program = program(
        &child,
        &("(call $spawn)(call $joined)(call $spawn)(call $meet)".to_owned()
            + &takes("lock", RIGHT, MAIN, 0x50)),
    );
    is_found(
        &program,
        &["thread #1", "has returned without releasing the lock"],
    );
}

#[test]
fn who_lies_in_its_words_gets_a_report_of_its_own_or_none() {
    // The holder word and the marks name threads that there are not, or the wrong ones.
    let lies = |lock: u32, block: u32, by: u32| {
        described::store(lock + 128, u32::MAX)
            + &described::store(lock + lock::HOLDER, block)
            + &described::store(lock + lock::MARK + 4, by)
    };
    for (block, by) in [(MAIN, 1), (BLOCK, 0), (0, 0), (u32::MAX, u32::MAX), (BLOCK, 7)] {
        let program = program("", &(lies(LEFT, block, by) + &takes("lock", LEFT, MAIN, 0x44)));
        let outcome = run(&program, false);
        assert!(matches!(outcome.end, End::Deadlock(_)), "{}", outcome.end);
    }
    // A lock that is outside the memory is none, and nothing is said of it there.
    let outside = format!("(call $finish_lock (i32.const {}))", u32::MAX - 3);
    for recorded in [false, true] {
        let outcome = run(&program("", &outside), recorded);
        assert_eq!(outcome.end.exit_code(), 0, "{}", outcome.end);
    }
}

/// A lock is taken and let go, in each of two threads, and then a function fails: as it reads outside the memory, behind its end
/// and far from it, and as it calls itself for ever. Of memories with room for every address, and of one that is checked.
#[test]
fn a_fault_is_a_trap() {
    let takes_and_gives = |block: u32| takes("lock", LEFT, block, 0x44) + &gives("unlock", LEFT);
    for pages in ["1 65536", "1 2", "2 2"] {
        for (fault, says) in [
            ("(drop (i32.load (i32.const 0x7fff_0000)))", "out of bounds"),
            (
                "(drop (i32.load offset=0xffff_fff0 (i32.const -1)))",
                "out of bounds",
            ),
            ("(i64.store (i32.const 131070) (i64.const 1))", "out of bounds"),
            ("(call $fails)", "stack"),
        ] {
            let own = "(func $fails (call $fails) (drop (i32.load (i32.const 0))))";
            let fails = |block: u32| takes_and_gives(block) + fault;
            // `program_with` closes the function, so that others can follow.
            let child = fails(BLOCK);
            let main = format!("{} ) {own} (func ", fails(MAIN));
            let text_of = |outcome: &Outcome| outcome.end.to_string();
            for recorded in [false, true] {
                let outcome = run(&program_with(pages, "", &main), recorded);
                let found = text_of(&outcome);
                assert_eq!(outcome.end.exit_code(), 134, "{pages} {fault}: {found}");
                assert!(found.contains(says), "{pages} {fault}: {found}");
                // In a thread, and main goes on.
                let main = format!(
                    "(call $spawn)(call $joined) {} ) {own} (func ",
                    takes_and_gives(MAIN)
                );
                let outcome = run(&program_with(pages, &child, &main), recorded);
                assert_eq!(
                    outcome.end.exit_code(),
                    0,
                    "{pages} {fault}: {}",
                    text_of(&outcome)
                );
                assert_eq!(outcome.stats.died, 1);
            }
        }
    }
}

/// A shortcut has no frame in what a guest's people see.
#[test]
fn where_a_thread_was_begins_with_its_own_code() {
    let program = program(
        "",
        &(takes("lock", LEFT, MAIN, 0x44) + &takes("lock", LEFT, MAIN, 0x48)),
    );
    for recorded in [false, true] {
        let outcome = run(&program, recorded);
        let found = report(&outcome);
        assert!(found.contains("   0: lock\n"), "{found}");
    }
}
