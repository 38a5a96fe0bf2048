//! Functions of the embedder's: what they take and return, what they see of the guest, who may be called what, and what their
//! errors do.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::time::Duration;

use threadlink_host::{
    End, Engine, EngineConfig, Guest, ImportError, Imports, LoadError, OutOfBounds, Outcome, Program,
    RunConfig, RunError, Stream,
};

/// A module that imports `imports` and does what `body` says.
fn module(imports: &str, body: &str) -> Vec<u8> {
    let text = format!(
        r#"(module
            (import "env" "memory" (memory 1 4 shared))
            (import "wasm_threadlink" "thread_create" (func $create (param i32 i32) (result i32)))
            (import "wasm_threadlink" "thread_join" (func $join (param i32) (result i32)))
            (import "threadlink" "exit" (func $exit (param i32)))
            {imports}
            (data (i32.const 16) "abcdefgh")
            {body})"#
    );
    wat::parse_str(text).unwrap()
}

const NO_THREADS: &str = r#"(func (export "thread_start") (param i32))"#;

fn load(module: &[u8], imports: &Imports) -> Result<Program, LoadError> {
    Engine::new(&EngineConfig::new())
        .unwrap()
        .load_with(module, imports)
}

fn run(program: &Program) -> Outcome {
    // The limit is a watchdog: no test here needs a hundredth of it.
    let config = RunConfig::new().timeout(Duration::from_secs(120));
    program.run(config.stderr(Stream::capture())).unwrap()
}

/// The code that main exits with.
fn code(outcome: &Outcome) -> i32 {
    match &outcome.end {
        End::Exited(code) => *code,
        other => panic!("{other:?}"),
    }
}

#[test]
fn numbers_of_all_types_cross_the_border_in_both_directions() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let told = seen.clone();
    let imports = Imports::new()
        .function(
            "all",
            "take",
            move |_: Guest<'_>, a: i32, b: u32, c: i64, d: u64, e: f32, f: f64, g: u32, h: i32| {
                told.lock()
                    .unwrap()
                    .push(format!("{a} {b} {c} {d} {e} {f} {g} {h}"));
            },
        )
        .unwrap()
        .function("all", "none", |_: Guest<'_>| {})
        .unwrap()
        .function("all", "give", |_: Guest<'_>, from: u32| {
            (from, u64::MAX, 0.5_f32, -0.25_f64)
        })
        .unwrap()
        .function("all", "fail_not", |_: Guest<'_>, from: f64| {
            Ok::<_, std::fmt::Error>(from * 2.0)
        })
        .unwrap();
    let module = module(
        r#"(import "all" "take" (func $take (param i32 i32 i64 i64 f32 f64 i32 i32)))
        (import "all" "none" (func $none))
        (import "all" "give" (func $give (param i32) (result i32 i64 f32 f64)))
        (import "all" "fail_not" (func $fail_not (param f64) (result f64)))"#,
        &format!(
            r#"{NO_THREADS} (func (export "_start") (local i32 i64 f32 f64)
                (call $none)
                (call $take (i32.const -1) (i32.const -1) (i64.const -1) (i64.const -1) (f32.const 1.5) (f64.const -2.5)
                    (i32.const 7) (i32.const 8))
                (call $give (i32.const 9))
                local.set 3 local.set 2 local.set 1 local.set 0
                (call $exit (i32.and
                    (i32.and (i32.eq (local.get 0) (i32.const 9)) (i64.eq (local.get 1) (i64.const -1)))
                    (i32.and (f32.eq (local.get 2) (f32.const 0.5))
                        (f64.eq (call $fail_not (local.get 3)) (f64.const -0.5))))))"#
        ),
    );
    let outcome = run(&load(&module, &imports).unwrap());
    assert_eq!(code(&outcome), 1);
    let line = format!("-1 {} -1 {} 1.5 -2.5 7 8", u32::MAX, u64::MAX);
    assert_eq!(*seen.lock().unwrap(), [line]);
}

