//! What traced locks report, seen through the native sink.

#![cfg(feature = "tracing")]

use std::collections::HashMap;
use std::panic::Location;
use std::sync::{Arc, Mutex as StdMutex, MutexGuard, PoisonError};
use std::time::Duration;

use threadlink::hooks::{Event, Hook, Op, clear_sink, set_sink};
use threadlink::mutex::TracingMutex;
use threadlink::rwlock::TracingRwLock;
use threadlink::sync::{Condvar, Mutex, RwLock, RwLockWriteGuard};

/// The sink is the process's, so that tests that set it take turns.
static TURN: StdMutex<()> = StdMutex::new(());

/// Everything that happens while this lives.
struct Recording {
    events: Arc<StdMutex<Vec<Event>>>,
    _turn: MutexGuard<'static, ()>,
}

impl Recording {
    fn start() -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let events = Arc::new(StdMutex::new(Vec::new()));
        let sink = Arc::clone(&events);
        set_sink(Arc::new(move |event| sink.lock().unwrap().push(*event)));
        Self { events, _turn: turn }
    }

    fn stop(self) -> Vec<Event> {
        clear_sink();
        std::mem::take(&mut *self.events.lock().unwrap())
    }
}

fn hooks(events: &[Event]) -> Vec<Hook> {
    events.iter().map(|event| event.hook).collect()
}

const LOCKED: [Hook; 2] = [Hook::StartLock, Hook::FinishLock];
const UNLOCKED: [Hook; 2] = [Hook::StartUnlock, Hook::FinishUnlock];

const READ: [Hook; 2] = [Hook::StartRead, Hook::FinishRead];
const UNREAD: [Hook; 2] = [Hook::StartReadUnlock, Hook::FinishReadUnlock];

/// How and on which lines locks were asked for.
fn requests(events: &[Event]) -> Vec<(Op, u32)> {
    events
        .iter()
        .filter_map(|event| event.request)
        .map(|(op, site)| (op, site.line()))
        .collect()
}

#[test]
fn a_lock_and_its_release_are_four_events_of_one_lock_and_thread() {
    let recording = Recording::start();
    let mutex = Mutex::new(1);
    let line = Location::caller().line() + 1;
    drop(mutex.lock().unwrap());
    let events = recording.stop();
    assert_eq!(hooks(&events), [LOCKED, UNLOCKED].concat());
    assert!(
        events
            .iter()
            .all(|event| event.lock == events[0].lock && event.thread == events[0].thread)
    );
    let (op, site) = events[0].request.unwrap();
    assert_eq!(op, Op::AtOnce);
    assert_eq!((site.file(), site.line()), (file!(), line));
    assert!(events[1..].iter().all(|event| event.request.is_none()));
}

#[test]
fn both_flavours_report_the_line_of_their_caller() {
    let recording = Recording::start();
    let flavour = TracingMutex::new(());
    let line = Location::caller().line() + 1;
    drop(flavour.lock());
    drop(flavour.try_lock());
    let events = recording.stop();
    assert_eq!(requests(&events), [(Op::AtOnce, line), (Op::Try, line + 1)]);
}

#[test]
fn a_try_that_fails_is_silent() {
    let recording = Recording::start();
    let mutex = Mutex::new(());
    let guard = mutex.try_lock().unwrap();
    assert!(mutex.try_lock().is_err());
    drop(guard);
    let events = recording.stop();
    assert_eq!(hooks(&events), [LOCKED, UNLOCKED].concat());
    assert_eq!(events[0].request.unwrap().0, Op::Try);
}

#[test]
fn a_wait_is_announced_and_releases_and_acquires_the_mutex_at_the_callers_line() {
    let recording = Recording::start();
    let mutex = Mutex::new(());
    let condvar = Condvar::new();
    let guard = mutex.lock().unwrap();
    let line = Location::caller().line() + 1;
    drop(condvar.wait_timeout(guard, Duration::from_millis(1)).unwrap());
    let events = recording.stop();
    let mutex = events[0].lock;
    let start = [Hook::StartWait { mutex }];
    let finish = [Hook::FinishWait { timed_out: true }];
    let parts: [&[Hook]; 6] = [&LOCKED, &start, &UNLOCKED, &finish, &LOCKED, &UNLOCKED];
    assert_eq!(hooks(&events), parts.concat());
    assert_eq!(
        requests(&events),
        [(Op::AtOnce, line - 2), (Op::Timed, line), (Op::AtOnce, line)]
    );
    assert_eq!(events[2].lock, events[5].lock);
    assert_ne!(events[2].lock, mutex);
}

