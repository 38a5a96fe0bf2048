//! `threadlink run --invoke` with numbers: how they are written, what is printed, and what is said where they do not fit.

use std::path::PathBuf;

use harness::{Guest, Ran, run, threadlink};

/// A module by hand, in a folder that has to be kept.
fn module() -> (tempfile::TempDir, PathBuf) {
    let text = r#"(module
        (import "env" "memory" (memory 1 4 shared))
        (import "threadlink" "args_size" (func $args_size (result i32)))
        (func (export "thread_start") (param i32))
        (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
        (func (export "mix") (param i64 f32 f64) (result f64 i64)
            (f64.mul (f64.promote_f32 (local.get 1)) (local.get 2))
            (local.get 0))
        (func (export "args") (result i32) call $args_size)
        (func (export "wide") (param v128))
        (func (export "_start")))"#;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("module.wasm");
    std::fs::write(&path, wat::parse_str(text).unwrap()).unwrap();
    (folder, path)
}

fn invoke(words: &[&str]) -> Ran {
    let (_folder, module) = module();
    run(threadlink().arg("run").arg(module).arg("--invoke").args(words))
}

#[test]
fn numbers_are_read_by_the_functions_type_and_its_results_are_printed() {
    for (words, printed) in [
        (&["add", "2", "3"][..], "5\n"),
        (&["add", "-2", "0x10"], "14\n"),
        (&["add", "4294967295", "0"], "-1\n"),
        (&["add", "2", "3", "--timeout", "60"], "5\n"),
        (&["add", "--timeout", "60", "--", "2", "3"], "5\n"),
        (
            &["mix", "-9223372036854775808", "1.5", "-2e3"],
            "-3000\n-9223372036854775808\n",
        ),
        (
            &["mix", "0x8000000000000000", "inf", "1"],
            "inf\n-9223372036854775808\n",
        ),
        (&["_start"], ""),
    ] {
        let ran = invoke(words);
        assert_eq!(
            (ran.code, &ran.stdout[..]),
            (0, printed),
            "{words:?}: {}",
            ran.stderr
        );
    }
    let (_folder, path) = module();
    let ran = run(threadlink()
        .args(["run", "--invoke", "add"])
        .arg(&path)
        .args(["20", "3"]));
    assert_eq!((ran.code, &ran.stdout[..]), (0, "23\n"), "{}", ran.stderr);
    // What stands after `--` is the program's, if the function takes nothing.
    let size = path.to_str().unwrap().len() + 1 + "word".len() + 1;
    let ran = run(threadlink()
        .arg("run")
        .arg(&path)
        .args(["--invoke", "args", "--", "word"]));
    assert_eq!((ran.code, ran.stdout), (0, format!("{size}\n")), "{}", ran.stderr);
}

#[test]
fn what_does_not_fit_is_said_in_a_sentence() {
    for (words, said) in [
        (
            &["add", "2"][..],
            "the export `add` is (i32, i32) -> i32: give 2 numbers after its name, not 1",
        ),
        (&["add"], "give 2 numbers after its name, not 0"),
        (&["_start", "1"], "give 0 numbers after its name, not 1"),
        (
            &["add", "2", "three"],
            "`three` is no i32, which number 2 of the export `add` is",
        ),
        (&["add", "2", "4294967296"], "`4294967296` is no i32"),
        (&["add", "2.5", "1"], "`2.5` is no i32"),
        (&["mix", "1", "1", "0x1"], "`0x1` is no f64"),
        (
            &["wide", "1"],
            "the export `wide`, of the type (v128) -> (), is no entry point",
        ),
        (&["thread_start", "1"], "is not where threads begin"),
        (&["nothing", "1"], "its entry points: add, mix, args, _start"),
    ] {
        let ran = invoke(words);
        assert_eq!((ran.code, &ran.stdout[..]), (2, ""), "{words:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(said), "{words:?}: {}", ran.stderr);
    }
    let (_folder, path) = module();
    let ran = run(threadlink()
        .args(["run", "--release", "--invoke", "add"])
        .arg(path));
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("a module is run as it is"), "{}", ran.stderr);
}

#[test]
fn exports_of_a_rust_library_take_and_return_numbers() {
    let module = Guest::package("library").with(&["--lib"]).build();
    let invoke = |words: &[&str]| run(threadlink().arg("run").arg(&module).arg("--invoke").args(words));
    let ran = invoke(&["scale", "3", "4", "2", "0.5", "1"]);
    assert_eq!((ran.code, &ran.stdout[..]), (0, "13\n"), "{}", ran.stderr);
    let ran = invoke(&["is_odd", "3"]);
    assert_eq!((ran.code, &ran.stdout[..]), (0, "1\n"), "{}", ran.stderr);
    // An error is the function's own.
    let ran = invoke(&["scale", "3", "4", "0", "0.5", "1"]);
    assert!(ran.code != 0 && ran.stdout.is_empty(), "{}", ran.stdout);
    assert!(ran.stderr.contains("division by zero"), "{}", ran.stderr);
}
