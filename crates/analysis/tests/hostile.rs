//! Whatever a trace tells, sensible or not, a report is made of it.

use proptest::prelude::*;
use threadlink_analysis::{Document, Report};
use threadlink_trace::testing::{any_deadlock, any_kind, written};
use threadlink_trace::{Event, Trace};

proptest! {
    #[test]
    fn no_trace_makes_it_panic(
        list in prop::collection::vec((any::<u64>(), 0u32..4, any_kind()), 0..60),
        locks in prop::collection::vec((0u32..4, any::<u64>(), 0u32..4, prop::option::of("\\PC{0,8}")), 0..6),
        deadlock in any_deadlock(),
    ) {
        let events: Vec<Event> = list
            .iter()
            .map(|&(time, thread, kind)| Event::new(time, thread, kind))
            .collect();
        let bytes = written(&events, |writer| {
            writer.define_thread(1, Some("left"), Some(0));
            writer.define_site(1, "src/main.rs", 1, 1);
            for (address, since, made, name) in &locks {
                writer.define_lock(*address, *since, *made, name.as_deref());
            }
            writer.deadlock(&deadlock);
        });
        let report = Report::of(&Trace::read(&bytes[..]).unwrap());
        prop_assert!(!report.to_string().is_empty());
        let json = serde_json::to_value(Document::of(&report)).unwrap();
        prop_assert_eq!(json["deadlocks"]["findings"][0]["edges"].as_array().unwrap().len(), deadlock.edges.len());
    }
}