#[test]
fn functions_read_and_write_the_guests_memory_and_no_more() {
    let imports = Imports::new()
        .function("env", "turn", |guest: Guest<'_>, from: u32, len: u32, to: u32| {
            let mut bytes = guest.bytes(from, len)?;
            bytes.reverse();
            guest.write(to, &bytes)
        })
        .unwrap()
        .function("env", "check", |guest: Guest<'_>| -> Result<u64, OutOfBounds> {
            let size = guest.memory_len();
            let end = u32::try_from(size).unwrap();
            let mut buffer = [0; 4];
            for address in [end - 3, end, u32::MAX] {
                let out = OutOfBounds { address, len: 4 };
                assert_eq!(guest.bytes(address, 4), Err(out));
                assert_eq!(guest.read(address, &mut buffer), Err(out));
                assert_eq!(guest.write(address, b"wxyz"), Err(out));
            }
            assert!(guest.bytes(0, u32::MAX).is_err());
            assert_eq!(buffer, [0; 4]);
            guest.write(end - 4, b"wxyz")?;
            guest.read(end - 4, &mut buffer)?;
            assert_eq!((&buffer, guest.thread_id()), (b"wxyz", 0));
            Ok(size)
        })
        .unwrap();
    let module = module(
        r#"(import "env" "turn" (func $turn (param i32 i32 i32)))
        (import "env" "check" (func $check (result i64)))"#,
        &format!(
            r#"{NO_THREADS} (func (export "_start")
                (call $turn (i32.const 16) (i32.const 4) (i32.const 17))
                (if (i64.ne (call $check) (i64.const 65536)) (then unreachable))
                (call $exit (i32.eq (i32.load align=1 (i32.const 17)) (i32.const 0x61626364))))"#
        ),
    );
    assert_eq!(code(&run(&load(&module, &imports).unwrap())), 1);
}

#[test]
fn many_threads_are_in_one_function_at_once_and_instances_are_reused() {
    // Nobody gets out before all are in.
    const THREADS: usize = 4;
    let (all, calls) = (Barrier::new(THREADS), Arc::new(AtomicU64::new(0)));
    let ids = Arc::new(Mutex::new(BTreeSet::new()));
    let (counted, seen) = (calls.clone(), ids.clone());
    let imports = Imports::new()
        .function("env", "meet", move |guest: Guest<'_>| {
            seen.lock().unwrap().insert(guest.thread_id());
            all.wait();
        })
        .unwrap()
        .function("env", "count", move |_: Guest<'_>, by: u32| {
            counted.fetch_add(by.into(), Ordering::Relaxed);
        })
        .unwrap();
    let start = format!(
        r#"(func $spawn (param $at i32) (param $how i32)
            (if (call $create (local.get $at) (local.get $how)) (then unreachable)))
        (func $join_at (param $at i32) (if (call $join (i32.load (local.get $at))) (then unreachable)))
        (func (export "thread_start") (param i32)
            (if (i32.eqz (local.get 0)) (then (call $meet)) (else (call $count (local.get 0)))))
        (func (export "_start") (local $i i32)
            {} {}
            (loop $again
                (call $spawn (i32.const 0) (i32.const 3))
                (call $join_at (i32.const 0))
                (local.set $i (i32.add (local.get $i) (i32.const 1)))
                (br_if $again (i32.lt_u (local.get $i) (i32.const 100)))))"#,
        (0..THREADS)
            .map(|thread| format!("(call $spawn (i32.const {}) (i32.const 0))", 4 * thread))
            .collect::<String>(),
        (0..THREADS)
            .map(|thread| format!("(call $join_at (i32.const {}))", 4 * thread))
            .collect::<String>(),
    );
    let module = module(
        // Twice the same one: a module may say so.
        r#"(import "env" "meet" (func $meet))
        (import "env" "count" (func $count (param i32)))
        (import "env" "count" (func $again (param i32)))"#,
        &start,
    );
    let outcome = run(&load(&module, &imports).unwrap());
    assert!(matches!(outcome.end, End::Returned), "{:?}", outcome.end);
    assert_eq!(calls.load(Ordering::Relaxed), 300);
    assert_eq!(ids.lock().unwrap().len(), THREADS);
    // Main's and those of the four; the hundred took one of these.
    assert!(
        outcome.stats.instances <= 1 + THREADS as u64,
        "{:?}",
        outcome.stats
    );
}

