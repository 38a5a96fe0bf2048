//! What a host of any kind can use: live detection, the trace and its analysis need no engine and no operating system, so
//! that they also compile to wasm, for a host in JavaScript.

use harness::{root, run};
use threadlink_toolchain::{Machine, Panic, detect, flags};

#[test]
fn detection_and_traces_compile_to_wasm() {
    let toolchain = detect(&Machine::new()).expect("`cargo xtask setup` was run");
    let mut cargo = toolchain.command();
    cargo
        .current_dir(root())
        .arg("check")
        .args([
            "--package",
            "threadlink-watch",
            "--package",
            "threadlink-analysis",
        ])
        .args(["--target", flags::TARGET, "-Zbuild-std=std,panic_abort"])
        .args(["--target-dir", "target/any-host"])
        .env(
            "CARGO_ENCODED_RUSTFLAGS",
            flags::rustflags(Panic::Abort).join("\u{1f}"),
        );
    let ran = run(&mut cargo);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}
