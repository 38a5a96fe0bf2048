//! The host in JavaScript (`hosts/js`) in Node: a program says and does there what it does under `threadlink run`.

use std::path::Path;
use std::process::Command;

use harness::{Guest, Ran, javascript, root, run, run_module, threadlink, web_package};
use threadlink_abi::imports::{self, Value};

fn on_node(module: &Path, arguments: &[&str]) -> Ran {
    run(javascript().arg(module).args(arguments))
}

/// Lines without those of backtraces, which engines make in their own ways.
fn without_backtraces(text: &str) -> Vec<&str> {
    let is_frame = |line: &str| {
        let rest = line.trim_start();
        let digits = rest.trim_start_matches(|letter: char| letter.is_ascii_digit());
        line.starts_with("   ") && (rest.starts_with("at ") || rest.starts_with("... "))
            || line.starts_with("  ") && digits.len() < rest.len() && digits.starts_with(": ")
    };
    let is_about = |line: &str| line.starts_with("note: run with `RUST_BACKTRACE=");
    text.lines()
        .filter(|line| *line != "stack backtrace:" && !is_frame(line) && !is_about(line))
        .collect()
}

/// The program does the same on both hosts.
fn assert_alike(module: &Path, arguments: &[&str]) {
    let (ours, node) = (run_module(module, arguments), on_node(module, arguments));
    assert_eq!(node.code, ours.code, "{arguments:?}: {}", node.stderr);
    assert!(
        node.bytes == ours.bytes,
        "{arguments:?}: {}\n{}",
        node.stdout,
        ours.stdout
    );
    assert_eq!(
        without_backtraces(&node.stderr),
        without_backtraces(&ours.stderr),
        "{arguments:?}"
    );
}

