//! Writing a trace: [`TraceWriter`], its definitions and its end. The hot path is in [`recorder`], the thread that
//! encodes and writes in [`drain`], and the file's chunks are put together in [`output`].

mod buffer;
#[cfg(test)]
mod compact_tests;
#[cfg(test)]
mod documented_example;
mod drain;
mod error;
mod inline;
mod most;
mod output;
mod patience;
mod recorder;
mod shared;
mod summary;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub use error::WriteError;
pub use inline::InlineWriter;
pub use recorder::Recorder;
pub use summary::Summary;

use crate::compact::{CompactSource, Gate};
use crate::deadlock::Deadlock;
use buffer::{Message, Queue, Registry};
use drain::Drain;
use most::Most;
use output::Output;
use patience::Patience;
use shared::Shared;

/// How long an event may stay in a recorder's buffer, and an encoded one in memory, while its thread goes on. It
/// bounds what a trace loses when the process is killed: half a second, with what a second sweep takes if the first one does
/// not get at the buffer.
const SWEEP_INTERVAL: Duration = Duration::from_millis(450);

/// Writes one trace, from any number of threads. A clone is another handle to the same trace.
///
/// Events go through one [`Recorder`] a thread. A thread of the writer's own encodes and writes them, at the
/// latest half a second after they were recorded, so what a killed process leaves behind is nearly complete. If
/// the disk is full, recording goes on without effect, and [`finish`](TraceWriter::finish) says what happened.
///
/// Dropping the last handle and the last recorder finishes the trace too, but then nobody learns of errors.
///
/// # Examples
/// ```
/// use threadlink_trace::{EndKind, EventKind, TraceWriter};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let directory = tempfile::tempdir()?;
/// let writer = TraceWriter::create(&directory.path().join("run.trace"))?;
/// writer.define_thread(0, Some("main"), None);
/// let main = writer.recorder(0);
/// main.record(10, EventKind::Start);
/// main.record(25, EventKind::End { how: EndKind::Returned });
///
/// let summary = writer.finish()?;
/// assert_eq!((summary.events, summary.threads), (2, 1));
/// assert!(!main.record(30, EventKind::Start), "the trace is closed");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct TraceWriter {
    shared: Arc<Shared>,
}

impl TraceWriter {
    /// Starts a trace in a new file, or over an existing one.
    ///
    /// # Errors
    /// [`WriteError::Create`] if the file can't be created, [`WriteError::Write`] if not even the trace's first
    /// bytes can be written to it.
    pub fn create(path: &Path) -> Result<TraceWriter, WriteError> {
        let file = File::create(path).map_err(|source| WriteError::Create {
            path: path.to_owned(),
            source: Arc::new(source),
        })?;
        TraceWriter::start(
            Box::new(file),
            format!("the trace file `{}`", path.display()),
            SWEEP_INTERVAL,
        )
    }

    /// Starts a trace that goes into `sink`. The sink gets whole chunks, so it needs no buffer of its own; it is
    /// flushed at the end.
    ///
    /// # Errors
    /// [`WriteError::Write`] if the sink refuses the trace's first bytes.
    pub fn to_sink(sink: Box<dyn Write + Send>) -> Result<TraceWriter, WriteError> {
        TraceWriter::start(sink, "the trace's sink".to_owned(), SWEEP_INTERVAL)
    }

    pub(crate) fn start(
        sink: Box<dyn Write + Send>,
        target: String,
        interval: Duration,
    ) -> Result<TraceWriter, WriteError> {
        let most = Arc::new(Most::default());
        let output = Output::begin(sink, target.clone(), Arc::clone(&most))?;
        let patience = Arc::new(Patience::default());
        let (queue, messages) = Queue::new(Arc::clone(&patience));
        let registry = Arc::new(Registry::default());
        let drain = Drain::new(
            messages,
            Arc::clone(&registry),
            output,
            interval,
            Arc::clone(&patience),
        );
        let (writing, written) = crossbeam_channel::bounded(0);
        let thread = std::thread::Builder::new()
            .name("trace-writer".to_owned())
            .spawn(move || {
                let result = drain.run();
                drop(writing);
                result
            })
            .map_err(|source| WriteError::NoThread {
                source: Arc::new(source),
            })?;
        Ok(TraceWriter {
            shared: Arc::new(Shared::new(
                registry, queue, patience, most, target, written, thread,
            )),
        })
    }

    /// A recorder for one thread's events. Make one per thread: the events of two recorders for the same thread
    /// would be stored one recorder after the other.
    #[must_use]
    pub fn recorder(&self, thread: u32) -> Recorder {
        Recorder::new(Arc::clone(&self.shared), thread, None)
    }

    /// A recorder for a thread of which there are compact events, too: in `source`, and later than what was recorded before
    /// they came there. Whatever is recorded takes them out first, so their order stays what it was; and so does the writer's
    /// thread, half a second after they came there at the latest, whatever their thread does.
    ///
    /// The trace needs a [gate](Self::set_gate) that those look at who put events into the source.
    #[must_use]
    pub fn recorder_with(&self, thread: u32, source: Arc<dyn CompactSource>) -> Recorder {
        Recorder::new(Arc::clone(&self.shared), thread, Some(source))
    }

