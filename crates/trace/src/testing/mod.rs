//! What several test modules share, those of other crates too: generators, a sink, and a simulated program
//! ([`simulation`]), and traces as large as is wanted ([`scenes`]). No part of the API.

pub mod scenes;
pub mod simulation;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use proptest::prelude::*;

use crate::deadlock::{Deadlock, DeadlockEdge, HeldLock, Waits};
use crate::event::{AcquireOp, AwakeKind, EndKind, Event, EventKind, Mode};
use crate::format::chunk::{self, HEADER_SIZE, Header};
use crate::writer::{Recorder, TraceWriter};

/// Any event kind with any numbers in it, sensible or not.
pub fn any_kind() -> impl Strategy<Value = EventKind> {
    (any::<(u32, u32, u32, bool, bool)>(), 0u8..19, 0u8..3).prop_map(
        |((word, site, third, flag, other), which, op)| {
            let mode = mode(other);
            match which {
                0 => EventKind::Start,
                1 => EventKind::End {
                    how: if flag { EndKind::Died } else { EndKind::Returned },
                },
                2 => EventKind::Fork { child: word },
                3 => EventKind::Join {
                    child: word,
                    reaped: flag,
                    failed: other,
                },
                4 => EventKind::JoinRequest { child: word, site },
                5 => EventKind::Request {
                    lock: word,
                    site,
                    contended: flag,
                    mode,
                },
                6 => EventKind::Acquire {
                    lock: word,
                    site,
                    op: [AcquireOp::Blocking, AcquireOp::Try, AcquireOp::Timed][usize::from(op)],
                    mode,
                },
                7 => EventKind::Release { lock: word, mode },
                8 => EventKind::Wait {
                    condvar: word,
                    mutex: third,
                    site,
                    timed: flag,
                },
                9 => EventKind::Wake {
                    condvar: word,
                    timed_out: flag,
                },
                10 => EventKind::Notify {
                    condvar: word,
                    site,
                    all: flag,
                },
                11 => EventKind::Instance {
                    lock: word,
                    instance: third,
                },
                12 => EventKind::InstanceEnd {
                    lock: word,
                    instance: third,
                },
                13 => EventKind::Sleep {
                    address: word,
                    timed: flag,
                },
                14 => EventKind::Awake {
                    address: word,
                    how: [AwakeKind::Woken, AwakeKind::NotEqual, AwakeKind::TimedOut][usize::from(op)],
                },
                15 => EventKind::Waken {
                    address: word,
                    count: third,
                },
                16 => EventKind::Park {
                    token: word,
                    site,
                    timed: flag,
                },
                17 => EventKind::ParkEnd {
                    token: word,
                    timed_out: flag,
                },
                _ => EventKind::Unpark { token: word, site },
            }
        },
    )
}

fn mode(shared: bool) -> Mode {
    if shared { Mode::Shared } else { Mode::Exclusive }
}

/// Any deadlock, sensible or not.
pub fn any_deadlock() -> impl Strategy<Value = Deadlock> {
    let words = any::<(u32, u32, bool)>();
    let edge =
        (any::<u32>(), prop::option::of(words), 0u8..5, words).prop_map(|(thread, holds, kind, words)| {
            let (word, site, shared) = words;
            DeadlockEdge {
                thread,
                holds: holds.map(|(lock, site, shared)| HeldLock {
                    lock,
                    site,
                    mode: mode(shared),
                }),
                waits: match kind {
                    0 => Waits::Dead,
                    1 => Waits::Lock {
                        lock: word,
                        site,
                        mode: mode(shared),
                    },
                    2 => Waits::Thread { thread: word, site },
                    3 => Waits::Condvar { condvar: word, site },
                    _ => Waits::Address { address: word, site },
                },
            }
        });
    (prop::collection::vec(edge, 0..6), any::<u64>())
        .prop_map(|(edges, more)| Deadlock::new(edges).and_more(more))
}

/// A sink whose bytes the test keeps.
#[derive(Clone, Default)]
pub struct Kept(Arc<Mutex<Vec<u8>>>);

impl Kept {
    pub fn bytes(&self) -> Vec<u8> {
        self.0.lock().clone()
    }
}

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A writer that goes by its queue alone, so that the same calls give the same chunks on the slowest machine.
pub fn unswept() -> (TraceWriter, Kept) {
    let sink = Kept::default();
    let hour = Duration::from_secs(3600);
    let writer = TraceWriter::start(Box::new(sink.clone()), "a test".to_owned(), hour).unwrap();
    (writer, sink)
}

/// The bytes of a finished trace with these events, and whatever `define` adds first.
pub fn written(events: &[Event], define: impl FnOnce(&TraceWriter)) -> Vec<u8> {
    let (writer, sink) = unswept();
    define(&writer);
    let mut recorders: BTreeMap<u32, Recorder> = BTreeMap::new();
    for event in events {
        let recorder = recorders
            .entry(event.thread)
            .or_insert_with(|| writer.recorder(event.thread));
        assert!(recorder.record(event.time, event.kind));
    }
    let summary = writer.finish().unwrap();
    assert_eq!(summary.events, events.len() as u64);
    assert_eq!(summary.bytes, sink.bytes().len() as u64);
    sink.bytes()
}

/// A trace of these payloads, each after its kind, with the checksums and numbers that make it whole: whatever a stranger
/// may write.
pub fn sealed(payloads: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let chunks = (0..).zip(payloads);
    chunks
        .flat_map(|(number, (kind, payload))| chunk::assemble(*kind, number, payload))
        .collect()
}

/// The kinds and payloads of an undamaged trace.
pub fn payloads(bytes: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let kind_and_payload = |range: Range<usize>| {
        let chunk = &bytes[range];
        (chunk[4], chunk[HEADER_SIZE..].to_vec())
    };
    chunks(bytes).into_iter().map(kind_and_payload).collect()
}

/// Where each chunk of an undamaged trace begins and ends.
pub fn chunks(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    loop {
        let start = ranges.last().map_or(0, |range| range.end);
        let Some(header) = bytes[start..].first_chunk() else {
            return ranges;
        };
        let header = Header::parse(header).unwrap();
        ranges.push(start..start + HEADER_SIZE + header.length);
    }
}
