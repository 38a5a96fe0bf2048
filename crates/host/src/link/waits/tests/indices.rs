//! Everything that names a function, and everything that has a place, in a module whose functions move.

use wasmparser::{Operator, Parser, Payload};
use wasmtime::Val;

use super::{BOTH, Came, Machine, Whose};
use crate::load::rewritten;

/// Each export reaches functions in another way. `$deep` traps where it is told to.
const MODULE: &str = r#"(module $names
    (type $number (func (result i32)))
    (import "env" "memory" (memory 1 1 shared))
    (import "env" "twice" (func $twice (param i32) (result i32)))
    (tag $thrown (param i32))
    (table $table 6 funcref)
    (table $expressions 2 2 funcref (ref.func $seven))
    (global $started (mut i32) (i32.const 0))
    (global $function funcref (ref.func $eight))
    (global (export "exported") funcref (ref.func $nine))
    (start $start)
    (elem (table $table) (i32.const 0) func $seven $eight $nine $twice)
    (elem $passive funcref (ref.func $nine) (ref.null func) (item ref.func $eight))
    (elem declare func $ten)
    (func $seven (type $number) (i32.const 7))
    (func $eight (type $number) (i32.const 8))
    (func $nine (type $number) (i32.const 9))
    (func $ten (type $number) (i32.const 10))
    (func $start (global.set $started (i32.add (call $seven) (call $twice (i32.const 100)))))
    (func (export "started") (result i32) (global.get $started))
    (func (export "calls") (result i32)
        (i32.add (call $twice (call $seven)) (i32.mul (i32.const 100) (call $nine))))
    (func (export "tail") (result i32) (return_call $ten))
    (func (export "tail of an import") (param i32) (result i32) (return_call $twice (local.get 0)))
    (func (export "table") (param i32) (result i32) (call_indirect (type $number) (local.get 0)))
    (func (export "expression") (param i32) (result i32)
        (call_indirect $expressions (type $number) (local.get 0)))
    (func (export "global") (result i32)
        (table.set $table (i32.const 4) (global.get $function))
        (call_indirect (type $number) (i32.const 4)))
    (func (export "passive") (param i32) (result i32)
        (table.init $table $passive (local.get 0) (i32.const 0) (i32.const 1))
        (table.init $table $passive (i32.const 5) (i32.const 2) (i32.const 1))
        (i32.add (i32.mul (i32.const 100) (call_indirect (type $number) (local.get 0)))
            (call_indirect (type $number) (i32.const 5))))
    (func (export "reference") (result i32)
        (table.set $table (i32.const 4) (ref.func $ten))
        (call_ref $number (ref.cast (ref $number) (table.get $table (i32.const 4)))))
    (func (export "exception") (result i32)
        (block $caught (result i32)
            (try_table (catch $thrown $caught) (throw $thrown (call $eight)))
            (i32.const -1)))
    (export "again" (func $eight))
    (export "import" (func $twice))
    (func $deep (param i32) (result i32)
        (block $wait64 (block $notify (block $wait32 (block $unreachable (block $load
            (br_table $load $unreachable $wait32 $notify $wait64 (local.get 0)))
            (return (i32.load offset=65535 (i32.const 3))))
            (unreachable))
            (return (memory.atomic.wait32 offset=70000 (i32.const 4) (i32.const 0) (i64.const 0))))
            (return (memory.atomic.notify offset=0xffffffff (i32.const 2) (i32.const 0))))
        (i32.div_u (memory.atomic.wait64 offset=8 (local.get 0) (i64.const 0) (i64.const -1))
            (i32.const 0)))
    (func $middle (param i32) (result i32) (i32.add (i32.const 1) (call $deep (local.get 0))))
    (func (export "trap") (param i32) (result i32) (i32.sub (call $middle (local.get 0)) (call $seven))))"#;

#[test]
fn every_way_to_a_function_leads_to_the_same_one() {
    let bytes = wat::parse_str(MODULE).unwrap();
    let one = |number| vec![Val::I32(number)];
    let cases: Vec<(&str, Vec<Val>, i64)> = vec![
        ("started", vec![], 207),
        ("calls", vec![], 914),
        ("tail", vec![], 10),
        ("tail of an import", one(21), 42),
        ("table", one(0), 7),
        ("table", one(1), 8),
        ("table", one(2), 9),
        ("expression", one(1), 7),
        ("global", vec![], 8),
        ("passive", one(0), 908),
        ("reference", vec![], 10),
        ("exception", vec![], 8),
        ("again", vec![], 8),
        ("import", one(4), 8),
    ];
    for whose in BOTH {
        let machine = Machine::new(whose, &bytes, (1, 1));
        assert_eq!(machine.origin.is_some(), whose == Whose::Ours);
        let mut running = machine.start();
        for (name, arguments, result) in &cases {
            let came = machine.call(&mut running, name, arguments);
            assert_eq!(came, Came::Back(vec![*result]), "{whose:?}: {name}{arguments:?}");
        }
    }
}

