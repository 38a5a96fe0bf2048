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

/// What is counted, and with how many rounds: as an untraced guest, as a traced one, and recorded. A run with none takes up to half
/// a million instructions more or less each time, which is to be little beside the rounds.
const PLAIN: [(&str, &str, u64, Over); 8] = [
    ("free mutex", "lock", 1_000_000, Over::Both),
    ("free rwlock, reading", "read", 1_000_000, Over::Both),
    ("free rwlock, writing", "write", 1_000_000, Over::Std),
    ("condvar, nobody waits", "notify", 100_000, Over::Std),
    ("channel, nobody waits", "messages_alone", 200_000, Over::Std),
    ("unparked, then parks", "token", 1_000_000, Over::Std),
    ("allocate and free", "allocate", 200_000, Over::Std),
    ("spawn and join", "spawn_join", 300, Over::Both),
];
const TRACED: [(&str, &str, u64, Over); 4] = [
    ("traced mutex", "lock", 200_000, Over::Both),
    ("traced rwlock, reading", "read", 200_000, Over::Both),
    ("traced condvar, nobody waits", "notify", 500_000, Over::Std),
    (
        "traced channel, nobody waits",
        "messages_alone",
        200_000,
        Over::Std,
    ),
];
const RECORDED: [(&str, &str, u64, Over); 2] = [
    ("recorded mutex", "lock", 20_000, Over::Both),
    ("recorded rwlock, reading", "read", 20_000, Over::Std),
];

/// Which ways to have threads are counted: where the code is std's in both, or nearly the same, one will do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Over {
    /// The threaded std.
    Std,
    /// That, and the crate `threadlink` over the plain std.
    Both,
}

/// All of it.
fn paths() -> Vec<Path> {
    let plain = [("std", Program::SmallStd), ("crate", Program::SmallCrate)];
    let traced = [
        ("std", Program::SmallStdTraced),
        ("crate", Program::SmallCrateTraced),
    ];
    let mut paths = Vec::new();
    for (list, programs, record) in [
        (&PLAIN[..], plain, false),
        (&TRACED, traced, false),
        (&RECORDED, traced, true),
    ] {
        for &(name, workload, rounds, over) in list {
            for (way, program) in programs {
                if over == Over::Std && way != "std" {
                    continue;
                }
                paths.push(Path {
                    name: format!("{name} ({way})"),
                    program,
                    workload,
                    rounds,
                    record,
                });
            }
        }
    }
    paths
}

impl Path {
    fn side(&self) -> Side {
        Side::Work {
            program: self.program,
            workload: self.workload,
            rounds: self.rounds,
            threads: 1,
            record: self.record,
            pinned: false,
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
            pinned: false,
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
