//! A page says what a report says, in its words.

use threadlink_analysis::Report;
use threadlink_report::{Page, PageOptions};
use threadlink_trace::{
    AcquireOp, Deadlock, DeadlockEdge, EventKind, HeldLock, Mode, Trace, TraceWriter, Waits,
};

/// Two threads that wait for each other's locks, one of which has a name that would end a script.
fn deadlock() -> Trace {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.trace");
    let writer = TraceWriter::create(&path).expect("a trace");
    let (mode, op, contended) = (Mode::Exclusive, AcquireOp::Blocking, true);
    let mut edges = Vec::new();
    for (thread, own, other) in [(1, 0x10, 0x20), (2, 0x20, 0x10)] {
        writer.define_thread(thread, Some("</script>"), None);
        let recorder = writer.recorder(thread);
        let time = u64::from(thread);
        recorder.record(time, EventKind::Start);
        let site = own;
        recorder.record(
            time + 10,
            EventKind::Acquire {
                lock: own,
                site,
                op,
                mode,
            },
        );
        recorder.record(
            time + 20,
            EventKind::Request {
                lock: other,
                site,
                contended,
                mode,
            },
        );
        let waits = Waits::Lock {
            lock: other,
            site,
            mode,
        };
        edges.push(DeadlockEdge::new(
            thread,
            Some(HeldLock::new(own, site, mode)),
            waits,
        ));
    }
    writer.deadlock(&Deadlock::new(edges));
    writer.finish().expect("it is written");
    Trace::open(&path).expect("it is a trace")
}

#[test]
fn the_page_has_the_sentences_of_the_report() {
    let trace = deadlock();
    let report = Report::of(&trace);
    let page = Page::of(&trace, &report, &PageOptions::new("a"));
    let verdict = report.verdict();
    assert!(
        verdict[0]
            .text
            .starts_with("A deadlock happened: '</script>' waits"),
        "{}",
        verdict[0]
    );
    for sentence in verdict {
        let json = serde_json::to_string(&sentence.text).expect("it is text");
        let json = json
            .replace('<', "\\u003c")
            .replace('>', "\\u003e")
            .replace('&', "\\u0026");
        assert!(page.as_str().contains(&json), "{json} is not on the page");
    }
}
