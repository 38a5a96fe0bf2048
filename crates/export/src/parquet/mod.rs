//! Tables as Parquet: [`write_parquet`] writes one of a trace's ([`ParquetTable`]). docs/scale.md says what is in them, and what
//! to ask.

mod file;
mod list;
mod spans;

use std::io::{self, Write};

use threadlink_trace::Trace;

use self::file::Rows;
use crate::table;

/// A table of a trace.
///
/// # Examples
/// ```
/// use threadlink_export::ParquetTable;
///
/// let names = ParquetTable::ALL.map(ParquetTable::file_name);
/// assert_eq!(names[0], "events.parquet");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum ParquetTable {
    /// A row an event: the same that [`write_csv`](crate::write_csv) writes.
    Events,
    /// A row for each time that a thread waited.
    Waits,
    /// A row for each time that a thread had a lock.
    Holds,
    /// A row for each lock or condition variable.
    Locks,
    /// A row for each thread.
    Threads,
    /// A row for each place in the source.
    Places,
}

impl ParquetTable {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Events,
        Self::Waits,
        Self::Holds,
        Self::Locks,
        Self::Threads,
        Self::Places,
    ];

    /// What its file is called in a folder that has all.
    #[must_use]
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Events => "events.parquet",
            Self::Waits => "waits.parquet",
            Self::Holds => "holds.parquet",
            Self::Locks => "locks.parquet",
            Self::Threads => "threads.parquet",
            Self::Places => "places.parquet",
        }
    }
}

/// Writes a table of a trace as a Parquet file, from its first byte to its last: `out` may be a pipe. Memory is in proportion to
/// threads, locks and places, not to events.
///
/// # Errors
/// What `out` refuses.
///
/// # Examples
/// ```
/// use threadlink_export::{ParquetTable, write_parquet};
///
/// let trace = threadlink_export::read_std(&b"main|acq(A)|7\nmain|rel(A)|7\n"[..])?;
/// let mut bytes = Vec::new();
/// write_parquet(&trace, ParquetTable::Events, &mut bytes)?;
/// assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write_parquet(trace: &Trace, which: ParquetTable, out: &mut (dyn Write + Send)) -> io::Result<()> {
    let columns: &[_] = match which {
        ParquetTable::Events => &table::COLUMNS,
        ParquetTable::Waits => &spans::WAITS,
        ParquetTable::Holds => &spans::HOLDS,
        ParquetTable::Locks => &list::LOCKS,
        ParquetTable::Threads => &list::THREADS,
        ParquetTable::Places => &list::PLACES,
    };
    let mut rows = Rows::new(columns, out)?;
    match which {
        ParquetTable::Events => table::rows(trace, |row| rows.push(row)),
        ParquetTable::Waits => spans::waits(trace, &mut rows),
        ParquetTable::Holds => spans::holds(trace, &mut rows),
        ParquetTable::Locks => list::locks(trace, &mut rows),
        ParquetTable::Threads => list::threads(trace, &mut rows),
        ParquetTable::Places => list::places(trace, &mut rows),
    }?;
    rows.finish()
}
