//! Options as people know them from cargo, and what the command says where somebody has taken a wrong turn.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use harness::{Guest, Ran, root, run, threadlink};
use tempfile::TempDir;
use threadlink_toolchain::{Machine, detect};

/// A package without dependencies, with these files besides its Cargo.toml.
fn project(manifest: &str, files: &[(&str, &str)]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let head = "[package]\nname = \"simple\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n";
    for (path, text) in [("Cargo.toml", &*format!("{head}{manifest}"))]
        .iter()
        .chain(files)
    {
        let path = directory.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    directory
}

/// The command in a directory, with what the workspace has built at hand.
fn within(directory: &Path, arguments: &[&str]) -> Ran {
    run(threadlink()
        .current_dir(directory)
        .env("CARGO_TARGET_DIR", root().join("target"))
        .args(arguments))
}

#[track_caller]
fn assert_says(ran: &Ran, code: i32, parts: &[&str]) {
    assert_eq!(ran.code, code, "{}", ran.stderr);
    for part in parts {
        assert!(ran.stderr.contains(part), "{part:?}: {}", ran.stderr);
    }
}

const MAIN: &str = "fn main() {}";

#[test]
fn cargos_options_reach_cargo() {
    let features =
        "[features]\ndefault = [\"one\"]\none = []\ntwo = []\n[profile.dist]\ninherits = \"release\"\n";
    let source = "
        #[cfg(not(feature = \"one\"))] compile_error!(\"without one\");
        #[cfg(feature = \"two\")] compile_error!(\"with two\");
        fn main() {}";
    let project = project(features, &[("src/main.rs", source), ("examples/shown.rs", MAIN)]);
    let build = |arguments: &[&str]| within(project.path(), &[&["build"], arguments].concat());
    // There is no lock file yet.
    for option in ["--locked", "--frozen"] {
        assert_says(&build(&[option]), 101, &["lock"]);
    }
    assert_says(&build(&["--no-default-features"]), 101, &["without one"]);
    assert_says(&build(&["--all-features"]), 101, &["with two"]);
    let module = |ran: &Ran| PathBuf::from(ran.stdout.lines().last().unwrap_or_default());
    let other = root().join("target").join("usage");
    let target = ["--target-dir", other.to_str().unwrap()];
    let ran = build(&[&["-v", "--offline", "-j", "1", "--example", "shown"][..], &target].concat());
    assert_says(&ran, 0, &["Running `"]);
    assert!(
        module(&ran).starts_with(&other) && module(&ran).ends_with("examples/shown.wasm"),
        "{}",
        ran.stdout
    );
    let ran = build(&["--profile", "dist", "-q", "--locked"]);
    assert_says(&ran, 0, &[]);
    assert!(module(&ran).ends_with("dist/simple.wasm"), "{}", ran.stdout);
    assert!(!ran.stderr.contains("Finished"), "{}", ran.stderr);
}

#[test]
fn check_and_clippy_see_a_guest() {
    let source = "#[cfg(not(target_arch = \"wasm32\"))] compile_error!(\"no guest\");
        fn main() { let all = vec![1]; assert!(!(all.len() == 0)); }";
    let project = project("", &[("src/main.rs", source)]);
    assert_says(&within(project.path(), &["check"]), 0, &[]);
    let lints = ["--", "--deny", "clippy::len_zero"];
    assert_says(&within(project.path(), &["clippy"]), 0, &["len_zero"]);
    let denied = within(project.path(), &[&["clippy"][..], &lints].concat());
    assert_says(&denied, 101, &["len_zero"]);
    let json = within(project.path(), &["check", "--message-format", "json"]);
    assert!(json.stdout.contains("\"reason\""), "{}", json.stdout);
}

#[test]
fn shells_complete_verbs_and_options() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = run(threadlink().args(["completions", shell]));
        assert_eq!(ran.code, 0, "{shell}: {}", ran.stderr);
        for word in ["clippy", "max-host-memory"] {
            assert!(ran.stdout.contains(word), "{shell}: no {word}");
        }
    }
}

