//! `threadlink report`: what a trace tells, as a page for a browser.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use threadlink_analysis::Report as Analysis;
use threadlink_report::{Page, PageOptions};
use threadlink_trace::Printable;

use crate::failure::{Done, Failure};
use crate::input::{Input, unchanged};
use crate::output::tell;

/// Make one page for a browser of what a trace tells: the verdict, deadlocks with the source around their places, the locks, the
/// order in which they were taken, a timeline. The page is one file that needs no network.
#[derive(Debug, Args)]
pub(crate) struct Report {
    #[command(flatten)]
    input: Input,

    /// The page [default: the trace's name with `.html`]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Show lines of Rust source below this folder, where the trace names them
    #[arg(long, value_name = "DIR", default_value = ".")]
    source: PathBuf,

    /// Show no source
    #[arg(long, conflicts_with = "source")]
    no_source: bool,
}

impl Report {
    pub(crate) fn execute(self) -> Done {
        let trace = self.input.read()?;
        let input = &self.input.trace;
        if !self.no_source && !self.source.is_dir() {
            let folder = self.source.display();
            return Err(Failure::usage(format!(
                "cannot show source below `{folder}`: it is no folder"
            )));
        }
        let output = self
            .output
            .clone()
            .unwrap_or_else(|| input.with_extension("html"));
        if is_same(&output, input) {
            return Err(Failure::usage(format!(
                "`{}` is the trace: name another file with -o",
                output.display()
            )));
        }
        let analysis = Analysis::of(&trace);
        for warning in &analysis.warnings {
            tell(format_args!("warning: {}", Printable(warning)));
        }
        let name = input.file_name().unwrap_or(input.as_os_str());
        let mut options = PageOptions::new(name.to_string_lossy());
        if !self.no_source {
            options = options.with_source(&self.source);
        }
        let page = Page::of(&trace, &analysis, &options);
        unchanged(&trace)?;
        fs::write(&output, page.as_str()).map_err(|error| Failure {
            code: 1,
            message: format!("cannot write the page `{}`: {error}", output.display()),
        })?;
        let kilobytes = page.as_str().len().div_ceil(1000);
        tell(format_args!("wrote {} ({kilobytes} KB)", output.display()));
        Ok(0)
    }
}

/// Whether two names are one file.
fn is_same(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| path.canonicalize();
    matches!((real(one), real(other)), (Ok(one), Ok(other)) if one == other)
}
