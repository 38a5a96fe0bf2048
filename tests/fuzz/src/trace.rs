//! Trace files: anything at all, and whole ones whose chunks were damaged and sealed again, so that what lies behind the
//! checksums is reached.

use arbitrary::{Result, Unstructured};
use threadlink_analysis::{Document, Report};
use threadlink_trace::testing::simulation::{Run, simulate};
use threadlink_trace::testing::{payloads, sealed, written};
use threadlink_trace::{Trace, validate};

use crate::damage::damage;

/// Reads, checks and analyses a trace that follows from `data`.
///
/// # Panics
/// If something is wrong with the readers.
pub fn check(data: &[u8]) {
    read(data);
    let mut from = Unstructured::new(data);
    if let Ok(bytes) = damaged(&mut from) {
        read(&bytes);
    }
}

fn damaged(from: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let run = Run {
        seed: from.arbitrary()?,
        steps: from.int_in_range(1..=200)?,
        equal_times: from.arbitrary()?,
    };
    let whole = written(&simulate(run), |writer| {
        writer.define_thread(1, Some("left"), Some(0));
        writer.define_site(1, "src/main.rs", 1, 1);
        writer.define_lock(0x1000, 0, 1, Some("balance"));
    });
    let mut chunks = payloads(&whole);
    for _ in 0..from.int_in_range(1..=3)? {
        let chunk = from.choose_index(chunks.len())?;
        damage(&mut chunks[chunk].1, from)?;
    }
    Ok(sealed(&chunks))
}

fn read(bytes: &[u8]) {
    let Ok(trace) = Trace::read(bytes) else {
        return;
    };
    let _ = validate(&trace);
    let report = Report::of(&trace);
    let text = report.to_string();
    let raw = |c: char| c.is_control() && c != '\n';
    assert!(
        !text.contains(raw),
        "a control character reaches the reader: {text:?}"
    );
    serde_json::to_string(&Document::of(&report)).expect("it is made of numbers and texts");
}
