//! Part B of the ABI is the same to a guest on threadlink's host and on one in JavaScript.

use std::fs::File;
use std::path::{Path, PathBuf};

use harness::{Guest, javascript, run, threadlink};

/// A module that does what `main` says, with all imports of the part.
fn module(folder: &Path, main: &str) -> PathBuf {
    let text = format!(
        r#"(module
            (import "env" "memory" (memory 2 2 shared))
            (import "wasm_threadlink" "thread_create" (func $create (param i32 i32) (result i32)))
            (import "wasm_threadlink" "thread_join" (func $join (param i32) (result i32)))
            (import "threadlink" "write" (func $write (param i32 i32 i32) (result i32)))
            (import "threadlink" "read" (func $read (param i32 i32 i32) (result i32)))
            (import "threadlink" "exit" (func $exit (param i32)))
            (import "threadlink" "args_size" (func $args_size (result i32)))
            (import "threadlink" "args_get" (func $args_get (param i32 i32) (result i32)))
            (import "threadlink" "env_size" (func $env_size (result i32)))
            (import "threadlink" "env_get" (func $env_get (param i32 i32) (result i32)))
            (import "threadlink" "random_get" (func $random (param i32 i32) (result i32)))
            (import "threadlink" "clock_monotonic" (func $monotonic (result i64)))
            (import "threadlink" "clock_realtime" (func $realtime (result i64)))
            (import "threadlink" "available_parallelism" (func $parallelism (result i32)))
            (import "threadlink" "start_read" (func $start_read (param i32)))
            (data (i32.const 16) "abcdefgh")
            ;; Adds a number to those at 512, which are written in the end.
            (func $note (param i32)
                (i32.store (i32.load (i32.const 508)) (local.get 0))
                (i32.store (i32.const 508) (i32.add (i32.load (i32.const 508)) (i32.const 4))))
            (func $put (param i32 i32) (call $note (call $write (i32.const 1) (local.get 0) (local.get 1))))
            (func (export "thread_start") (param i32) (call $exit (local.get 0)))
            (func (export "_start") (local $n i32)
                (i32.store (i32.const 508) (i32.const 512))
                {main}))"#
    );
    let path = folder.join("module.wasm");
    std::fs::write(&path, wat::parse_str(text).unwrap()).unwrap();
    path
}

/// What both hosts make of this module, which has to be the same: exit code and output.
fn both(module: &Path, input: &Path) -> (Option<i32>, Vec<u8>) {
    let stdin = || File::open(input).unwrap();
    let ours = threadlink()
        .args(["run", "--env", "A=1", "--env", "B=two words", "--timeout", "120"])
        .arg(module)
        .args(["--", "x", "y z"])
        .stdin(stdin())
        .output()
        .unwrap();
    let node = javascript()
        .args(["--env", "A=1", "--env", "B=two words"])
        .arg(module)
        .args(["x", "y z"])
        .stdin(stdin())
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert_eq!(
        (node.status.code(), text(&node.stdout), text(&node.stderr)),
        (ours.status.code(), text(&ours.stdout), text(&ours.stderr))
    );
    assert!(node.stdout == ours.stdout);
    (ours.status.code(), ours.stdout)
}

