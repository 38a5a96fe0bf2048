//! The host in JavaScript (`hosts/js`) in real browsers, which `.ci/run` installs.

use std::process::Command;

use harness::{Guest, root, run};

/// Runs `tests/browser/threads.mjs` in this browser.
fn threads_in(browser: &str) {
    let folder = tempfile::tempdir().unwrap();
    let release = |guest: Guest| guest.with(&["--release"]);
    for (name, guest) in [
        ("suite", release(Guest::package("suite"))),
        (
            "unwinding",
            release(Guest::package("suite")).with(&["--panic", "unwind"]),
        ),
        ("mandelbrot", release(Guest::package("mandelbrot"))),
        ("pipeline", release(Guest::package("pipeline"))),
        ("storm", release(Guest::bin("storm"))),
        ("million", release(Guest::bin("million"))),
    ] {
        std::fs::copy(guest.build(), folder.path().join(name).with_extension("wasm")).unwrap();
    }
    let ran = run(Command::new("node")
        .args(["--test", "--test-reporter", "spec"])
        .arg(root().join("tests/browser/threads.mjs"))
        .env("MODULES", folder.path())
        .env("BROWSER", browser));
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
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
