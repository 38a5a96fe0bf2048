//! A trace that is opened stays in its file: four times the events are read, checked and reported on in the same memory.

mod counted;

use std::path::Path;

use counted::Counted;
use threadlink_analysis::{Document, Report};
use threadlink_trace::testing::scenes::{self, Scene};
use threadlink_trace::{Trace, validate};

#[global_allocator]
static MEMORY: Counted = Counted::new();

/// What four times the events may cost more: places of what threads wrote at once, and what sizes of waits there were.
const MORE: usize = 1 << 20;

fn cost(path: &Path) -> usize {
    MEMORY.peak_of(|| {
        let trace = Trace::open(path).unwrap();
        assert!(validate(&trace).is_ok());
        let report = Report::of(&trace);
        assert!(serde_json::to_string(&Document::of(&report)).is_ok());
        assert!(trace.unchanged().is_ok());
    })
}

#[test]
fn more_events_take_no_more_memory() {
    let folder = tempfile::tempdir().unwrap();
    // The short one is as long already as what is kept of a file.
    let [first, short, long] = [1_000, 300_000, 1_200_000].map(|events| {
        let path = folder.path().join(format!("{events}.trace"));
        scenes::write(&path, Scene::Ordinary, events).unwrap();
        path
    });
    // What is made once by whoever comes first is no part of it.
    cost(&first);
    let (less, more) = (cost(&short), cost(&long));
    let bytes = std::fs::metadata(&long).unwrap().len();
    assert!(bytes > 4 * MORE as u64, "the file has {bytes} bytes only");
    assert!(
        more < less + MORE,
        "{more} bytes of memory for what takes four times the events of what took {less}"
    );
}
