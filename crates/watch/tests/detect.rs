//! The detectors over a memory and a clock that are made up: what is a deadlock, and what only looks like one.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use threadlink_abi::layout::{block, descriptor, lock as lock_word};
use threadlink_abi::{Hook, layout};
use threadlink_trace::{DeadlockReport, EventKind, Waits};
use threadlink_watch::guest::block::Block;
use threadlink_watch::guest::descriptor::Descriptor;
use threadlink_watch::{
    Clock, Defined, Listener, Memory, Observer, Suspicion, Suspicions, Thread, Unseen, Wait, Watch,
};

/// A page of words.
struct Words(Vec<AtomicU32>);

impl Words {
    fn new() -> Self {
        Self((0..16384).map(|_| AtomicU32::new(0)).collect())
    }

    fn store(&self, address: u32, value: u32) {
        self.0[address as usize / 4].store(value, Ordering::SeqCst);
    }
}

impl Memory for Words {
    fn load(&self, address: u32) -> Option<u32> {
        let word = self
            .0
            .get(address as usize / 4)
            .filter(|_| address.is_multiple_of(4))?;
        Some(word.load(Ordering::SeqCst))
    }

    fn read(&self, address: u32, len: u32) -> Option<Vec<u8>> {
        (address..address.checked_add(len)?)
            .map(|at| {
                let word = self.load(at / 4 * 4)?;
                Some(word.to_le_bytes()[at as usize % 4])
            })
            .collect()
    }
}

/// One nanosecond a look.
#[derive(Default)]
struct Looks(Cell<u64>);

impl Clock for Looks {
    fn now(&self) -> u64 {
        self.0.set(self.0.get() + 1);
        self.0.get()
    }
}

type Run = Watch<Words, Looks>;

const LEFT: u32 = 0x2000;
const RIGHT: u32 = 0x2040;

fn start(watch: &Run, block: Option<Block>) -> Observer {
    let thread = watch
        .threads
        .add(64, |id| Thread::new(id, Some(0), 0, block, None))
        .unwrap();
    Observer::new(thread)
}

/// A run without anything in its memory, and two of its threads.
fn bare() -> (Run, Observer, Observer) {
    let watch = Watch::new(Words::new(), Looks::default());
    let (one, two) = (start(&watch, None), start(&watch, None));
    (watch, one, two)
}

/// A run whose module is built with `tracing`: locks have holder words, threads have blocks.
fn described() -> (Run, Observer, Observer) {
    described_by(descriptor::VERSION_VALUE)
}

fn described_by(version: u32) -> (Run, Observer, Observer) {
    let memory = Words::new();
    memory.store(0x100 + descriptor::MAGIC, descriptor::MAGIC_VALUE);
    memory.store(0x100 + descriptor::VERSION, version);
    memory.store(0x100 + descriptor::FLAGS, descriptor::FLAG_TRACING);
    for at in [0x400, 0x800] {
        memory.store(at + block::MAGIC, block::MAGIC_VALUE);
    }
    let known = Descriptor::read(&memory, 0x100).unwrap();
    let blocks = [0x400, 0x800].map(|at| Block::at(&memory, at).unwrap());
    let watch = Watch::new(memory, Looks::default());
    watch.describe(known);
    let [one, two] = blocks.map(|block| start(&watch, Some(block)));
    (watch, one, two)
}

/// A hook, and what is suspected if the thread begins to wait at it.
fn hook(watch: &Run, who: &mut Observer, hook: Hook, lock: u32) -> Suspicion {
    if who.hook(watch, hook, lock, 0, &mut ()) {
        who.suspect(watch)
    } else {
        Suspicion::default()
    }
}

/// Remembers the events, and how many definitions there were.
#[derive(Default)]
struct Heard {
    events: Vec<(u64, EventKind)>,
    definitions: usize,
}

impl Listener for Heard {
    fn site(&mut self, _: u32) {}

    fn defined(&mut self, _: Defined) {
        self.definitions += 1;
    }

    fn event(&mut self, time: u64, kind: EventKind) {
        self.events.push((time, kind));
    }

    fn unseen(&mut self, _: Unseen) {}
}

