//! Damaged, truncated and hostile files: an error that names the chunk, or a trace up to the last whole one.

use proptest::prelude::*;

use super::*;
use crate::deadlock::{Deadlock, DeadlockEdge, HeldLock, Waits};
use crate::event::{Event, EventKind, Mode};
use crate::format::FORMAT_VERSION;
use crate::format::chunk::{self, HEADER_SIZE, kind};
use crate::format::encode;
use crate::testing::simulation::{Run, simulate};
use crate::testing::{chunks, written};
use crate::validate;

fn deadlock() -> Deadlock {
    let edge = DeadlockEdge::new(
        1,
        Some(HeldLock::new(8, 7, Mode::Exclusive)),
        Waits::Lock {
            lock: 16,
            site: 9,
            mode: Mode::Shared,
        },
    );
    Deadlock::new(vec![edge])
}

/// A trace with a chunk of every kind, and some of them twice.
fn sample() -> Vec<u8> {
    let events = simulate(Run {
        seed: 1,
        steps: 60,
        equal_times: false,
    });
    written(&events, |writer| {
        writer.define_thread(0, Some("main"), None);
        writer.define_thread(1, Some("worker"), Some(0));
        writer.define_site(7, "src/main.rs", 12, 20);
        writer.define_lock(8, 0, 7, Some("ACCOUNT"));
        writer.deadlock(&deadlock());
        writer.define_site(9, "src/lib.rs", 1, 2);
    })
}

/// The chunks, numbered from 0, of which kind and with which payload, after a proper first one.
fn assembled(list: &[(u8, &[u8])]) -> Vec<u8> {
    let mut bytes = chunk::assemble(kind::FILE, 0, &encode::file());
    for (index, (kind, payload)) in list.iter().enumerate() {
        bytes.extend(chunk::assemble(*kind, index as u32 + 1, payload));
    }
    bytes
}

fn read(bytes: &[u8]) -> Result<Trace, ReadErrorKind> {
    Trace::read(bytes).map_err(|error| error.kind)
}

fn damage(bytes: &[u8]) -> (u64, u64, Damage) {
    match read(bytes) {
        Err(ReadErrorKind::Damaged {
            chunk,
            offset,
            damage,
        }) => (chunk, offset, damage),
        other => panic!("{other:?}"),
    }
}

#[test]
fn everything_comes_back() {
    let trace = read(&sample()).unwrap();
    assert!(!trace.truncated() && trace.warnings().is_empty());
    assert_eq!(trace.deadlocks(), [deadlock()]);
    let worker = trace.thread(1).unwrap();
    assert_eq!((worker.name.as_deref(), worker.parent), (Some("worker"), Some(0)));
    let sites: Vec<String> = trace.sites().iter().map(ToString::to_string).collect();
    assert_eq!(sites, ["src/main.rs:12:20", "src/lib.rs:1:2"]);
    assert_eq!(trace.site(9).unwrap().line, 1);
    assert!(trace.site(8).is_none() && trace.thread(99).is_none());
    let lock = trace.lock(8, 0).unwrap();
    assert_eq!((lock.made, lock.name.as_deref()), (7, Some("ACCOUNT")));
    assert_eq!(trace.locks(), std::slice::from_ref(lock));
    assert!(trace.threads().is_sorted_by_key(|info| info.id));
    let of_worker: Vec<Event> = trace.events().filter(|event| event.thread == 1).collect();
    assert_eq!(worker.events, of_worker.len() as u64);
    assert_eq!(worker.first, of_worker.first().map(|event| event.time));
    assert_eq!(worker.last, of_worker.last().map(|event| event.time));
}

