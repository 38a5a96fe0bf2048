//! `cargo xtask gate`: how many instructions the paths take that matter, against stored numbers.
//!
//! Valgrind counts what the host, the guest's code and the system's libraries do in a process, so neither a busy machine
//! nor a slow one changes a figure: repeated, it differs by less than one in five hundred. Of a path it is the
//! difference between a run with many rounds and one with none, a round.

mod count;
mod stored;

use std::process::ExitCode;

use crate::programs::{Program, Programs};
use crate::row::Side;

use self::stored::Stored;

/// A path whose instructions are counted.
struct Path {
    name: &'static str,
    program: Program,
    workload: &'static str,
    rounds: u64,
    record: bool,
}

const PATHS: &[Path] = &[
    path("free mutex (std)", Program::SmallStd, "lock", 100_000),
    path("allocate and free (std)", Program::SmallStd, "allocate", 20_000),
    path("spawn and join (std)", Program::SmallStd, "spawn_join", 300),
    path("free mutex (crate)", Program::SmallCrate, "lock", 100_000),
    path(
        "free rwlock, reading (crate)",
        Program::SmallCrate,
        "read",
        100_000,
    ),
    path("spawn and join (crate)", Program::SmallCrate, "spawn_join", 300),
    path("traced mutex (std)", Program::SmallStdTraced, "lock", 20_000),
    path("traced mutex (crate)", Program::SmallCrateTraced, "lock", 20_000),
    path(
        "traced rwlock, reading (crate)",
        Program::SmallCrateTraced,
        "read",
        20_000,
    ),
    recorded("recorded mutex (std)", Program::SmallStdTraced, "lock", 20_000),
    recorded(
        "recorded mutex (crate)",
        Program::SmallCrateTraced,
        "lock",
        20_000,
    ),
];

const fn path(name: &'static str, program: Program, workload: &'static str, rounds: u64) -> Path {
    Path {
        name,
        program,
        workload,
        rounds,
        record: false,
    }
}

const fn recorded(name: &'static str, program: Program, workload: &'static str, rounds: u64) -> Path {
    Path {
        record: true,
        ..path(name, program, workload, rounds)
    }
}

impl Path {
    fn side(&self) -> Side {
        Side::Work {
            program: self.program,
            workload: self.workload,
            rounds: self.rounds,
            threads: 1,
            record: self.record,
        }
    }

    /// The same without the work.
    fn nothing(&self) -> Side {
        Side::Work {
            program: self.program,
            workload: "nothing",
            rounds: 0,
            threads: 1,
            record: self.record,
        }
    }
}

/// Counts, and compares with what is stored; or stores it, if that is what the only word says.
pub(crate) fn gate(programs: &Programs, words: &[&str]) -> Result<ExitCode, String> {
    let bless = match words {
        [] => false,
        ["--bless"] => true,
        _ => return Err(format!("gate knows --bless only, not {}", words.join(" "))),
    };
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        println!("the stored numbers are of x86-64 Linux: nothing is compared here");
        return Ok(ExitCode::SUCCESS);
    }
    let mut sides: Vec<Side> = Vec::new();
    for side in PATHS.iter().flat_map(|path| [path.nothing(), path.side()]) {
        if !sides.contains(&side) {
            sides.push(side);
        }
    }
    let counts = count::all(&sides, programs)?;
    let of = |side: &Side| {
        let place = sides.iter().position(|known| known == side);
        place.map_or(0.0, |place| counts[place] as f64)
    };
    let now = Stored::new(PATHS.iter().map(|path| {
        let instructions = (of(&path.side()) - of(&path.nothing())) / path.rounds as f64;
        (path.name, instructions)
    }))?;
    let stored = if bless { None } else { Some(Stored::read()?) };
    for (name, count) in now.counts() {
        let was = stored.as_ref().and_then(|stored| stored.count(name));
        let was = was.map_or(String::new(), |was| format!("   stored: {was:.1}"));
        println!("{name:<34} {count:>9.1} instructions{was}");
    }
    let Some(stored) = stored else {
        now.write()?;
        return Ok(ExitCode::SUCCESS);
    };
    let compared = stored.compare(&now);
    for line in compared.fell.iter().chain(&compared.grew) {
        println!("{line}");
    }
    if compared.grew.is_empty() {
        Ok(ExitCode::SUCCESS)
    } else {
        Err("a path takes more instructions than it did; if that is meant, `cargo xtask gate --bless` stores it".to_owned())
    }
}
