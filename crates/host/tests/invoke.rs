//! Entry points with numbers: they are checked against the function's type, and its results come out.

use std::time::Duration;

use threadlink_abi::layout;
use threadlink_host::{
    End, Engine, EngineConfig, Outcome, Program, RunConfig, RunError, Signature, Value, ValueType,
};

fn program() -> Program {
    let text = r#"(module
        (import "env" "memory" (memory 1 4 shared))
        (import "wasm_threadlink" "thread_create" (func $create (param i32 i32) (result i32)))
        (import "wasm_threadlink" "thread_join" (func $join (param i32) (result i32)))
        (import "threadlink" "exit" (func $exit (param i32)))
        (func (export "thread_start") (param i32)
            (i32.atomic.store (i32.const 64) (i32.mul (local.get 0) (local.get 0))))
        (func (export "swap") (param i32 i64 f32 f64) (result f64 f32 i64 i32)
            local.get 3 local.get 2 local.get 1 local.get 0)
        (func (export "square") (param i32) (result i32)
            (if (call $create (i32.const 0) (local.get 0)) (then unreachable))
            (if (call $join (i32.load (i32.const 0))) (then unreachable))
            (i32.atomic.load (i32.const 64)))
        (func (export "leave") (param i32) (result i32) (call $exit (local.get 0)) (i32.const 5))
        (func (export "fall") (param i32) (result i32) unreachable)
        (func (export "none")))"#;
    let engine = Engine::new(&EngineConfig::new()).unwrap();
    engine.load(&wat::parse_str(text).unwrap()).unwrap()
}

fn run(name: &str, numbers: &[Value]) -> Result<Outcome, RunError> {
    // A watchdog: no test here needs a hundredth of it.
    let config = RunConfig::new().timeout(Duration::from_secs(120));
    program().run(config.invoke(name, numbers.iter().copied()))
}

#[test]
fn numbers_of_all_types_go_in_and_come_out() {
    let numbers = [
        Value::I32(-7),
        Value::I64(i64::MIN),
        Value::F32(0.5),
        Value::F64(-1e300),
    ];
    let outcome = run("swap", &numbers).unwrap();
    assert!(matches!(outcome.end, End::Returned), "{:?}", outcome.end);
    let mut swapped = numbers;
    swapped.reverse();
    assert_eq!(outcome.results, swapped);
    assert!(run("none", &[]).unwrap().results.is_empty());
}

#[test]
fn an_entry_point_with_numbers_starts_threads_as_any_other() {
    let outcome = run("square", &[Value::I32(12)]).unwrap();
    assert_eq!(
        (outcome.results, outcome.stats.threads),
        (vec![Value::I32(144)], 2)
    );
}

#[test]
fn a_program_that_ends_otherwise_has_no_results() {
    let outcome = run("leave", &[Value::I32(3)]).unwrap();
    assert!(
        matches!(outcome.end, End::Exited(3)) && outcome.results.is_empty(),
        "{outcome:?}"
    );
    let outcome = run("fall", &[Value::I32(3)]).unwrap();
    assert!(
        matches!(outcome.end, End::Trapped(_)) && outcome.results.is_empty(),
        "{outcome:?}"
    );
}

/// How a program ends whose entry point leaves these words in the main thread's control block and returns; and what it returns.
fn left(flags: u32, code: i32, returns: &str) -> (End, Vec<Value>) {
    let (descriptor, block) = (256_u32, 512_u32);
    let words = [
        (
            descriptor + layout::descriptor::MAGIC,
            layout::descriptor::MAGIC_VALUE,
        ),
        (
            descriptor + layout::descriptor::VERSION,
            layout::descriptor::OLDEST_VERSION,
        ),
        (descriptor + layout::descriptor::MAIN_BLOCK, block),
        (block + layout::block::MAGIC, layout::block::MAGIC_VALUE),
    ];
    let store = |(at, value)| format!("(i32.store (i32.const {at}) (i32.const {value}))");
    let described: String = words.map(store).concat();
    let leave = [
        (block + layout::block::FLAGS, flags),
        (block + layout::block::EXIT_CODE, code.cast_unsigned()),
    ];
    let leave: String = leave.map(store).concat();
    let text = format!(
        r#"(module
            (import "env" "memory" (memory 1 1 shared))
            (global (export "__threadlink_descriptor") i32 (i32.const {descriptor}))
            (start $words)
            (func $words {described})
            (func (export "_start") (result i32) {leave} {returns}))"#
    );
    let engine = Engine::new(&EngineConfig::new()).unwrap();
    let program = engine.load(&wat::parse_str(text).unwrap()).unwrap();
    let outcome = program.run(RunConfig::new()).unwrap();
    (outcome.end, outcome.results)
}

#[test]
fn an_entry_point_can_leave_an_exit_code_and_return() {
    let (five, said) = ("(i32.const 5)", layout::block::FLAG_EXIT_CODE);
    for code in [1, -1, 300, i32::MIN] {
        let (end, results) = left(said, code, five);
        assert!(
            matches!(end, End::Exited(found) if found == code) && results.is_empty(),
            "{end:?}"
        );
    }
    // Success, and a word that means something else.
    for (flags, code) in [(said, 0), (layout::block::FLAG_NO_MEMORY, 7), (!said, 7), (0, 7)] {
        let (end, results) = left(flags, code, five);
        assert!(matches!(end, End::Returned), "{end:?}");
        assert_eq!(results, [Value::I32(5)]);
    }
    // It did not return.
    let (end, _) = left(said, 7, "unreachable");
    assert!(matches!(end, End::Trapped(_)), "{end:?}");
}

#[test]
fn other_numbers_than_a_function_takes_are_refused_before_it_starts() {
    for (given, found) in [
        (vec![], "()"),
        (vec![Value::I64(1)], "(i64)"),
        (vec![Value::I32(1), Value::I32(1)], "(i32, i32)"),
    ] {
        let refused = run("square", &given).unwrap_err();
        assert!(matches!(refused, RunError::EntryParams { .. }), "{refused}");
        assert_eq!(
            refused.to_string(),
            format!("the export `square` takes (i32), and was given {found}")
        );
    }
}

#[test]
fn a_message_names_some_of_many_entry_points() {
    let exports: String = (0..40).map(|number| format!(r#"(export "f{number}")"#)).collect();
    let text = format!(r#"(module (import "env" "memory" (memory 1 4 shared)) (func {exports}))"#);
    let engine = Engine::new(&EngineConfig::new()).unwrap();
    let program = engine.load(&wat::parse_str(text).unwrap()).unwrap();
    let refused = program.run(RunConfig::new()).unwrap_err().to_string();
    assert!(
        refused.contains("f0, f1, ") && refused.ends_with("f31, and 8 more"),
        "{refused}"
    );
}

#[test]
fn a_program_tells_what_its_functions_take() {
    let program = program();
    let Signature { params, results, .. } = program.signature("swap").unwrap();
    assert_eq!(
        params,
        [ValueType::I32, ValueType::I64, ValueType::F32, ValueType::F64]
    );
    assert_eq!(
        results,
        [ValueType::F64, ValueType::F32, ValueType::I64, ValueType::I32]
    );
    assert_eq!(program.signature("nothing"), None);
    assert_eq!(
        program.entry_points(),
        ["swap", "square", "leave", "fall", "none"]
    );
}
