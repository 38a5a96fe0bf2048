//! A run that is cut short leaves no thread behind, however many of its threads sleep in code that never looks up.
//!
//! Some runs by default, which check that and nothing else; `cargo xtask soak` does many more and prints how long after
//! its time limit each run was over.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use threadlink_host::{End, Engine, EngineConfig, RunConfig};

/// Says how many runs there are to be.
const RUNS: &str = "THREADLINK_SOAK_RUNS";
/// Runs if nobody says how many.
const FEW: usize = 20;
/// Threads of a run besides the main one.
const THREADS: usize = 200;
const LIMIT: Duration = Duration::from_millis(250);

/// Threads that sleep for ever near the end of a memory of 1 GiB, in code without loops. The main thread has a limit of
/// an hour, so that it is no standstill.
fn module() -> Vec<u8> {
    let mut spawns = String::new();
    for thread in 0..THREADS {
        let _ = write!(
            spawns,
            "(drop (call $create (i32.const 8) (i32.const {})))",
            0x3fff_0000 + 64 * thread
        );
    }
    let text = format!(
        r#"(module
            (import "env" "memory" (memory 16384 16384 shared))
            (import "wasm_threadlink" "thread_create" (func $create (param i32 i32) (result i32)))
            (func (export "thread_start") (param i32)
                (drop (memory.atomic.wait32 (local.get 0) (i32.const 0) (i64.const -1))))
            (func (export "_start")
                {spawns}
                (drop (memory.atomic.wait64 offset=0x3ffffff8 (i32.const 0) (i64.const 0) (i64.const 3600000000000)))))"#
    );
    wat::parse_str(text).unwrap()
}

/// Threads of this process that are a run's, by their names.
fn threads_of_runs() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").expect("a system with /proc");
    tasks
        .filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok())
        .filter(|name| name.starts_with("threadlink-"))
        .count()
}

/// Whether threads that a run has given up are stuck for good or only slow.
fn how_long_they_stay(abandoned: u64) -> String {
    let given_up = Instant::now();
    while threads_of_runs() > 0 {
        if given_up.elapsed() > Duration::from_secs(60) {
            return format!(
                "{abandoned} threads were given up, {} are there for good",
                threads_of_runs()
            );
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    format!(
        "{abandoned} threads were given up, and gone {:?} later",
        given_up.elapsed()
    )
}

#[test]
fn no_thread_outlives_its_run() {
    let runs = std::env::var(RUNS).map_or(FEW, |runs| runs.parse().expect("a number of runs"));
    let engine = Engine::new(&EngineConfig::new()).unwrap();
    let program = engine.load(&module()).unwrap();
    let mut late = Vec::with_capacity(runs);
    let mut full = 0;
    for run in 0..runs {
        let started = Instant::now();
        let outcome = program.run(RunConfig::new().timeout(LIMIT)).unwrap();
        late.push(started.elapsed().saturating_sub(LIMIT));
        assert!(
            matches!(outcome.end, End::TimedOut { .. }),
            "run {run}: {:?}",
            outcome.end
        );
        let abandoned = outcome.stats.abandoned_threads;
        assert!(abandoned == 0, "run {run}: {}", how_long_they_stay(abandoned));
        assert_eq!(
            threads_of_runs(),
            0,
            "run {run} left threads of the system behind"
        );
        full += usize::from(outcome.stats.threads == 1 + THREADS as u64);
    }
    late.sort_unstable();
    println!(
        "{runs} runs, {full} of them with all {THREADS} threads asleep, none left a thread; \
         over after the limit of {LIMIT:?}: median {:.1?}, most {:.1?}",
        late[runs / 2],
        late[runs - 1]
    );
}