#[test]
fn a_wrong_turn_is_answered_with_the_right_one() {
    let empty = tempfile::tempdir().unwrap();
    for verb in ["build", "run", "check"] {
        let ran = within(empty.path(), &[verb, "--offline"]);
        // Cargo itself says it for `check`.
        assert!(
            ran.stderr.contains("could not find `Cargo.toml`"),
            "{verb}: {}",
            ran.stderr
        );
    }
    assert_says(
        &within(empty.path(), &["run"]),
        2,
        &["--manifest-path", "threadlink new"],
    );

    let module = Guest::bin("hangs").build();
    let module = module.to_str().unwrap();
    assert_says(&within(empty.path(), &["run", module, "five"]), 2, &["`-- five`"]);
    assert_says(
        &within(empty.path(), &["run", "five"]),
        2,
        &["no module five", "threadlink run -- five"],
    );
    assert_says(
        &within(empty.path(), &["run", "five.wasm"]),
        2,
        &["cannot read the module five.wasm"],
    );

    let limited = within(empty.path(), &["run", module, "--max-threads", "1"]);
    assert_says(
        &limited,
        101,
        &["1 threads at once, which is the limit", "--max-threads"],
    );

    let library = Guest::package("library").with(&["--lib"]).build();
    let ran = within(empty.path(), &["run", library.to_str().unwrap()]);
    assert_says(&ran, 2, &["no export `_start`", "greet", "--invoke NAME"]);
}

#[test]
fn a_wrong_compiler_is_named() {
    let ran = run(threadlink()
        .args(["build", "-p", "hello"])
        .env("THREADLINK_RUSTC", "/nowhere/rustc"));
    assert_says(&ran, 2, &["THREADLINK_RUSTC (/nowhere/rustc)", "unset it"]);
}

#[test]
fn a_toolchain_file_that_cannot_be_obeyed_is_told_of() {
    let project = project(
        "",
        &[
            ("src/main.rs", MAIN),
            (
                "rust-toolchain.toml",
                "[toolchain]\nchannel = \"nightly-2020-02-02\"\n",
            ),
        ],
    );
    let ran = within(project.path(), &["build"]);
    assert_says(
        &ran,
        0,
        &["rust-toolchain.toml asks for the toolchain `nightly-2020-02-02`, which is not installed"],
    );
    let quiet = within(project.path(), &["build", "-q"]);
    assert!(!quiet.stderr.contains("rust-toolchain"), "{}", quiet.stderr);
}

#[test]
fn the_crate_that_wants_javascript_is_named() {
    let glue = "#[link(wasm_import_module = \"__wbindgen_placeholder__\")]
        unsafe extern \"C\" { fn __wbg_random() -> u32; }
        #[inline(never)] pub fn random() -> u32 { unsafe { __wbg_random() } }";
    let project = project(
        "[dependencies]\nrandomness = { path = \"randomness\" }\n",
        &[
            (
                "src/main.rs",
                "fn main() { if randomness::random() == 1 { std::process::exit(1) } }",
            ),
            ("randomness/src/lib.rs", glue),
            (
                "randomness/Cargo.toml",
                "[package]\nname = \"randomness\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
            ),
        ],
    );
    let ran = within(project.path(), &["build"]);
    assert_says(
        &ran,
        0,
        &[
            "imports `__wbindgen_placeholder__.__wbg_random` for JavaScript",
            "brought by `randomness`",
            "`randomness::random`",
        ],
    );
}

#[test]
fn plain_cargo_without_preparation_is_told_what_is_missing() {
    let dependency = format!(
        "[dependencies]\nthreadlink-rt = {{ path = {:?} }}\n",
        root().join("crates/rt")
    );
    let project = project(
        &dependency,
        &[("src/main.rs", "use threadlink_rt as _;\nfn main() {}")],
    );
    let toolchain = detect(&Machine::new()).unwrap();
    let mut cargo = Command::new(&toolchain.cargo);
    cargo
        .envs(toolchain.environment())
        .env("CARGO_TARGET_DIR", root().join("target"))
        .current_dir(project.path())
        .args([
            "check",
            "--offline",
            "--target",
            "wasm32-unknown-unknown",
            "-Zbuild-std=std,panic_abort",
        ]);
    assert_says(
        &run(&mut cargo),
        101,
        &["`atomics` off", "threadlink build", "threadlink init"],
    );
}