#[test]
fn an_address_means_one_lock_after_the_other() {
    // Written in another order than that of the times, as threads may do; and one definition twice.
    let bytes = written(&[], |writer| {
        writer.define_lock(16, 30, 9, None);
        writer.define_lock(16, 10, 7, Some("first"));
        writer.define_lock(12, u64::MAX, 1, Some("last"));
        writer.define_lock(16, 30, 9, Some("second"));
        writer.define_lock(20, 0, 0, None);
        writer.define_lock(u32::MAX, 5, u32::MAX, Some(""));
    });
    let trace = read(&bytes).unwrap();
    let name = |addr, time| trace.lock(addr, time).map(|info| info.name.as_deref());
    for (addr, time, expected) in [
        (16, 9, None),
        (16, 10, Some(Some("first"))),
        (16, 29, Some(Some("first"))),
        (16, 30, Some(Some("second"))),
        (16, u64::MAX, Some(Some("second"))),
        (12, u64::MAX - 1, None),
        (12, u64::MAX, Some(Some("last"))),
        (20, 0, Some(None)),
        (0, u64::MAX, None),
        (15, u64::MAX, None),
        (u32::MAX, 4, None),
        (u32::MAX, 5, Some(Some(""))),
    ] {
        assert_eq!(name(addr, time), expected, "{addr} at {time}");
    }
    let order: Vec<_> = trace.locks().iter().map(|info| (info.addr, info.since)).collect();
    assert_eq!(order.len(), 5);
    assert!(order.is_sorted());
}

#[test]
fn every_flipped_bit_is_found_in_its_chunk() {
    let bytes = sample();
    for (index, range) in chunks(&bytes).into_iter().enumerate() {
        for bit in range.start * 8..range.end * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let (chunk, offset, _) = damage(&flipped);
            assert_eq!((chunk, offset), (index as u64, range.start as u64), "bit {bit}");
        }
    }
}

#[test]
fn a_truncated_trace_is_read_up_to_its_last_whole_chunk() {
    let bytes = sample();
    let ranges = chunks(&bytes);
    for length in 0..bytes.len() {
        let whole = ranges.iter().filter(|range| range.end <= length).count();
        match read(&bytes[..length]) {
            Err(ReadErrorKind::Empty) => assert_eq!(length, 0),
            Err(ReadErrorKind::TooShort(found)) => {
                assert_eq!((found, whole), (length as u64, 0));
            }
            Err(error) => panic!("{length} bytes: {error}"),
            Ok(trace) => {
                assert!(whole > 0 && trace.truncated());
                assert_eq!(trace.warnings().len(), 1);
                let deadlock_at = ranges
                    .iter()
                    .position(|range| bytes[range.start + 4] == kind::DEADLOCK);
                assert_eq!(trace.deadlocks().len(), usize::from(whole > deadlock_at.unwrap()));
                validate(&trace).unwrap();
            }
        }
    }
    assert!(!read(&bytes).unwrap().truncated());
}

#[test]
fn missing_doubled_and_foreign_chunks_are_found() {
    let bytes = sample();
    let ranges = chunks(&bytes);
    let part = |index: usize| &bytes[ranges[index].clone()];
    let missing = [part(0), part(2)].concat();
    let offset = ranges[0].end as u64;
    assert_eq!(damage(&missing), (1, offset, Damage::Sequence { found: 2 }));
    let doubled = [part(0), part(1), part(1)].concat();
    let offset = ranges[1].end as u64;
    assert_eq!(damage(&doubled), (2, offset, Damage::Sequence { found: 1 }));
    let behind = [&bytes[..], b"x"].concat();
    let place = (ranges.len() as u64, bytes.len() as u64);
    assert_eq!(damage(&behind), (place.0, place.1, Damage::AfterEnd));
    assert_eq!(
        damage(&[&bytes[..], &bytes[..]].concat()),
        (place.0, place.1, Damage::AfterEnd)
    );
    let again = assembled(&[(kind::FILE, &encode::file())]);
    assert_eq!(damage(&again).2, Damage::Misplaced);
    let mut text = bytes[..ranges[0].end].to_vec();
    text.extend_from_slice(b"not a chunk, but long enough for one");
    assert_eq!(damage(&text).2, Damage::NoChunk);
    text.truncate(ranges[0].end + 3);
    assert_eq!(damage(&text).2, Damage::NoChunk);
}

