//! How long those who record wait for a sink that does not move: for ever, until somebody sets a limit.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// How often those who wait look whether they still should.
const STEP: Duration = Duration::from_millis(20);

/// The limit of all waits for the sink of one trace.
#[derive(Default)]
pub(super) struct Patience {
    until: Mutex<Option<Instant>>,
    /// Set by the first who gave up.
    ended: OnceLock<()>,
    lost: AtomicU64,
}

impl Patience {
    /// Sets the limit; an earlier one stays.
    pub(super) fn limit(&self, until: Instant) {
        let mut limit = self.until.lock();
        *limit = Some(limit.map_or(until, |known| known.min(until)));
    }

    /// How long to wait before this is asked again; `None` if nobody waits any more, from then on for good.
    pub(super) fn step(&self) -> Option<Duration> {
        let left = match *self.until.lock() {
            None => STEP,
            Some(until) => until.saturating_duration_since(Instant::now()).min(STEP),
        };
        if left.is_zero() {
            let _ = self.ended.set(());
        }
        (!self.has_ended()).then_some(left)
    }

    /// Whether somebody has given up, so that the trace lacks something.
    pub(super) fn has_ended(&self) -> bool {
        self.ended.get().is_some()
    }

    /// Counts events that nobody will write.
    pub(super) fn lose(&self, events: usize) {
        self.lost.fetch_add(events as u64, Ordering::Relaxed);
    }

    /// Events that nobody will write, as far as is known.
    pub(super) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::time::{Duration, Instant};

    use crossbeam_channel::RecvTimeoutError;

    use crate::testing::Kept;
    use crate::{EventKind, Trace, TraceWriter, WriteError};

    /// Takes one chunk, and the others only once its gate is gone; the last field tells of its own end.
    struct Stuck(
        Kept,
        crossbeam_channel::Receiver<()>,
        #[expect(dead_code)] crossbeam_channel::Sender<()>,
    );

    impl Write for Stuck {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.1.recv();
            self.0.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn neither_recorders_nor_the_end_wait_longer_than_the_limit_for_a_sink_that_is_stuck() {
        let kept = Kept::default();
        let (gate, closed) = crossbeam_channel::bounded(1);
        gate.send(()).unwrap();
        let (here, gone) = crossbeam_channel::bounded(0);
        let sink = Box::new(Stuck(kept.clone(), closed, here));
        let writer = TraceWriter::start(sink, "a test".to_owned(), Duration::ZERO).unwrap();
        let recorder = writer.recorder(0);
        std::thread::scope(|scope| {
            // Far more than the queue takes: this ends only because nobody waits any more.
            let recording = scope.spawn(|| {
                let mut time = 0;
                while recorder.record(time, EventKind::Start) {
                    time += 1;
                }
                time
            });
            while !writer.shared.queue.is_full() {
                std::thread::yield_now();
            }
            writer.limit(Instant::now());
            let error = writer.finish().unwrap_err();
            assert!(matches!(error, WriteError::Stalled { .. }), "{error}");
            assert!(recording.join().unwrap() > 0);
            // A second time it is known, and another definition has nobody to wait for.
            assert!(matches!(writer.finish(), Err(WriteError::Stalled { .. })));
            writer.define_site(8, "main.rs", 1, 1);
        });
        drop((recorder, gate, writer));
        // What comes through after all is a trace without an end.
        let end = gone.recv_timeout(Duration::from_secs(60));
        assert_eq!(
            end,
            Err(RecvTimeoutError::Disconnected),
            "the writer's thread never ended"
        );
        assert!(Trace::read(&kept.bytes()[..]).unwrap().truncated());
    }

    #[test]
    fn a_sink_that_moves_is_not_hurried() {
        let writer = TraceWriter::to_sink(Box::new(Kept::default())).unwrap();
        writer.limit(Instant::now() + Duration::from_secs(600));
        writer.limit(Instant::now() + Duration::from_secs(900));
        writer.recorder(0).record(1, EventKind::Start);
        assert_eq!(writer.finish().unwrap().events, 1);
    }
}
