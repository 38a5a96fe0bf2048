//! The command as scripts see it: exit codes, and what is on which stream. Nothing here builds a guest; the end-to-end
//! tests of the workspace do.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;

struct Ran {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

fn threadlink(dir: &Path, args: &[&str], vars: &[(&str, &str)]) -> Ran {
    let output = Command::new(env!("CARGO_BIN_EXE_threadlink"))
        .args(args)
        .current_dir(dir)
        .env("THREADLINK_CACHE", dir.join("cache"))
        // Its settings are changed by `init`.
        .env("RUSTUP_HOME", dir.join("rustup"))
        .envs(
            vars.iter()
                .map(|(name, value)| (OsStr::new(name), OsStr::new(value))),
        )
        .output()
        .expect("the command runs");
    Ran {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

/// Refused with exit code 2, an explanation on standard error, and nothing on standard output.
fn refused(dir: &Path, args: &[&str], vars: &[(&str, &str)]) -> String {
    let ran = threadlink(dir, args, vars);
    assert_eq!(ran.code, Some(2), "{args:?}: {}{}", ran.stdout, ran.stderr);
    assert_eq!(ran.stdout, "", "{args:?}");
    assert!(ran.stderr.starts_with("error: "), "{args:?}: {}", ran.stderr);
    ran.stderr
}

#[test]
fn help_is_no_failure_and_nonsense_is() {
    let dir = folder();
    for args in [
        &["--help"][..],
        &["run", "--help"],
        &["runner", "--help"],
        &["--version"],
    ] {
        let ran = threadlink(dir.path(), args, &[]);
        assert_eq!(ran.code, Some(0), "{args:?}: {}", ran.stderr);
        assert!(!ran.stdout.is_empty(), "{args:?}");
    }
    refused(dir.path(), &["fly"], &[]);
    refused(dir.path(), &["run", "a.wasm", "--timeout", "never"], &[]);
}

#[test]
fn a_missing_toolchain_is_reported_with_what_it_lacks() {
    let dir = folder();
    let nowhere = [("THREADLINK_RUSTC", "/no/such/rustc")];
    for args in [&["setup", "--check"][..], &["setup"], &["build"]] {
        let text = refused(dir.path(), args, &nowhere);
        assert!(text.contains("/no/such/"), "{args:?}: {text}");
    }
    let check = refused(dir.path(), &["setup", "--check"], &nowhere);
    assert!(check.contains("threadlink setup"), "{check}");
    let setup = refused(dir.path(), &["setup"], &nowhere);
    assert!(setup.contains("rust-src"), "{setup}");
}

#[test]
fn init_wants_a_project() {
    let dir = folder();
    let text = refused(dir.path(), &["init", "no-such-project"], &[]);
    assert!(text.contains("no-such-project"), "{text}");
}

#[test]
fn files_that_are_not_what_they_should_be_are_named() {
    let dir = folder();
    fs::write(dir.path().join("text"), "not wasm, and no trace either\n").expect("a file");
    for args in [
        &["run", "text"][..],
        &["runner", "text", "--help"],
        &["analyze", "text"],
    ] {
        let text = refused(dir.path(), args, &[]);
        assert!(text.contains("text"), "{args:?}: {text}");
    }
    for args in [
        &["run", "missing.wasm"][..],
        &["analyze", "missing.trace", "--json"],
    ] {
        let text = refused(dir.path(), args, &[]);
        assert!(text.contains("missing."), "{args:?}: {text}");
    }
}

#[test]
fn a_module_that_cannot_run_leaves_an_older_trace_alone() {
    let dir = folder();
    fs::write(dir.path().join("text.wasm"), "not wasm").expect("a file");
    fs::write(dir.path().join("precious.trace"), "older").expect("a file");
    refused(
        dir.path(),
        &["run", "text.wasm", "--trace", "precious.trace"],
        &[],
    );
    assert_eq!(
        fs::read_to_string(dir.path().join("precious.trace")).expect("still there"),
        "older"
    );
}

#[test]
fn new_refuses_what_cannot_become_a_project() {
    let dir = folder();
    fs::create_dir(dir.path().join("taken")).expect("a folder");
    for (name, clue) in [
        ("taken", "exists already"),
        ("a b", "cannot be the name"),
        ("fn", "cannot be the name"),
        ("..", "no name"),
    ] {
        let text = refused(dir.path(), &["new", name], &[]);
        assert!(text.contains(clue) && text.contains(name), "{name}: {text}");
    }
    let text = refused(dir.path(), &["new", "a", "--path", "nowhere"], &[]);
    assert!(text.contains("nowhere"), "{text}");
    assert!(!dir.path().join("a").exists());
}

#[test]
fn new_writes_a_whole_project_also_inside_of_a_workspace() {
    let dir = folder();
    fs::write(dir.path().join("Cargo.toml"), "[workspace]\n").expect("a file");
    let git = ["new", "sub/counter", "--git", "https://example.org/threadlink"];
    let ran = threadlink(dir.path(), &git, &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let read =
        |path: &str| fs::read_to_string(dir.path().join("sub/counter").join(path)).expect("new wrote it");
    let manifest = read("Cargo.toml");
    for piece in [
        "name = \"counter\"",
        "git = \"https://example.org/threadlink\"",
        "tracing = [\"threadlink/tracing\"]",
        "[workspace]",
    ] {
        assert!(manifest.contains(piece), "{piece}: {manifest}");
    }
    assert!(read("src/main.rs").contains("#[threadlink::test]"));
    assert!(read(".gitignore").contains("/target"));
}

#[test]
fn init_writes_nothing_into_a_project_and_takes_out_what_it_once_wrote() {
    let dir = folder();
    let config = dir.path().join("project/.cargo/config.toml");
    fs::create_dir_all(config.parent().expect("a parent")).expect("directories");
    let ours: String = threadlink_toolchain::flags::rustflags(threadlink_toolchain::Panic::Abort)
        .iter()
        .map(|flag| format!("\"{flag}\", "))
        .collect();
    let old = format!(
        "[target.wasm32-unknown-unknown]\nrunner = [\"threadlink\", \"runner\"]\nrustflags = [{ours}]\n\n\
         [unstable]\nbuild-std = [\"std\", \"panic_abort\"]\n"
    );
    fs::write(&config, old).expect("a file");
    for (times, says) in [(1, true), (2, false)] {
        let ran = threadlink(dir.path(), &["init", "project"], &[]);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert_eq!(
            ran.stdout.contains("config.toml"),
            says,
            "{times}: {}",
            ran.stdout
        );
        assert!(!dir.path().join("project/.cargo").exists());
        // What rustup notes is of the user, not of the project; without rustup, PATH can say it.
        let noted = fs::read_to_string(dir.path().join("rustup/settings.toml")).unwrap_or_default();
        assert!(
            noted.contains("\"threadlink\"") || ran.stdout.contains("export PATH="),
            "{noted}{}",
            ran.stdout
        );
    }
}

#[test]
fn cargos_subcommand_is_the_same_command() {
    let dir = folder();
    let output = |words: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_cargo-threadlink"))
            .args(words)
            .current_dir(dir.path())
            .output()
            .expect("it runs")
    };
    let help = output(&["threadlink", "--help"]);
    let text = String::from_utf8_lossy(&help.stdout).into_owned();
    assert!(
        help.status.success() && text.contains("cargo threadlink"),
        "{text}"
    );
    let made = output(&["threadlink", "new", "counter"]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    assert!(dir.path().join("counter/Cargo.toml").is_file());
}

/// A module as `cargo test` builds it, with this text in its custom section.
fn tests_module(dir: &Path, records: &str) {
    let wat = format!(r#"(module (@custom "threadlink.tests" "{records}"))"#);
    fs::write(dir.join("tests.wasm"), wat::parse_str(wat).expect("a module")).expect("a file");
}

#[test]
fn a_damaged_list_of_tests_is_refused() {
    let dir = folder();
    tests_module(dir.path(), "TST1 and what is no record at all....");
    let text = refused(dir.path(), &["runner", "tests.wasm"], &[]);
    assert!(
        text.contains("tests.wasm") && text.contains("test record 1"),
        "{text}"
    );
}

#[test]
fn options_of_tests_are_explained_and_refused() {
    let dir = folder();
    tests_module(dir.path(), "");
    let help = threadlink(dir.path(), &["runner", "tests.wasm", "--help"], &[]);
    assert!(
        help.code == Some(0) && help.stdout.contains("--test-threads"),
        "{}",
        help.stdout
    );
    let text = refused(dir.path(), &["runner", "tests.wasm", "--shuffle"], &[]);
    assert!(text.contains("no option `--shuffle`"), "{text}");
    let text = refused(
        dir.path(),
        &["runner", "tests.wasm"],
        &[("THREADLINK_TEST_TIMEOUT", "soon")],
    );
    assert!(text.contains("THREADLINK_TEST_TIMEOUT"), "{text}");
    let ran = threadlink(dir.path(), &["runner", "tests.wasm"], &[]);
    assert!(
        ran.code == Some(0) && ran.stdout.contains("running 0 tests"),
        "{}",
        ran.stdout
    );
}
