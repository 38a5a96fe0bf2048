//! The detectors where hooks tell of waits alone, and who has what stands in the guest's memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use threadlink_abi::Hook;
use threadlink_abi::layout::{block, descriptor, lock};
use threadlink_trace::DeadlockReport;
use threadlink_watch::guest::block::Block;
use threadlink_watch::guest::descriptor::Descriptor;
use threadlink_watch::guest::mark;
use threadlink_watch::{Clock, Memory, Observer, Suspicion, Thread, Watch};

/// A page of words.
struct Words(Vec<AtomicU32>);

impl Words {
    fn store(&self, address: u32, value: u32) {
        self.0[address as usize / 4].store(value, Ordering::SeqCst);
    }
}

impl Memory for Words {
    fn load(&self, address: u32) -> Option<u32> {
        let word = self.0.get(address as usize / 4)?;
        address.is_multiple_of(4).then(|| word.load(Ordering::SeqCst))
    }

    fn read(&self, _: u32, _: u32) -> Option<Vec<u8>> {
        None
    }
}

struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> u64 {
        0
    }
}

type Run = Watch<Words, Stopped>;

const LEFT: u32 = 0x2000;
const RIGHT: u32 = 0x2040;
const BLOCKS: [u32; 2] = [0x400, 0x800];
const SITE: u32 = 0x40;

fn start(watch: &Run, block: u32) -> Observer {
    let block = Block::at(&watch.memory, block);
    let made = watch
        .threads
        .add(64, |id| Thread::new(id, Some(0), 0, block, None));
    Observer::new(made.unwrap())
}

/// A guarded run, its main thread, and two others.
fn guarded() -> (Run, Observer, Observer) {
    let memory = Words((0..16384).map(|_| AtomicU32::new(0)).collect());
    memory.store(0x100 + descriptor::MAGIC, descriptor::MAGIC_VALUE);
    memory.store(0x100 + descriptor::VERSION, descriptor::VERSION_VALUE);
    memory.store(0x100 + descriptor::FLAGS, descriptor::FLAG_TRACING);
    for at in BLOCKS {
        memory.store(at + block::MAGIC, block::MAGIC_VALUE);
        memory.store(at + block::SITE, SITE);
    }
    let known = Descriptor::read(&memory, 0x100).unwrap();
    assert!(known.tries_first);
    let watch = Watch::new(memory, Stopped);
    watch.describe(known);
    watch.guard();
    let _main = start(&watch, 0);
    let (one, two) = (start(&watch, BLOCKS[0]), start(&watch, BLOCKS[1]));
    (watch, one, two)
}

fn address(who: &Observer) -> u32 {
    who.thread().block.unwrap().address()
}

/// What guest and helper write when a thread gets a lock that is free.
fn take(watch: &Run, who: &Observer, at: u32) {
    watch.memory.store(at + lock::HOLDER, address(who));
    watch.memory.store(at + mark::TAKEN_BY, who.thread().id + 1);
    watch.memory.store(at + mark::TAKEN_AT, SITE);
}

/// The same of one that it gets for reading, in this entry of its list.
fn read(watch: &Run, who: &Observer, at: u32, entry: usize) {
    let entry = mark::reads(who.thread().block.unwrap()).nth(entry).unwrap();
    let number = watch.memory.load(at + lock::INSTANCE).unwrap();
    watch.memory.store(at + mark::TAKEN_AT, mark::WAS_READ);
    watch.memory.store(entry + mark::READ_INSTANCE, number);
    watch.memory.store(entry + mark::READ_SITE, SITE);
    watch.memory.store(entry + mark::READ_LOCK, at);
}

/// A thread says that it waits.
fn wait(watch: &Run, who: &mut Observer, hook: Hook, at: u32) -> Suspicion {
    assert!(
        who.hook(watch, hook, at, 0, &mut ()),
        "it has found the lock taken"
    );
    who.suspect(watch)
}

fn text(watch: &Run, suspicion: &Suspicion) -> String {
    let verdict = suspicion.verdict.as_ref().expect("it is a deadlock");
    DeadlockReport::resolve(&verdict.deadlock, &watch.names_for(verdict)).to_string()
}

#[test]
fn a_circle_is_found_by_what_stands_in_memory() {
    let (watch, mut one, mut two) = guarded();
    take(&watch, &one, LEFT);
    take(&watch, &two, RIGHT);
    assert!(wait(&watch, &mut one, Hook::StartLock, RIGHT).verdict.is_none());
    let found = wait(&watch, &mut two, Hook::StartLock, LEFT);
    assert!(found.verdict.as_ref().is_some_and(|verdict| {
        let holds = verdict.deadlock.edges.iter().map(|edge| edge.holds.unwrap().site);
        holds.eq([SITE, SITE])
    }));
    assert!(text(&watch, &found).contains("2 threads wait for each other"));
}

