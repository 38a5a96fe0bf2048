//! Modules that another process compiles: they run as if this one had, loading ends when it has to, and whatever that process
//! does instead is an error that says so.

#![cfg(target_os = "linux")]

mod child;

use std::time::{Duration, Instant};

use threadlink_host::{
    Compiler, End, Engine, EngineConfig, Imports, LoadError, Program, RunConfig, StopHandle, Value,
    compile_child,
};

use child::in_a_child;

/// Says that this process is there to compile.
const COMPILES: &str = "THREADLINK_TEST_COMPILES";
/// Longer than any test takes.
const WATCHDOG: Duration = Duration::from_secs(120);

/// The test at which a process begins that compiles.
const TEST: &str = "what_another_process_compiles_runs_as_what_this_one_does";

/// This program, as a compiler of all modules.
fn compiler() -> Compiler {
    Compiler::this_program()
        .unwrap()
        .args([TEST, "--exact", "--nocapture", "--test-threads=1"])
        .env(COMPILES, "1")
        .beyond(0)
}

/// Loads a module in the memory of so many pages at most.
fn load(config: &EngineConfig, maximum: u32, body: &str) -> Result<Program, LoadError> {
    let text = format!(r#"(module (import "env" "memory" (memory 1 {maximum} shared)) {body})"#);
    Engine::new(config).unwrap().load(&wat::parse_str(text).unwrap())
}

/// Functions that take the compiler seconds.
fn long() -> String {
    format!("(func {})", "(loop)".repeat(5000)).repeat(5)
}

/// The processes that this one has started and that are not gone altogether.
fn children_of(parent: u32) -> Vec<u32> {
    let processes = std::fs::read_dir("/proc").unwrap();
    let numbers = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    numbers
        .filter(|process| stat(*process, 1) == Some(parent.to_string()))
        .collect()
}

/// One of the words after a process's name: its state, its parent. `None` if there is no such process.
fn stat(process: u32, word: usize) -> Option<String> {
    let line = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let words = line.rsplit_once(')')?.1;
    words.split_whitespace().nth(word).map(str::to_owned)
}

/// Waits for a process that `parent` starts.
fn child_of(parent: u32) -> u32 {
    await_some("a process that compiles", || children_of(parent).first().copied())
}

fn await_some<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < WATCHDOG, "no {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn what_another_process_compiles_runs_as_what_this_one_does() {
    if std::env::var_os(COMPILES).is_some() {
        compile_child();
    }
    let body = r#"
        (func $deep (param i32) (result i32)
            (i32.div_s (i32.const 84) (local.get 0)))
        (func (export "divide") (param i32) (result i32) (call $deep (local.get 0)))
        (func (export "wait") (result i32)
            (i32.add
                (memory.atomic.wait32 (i32.const 8) (i32.const 0) (i64.const 1000))
                (memory.atomic.notify (i32.const 8) (i32.const 1))))
        (func (export "outside") (drop (i32.load (i32.const 131072))))
        (func (export "endless") (loop $again (br $again)))"#;
    let calls: [(&str, Vec<Value>); 4] = [
        ("divide", vec![Value::I32(2)]),
        ("divide", vec![Value::I32(0)]),
        ("wait", vec![]),
        ("outside", vec![]),
    ];
    // Memories of both kinds, code of both kinds.
    for maximum in [2, 100] {
        let here = EngineConfig::new();
        let there = EngineConfig::new().compiler(compiler());
        let [here, there] = [here, there].map(|config| load(&config, maximum, body).unwrap());
        for (name, numbers) in &calls {
            let [here, there] = [&here, &there].map(|program| {
                let config = RunConfig::new().invoke(*name, numbers.clone());
                let outcome = program.run(config.timeout(WATCHDOG)).unwrap();
                (outcome.end.to_string(), outcome.results)
            });
            assert_eq!(here, there, "{name}, {maximum}");
        }
        let config = RunConfig::new()
            .entry("endless")
            .timeout(Duration::from_millis(100));
        let outcome = there.run(config).unwrap();
        assert!(matches!(outcome.end, End::TimedOut { .. }), "{}", outcome.end);
        assert_eq!(outcome.stats.abandoned_threads, 0);
        let uninterruptible = EngineConfig::new().interruptible(false).compiler(compiler());
        let program = load(&uninterruptible, maximum, body).unwrap();
        let config = RunConfig::new().invoke("divide", vec![Value::I32(2)]);
        assert_eq!(program.run(config).unwrap().results, [Value::I32(42)]);
    }
}

