//! A test in a process of its own: for what one process has once.

use std::process::Command;

/// Runs the rest of the test `name` in a process of its own, whose limit of addresses is `addresses`; true there.
pub(crate) fn in_a_child(name: &str, addresses: Option<u64>) -> bool {
    const HERE: &str = "THREADLINK_TEST_CHILD";
    if std::env::var_os(HERE).is_some() {
        return true;
    }
    let test = std::env::current_exe().unwrap();
    let mut command = match addresses {
        Some(limit) => {
            let mut command = Command::new("sh");
            // In KiB; what it says stands before the test's own name.
            command.args(["-c", &format!("ulimit -v {} && exec \"$@\"", limit / 1024), "sh"]);
            command.arg(test);
            command
        }
        None => Command::new(test),
    };
    let output = command
        .args([name, "--exact", "--nocapture", "--test-threads=1"])
        .env(HERE, "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {text}", output.status);
    false
}