    /// Says how those who write compact events learn that the trace is closed. To be called before anything is recorded.
    /// Returns false, without effect, if the trace has a gate or is closed.
    #[must_use]
    pub fn set_gate(&self, gate: Arc<dyn Gate>) -> bool {
        self.shared.set_gate(gate)
    }

    /// Says what a thread is called and who started it. A later definition of the same thread replaces this one.
    pub fn define_thread(&self, id: u32, name: Option<&str>, parent: Option<u32>) {
        self.shared.queue.send(Message::Thread {
            id,
            name: name.map(str::to_owned),
            parent,
        });
    }

    /// Says which place in the source the site `addr` is. Once for each site is enough.
    pub fn define_site(&self, addr: u32, file: &str, line: u32, column: u32) {
        self.shared.queue.send(Message::Site {
            addr,
            file: file.to_owned(),
            line,
            column,
        });
    }

    /// Says what the lock or condition variable at address `addr` is called, from time `since` on (nanoseconds since
    /// the start of the run), and at which site it was made (0 if that is not known). An address can come to mean
    /// another lock later, which gets a definition of its own.
    ///
    /// ```
    /// use threadlink_trace::{Trace, TraceWriter};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let directory = tempfile::tempdir()?;
    /// # let path = directory.path().join("run.trace");
    /// let writer = TraceWriter::create(&path)?;
    /// writer.define_lock(0x1000, 40, 7, Some("Account.balance"));
    /// writer.finish()?;
    /// let trace = Trace::open(&path)?;
    /// let lock = trace.lock(0x1000, 50).expect("it was defined at 40");
    /// assert_eq!(lock.name.as_deref(), Some("Account.balance"));
    /// assert!(trace.lock(0x1000, 39).is_none());
    /// # Ok(())
    /// # }
    /// ```
    pub fn define_lock(&self, addr: u32, since: u64, made: u32, name: Option<&str>) {
        self.shared.queue.send(Message::Lock {
            addr,
            since,
            made,
            name: name.map(str::to_owned),
        });
    }

    /// Stores a deadlock that was found while the program ran.
    pub fn deadlock(&self, deadlock: &Deadlock) {
        self.shared.queue.send(Message::Deadlock(deadlock.clone()));
    }

    /// Sets the moment from which nobody waits for the sink any more: a file on a system that hangs, a pipe that nobody
    /// reads. Whoever records or finishes the trace then goes on at once; what the sink has no room for is lost,
    /// [`finish`](TraceWriter::finish) says so, and the writer's thread is left behind with its sink. Without a limit all
    /// of them wait for as long as it takes. Of several limits the earliest counts.
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    /// use threadlink_trace::TraceWriter;
    ///
    /// let writer = TraceWriter::to_sink(Box::new(Vec::new()))?;
    /// writer.limit(Instant::now() + Duration::from_secs(10));
    /// writer.finish()?;
    /// # Ok::<(), threadlink_trace::WriteError>(())
    /// ```
    pub fn limit(&self, until: Instant) {
        self.shared.limit(until);
    }

    /// Limits the trace to this many bytes. It ends where the next event or definition would not fit, without the mark of its
    /// end, so that it is read as a truncated trace; whoever records goes on without effect, and
    /// [`finish`](TraceWriter::finish) says what happened. What was written before this is called stays. Of several limits
    /// the last counts.
    ///
    /// ```
    /// use threadlink_trace::{EventKind, TraceWriter, WriteError};
    ///
    /// let writer = TraceWriter::to_sink(Box::new(Vec::new()))?;
    /// writer.max_bytes(1000);
    /// let main = writer.recorder(0);
    /// for time in 0..1000 {
    ///     main.record(time, EventKind::Start);
    /// }
    /// assert!(matches!(writer.finish(), Err(WriteError::Full { limit: 1000, .. })));
    /// # Ok::<(), threadlink_trace::WriteError>(())
    /// ```
    pub fn max_bytes(&self, bytes: u64) {
        self.shared.max_bytes(bytes);
    }

    /// Closes the trace: takes what is in every recorder's buffer, even of threads that still run, writes it all
    /// and then the end chunk. From here on [`Recorder::record`] returns false.
    ///
    /// The events of a trace are a consistent cut of the run: when an event is in the trace, then everything that
    /// happened before it is, too. Calling it again returns the same result again.
    ///
    /// # Errors
    /// [`WriteError::Write`] with the first error that the file or sink gave, at whatever time that was. What was
    /// written until then is a readable, truncated trace. [`WriteError::Full`] if it has reached its
    /// [limit of bytes](TraceWriter::max_bytes). [`WriteError::Stalled`] if the sink took longer than the
    /// [limit](TraceWriter::limit).
    pub fn finish(&self) -> Result<Summary, WriteError> {
        self.shared.finish()
    }
}

impl std::fmt::Debug for TraceWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TraceWriter")
            .field("closed", &self.shared.is_closed())
            .finish_non_exhaustive()
    }
}
