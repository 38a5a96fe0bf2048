//! What a trace holds after all sorts of ends: a finish while threads run, a full disk, a kill.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use parking_lot::Mutex;

use super::*;
use crate::event::{AcquireOp, EndKind, EventKind, Mode};
use crate::reader::Trace;
use crate::testing::{Kept, chunks, unswept};
use crate::validate::{Problem, validate};

/// After this long, a test that waits for another thread fails instead.
const WATCHDOG: Duration = Duration::from_secs(60);

fn read(sink: &Kept) -> Trace {
    Trace::read(&sink.bytes()[..]).unwrap()
}

/// Threads take turns with a real lock and record it, until the trace is closed under their feet.
#[test]
fn a_finish_amid_running_threads_is_a_consistent_cut() {
    let (writer, sink) = unswept();
    let clock = AtomicU64::new(1);
    let turn = Mutex::new(());
    let enough = std::sync::Barrier::new(5);
    let now = || clock.fetch_add(1, Ordering::Relaxed);
    let main = writer.recorder(0);
    main.record(now(), EventKind::Start);
    let mut recorded = 0;
    let summary = thread::scope(|scope| {
        let workers: Vec<_> = (1..=4)
            .map(|id| {
                main.record(now(), EventKind::Fork { child: id });
                let recorder = writer.recorder(id);
                let (turn, enough) = (&turn, &enough);
                scope.spawn(move || {
                    let (lock, site) = (8, 0);
                    let contended = false;
                    let mut events = vec![recorder.record(now(), EventKind::Start)];
                    for round in 0u64.. {
                        if round == 3_000 {
                            enough.wait();
                        }
                        let request = EventKind::Request {
                            lock,
                            site,
                            contended,
                            mode: Mode::Exclusive,
                        };
                        events.push(recorder.record(now(), request));
                        let guard = turn.lock();
                        let op = AcquireOp::Blocking;
                        events.push(recorder.record(
                            now(),
                            EventKind::Acquire {
                                lock,
                                site,
                                op,
                                mode: Mode::Exclusive,
                            },
                        ));
                        let going = recorder.record(
                            now(),
                            EventKind::Release {
                                lock,
                                mode: Mode::Exclusive,
                            },
                        );
                        events.push(going);
                        drop(guard);
                        if !going {
                            break;
                        }
                    }
                    let count = events.iter().take_while(|&&recorded| recorded).count();
                    assert!(events[count..].iter().all(|&recorded| !recorded));
                    count as u64
                })
            })
            .collect();
        enough.wait();
        let summary = writer.finish().unwrap();
        for worker in workers {
            recorded += worker.join().unwrap();
        }
        summary
    });
    assert_eq!(summary.events, recorded + 5);
    assert!(summary.events > 4 * 9_000);
    assert_eq!(summary.threads, 5);
    let trace = read(&sink);
    assert!(!trace.truncated());
    assert_eq!(trace.event_count(), summary.events);
    let checked = validate(&trace).unwrap_or_else(|found| panic!("{}", found[0]));
    assert_eq!(checked.running, 5);
}

#[test]
fn after_the_finish_nothing_is_recorded_and_everything_still_works() {
    let (writer, sink) = unswept();
    let early = writer.recorder(0);
    assert!(early.record(1, EventKind::Start));
    let summary = writer.finish().unwrap();
    let bytes = sink.bytes();
    assert!(!early.record(2, EventKind::Fork { child: 1 }));
    assert!(!writer.recorder(1).record(3, EventKind::Start));
    writer.define_thread(1, None, None);
    writer.define_site(1, "a", 1, 1);
    writer.deadlock(&Deadlock::default());
    drop(early);
    assert_eq!(writer.clone().finish().unwrap(), summary);
    assert_eq!(summary.events, 1);
    assert_eq!(summary.bytes, bytes.len() as u64);
    assert_eq!(sink.bytes(), bytes);
}

#[test]
fn dropping_everything_finishes_too() {
    let (writer, sink) = unswept();
    let recorder = writer.recorder(0);
    drop(writer);
    assert!(recorder.record(1, EventKind::Start));
    drop(recorder);
    let trace = read(&sink);
    assert!(!trace.truncated());
    assert_eq!(trace.event_count(), 1);
}