/// Takes a lock as a guest does: the word first, then the hook.
fn take(watch: &Run, who: &mut Observer, lock: u32) {
    assert!(self::hook(watch, who, Hook::StartLock, lock).verdict.is_none());
    if let Some(block) = who.thread().block {
        watch.memory.store(lock + lock_word::HOLDER, block.address());
    }
    assert!(self::hook(watch, who, Hook::FinishLock, lock).verdict.is_none());
}

fn read(watch: &Run, who: &mut Observer, lock: u32) {
    for hook in [Hook::StartRead, Hook::FinishRead] {
        assert!(self::hook(watch, who, hook, lock).verdict.is_none());
    }
}

#[test]
fn a_circle_with_holder_words_is_certain_at_once() {
    let (watch, mut one, mut two) = described();
    take(&watch, &mut one, LEFT);
    take(&watch, &mut two, RIGHT);
    let first = hook(&watch, &mut one, Hook::StartLock, RIGHT);
    assert!(first.verdict.is_none() && !first.later);
    let verdict = hook(&watch, &mut two, Hook::StartLock, LEFT).verdict.unwrap();
    assert_eq!(verdict.deadlock.edges.len(), 2);
    let text = DeadlockReport::resolve(&verdict.deadlock, &watch.names_for(&verdict)).to_string();
    assert!(
        text.contains("2 threads wait for each other") && text.contains("0x2040"),
        "{text}"
    );
}

#[test]
fn a_lock_whose_memory_names_nobody_is_not_held() {
    let (watch, mut one, mut two) = described();
    take(&watch, &mut one, LEFT);
    take(&watch, &mut two, RIGHT);
    // Another lock stands there now.
    watch.memory.store(LEFT + lock_word::HOLDER, 0);
    assert!(hook(&watch, &mut one, Hook::StartLock, RIGHT).verdict.is_none());
    assert!(hook(&watch, &mut two, Hook::StartLock, LEFT).verdict.is_none());
}

#[test]
fn without_holder_words_two_looks_have_to_agree() {
    let (watch, mut one, mut two) = bare();
    take(&watch, &mut one, LEFT);
    take(&watch, &mut two, RIGHT);
    let _ = one.hook(&watch, Hook::StartLock, RIGHT, 0, &mut ());
    assert!(hook(&watch, &mut two, Hook::StartLock, LEFT).later);
    let mut suspicions = Suspicions::new();
    assert!(watch.look(&mut suspicions).is_none() && !suspicions.is_empty());
    // It has moved in between.
    two.thread().step();
    two.thread()
        .wait_for(Wait::Lock(LEFT, threadlink_trace::Mode::Exclusive), 0);
    assert!(watch.look(&mut suspicions).is_none());
    assert!(watch.look(&mut suspicions).is_some());
}

#[test]
fn a_reader_behind_a_writer_needs_two_looks() {
    let (watch, mut one, mut two) = bare();
    read(&watch, &mut one, LEFT);
    // The writer waits for the reader, and the reader, reading once more, for the writer.
    let _ = two.hook(&watch, Hook::StartLock, LEFT, 0, &mut ());
    assert!(hook(&watch, &mut one, Hook::StartRead, LEFT).later);
    for thread in [one.thread(), two.thread()] {
        thread.sleeps_for(LEFT.into(), false);
    }
    let mut suspicions = Suspicions::new();
    assert!(watch.look(&mut suspicions).is_none());
    let verdict = watch.look(&mut suspicions).unwrap();
    let text = DeadlockReport::resolve(&verdict.deadlock, &watch.names_for(&verdict)).to_string();
    assert!(
        text.contains("for reading") && text.contains("for writing"),
        "{text}"
    );
}

