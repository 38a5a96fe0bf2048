//! What is read of a file again is what its bytes in memory are, however long events are, and a file that has changed is noticed.

use std::path::Path;

use crate::Trace;
use crate::event::Event;
use crate::format::chunk::{assemble, kind};
use crate::format::encode;
use crate::testing::simulation::{Run, simulate};
use crate::testing::written;

/// The events of an opened file, and those of its bytes in memory.
fn both(path: &Path) -> (Trace, Trace) {
    let bytes = std::fs::read(path).unwrap();
    (Trace::open(path).unwrap(), Trace::read(&bytes[..]).unwrap())
}

#[test]
fn a_file_is_read_again_as_its_bytes_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.trace");
    for seed in 0..20 {
        let run = Run {
            seed,
            steps: 3000,
            equal_times: seed % 2 == 0,
        };
        std::fs::write(&path, written(&simulate(run), |_| ())).unwrap();
        let (opened, kept) = both(&path);
        assert!(opened.events().eq(kept.events()), "seed {seed}");
        // Two that read at once do not disturb each other.
        let again = opened.events().skip(100).zip(opened.events());
        assert!(
            again.eq(kept.events().skip(100).zip(kept.events())),
            "seed {seed}"
        );
        assert!(opened.unchanged().is_ok() && kept.unchanged().is_ok());
    }
}

#[test]
fn an_event_that_is_longer_than_what_is_read_at_once_is_read() {
    // Long events of a kind that nobody knows, between ones that are known.
    let long = |length: usize| {
        let mut run = vec![1, 3, 0, 5, 15, 1, 200];
        let mut left = length;
        while left >= 0x80 {
            run.push(left as u8 | 0x80);
            left >>= 7;
        }
        run.push(left as u8);
        run.resize(run.len() + length, 7);
        run.extend([1, 2]);
        run
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.trace");
    for length in [0, 1, 100, 511, 512, 513, 4095, 4096, 5000, 100_000] {
        let runs = [long(3), long(length), long(9)].concat();
        let chunks = [
            assemble(kind::FILE, 0, &encode::file()),
            assemble(kind::EVENTS, 1, &runs),
        ];
        std::fs::write(&path, chunks.concat()).unwrap();
        let (opened, kept) = both(&path);
        let events: Vec<Event> = opened.events().collect();
        assert_eq!(events.len(), 9, "{length}");
        assert!(events.into_iter().eq(kept.events()), "{length}");
        assert!(opened.unchanged().is_ok());
    }
}

#[test]
fn a_file_that_was_changed_since_ends_readings_early_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.trace");
    let events = simulate(Run {
        seed: 3,
        steps: 20_000,
        equal_times: false,
    });
    let bytes = written(&events, |_| ());
    std::fs::write(&path, &bytes).unwrap();
    let trace = Trace::open(&path).unwrap();
    // What was written on is none of this trace's business.
    std::fs::write(&path, [&bytes[..], b"more"].concat()).unwrap();
    assert_eq!(trace.events().count(), events.len());
    assert!(trace.unchanged().is_ok());
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    assert!(trace.events().count() < events.len());
    let error = trace.unchanged().unwrap_err().to_string();
    assert!(
        error.contains("run.trace") && error.contains("was changed while it was read"),
        "{error}"
    );
    // Bytes that are no events.
    std::fs::write(&path, vec![0xff; bytes.len()]).unwrap();
    assert!(Trace::open(&path).is_err());
    assert!(trace.events().count() < events.len());
}