#[test]
fn a_guest_is_given_the_same_by_both_hosts() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("input");
    std::fs::write(&input, "some input\nin two lines\n").unwrap();
    let main = "
        (call $note (call $args_get (i32.const 4096) (call $args_size)))
        (call $put (i32.const 4096) (call $args_size))
        (call $note (call $env_get (i32.const 4096) (i32.const -1)))
        (call $put (i32.const 4096) (call $env_size))
        (call $note (call $args_get (i32.const 4096) (i32.const 2)))
        (call $note (call $env_get (i32.const 131071) (call $env_size)))
        (call $note (call $env_get (i32.const -2) (call $env_size)))
        (loop $l
            (local.set $n (call $read (i32.const 0) (i32.const 4096) (i32.const 7)))
            (call $note (local.get $n))
            (call $put (i32.const 4096) (local.get $n))
            (br_if $l (local.get $n)))
        (call $note (call $read (i32.const 0) (i32.const 131072) (i32.const 0)))
        (call $note (call $read (i32.const 0) (i32.const 131072) (i32.const 1)))
        (call $note (call $read (i32.const 1) (i32.const 4096) (i32.const 1)))
        (call $note (call $random (i32.const 4096) (i32.const 126976)))
        (call $note (call $random (i32.const 4096) (i32.const 126977)))
        (call $note (i64.eqz (i64.or
            (i64.or (i64.load (i32.const 4096)) (i64.load (i32.const 66000))) (i64.load (i32.const 131064)))))
        (call $note (i64.gt_s (call $realtime) (i64.const 1700000000000000000)))
        (call $note (i64.le_u (call $monotonic) (call $monotonic)))
        (call $note (i32.gt_s (call $parallelism) (i32.const 0)))
        (call $note (call $write (i32.const 2) (i32.const 16) (i32.const 3)))
        (call $note (call $write (i32.const 3) (i32.const 16) (i32.const 3)))
        (call $note (call $write (i32.const 1) (i32.const -1) (i32.const 3)))
        (call $start_read (i32.const 64))
        (call $put (i32.const 512) (i32.sub (i32.load (i32.const 508)) (i32.const 512)))";
    let module = module(folder.path(), main);
    let (code, stdout) = both(&module, &input);
    assert_eq!(code, Some(0));
    let expected = format!(
        "{}\0x\0y z\0A=1\0B=two words\0some input\nin two lines\n",
        module.display()
    );
    let (texts, numbers) = stdout.split_at(expected.len());
    assert_eq!(String::from_utf8_lossy(texts), expected);
    let numbers: Vec<i32> = numbers
        .chunks_exact(4)
        .map(|word| i32::from_le_bytes(word.try_into().unwrap()))
        .collect();
    let lists = [0, 0, 0, 0, 4, 4, 4];
    let reads = [7, 0, 7, 0, 7, 0, 3, 0, 0, 0];
    let rest = [0, -4, -78, 0, 4, 0, 1, 1, 1, 0, 71, 4];
    assert_eq!(numbers, [&lists[..], &reads, &rest].concat());
}

#[test]
fn a_program_ends_with_the_same_code_on_both_hosts() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("input");
    std::fs::write(&input, "").unwrap();
    // By another thread, while main waits for it; and with a code that the system would cut to 0.
    let exits = |code: u32| {
        format!(
            "(drop (call $create (i32.const 64) (i32.const {code}))) (drop (call $join (i32.load (i32.const 64))))"
        )
    };
    for (code, shown) in [(7, 7), (512, 255)] {
        let module = module(folder.path(), &exits(code));
        assert_eq!(both(&module, &input), (Some(shown), Vec::new()));
    }
    // By data in memory.
    let (code, _) = both(&Guest::bin("code").build(), &input);
    assert_eq!(code, Some(7));
}

#[test]
fn a_program_with_extensions_runs_on_a_host_in_javascript() {
    let module = Guest::bin("result").build();
    for (word, code) in [("code", 42), ("error", 1), ("lines", 0)] {
        let ran = run(javascript().arg(&module).arg(word));
        assert_eq!(ran.code, code, "{}", ran.stderr);
        let lines: Vec<&str> = ran.stdout.lines().collect();
        // Each is one write, and none is torn.
        assert_eq!(lines.len(), if word == "lines" { 8 * 200 } else { 0 });
        assert!(
            lines
                .iter()
                .all(|line| line.len() == 60 && line.bytes().all(|byte| byte == line.as_bytes()[0]))
        );
        assert_eq!(ran.stderr.contains("Error: \"nothing works\""), word == "error");
    }
}
