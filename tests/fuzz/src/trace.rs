//! Trace files: anything at all, and whole ones whose chunks were damaged and sealed again, so that what lies behind the
//! checksums is reached.

use std::io;

use arbitrary::{Result, Unstructured};
use threadlink_analysis::{Document, Report};
use threadlink_export::{
    RapidOptions, read_rapidbin, read_std, write_csv, write_json, write_perfetto, write_rapidbin, write_std,
};
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
    read_others(data);
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

/// As what other tools write.
fn read_others(bytes: &[u8]) {
    let of_std = read_std(bytes).ok();
    // A header that may fit, so that the events are reached.
    let mut headed = vec![0, 2, 0, 0, 0, 1, 0, 0, 0, 1];
    headed.extend((bytes.len() as u64 / 8).to_be_bytes());
    headed.extend(bytes);
    let of_rapidbin = [bytes, &headed].map(|bytes| read_rapidbin(bytes, None).ok());
    for trace in [of_std].into_iter().chain(of_rapidbin).flatten() {
        export(&trace);
    }
}

/// In every format: whatever a trace says, it can be written.
fn export(trace: &Trace) {
    let options = RapidOptions { requests: true };
    let mut text = Vec::new();
    write_std(trace, options, &mut text).expect("memory takes it");
    read_std(&text[..]).expect("what is written can be read");
    let mut bytes = Vec::new();
    for write in [write_perfetto, write_csv, write_json] {
        write(trace, &mut io::sink()).expect("nothing refuses it");
    }
    if let Ok((sidecar, _)) = write_rapidbin(trace, options, &mut bytes) {
        read_rapidbin(&bytes[..], Some(&sidecar)).expect("what is written can be read");
    }
}

fn read(bytes: &[u8]) {
    let Ok(trace) = Trace::read(bytes) else {
        return;
    };
    let _ = validate(&trace);
    export(&trace);
    let report = Report::of(&trace);
    let text = report.to_string();
    let raw = |c: char| c.is_control() && c != '\n';
    assert!(
        !text.contains(raw),
        "a control character reaches the reader: {text:?}"
    );
    serde_json::to_string(&Document::of(&report)).expect("it is made of numbers and texts");
}