#[test]
fn a_reader_and_a_writer_that_do_not_sleep_can_still_go_on() {
    let (watch, mut one, mut two) = bare();
    read(&watch, &mut one, LEFT);
    // The writer has said that it will wait, and the reader that it does; the system lets neither of them run.
    let _ = two.hook(&watch, Hook::StartLock, LEFT, 0, &mut ());
    assert!(hook(&watch, &mut one, Hook::StartRead, LEFT).later);
    let mut suspicions = Suspicions::new();
    let mut looks = |times: usize| (0..times).any(|_| watch.look(&mut suspicions).is_some());
    assert!(!looks(3), "both are awake");
    one.thread().sleeps_for(LEFT.into(), false);
    assert!(!looks(3), "the writer is awake");
    // It tries again from time to time.
    two.thread().sleeps_for(LEFT.into(), true);
    assert!(!looks(3), "the writer wakes by itself");
    two.thread().sleeps_for(LEFT.into(), false);
    assert!(!looks(1), "seen asleep once");
    // Woken between two looks, and asleep again, without a word of its hooks.
    one.thread().awakes();
    one.thread().sleeps_for(LEFT.into(), false);
    assert!(!looks(1), "it had been awake");
    one.thread().awakes();
    assert!(!looks(2), "it was woken, and has not run yet");
    one.thread().sleeps_for(LEFT.into(), false);
    assert!(!looks(1) && looks(1), "both slept all the time");
}