/// Takes a number of bytes and then is full, in the middle of a write if it comes so.
struct Full {
    kept: Kept,
    left: usize,
}

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let count = bytes.len().min(self.left);
        self.left -= count;
        self.kept.write(&bytes[..count])
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_full_disk_loses_nothing_that_was_written_and_is_reported_at_the_end() {
    // A chunk of these events has 80 KB at most.
    for left in [100, 81_000, 170_000] {
        let kept = Kept::default();
        let sink = Full {
            kept: kept.clone(),
            left,
        };
        let writer = TraceWriter::to_sink(Box::new(sink)).unwrap();
        let recorder = writer.recorder(0);
        for time in 0..100_000 {
            assert!(recorder.record(
                time,
                EventKind::Release {
                    lock: 8,
                    mode: Mode::Exclusive
                }
            ));
        }
        let error = writer.finish().unwrap_err();
        assert_eq!(writer.finish().unwrap_err().to_string(), error.to_string());
        let WriteError::Write {
            written,
            lost,
            source,
            ..
        } = &error
        else {
            panic!("{error}");
        };
        assert_eq!(source.kind(), io::ErrorKind::StorageFull);
        assert_eq!(kept.bytes().len(), left);
        assert!(*written <= left as u64);
        let trace = read(&kept);
        assert!(trace.truncated());
        assert_eq!(trace.event_count(), 100_000 - lost);
        assert_eq!(trace.event_count() > 0, left > 100);
    }
}

#[test]
fn a_sink_that_takes_nothing_is_refused_at_once() {
    let sink = Full {
        kept: Kept::default(),
        left: 0,
    };
    let error = TraceWriter::to_sink(Box::new(sink)).unwrap_err();
    assert!(matches!(error, WriteError::Write { written: 0, .. }), "{error}");
}

#[test]
fn a_sink_that_panics_ends_the_trace_and_not_the_program() {
    struct Panics(bool);
    impl Write for Panics {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            assert!(
                !std::mem::replace(&mut self.0, true),
                "this sink panics on purpose"
            );
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let writer = TraceWriter::to_sink(Box::new(Panics(false))).unwrap();
    let recorder = writer.recorder(0);
    for time in 0..1_000_000 {
        assert!(recorder.record(
            time,
            EventKind::Release {
                lock: 8,
                mode: Mode::Exclusive
            }
        ));
    }
    assert!(matches!(writer.finish(), Err(WriteError::Died)));
    assert!(matches!(writer.finish(), Err(WriteError::Died)));
}

#[test]
fn a_file_that_cannot_be_created_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("missing").join("run.trace");
    let error = TraceWriter::create(&path).unwrap_err();
    assert!(matches!(error, WriteError::Create { .. }));
    let text = error.to_string();
    assert!(text.contains(&path.display().to_string()), "{text}");
    assert!(text.contains("choose another path"), "{text}");
}

/// Tells the test of every write.
struct Telling {
    kept: Kept,
    tell: crossbeam_channel::Sender<()>,
}

