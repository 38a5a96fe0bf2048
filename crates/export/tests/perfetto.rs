//! What is written for Perfetto, taken apart by a decoder of another origin, with the numbers of Perfetto's own description of
//! its format: slices end and nest, names are known, and arrows have two ends.

mod common;

use std::collections::HashMap;

use proptest::prelude::*;
use quick_protobuf::BytesReader;
use threadlink_export::write_perfetto;
use threadlink_trace::testing::simulation::{Run, simulate};
use threadlink_trace::testing::{any_kind, written};
use threadlink_trace::{Event, Trace};

/// The slices from which arrows leave, or to which they come: their names and times.
type Ends = Vec<(String, u64)>;

/// The fields of a message.
#[derive(Default)]
struct Fields<'a> {
    numbers: HashMap<u32, Vec<u64>>,
    bytes: HashMap<u32, Vec<&'a [u8]>>,
}

impl<'a> Fields<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        let mut fields = Self::default();
        let mut reader = BytesReader::from_bytes(bytes);
        while !reader.is_eof() {
            let tag = reader.next_tag(bytes).expect("a field begins");
            match tag & 7 {
                0 => {
                    let number = reader.read_varint64(bytes).expect("a number");
                    fields.numbers.entry(tag >> 3).or_default().push(number);
                }
                1 => {
                    let number = reader.read_fixed64(bytes).expect("a number");
                    fields.numbers.entry(tag >> 3).or_default().push(number);
                }
                2 => {
                    let part = reader.read_bytes(bytes).expect("bytes");
                    fields.bytes.entry(tag >> 3).or_default().push(part);
                }
                other => panic!("no field has the type {other}"),
            }
        }
        fields
    }

    fn number(&self, field: u32) -> Option<u64> {
        self.numbers.get(&field)?.last().copied()
    }

    fn message(&self, field: u32) -> Option<Fields<'a>> {
        Some(Fields::of(self.bytes.get(&field)?.last()?))
    }

    fn text(&self, field: u32) -> Option<String> {
        let bytes = self.bytes.get(&field)?.last()?;
        Some(String::from_utf8(bytes.to_vec()).expect("it is text"))
    }
}

/// A slice, or an instant, by the names of its tracks.
#[derive(Debug, PartialEq, Eq)]
struct Slice {
    track: String,
    begin: u64,
    end: u64,
    name: String,
    notes: Vec<(String, String)>,
}

#[derive(Debug, Default)]
struct Decoded {
    slices: Vec<Slice>,
    /// From the name and time of one end to those of the other.
    flows: Vec<((String, u64), (String, u64))>,
    tracks: HashMap<u64, String>,
}

/// Takes a file apart.
fn decode(bytes: &[u8]) -> Decoded {
    let mut decoded = Decoded::default();
    let mut interned: HashMap<(u32, u64), String> = HashMap::new();
    let mut events = Vec::new();
    for (place, packet) in Fields::of(bytes).bytes[&1].iter().enumerate() {
        let packet = Fields::of(packet);
        assert_eq!(packet.number(10), Some(1), "all packets are of one sequence");
        let flags = packet.number(13).expect("there are flags");
        assert_eq!(
            (flags & 1 == 1, packet.number(87) == Some(1)),
            (place == 0, place == 0)
        );
        if let Some(data) = packet.message(12) {
            for (&sort, entries) in &data.bytes {
                for entry in entries {
                    let entry = Fields::of(entry);
                    let number = entry.number(1).expect("it has a number");
                    let before = interned.insert((sort, number), entry.text(2).expect("it has a text"));
                    assert_eq!(before, None, "it is said once");
                }
            }
        }
        if let Some(track) = packet.message(60) {
            let thread = track.message(4).map(|thread| {
                assert_eq!(thread.number(1), Some(1));
                thread.text(5).expect("it has a name")
            });
            let process = track.message(3).and_then(|process| process.text(6));
            let name = track.text(2).or(thread).or(process).expect("it has a name");
            if let Some(parent) = track.number(5) {
                assert!(decoded.tracks.contains_key(&parent));
            }
            let before = decoded
                .tracks
                .insert(track.number(1).expect("it has a number"), name);
            assert_eq!(before, None, "it is described once");
        }
        if let Some(event) = packet.message(11) {
            let track = event.number(11).expect("it is on a track");
            assert!(
                decoded.tracks.contains_key(&track),
                "the track is described before"
            );
            let name = event.number(10).map(|number| interned[&(2, number)].clone());
            let notes = event.bytes.get(&4).into_iter().flatten();
            let notes = notes
                .map(|note| {
                    let note = Fields::of(note);
                    let [key, value] = [(1, 3), (17, 29)].map(|(field, sort)| {
                        interned[&(sort, note.number(field).expect("it is interned"))].clone()
                    });
                    (key, value)
                })
                .collect::<Vec<_>>();
            let time = packet.number(8).expect("it has a time");
            events.push((time, track, event, name, notes));
        }
    }
    // As readers do: packets of one time stay in the order of the file.
    events.sort_by_key(|&(time, ..)| time);
    let mut open: HashMap<u64, Vec<Slice>> = HashMap::new();
    let mut ends: HashMap<u64, (Ends, Ends)> = HashMap::new();
    for (time, track, event, name, notes) in events {
        let stack = open.entry(track).or_default();
        let slice = Slice {
            track: decoded.tracks[&track].clone(),
            begin: time,
            end: time,
            name: name.clone().unwrap_or_default(),
            notes,
        };
        match event.number(9) {
            Some(1) => {
                assert!(name.is_some());
                stack.push(slice);
            }
            Some(2) => {
                let mut slice = stack.pop().expect("what ends has begun");
                slice.end = time;
                decoded.slices.push(slice);
            }
            Some(3) => {
                let here = (name.expect("it has a name"), time);
                for &flow in event.numbers.get(&47).into_iter().flatten() {
                    ends.entry(flow).or_default().0.push(here.clone());
                }
                for &flow in event.numbers.get(&48).into_iter().flatten() {
                    ends.entry(flow).or_default().1.push(here.clone());
                }
                decoded.slices.push(slice);
            }
            other => panic!("{other:?} is no type of event"),
        }
    }
    assert!(open.values().all(Vec::is_empty), "what begins ends");
    let mut flows: Vec<_> = ends.into_iter().collect();
    flows.sort_unstable_by_key(|(flow, _)| *flow);
    for (_, (mut from, mut to)) in flows {
        assert_eq!((from.len(), to.len()), (1, 1), "an arrow has two ends");
        decoded.flows.push((from.remove(0), to.remove(0)));
    }
    decoded
}

