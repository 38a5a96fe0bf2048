//! The command's contract: exit codes, output, and a clear answer to every kind of nonsense.

use harness::{Guest, plain_cargo, root, run, run_module, threadlink};

#[test]
fn mains_result_is_the_exit_code() {
    let module = Guest::bin("result").build();
    assert_eq!(run_module(&module, &[]).code, 0);
    assert_eq!(run_module(&module, &["code"]).code, 42);
    let failed = run_module(&module, &["error"]);
    assert_eq!(
        (failed.code, failed.stderr.as_str()),
        (1, "Error: \"nothing works\"\n")
    );
}

#[test]
fn lines_of_several_threads_are_never_mixed() {
    let ran = run_module(&Guest::bin("result").build(), &["lines"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    for (text, length) in [(&ran.stdout, 60), (&ran.stderr, 61)] {
        assert_eq!(text.lines().count(), 1_600);
        for line in text.lines() {
            let number = line.chars().next().unwrap();
            assert_eq!(line.len(), length, "{line}");
            assert!(
                line.chars().all(|other| other == number || other == '-'),
                "{line}"
            );
        }
    }
}

#[test]
fn a_library_is_run_by_the_names_of_its_entry_points() {
    let module = Guest::package("library").with(&["--lib"]).build();
    let invoke = |name: &str| run(threadlink().arg("run").arg(&module).args(["--invoke", name]));
    assert_eq!(invoke("sum").stdout, "100\n");
    assert_eq!(invoke("greet").stdout, "hello from a library\n");
    let unknown = invoke("nothing");
    assert_eq!(unknown.code, 2);
    assert!(
        unknown.stderr.contains("greet") && unknown.stderr.contains("sum"),
        "{}",
        unknown.stderr
    );
}

#[test]
fn the_runner_gives_everything_after_the_file_to_the_guest() {
    let module = Guest::bin("result").build();
    let ran = run(threadlink().arg("runner").arg(&module).arg("code"));
    assert_eq!(ran.code, 42, "{}", ran.stderr);
    let ran = run(threadlink().arg("runner").arg(&module).args(["--trace", "code"]));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

#[test]
fn a_program_that_runs_too_long_is_ended() {
    let module = Guest::bin("endings").build();
    let limited = |limit: &str| {
        run(threadlink()
            .arg("run")
            .arg(&module)
            .args(["--timeout", limit, "--", "forever"]))
    };
    let ran = limited("3");
    assert_eq!(ran.code, 124, "{}", ran.stderr);
    assert!(ran.stderr.contains("still running after 3 s"), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("thread 'main' waits for the end of thread"),
        "{}",
        ran.stderr
    );
    // Too short even for the compiler.
    let ran = limited("0.000001");
    assert_eq!(ran.code, 124, "{}", ran.stderr);
    let alive = Guest::bin("alive").build();
    let ran = run(threadlink().arg("run").arg(&alive).args(["--max-threads", "10"]));
    assert_eq!(ran.code, 101, "{}", ran.stderr);
    assert!(ran.stderr.contains("limit of threads"), "{}", ran.stderr);
}

#[test]
fn bad_modules_and_usage_are_exit_code_2_with_an_explanation() {
    let folder = tempfile::tempdir().unwrap();
    let whole = std::fs::read(Guest::bin("plain").build()).unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    for (path, word) in [
        (file("empty.wasm", b""), "empty"),
        (file("text.wasm", b"fn main() {}\n"), "not a wasm module"),
        (file("cut.wasm", &whole[..whole.len() / 2]), "damaged"),
        (folder.path().join("missing.wasm"), "missing.wasm"),
        (folder.path().to_owned(), "irectory"),
    ] {
        let ran = run_module(&path, &[]);
        assert_eq!(ran.code, 2, "{}: {}", path.display(), ran.stderr);
        assert!(ran.stderr.contains(word), "{}: {}", path.display(), ran.stderr);
        assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
    }
    assert_eq!(run(threadlink().arg("run")).code, 2);
    assert_eq!(
        run(threadlink().args(["run", "x.wasm", "--timeout", "soon"])).code,
        2
    );
    let plain = Guest::bin("plain").build();
    let ran = run(threadlink()
        .arg("run")
        .arg(&plain)
        .args(["--trace", "no/such/folder/trace"]));
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("no/such/folder/trace"), "{}", ran.stderr);
}

#[test]
fn builds_that_cannot_work_say_what_there_is() {
    let build = |arguments: &[&str]| run(threadlink().arg("build").args(arguments));
    let ran = build(&["-p", "guests"]);
    assert_ne!(ran.code, 0);
    assert!(
        ran.stderr.contains("--bin") && ran.stderr.contains("plain"),
        "{}",
        ran.stderr
    );
    let ran = build(&["-p", "no-such-package"]);
    assert_ne!(ran.code, 0);
    assert!(ran.stderr.contains("no-such-package"), "{}", ran.stderr);
}

#[test]
fn plain_cargo_builds_the_examples() {
    let ran = run(plain_cargo(&root().join("examples")).args([
        "run",
        "--target",
        "wasm32-unknown-unknown",
        "-p",
        "hello",
    ]));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("hello from main"), "{}", ran.stdout);
    assert!(!ran.stderr.contains("warning"), "{}", ran.stderr);
}

#[cfg(target_os = "linux")]
#[test]
fn a_standard_error_that_takes_nothing_does_not_change_the_exit_code() {
    let deadlock = Guest::package("deadlock").traced().build();
    let deaths = Guest::bin("deaths").build();
    let result = Guest::bin("result").build();
    let nowhere = root().join("nowhere.wasm");
    for (module, arguments, code) in [
        (&deadlock, &[][..], 3),
        (&deaths, &["panic", "main"], 101),
        (&deaths, &["bounds", "main"], 134),
        (&result, &["error"], 1),
        (&nowhere, &[], 2),
    ] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let mut command = threadlink();
        command.arg("run").arg(module).arg("--").args(arguments);
        let status = command
            .stdout(std::process::Stdio::null())
            .stderr(full)
            .status()
            .unwrap();
        assert_eq!(status.code(), Some(code), "{} {arguments:?}", module.display());
    }
}

#[test]
fn a_trace_does_not_overwrite_the_module() {
    let folder = tempfile::tempdir().unwrap();
    let module = folder.path().join("plain.wasm");
    std::fs::copy(Guest::bin("plain").build(), &module).unwrap();
    let before = std::fs::read(&module).unwrap();
    let ran = run(threadlink().arg("run").arg(&module).arg("--trace").arg(&module));
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("overwrite"), "{}", ran.stderr);
    assert_eq!(std::fs::read(&module).unwrap(), before);
}