#[test]
fn a_small_module_is_compiled_here() {
    // It would fail there.
    let nobody = || missing().beyond(34 << 20);
    let config = EngineConfig::new().compiler(nobody());
    load(&config, 1, r#"(func (export "_start"))"#).unwrap();
    let refused = load(&config, 1, &"(func)".repeat(1000)).unwrap_err();
    assert!(matches!(refused, LoadError::Compiler { .. }), "{refused}");
}

#[test]
fn a_load_ends_at_its_limit_and_nothing_is_left_of_it() {
    if !in_a_child("a_load_ends_at_its_limit_and_nothing_is_left_of_it", None) {
        return;
    }
    let limit = Duration::from_millis(300);
    let config = EngineConfig::new().compiler(compiler().max_time(limit));
    let refused = load(&config, 1, &long()).unwrap_err();
    assert!(
        matches!(refused, LoadError::CompileTime { limit: of } if of == limit),
        "{refused}"
    );
    assert!(refused.to_string().contains("300ms"), "{refused}");
    assert_eq!(children_of(std::process::id()), [0; 0]);
    // The next one has its own time.
    let config = EngineConfig::new().compiler(compiler().max_time(WATCHDOG));
    load(&config, 1, r#"(func (export "_start"))"#).unwrap();
    assert_eq!(children_of(std::process::id()), [0; 0]);
}

#[test]
fn another_thread_stops_a_load() {
    if !in_a_child("another_thread_stops_a_load", None) {
        return;
    }
    let text = format!(
        r#"(module (import "env" "memory" (memory 1 1 shared)) {})"#,
        long()
    );
    let module = wat::parse_str(text).unwrap();
    let engine = Engine::new(&EngineConfig::new().compiler(compiler())).unwrap();
    let stop = StopHandle::new();
    std::thread::scope(|scope| {
        let loading = scope.spawn(|| engine.load_stoppable(&module, &Imports::new(), &stop));
        child_of(std::process::id());
        stop.stop();
        let refused = loading.join().unwrap().unwrap_err();
        assert!(matches!(refused, LoadError::Stopped), "{refused}");
    });
    assert_eq!(children_of(std::process::id()), [0; 0]);
}

#[test]
fn a_process_that_compiles_does_not_outlive_who_wants_the_module() {
    const NAME: &str = "a_process_that_compiles_does_not_outlive_who_wants_the_module";
    const LOADS: &str = "THREADLINK_TEST_LOADS";
    if std::env::var_os(LOADS).is_some() {
        let config = EngineConfig::new().compiler(compiler());
        let loaded = load(&config, 1, &long());
        panic!("loading was not cut off: {loaded:?}");
    }
    let mut host = std::process::Command::new(std::env::current_exe().unwrap())
        .args([NAME, "--exact", "--nocapture", "--test-threads=1"])
        .env(LOADS, "1")
        .spawn()
        .unwrap();
    let compiles = child_of(host.id());
    host.kill().unwrap();
    host.wait().unwrap();
    // Whoever takes in orphans may leave it as a zombie.
    await_some("end of the process that compiles", || {
        let state = stat(compiles, 0);
        state.is_none_or(|state| state == "Z").then_some(())
    });
}

/// A program that is not there.
fn missing() -> Compiler {
    // SAFETY: what is not there says nothing.
    unsafe { Compiler::program("/nowhere/compiler") }.beyond(0)
}

/// A script in the place of a compiler.
fn script(text: &str) -> Compiler {
    // SAFETY: no script here says anything in the form of an answer.
    unsafe { Compiler::program("/bin/sh") }
        .args(["-c", text])
        .beyond(0)
}

#[test]
fn a_compiler_that_does_something_else_is_an_error_that_says_what() {
    let errors = |compiler: Compiler, body: &str| {
        let config = EngineConfig::new().compiler(compiler.max_time(WATCHDOG));
        let refused = load(&config, 1, body).unwrap_err();
        assert!(matches!(refused, LoadError::Compiler { .. }), "{refused}");
        refused.to_string()
    };
    // A module that fits into a pipe, and one that does not.
    let small = String::new();
    let large = format!(r#"(data "{}")"#, "x".repeat(1 << 20));
    for body in [&small, &large] {
        let said = errors(missing(), body);
        assert!(
            said.contains("`/nowhere/compiler`") && said.contains("cannot be started"),
            "{said}"
        );
        let said = errors(script("exit 3"), body);
        assert!(
            said.contains("ended without an answer (exit status: 3)"),
            "{said}"
        );
        let said = errors(script("echo of thirst >&2; kill -9 $$"), body);
        assert!(
            said.contains("signal: 9 (SIGKILL)") && said.ends_with("of thirst"),
            "{said}"
        );
        let said = errors(script("while :; do echo nonsense; done"), body);
        assert!(said.contains("compile_child"), "{said}");
        // It does not close its error output, nor does it end by itself.
        let said = errors(script("exec >&-; while :; do echo nonsense >&2; done"), body);
        assert!(said.contains("signal: 9") && said.contains("nonsense"), "{said}");
        let said = errors(script("printf '\\033[2J\\nerror: forged' >&2"), body);
        assert!(!said.contains(['\n', '\u{1b}']), "{said:?}");
    }
    // One that repeats what it hears.
    let said = errors(script("exec cat"), &large);
    assert!(said.contains("compile_child"), "{said}");
}

#[test]
fn who_takes_modules_for_granted_loses_nothing_by_a_compiler() {
    // Refused before anything is compiled.
    let config = EngineConfig::new().compiler(missing());
    let refused = load(&config, 1, r#"(import "nobody" "has" (func))"#).unwrap_err();
    assert!(matches!(refused, LoadError::UnknownImport { .. }), "{refused}");
    // A run of what was compiled there ends as any other.
    let config = EngineConfig::new().compiler(compiler());
    let program = load(&config, 1, r#"(func (export "_start") unreachable)"#).unwrap();
    let outcome = program.run(RunConfig::new()).unwrap();
    assert!(matches!(outcome.end, End::Trapped(_)), "{}", outcome.end);
}
