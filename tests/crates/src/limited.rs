//! Runs a command that may take so long and no longer.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How often is looked whether it has ended.
const LOOK: Duration = Duration::from_millis(20);

/// What became of it.
#[derive(Debug)]
pub(crate) struct Ended {
    /// How it ended; `None` if it was stopped because it took too long.
    pub(crate) status: Option<ExitStatus>,
    /// All that it said, on both streams, in order.
    pub(crate) said: String,
    pub(crate) took: Duration,
}

impl Ended {
    pub(crate) fn succeeded(&self) -> bool {
        self.status.is_some_and(|status| status.success())
    }
}

/// Runs it to its end, or till it has taken so long; what it says goes into the file `log`.
pub(crate) fn run(command: &mut Command, limit: Duration, log: &Path) -> Result<Ended, String> {
    let cannot = |what: &str, error: &std::io::Error| format!("cannot {what}: {error}");
    let file = File::create(log).map_err(|error| cannot("make a log", &error))?;
    let twin = file.try_clone().map_err(|error| cannot("share a log", &error))?;
    let start = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(file)
        .stderr(twin)
        // So that it can be stopped with all that it has started.
        .process_group(0)
        .spawn()
        .map_err(|error| cannot(&format!("run {}", command.get_program().display()), &error))?;
    let status = loop {
        let ended = child.try_wait().map_err(|error| cannot("wait", &error))?;
        if ended.is_some() {
            break ended;
        }
        if start.elapsed() >= limit {
            stop(&mut child)?;
            break None;
        }
        std::thread::sleep(LOOK);
    };
    let took = start.elapsed();
    let said = fs::read(log).map_err(|error| cannot("read a log", &error))?;
    Ok(Ended {
        status,
        said: String::from_utf8_lossy(&said).into_owned(),
        took,
    })
}

/// Ends it with all that it has started.
fn stop(child: &mut Child) -> Result<(), String> {
    let group = format!("-{}", child.id());
    let killed = Command::new("kill").args(["-KILL", "--", &group]).status();
    // If there is no such program, at least the one that we know.
    if !killed.is_ok_and(|status| status.success()) {
        child
            .kill()
            .map_err(|error| format!("cannot stop what took too long: {error}"))?;
    }
    child
        .wait()
        .map(|_| ())
        .map_err(|error| format!("cannot wait: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(line: &str, limit: Duration) -> Ended {
        let dir =
            std::env::temp_dir().join(format!("threadlink-crates-{}-{}", std::process::id(), line.len()));
        fs::create_dir_all(&dir).expect("a folder");
        let ended = run(Command::new("sh").args(["-c", line]), limit, &dir.join("log")).expect("it runs");
        fs::remove_dir_all(&dir).expect("the folder goes");
        ended
    }

    #[test]
    fn what_it_says_is_kept_in_order() {
        let ended = shell(
            "echo one; echo two >&2; echo three; exit 3",
            Duration::from_secs(60),
        );
        assert_eq!(ended.said, "one\ntwo\nthree\n");
        assert_eq!(ended.status.and_then(|status| status.code()), Some(3));
        assert!(!ended.succeeded());
    }

    #[test]
    fn it_is_stopped_with_what_it_has_started() {
        let ended = shell("sleep 1000 & sleep 1000; echo never", Duration::from_millis(50));
        assert!(ended.status.is_none() && ended.took < Duration::from_secs(500));
        assert_eq!(ended.said, "");
    }
}