fn perfetto(trace: &Trace) -> Decoded {
    let mut bytes = Vec::new();
    write_perfetto(trace, &mut bytes).expect("memory takes it");
    decode(&bytes)
}

#[test]
fn threads_wait_and_locks_are_held() {
    let decoded = perfetto(&common::trace());
    let worker = "a \"worker\", of two";
    let journal = "Bank.journal (src/main.rs:12:20)";
    let found = |track: &str, name: &str| {
        let slice = decoded
            .slices
            .iter()
            .find(|slice| slice.track == track && slice.name == name);
        let slice = slice.unwrap_or_else(|| panic!("{track} has no {name}: {decoded:#?}"));
        let at = slice.notes.iter().find(|(key, _)| key == "at");
        (slice.begin, slice.end, at.map_or("", |(_, at)| at))
    };
    assert_eq!(found("main", "lives"), (100, 1800, ""));
    assert_eq!(found(worker, "lives"), (300, 1700, ""));
    assert_eq!(found(worker, "dies"), (1700, 1700, ""));
    assert_eq!(
        found(worker, "waits for Bank.journal"),
        (600, 800, "src/work,er.rs:3:4")
    );
    assert_eq!(found(worker, "is parked"), (1300, 1500, "src/main.rs:12:20"));
    let join = format!("waits for the end of {worker}");
    assert_eq!(found("main", &join), (1600, 1800, "src/work,er.rs:3:4"));
    assert_eq!(found(journal, "main"), (500, 700, "src/main.rs:12:20"));
    assert_eq!(found(journal, worker), (800, 900, "src/work,er.rs:3:4"));
    // Two read at once, on two tracks of one name; one of them goes on.
    assert_eq!(found("0x3000", "main reads"), (1000, 1200, "src/main.rs:12:20"));
    assert_eq!(
        found("0x3000", &format!("{worker} reads")),
        (1100, 1800, "src/main.rs:12:20")
    );
    assert_eq!(
        decoded.tracks.values().filter(|name| *name == "0x3000").count(),
        2
    );
    let arrow = (
        ("lets go of Bank.journal".to_owned(), 700),
        ("gets Bank.journal".to_owned(), 800),
    );
    assert_eq!(decoded.flows, [arrow]);
    let open: Vec<_> = decoded
        .slices
        .iter()
        .filter(|slice| slice.notes.len() > 1)
        .collect();
    assert_eq!(open.len(), 1, "{open:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn slices_end_and_nest_whatever_ran(seed: u64, steps in 1u32..2000, equal_times: bool) {
        let events = simulate(Run { seed, steps, equal_times });
        let trace = Trace::read(&written(&events, |_| {})[..]).expect("it is a trace");
        perfetto(&trace);
    }

    #[test]
    fn and_whatever_is_told(kinds in prop::collection::vec((any_kind(), 0u32..3), 0..40), short: bool) {
        let events: Vec<Event> = (1..)
            .zip(kinds)
            .map(|(time, (kind, thread))| Event::new(if short { 5 } else { time }, thread, kind))
            .collect();
        let trace = Trace::read(&written(&events, |_| {})[..]).expect("it is a trace");
        perfetto(&trace);
    }
}
