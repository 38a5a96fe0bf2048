//! What records come to, without a program.

use std::io::Write;
use std::sync::{Arc, Mutex};

use threadlink_abi::Hook;
use threadlink_abi::layout::block;
use threadlink_follow::record::{self, Kind, SIZE};
use threadlink_follow::{Follower, Options};
use threadlink_trace::{EventKind, Trace, validate};
use threadlink_watch::Memory;

/// A memory in which nobody has anything, but for these words.
#[derive(Clone, Default)]
struct Words(Arc<Mutex<Vec<(u32, u32)>>>);

impl Words {
    fn set(&self, address: u32, word: u32) {
        let mut words = self.0.lock().unwrap();
        words.retain(|(at, _)| *at != address);
        words.push((address, word));
    }
}

impl Memory for Words {
    fn load(&self, address: u32) -> Option<u32> {
        let words = self.0.lock().unwrap();
        Some(
            words
                .iter()
                .find(|(at, _)| *at == address)
                .map_or(0, |(_, word)| *word),
        )
    }

    fn read(&self, _: u32, _: u32) -> Option<Vec<u8>> {
        None
    }
}

#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

struct Run {
    follower: Follower<Words>,
    words: Words,
    trace: Kept,
    time: u32,
}

impl Run {
    fn new() -> Self {
        let (words, trace) = (Words::default(), Kept::default());
        let mut options = Options::default();
        options.trace = Some(Box::new(trace.clone()));
        Self {
            follower: Follower::new(words.clone(), options).unwrap(),
            words,
            trace,
            time: 0,
        }
    }

    fn record(&mut self, thread: u32, kind: u32, address: u32, second: u32) {
        let mut words = [0; SIZE];
        self.time += 1;
        for (place, word) in [
            (record::THREAD, thread),
            (record::KIND, kind),
            (record::ADDRESS, address),
            (record::SECOND, second),
            (record::TIME, self.time),
            (record::OP, block::OP_BLOCKING),
        ] {
            words[place] = word;
        }
        self.follower.take(&words);
    }

    fn note(&mut self, thread: u32, kind: Kind, address: u32, second: u32) {
        self.record(thread, kind.number(), address, second);
    }

    fn hooks(&mut self, thread: u32, lock: u32, hooks: &[Hook]) {
        for hook in hooks {
            let place = Hook::ALL.iter().position(|other| other == hook).unwrap();
            self.record(thread, u32::try_from(place).unwrap(), lock, 0);
        }
    }

    fn thread(&mut self, id: u32) {
        self.note(0, Kind::Fork, id, 0);
        self.note(id, Kind::Start, 0, 0);
    }

    /// The report of as many looks as it takes, if there is one.
    fn looks(&mut self) -> Option<String> {
        (0..4).find_map(|_| self.follower.look())
    }

    fn trace(mut self) -> Trace {
        self.follower.finish().unwrap().unwrap();
        let bytes = self.trace.0.lock().unwrap().clone();
        Trace::read(&bytes[..]).unwrap()
    }
}

const TAKE: [Hook; 2] = [Hook::StartLock, Hook::FinishLock];

#[test]
fn a_circle_is_a_deadlock_once_nobody_has_moved_between_looks() {
    let mut run = Run::new();
    run.thread(1);
    run.thread(2);
    run.hooks(1, 64, &TAKE);
    run.hooks(2, 128, &TAKE);
    run.hooks(1, 128, &[Hook::StartLock]);
    assert_eq!(run.looks(), None);
    run.hooks(2, 64, &[Hook::StartLock]);
    assert!(run.follower.is_look_due());
    assert_eq!(run.follower.look(), None, "one look is none");
    let report = run.looks().unwrap();
    assert!(report.contains("#1") && report.contains("#2"), "{report}");
    let trace = run.trace();
    assert_eq!(trace.deadlocks()[0].edges.len(), 2);
}

#[test]
fn who_moves_between_two_looks_is_in_no_deadlock() {
    let mut run = Run::new();
    run.thread(1);
    run.thread(2);
    run.hooks(1, 64, &TAKE);
    run.hooks(2, 128, &TAKE);
    run.hooks(1, 128, &[Hook::StartLock]);
    run.hooks(2, 64, &[Hook::StartLock]);
    for _ in 0..3 {
        // As if it had been on its way when it was looked at, again and again.
        run.hooks(1, 128, &[Hook::FinishLock, Hook::StartUnlock, Hook::StartLock]);
        assert_eq!(run.follower.look(), None);
    }
}

#[test]
fn a_thread_whose_word_has_changed_is_about_to_wake() {
    let mut run = Run::new();
    run.thread(1);
    run.words.set(256, 7);
    run.note(1, Kind::Sleep, 256, 7);
    run.note(0, Kind::JoinRequest, 1, 0);
    assert!(run.follower.is_still());
    run.words.set(256, 8);
    assert!(!run.follower.is_still());
    run.words.set(256, 7);
    let report = run.follower.standstill();
    assert!(report.contains("0x100") && report.contains("'main'"), "{report}");
}

#[test]
fn a_trace_has_all_in_the_order_of_the_records_and_names() {
    let mut run = Run::new();
    let name = u32::from_le_bytes(*b"work");
    let mut words = [0; SIZE];
    words[record::KIND] = Kind::Named.number();
    words[record::ADDRESS] = 4;
    words[record::SECOND] = name;
    run.follower.take(&words);
    run.thread(1);
    run.hooks(1, 64, &TAKE);
    run.hooks(1, 64, &[Hook::StartUnlock]);
    run.hooks(0, 64, &TAKE);
    run.note(0, Kind::Sleep, 256, 0);
    run.note(1, Kind::Waken, 256, 1);
    run.note(0, Kind::Awake, 256, 0);
    run.note(1, Kind::End, 0, 0);
    run.note(0, Kind::JoinRequest, 1, 0);
    run.note(0, Kind::Join, 1, 0);
    run.note(0, Kind::End, 0, 0);
    let trace = run.trace();
    assert_eq!(trace.thread(1).unwrap().name.as_deref(), Some("work"));
    assert_eq!(validate(&trace).unwrap().acquisitions, 2);
    let last = trace.events().last().unwrap();
    assert!(matches!(last.kind, EventKind::End { .. }), "{last:?}");
}

#[test]
fn what_makes_no_sense_does_no_harm() {
    let mut run = Run::new();
    for kind in (0..120).chain([u32::MAX]) {
        for thread in [0, 1, u32::MAX] {
            for address in [0, 3, 1 << 31, u32::MAX] {
                run.record(thread, kind, address, address);
            }
        }
    }
    let _ = run.looks();
    run.follower.standstill();
    run.trace();
}