#[test]
fn an_error_ends_the_run_and_is_named() {
    let imports = || {
        Imports::new()
            .function("disk", "save", |guest: Guest<'_>, at: u32| {
                guest.bytes(at, 100).map(|_| ())
            })
            .unwrap()
            .function("disk", "lose", |_: Guest<'_>| -> Result<i32, &'static str> {
                Err("no such file\nand no \u{1b}[31mother")
            })
            .unwrap()
    };
    let import = r#"(import "disk" "save" (func $save (param i32)))
        (import "disk" "lose" (func $lose (result i32)))"#;
    let in_main = module(
        import,
        &format!(r#"{NO_THREADS} (func (export "_start") (call $save (i32.const 0xfff0)))"#),
    );
    let in_a_thread = module(
        import,
        r#"(func (export "thread_start") (param i32) (drop (call $lose)))
        (func (export "_start")
            (if (call $create (i32.const 0) (i32.const 0)) (then unreachable))
            (drop (memory.atomic.wait32 (i32.const 8) (i32.const 0) (i64.const 3600000000000))))"#,
    );
    let at_the_start = module(
        import,
        &format!(r#"{NO_THREADS} (func $first (drop (call $lose))) (start $first) (func (export "_start"))"#),
    );
    for (module, name, thread, message) in [
        (in_main, "save", "'main'", "100 bytes at address 0xfff0"),
        (in_a_thread, "lose", "#1", "no such file"),
        (at_the_start, "lose", "'main'", "no such file"),
    ] {
        let outcome = run(&load(&module, &imports()).unwrap());
        let text = outcome.end.to_string();
        let End::ImportFailed(failure) = &outcome.end else {
            panic!("{:?}", outcome.end)
        };
        assert_eq!((&failure.module[..], &failure.name[..]), ("disk", name));
        assert_eq!((&failure.thread[..], outcome.end.exit_code()), (thread, 134));
        let start =
            format!("the host's function `disk.{name}` failed in thread {thread}, which ended the program: ");
        assert!(text.starts_with(&start) && text.contains(message), "{text}");
        assert!(
            text.contains("stack backtrace:") && !text.contains('\u{1b}'),
            "{text}"
        );
        assert_eq!(outcome.stats.abandoned_threads, 0);
    }
}

#[test]
fn a_panic_is_the_death_of_the_guests_thread() {
    let imports = Imports::new()
        // Like `panic!`, but without a line on the standard error.
        .function("env", "fall", |_: Guest<'_>| -> i32 {
            std::panic::resume_unwind(Box::new("over a stone"))
        })
        .unwrap();
    let import = r#"(import "env" "fall" (func $fall (result i32)))"#;
    let spawned = module(
        import,
        r#"(func (export "thread_start") (param i32) (drop (call $fall)))
        (func (export "_start")
            (if (call $create (i32.const 0) (i32.const 0)) (then unreachable))
            (call $exit (call $join (i32.load (i32.const 0)))))"#,
    );
    let outcome = run(&load(&spawned, &imports).unwrap());
    assert_eq!(code(&outcome), threadlink_abi::errno::THREAD_FAILED);
    let said = String::from_utf8_lossy(&outcome.stderr).into_owned();
    assert!(
        said.contains("thread #1") && said.contains("over a stone"),
        "{said}"
    );
    let in_main = module(
        import,
        &format!(r#"{NO_THREADS} (func (export "_start") (drop (call $fall)))"#),
    );
    let error = load(&in_main, &imports)
        .unwrap()
        .run(RunConfig::new())
        .unwrap_err();
    assert!(
        matches!(&error, RunError::HostFailed { message } if message == "over a stone"),
        "{error}"
    );
}

#[test]
fn names_of_threadlinks_own_are_refused() {
    for (module, name) in [
        ("wasm_threadlink", "thread_create"),
        ("wasm_threadlink", "anything"),
        ("threadlink", "write"),
        ("threadlink", "anything"),
        ("threadlink:host", "wait32"),
        ("env", "memory"),
    ] {
        let refused = Imports::new()
            .function(module, name, |_: Guest<'_>| {})
            .unwrap_err();
        assert!(matches!(refused, ImportError::Reserved { .. }), "{refused}");
        assert!(
            refused.to_string().contains(&format!("{module}.{name}")),
            "{refused}"
        );
    }
    let once = Imports::new().function("env", "f", |_: Guest<'_>| {}).unwrap();
    let twice = once.function("env", "f", |_: Guest<'_>, _: i32| {}).unwrap_err();
    assert!(matches!(twice, ImportError::Twice { .. }), "{twice}");
}

#[test]
fn what_is_not_there_or_of_another_type_is_named_when_the_module_is_loaded() {
    let imports = Imports::new()
        .function("game", "score", |_: Guest<'_>, points: i32| i64::from(points))
        .unwrap();
    let with = |import: &str| {
        let body = format!(r#"{NO_THREADS} (func (export "_start"))"#);
        load(&module(import, &body), &imports)
    };
    assert!(with(r#"(import "game" "score" (func (param i32) (result i64)))"#).is_ok());
    // Given, and not wanted.
    assert!(with("").is_ok());
    let refused = with(r#"(import "game" "scores" (func (param i32) (result i64)))"#).unwrap_err();
    assert!(matches!(refused, LoadError::UnknownImport { .. }), "{refused}");
    assert!(refused.to_string().contains("`game.scores`"), "{refused}");
    for (import, found) in [
        (r#"(import "game" "score" (func (param i32)))"#, "(i32) -> ()"),
        (
            r#"(import "game" "score" (func (param i64) (result i64)))"#,
            "(i64) -> i64",
        ),
        (
            r#"(import "game" "score" (func (param v128) (result i64)))"#,
            "(v128) -> i64",
        ),
        (r#"(import "game" "score" (global i32))"#, "a global"),
    ] {
        let refused = with(import).unwrap_err();
        let text = refused.to_string();
        assert!(matches!(refused, LoadError::CustomImportType { .. }), "{text}");
        assert!(
            text.contains("`game.score`") && text.contains(found) && text.contains("(i32) -> i64"),
            "{text}"
        );
    }
    // What has no functions of its own knows none.
    let alone = Engine::new(&EngineConfig::new()).unwrap();
    let body = format!(r#"{NO_THREADS} (func (export "_start"))"#);
    let refused = alone.load(&module(
        r#"(import "game" "score" (func (param i32) (result i64)))"#,
        &body,
    ));
    assert!(matches!(refused, Err(LoadError::UnknownImport { .. })));
}

#[test]
fn a_run_that_is_over_calls_nothing_any_more() {
    let calls = Arc::new(AtomicU64::new(0));
    let counted = calls.clone();
    let imports = Imports::new()
        .function("env", "call", move |_: Guest<'_>| {
            counted.fetch_add(1, Ordering::SeqCst);
        })
        .unwrap();
    let module = module(
        r#"(import "env" "call" (func $call))"#,
        r#"(func (export "thread_start") (param i32) (loop $l (call $call) (br $l)))
        (func (export "_start")
            (if (call $create (i32.const 0) (i32.const 0)) (then unreachable))
            (call $call))"#,
    );
    let outcome = run(&load(&module, &imports).unwrap());
    assert!(matches!(outcome.end, End::Returned), "{:?}", outcome.end);
    assert_eq!(outcome.stats.abandoned_threads, 0);
    let after = calls.load(Ordering::SeqCst);
    assert!(after >= 1);
    std::thread::yield_now();
    assert_eq!(calls.load(Ordering::SeqCst), after);
}
