//! An instance serves a second thread only if that cannot notice: instruction by instruction.

use std::time::Duration;

use threadlink_host::{Engine, EngineConfig, Outcome, RunConfig};

/// Two threads after one another run `thread_start`, which begins with `look`, an i32 that has to be 0, and then does
/// `change`.
fn run(items: &str, look: &str, change: &str) -> Outcome {
    let spawn_and_join = "(call $expect_zero (call $create (i32.const 0) (i32.const 3)))
        (call $expect_zero (call $join (i32.load (i32.const 0))))";
    let text = format!(
        r#"(module
            (import "env" "memory" (memory 1 1 shared))
            (import "wasm_threadlink" "thread_create" (func $create (param i32 i32) (result i32)))
            (import "wasm_threadlink" "thread_join" (func $join (param i32) (result i32)))
            (import "threadlink" "exit" (func $exit (param i32)))
            {items}
            (func $expect_zero (param i32) (if (local.get 0) (then (call $exit (i32.const 9)))))
            (func (export "thread_start") (param i32) (call $expect_zero {look}) {change})
            (func (export "_start") {spawn_and_join} {spawn_and_join}))"#
    );
    let engine = Engine::new(&EngineConfig::new()).unwrap();
    let bytes = wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let program = engine
        .load(&bytes)
        .unwrap_or_else(|error| panic!("{error}\n{text}"));
    program
        .run(RunConfig::new().timeout(Duration::from_secs(60)))
        .unwrap()
}

/// The tables, segments, types and objects of the cases below.
const ITEMS: &str = r#"
    (type $box (struct (field (mut i32))))
    (type $list (array (mut i32)))
    (type $bytes (array (mut i8)))
    (type $refs (array (mut funcref)))
    (func $one (result i32) (i32.const 1))
    (table $t 4 8 funcref)
    (elem $functions func $one)
    (data $text "text")
    (global $object (ref $box) (struct.new $box (i32.const 0)))
    (global $array (ref $list) (array.new $list (i32.const 0) (i32.const 2)))
    (global $text8 (ref $bytes) (array.new $bytes (i32.const 0) (i32.const 2)))
    (global $array8 (ref $refs) (array.new $refs (ref.null func) (i32.const 2)))"#;

#[test]
fn whatever_a_thread_can_leave_in_its_instance_is_not_there_for_the_next() {
    let at_zero = "(i32.eqz (ref.is_null (table.get $t (i32.const 0))))";
    let first = "(array.get $list (global.get $array) (i32.const 0))";
    for (look, change) in [
        (at_zero, "(table.set $t (i32.const 0) (ref.func $one))"),
        (
            "(i32.sub (table.size $t) (i32.const 4))",
            "(drop (table.grow $t (ref.null func) (i32.const 1)))",
        ),
        (
            at_zero,
            "(table.fill $t (i32.const 0) (ref.func $one) (i32.const 1))",
        ),
        (
            at_zero,
            "(table.init $t $functions (i32.const 0) (i32.const 0) (i32.const 1))",
        ),
        (
            at_zero,
            "(table.copy $t $t (i32.const 0) (i32.const 1) (i32.const 1))",
        ),
        // Of a segment that was dropped, nothing can be taken.
        (
            "(i32.const 0) (table.init $t $functions (i32.const 0) (i32.const 0) (i32.const 1))",
            "(elem.drop $functions)",
        ),
        (
            "(i32.const 0) (memory.init $text (i32.const 64) (i32.const 0) (i32.const 4))",
            "(data.drop $text)",
        ),
        (
            "(struct.get $box 0 (global.get $object))",
            "(struct.set $box 0 (global.get $object) (i32.const 1))",
        ),
        (
            first,
            "(array.set $list (global.get $array) (i32.const 0) (i32.const 1))",
        ),
        (
            first,
            "(array.fill $list (global.get $array) (i32.const 0) (i32.const 1) (i32.const 1))",
        ),
        (
            first,
            "(array.copy $list $list (global.get $array) (i32.const 0)
                (array.new $list (i32.const 1) (i32.const 1)) (i32.const 0) (i32.const 1))",
        ),
        (
            "(array.get_u $bytes (global.get $text8) (i32.const 0))",
            "(array.init_data $bytes $text (global.get $text8) (i32.const 0) (i32.const 0) (i32.const 1))",
        ),
        (
            "(i32.eqz (ref.is_null (array.get $refs (global.get $array8) (i32.const 0))))",
            "(array.init_elem $refs $functions (global.get $array8) (i32.const 0) (i32.const 0) (i32.const 1))",
        ),
    ] {
        let outcome = run(ITEMS, look, change);
        assert_eq!(outcome.end.exit_code(), 0, "{change}: {}", outcome.end);
        assert_eq!(outcome.stats.instances, 3, "{change}");
        assert_eq!(outcome.stats.died, 0, "{change}");
    }
    // With all that there but only looked at, one instance serves both.
    let outcome = run(ITEMS, at_zero, "");
    assert_eq!((outcome.end.exit_code(), outcome.stats.instances), (0, 2));
}

#[test]
fn globals_are_put_back() {
    let mut items = String::new();
    let (mut look, mut change) = ("(i32.const 0)".to_owned(), String::new());
    for (ty, name) in [("i32", "a"), ("i64", "b"), ("f32", "c"), ("f64", "d")] {
        items += &format!("(global ${name} (mut {ty}) ({ty}.const 7))");
        look = format!("(i32.or {look} ({ty}.ne (global.get ${name}) ({ty}.const 7)))");
        change += &format!("(global.set ${name} ({ty}.const 8))");
    }
    let outcome = run(&items, &look, &change);
    assert_eq!(
        (outcome.end.exit_code(), outcome.stats.instances),
        (0, 2),
        "{}",
        outcome.end
    );
    // More than are worth it; and one that no number says.
    for more in [
        "(global $e (mut i32) (i32.const 0))",
        "(global $v (mut v128) (v128.const i64x2 0 0))",
        "(global $r (mut externref) (ref.null extern))",
    ] {
        let outcome = run(&format!("{items}{more}"), &look, &change);
        assert_eq!(
            (outcome.end.exit_code(), outcome.stats.instances),
            (0, 3),
            "{more}"
        );
    }
}

#[test]
fn what_the_start_function_drops_is_dropped_before_any_thread_runs() {
    // As the linker makes it.
    let start = r#"(data $text "text") (start $init) (func $init (data.drop $text))"#;
    let outcome = run(start, "(i32.const 0)", "");
    assert_eq!((outcome.end.exit_code(), outcome.stats.instances), (0, 2));
    for others in [
        r#"(export "init" (func $init))"#,
        "(func $other (call $init))",
        "(func $other (return_call $init))",
        "(table 1 funcref) (elem (i32.const 0) func $init)",
        "(table 1 funcref) (elem (i32.const 0) funcref (ref.func $init))",
        "(global funcref (ref.func $init))",
        "(table 1 funcref (ref.func $init))",
    ] {
        let outcome = run(&format!("{start}{others}"), "(i32.const 0)", "");
        assert_eq!(
            (outcome.end.exit_code(), outcome.stats.instances),
            (0, 3),
            "{others}"
        );
    }
}
