//! The bytes in `docs/trace-format.md` are what the writer writes, and the reader reads from them what the text
//! beside them says.

use crate::event::{AcquireOp, EndKind, EventKind, Mode};
use crate::reader::Trace;
use crate::testing::unswept;
use crate::validate::validate;

/// The events that the document says are in its example.
fn events() -> [(u64, EventKind); 13] {
    let (lock, site) = (0x1000, 0x400);
    let contended = false;
    let how = EndKind::Returned;
    let (mode, shared) = (Mode::Exclusive, Mode::Shared);
    let (condvar, read) = (0x1010, 0x1020);
    [
        (1000, EventKind::Start),
        (
            1500,
            EventKind::Request {
                lock,
                site,
                contended,
                mode,
            },
        ),
        (
            1520,
            EventKind::Acquire {
                lock,
                site,
                op: AcquireOp::Blocking,
                mode,
            },
        ),
        (
            1540,
            EventKind::Wait {
                condvar,
                mutex: lock,
                site,
                timed: true,
            },
        ),
        (1550, EventKind::Release { lock, mode }),
        (
            1640,
            EventKind::Wake {
                condvar,
                timed_out: true,
            },
        ),
        (
            1650,
            EventKind::Acquire {
                lock,
                site,
                op: AcquireOp::Try,
                mode,
            },
        ),
        (
            1660,
            EventKind::Notify {
                condvar,
                site,
                all: true,
            },
        ),
        (1670, EventKind::Release { lock, mode }),
        (
            1680,
            EventKind::Acquire {
                lock: read,
                site,
                op: AcquireOp::Try,
                mode: shared,
            },
        ),
        (
            1690,
            EventKind::Release {
                lock: read,
                mode: shared,
            },
        ),
        (1700, EventKind::Fork { child: 1 }),
        (2000, EventKind::End { how }),
    ]
}

fn written() -> Vec<u8> {
    let (writer, sink) = unswept();
    writer.define_thread(0, Some("main"), None);
    writer.define_site(0x400, "src/main.rs", 12, 20);
    let recorder = writer.recorder(0);
    for (time, kind) in events() {
        assert!(recorder.record(time, kind));
    }
    writer.finish().unwrap();
    sink.bytes()
}

/// The bytes in the document: in the block after "## A worked example", hexadecimal before each line's `|`.
fn documented() -> Vec<u8> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/trace-format.md");
    let text = std::fs::read_to_string(path).unwrap();
    let (_, example) = text
        .split_once("## A worked example")
        .expect("the document has an example");
    let block = example
        .split("```")
        .nth(1)
        .expect("the example has a block of bytes");
    block
        .lines()
        .skip(1)
        .filter_map(|line| line.split('|').next())
        .flat_map(str::split_whitespace)
        .map(|byte| u8::from_str_radix(byte, 16).unwrap_or_else(|_| panic!("`{byte}` is no byte")))
        .collect()
}

#[test]
fn the_example_is_what_the_writer_writes() {
    let hex = |bytes: &[u8]| -> Vec<String> { bytes.iter().map(|byte| format!("{byte:02x}")).collect() };
    assert_eq!(hex(&documented()), hex(&written()));
}

#[test]
fn the_example_says_what_the_reader_reads() {
    let trace = Trace::read(&documented()[..]).unwrap();
    assert!(!trace.truncated());
    let found: Vec<_> = trace.events().map(|event| (event.time, event.kind)).collect();
    assert_eq!(found, events());
    assert!(validate(&trace).is_ok());
    assert_eq!(trace.thread(0).unwrap().name.as_deref(), Some("main"));
    assert_eq!(trace.site(0x400).unwrap().to_string(), "src/main.rs:12:20");
}
