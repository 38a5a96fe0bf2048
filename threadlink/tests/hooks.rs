//! What traced locks report, seen through the native sink.

#![cfg(feature = "tracing")]

use std::collections::HashMap;
use std::panic::Location;
use std::sync::{Arc, Mutex as StdMutex, MutexGuard, PoisonError};
use std::time::Duration;

use threadlink::hooks::{Event, Hook, Op, clear_sink, set_sink};
use threadlink::mutex::TracingMutex;
use threadlink::sync::{Condvar, Mutex};

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
    assert_eq!(op, Op::Blocking);
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
    let requests: Vec<_> = events
        .iter()
        .filter_map(|event| event.request)
        .map(|(op, site)| (op, site.line()))
        .collect();
    assert_eq!(requests, [(Op::Blocking, line), (Op::Try, line + 1)]);
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
fn a_wait_is_a_release_and_an_acquire_at_the_callers_line() {
    let recording = Recording::start();
    let mutex = Mutex::new(());
    let condvar = Condvar::new();
    let guard = mutex.lock().unwrap();
    let line = Location::caller().line() + 1;
    drop(condvar.wait_timeout(guard, Duration::from_millis(1)).unwrap());
    let events = recording.stop();
    assert_eq!(hooks(&events), [LOCKED, UNLOCKED, LOCKED, UNLOCKED].concat());
    assert_eq!(events[4].request.unwrap().1.line(), line);
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
    assert_eq!(*mutex.lock().unwrap(), THREADS * ROUNDS);

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
            Hook::StartLock | Hook::FinishUnlock => {}
        }
    }
    assert!(held.is_empty());
    assert_eq!(acquired, THREADS * ROUNDS);
}
