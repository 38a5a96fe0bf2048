//! The traces of tests: `threadlink test --trace`. The runner records each test that it runs by itself, and a whole process of
//! libtest's, in a folder that the variable [`FOLDER_VAR`] names; when all have run, each trace is reported on.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use clap::Args;
use tempfile::TempDir;
use threadlink_analysis::{Finding, Report};
use threadlink_trace::{Printable, Trace, TraceWriter};

use crate::failure::Failure;
use crate::output::tell;
use crate::verdict::FailOn;

/// The variable by which runners learn where to record.
const FOLDER_VAR: &str = "THREADLINK_TEST_TRACES";
/// What the names of traces end with.
const EXTENSION: &str = "tltrace";
/// Bytes of a test's name that a file's name has at most.
const LONGEST: usize = 180;

/// What is recorded of tests.
#[derive(Debug, Args)]
pub(crate) struct TestTraces {
    /// Record each test, and report at the end which deadlocks happened or could have, test by test; the traces stay in the folder
    /// DIR, if one is named. Of the tests of libtest, a process is one trace: its threads are called as the tests are
    #[arg(long, value_name = "DIR", num_args = 0..=1)]
    #[expect(clippy::option_option, reason = "clap: not given, given, given with a folder")]
    trace: Option<Option<PathBuf>>,

    #[command(flatten)]
    fail_on: FailOn,
}

/// What was recorded, and what is to be done with it.
pub(crate) struct Recorded<'a> {
    options: &'a TestTraces,
    folder: TempDir,
}

impl TestTraces {
    /// Whether tests are recorded.
    pub(crate) fn is_on(&self) -> bool {
        self.trace.is_some() || self.fail_on.is_given()
    }

    /// A place for the traces, if there will be any.
    pub(crate) fn begin(&self) -> Result<Option<Recorded<'_>>, Failure> {
        if !self.is_on() {
            return Ok(None);
        }
        let folder = tempfile::tempdir()
            .map_err(|error| Failure::usage(format!("there is no folder for the traces: {error}")))?;
        let options = self;
        Ok(Some(Recorded { options, folder }))
    }

    fn kept_in(&self) -> Option<&Path> {
        self.trace.as_ref()?.as_deref()
    }
}

impl Recorded<'_> {
    /// What runners have to be told.
    pub(crate) fn variable(&self) -> (&'static str, &Path) {
        (FOLDER_VAR, self.folder.path())
    }

    /// Reports on all that was recorded, each thing with its test; the exit code for that, if the tests themselves went well.
    pub(crate) fn report(&self, quiet: bool) -> Result<i32, Failure> {
        let mut traces = Vec::new();
        collect(self.folder.path(), &mut traces)?;
        traces.sort_unstable();
        let (mut code, mut found) = (0, 0);
        for path in &traces {
            let name = Recording::of(self.folder.path(), path);
            let report = match Trace::open(path) {
                Ok(trace) => Report::of(&trace),
                Err(error) => {
                    tell(format_args!("warning: {name}: {error}"));
                    continue;
                }
            };
            let findings = &report.deadlocks.findings;
            if !findings.is_empty() {
                found += 1;
                say(&name, findings);
            }
            code = match (code, self.options.fail_on.code(&report)) {
                (0, new) => new,
                (old, 0) => old,
                (old, new) => old.min(new),
            };
        }
        if !quiet {
            let traces = traces.len();
            let plural = if traces == 1 { "" } else { "s" };
            tell(format_args!(
                "{traces} trace{plural} of tests, {found} with findings"
            ));
        }
        if let Some(kept) = self.options.kept_in() {
            self.keep(&traces, kept)?;
        }
        Ok(code)
    }

    fn keep(&self, traces: &[PathBuf], kept: &Path) -> Result<(), Failure> {
        for path in traces {
            let to = kept.join(path.strip_prefix(self.folder.path()).unwrap_or(path));
            let failed = |error| Failure::usage(format!("cannot keep the trace {}: {error}", to.display()));
            if let Some(folder) = to.parent() {
                std::fs::create_dir_all(folder).map_err(failed)?;
            }
            std::fs::copy(path, &to).map_err(failed)?;
        }
        Ok(())
    }
}

