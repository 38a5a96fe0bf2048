//! What users see: programs that compile and run, and mistakes with the messages they get, one a file.
//! `TRYBUILD=overwrite cargo test -p threadlink-macros --test ui` writes the messages anew.

use std::fs;
use std::path::Path;
use std::process::Command;

/// The compiler that wrote the messages in `tests/ui/fail`. Another one words its notes differently, so of
/// its messages only the first line is compared, which is ours or an error number of the language.
const WRITTEN_BY: &str = "rustc 1.95.";

/// In the environment of a process that is to write messages: the cases.
const CASES: &str = "THREADLINK_UI_CASES";

#[test]
fn programs_that_compile() {
    trybuild::TestCases::new().pass("tests/ui/pass/*.rs");
}

#[test]
fn mistakes_and_their_messages() {
    if let Ok(cases) = std::env::var(CASES) {
        trybuild::TestCases::new().compile_fail(cases);
    } else if compiler().starts_with(WRITTEN_BY) {
        trybuild::TestCases::new().compile_fail("tests/ui/fail/*.rs");
    } else {
        compare_first_lines();
    }
}

fn compiler() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .arg("--version")
        .output()
        .expect("the compiler tells its version");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Lets trybuild, in a process of its own, write the messages of this compiler beside copies of the cases. It
/// fails for a case that compiles.
fn compare_first_lines() {
    let copies = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ui");
    // Cases that no longer exist may be left from another run.
    let _ = fs::remove_dir_all(&copies);
    fs::create_dir_all(&copies).unwrap();
    let sources: Vec<_> = fs::read_dir("tests/ui/fail")
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect();
    assert!(!sources.is_empty());
    for source in &sources {
        fs::copy(source, copies.join(source.file_name().unwrap())).unwrap();
    }
    let written = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "mistakes_and_their_messages"])
        .env(CASES, copies.join("*.rs"))
        .env("TRYBUILD", "overwrite")
        .status()
        .unwrap();
    assert!(written.success(), "a case of tests/ui/fail compiles, see above");
    for source in &sources {
        let message = copies.join(source.file_name().unwrap()).with_extension("stderr");
        let (expected, found) = (first_line(&source.with_extension("stderr")), first_line(&message));
        assert_eq!(found, expected, "the message of {}", source.display());
    }
}

fn first_line(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines().next().unwrap_or_default().to_owned()
}
