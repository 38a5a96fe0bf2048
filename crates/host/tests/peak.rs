//! The most memory that a host takes for a module that wants it to take much, and how long it goes on after the limit that
//! ends it. Each module runs in a process of its own; `--nocapture` shows the figures.

#![cfg(target_os = "linux")]

mod described;

use std::fmt::Write as _;
use std::io;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use threadlink_abi::layout::{block, descriptor};
use threadlink_host::{Engine, EngineConfig, RunConfig};
use threadlink_trace::TraceWriter;

use described::{BLOCK, MAIN, described};

/// What a host may take besides the guest's own memory, in MiB, with the limits that it has unless somebody says otherwise.
const MOST: u64 = 512;
/// Functions that a module may have; four of them every module here has.
const FUNCTIONS: usize = 65_536;
/// The time limit of each run.
const LIMIT: Duration = Duration::from_secs(2);
/// The environment variable that says which module a child is to run: its file.
const CASE: &str = "THREADLINK_TEST_MODULE";

/// A module that wants its host to take much.
struct Case {
    name: &'static str,
    module: fn() -> Vec<u8>,
}

const CASES: &[Case] = &[
    Case {
        name: "threads that nobody joins, with long names",
        module: names,
    },
    Case {
        name: "threads that nobody joins, without names",
        module: unjoined,
    },
    Case {
        name: "as many threads at once as it gets",
        module: alive,
    },
    Case {
        name: "locks at all addresses",
        module: locks,
    },
    Case {
        name: "locks held for reading at all addresses",
        module: reads,
    },
    Case {
        name: "a place in the source for each event",
        module: sites,
    },
    Case {
        name: "events from eight threads, as fast as they can",
        module: events,
    },
    Case {
        name: "1,020 threads that each wait for all others",
        module: circles,
    },
    Case {
        name: "deaths with long messages",
        module: deaths,
    },
    Case {
        name: "deaths beside 2,000 guard zones of a MiB",
        module: guards,
    },
    Case {
        name: "a table that grows",
        module: table,
    },
    Case {
        name: "200 threads asleep at a high address of 4 GiB",
        module: asleep,
    },
    Case {
        name: "output as fast as it can",
        module: output,
    },
    Case {
        name: "100,000 exports of a function of 2,000 values",
        module: exports,
    },
    Case {
        name: "as many functions as are allowed",
        module: functions,
    },
    Case {
        name: "a function that calls 200,000 times",
        module: calls,
    },
    Case {
        name: "1,000 functions that call 1,000 times each",
        module: callers,
    },
    Case {
        name: "200 MiB of debug information",
        module: long,
    },
];

/// A module with a descriptor, the hooks, and this.
fn module(pages: u32, body: &str) -> Vec<u8> {
    let described = described(descriptor::FLAG_TRACING, "");
    let text = format!(
        r#"(module
            (import "env" "memory" (memory 64 {pages} shared))
            (import "wasm_threadlink" "thread_create" (func $create (param i32 i32) (result i32)))
            (import "wasm_threadlink" "start_lock" (func $start_lock (param i32)))
            (import "wasm_threadlink" "finish_lock" (func $finish_lock (param i32)))
            (import "wasm_threadlink" "start_unlock" (func $start_unlock (param i32)))
            (import "threadlink" "start_read" (func $start_read (param i32)))
            (import "threadlink" "finish_read" (func $finish_read (param i32)))
            (import "threadlink" "write" (func $write (param i32 i32 i32) (result i32)))
            {described}
            (func $forever (drop (memory.atomic.wait32 (i32.const 4096) (i32.const 0) (i64.const -1))))
            {body})"#
    );
    wat::parse_str(text).unwrap()
}

/// Does this for ever in main, with a number that grows in `$i`.
fn endless(what: &str) -> Vec<u8> {
    module(
        64,
        &format!(
            r#"(func (export "_start") (local $i i32)
                (loop $again
                    {what}
                    (local.set $i (i32.add (local.get $i) (i32.const 1)))
                    (br $again)))
            (func (export "thread_start") (param i32))"#
        ),
    )
}

fn names() -> Vec<u8> {
    let (name, length) = (BLOCK + block::NAME, BLOCK + block::NAME_LEN);
    endless(&format!(
        "(i32.store (i32.const {name}) (i32.const 65536))
        (i32.store (i32.const {length}) (i32.const 1000000))
        (drop (call $create (i32.const 8) (i32.const {BLOCK})))"
    ))
}

fn unjoined() -> Vec<u8> {
    endless("(drop (call $create (i32.const 8) (i32.const 1024)))")
}