#[test]
fn a_wait_that_is_notified_says_so_and_so_does_the_notifier() {
    let recording = Recording::start();
    let pair = Arc::new((Mutex::new(false), Condvar::new()));
    let theirs = Arc::clone(&pair);
    let guard = pair.0.lock().unwrap();
    let notifier = std::thread::spawn(move || {
        *theirs.0.lock().unwrap() = true;
        theirs.1.notify_one();
    });
    let line = Location::caller().line() + 1;
    drop(pair.1.wait_while(guard, |done| !*done).unwrap());
    notifier.join().unwrap();
    pair.1.notify_all();
    let events = recording.stop();
    let me = events[0].thread;
    let of = |mine: bool| -> Vec<Event> {
        events
            .iter()
            .filter(|event| (event.thread == me) == mine)
            .copied()
            .collect()
    };
    let (mine, theirs) = (of(true), of(false));
    let mutex = events[0].lock;
    let start = [Hook::StartWait { mutex }];
    let finish = [Hook::FinishWait { timed_out: false }];
    let notify = |all| [Hook::Notify { all }];
    let parts: [&[Hook]; 7] = [
        &LOCKED,
        &start,
        &UNLOCKED,
        &finish,
        &LOCKED,
        &UNLOCKED,
        &notify(true),
    ];
    assert_eq!(hooks(&mine), parts.concat());
    assert_eq!(
        requests(&mine)[1..],
        [(Op::Blocking, line), (Op::AtOnce, line), (Op::Blocking, line + 2)]
    );
    let parts: [&[Hook]; 3] = [&LOCKED, &UNLOCKED, &notify(false)];
    assert_eq!(hooks(&theirs), parts.concat());
    assert_eq!(theirs.last().unwrap().lock, mine[2].lock);
}

#[test]
fn a_fair_unlock_and_a_bump_are_reported_too() {
    type Fair = lock_api::Mutex<threadlink::raw::RawTracing<parking_lot::RawFairMutex>, ()>;
    let recording = Recording::start();
    let mutex = Fair::new(());
    let mut guard = mutex.lock();
    lock_api::MutexGuard::bump(&mut guard);
    lock_api::MutexGuard::unlock_fair(guard);
    assert_eq!(
        hooks(&recording.stop()),
        [LOCKED, UNLOCKED, LOCKED, UNLOCKED].concat()
    );
}

#[test]
fn a_read_write_lock_reports_writers_as_a_mutex_does_and_readers_in_their_own_words() {
    let recording = Recording::start();
    let lock = RwLock::new(());
    let line = Location::caller().line() + 1;
    drop(lock.write().unwrap());
    drop(lock.read().unwrap());
    drop(lock.try_read().unwrap());
    drop(lock.try_write().unwrap());
    let events = recording.stop();
    assert_eq!(
        hooks(&events),
        [LOCKED, UNLOCKED, READ, UNREAD, READ, UNREAD, LOCKED, UNLOCKED].concat()
    );
    assert!(events.iter().all(|event| event.lock == events[0].lock));
    assert_eq!(
        requests(&events),
        [
            (Op::AtOnce, line),
            (Op::AtOnce, line + 1),
            (Op::Try, line + 2),
            (Op::Try, line + 3)
        ]
    );
}

#[test]
fn attempts_on_a_read_write_lock_that_fail_are_silent() {
    let recording = Recording::start();
    let lock = RwLock::new(());
    let reader = lock.read().unwrap();
    assert!(lock.try_write().is_err());
    drop(reader);
    let writer = lock.write().unwrap();
    assert!(lock.try_write().is_err());
    assert!(lock.try_read().is_err());
    drop(writer);
    assert_eq!(
        hooks(&recording.stop()),
        [READ, UNREAD, LOCKED, UNLOCKED].concat()
    );
}

#[test]
fn a_reader_that_finds_the_lock_taken_announces_a_wait() {
    let recording = Recording::start();
    let lock = Arc::new(RwLock::new(()));
    let writer = lock.write().unwrap();
    let theirs = Arc::clone(&lock);
    let line = Location::caller().line() + 1;
    let reader = std::thread::spawn(move || drop(theirs.read().unwrap()));
    // The reader's first event is that it waits; the writer goes on only then.
    while !hooks(&recording.events.lock().unwrap()).contains(&Hook::StartRead) {
        std::thread::yield_now();
    }
    drop(writer);
    reader.join().unwrap();
    let events = recording.stop();
    let theirs: Vec<_> = events
        .iter()
        .filter(|event| event.thread != events[0].thread)
        .copied()
        .collect();
    assert_eq!(hooks(&theirs), [READ, UNREAD].concat());
    assert_eq!(requests(&theirs), [(Op::Blocking, line)]);
}

