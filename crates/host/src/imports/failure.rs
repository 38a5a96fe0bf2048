//! What is left of a run that a function of the embedder's has ended.

use std::fmt;

use threadlink_trace::{Printable, PrintableLines};

/// A function of the embedder's returned an error, which ended the run.
///
/// ```no_run
/// # fn show(failure: &threadlink_host::ImportFailure) {
/// eprintln!("{}.{}: {}", failure.module, failure.name, failure.message);
/// # }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ImportFailure {
    /// The import's module.
    pub module: String,
    /// Its name there.
    pub name: String,
    /// The thread that called it.
    pub thread: String,
    /// The error's words.
    pub message: String,
    /// The guest's stack, innermost frame first, one line each.
    pub backtrace: Vec<String>,
}

impl fmt::Display for ImportFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "the host's function `{}.{}` failed in thread {}, which ended the program: {}",
            Printable(&self.module),
            Printable(&self.name),
            self.thread,
            PrintableLines(&self.message)
        )?;
        if !self.backtrace.is_empty() {
            writeln!(f, "stack backtrace:")?;
        }
        self.backtrace.iter().try_for_each(|frame| writeln!(f, "{frame}"))
    }
}