fn alive() -> Vec<u8> {
    module(
        64,
        r#"(func (export "_start")
            (loop $again (br_if $again (i32.eqz (call $create (i32.const 8) (i32.const 1024)))))
            (loop $again (br $again)))
        (func (export "thread_start") (param i32) (call $forever))"#,
    )
}

fn locks() -> Vec<u8> {
    endless("(call $start_lock (i32.mul (local.get $i) (i32.const 4)))")
}

fn reads() -> Vec<u8> {
    endless("(call $finish_read (i32.mul (local.get $i) (i32.const 4)))")
}

fn sites() -> Vec<u8> {
    let site = MAIN + block::SITE;
    endless(&format!(
        "(i32.store (i32.const {site}) (i32.rem_u (i32.mul (local.get $i) (i32.const 4)) (i32.const 4194304)))
        (call $start_lock (i32.const 8192)) (call $finish_lock (i32.const 8192)) (call $start_unlock (i32.const 8192))"
    ))
}

fn events() -> Vec<u8> {
    module(
        64,
        r#"(func $work
            (loop $again
                (call $start_lock (i32.const 8192)) (call $finish_lock (i32.const 8192)) (call $start_unlock (i32.const 8192))
                (br $again)))
        (func (export "_start") (local $i i32)
            (loop $again
                (drop (call $create (i32.const 8) (i32.const 1024)))
                (local.set $i (i32.add (local.get $i) (i32.const 1)))
                (br_if $again (i32.lt_u (local.get $i) (i32.const 7))))
            (call $work))
        (func (export "thread_start") (param i32) (call $work))"#,
    )
}

fn circles() -> Vec<u8> {
    module(
        64,
        r#"(func (export "_start") (local $i i32)
            (loop $again
                (drop (call $create (i32.const 8) (local.get $i)))
                (local.set $i (i32.add (local.get $i) (i32.const 1)))
                (br_if $again (i32.lt_u (local.get $i) (i32.const 1020))))
            (loop $again (br $again)))
        (func (export "thread_start") (param $own i32) (local $i i32)
            (loop $again
                (if (i32.ne (local.get $i) (local.get $own))
                    (then (call $finish_read (i32.add (i32.const 65536) (i32.mul (local.get $i) (i32.const 8))))))
                (local.set $i (i32.add (local.get $i) (i32.const 1)))
                (br_if $again (i32.lt_u (local.get $i) (i32.const 1020))))
            (call $start_lock (i32.add (i32.const 65536) (i32.mul (local.get $own) (i32.const 8))))
            (call $forever))"#,
    )
}

fn deaths() -> Vec<u8> {
    let (message, length) = (BLOCK + block::PANIC, BLOCK + block::PANIC_LEN);
    module(
        64,
        &format!(
            r#"(func (export "_start")
                (i32.store (i32.const {length}) (i32.const 1000000))
                (i32.store (i32.const {message}) (i32.const 65536))
                (loop $again (drop (call $create (i32.const 8) (i32.const {BLOCK}))) (br $again)))
            (func (export "thread_start") (param i32) unreachable)"#
        ),
    )
}

fn guards() -> Vec<u8> {
    let (low, guard) = (BLOCK + block::STACK_LOW, BLOCK + block::GUARD);
    module(
        64,
        &format!(
            r#"(func (export "_start") (local $i i32)
                (memory.fill (i32.const 65536) (i32.const {}) (i32.const 1048576))
                (i32.store (i32.const {low}) (i32.const 1114112))
                (i32.store (i32.const {}) (i32.const 1114112))
                (i32.store (i32.const {guard}) (i32.const 65536))
                (loop $again
                    (drop (call $create (i32.const 8) (i32.const {BLOCK})))
                    (local.set $i (i32.add (local.get $i) (i32.const 1)))
                    (br_if $again (i32.lt_u (local.get $i) (i32.const 2000))))
                (i32.store (i32.const 2048) (i32.const 1))
                (loop $again (drop (call $create (i32.const 8) (i32.const {BLOCK}))) (br $again)))
            (func (export "thread_start") (param i32) (if (i32.load (i32.const 2048)) (then unreachable)))"#,
            block::GUARD_BYTE,
            BLOCK + block::STACK_TOP,
        ),
    )
}

fn table() -> Vec<u8> {
    module(
        64,
        r#"(table $table 1 externref)
        (func (export "_start")
            (loop $again (br_if $again (i32.ne (table.grow $table (ref.null extern) (i32.const 100000)) (i32.const -1))))
            (loop $again (br $again)))
        (func (export "thread_start") (param i32))"#,
    )
}

