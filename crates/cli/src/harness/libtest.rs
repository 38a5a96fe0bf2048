//! Tests that std's own libtest runs on the guest, all in one process, and each under schedules in an execution of its own.

use std::collections::HashSet;
use std::path::Path;
use std::time::Instant;

use threadlink_host::{End, Engine, EngineConfig, Program, RunConfig, Stream};
use threadlink_trace::Printable;

use super::explored::Exploration;
use crate::code_cache::with_cache;
use crate::failure::{Done, Failure};
use crate::output;
use crate::size::OWN_HOST_MEMORY;

/// What a line of libtest's list ends with that names a test.
const TEST: &str = ": test";

/// Runs those tests that the arguments choose and `exploration` takes, under schedules.
pub(super) fn run(
    file: &Path,
    bytes: &[u8],
    args: &[String],
    exploration: &Exploration,
    failed: i32,
) -> Done {
    let named = |message: String| Failure::usage(format!("{}: {message}", file.display()));
    let engine = Engine::new(&with_cache(EngineConfig::new().max_compile_memory(u64::MAX))?);
    let engine = engine.map_err(|error| named(error.to_string()))?;
    let program = engine.load(bytes).map_err(|error| named(error.to_string()))?;
    let mut chosen = list(&program, args, &[]).map_err(named)?;
    if !args
        .iter()
        .any(|arg| arg == "--ignored" || arg == "--include-ignored")
    {
        let ignored: HashSet<String> = list(&program, args, &["--ignored"])
            .map_err(named)?
            .into_iter()
            .collect();
        chosen.retain(|name| !ignored.contains(name));
    }
    chosen.retain(|name| exploration.takes(name));
    let plural = if chosen.len() == 1 { "" } else { "s" };
    output::print(&format!(
        "\nrunning {} test{plural} under schedules\n",
        chosen.len()
    ))?;
    let since = Instant::now();
    let mut failures = Vec::new();
    let mut schedules = 0;
    for name in &chosen {
        let shown = Printable(name);
        output::print(&format!("test {shown} ... "))?;
        let explored = exploration.run_by_libtest(name);
        schedules += explored.schedules;
        match explored.failure {
            None if explored.cut_short => {
                output::print(&format!(
                    "ok, after {} schedules time was up\n",
                    explored.schedules
                ))?;
            }
            None => output::print("ok\n")?,
            Some(why) => {
                output::print("FAILED\n")?;
                failures.push(format!("---- {shown} ----\n{}\n", why.trim_end()));
            }
        }
    }
    if !failures.is_empty() {
        output::print(&format!("\nfailures:\n\n{}\n", failures.join("\n")))?;
    }
    let result = if failures.is_empty() { "ok" } else { "FAILED" };
    output::print(&format!(
        "\ntest result: {result}. {} passed; {} failed; under {schedules} schedules; finished in {:.2}s\n\n",
        chosen.len() - failures.len(),
        failures.len(),
        since.elapsed().as_secs_f64()
    ))?;
    Ok(if failures.is_empty() { 0 } else { failed })
}

/// The names of the tests that these arguments choose.
fn list(program: &Program, args: &[String], more: &[&str]) -> Result<Vec<String>, String> {
    let words = ["program"].into_iter().chain(args.iter().map(String::as_str));
    let words = words.chain(more.iter().copied()).chain(["--list"]);
    let config = RunConfig::new()
        .args(words.map(str::to_owned).collect::<Vec<_>>())
        .max_host_memory(OWN_HOST_MEMORY)
        .stdout(Stream::capture());
    let outcome = program.run(config).map_err(|error| error.to_string())?;
    if !matches!(outcome.end, End::Returned | End::Exited(0)) {
        return Err(format!("its tests cannot be listed: {}", outcome.end));
    }
    let text = String::from_utf8_lossy(&outcome.stdout).into_owned();
    Ok(text
        .lines()
        .filter_map(|line| line.strip_suffix(TEST).map(str::to_owned))
        .collect())
}
