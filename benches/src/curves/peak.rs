//! Runs a program and looks how large it becomes.

use std::process::{Command, Stdio};
use std::time::Duration;

/// How often is looked. The system keeps the peak, so only what grows at the very end is missed.
const LOOK: Duration = Duration::from_millis(2);

/// What the program printed, and the most memory that it had, in KiB; 0 where the system does not say.
pub(super) fn run(command: &mut Command) -> Result<(String, u64), String> {
    let failed = |what: &str| format!("{command:?} {what}");
    let (cannot, bad) = (failed("cannot be run"), failed("failed"));
    let mut child = command
        .stdin(Stdio::null())
        // A line or two, which a pipe has room for.
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .map_err(|error| format!("{cannot}: {error}"))?;
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child
        .try_wait()
        .map_err(|error| format!("{cannot}: {error}"))?
        .is_none()
    {
        peak = high_water(&std::fs::read_to_string(&status).unwrap_or_default()).unwrap_or(peak);
        std::thread::sleep(LOOK);
    }
    let output = child
        .wait_with_output()
        .map_err(|error| format!("{cannot}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{bad}: {}", output.status));
    }
    Ok((String::from_utf8_lossy(&output.stdout).into_owned(), peak))
}

fn high_water(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_peak_is_read() {
        let status = "Name:\tx\nVmHWM:\t    1234 kB\nVmRSS:\t 12 kB\n";
        assert_eq!(super::high_water(status), Some(1_234));
        assert_eq!(super::high_water("Name:\tx\n"), None);
    }
}
