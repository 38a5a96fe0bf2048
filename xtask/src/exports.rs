//! `cargo xtask exports`: tables and timelines of traces, read by programs of other origin. DuckDB answers the queries of docs/scale.md as
//! `threadlink analyze` does, and Perfetto's own description of its format finds what the tables have.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::programs::{Program, install, need};
use crate::project::{Threadlink, cargo, root};
use crate::setup::setup;
use crate::shell::{self, Done, step};

/// What reads the files, as Python's packages: versions that were tried.
const READERS: [&str; 3] = ["duckdb==2.0.1", "perfetto==0.59.1", "protobuf==7.36.2"];
/// Simulated programs, each with a seed of its own.
const SIMULATED: u32 = 8;

pub(crate) fn exports() -> Done {
    setup()?;
    let python = readers()?;
    step("build the threadlink command, and traces");
    let threadlink = Threadlink::build()?;
    let folder = root().join("target/exports");
    std::fs::create_dir_all(&folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    for trace in traces(&threadlink, &folder)? {
        step(&format!("read what is exported of {}", trace.display()));
        check(&threadlink, &python, &folder, &trace)?;
    }
    Ok(())
}

/// A Python with the packages, in a folder of its own.
fn readers() -> Done<PathBuf> {
    step("set up DuckDB and Perfetto's description of its format");
    need(&[Program("python3", "python3-venv")])?;
    let can_make = Command::new("python3")
        .args(["-c", "import ensurepip, venv"])
        .stderr(Stdio::null())
        .status();
    if !can_make.is_ok_and(|status| status.success()) {
        install(&["python3-venv"])?;
    }
    let folder = root().join("target/readers");
    let programs = folder.join(if cfg!(windows) { "Scripts" } else { "bin" });
    let python = programs.join("python");
    shell::run(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    shell::run(pip.args(READERS))?;
    Ok(python)
}

/// Those that the tests of reports have, those of simulated programs, and that of a real one.
fn traces(threadlink: &Threadlink, folder: &Path) -> Done<Vec<PathBuf>> {
    let golden = root().join("crates/analysis/tests/golden");
    let entries =
        std::fs::read_dir(&golden).map_err(|error| format!("cannot read {}: {error}", golden.display()))?;
    let mut traces: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "trace"))
        .collect();
    traces.sort();
    if traces.is_empty() {
        return Err(format!("no traces in {}", golden.display()));
    }
    let simulated = ["--workspace", "--example", "simulated"];
    shell::run(cargo().arg("build").args(simulated))?;
    let beside = threadlink
        .path()
        .parent()
        .ok_or("threadlink stands in no directory")?;
    let program = beside.join(format!("examples/simulated{}", std::env::consts::EXE_SUFFIX));
    for seed in 1..=SIMULATED {
        let trace = folder.join(format!("simulated-{seed}.trace"));
        shell::run(
            Command::new(&program)
                .args([&seed.to_string(), "4000"])
                .arg(&trace),
        )?;
        traces.push(trace);
    }
    let bank = threadlink.build_traced("bank")?;
    let trace = folder.join("bank.trace");
    let words = ["run", "--timeout", "120", "--trace"];
    shell::run(threadlink.command(&words).arg(&trace).arg(bank))?;
    traces.push(trace);
    Ok(traces)
}

fn check(threadlink: &Threadlink, python: &Path, folder: &Path, trace: &Path) -> Done {
    let export = |format: &str, name: &str| {
        let path = folder.join(name);
        let mut command = threadlink.command(&["export", "--format", format, "-o"]);
        shell::run(command.arg(&path).arg(trace)).map(|()| path)
    };
    let tables = export("parquet", "run")?;
    let events = export("json", "run.jsonl")?;
    let timeline = export("perfetto", "run.perfetto")?;
    let report = folder.join("run.json");
    let said = shell::output(threadlink.command(&["analyze", "--json"]).arg(trace))?;
    std::fs::write(&report, said).map_err(|error| format!("cannot write {}: {error}", report.display()))?;
    let scripts = root().join("xtask/src/exports");
    shell::run(
        Command::new(python)
            .arg(scripts.join("tables.py"))
            .arg(root().join("docs/scale.md"))
            .args([&tables, &report, &events]),
    )?;
    shell::run(
        Command::new(python)
            .arg(scripts.join("timeline.py"))
            .args([&timeline, &tables]),
    )
}