#[test]
fn the_suite_passes() {
    let ran = on_node(&Guest::package("suite").with(&["--release"]).build(), &[]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    let ending = |end: &str| ran.stdout.lines().filter(|line| line.ends_with(end)).count();
    let (passed, not_applicable) = (ending(" ... ok"), ending(" ... not applicable"));
    assert!(passed > 100, "{}", ran.stdout);
    let last = format!("{passed} passed, 0 failed, {not_applicable} not applicable");
    assert_eq!(ran.stdout.lines().last(), Some(last.as_str()));
}

#[test]
fn a_module_that_unwinds_runs_or_is_refused_with_a_remedy() {
    let module = Guest::bin("panics").with(&["--panic", "unwind"]).build();
    let ran = on_node(&module, &["caught"]);
    if ran.code == 0 {
        assert_alike(&module, &["caught"]);
        assert_alike(&module, &["uncaught"]);
    } else {
        assert_eq!(ran.code, 2, "{}", ran.stderr);
        assert!(
            ran.stderr.contains("build the module with `--panic abort`"),
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn examples_write_what_they_write_under_the_command() {
    let release = |package| Guest::package(package).with(&["--release"]).build();
    let mandelbrot = release("mandelbrot");
    assert_alike(&mandelbrot, &["96", "64"]);
    assert_alike(&mandelbrot, &["1"]);
    assert_alike(&release("wordcount"), &[]);
    let pipeline = release("pipeline");
    assert_alike(&pipeline, &[]);
    assert_alike(
        &pipeline,
        &["Alpha beta gamma\nGAMMA delta\n\nalpha, delta: alpha"],
    );
    // Whose threads speak in any order; how often a teller is refused depends on it.
    for package in ["hello", "philosophers"] {
        let module = release(package);
        let [mut ours, mut node] =
            [run_module(&module, &[]), on_node(&module, &[])].map(|ran| (ran.code, ran.stdout));
        for (code, text) in [&mut ours, &mut node] {
            assert_eq!(*code, 0);
            let mut lines: Vec<&str> = text.lines().collect();
            lines.sort_unstable();
            *text = lines.join("\n");
        }
        assert_eq!(node, ours, "{package}");
    }
    let bank = on_node(&release("bank"), &[]);
    assert_eq!(bank.code, 0, "{}", bank.stderr);
    assert!(
        bank.stdout.starts_with("before: 80000\nafter:  80000\n"),
        "{}",
        bank.stdout
    );
}

#[test]
fn panics_traps_and_exits_are_told_alike() {
    let panics = Guest::bin("panics").build();
    for how in [
        "caught", "thread", "main", "uncaught", "trap", "chained", "silent",
    ] {
        assert_alike(&panics, &[how]);
    }
    let deaths = Guest::bin("deaths").build();
    for how in ["panic", "hook", "unreachable", "bounds", "no memory", "no layout"] {
        assert_alike(&deaths, &[how]);
        assert_alike(&deaths, &[how, "thread"]);
    }
    let endings = Guest::bin("endings").build();
    for how in ["main", "thread"] {
        let (ours, node) = (run_module(&endings, &[how]), on_node(&endings, &[how]));
        assert_eq!(node.code, ours.code, "{how}: {}", node.stderr);
    }
    assert_alike(&Guest::bin("code").build(), &[]);
}

#[test]
fn a_package_tells_the_places_that_the_command_tells() {
    let guest = Guest::bin("deaths");
    let (module, package) = (guest.build(), web_package(&guest, "deaths").join("deaths.wasm"));
    for how in ["panic", "hook", "unreachable", "bounds"] {
        for whose in ["main", "thread"] {
            for backtrace in [None, Some("0"), Some("1"), Some("full")] {
                let ran = |command: &mut Command| {
                    if let Some(backtrace) = backtrace {
                        command.env("RUST_BACKTRACE", backtrace);
                    }
                    run(command.args([how, whose]))
                };
                let ours = ran(threadlink().arg("run").arg(&module).arg("--"));
                let node = ran(javascript().arg(&package));
                assert_eq!(node.stderr, ours.stderr, "{how} {whose} {backtrace:?}");
                let has_places = ours
                    .stderr
                    .contains("\n             at tests/guests/src/bin/deaths.rs:");
                let wanted = matches!(backtrace, Some("1" | "full")) || backtrace.is_none() && how != "panic";
                assert_eq!(has_places, wanted, "{how} {whose} {backtrace:?}: {}", ours.stderr);
            }
        }
    }
}

#[test]
fn many_threads_and_a_memory_that_grows() {
    let storm = Guest::bin("storm").with(&["--release"]).build();
    for (how, count) in [("nested", "40"), ("wide", "256"), ("growth", "300")] {
        let ran = on_node(&storm, &[how, count]);
        assert_eq!(
            (ran.code, ran.stdout),
            (0, format!("{how} {count}\n")),
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn a_hundred_thousand_threads_leave_nothing_behind() {
    let ran = on_node(
        &Guest::bin("million").with(&["--release"]).build(),
        &["joined", "100000"],
    );
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    let (first, last) = (lines[0].strip_prefix("10000 "), lines[1].strip_prefix("100000 "));
    assert!(
        first.is_some() && first == last,
        "pages and live bytes: {}",
        ran.stdout
    );
}

/// Writes this module into a folder.
fn module(folder: &Path, text: &str) -> std::path::PathBuf {
    let path = folder.join("module.wasm");
    std::fs::write(&path, wat::parse_str(text).unwrap()).unwrap();
    path
}

#[test]
fn a_seed_gives_the_same_bytes_as_under_the_command() {
    let folder = tempfile::tempdir().unwrap();
    // The main thread draws, then its two children and the first one's child, each in pieces of its own.
    let text = r#"(module
        (import "env" "memory" (memory 1 1 shared))
        (import "wasm_threadlink" "thread_create" (func $create (param i32 i32) (result i32)))
        (import "wasm_threadlink" "thread_join" (func $join (param i32) (result i32)))
        (import "threadlink" "write" (func $write (param i32 i32 i32) (result i32)))
        (import "threadlink" "random_get" (func $random (param i32 i32) (result i32)))
        (func $draw (param $at i32)
            (drop (call $random (local.get $at) (i32.const 7)))
            (drop (call $random (i32.add (local.get $at) (i32.const 7)) (i32.const 300)))
            (drop (call $write (i32.const 1) (local.get $at) (i32.const 307))))
        (func $child (param $routine i32)
            (drop (call $create (local.get $routine) (local.get $routine)))
            (drop (call $join (i32.load (local.get $routine)))))
        (func (export "thread_start") (param $routine i32)
            (if (i32.eq (local.get $routine) (i32.const 1024)) (then (call $child (i32.const 4096))))
            (call $draw (local.get $routine)))
        (func (export "_start")
            (call $draw (i32.const 0))
            (call $child (i32.const 1024))
            (call $child (i32.const 2048))
            (call $draw (i32.const 0))))"#;
    let module = module(folder.path(), text);
    for seed in ["0", "7", "18446744073709551615"] {
        let ours = run(threadlink().args(["run", "--seed", seed]).arg(&module));
        let node = run(javascript().args(["--seed", seed]).arg(&module));
        assert_eq!((ours.code, node.code), (0, 0), "{}{}", ours.stderr, node.stderr);
        assert_eq!(ours.bytes.len(), 5 * 307);
        assert!(ours.bytes == node.bytes, "seed {seed}");
    }
}

#[test]
fn every_import_of_the_abi_is_there() {
    let kind = |value: &Value| value.to_string();
    let import = |import: &imports::Import| {
        let params: Vec<String> = import.params.iter().map(kind).collect();
        let result = import
            .result
            .map_or_else(String::new, |value| format!("(result {value})"));
        let (module, name, params) = (import.module, import.name, params.join(" "));
        format!("(import {module:?} {name:?} (func ${name} (param {params}) {result}))")
    };
    // All are called that return, with numbers that do no harm.
    let call = |import: &imports::Import| {
        let zeros = import.params.iter().map(|value| format!("({value}.const 0)"));
        let call = format!("(call ${} {})", import.name, zeros.collect::<Vec<_>>().join(" "));
        match import.result {
            Some(_) => format!("(drop {call})"),
            None => call,
        }
    };
    let returns = |import: &&imports::Import| ![imports::PANIC, imports::EXIT].contains(import);
    let text = format!(
        r#"(module (import "env" "memory" (memory 1 1 shared)) {}
            (func (export "thread_start") (param i32))
            (func (export "_start") {} (call $exit (i32.const 7))))"#,
        imports::ALL.iter().map(import).collect::<String>(),
        imports::ALL.iter().filter(returns).map(call).collect::<String>(),
    );
    let folder = tempfile::tempdir().unwrap();
    let ran = on_node(&module(folder.path(), &text), &[]);
    assert_eq!((ran.code, ran.stderr.as_str()), (7, ""));
}

#[test]
fn its_interface_does_what_it_says() {
    let script = root().join("tests").join("node").join("interface.mjs");
    let library = Guest::package("library").with(&["--lib"]).build();
    let storm = Guest::bin("storm").with(&["--release"]).build();
    let hangs = Guest::bin("endings").build();
    let ran = run(Command::new("node")
        .args(["--test", "--test-reporter", "spec"])
        .arg(script)
        .envs([("LIBRARY", library), ("STORM", storm), ("ENDINGS", hangs)]));
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn threads_find_out_which_way_to_wait_pays() {
    let script = root().join("tests").join("node").join("patience.mjs");
    let ran = run(Command::new("node")
        .args(["--test", "--test-reporter", "spec"])
        .arg(script));
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn the_command_refuses_what_it_cannot_run() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |arguments: &[&str], says: &str| {
        let ran = run(javascript().current_dir(folder.path()).args(arguments));
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(says), "{arguments:?}: {}", ran.stderr);
    };
    refused(&[], "usage: ");
    refused(&["--what", "x.wasm"], "no option --what");
    refused(&["--seed", "x", "x.wasm"], "--seed takes a whole number");
    refused(
        &["--env", "THERE_IS_NO_SUCH_THING", "x.wasm"],
        "no environment variable",
    );
    refused(&["x.wasm"], "cannot read the module x.wasm");
    std::fs::write(folder.path().join("text.wasm"), "text").unwrap();
    refused(&["text.wasm"], "does not take the module");
    for (text, says) in [
        ("(module)", "no export `thread_start`"),
        (
            r#"(module (func (export "thread_start") (param i32)))"#,
            "no memory that is shared",
        ),
        (
            r#"(module (import "env" "memory" (memory 1 1 shared)) (func (export "thread_start") (param i32)))"#,
            "no export `_start`",
        ),
        (
            r#"(module (import "env" "other" (func)))"#,
            "env.other (function)",
        ),
    ] {
        module(folder.path(), text);
        refused(&["module.wasm"], says);
    }
}