impl Write for Telling {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.kept.write_all(bytes)?;
        let _ = self.tell.send(());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The threads hang: nothing pushes their few events out but time.
#[test]
fn events_get_to_the_file_while_their_threads_hang() {
    let kept = Kept::default();
    let (tell, told) = crossbeam_channel::unbounded();
    let sink = Telling {
        kept: kept.clone(),
        tell,
    };
    let interval = Duration::from_millis(1);
    let writer = TraceWriter::start(Box::new(sink), "a test".to_owned(), interval).unwrap();
    let recorder = writer.recorder(0);
    writer.define_thread(0, Some("main"), None);
    recorder.record(1, EventKind::Start);
    recorder.record(2, EventKind::Fork { child: 1 });
    let complete = |trace: &Trace| trace.event_count() == 2 && trace.thread(0).is_some();
    while !complete(&read(&kept)) {
        told.recv_timeout(WATCHDOG)
            .expect("the events never get to the file");
    }
    let trace = read(&kept);
    assert!(trace.truncated());
    assert_eq!(trace.thread(0).unwrap().name.as_deref(), Some("main"));
    recorder.record(3, EventKind::Fork { child: 2 });
    writer.finish().unwrap();
    let times: Vec<u64> = read(&kept).events().map(|event| event.time).collect();
    assert_eq!(times, [1, 2, 3]);
}

/// The writer thread is to come again soon, or what is old already would be as old again before it is written.
#[test]
fn a_sweep_says_so_if_it_does_not_get_at_a_buffer() {
    let (writer, sink) = unswept();
    let recorder = writer.recorder(0);
    recorder.record(1, EventKind::Start);
    let buffer = recorder.buffer();
    let pending = buffer.pending.lock();
    assert!(buffer.sweep().is_none());
    drop(pending);
    let [stamped, _] = buffer.sweep().unwrap();
    assert!(!stamped.is_empty());
    buffer.send(&writer.shared.queue, stamped);
    writer.finish().unwrap();
    assert_eq!(read(&sink).event_count(), 1);
}

/// Sweeping and full buffers at the same time must not bring a thread's events out of order.
#[test]
fn a_sweep_never_overtakes_a_full_buffer() {
    let kept = Kept::default();
    let sink = Box::new(kept.clone());
    let writer = TraceWriter::start(sink, "a test".to_owned(), Duration::ZERO).unwrap();
    thread::scope(|scope| {
        for thread in 0..3 {
            let recorder = writer.recorder(thread);
            scope.spawn(move || {
                for time in 0..50_000 {
                    assert!(recorder.record(
                        time,
                        EventKind::Release {
                            lock: 8,
                            mode: Mode::Exclusive
                        }
                    ));
                }
            });
        }
    });
    writer.finish().unwrap();
    let mut next = [0; 3];
    for event in read(&kept).events() {
        assert_eq!(event.time, next[event.thread as usize]);
        next[event.thread as usize] += 1;
    }
    assert_eq!(next, [50_000; 3]);
}

/// Writes only once its gate is open.
struct Gated(Kept, crossbeam_channel::Receiver<()>);

impl Write for Gated {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = self.1.recv();
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A recorder that waits for a place in the queue holds its buffer's lock meanwhile, and only the writer thread can
/// make a place: a sweep that waited for the lock would hang both. It takes two such recorders: one gets a place
/// when the writer thread takes a message, and that's when it sweeps.
#[test]
fn a_sweep_does_not_wait_for_a_recorder_that_waits_for_the_queue() {
    let kept = Kept::default();
    let (open, gate) = crossbeam_channel::bounded(1);
    open.send(()).unwrap();
    let sink = Box::new(Gated(kept.clone(), gate));
    let writer = TraceWriter::start(sink, "a test".to_owned(), Duration::ZERO).unwrap();
    let record = |recorder: &Recorder, time| {
        assert!(recorder.record(
            time,
            EventKind::Release {
                lock: 8,
                mode: Mode::Exclusive
            }
        ));
    };
    let first = writer.recorder(0);
    let mut times = 0..;
    while !writer.shared.queue.is_full() {
        record(&first, times.next().unwrap());
    }
    // The queue is full and the writer thread at the gate. Each of these fills its buffer and has to wait.
    let (done, finished) = crossbeam_channel::bounded(2);
    let workers = [1, 2].map(|thread| {
        let recorder = Arc::new(writer.recorder(thread));
        let last = Arc::new(AtomicBool::new(false));
        let (done, watched) = (done.clone(), (Arc::clone(&recorder), Arc::clone(&last)));
        thread::spawn(move || {
            let full = recorder::BUFFER_EVENTS as u64;
            (1..full).for_each(|time| record(&recorder, time));
            last.store(true, Ordering::Release);
            record(&recorder, full);
            done.send(()).unwrap();
        });
        watched
    });
    for (recorder, last) in workers {
        while !(last.load(Ordering::Acquire) && recorder.is_busy()) {
            thread::yield_now();
        }
    }
    drop(open);
    for _ in 0..2 {
        let waited = finished.recv_timeout(WATCHDOG);
        waited.expect("the recorders and the writer thread wait for each other");
    }
    let events = times.start + 2 * recorder::BUFFER_EVENTS as u64;
    assert_eq!(writer.finish().unwrap().events, events);
    assert_eq!(read(&kept).event_count(), events);
}

#[test]
fn a_hundred_thousand_short_threads_make_a_small_file() {
    let (writer, sink) = unswept();
    let threads = 100_000;
    for id in 0..threads {
        writer.define_thread(id, None, Some(0));
        let recorder = writer.recorder(id);
        let time = u64::from(id) * 1_000;
        recorder.record(time, EventKind::Start);
        let how = EndKind::Returned;
        recorder.record(time + 500, EventKind::End { how });
    }
    let summary = writer.finish().unwrap();
    assert_eq!(summary.threads, u64::from(threads));
    assert!(summary.bytes < u64::from(threads) * 25, "{} bytes", summary.bytes);
    let trace = read(&sink);
    let ids = trace.events().step_by(2).map(|event| event.thread);
    assert!(ids.eq(0..threads));
    assert_eq!(trace.events().len() as u64, summary.events);
}

#[test]
fn times_that_go_back_are_kept_for_the_validator_to_complain() {
    let (writer, sink) = unswept();
    let recorder = writer.recorder(0);
    recorder.record(5, EventKind::Start);
    recorder.record(3, EventKind::Fork { child: 1 });
    writer.finish().unwrap();
    let found = validate(&read(&sink)).unwrap_err();
    assert_eq!(found[0].problem, Problem::TimeNotIncreasing { last: 5 });
}

#[test]
fn a_name_of_any_length_is_stored_as_far_as_it_goes() {
    let (writer, sink) = unswept();
    let name = "\u{e9}".repeat(1_000_000);
    for id in 0..20 {
        writer.define_thread(id, Some(&name), None);
        writer.define_site(id, &name, 1, 1);
    }
    writer.finish().unwrap();
    let trace = read(&sink);
    let stored = trace.thread(19).unwrap().name.as_deref().unwrap();
    assert!(name.starts_with(stored) && stored.len() == 4096);
    assert!(chunks(&sink.bytes()).iter().all(|chunk| chunk.len() < 100_000));
}
