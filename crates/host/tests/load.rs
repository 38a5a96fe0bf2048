//! Modules that must be refused, each with an error that says what is wrong and what to do.

use threadlink_host::{Engine, EngineConfig, LoadError, RunConfig, RunError, Value};

fn load(bytes: &[u8]) -> Result<threadlink_host::Program, LoadError> {
    Engine::new(&EngineConfig::new()).unwrap().load(bytes)
}

fn load_text(text: &str) -> Result<threadlink_host::Program, LoadError> {
    load(&wat::parse_str(text).unwrap())
}

/// The error's text, which must contain all of `words`.
fn refused(bytes: &[u8], words: &[&str]) -> LoadError {
    let error = load(bytes).expect_err("the module was accepted");
    let text = error.to_string();
    for word in words {
        assert!(text.contains(word), "{word:?} is missing in: {text}");
    }
    error
}

const MEMORY: &str = r#"(import "env" "memory" (memory 1 2 shared))"#;

#[test]
fn things_that_are_no_modules() {
    assert!(matches!(refused(b"", &["empty"]), LoadError::Empty));
    assert!(matches!(
        refused(b"#!/bin/sh\necho\n", &["#!/bin/sh", "not a wasm"]),
        LoadError::NotWasm { .. }
    ));
    assert!(matches!(
        refused(b"\0as", &["not a wasm"]),
        LoadError::NotWasm { .. }
    ));
    assert!(matches!(
        refused(b"\0asm\x0d\0\x01\0", &["component"]),
        LoadError::Component
    ));
}

#[test]
fn truncated_modules_at_every_length() {
    let whole = wat::parse_str(format!(
        r#"(module {MEMORY} (func (export "_start") (i32.store (i32.const 8) (i32.const 9))))"#
    ))
    .unwrap();
    assert!(load(&whole).is_ok());
    for length in 9..whole.len() {
        // A cut between two sections can leave a whole module; then it lacks what stood behind.
        match load(&whole[..length]) {
            Ok(program) => {
                let error = program.run(RunConfig::new()).expect_err("a cut module ran");
                assert!(matches!(error, RunError::NoEntry { .. }), "{length}: {error}");
            }
            Err(error) => assert!(
                matches!(
                    error,
                    LoadError::Damaged { .. }
                        | LoadError::MemoryNotImported { .. }
                        | LoadError::Invalid { .. }
                ),
                "{length}: {error}"
            ),
        }
    }
}

#[test]
fn flipped_bytes_never_panic() {
    let whole = wat::parse_str(format!(
        r#"(module {MEMORY} (table 1 funcref) (global (mut i32) (i32.const 0))
            (func (export "_start") (i32.store (i32.const 8) (i32.const 9))))"#
    ))
    .unwrap();
    for position in 0..whole.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut bytes = whole.clone();
            bytes[position] ^= flip;
            let _ = load(&bytes);
        }
    }
}