fn asleep() -> Vec<u8> {
    module(
        65536,
        r#"(func (export "_start") (local $i i32)
            (drop (memory.grow (i32.const 65000)))
            (loop $again
                (drop (call $create (i32.const 8) (i32.const 1024)))
                (local.set $i (i32.add (local.get $i) (i32.const 1)))
                (br_if $again (i32.lt_u (local.get $i) (i32.const 200))))
            (loop $again (br $again)))
        (func (export "thread_start") (param i32)
            (drop (memory.atomic.wait32 (i32.const 0x00300000) (i32.const 0) (i64.const -1))))"#,
    )
}

fn output() -> Vec<u8> {
    endless("(drop (call $write (i32.const 1) (i32.const 65536) (i32.const 1000000)))")
}

fn exports() -> Vec<u8> {
    let values = "i64 ".repeat(1000);
    let mut body = format!("(func $wide (param {values}) (result {values}) unreachable)");
    for index in 0..100_000 {
        write!(body, r#"(export "{index}" (func $wide))"#).unwrap();
    }
    module(64, &body)
}

fn functions() -> Vec<u8> {
    // Beside those that every module here has.
    let own = r#"(func (export "_start")) (func (export "thread_start") (param i32))"#;
    module(64, &(own.to_owned() + &"(func)".repeat(FUNCTIONS - 4)))
}

fn calling(functions: usize, calls: usize) -> Vec<u8> {
    let function = format!("(func {})", "call $words ".repeat(calls));
    let own = r#"(func (export "_start")) (func (export "thread_start") (param i32))"#;
    module(64, &(own.to_owned() + &function.repeat(functions)))
}

fn calls() -> Vec<u8> {
    calling(1, 200_000)
}

fn callers() -> Vec<u8> {
    calling(1000, 1000)
}

fn long() -> Vec<u8> {
    let mut bytes = endless("(call $start_lock (i32.const 8192))");
    let (name, length) = (b"\x0b.debug_info", 200 << 20);
    bytes.push(0);
    let mut rest = length + name.len();
    while rest >= 0x80 {
        bytes.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push(rest as u8);
    bytes.extend_from_slice(name);
    bytes.resize(bytes.len() + length, 0);
    bytes
}

/// The most memory that this process ever had, in MiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    let kib: u64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    kib / 1024
}

/// Loads and runs the module of this file, and prints what that took: memory at the most, of it the guest's own, and time.
fn child(path: &Path) {
    let bytes = std::fs::read(path).unwrap();
    let start = Instant::now();
    let engine = Engine::new(&EngineConfig::new()).unwrap();
    let program = match engine.load(&bytes) {
        Ok(program) => program,
        Err(error) => {
            println!("figures: {} 0 {} 0 {error}", peak(), start.elapsed().as_millis());
            return;
        }
    };
    let loaded = start.elapsed();
    let trace = TraceWriter::to_sink(Box::new(io::sink())).unwrap();
    let config = RunConfig::new()
        .timeout(LIMIT)
        .stdout(Box::new(io::sink()))
        .stderr(Box::new(io::sink()))
        .trace(trace);
    let start = Instant::now();
    let outcome = program.run(config).unwrap();
    let late = start.elapsed().saturating_sub(LIMIT);
    let own = outcome.stats.memory_bytes >> 20;
    let end = outcome.end.to_string();
    println!(
        "figures: {} {own} {} {} {}",
        peak(),
        loaded.as_millis(),
        late.as_millis(),
        end.lines().next().unwrap_or("it returned")
    );
}

#[test]
fn no_module_makes_its_host_take_more_than_half_a_gibibyte() {
    if let Some(path) = std::env::var_os(CASE) {
        child(Path::new(&path));
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("module.wasm");
    println!("MiB besides the guest's memory; ms to load; ms after the limit of {LIMIT:?}");
    let mut too_much = Vec::new();
    for case in CASES {
        let bytes = (case.module)();
        std::fs::write(&path, &bytes).unwrap();
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--nocapture", "--test-threads=1"])
            .env(CASE, &path)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        let failed = || {
            let errors = String::from_utf8_lossy(&output.stderr);
            panic!("{}: {}: {text}{errors}", case.name, output.status)
        };
        // After the name of the test, on its line.
        let figures = text
            .split_once("figures: ")
            .map_or_else(failed, |(_, figures)| figures);
        let mut words = figures.lines().next().unwrap().splitn(5, ' ');
        let mut number = || words.next().unwrap().parse::<u64>().unwrap();
        let [peak, own, load, late] = std::array::from_fn(|_| number());
        // Nor are the module's bytes, which whoever loads it has.
        let besides = peak.saturating_sub(own + (bytes.len() as u64 >> 20));
        println!(
            "{besides:5} {load:6} {late:5}  {}: {}",
            case.name,
            words.next().unwrap()
        );
        if besides > MOST {
            too_much.push(case.name);
        }
    }
    assert!(too_much.is_empty(), "{too_much:?}");
}
