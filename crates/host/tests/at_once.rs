//! Calls of one program's exports at once are runs: each has a memory and a main thread of its own, with its control block.

mod described;

use std::sync::{Arc, Barrier};
use std::time::Duration;

use threadlink_abi::layout::block;
use threadlink_host::{End, Engine, EngineConfig, Guest, Imports, RunConfig, Value};

use described::{MAIN, described, store};

/// How many calls there are at once.
const CALLS: i32 = 8;

/// A module whose exports write to one place, wait until all calls have done so, and return or tell what they find there.
fn module() -> Vec<u8> {
    let panic = [
        store(MAIN + block::PANIC_LEN, 1),
        store(MAIN + block::PANIC, 2048),
    ];
    let described = described(0, &panic.concat());
    let text = format!(
        r#"(module
            (import "env" "memory" (memory 1 4 shared))
            (import "test" "meet" (func $meet))
            (global $called (mut i32) (i32.const 0))
            {described}
            (func $enter (param $number i32) (result i32)
                (global.set $called (i32.add (global.get $called) (i32.const 1)))
                (i32.store8 (i32.const 2048) (i32.add (i32.const 48) (local.get $number)))
                (drop (i32.atomic.rmw.add (i32.const 4096) (local.get $number)))
                (call $meet)
                (i32.add (i32.mul (i32.load (i32.const 4096)) (i32.const 10)) (global.get $called)))
            (func (export "thread_start") (param i32))
            (func (export "number") (param i32) (result i32) (call $enter (local.get 0)))
            (func (export "panic") (param i32) (drop (call $enter (local.get 0))) unreachable))"#
    );
    wat::parse_str(text).unwrap()
}

#[test]
fn calls_at_once_share_nothing() {
    let all = Arc::new(Barrier::new(CALLS as usize));
    let imports = Imports::new().function("test", "meet", move |_: Guest<'_>| {
        all.wait();
    });
    let engine = Engine::new(&EngineConfig::new()).unwrap();
    let program = engine.load_with(&module(), &imports.unwrap()).unwrap();
    let call = |number: i32| {
        let name = if number % 2 == 0 { "number" } else { "panic" };
        let config = RunConfig::new().invoke(name, [Value::I32(number)]);
        // A watchdog.
        program.run(config.timeout(Duration::from_secs(120))).unwrap()
    };
    std::thread::scope(|scope| {
        let call = &call;
        // All of them, before the first is waited for.
        let calls: Vec<_> = (0..CALLS)
            .map(|number| scope.spawn(move || call(number)))
            .collect();
        for (number, call) in (0..CALLS).zip(calls) {
            let outcome = call.join().unwrap();
            match &outcome.end {
                End::Returned => assert_eq!(outcome.results, [Value::I32(number * 10 + 1)]),
                End::Panicked(death) => assert_eq!(death.message, number.to_string()),
                end => panic!("{end}"),
            }
            assert_eq!(matches!(outcome.end, End::Returned), number % 2 == 0);
        }
    });
}
