//! What a dead thread had for itself: the host says so in the words that the thread's control block names.

mod described;

use std::time::Duration;

use threadlink_abi::layout::block;
use threadlink_host::{Engine, EngineConfig, RunConfig};

use described::{BLOCK, described, store};

/// The word that the thread names, and at which the main thread waits.
const WORD: u32 = 4096;

/// The main thread waits at `WORD` while another one dies, whose block has these flags and names these words; what the wait
/// returned, and what was in the word then.
fn run(flags: u32, held: [u32; 2]) -> (i32, i32) {
    let more = [
        store(BLOCK + block::HELD, held[0]),
        store(BLOCK + block::HELD + 4, held[1]),
        store(WORD, 1024),
    ];
    let described = described(0, &more.concat());
    let text = format!(
        r#"(module
            (import "env" "memory" (memory 1 1 shared))
            (import "wasm_threadlink" "thread_create" (func $create (param i32 i32) (result i32)))
            (import "threadlink" "exit" (func $exit (param i32)))
            {described}
            (func (export "thread_start") (param i32)
                (i32.store (i32.const {at}) (i32.const {flags}))
                unreachable)
            (func (export "_start") (local $how i32)
                (drop (call $create (i32.const 8) (i32.const 1024)))
                (local.set $how
                    (memory.atomic.wait32 (i32.const {WORD}) (i32.const 1024) (i64.const 300000000)))
                (call $exit (i32.add
                    (i32.shl (local.get $how) (i32.const 4))
                    (i32.and (i32.atomic.load (i32.const {WORD})) (i32.const 15))))))"#,
        at = BLOCK + block::FLAGS,
    );
    let engine = Engine::new(&EngineConfig::new()).unwrap();
    let program = engine.load(&wat::parse_str(text).unwrap()).unwrap();
    let config = RunConfig::new()
        .stderr(Box::new(std::io::sink()))
        .timeout(Duration::from_secs(60));
    let outcome = program.run(config).unwrap();
    let code = outcome.end.exit_code();
    (code >> 4, code & 15)
}

#[test]
fn who_waits_for_a_dead_thread_is_woken_and_told() {
    let bit = block::HELD_BY_DEAD.cast_signed();
    for held in [
        [WORD, 0],
        [0, WORD],
        [WORD, WORD],
        [3, WORD],
        [u32::MAX - 3, WORD],
    ] {
        let (how, word) = run(block::FLAG_HELD, held);
        // Woken, or too late to sleep.
        assert!(how <= 1 && word == bit, "{held:?}: {how}, {word}");
    }
}

#[test]
fn a_block_that_does_not_say_that_it_names_words_names_none() {
    for (flags, held) in [
        (0, [WORD, WORD]),
        (block::FLAG_HELD, [0, 0]),
        (block::FLAG_HELD, [WORD + 2, 0]),
    ] {
        assert_eq!(run(flags, held), (2, 0), "{flags}, {held:?}");
    }
}