/// A lock is read by one, and once more by one or two, who releases it with a call of the host; whether it still counts that one
/// reads it.
#[test]
fn what_is_released_in_anothers_name_is_not_counted_on_and_what_the_reader_releases_itself_is() {
    for by_another in [false, true] {
        let (watch, mut one, mut two) = guarded();
        read(&watch, &one, LEFT, 0);
        read(&watch, &one, LEFT, 1);
        take(&watch, &two, RIGHT);
        let who = if by_another { &mut two } else { &mut one };
        // It is in the reader's list at that time, whoever calls.
        let _ = who.hook(&watch, Hook::StartReadUnlock, LEFT, 0, &mut ());
        assert!(wait(&watch, &mut one, Hook::StartLock, RIGHT).verdict.is_none());
        let found = wait(&watch, &mut two, Hook::StartLock, LEFT);
        assert_eq!(found.verdict.is_some(), !by_another);
    }
}

#[test]
fn a_wait_that_is_over_is_none() {
    let (watch, mut one, mut two) = guarded();
    take(&watch, &one, LEFT);
    take(&watch, &two, RIGHT);
    assert!(wait(&watch, &mut one, Hook::StartLock, RIGHT).verdict.is_none());
    assert!(!one.hook(&watch, Hook::FinishLock, RIGHT, 0, &mut ()));
    assert!(one.thread().waits_for().is_none());
    let found = wait(&watch, &mut two, Hook::StartLock, LEFT);
    assert!(found.verdict.is_none() && !found.later);
}

#[test]
fn words_that_do_not_fit_each_other_name_nobody() {
    // A lock that is just being taken: the holder has written its block, and not yet its id; or nothing at all.
    for (holder, by) in [(0, 2), (BLOCKS[0], 0), (BLOCKS[0], 3), (0x1234, 2)] {
        let (watch, mut one, mut two) = guarded();
        take(&watch, &two, RIGHT);
        watch.memory.store(LEFT + lock::HOLDER, holder);
        watch.memory.store(LEFT + mark::TAKEN_BY, by);
        assert!(wait(&watch, &mut two, Hook::StartLock, LEFT).verdict.is_none());
        assert!(wait(&watch, &mut one, Hook::StartLock, RIGHT).verdict.is_none());
    }
}

#[test]
fn a_block_that_another_thread_has_got_does_not_make_it_a_holder() {
    let (watch, one, mut two) = guarded();
    take(&watch, &one, LEFT);
    one.thread().finish(false, 0);
    watch.threads.ended(one.thread(), false);
    watch.threads.joined(one.thread());
    let mut next = start(&watch, BLOCKS[0]);
    take(&watch, &two, RIGHT);
    assert!(wait(&watch, &mut next, Hook::StartLock, RIGHT).verdict.is_none());
    assert!(wait(&watch, &mut two, Hook::StartLock, LEFT).verdict.is_none());
    // When nothing moves, the one that is gone is to blame.
    let verdict = watch.standstill();
    let text = DeadlockReport::resolve(&verdict.deadlock, &watch.names_for(&verdict)).to_string();
    assert!(text.contains("a lock whose owner is gone"), "{text}");
}

#[test]
fn a_reader_is_found_by_the_list_in_its_block() {
    let (watch, mut one, mut two) = guarded();
    read(&watch, &one, LEFT, 3);
    take(&watch, &two, RIGHT);
    assert!(wait(&watch, &mut one, Hook::StartRead, RIGHT).verdict.is_none());
    let found = text(&watch, &wait(&watch, &mut two, Hook::StartLock, LEFT));
    assert!(
        found.contains("for reading") && found.contains("for writing"),
        "{found}"
    );
}

#[test]
fn a_lock_that_is_gone_is_read_by_nobody() {
    let (watch, mut one, mut two) = guarded();
    watch.memory.store(LEFT + lock::INSTANCE, 1);
    read(&watch, &one, LEFT, 0);
    // Another one stands there, which others read.
    watch.memory.store(LEFT + lock::INSTANCE, 2);
    take(&watch, &two, RIGHT);
    assert!(wait(&watch, &mut one, Hook::StartLock, RIGHT).verdict.is_none());
    assert!(wait(&watch, &mut two, Hook::StartLock, LEFT).verdict.is_none());
}

#[test]
fn what_a_dead_thread_reads_is_kept_when_its_block_is_cleared() {
    let (watch, one, mut two) = guarded();
    read(&watch, &one, LEFT, 0);
    assert!(wait(&watch, &mut two, Hook::StartLock, LEFT).verdict.is_none());
    let thread = Arc::clone(one.thread());
    watch.keep_reads(&thread);
    for entry in mark::reads(thread.block.unwrap()) {
        watch.memory.store(entry + mark::READ_LOCK, 0);
    }
    thread.finish(true, 0);
    watch.threads.ended(&thread, true);
    assert!(text(&watch, &watch.after_end(&thread)).contains("has died"));
}

#[test]
fn a_wait_for_a_condition_variable_is_known_at_once() {
    let (watch, mut one, _) = guarded();
    assert!(!one.hook(&watch, Hook::StartWait, 0x3000, LEFT, &mut ()));
    assert!(one.thread().waits_for().is_some());
    assert!(!one.hook(&watch, Hook::FinishWait, 0x3000, 0, &mut ()));
    assert!(one.thread().waits_for().is_none());
}