#[test]
fn memories_that_threads_cannot_share() {
    for (module, words) in [
        ("(module)", ["has no memory", "--import-memory"]),
        ("(module (memory 1))", ["its own memory", "--import-memory"]),
        (
            r#"(module (import "js" "mem" (memory 1 2 shared)))"#,
            ["`js.mem`", "env.memory"],
        ),
        (
            r#"(module (import "env" "memory" (memory 1 2)))"#,
            ["not shared", "--shared-memory"],
        ),
        (
            r#"(module (import "env" "memory" (memory i64 1 2 shared)))"#,
            ["wasm64", "32-bit"],
        ),
        (r#"(module (memory i64 1))"#, ["wasm64", "32-bit"]),
    ] {
        refused(&wat::parse_str(module).unwrap(), &words);
    }
    // The text format cannot say "shared, no maximum"; the bytes can: flags 0x02.
    let mut bytes = wat::parse_str(r#"(module (import "env" "memory" (memory 1 2 shared)))"#).unwrap();
    let flags = bytes.len() - 3;
    assert_eq!(bytes[flags..], [3, 1, 2]);
    bytes.truncate(flags);
    bytes.extend([2, 1]);
    bytes[9] -= 1;
    refused(&bytes, &["maximum", "--max-memory"]);
}

#[test]
fn a_memory_over_the_limit() {
    let engine = Engine::new(&EngineConfig::new().max_memory(1 << 16)).unwrap();
    let bytes = wat::parse_str(r#"(module (import "env" "memory" (memory 2 2 shared)))"#).unwrap();
    let error = engine.load(&bytes).unwrap_err();
    assert!(error.to_string().contains("131072"), "{error}");
}

#[test]
fn imports_that_no_host_of_ours_has() {
    let module = |import: &str| wat::parse_str(format!("(module {MEMORY} {import})")).unwrap();
    refused(
        &module(r#"(import "env" "foo" (func))"#),
        &["`env.foo`", "undefined at link time"],
    );
    refused(&module(r#"(import "wbg" "x" (func))"#), &["wasm-bindgen"]);
    refused(
        &module(r#"(import "threadlink" "later" (func))"#),
        &["`threadlink.later`", "same release"],
    );
    refused(
        &module(r#"(import "wasm_threadlink" "thread_join" (func (param i64) (result i32)))"#),
        &["(i64) -> i32", "(i32) -> i32"],
    );
    refused(
        &module(r#"(import "threadlink" "write" (global i32))"#),
        &["a global", "(i32, i32, i32) -> i32"],
    );
}

#[test]
fn a_spawning_module_without_its_trampoline() {
    let create = r#"(import "wasm_threadlink" "thread_create" (func (param i32 i32) (result i32)))"#;
    let error = load_text(&format!("(module {create} {MEMORY})")).unwrap_err();
    assert!(
        matches!(error, LoadError::MissingExport { name: "thread_start" }),
        "{error}"
    );
    let error = load_text(&format!(
        r#"(module {create} {MEMORY} (func (export "thread_start")))"#
    ))
    .unwrap_err();
    assert!(error.to_string().contains("() -> ()"), "{error}");
    let error = load_text(&format!(
        r#"(module {create} {MEMORY} (func (export "thread_start") (param i32))
            (func (export "__wasm_init_tls") (param i32)))"#
    ))
    .unwrap_err();
    assert!(matches!(error, LoadError::NeedsPatching), "{error}");
}

#[test]
fn entries_that_cannot_be_called() {
    let program = load_text(&format!(
        r#"(module {MEMORY} (func (export "go")) (func (export "add") (param i32))
            (func (export "wide") (param v128)) (func (export "thread_start") (param i32)))"#
    ))
    .unwrap();
    assert_eq!(program.entry_points(), ["go", "add"]);
    let error = program.run(RunConfig::new()).unwrap_err();
    assert!(
        matches!(&error, RunError::NoEntry { .. }) && error.to_string().contains("go"),
        "{error}"
    );
    let error = program.run(RunConfig::new().entry("add")).unwrap_err();
    assert!(
        matches!(&error, RunError::EntryParams { expected, found, .. } if expected == "(i32)" && found == "()"),
        "{error}"
    );
    for (name, params, found) in [
        ("wide", vec![], "(v128) -> ()"),
        ("thread_start", vec![Value::I32(8)], "(i32) -> ()"),
    ] {
        let error = program.run(RunConfig::new().invoke(name, params)).unwrap_err();
        assert!(matches!(error, RunError::EntryType { .. }), "{error}");
        assert!(error.to_string().contains(found), "{error}");
        assert_eq!(program.signature(name).is_some(), name == "thread_start");
    }
    assert!(program.run(RunConfig::new().entry("go")).is_ok());
}

#[test]
fn descriptors_that_lie() {
    for (global, word) in [
        ("(i32.const 0)", "magic"),
        ("(i32.const -4)", "does not lie inside"),
        ("(i32.const 131072)", "does not lie inside"),
        ("(i32.const 3)", "does not lie inside"),
    ] {
        let program = load_text(&format!(
            r#"(module {MEMORY} (global (export "__threadlink_descriptor") i32 {global}) (func (export "_start")))"#
        ))
        .unwrap();
        let error = program.run(RunConfig::new()).unwrap_err();
        assert!(error.to_string().contains(word), "{error}");
    }
}

#[test]
fn modules_that_break_a_rule() {
    // An i32 for an i64, in the second of two functions.
    let text = format!("(module {MEMORY} (func (export \"_start\")) (func (result i64) (i32.const 7)))");
    let bytes = wat::parse_str(text).unwrap();
    let error = refused(&bytes, &["damaged", "type mismatch", "build it again"]);
    let LoadError::Damaged { offset, .. } = error else {
        panic!("{error:?}");
    };
    // The end of that function, which is the module's end.
    assert_eq!(offset, bytes.len() as u64 - 1);
}

#[test]
fn parts_of_webassembly_that_are_not_on() {
    let text = format!("(module {MEMORY} (func (export \"_start\") try catch_all end))");
    let error = refused(
        &wat::parse_str(text).unwrap(),
        &["not turned on", "legacy", "-Ctarget-feature"],
    );
    assert!(matches!(error, LoadError::Unsupported { .. }), "{error:?}");
}

#[test]
fn a_type_is_shown_in_part_if_it_is_long() {
    let text = format!(
        r#"(module {MEMORY} (import "threadlink" "write" (func (param {}))))"#,
        "v128 ".repeat(1000)
    );
    let error = refused(&wat::parse_str(text).unwrap(), &["(v128, v128", "and 984 more"]);
    assert!(error.to_string().len() < 500, "{error}");
}