#[test]
fn what_is_no_trace_is_told_apart() {
    assert!(matches!(read(b""), Err(ReadErrorKind::Empty)));
    for other in [
        &b"x"[..],
        b"a text file that is certainly longer than a header",
        b"\0asm\x01\0\0\0",
        &chunk::assemble(kind::FILE, 0, b"something else"),
        &chunk::assemble(kind::EVENTS, 0, b""),
    ] {
        assert!(matches!(read(other), Err(ReadErrorKind::NotATrace)), "{other:?}");
    }
    let mut later = encode::file();
    later[12] = 9;
    let later = chunk::assemble(kind::FILE, 0, &later);
    assert!(matches!(read(&later), Err(ReadErrorKind::Version(9))));
}

#[test]
fn unknown_chunks_are_skipped_with_a_warning() {
    let end = [0, 0];
    let bytes = assembled(&[(200, b"from the future"), (200, b""), (kind::END, &end)]);
    let trace = read(&bytes).unwrap();
    assert!(!trace.truncated());
    assert_eq!(trace.warnings().len(), 1);
    assert!(trace.warnings()[0].starts_with("skipped 2 chunks of kind 200"));
}

#[test]
fn wrong_counts_at_the_end_are_found() {
    assert!(matches!(
        damage(&assembled(&[(kind::END, &[3, 1])])).2,
        Damage::Counts {
            events: 3,
            threads: 1,
            found_events: 0,
            found_threads: 0,
        }
    ));
}

#[test]
fn hostile_lengths_and_counts_with_good_checksums_are_refused() {
    for (kind, payload) in [
        (
            kind::EVENTS,
            &[0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0][..],
        ),
        (kind::EVENTS, &[0, 0]),
        (kind::EVENTS, &[0, 1, 0x0f, 0]),
        (kind::THREADS, &[1, 1, 0xff, 0xff, 0xff, 0x7f]),
        (kind::THREADS, &[1, 4]),
        (kind::SITES, &[1]),
        (kind::LOCKS, &[1]),
        (kind::LOCKS, &[1, 0, 0, 2, 0]),
        (kind::LOCKS, &[1, 0, 0, 1, 0xff, 0xff, 0xff, 0x7f]),
        (kind::DEADLOCK, &[0xff, 0xff, 0xff, 0x7f]),
        (kind::END, &[0, 0, 0]),
    ] {
        let bytes = assembled(&[(kind, payload)]);
        let (chunk, _, damage) = damage(&bytes);
        assert_eq!(chunk, 1);
        assert!(matches!(damage, Damage::Malformed(_)), "{damage:?}");
    }
    // A length beyond the limit; and one within, of which nothing is there.
    let mut long = assembled(&[(kind::EVENTS, &[])]);
    let at = long.len() - HEADER_SIZE;
    for (length, refused) in [(u32::MAX, true), (chunk::MAX_PAYLOAD as u32, false)] {
        long[at + 8..at + 12].copy_from_slice(&length.to_le_bytes());
        let sum = crc32fast::hash(&long[at..at + 20]);
        long[at + 20..at + 24].copy_from_slice(&sum.to_le_bytes());
        match read(&long) {
            Ok(trace) => assert!(trace.truncated() && !refused),
            Err(_) => assert_eq!(damage(&long).2, Damage::HeaderField),
        }
    }
}

#[test]
fn errors_name_the_file_the_chunk_and_its_offset() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("run.trace");
    let missing = Trace::open(&path).unwrap_err();
    assert!(missing.to_string().contains("run.trace"), "{missing}");
    let mut bytes = sample();
    let range = chunks(&bytes)[2].clone();
    bytes[range.end - 1] ^= 0x40;
    std::fs::write(&path, &bytes).unwrap();
    let damaged = Trace::open(&path).unwrap_err().to_string();
    assert!(damaged.contains("run.trace"), "{damaged}");
    assert!(
        damaged.contains(&format!("chunk 2, at byte {}, is damaged", range.start)),
        "{damaged}"
    );
}

