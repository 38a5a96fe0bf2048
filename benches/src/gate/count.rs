//! Counts the instructions of runs under valgrind.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::programs::{self, Programs};
use crate::row::Side;
use crate::run;

/// The instructions of each run, as many at once as there are processors.
pub(crate) fn all(sides: &[Side], programs: &Programs) -> Result<Vec<u64>, String> {
    let folder = programs::folder()?;
    let mut runs = Vec::new();
    for (number, side) in sides.iter().enumerate() {
        let trace = folder.join(format!("gate-{number}.trace"));
        let log = folder.join(format!("gate-{number}.log"));
        runs.push((valgrind(side, programs, &trace, &log)?, trace, log));
    }
    eprintln!("counting the instructions of {} runs: about a minute", runs.len());
    let (next, counts) = (AtomicUsize::new(0), Mutex::new(vec![Ok(0); runs.len()]));
    let runs: Vec<Mutex<_>> = runs.into_iter().map(Mutex::new).collect();
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let number = next.fetch_add(1, Ordering::Relaxed)
                    && number < runs.len()
                {
                    let mut run = runs[number].lock().expect("nobody panics");
                    let (command, trace, log) = &mut *run;
                    let count = count(command, &sides[number], trace, log);
                    counts.lock().expect("nobody panics")[number] = count;
                }
            });
        }
    });
    counts.into_inner().expect("nobody panics").into_iter().collect()
}

fn valgrind(side: &Side, programs: &Programs, trace: &Path, log: &Path) -> Result<Command, String> {
    let guest = run::work(side, programs, trace)?;
    let mut words = guest.get_args();
    let verb = words.next().ok_or("a guest is run by a verb")?;
    // Else whoever is first compiles, and the others do not.
    let fresh = programs.has_cache()?.then_some("--no-cache");
    let mut command = Command::new("valgrind");
    command
        // Counts instructions, and simulates no caches.
        .args([
            "--tool=cachegrind",
            "--cache-sim=no",
            "--cachegrind-out-file=/dev/null",
        ])
        .arg(format!("--log-file={}", log.display()))
        .arg(guest.get_program())
        .arg(verb)
        .args(fresh)
        .args(words)
        .current_dir(programs::root())
        // Several threads that compile look for work while they have none, longer or shorter.
        .env("RAYON_NUM_THREADS", "1")
        .stdin(Stdio::null());
    Ok(command)
}

fn count(command: &mut Command, side: &Side, trace: &Path, log: &Path) -> Result<u64, String> {
    let output = command
        .output()
        .map_err(|error| format!("cannot run valgrind, which counts: {error} (apt-get install valgrind)"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{command:?} failed: {}\n{said}", output.status));
    }
    if let Side::Work {
        workload,
        rounds,
        threads,
        record: true,
        pinned: false,
        ..
    } = side
    {
        run::check(trace, workload, rounds * threads, true)?;
    }
    let text =
        std::fs::read_to_string(log).map_err(|error| format!("cannot read {}: {error}", log.display()))?;
    instructions(&text).ok_or_else(|| format!("valgrind did not say how many instructions it saw:\n{text}"))
}

/// The number in `==123== I   refs:      674,532,166`.
fn instructions(log: &str) -> Option<u64> {
    let line = log
        .lines()
        .find_map(|line| line.split_once("refs:").filter(|(head, _)| head.contains("I ")));
    line?.1.trim().replace(',', "").parse().ok()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_number_in_what_valgrind_says() {
        let log = "==1== Command: threadlink\n==1== \n==1== I   refs:      674,532,166\n";
        assert_eq!(super::instructions(log), Some(674_532_166));
        assert_eq!(super::instructions("==1== Command: threadlink\n"), None);
    }
}