#[test]
fn what_a_dead_thread_held_is_never_released_and_what_one_that_returned_held_may_be() {
    for died in [true, false] {
        let (watch, mut one, mut two) = described();
        take(&watch, &mut one, LEFT);
        assert!(hook(&watch, &mut two, Hook::StartLock, LEFT).verdict.is_none());
        one.thread().finish(died, 10);
        let suspicion = watch.after_end(one.thread());
        assert_eq!(suspicion.verdict.is_some(), died);
        // When nothing moves any more, nobody is left to release it.
        let verdict = watch.standstill();
        let text = DeadlockReport::resolve(&verdict.deadlock, &watch.names_for(&verdict)).to_string();
        assert!(text.contains("a lock whose owner is gone"), "{text}");
        let words = if died {
            "has died"
        } else {
            "has returned without releasing"
        };
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn a_standstill_lists_all_that_wait_and_what_they_hold() {
    let (watch, mut one, two) = bare();
    take(&watch, &mut one, LEFT);
    one.thread().sleeps_for(0x3000, false);
    let _ = { two }.hook(&watch, Hook::StartLock, LEFT, 0, &mut ());
    let verdict = watch.standstill();
    let edges = &verdict.deadlock.edges;
    assert_eq!(edges.len(), 2);
    assert!(matches!(edges[0].waits, Waits::Address { address: 0x3000, .. }));
    assert_eq!(edges[0].holds.map(|held| held.lock), Some(LEFT));
    assert!(matches!(edges[1].waits, Waits::Lock { lock: LEFT, .. }));
}

#[test]
fn a_standstill_of_many_says_how_many_it_leaves_out() {
    let watch = Watch::new(Words::new(), Looks::default());
    for id in 0..100 {
        let made = watch.threads.add(100, |id| Thread::new(id, None, 0, None, None));
        made.unwrap().sleeps_for(4 * id, false);
    }
    let verdict = watch.standstill();
    let shown = verdict.deadlock.edges.len();
    assert_eq!(
        (shown as u64 + verdict.deadlock.more, verdict.threads.len()),
        (100, shown)
    );
    assert!(shown < 100);
}

#[test]
fn an_acquire_is_later_than_the_release_before_it_whatever_the_clock_says() {
    let (watch, mut one, mut two) = bare();
    let threads = [&mut one, &mut two].map(|observer| {
        let thread: Arc<Thread> = observer.thread().clone();
        // The first thread was forked far in the future of the clock.
        observer.begin(
            &watch,
            thread,
            if observer.thread().id == 0 { 1_000_000 } else { 0 },
            true,
        );
        observer
    });
    let [one, two] = threads;
    let time = |who: &mut Observer, hook| {
        let mut heard = Heard::default();
        let _ = who.hook(&watch, hook, LEFT, 0, &mut heard);
        heard.events.pop().expect("an event")
    };
    time(one, Hook::StartLock);
    time(one, Hook::FinishLock);
    let (released, _) = time(one, Hook::StartUnlock);
    time(two, Hook::StartLock);
    let (acquired, kind) = time(two, Hook::FinishLock);
    assert!(matches!(kind, EventKind::Acquire { lock: LEFT, .. }));
    assert!(acquired > released, "{acquired} <= {released}");
}

#[test]
fn a_descriptor_that_makes_no_sense_is_a_clause() {
    let memory = Words::new();
    let clause = Descriptor::read(&memory, 0x100).unwrap_err();
    assert!(clause.contains("magic number"), "{clause}");
    let clause = Descriptor::read(&memory, u32::MAX - 3).unwrap_err();
    assert!(clause.contains("does not lie inside"), "{clause}");
    memory.store(0x100, layout::descriptor::MAGIC_VALUE);
    memory.store(0x104, u32::MAX);
    let clause = Descriptor::read(&memory, 0x100).unwrap_err();
    assert!(clause.contains("layout version"), "{clause}");
}

#[test]
fn another_instance_at_an_address_is_held_by_nobody() {
    for (version, contended) in [(2, true), (3, false)] {
        let (watch, mut one, mut two) = described_by(version);
        watch.memory.store(LEFT + lock_word::INSTANCE, 7);
        take(&watch, &mut one, LEFT);
        read(&watch, &mut one, RIGHT);
        // Both guards are forgotten, and other locks come to stand there.
        for lock in [LEFT, RIGHT] {
            watch.memory.store(lock + lock_word::HOLDER, 0);
            watch.memory.store(lock + lock_word::INSTANCE, 8);
        }
        assert_eq!(
            two.hook(&watch, Hook::StartLock, LEFT, 0, &mut ()),
            contended,
            "{version}"
        );
        assert_eq!(
            two.hook(&watch, Hook::StartLock, RIGHT, 0, &mut ()),
            contended,
            "{version}"
        );
    }
}

#[test]
fn a_deadlock_behind_a_reader_is_certain_though_one_of_the_lock_before_was_forgotten() {
    let (watch, mut one, mut two) = described();
    for instance in [1, 2] {
        watch.memory.store(LEFT + lock_word::INSTANCE, instance);
        read(&watch, &mut one, LEFT);
    }
    let writes = hook(&watch, &mut two, Hook::StartLock, LEFT);
    assert!(writes.verdict.is_none());
    let joins = one.joins(&watch, two.thread().id, 0);
    assert_eq!(joins.verdict.expect("a circle").deadlock.edges.len(), 2);
}

/// One reads a lock, and waits for another that two has; whether it is a deadlock that two then wants to write.
fn reader_and_writer(watch: &Run, one: &mut Observer, two: &mut Observer) -> bool {
    take(watch, two, RIGHT);
    assert!(hook(watch, one, Hook::StartLock, RIGHT).verdict.is_none());
    hook(watch, two, Hook::StartLock, LEFT).verdict.is_some()
}

#[test]
fn a_lock_that_another_thread_has_released_is_not_held_by_its_reader() {
    for released in [false, true] {
        let (watch, mut one, mut two) = described();
        watch.memory.store(LEFT + lock_word::INSTANCE, 1);
        read(&watch, &mut one, LEFT);
        if released {
            // The guard was handed over.
            let _ = hook(&watch, &mut two, Hook::StartReadUnlock, LEFT);
            let _ = hook(&watch, &mut two, Hook::FinishReadUnlock, LEFT);
        }
        assert_eq!(reader_and_writer(&watch, &mut one, &mut two), !released);
    }
}

#[test]
fn a_release_without_an_acquire_takes_nothing_from_others_of_another_lock() {
    let (watch, mut one, mut two) = described();
    watch.memory.store(LEFT + lock_word::INSTANCE, 1);
    read(&watch, &mut one, LEFT);
    let _ = hook(&watch, &mut two, Hook::StartReadUnlock, RIGHT);
    assert!(reader_and_writer(&watch, &mut one, &mut two));
}

#[test]
fn modules_that_count_their_readers_are_believed() {
    for count in [0, 1] {
        let (watch, mut one, mut two) = described_by(descriptor::UNCOUNTED_VERSION - 1);
        watch.memory.store(LEFT + lock_word::INSTANCE, 1);
        watch.memory.store(LEFT + lock_word::READERS, count);
        read(&watch, &mut one, LEFT);
        assert_eq!(reader_and_writer(&watch, &mut one, &mut two), count == 1);
    }
}

/// What is told of a lock at an address, at one and then another life of it, by a module of this descriptor.
fn told(version: u32) -> (usize, Vec<EventKind>) {
    let (watch, mut one, _) = described_by(version);
    let thread = one.thread().clone();
    one.begin(&watch, thread, 0, true);
    let mut heard = Heard::default();
    for instance in [5, 6] {
        watch.memory.store(LEFT + lock_word::INSTANCE, instance);
        watch.memory.store(LEFT + lock_word::SITE, 0x500);
        for hook in [
            Hook::StartLock,
            Hook::FinishLock,
            Hook::StartUnlock,
            Hook::FinishUnlock,
        ] {
            let _ = one.hook(&watch, hook, LEFT, 0, &mut heard);
        }
    }
    assert!(heard.events.is_sorted_by(|a, b| a.0 < b.0), "{:?}", heard.events);
    (
        heard.definitions,
        heard.events.into_iter().map(|(_, kind)| kind).collect(),
    )
}

#[test]
fn each_instance_is_told_before_its_first_event_and_shares_the_definition() {
    let (definitions, kinds) = told(3);
    assert_eq!(definitions, 1, "they are made at one place");
    let told = |kind: &EventKind| match kind {
        EventKind::Instance { lock: LEFT, instance } => *instance,
        EventKind::Request {
            lock: LEFT,
            contended: false,
            ..
        } => 101,
        EventKind::Acquire { lock: LEFT, .. } => 102,
        EventKind::Release { lock: LEFT, .. } => 103,
        other => panic!("{other:?}"),
    };
    let kinds: Vec<_> = kinds.iter().map(told).collect();
    assert_eq!(kinds, [5, 101, 102, 103, 6, 101, 102, 103]);
}

#[test]
fn modules_of_the_descriptor_before_are_traced_as_they_were() {
    let (definitions, kinds) = told(2);
    assert_eq!((definitions, kinds.len()), (1, 6), "{kinds:?}");
    assert!(!kinds.iter().any(|kind| kind.is_aside()), "{kinds:?}");
}

#[test]
fn dropped_locks_are_told_of_once_and_the_hooks_for_that_are_none_of_a_lock() {
    let (watch, mut one, _) = described();
    let thread = one.thread().clone();
    let own = thread.block.unwrap().address();
    let mut ended = 0;
    let mut drop_another = || {
        let entry = own + block::ENDED_LIST + ended % block::ENDED_KEPT * 8;
        watch.memory.store(entry, LEFT);
        watch.memory.store(entry + 4, 1000 + ended);
        ended += 1;
        watch.memory.store(own + block::ENDED, ended);
    };
    // Of the thread that had the block before.
    drop_another();
    one.begin(&watch, thread, 0, true);
    let mut heard = Heard::default();
    for _ in 1..block::ENDED_KEPT {
        drop_another();
    }
    watch.memory.store(own + block::OP, block::OP_ENDED);
    for hook in [
        Hook::StartLock,
        Hook::FinishLock,
        Hook::StartUnlock,
        Hook::FinishUnlock,
    ] {
        assert!(!one.hook(&watch, hook, own + block::ENDED, 0, &mut heard));
    }
    watch.memory.store(own + block::OP, block::OP_BLOCKING);
    drop_another();
    one.ends(&watch, &mut heard);
    one.ends(&watch, &mut heard);
    let numbers = heard.events.iter().map(|(_, kind)| match kind {
        EventKind::InstanceEnd { lock: LEFT, instance } => *instance,
        other => panic!("{other:?}"),
    });
    assert!(numbers.eq(1001..=1000 + block::ENDED_KEPT), "{:?}", heard.events);
    // A count that makes no sense costs no more than the list is long.
    watch.memory.store(own + block::ENDED, 0x8000_0000);
    one.ends(&watch, &mut heard);
    assert_eq!(heard.events.len(), 2 * block::ENDED_KEPT as usize);
}