#[test]
fn threads_merge_whatever_order_their_chunks_have() {
    let event = |time, thread| Event {
        time,
        thread,
        kind: EventKind::Release {
            lock: 1,
            mode: Mode::Exclusive,
        },
    };
    let run = |events: &mut Vec<u8>, thread, times: &[u64]| {
        let kind = EventKind::Release {
            lock: 1,
            mode: Mode::Exclusive,
        };
        let stamped = times.iter().map(|&time| encode::Stamped { time, kind });
        encode::runs(events, thread, &stamped.collect::<Vec<_>>());
    };
    let (mut first, mut second) = (Vec::new(), Vec::new());
    run(&mut first, 3, &[5, 6]);
    run(&mut first, 1, &[6, 90]);
    run(&mut second, 2, &[1, 6, 7]);
    run(&mut second, 3, &[8]);
    let bytes = assembled(&[(kind::EVENTS, &first), (kind::EVENTS, &second)]);
    let events: Vec<Event> = read(&bytes).unwrap().events().collect();
    let expected = [(1, 2), (5, 3), (6, 1), (6, 2), (6, 3), (7, 2), (8, 3), (90, 1)];
    assert_eq!(events, expected.map(|(time, thread)| event(time, thread)));
}

/// Uses everything that a trace offers.
fn use_it(bytes: &[u8]) {
    if let Ok(trace) = Trace::read(bytes) {
        assert_eq!(trace.events().count() as u64, trace.event_count());
        let _ = validate(&trace);
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        use_it(&bytes);
    }

    #[test]
    fn no_mutation_makes_it_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = sample();
        for (index, byte) in changes {
            *index.get_mut(&mut bytes[..]) = byte;
        }
        use_it(&bytes);
        use_it(&bytes[..cut.index(bytes.len())]);
    }

    #[test]
    fn no_payload_with_a_good_checksum_makes_it_panic(
        list in prop::collection::vec((2u8..8, prop::collection::vec(any::<u8>(), 0..60)), 0..6),
    ) {
        let list: Vec<(u8, &[u8])> = list.iter().map(|(kind, payload)| (*kind, &payload[..])).collect();
        use_it(&assembled(&list));
    }

    #[test]
    fn no_changed_payload_with_a_good_checksum_makes_it_panic(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let bytes = sample();
        let ranges = chunks(&bytes);
        let changed = which.index(ranges.len());
        let mut out = Vec::new();
        for (index, range) in ranges.into_iter().enumerate() {
            let mut payload = bytes[range.start + HEADER_SIZE..range.end].to_vec();
            if index == changed && !payload.is_empty() {
                for (place, byte) in &changes {
                    *place.get_mut(&mut payload[..]) = *byte;
                }
            }
            out.extend(chunk::assemble(bytes[range.start + 4], index as u32, &payload));
        }
        use_it(&out);
    }
}

/// A trace with these events, in a file that says it has this version.
fn of_version(version: u16, events: &[Event]) -> Vec<u8> {
    let bytes = written(events, |_| ());
    let first = chunks(&bytes)[0].end;
    let mut payload = chunk::MAGIC.to_vec();
    payload.extend(version.to_le_bytes());
    payload.extend([0, 0]);
    let mut out = chunk::assemble(kind::FILE, 0, &payload);
    out.extend_from_slice(&bytes[first..]);
    out
}

#[test]
fn version_1_is_read_and_has_no_later_events() {
    let release = |mode| EventKind::Release { lock: 8, mode };
    let notify = EventKind::Notify {
        condvar: 4,
        site: 0,
        all: true,
    };
    for (kind, in_version_1) in [
        (release(Mode::Exclusive), true),
        (release(Mode::Shared), false),
        (notify, false),
    ] {
        let event = Event {
            time: 7,
            thread: 3,
            kind,
        };
        let old = Trace::read(&of_version(1, &[event])[..]);
        assert_eq!(old.is_ok(), in_version_1, "{kind:?}");
        if let Ok(old) = old {
            assert!(old.events().eq([event]));
        }
        for version in 2..=FORMAT_VERSION {
            let new = Trace::read(&of_version(version, &[event])[..]).unwrap();
            assert!(new.events().eq([event]));
        }
    }
    for version in [0, FORMAT_VERSION + 1, u16::MAX] {
        let refused = Trace::read(&of_version(version, &[])[..]).unwrap_err();
        assert!(matches!(refused.kind(), ReadErrorKind::Version(found) if *found == version));
    }
}
