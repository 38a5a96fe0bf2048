//! A trace that is written by whoever hands over its events, without a thread of its own: for a host that has one thread for
//! this anyway, and for targets that have no more.

use std::collections::BTreeMap;
use std::io::Write;
use std::mem;
use std::sync::Arc;

use super::error::WriteError;
use super::output::Output;
use super::summary::Summary;
use crate::deadlock::Deadlock;
use crate::event::EventKind;
use crate::format::encode::Stamped;

/// Events of one thread that are encoded together.
const BUFFER_EVENTS: usize = 2048;

/// Writes a trace as it is told of it, all of whose threads' events one caller knows. What it has not written yet is bounded by
/// the threads that are alive.
///
/// ```
/// use threadlink_trace::{EndKind, EventKind, InlineWriter, Trace};
///
/// # let path = std::env::temp_dir().join(format!("inline-{}.trace", std::process::id()));
/// let mut writer = InlineWriter::new(Box::new(std::fs::File::create(&path)?))?;
/// writer.define_thread(0, Some("main"), None);
/// writer.record(0, 1, EventKind::Start);
/// writer.record(0, 2, EventKind::End { how: EndKind::Returned });
/// assert_eq!(writer.finish()?.events, 2);
/// assert_eq!(Trace::open(&path)?.threads().len(), 1);
/// # std::fs::remove_file(path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct InlineWriter {
    output: Output,
    /// What was not encoded yet, of each thread that has such.
    pending: BTreeMap<u32, Vec<Stamped>>,
}

impl InlineWriter {
    /// Begins a trace.
    ///
    /// # Errors
    /// The sink fails.
    pub fn new(sink: Box<dyn Write + Send>) -> Result<Self, WriteError> {
        let output = Output::begin(sink, "the trace's sink".to_owned(), Arc::default())?;
        Ok(Self {
            output,
            pending: BTreeMap::new(),
        })
    }

    /// What a thread is.
    pub fn define_thread(&mut self, id: u32, name: Option<&str>, parent: Option<u32>) {
        self.output.thread(id, name, parent);
    }

    /// What the address of a place means.
    pub fn define_site(&mut self, address: u32, file: &str, line: u32, column: u32) {
        self.output.site(address, file, line, column);
    }

    /// What lock or condition variable stands at an address from a time on.
    pub fn define_lock(&mut self, address: u32, since: u64, made: u32, name: Option<&str>) {
        self.output.lock(address, since, made, name);
    }

    /// An event of a thread, later than those before it.
    pub fn record(&mut self, thread: u32, time: u64, kind: EventKind) {
        let pending = self.pending.entry(thread).or_default();
        pending.push(Stamped { time, kind });
        if pending.len() >= BUFFER_EVENTS {
            self.output.events(thread, pending);
            pending.clear();
        } else if matches!(kind, EventKind::End { .. }) {
            self.output.events(thread, &mem::take(pending));
            self.pending.remove(&thread);
        }
    }

    /// A deadlock, with all that was recorded before it.
    pub fn deadlock(&mut self, deadlock: &Deadlock) {
        self.encode();
        self.output.deadlock(deadlock);
    }

    /// Writes what it was told so far, so that a trace that ends here has it.
    pub fn flush(&mut self) {
        self.encode();
        self.output.write_pending();
    }

    /// Writes the rest, and the end.
    ///
    /// # Errors
    /// The sink has failed, now or before.
    pub fn finish(mut self) -> Result<Summary, WriteError> {
        self.encode();
        self.output.finish()
    }

    fn encode(&mut self) {
        for (thread, events) in mem::take(&mut self.pending) {
            self.output.events(thread, &events);
        }
    }
}

impl std::fmt::Debug for InlineWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InlineWriter")
            .field("threads", &self.pending.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Kept;
    use crate::{EndKind, Trace};

    #[test]
    fn what_was_flushed_is_there_without_an_end() {
        let sink = Kept::default();
        let mut writer = InlineWriter::new(Box::new(sink.clone())).unwrap();
        writer.define_thread(0, Some("main"), None);
        writer.record(0, 1, EventKind::Start);
        writer.record(1, 2, EventKind::Start);
        writer.flush();
        writer.record(0, 3, EventKind::End { how: EndKind::Died });
        drop(writer);
        let trace = Trace::read(&sink.bytes()[..]).unwrap();
        assert_eq!(trace.events().count(), 2);
    }

    #[test]
    fn many_events_of_many_threads_keep_their_order() {
        let sink = Kept::default();
        let mut writer = InlineWriter::new(Box::new(sink.clone())).unwrap();
        let count = 3 * BUFFER_EVENTS as u64;
        for time in 0..count {
            let (address, count) = (8, 1);
            let thread = u32::from(time % 3 == 0);
            writer.record(thread, time, EventKind::Waken { address, count });
        }
        assert_eq!(writer.finish().unwrap().events, count);
        let trace = Trace::read(&sink.bytes()[..]).unwrap();
        assert!(trace.events().map(|event| event.time).eq(0..count));
    }
}
