//! `cargo xtask explore-table`: in how many schedules `threadlink explore` finds the bugs of small programs, written into
//! docs/explore.md; and whether it blames a correct one.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::project::{Threadlink, in_root, root};
use crate::shell::{self, Done, step};

/// What a bug may take: schedules, and seconds.
const SCHEDULES: &str = "10000";
const SECONDS: &str = "240";
/// Schedules of a correct program.
const CORRECT: &str = "300";
/// How a correct program ends.
const WELL: &str = "well";

/// Programs of one guest, and the builds in which they are explored.
struct Set {
    /// What its table is called in the document.
    name: &'static str,
    /// What cargo builds.
    what: &'static [&'static str],
    /// The file that comes of it, without its ending.
    module: &'static str,
    /// Builds, as the table calls them, and the options that make them.
    builds: &'static [(&'static str, &'static [&'static str])],
}

const SETS: [Set; 2] = [
    Set {
        name: "twelve",
        what: &["-p", "explored"],
        module: "explored",
        builds: &[
            // Optimised ones have debug information; release ones have none.
            ("dev, abort", &["--std", "threaded", "--panic", "abort"]),
            ("dev, unwind", &["--std", "threaded", "--panic", "unwind"]),
            (
                "optimised, abort",
                &["--std", "threaded", "--panic", "abort", "--profile", "explored"],
            ),
            (
                "optimised, unwind",
                &["--std", "threaded", "--panic", "unwind", "--profile", "explored"],
            ),
            ("plain: dev, abort", &["--std", "plain", "--panic", "abort"]),
            ("plain: dev, unwind", &["--std", "plain", "--panic", "unwind"]),
            (
                "plain: optimised, abort",
                &["--std", "plain", "--panic", "abort", "--profile", "explored"],
            ),
            (
                "plain: optimised, unwind",
                &["--std", "plain", "--panic", "unwind", "--profile", "explored"],
            ),
            (
                "release, abort",
                &["--std", "threaded", "--panic", "abort", "--release"],
            ),
            (
                "release, unwind",
                &["--std", "threaded", "--panic", "unwind", "--release"],
            ),
            (
                "plain: release, abort",
                &["--std", "plain", "--panic", "abort", "--release"],
            ),
            (
                "plain: release, unwind",
                &["--std", "plain", "--panic", "unwind", "--release"],
            ),
        ],
    },
    Set {
        name: "programs",
        what: &["-p", "std-guests", "--bin", "schedules"],
        module: "schedules",
        builds: &[
            ("dev, unwind", &["--std", "threaded", "--panic", "unwind"]),
            (
                "release, abort",
                &["--std", "threaded", "--panic", "abort", "--release"],
            ),
        ],
    },
];

/// A program, as the guest lists it.
struct Program {
    ends: String,
    name: String,
}

/// Explores each program with this many seeds, in each build: those of the set of this name, if it is not empty, whose names have
/// `word` in them.
pub(crate) fn explore_table(threadlink: Option<PathBuf>, seeds: u32, name: &str, word: &str) -> Done {
    let wanted = |set: &&Set| name.is_empty() || set.name == name;
    if !SETS.iter().any(|set| wanted(&set)) {
        let names = SETS.map(|set| set.name).join(", ");
        return Err(format!("no set of programs is called {name}: there are {names}"));
    }
    let threadlink = match threadlink {
        Some(path) => path,
        None => Threadlink::build()?.path().to_owned(),
    };
    let mut blamed = Vec::new();
    for set in SETS.iter().filter(wanted) {
        let (table, correct) = explore_set(&threadlink, set, seeds, word, &mut blamed)?;
        println!("{table}\n{correct} correct programs");
        if word.is_empty() && blamed.is_empty() {
            write(set.name, &table)?;
        }
    }
    if blamed.is_empty() {
        Ok(())
    } else {
        Err(format!("failures that are none: {}", blamed.join("; ")))
    }
}

/// A table of bugs, and how many correct programs there were; what failed in another way goes into `blamed`.
fn explore_set(
    threadlink: &Path,
    set: &Set,
    seeds: u32,
    word: &str,
    blamed: &mut Vec<String>,
) -> Done<(String, u32)> {
    let mut modules = Vec::new();
    for (build, options) in set.builds {
        step(&format!("build the programs: {build}"));
        modules.push(build_module(threadlink, set, options, modules.len())?);
    }
    let programs = programs(threadlink, &modules[0])?;
    let seeds_in_words = if seeds == 1 {
        "of one seed".to_owned()
    } else {
        format!("the median of {seeds} seeds")
    };
    let mut table = format!("Schedules to the first failure, {seeds_in_words}:\n\n| program | fails by |");
    for (build, _) in set.builds {
        let _ = write!(table, " {build} |");
    }
    let _ = write!(table, "\n|---|---|{}\n", "---|".repeat(set.builds.len()));
    let mut correct = 0;
    for Program { ends, name } in programs.iter().filter(|program| program.name.contains(word)) {
        step(name);
        let mut row = format!("| {name} | {ends} |");
        for module in &modules {
            let mut found = Vec::new();
            for seed in 1..=seeds {
                let (schedule, kind) = explore(threadlink, module, name, ends, seed)?;
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
    Ok((table, correct))
}

/// Builds a guest; where it is kept, as the next build may have the same name.
fn build_module(threadlink: &Path, set: &Set, options: &[&str], number: usize) -> Done<PathBuf> {
    let mut command = in_root(threadlink);
    let printed = shell::output(command.arg("build").args(set.what).args(options))?;
    let module = printed.lines().last().ok_or("threadlink build printed nothing")?;
    let folder = root().join("target/explore-table");
    let kept = folder.join(format!("{}-{number}.wasm", set.module));
    std::fs::create_dir_all(&folder)
        .and_then(|()| std::fs::copy(module, &kept))
        .map_err(|error| format!("{module} cannot be copied: {error}"))?;
    Ok(kept)
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

fn programs(threadlink: &Path, module: &Path) -> Done<Vec<Program>> {
    let listed = shell::output(in_root(threadlink).arg("run").arg(module))?;
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
    threadlink: &Path,
    module: &Path,
    program: &str,
    ends: &str,
    seed: u32,
) -> Done<(Option<u64>, String)> {
    let schedules = if ends == WELL { CORRECT } else { SCHEDULES };
    let mut command = in_root(threadlink);
    command.args(["explore", "--json", "--no-shrink", "--seconds", SECONDS]);
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
pub(crate) fn after<'a>(document: &'a str, key: &str) -> Option<&'a str> {
    let (_, rest) = document.split_once(key)?;
    let value =
        rest.trim_start_matches(|letter: char| letter == ':' || letter == '"' || letter.is_whitespace());
    value.split([',', '"', '}', '\n']).next()
}

/// Puts a table into docs/explore.md, between the markers of this name.
pub(crate) fn write(name: &str, table: &str) -> Done {
    let file: PathBuf = root().join("docs/explore.md");
    let failed = |error: std::io::Error| format!("{}: {error}", file.display());
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- end of {name} -->"));
    let text = std::fs::read_to_string(&file).map_err(failed)?;
    let parts = text.split_once(&begin).and_then(|(before, rest)| {
        let (_, behind) = rest.split_once(&end)?;
        Some((before, behind))
    });
    let (before, behind) = parts.ok_or(format!("docs/explore.md has no markers for {name}"))?;
    std::fs::write(&file, format!("{before}{begin}{table}{end}{behind}")).map_err(failed)
}
