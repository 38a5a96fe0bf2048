//! Text of a guest cannot steer a terminal, nor forge a line of the host's, wherever a person reads it: one case for each
//! kind of text.

mod captured;
mod described;

use threadlink_abi::layout::block;
use threadlink_host::{End, Engine, EngineConfig, LoadError, Program, RunConfig};

use captured::Captured;
use described::{BLOCK, described, store};

/// Colours, a title of the terminal, two kinds of line ends, text from right to left, a cleared screen.
const EVIL: &str = "\u{1b}[31mRED\u{1b}]0;PWNED\u{7}\r\nerror: forged\u{202e}\u{9b}2J\u{85}";
/// The same as wat has it.
const EVIL_IN_WAT: &str = r"\1b[31mRED\1b]0;PWNED\07\0d\0aerror: forged\e2\80\ae\c2\9b2J\c2\85";
/// What is left of it where it is shown.
const SHOWN: &str = r"\u{1b}[31mRED\u{1b}]0;PWNED\u{7}";

const MEMORY: &str = r#"(import "env" "memory" (memory 1 2 shared))"#;
/// Where the text is in the guest's memory.
const TEXT: u32 = 2048;

fn load(text: &str) -> Result<Program, LoadError> {
    Engine::new(&EngineConfig::new())
        .unwrap()
        .load(&wat::parse_str(text).unwrap())
}

/// Checks what a person reads: `times` it has the guest's text, which neither steers nor begins a line.
fn assert_harmless(text: &str, times: usize) {
    assert_eq!(text.matches(SHOWN).count(), times, "{text:?}");
    let steers = |letter: char| letter != '\n' && (letter.is_control() || letter == '\u{202e}');
    assert!(!text.contains(steers), "{text:?}");
    assert!(!text.lines().any(|line| line.starts_with("error:")), "{text:?}");
}

#[test]
fn imports_and_memories_of_a_refused_module() {
    let imports = format!(r#"(module {MEMORY} (import "{EVIL_IN_WAT}" "{EVIL_IN_WAT}" (func)))"#);
    let error = load(&imports).unwrap_err();
    assert!(matches!(error, LoadError::UnknownImport { .. }));
    assert_harmless(&error.to_string(), 2);
    let memory = format!(r#"(module (import "env" "{EVIL_IN_WAT}" (memory 1 2 shared)))"#);
    let error = load(&memory).unwrap_err();
    assert!(matches!(error, LoadError::MemoryNotImported { .. }));
    assert_harmless(&error.to_string(), 1);
}

#[test]
fn every_text_of_an_error() {
    let text = || EVIL.to_owned();
    let (module, name, found, message) = (text(), text(), text(), text());
    let errors = [
        (LoadError::Damaged { offset: 8, message }, 1),
        (
            LoadError::Unsupported {
                offset: 8,
                message: text(),
            },
            1,
        ),
        (LoadError::Invalid { message: text() }, 1),
        (LoadError::MemoryNotImported { found }, 1),
        (
            LoadError::UnknownImport {
                module,
                name,
                hint: String::new(),
            },
            2,
        ),
        (
            LoadError::ImportType {
                module: text(),
                name: text(),
                found: String::new(),
                expected: String::new(),
            },
            2,
        ),
        (
            LoadError::ExportType {
                name: text(),
                found: String::new(),
                expected: String::new(),
            },
            1,
        ),
    ];
    for (error, times) in errors {
        assert_harmless(&error.to_string(), times);
    }
}

#[test]
fn exports_that_a_message_offers() {
    let program = load(&format!(r#"(module {MEMORY} (func (export "{EVIL_IN_WAT}")))"#)).unwrap();
    let missing = program.run(RunConfig::new()).unwrap_err();
    assert_harmless(&missing.to_string(), 1);
    let typed = format!(r#"(module {MEMORY} (func (export "{EVIL_IN_WAT}") (param i32)))"#);
    let refused = load(&typed)
        .unwrap()
        .run(RunConfig::new().entry(EVIL))
        .unwrap_err();
    assert_harmless(&refused.to_string(), 1);
}

/// Runs a program whose thread has the text as its name, and the function that it runs as well; returns its end and what
/// the host wrote meanwhile. `message` is put into the thread's control block as that of a panic.
fn with_thread(body: &str, message: bool) -> (End, String) {
    let text_at = |pointer: u32, length: u32| {
        let stores = [store(pointer, TEXT), store(length, EVIL.len() as u32)];
        stores.concat()
    };
    let name = text_at(BLOCK + block::NAME, BLOCK + block::NAME_LEN);
    let panic = match message {
        true => text_at(BLOCK + block::PANIC, BLOCK + block::PANIC_LEN),
        false => String::new(),
    };
    let described = described(0, &(name + &panic));
    let program = load(&format!(
        r#"(module {MEMORY}
            (import "wasm_threadlink" "thread_create" (func $create (param i32 i32) (result i32)))
            (import "wasm_threadlink" "thread_join" (func $join (param i32) (result i32)))
            {described}
            (data (i32.const {TEXT}) "{EVIL_IN_WAT}")
            (func (export "_start")
                (drop (call $create (i32.const 8) (i32.const {BLOCK})))
                (drop (call $join (i32.load (i32.const 8)))))
            (func $body (@name "{EVIL_IN_WAT}") {body})
            (func (export "thread_start") (param i32) (call $body)))"#
    ))
    .unwrap();
    let stderr = Captured::default();
    let config = RunConfig::new().stderr(Box::new(stderr.clone()));
    let outcome = program.run(config).unwrap();
    (outcome.end, stderr.text())
}

#[test]
fn threads_and_functions_of_a_trap() {
    let (end, written) = with_thread("(unreachable)", false);
    assert!(matches!(end, End::Returned), "{end:?}");
    assert!(written.contains("trapped"), "{written:?}");
    assert_harmless(&written, 2);
}

#[test]
fn the_message_of_a_panic_keeps_its_lines() {
    let (end, written) = with_thread("(unreachable)", true);
    assert!(matches!(end, End::Returned), "{end:?}");
    assert!(written.contains("panicked:\n"), "{written:?}");
    assert!(written.contains("\n  | error: forged\\u{202e}"), "{written:?}");
    assert_harmless(&written, 3);
}

#[test]
fn threads_of_a_deadlock_and_where_they_are() {
    let wait = "(drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))";
    let (end, _) = with_thread(wait, false);
    let End::Deadlock(report) = &end else {
        panic!("{end:?}")
    };
    assert_eq!(report.edges.len(), 2, "{report}");
    // Main waits for its end, it waits itself, and its backtrace has the function.
    assert_harmless(&end.to_string(), 3);
}