#[test]
fn traps_are_told_at_their_place_in_the_original() {
    let bytes = wat::parse_str(MODULE).unwrap();
    let mut places = Vec::new();
    for how in 0..5 {
        let [wasmtimes, ours] = BOTH.map(|whose| {
            let machine = Machine::new(whose, &bytes, (1, 1));
            let mut running = machine.start();
            machine.call(&mut running, "trap", &[Val::I32(how)])
        });
        assert_eq!(ours, wasmtimes, "{how}");
        let Came::Trapped(Some(_), frames) = ours else {
            panic!("{how}: {ours:?}");
        };
        let names: Vec<_> = frames.iter().map(|frame| frame.1.as_deref()).collect();
        assert_eq!(names, [Some("deep"), Some("middle"), None], "{how}");
        assert!(frames.iter().all(|frame| frame.2.is_some()), "{frames:?}");
        places.push(frames[0].2);
    }
    places.sort_unstable();
    places.dedup();
    assert_eq!(places.len(), 5, "{places:?}");
}

/// All instructions of a module with their offsets.
fn instructions(bytes: &[u8]) -> Vec<(usize, Operator<'_>)> {
    let mut found = Vec::new();
    for payload in Parser::new(0).parse_all(bytes) {
        if let Payload::CodeSectionEntry(body) = payload.unwrap() {
            let mut operators = body.get_operators_reader().unwrap();
            while !operators.eof() {
                let at = usize::try_from(operators.original_position()).unwrap();
                found.push((at, operators.read().unwrap()));
            }
        }
    }
    found
}

#[test]
fn each_instruction_of_the_copy_has_its_place() {
    let bytes = wat::parse_str(MODULE).unwrap();
    let copy = rewritten(&bytes).unwrap();
    let mut of_copy = instructions(&copy.bytes).into_iter();
    for (at, original) in instructions(&bytes) {
        let (place, found) = of_copy.next().unwrap();
        assert_eq!(copy.origin.offset(place), at, "{original:?} became {found:?}");
        let waits = matches!(
            original,
            Operator::MemoryAtomicNotify { .. }
                | Operator::MemoryAtomicWait32 { .. }
                | Operator::MemoryAtomicWait64 { .. }
        );
        if waits {
            assert!(matches!(found, Operator::I32Const { .. }), "{found:?}");
            let (call, found) = of_copy.next().unwrap();
            assert!(matches!(found, Operator::Call { .. }), "{found:?}");
            assert_eq!(copy.origin.offset(call), at);
        }
    }
    assert!(of_copy.next().is_none());
}

#[test]
fn only_what_is_needed_is_imported_and_a_module_without_waits_stays() {
    let module = |code: &str| {
        let text = format!(
            r#"(module (import "env" "memory" (memory 1 1 shared)) (func (export "go") (result i32) {code}))"#
        );
        wat::parse_str(text).unwrap()
    };
    let imports = |bytes: &[u8]| {
        let mut names = Vec::new();
        for payload in Parser::new(0).parse_all(bytes) {
            if let Payload::ImportSection(section) = payload.unwrap() {
                let import = section.into_imports().map(Result::unwrap);
                names.extend(import.map(|import| format!("{}.{}", import.module, import.name)));
            }
        }
        names
    };
    let wait = "(memory.atomic.wait64 (i32.const 0) (i64.const 0) (i64.const 0))";
    let notify = "(memory.atomic.notify (i32.const 0) (i32.const 0))";
    for (code, added) in [
        (notify.to_owned(), &["threadlink:host.notify"][..]),
        (wait.to_owned(), &["threadlink:host.wait64"]),
        (
            format!("(i32.add {wait} {notify})"),
            &["threadlink:host.wait64", "threadlink:host.notify"],
        ),
    ] {
        let copy = rewritten(&module(&code)).unwrap();
        assert_eq!(imports(&copy.bytes)[1..], *added, "{code}");
    }
    assert!(rewritten(&module("(i32.atomic.load (i32.const 0))")).is_none());
}
