//! How many bytes a trace may have.

use std::sync::atomic::{AtomicU64, Ordering};

/// The limit of one trace, set by its owner and read by who writes it.
pub(super) struct Most(AtomicU64);

impl Default for Most {
    fn default() -> Most {
        Most(AtomicU64::new(u64::MAX))
    }
}

impl Most {
    pub(super) fn set(&self, bytes: u64) {
        self.0.store(bytes, Ordering::Relaxed);
    }

    pub(super) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{Kept, unswept};
    use crate::{AcquireOp, EventKind, Mode, Trace, TraceWriter, WriteError};

    /// Records more than a limit allows; the writer, what it says in the end, and what it wrote.
    fn limited(most: u64, record: impl FnOnce(&TraceWriter)) -> (WriteError, Kept) {
        let (writer, sink) = unswept();
        writer.max_bytes(most);
        record(&writer);
        let error = writer.finish().unwrap_err();
        (error, sink)
    }

    fn acquire(lock: u32) -> EventKind {
        EventKind::Acquire {
            lock,
            site: lock.rotate_left(16),
            op: AcquireOp::Blocking,
            mode: Mode::Exclusive,
        }
    }

    #[test]
    fn a_trace_ends_close_to_its_limit_and_is_read_as_truncated() {
        // Far below one chunk, and some chunks; events are as long as they can be.
        for most in [1_000, 10_000, 100_000, 1_000_000] {
            let events = 200_000;
            let (error, sink) = limited(most, |writer| {
                writer.define_thread(7, Some("worker"), None);
                let recorder = writer.recorder(7);
                for time in 0..events {
                    recorder.record(time << 30, acquire(if time % 2 == 0 { 8 } else { u32::MAX - 7 }));
                }
            });
            let bytes = sink.bytes();
            assert!(bytes.len() as u64 <= most, "{most}: {}", bytes.len());
            assert!(
                bytes.len() as u64 > most - 600 - most / 8,
                "{most}: {}",
                bytes.len()
            );
            let trace = Trace::read(&bytes[..]).unwrap();
            assert!(trace.truncated());
            assert_eq!(trace.thread(7).unwrap().name.as_deref(), Some("worker"));
            let kept = trace.events().count() as u64;
            assert!(kept > 0, "{most}");
            // The first ones, in their order.
            assert!(trace.events().map(|event| event.time >> 30).eq(0..kept));
            let WriteError::Full { limit, lost, .. } = error else {
                panic!("{error}")
            };
            assert_eq!((limit, lost), (most, events - kept));
        }
    }

    #[test]
    fn definitions_count_as_well() {
        let (error, sink) = limited(5_000, |writer| {
            for id in 0..1_000 {
                writer.define_thread(id, Some("a thread with a name of some length"), None);
                writer.define_site(id, "src/a/file/with/a/name/of/some/length.rs", 1, 1);
                writer.define_lock(id, 1, 1, Some("Struct.field"));
            }
        });
        assert!(matches!(error, WriteError::Full { lost: 0, .. }), "{error}");
        let bytes = sink.bytes();
        assert!((4_000..=5_000).contains(&bytes.len()), "{}", bytes.len());
        assert!(Trace::read(&bytes[..]).unwrap().truncated());
    }

    #[test]
    fn a_limit_that_is_not_reached_changes_nothing() {
        let written = |most: Option<u64>| {
            let (writer, sink) = unswept();
            if let Some(most) = most {
                writer.max_bytes(most);
            }
            let recorder = writer.recorder(0);
            for time in 0..3_000 {
                recorder.record(time, acquire(8));
            }
            writer.finish().unwrap();
            sink.bytes()
        };
        let whole = written(None);
        assert!(!Trace::read(&whole[..]).unwrap().truncated());
        assert_eq!(written(Some(1 << 20)).len(), whole.len());
    }
}
