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
    name: String,
    program: Program,
    workload: &'static str,
    rounds: u64,
    record: bool,
}

/// What is counted: as an untraced guest, as a traced one, and recorded.
const PLAIN: [(&str, &str, u64); 8] = [
    ("free mutex", "lock", 100_000),
    ("free rwlock, reading", "read", 100_000),
    ("free rwlock, writing", "write", 100_000),
    ("condvar, nobody waits", "notify", 100_000),
    ("channel, nobody waits", "messages_alone", 20_000),
    ("unparked, then parks", "token", 20_000),
    ("allocate and free", "allocate", 20_000),
    ("spawn and join", "spawn_join", 300),
];
const TRACED: [(&str, &str, u64); 4] = [
    ("traced mutex", "lock", 20_000),
    ("traced rwlock, reading", "read", 20_000),
    ("traced condvar, nobody waits", "notify", 20_000),
    ("traced channel, nobody waits", "messages_alone", 20_000),
];
const RECORDED: [(&str, &str, u64); 2] = [
    ("recorded mutex", "lock", 20_000),
    ("recorded rwlock, reading", "read", 20_000),
];

/// All of it, over both stds.
fn paths() -> Vec<Path> {
    let plain = [("std", Program::SmallStd), ("crate", Program::SmallCrate)];
    let traced = [
        ("std", Program::SmallStdTraced),
        ("crate", Program::SmallCrateTraced),
    ];
    let of = |list: &[(&str, &'static str, u64)], programs: [(&str, Program); 2], record: bool| {
        let mut paths = Vec::new();
        for &(name, workload, rounds) in list {
            paths.extend(programs.map(|(way, program)| Path {
                name: format!("{name} ({way})"),
                program,
                workload,
                rounds,
                record,
            }));
        }
        paths
    };
    [
        of(&PLAIN, plain, false),
        of(&TRACED, traced, false),
        of(&RECORDED, traced, true),
    ]
    .into_iter()
    .flatten()
    .collect()
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
    let paths = paths();
    let mut sides: Vec<Side> = Vec::new();
    for side in paths.iter().flat_map(|path| [path.nothing(), path.side()]) {
        if !sides.contains(&side) {
            sides.push(side);
        }
    }
    let counts = count::all(&sides, programs)?;
    let of = |side: &Side| {
        let place = sides.iter().position(|known| known == side);
        place.map_or(0.0, |place| counts[place] as f64)
    };
    let now = Stored::new(paths.iter().map(|path| {
        let instructions = (of(&path.side()) - of(&path.nothing())) / path.rounds as f64;
        (path.name.clone(), instructions)
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
