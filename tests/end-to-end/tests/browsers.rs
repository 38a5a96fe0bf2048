//! The host in JavaScript (`hosts/js`) in real browsers, which `.ci/run` installs.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use harness::{Guest, root, run, run_module, threadlink};

/// Every example's module goes into the folder, and what it does under `threadlink run` into its `examples.json`.
fn examples(folder: &Path) {
    let known = std::fs::read(root().join("tests/browser/examples.json")).unwrap();
    // With which arguments an example is run, where it is not once and without any.
    let known: HashMap<String, Vec<Vec<String>>> = serde_json::from_slice(&known).unwrap();
    let mut all = Vec::new();
    for entry in std::fs::read_dir(root().join("examples")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let no_words = vec![Vec::new()];
        let runs = known.get(&name).unwrap_or(&no_words);
        if runs.is_empty() {
            continue;
        }
        let mut guest = Guest::package(&name).with(&["--release"]);
        // Two programs, with attributes and without.
        if name.starts_with("std_") {
            guest = guest.with(&["--bin", &name]);
        }
        let module = guest.build();
        std::fs::copy(&module, folder.join(&name).with_extension("wasm")).unwrap();
        for arguments in runs {
            let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let ran = run_module(&module, &words);
            let expected = serde_json::json!({
                "name": name, "args": arguments, "code": ran.code, "stdout": ran.bytes,
            });
            all.push(expected);
        }
    }
    let text = serde_json::Value::from(all).to_string();
    std::fs::write(folder.join("examples.json"), text).unwrap();
}

/// Runs `tests/browser/threads.mjs` and `pages.mjs` in this browser.
fn threads_in(browser: &str) {
    let folder = tempfile::tempdir().unwrap();
    let release = |guest: Guest| guest.with(&["--release"]);
    for (name, guest) in [
        ("suite", release(Guest::package("suite"))),
        (
            "unwinding",
            release(Guest::package("suite")).with(&["--panic", "unwind"]),
        ),
        ("storm", release(Guest::bin("storm"))),
        ("million", release(Guest::bin("million"))),
        ("endings", release(Guest::bin("endings"))),
    ] {
        std::fs::copy(guest.build(), folder.path().join(name).with_extension("wasm")).unwrap();
    }
    examples(folder.path());
    let [ran, _] = ["threads.mjs", "pages.mjs"].map(|script| {
        let ran = run(Command::new("node")
            .args(["--test", "--test-reporter", "spec"])
            .arg(root().join("tests/browser").join(script))
            .env("MODULES", folder.path())
            .env("BROWSER", browser));
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
        ran
    });
    assert!(
        ran.stdout.contains("the suite passes where panics unwind"),
        "{}",
        ran.stdout
    );
}

#[test]
fn threads_in_chromium() {
    threads_in("chromium");
}

#[test]
fn threads_in_firefox() {
    threads_in("firefox");
}

#[test]
fn a_new_project_has_a_page_that_runs_it() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().join("counted");
    let done = |command: &mut Command| {
        let ran = run(command);
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
        ran.stdout
    };
    let says = done(
        threadlink()
            .arg("new")
            .arg(&project)
            .arg("--web")
            .arg("--path")
            .arg(root().join("threadlink")),
    );
    assert!(says.contains("threadlink build --web"), "{says}");
    let built =
        done(
            threadlink()
                .current_dir(&project)
                .args(["build", "--web", "--release", "--panic", "abort"]),
        );
    assert_eq!(built.lines().last(), Some("pkg/counted.wasm"));

    done(
        Command::new("node")
            .arg("--test")
            .arg(root().join("tests/browser/project.mjs"))
            .env("PROJECT", &project)
            .env("THREADLINK", threadlink().get_program()),
    );
}

#[test]
fn the_page_of_an_example_shows_the_picture_of_the_command() {
    let folder = tempfile::tempdir().unwrap();
    for file in ["index.html", "page.js"] {
        let from = root().join("examples/mandelbrot").join(file);
        std::fs::copy(from, folder.path().join(file)).unwrap();
    }
    let build = |more: &[&OsStr]| {
        let options = ["--release", "--std", "plain", "--panic", "abort"];
        let built = run(threadlink()
            .args(["build", "--package", "mandelbrot"])
            .args(options)
            .args(more));
        assert_eq!(built.code, 0, "{}", built.stderr);
        PathBuf::from(built.stdout.lines().last().unwrap())
    };
    build(&[
        "--web".as_ref(),
        "-o".as_ref(),
        folder.path().join("pkg").as_ref(),
    ]);
    // What the package has is for its own host.
    let picture = run_module(&build(&[]), &["360", "240"]);
    assert_eq!(picture.code, 0, "{}", picture.stderr);
    std::fs::write(folder.path().join("picture.png"), picture.bytes).unwrap();
    let ran = run(Command::new("node")
        .arg("--test")
        .arg(root().join("tests/browser/mandelbrot.mjs"))
        .env("PAGE", folder.path())
        .env("PICTURE", folder.path().join("picture.png"))
        .env("THREADLINK", threadlink().get_program()));
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
}
