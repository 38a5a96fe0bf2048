//! `cargo xtask explore-table --cost`: what points cost a program that nobody stops, and how many schedules there are a second, written
//! into docs/explore.md. An exploration can be interrupted, for which the engine has checks of its own: what these cost is not what
//! points cost, and `threadlink run` has them only with a time limit. So there are two peers.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::bench::released;
use crate::explore_table::{after, write};
use crate::project::in_root;
use crate::shell::{self, Done, step};

/// What points may cost.
const MOST: f64 = 1.15;
/// Schedules a second that there should be, on two processors, and those that are executed to see it.
const RATE: f64 = 5_000.0;
const SCHEDULES: &str = "20000";

/// Measures each kind of work this often, in turn with and without points.
pub(crate) fn explore_cost(threadlink: Option<PathBuf>, turns: u32, word: &str) -> Done {
    let threadlink = match threadlink {
        Some(path) => path,
        None => released()?,
    };
    step("build the work");
    let build = |what: &[&str]| -> Done<PathBuf> {
        let mut command = in_root(&threadlink);
        command.args(["build", "--release", "--std", "threaded", "--panic", "abort"]);
        let printed = shell::output(command.args(what))?;
        let module = printed.lines().last();
        module
            .map(PathBuf::from)
            .ok_or("threadlink build printed nothing".to_owned())
    };
    let work = build(&["-p", "std-guests", "--bin", "costs"])?;
    let listed = shell::output(in_root(&threadlink).arg("run").arg(&work))?;
    let mut table = "| in a loop | beside `run --timeout` | beside `run` |\n|---|---|---|\n".to_owned();
    let mut over = Vec::new();
    let nothing = |run: &[&str], name: &str| time(&threadlink, run, &work, name, "0");
    for (count, name) in listed.lines().filter_map(|line| line.split_once(' ')) {
        if !name.contains(word) {
            continue;
        }
        let mut ratios = [Vec::new(), Vec::new()];
        for _ in 0..turns {
            let [explored, limited, plain] = [EXPLORE, LIMITED, RUN].map(|run| -> Done<f64> {
                Ok(time(&threadlink, run, &work, name, count)? - nothing(run, name)?)
            });
            let explored = explored?;
            for (ratios, peer) in ratios.iter_mut().zip([limited, plain]) {
                ratios.push(explored / peer?.max(0.01));
            }
        }
        eprintln!("{name}: {ratios:.2?}");
        let [points, all] = ratios.map(|mut ratios| {
            ratios.sort_by(f64::total_cmp);
            ratios[ratios.len() / 2]
        });
        let _ = writeln!(table, "| {name} | {points:.2} | {all:.2} |");
        if points > MOST {
            over.push(format!("{name} ({points:.2})"));
        }
    }
    println!("{table}");
    let explored = build(&["-p", "explored"])?;
    let mut rates = "| two threads | schedules a second |\n|---|---|\n".to_owned();
    for program in ["parks", "spin", "channel"] {
        let rate = rate(&threadlink, &explored, program)?;
        let _ = writeln!(rates, "| `{program}` | {rate:.0} |");
        if rate < RATE {
            over.push(format!("{program} ({rate:.0} schedules a second)"));
        }
    }
    println!("{rates}");
    if over.is_empty() {
        println!("all within {MOST}, and above {RATE} schedules a second");
    } else {
        println!(
            "over {MOST}, or below {RATE} schedules a second: {}",
            over.join(", ")
        );
    }
    if word.is_empty() {
        write("cost", &format!("{table}\n{rates}"))?;
    }
    Ok(())
}

/// How a program is run: with points, without them, and without anything that could interrupt it.
const EXPLORE: &[&str] = &[
    "explore",
    "--schedules",
    "1",
    "--jobs",
    "1",
    "--max-steps",
    "1000000000000",
    "--json",
];
const LIMITED: &[&str] = &["run", "--timeout", "3600"];
const RUN: &[&str] = &["run"];

/// Processor time that the command takes for so much of some work, in seconds.
fn time(threadlink: &Path, run: &[&str], work: &Path, name: &str, count: &str) -> Done<f64> {
    let mut command = in_root(threadlink);
    command.args(run).arg(work).args(["--", name, count]);
    let before = spent()?;
    let status = command.stdout(Stdio::null()).status();
    let status = status.map_err(|error| format!("threadlink cannot be run: {error}"))?;
    if !status.success() {
        return Err(format!("{}: {status}", shell::line(&command)));
    }
    Ok(spent()? - before)
}

/// Processor time of all children that have ended, in seconds: the system counts hundredths.
fn spent() -> Done<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat");
    let stat = stat.map_err(|error| format!("only Linux tells processor times: {error}"))?;
    // The second field is a name, in brackets.
    let (_, fields) = stat.rsplit_once(") ").unwrap_or_default();
    let ticks = fields.split(' ').skip(13).take(2);
    Ok(ticks.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0)
}

fn rate(threadlink: &Path, module: &Path, program: &str) -> Done<f64> {
    let mut command: Command = in_root(threadlink);
    command.args(["explore", "--jobs", "2", "--json", "--schedules", SCHEDULES]);
    let document = shell::output(command.arg(module).args(["--", program]))?;
    let number = |key: &str| after(&document, key).and_then(|number| number.parse::<f64>().ok());
    let rate = number("\"schedules\"").zip(number("\"seconds\""));
    rate.map(|(schedules, seconds)| schedules / seconds)
        .ok_or_else(|| format!("{program}: the document has no seconds"))
}
