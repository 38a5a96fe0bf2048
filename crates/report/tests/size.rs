//! A page is no larger than it says, whatever a trace has in it.

use threadlink_analysis::Report;
use threadlink_report::{Page, PageOptions};
use threadlink_trace::{
    AcquireOp, Deadlock, DeadlockEdge, EventKind, HeldLock, Mode, Trace, TraceWriter, Waits,
};

/// A trace with as much as a page can hold of everything, and of all of it more: names that each take six times their length,
/// threads and locks with the largest numbers, intervals as long as times go, a deadlock of many.
fn everything() -> Trace {
    const MODE: Mode = Mode::Exclusive;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.trace");
    let writer = TraceWriter::create(&path).expect("a trace");
    let threads = 400u32;
    let lock = |at: u32| u32::MAX - at * 8;
    let name = |at: u32| format!("{at}{}", "<".repeat(400));
    for at in 0..8_000 {
        writer.define_site(at + 1, &name(at), u32::MAX - at, u32::MAX);
        writer.define_lock(lock(at), 0, at + 1, Some(&name(at)));
    }
    for at in 0..threads {
        let id = u32::MAX - at;
        writer.define_thread(id, Some(&name(at)), None);
        let recorder = writer.recorder(id);
        let mut now = 1 + u64::from(at);
        recorder.record(now, EventKind::Start);
        for round in 0..100 {
            let taken = lock((at * 100 + round) % 8_000);
            let site = (at * 37 + round * 11) % 8_000 + 1;
            let request = EventKind::Request {
                lock: taken,
                site,
                contended: true,
                mode: MODE,
            };
            now += 1 << 40;
            recorder.record(now, request);
            now += u64::MAX / 300;
            let acquire = EventKind::Acquire {
                lock: taken,
                site,
                op: AcquireOp::Blocking,
                mode: MODE,
            };
            recorder.record(now, acquire);
            // Some stay held: an order of many.
            if !round.is_multiple_of(20) {
                now += 1 << 50;
                recorder.record(
                    now,
                    EventKind::Release {
                        lock: taken,
                        mode: MODE,
                    },
                );
            }
        }
    }
    let edges = (0..4_000).map(|at| {
        let waits = Waits::Lock {
            lock: lock(at + 1),
            site: at + 2,
            mode: MODE,
        };
        DeadlockEdge::new(
            u32::MAX - at % threads,
            Some(HeldLock::new(lock(at), at + 1, MODE)),
            waits,
        )
    });
    writer.deadlock(&Deadlock::new(edges.collect()));
    writer.finish().expect("a whole trace");
    Trace::open(&path).expect("a trace that can be read")
}

#[test]
fn a_page_of_everything_is_no_larger_than_it_says() {
    let trace = everything();
    let page = Page::of(&trace, &Report::of(&trace), &PageOptions::new("<".repeat(10_000)));
    let size = page.as_str().len();
    assert!(size <= Page::MOST_BYTES, "{size} bytes");
    // It is a page that budgets were needed for.
    assert!(size > Page::MOST_BYTES / 2, "only {size} bytes");
}
