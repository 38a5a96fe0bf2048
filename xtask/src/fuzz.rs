//! `cargo xtask fuzz`: inputs that reach new code, by libFuzzer.

use crate::project::cargo;
use crate::shell::{self, Done, step};

/// Gives one way in inputs for so many seconds. What does harm is left in `tests/fuzz/libfuzzer/artifacts`.
pub(crate) fn fuzz(way: &str, seconds: &str) -> Done {
    step(&format!(
        "libFuzzer looks for inputs of '{way}' that do harm, for {seconds} s"
    ));
    let limit = format!("-max_total_time={seconds}");
    shell::run(
        cargo()
            .args(["fuzz", "run", "--fuzz-dir", "tests/fuzz/libfuzzer"])
            // What is looked for are panics, which need no sanitizer.
            .args(["--sanitizer", "none", way, "--"])
            .args([
                &limit,
                "-len_control=0",
                "-max_len=2048",
                "-timeout=60",
                "-rss_limit_mb=3000",
            ])
            // The instruments are unstable options of the compiler.
            .env("RUSTC_BOOTSTRAP", "1"),
    )
}