#[test]
fn a_downgrade_is_a_writers_release_and_a_read_that_did_not_wait() {
    let recording = Recording::start();
    let lock = RwLock::new(());
    let line = Location::caller().line() + 1;
    let reader = RwLockWriteGuard::downgrade(lock.write().unwrap());
    drop(reader);
    let events = recording.stop();
    assert_eq!(hooks(&events), [LOCKED, UNLOCKED, READ, UNREAD].concat());
    assert_eq!(requests(&events), [(Op::AtOnce, line), (Op::Try, line)]);
}

#[test]
fn the_other_flavour_of_read_write_lock_reports_the_same() {
    let recording = Recording::start();
    let lock = TracingRwLock::new(());
    let mut reader = lock.read();
    lock_api::RwLockReadGuard::bump(&mut reader);
    lock_api::RwLockReadGuard::unlock_fair(reader);
    let mut writer = lock.write();
    lock_api::RwLockWriteGuard::bump(&mut writer);
    drop(lock_api::RwLockWriteGuard::downgrade(writer));
    lock_api::RwLockWriteGuard::unlock_fair(lock.write());
    assert_eq!(
        hooks(&recording.stop()),
        [
            READ, UNREAD, READ, UNREAD, LOCKED, UNLOCKED, LOCKED, UNLOCKED, READ, UNREAD, LOCKED, UNLOCKED
        ]
        .concat()
    );
}

#[test]
fn acquires_and_releases_of_a_contended_lock_alternate() {
    const THREADS: usize = 4;
    const ROUNDS: usize = 500;
    let recording = Recording::start();
    let mutex = Arc::new(Mutex::new(0));
    let workers: Vec<_> = (0..THREADS)
        .map(|_| {
            let mutex = Arc::clone(&mutex);
            threadlink::spawn(move || {
                for _ in 0..ROUNDS {
                    *mutex.lock().unwrap() += 1;
                }
            })
        })
        .collect();
    for worker in workers {
        worker.join().unwrap();
    }
    let events = recording.stop();
    // Without locking it: another test may be recording by now.
    let total = Arc::into_inner(mutex).unwrap().into_inner().unwrap();
    assert_eq!(total, THREADS * ROUNDS);

    // The order in which the sink got them, which the lock itself enforces between these two hooks.
    let mut held: HashMap<usize, usize> = HashMap::new();
    let mut acquired = 0;
    for event in &events {
        match event.hook {
            Hook::FinishLock => {
                assert_eq!(held.insert(event.lock, event.thread), None, "held twice");
                acquired += 1;
            }
            Hook::StartUnlock => {
                assert_eq!(
                    held.remove(&event.lock),
                    Some(event.thread),
                    "released by another thread"
                );
            }
            _ => {}
        }
    }
    assert!(held.is_empty());
    assert_eq!(acquired, THREADS * ROUNDS);
}

/// Runs what must not hang with a sink, on a thread of its own.
fn with_sink(sink: impl Fn(&Event) + Send + Sync + 'static, run: impl FnOnce() + Send + 'static) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    set_sink(Arc::new(sink));
    let (done, wait) = std::sync::mpsc::channel();
    let thread = std::thread::spawn(move || {
        run();
        done.send(()).unwrap();
    });
    let ended = wait.recv_timeout(Duration::from_secs(60));
    clear_sink();
    assert_ne!(
        ended,
        Err(std::sync::mpsc::RecvTimeoutError::Timeout),
        "it waits for itself"
    );
    thread.join().expect("the sink's panic came out");
}

#[test]
fn a_panic_in_the_sink_leaves_no_lock_held_and_does_not_come_out() {
    with_sink(
        |event| panic!("the sink does not like {:?}", event.hook),
        || {
            let mutex = Mutex::new(0);
            *mutex.lock().unwrap() += 1;
            *mutex.try_lock().expect("it was released, and is not poisoned") += 1;
            let plain = TracingMutex::new(0);
            *plain.lock() += 1;
            assert!(plain.try_lock().is_some());
            let shared = TracingRwLock::new(0);
            *shared.write() += 1;
            assert!(shared.try_read().is_some());
            assert!(shared.try_write().is_some());
            // Also while another panic unwinds.
            let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                let _guard = plain.lock();
                panic!("the program's own");
            }));
            assert!(caught.is_err());
            assert!(plain.try_lock().is_some());
            let (flag, changed) = (Mutex::new(false), Condvar::new());
            changed.notify_all();
            let waited = changed
                .wait_timeout(flag.lock().unwrap(), Duration::from_millis(1))
                .unwrap();
            drop(waited);
            assert!(flag.try_lock().is_ok());
        },
    );
}

#[test]
fn traced_locks_of_the_sink_are_not_told_to_it() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&seen);
    with_sink(
        move |event| sink.lock().unwrap().push(event.hook),
        || drop(TracingMutex::new(0).lock()),
    );
    assert_eq!(*seen.lock().unwrap(), [LOCKED, UNLOCKED].concat());
}