fn say(name: &Recording, findings: &[Finding]) {
    let count = findings.len();
    let plural = if count == 1 { "" } else { "s" };
    tell(format_args!("\n{name}: {count} finding{plural}"));
    for finding in findings {
        for line in finding.to_string().lines() {
            tell(format_args!("  {line}"));
        }
    }
}

/// All traces in a folder and those in it.
fn collect(folder: &Path, traces: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let failed = |error| Failure::usage(format!("cannot read {}: {error}", folder.display()));
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            collect(&path, traces)?;
        } else if path.extension().is_some_and(|extension| extension == EXTENSION) {
            traces.push(path);
        }
    }
    Ok(())
}

/// What a trace is of, as its path says.
struct Recording {
    module: String,
    /// `None` for a whole process.
    test: Option<String>,
}

impl Recording {
    fn of(folder: &Path, path: &Path) -> Self {
        let relative = path.strip_prefix(folder).unwrap_or(path).with_extension("");
        let mut parts = relative
            .iter()
            .map(|part| Printable(&part.to_string_lossy()).to_string());
        let module = parts.next().unwrap_or_default();
        Self {
            module: without_hash(&module).to_owned(),
            test: parts.next().map(|test| test.replace('.', "::")),
        }
    }
}

impl fmt::Display for Recording {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.test {
            Some(test) => write!(f, "test {test} ({})", self.module),
            None => write!(f, "all tests of {}, in one process", self.module),
        }
    }
}

/// The name of a target without what cargo adds to it.
fn without_hash(module: &str) -> &str {
    match module.rsplit_once('-') {
        Some((name, hash)) if hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) => name,
        _ => module,
    }
}

/// Where the runner of one module records.
pub(crate) struct Folder {
    path: PathBuf,
    module: OsString,
}

impl Folder {
    /// That for this module, if its runs are to be recorded.
    pub(crate) fn of(module: &Path) -> Option<Self> {
        let path = PathBuf::from(std::env::var_os(FOLDER_VAR)?);
        let module = module.file_stem()?.to_owned();
        Some(Self { path, module })
    }

    /// The file for the whole process.
    pub(crate) fn whole(&self) -> PathBuf {
        self.path.join(&self.module).with_extension(EXTENSION)
    }

    /// A trace for a test.
    pub(crate) fn writer(&self, test: &str) -> Result<TraceWriter, String> {
        let folder = self.path.join(&self.module);
        std::fs::create_dir_all(&folder)
            .map_err(|error| format!("cannot make the folder {}: {error}", folder.display()))?;
        let name = test.replace("::", ".");
        let mut path = folder.join(format!("{}.{EXTENSION}", cut(&name)));
        let mut number = 1;
        while path.exists() {
            number += 1;
            path = folder.join(format!("{}-{number}.{EXTENSION}", cut(&name)));
        }
        TraceWriter::create(&path).map_err(|error| error.to_string())
    }
}

/// So much of a name as a file's may have.
fn cut(name: &str) -> &str {
    &name[..name.floor_char_boundary(LONGEST)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_says_by_its_path_what_it_is_of() {
        let folder = Path::new("/tmp/x");
        for (path, shown) in [
            (
                "bank-0123456789abcdef/tests.both_ways.tltrace",
                "test tests::both_ways (bank)",
            ),
            (
                "my-bank-0123456789abcdef.tltrace",
                "all tests of my-bank, in one process",
            ),
            ("locks.tltrace", "all tests of locks, in one process"),
        ] {
            assert_eq!(Recording::of(folder, &folder.join(path)).to_string(), shown);
        }
    }

    #[test]
    fn tests_with_one_name_or_a_long_one_have_files_of_their_own() {
        let folder = tempfile::tempdir().expect("a folder");
        let traces = Folder {
            path: folder.path().to_owned(),
            module: "m".into(),
        };
        for name in ["a::b", &"é".repeat(300), &"é".repeat(300)] {
            traces
                .writer(name)
                .expect("it can be made")
                .finish()
                .expect("and written");
        }
        let mut all = Vec::new();
        collect(folder.path(), &mut all).expect("it can be read");
        assert_eq!(all.len(), 3);
        assert!(folder.path().join("m/a.b.tltrace").exists());
    }
}
