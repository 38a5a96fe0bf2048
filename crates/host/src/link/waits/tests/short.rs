//! Waits that only ask others to go on, as `yield_now` is.

use wasmtime::Val;

use super::{Came, Machine, Whose};

/// `wait(expected, nanoseconds)` for a word that is 0.
const WAITS: &str = r#"(module
    (import "env" "memory" (memory 1 1 shared))
    (func (export "wait") (param i32 i64) (result i32)
        (memory.atomic.wait32 (i32.const 8) (local.get 0) (local.get 1))))"#;

#[test]
fn a_wait_that_is_over_before_anybody_could_wake_it_stands_in_no_queue() {
    let machine = Machine::new(Whose::Ours, &wat::parse_str(WAITS).unwrap(), (1, 1));
    let mut running = machine.start();
    let mut wait = |expected: i32, nanoseconds: i64| {
        let came = machine.call(&mut running, "wait", &[Val::I32(expected), Val::I64(nanoseconds)]);
        let Came::Back(results) = came else {
            panic!("{came:?}");
        };
        (results[0], running.store.data().waits)
    };
    for nanoseconds in [0, 1, 1_000] {
        assert_eq!(wait(0, nanoseconds), (2, 0), "timed out, {nanoseconds} ns");
        assert_eq!(wait(1, nanoseconds), (1, 0), "another number, {nanoseconds} ns");
    }
    assert_eq!(wait(0, 1_001), (2, 1));
}
