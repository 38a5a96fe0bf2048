//! Modules that are valid and would cost the compiler far more than their bytes: refused, with a sentence that says why.

use std::fmt::Write;
use std::process::Command;

use threadlink_host::{Engine, EngineConfig, LoadError};

/// Loads a module with this after its memory.
fn load(body: &str) -> Result<(), LoadError> {
    let text = format!(r#"(module (import "env" "memory" (memory 1 1 shared)) {body})"#);
    let bytes = wat::parse_str(text).unwrap();
    let engine = Engine::new(&EngineConfig::new()).unwrap();
    engine.load(&bytes).map(drop)
}

/// What there is too much of, and the limit.
fn refused(body: &str) -> (&'static str, u64) {
    match load(body) {
        Err(LoadError::TooLarge { what, found, limit }) if found > limit => (what, limit),
        Err(other) => panic!("{other}"),
        Ok(()) => panic!("it was loaded"),
    }
}

#[test]
fn counts_have_limits() {
    assert_eq!(refused(&"(func)".repeat(65_537)), ("functions", 65_536));
    let import = r#"(import "threadlink" "exit" (func (param i32)))"#;
    assert_eq!(refused(&import.repeat(1001)), ("imports", 1000));
    let mut exports = "(func)".to_owned();
    for index in 0..=100_000 {
        write!(exports, r#"(export "{index}" (func 0))"#).unwrap();
    }
    assert_eq!(refused(&exports), ("exports", 100_000));
}

#[test]
fn a_long_function_is_refused() {
    let long = format!("(func {})", "nop ".repeat((1 << 20) + 1));
    assert_eq!(refused(&long), ("bytes of code in one function", 1 << 20));
}

#[test]
fn a_function_of_too_many_blocks_is_refused() {
    for (body, most) in [
        ("(block)", 20_000),
        ("(if (i32.const 0) (then))", 20_000),
        ("(loop)", 5_000),
    ] {
        let function = format!("(func {})", body.repeat(most + 1));
        let limit = ("blocks, with loops four times, in one function", 20_000);
        assert_eq!(refused(&function), limit, "{body}");
        let functions = format!("(func {})", body.repeat(most / 2)).repeat(21);
        let limit = ("blocks in large functions, squared", 2_000_000_000);
        assert_eq!(refused(&functions), limit, "{body}");
    }
}

#[test]
fn what_may_take_more_memory_than_is_allowed_is_refused_before_it_does() {
    // Each of few bytes: calls, growth, copies, divisions.
    for (body, count) in [
        ("(call 0)", 400_000),
        ("(drop (memory.grow (i32.const 0)))", 20_000),
        ("(memory.copy (i32.const 0) (i32.const 0) (i32.const 0))", 100_000),
        ("(drop (i32.rem_s (i32.const 1) (i32.const 2)))", 300_000),
    ] {
        let functions = format!("(func {})", body.repeat(count / 2)).repeat(8);
        let refused = load(&functions).unwrap_err();
        let LoadError::CompileMemory { wanted, limit } = refused else {
            panic!("{body}: {refused}");
        };
        assert!(wanted > limit && limit == 480 << 20, "{body}: {wanted}");
    }
}

#[test]
fn who_allows_more_memory_to_compile_gets_more() {
    let text = format!(
        r#"(module (import "env" "memory" (memory 1 1 shared))
            (func (export "_start") {}) (func (export "thread_start") (param i32)))"#,
        "(drop (memory.grow (i32.const 0)))".repeat(500)
    );
    let bytes = wat::parse_str(text).unwrap();
    let load = |most: u64| {
        let engine = Engine::new(&EngineConfig::new().max_compile_memory(most)).unwrap();
        engine.load(&bytes)
    };
    assert!(matches!(load(40 << 20), Err(LoadError::CompileMemory { .. })));
    load(64 << 20).unwrap();
}

#[test]
fn short_calls_that_pass_many_values_are_refused() {
    // Two bytes each.
    let (values, calls) = ("i64 ".repeat(500), "call $pass ".repeat(1000));
    let pass = format!(
        "(type $wide (func (param {values}) (result {values})))
        (func $pass (type $wide) unreachable)
        (func (type $wide) {} {calls})",
        (0..500)
            .map(|index| format!("local.get {index} "))
            .collect::<String>()
    );
    let (what, limit) = refused(&pass);
    assert_eq!((what, limit), ("values that calls pass beyond 16 each", 200_000));
    // So are exported functions, which are called from outside.
    let functions = format!(
        "(type $wide (func (param {values}))) {}",
        "(func (type $wide))".repeat(500)
    );
    assert_eq!(refused(&functions), (what, limit));
}

#[test]
fn many_locals_over_many_branches_are_refused() {
    let locals = format!("(local {})", "i32 ".repeat(4001));
    let branches = "(loop local.get 0 local.set 1 local.get 2 br_if 0)";
    let function = |count: usize| format!("(func {locals} {})", branches.repeat(count));
    assert_eq!(
        refused(&function(2000)),
        ("locals times branches in one function", 8_000_000)
    );
    let many = function(1500).repeat(6);
    assert_eq!(refused(&many), ("locals times branches", 32_000_000));
}

#[test]
fn what_real_programs_have_is_loaded() {
    let branches = "(loop local.get 0 local.set 1 local.get 2 br_if 0)".repeat(100);
    let locals = format!("(local {})", "i32 ".repeat(500));
    load(&format!(
        "(func $wide (param {}) (result i32) i32.const 0) {}",
        "i32 ".repeat(17),
        format!("(func {locals} {branches})").repeat(20)
    ))
    .unwrap();
}

#[test]
#[cfg(target_os = "linux")]
fn without_memory_for_the_compiler_a_module_is_refused() {
    const HERE: &str = "THREADLINK_TEST_CHILD";
    if std::env::var_os(HERE).is_none() {
        let output = Command::new("sh")
            .args(["-c", "ulimit -v 307200 && exec \"$@\"", "sh"])
            .arg(std::env::current_exe().unwrap())
            .args([
                "without_memory_for_the_compiler_a_module_is_refused",
                "--exact",
                "--nocapture",
            ])
            .env(HERE, "1")
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {text}", output.status);
        return;
    }
    // Within the limits, and more than is to be had here.
    let locals = format!("(local {})", "i32 ".repeat(1400));
    let branches = "(block local.get 0 local.set 1 local.get 2 br_if 0)".repeat(5600);
    let refused = load(&format!("(func {locals} {branches})")).unwrap_err();
    assert!(matches!(refused, LoadError::NoMemory { .. }), "{refused}");
    assert!(refused.to_string().contains("ulimit -v"), "{refused}");
}
