//! `cargo xtask explore-table`: in how many schedules `threadlink explore` finds the bugs of small programs, written into
//! docs/explore.md; and whether it blames a correct one.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::project::{Threadlink, root};
use crate::shell::{self, Done, step};

/// What a bug may take: schedules, and seconds.
const SCHEDULES: &str = "10000";
const SECONDS: &str = "240";
/// Schedules of a correct program.
const CORRECT: &str = "300";
/// How a correct program ends.
const WELL: &str = "well";
/// What stands before and behind the table in the document.
const BEGIN: &str = "<!-- from here on: cargo xtask explore-table -->\n";
const END: &str = "<!-- up to here -->";
/// Builds, as the table calls them, and the options that make them.
const BUILDS: [(&str, &[&str]); 2] = [
    ("dev, unwind", &["--panic", "unwind"]),
    ("release, abort", &["--release", "--panic", "abort"]),
];

/// A program, as the guest lists it.
struct Program {
    ends: String,
    name: String,
}

/// Explores each program with this many seeds, in each build; those whose names have `word` in them.
pub(crate) fn explore_table(seeds: u32, word: &str) -> Done {
    let threadlink = Threadlink::build()?;
    let mut modules = Vec::new();
    for (build, options) in BUILDS {
        step(&format!("build the programs: {build}"));
        let mut command = threadlink.command(&["build", "-p", "std-guests", "--bin", "schedules"]);
        let printed = shell::output(command.args(["--std", "threaded"]).args(options))?;
        let module = printed.lines().last().ok_or("threadlink build printed nothing")?;
        // The next build has the same name if only what a panic does is another.
        let kept = Path::new(module).with_file_name(format!("schedules-{}.wasm", modules.len()));
        std::fs::copy(module, &kept).map_err(|error| format!("{module} cannot be copied: {error}"))?;
        modules.push(kept);
    }
    let programs = programs(&threadlink, &modules[0])?;
    let seeds_in_words = if seeds == 1 {
        "of one seed".to_owned()
    } else {
        format!("the median of {seeds} seeds")
    };
    let mut table = format!("Schedules to the first failure, {seeds_in_words}:\n\n| program | fails by |");
    for (build, _) in BUILDS {
        let _ = write!(table, " {build} |");
    }
    let _ = write!(table, "\n|---|---|{}\n", "---|".repeat(BUILDS.len()));
    let mut blamed = Vec::new();
    let mut correct = 0;
    for Program { ends, name } in programs.iter().filter(|program| program.name.contains(word)) {
        step(name);
        let mut row = format!("| {name} | {ends} |");
        for module in &modules {
            let mut found = Vec::new();
            for seed in 1..=seeds {
                let (schedule, kind) = explore(&threadlink, module, name, ends, seed)?;
                eprintln!("  seed {seed}: {kind} {schedule:?}");
                match schedule {
                    Some(_) if kind != *ends => {
                        blamed.push(format!("{name}, seed {seed}: {kind} instead of {ends}"));
                    }
                    _ => found.push(schedule.unwrap_or(u64::MAX)),
                }
            }
            found.sort_unstable();
            let _ = write!(row, " {} |", median(&found));
        }
        if ends == WELL {
            correct += 1;
        } else {
            let _ = writeln!(table, "{row}");
        }
    }
    if !blamed.is_empty() {
        return Err(format!("failures that are none: {}", blamed.join("; ")));
    }
    println!("{table}\n{correct} correct programs: none failed");
    if word.is_empty() { write(&table) } else { Ok(()) }
}

/// The one in the middle; above it are those that were not found.
fn median(found: &[u64]) -> String {
    match found.get(found.len() / 2) {
        Some(&u64::MAX) | None if found.iter().all(|schedule| *schedule == u64::MAX) => {
            "not found".to_owned()
        }
        Some(&u64::MAX) | None => format!("> {SCHEDULES}"),
        Some(schedule) => schedule.to_string(),
    }
}

fn programs(threadlink: &Threadlink, module: &Path) -> Done<Vec<Program>> {
    let listed = shell::output(threadlink.command(&["run"]).arg(module))?;
    let program = |line: &str| {
        let (ends, name) = line.split_once(' ')?;
        Some(Program {
            ends: ends.to_owned(),
            name: name.to_owned(),
        })
    };
    let programs: Vec<Program> = listed.lines().filter_map(program).collect();
    if programs.is_empty() {
        return Err("the guest lists no programs".to_owned());
    }
    Ok(programs)
}

/// The first schedule that fails, and how.
fn explore(
    threadlink: &Threadlink,
    module: &Path,
    program: &str,
    ends: &str,
    seed: u32,
) -> Done<(Option<u64>, String)> {
    let schedules = if ends == WELL { CORRECT } else { SCHEDULES };
    let mut command = threadlink.command(&["explore", "--json", "--no-shrink", "--seconds", SECONDS]);
    command.args(["--schedules", schedules, "--seed", &seed.to_string()]);
    let ran = command.arg(module).args(["--", program]).output();
    let ran = ran.map_err(|error| format!("threadlink explore cannot be run: {error}"))?;
    let document = String::from_utf8_lossy(&ran.stdout);
    match ran.status.code() {
        Some(0) => Ok((None, WELL.to_owned())),
        Some(1) => {
            let schedule = after(&document, "\"schedule\"").and_then(|number| number.parse().ok());
            let kind = after(&document, "\"kind\"").unwrap_or_default();
            Ok((
                Some(schedule.ok_or("a failure without a number")?),
                kind.to_owned(),
            ))
        }
        _ => {
            let error = String::from_utf8_lossy(&ran.stderr);
            Err(format!("{program}: {error}"))
        }
    }
}

/// The value of the first key of this name in a document.
fn after<'a>(document: &'a str, key: &str) -> Option<&'a str> {
    let (_, rest) = document.split_once(key)?;
    let value =
        rest.trim_start_matches(|letter: char| letter == ':' || letter == '"' || letter.is_whitespace());
    value.split([',', '"', '}', '\n']).next()
}

/// Puts the table into the document.
fn write(table: &str) -> Done {
    let file: PathBuf = root().join("docs/explore.md");
    let failed = |error: std::io::Error| format!("{}: {error}", file.display());
    let text = std::fs::read_to_string(&file).map_err(failed)?;
    let parts = text.split_once(BEGIN).and_then(|(before, rest)| {
        let (_, behind) = rest.split_once(END)?;
        Some((before, behind))
    });
    let (before, behind) = parts.ok_or("docs/explore.md does not say where the table is")?;
    std::fs::write(&file, format!("{before}{BEGIN}{table}{END}{behind}")).map_err(failed)
}
