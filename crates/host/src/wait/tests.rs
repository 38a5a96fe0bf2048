//! What the queues promise, one promise a test; the random ones print their seed when they fail.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Barrier};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use threadlink_watch::Thread;

use super::key::Key;
use super::{Outcome, WaitQueues, Who};

/// What no test takes unless something hangs.
const WATCHDOG: Duration = Duration::from_secs(100);
const KEY: Key = 1024;

/// Queues, and how often they were told that nobody can go on.
struct Fixture {
    queues: Arc<WaitQueues>,
    told: Arc<AtomicUsize>,
}

fn queues() -> Fixture {
    let told = Arc::new(AtomicUsize::new(0));
    let count = told.clone();
    let queues = WaitQueues::new(move || {
        count.fetch_add(1, Ordering::SeqCst);
    });
    Fixture {
        queues: Arc::new(queues),
        told,
    }
}

impl Fixture {
    /// A thread that waits for `key`, a guest's or one that is not counted; its outcome comes through the channel.
    fn waiter(&self, key: Key, thread: Option<Arc<Thread>>, deadline: Option<Instant>) -> Receiver<Outcome> {
        let before = self.queues.waiting(key);
        let queues = self.queues.clone();
        let (send, receive) = mpsc::channel();
        queues.enter();
        thread::spawn(move || {
            let who = thread.as_ref().map_or(Who::Other, Who::Guest);
            let outcome = queues.wait(key, who, deadline, &mut queues.parker(), || true);
            let _ = send.send(outcome);
            queues.leave();
        });
        until("it waits", || self.queues.waiting(key) == before + 1);
        receive
    }

    fn told(&self) -> usize {
        self.told.load(Ordering::SeqCst)
    }
}

fn guest() -> Arc<Thread> {
    Arc::new(Thread::new(1, None, 0, None, None))
}

/// Waits until something has happened, which it does without the caller.
fn until(what: &str, mut happened: impl FnMut() -> bool) {
    let start = Instant::now();
    while !happened() {
        assert!(start.elapsed() < WATCHDOG, "it never happened that {what}");
        thread::yield_now();
    }
}

fn outcome(of: &Receiver<Outcome>) -> Outcome {
    of.recv_timeout(WATCHDOG).expect("it was not woken")
}

fn join(threads: Vec<JoinHandle<()>>) {
    for thread in threads {
        until("all threads have ended", || thread.is_finished());
        thread.join().expect("a thread failed; its message is above");
    }
}

/// Small, fast and good enough for schedules (xorshift).
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// Calls `test` with a seed that it prints.
fn seeded(test: impl FnOnce(u64)) {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let seed = now.map_or(1, |now| now.as_secs() ^ u64::from(now.subsec_nanos()) << 20);
    println!("seed {seed:#x}");
    test(seed);
}

#[test]
fn who_finds_nothing_to_wait_for_does_not_wait() {
    let Fixture { queues, told } = queues();
    queues.enter();
    let outcome = queues.wait(KEY, Who::Guest(&guest()), None, &mut queues.parker(), || false);
    assert_eq!(outcome, Outcome::NotEqual);
    assert_eq!((queues.active(), queues.waiting(KEY)), (1, 0));
    assert_eq!(told.load(Ordering::SeqCst), 0);
    assert_eq!(queues.notify(KEY, u32::MAX), 0);
}

#[test]
fn the_first_to_come_is_the_first_to_be_woken() {
    let fixture = queues();
    let waiters: Vec<_> = (0..5).map(|_| fixture.waiter(KEY, Some(guest()), None)).collect();
    for (index, waiter) in waiters.iter().enumerate() {
        assert_eq!(fixture.queues.notify(KEY, 1), 1);
        assert_eq!(outcome(waiter), Outcome::Woken);
        for later in &waiters[index + 1..] {
            assert!(later.try_recv().is_err(), "{index} was not the only one");
        }
    }
}

#[test]
fn a_notification_wakes_as_many_as_it_says_and_no_others() {
    let fixture = queues();
    // Far more keys than buckets, so that some share one.
    let others: Vec<_> = (1..200)
        .map(|index| fixture.waiter(KEY + 4 * index, Some(guest()), None))
        .collect();
    let waiters: Vec<_> = (0..6).map(|_| fixture.waiter(KEY, Some(guest()), None)).collect();
    assert_eq!(fixture.queues.notify(KEY, 0), 0);
    assert_eq!(fixture.queues.notify(KEY, 2), 2);
    assert_eq!(fixture.queues.waiting(KEY), 4);
    assert_eq!(fixture.queues.notify(KEY, u32::MAX), 4);
    assert_eq!(fixture.queues.notify(KEY, u32::MAX), 0);
    for waiter in &waiters {
        assert_eq!(outcome(waiter), Outcome::Woken);
    }
    for (index, other) in others.iter().enumerate() {
        assert!(other.try_recv().is_err(), "{index}");
    }
    fixture.queues.end();
    for other in &others {
        assert_eq!(outcome(other), Outcome::Over);
    }
}

#[test]
fn a_deadline_ends_a_wait_and_leaves_no_trace() {
    let Fixture { queues, told } = queues();
    queues.enter();
    let mut parker = queues.parker();
    for wait in [0, 1, 3000] {
        let start = Instant::now();
        let deadline = start + Duration::from_micros(wait);
        let outcome = queues.wait(KEY, Who::Guest(&guest()), Some(deadline), &mut parker, || true);
        assert_eq!(outcome, Outcome::TimedOut);
        assert!(Instant::now() >= deadline);
        assert_eq!((queues.active(), queues.waiting(KEY)), (1, 0));
        assert_eq!(queues.notify(KEY, 1), 0);
    }
    assert_eq!(told.load(Ordering::SeqCst), 0);
}

#[test]
fn the_end_wakes_everyone_for_good() {
    let fixture = queues();
    let far = Instant::now() + 100 * WATCHDOG;
    let waiters: Vec<_> = (0..20)
        .map(|index| {
            let deadline = (index % 2 == 0).then_some(far);
            fixture.waiter(KEY + index % 3, Some(guest()), deadline)
        })
        .collect();
    fixture.queues.end();
    for waiter in &waiters {
        assert_eq!(outcome(waiter), Outcome::Over);
    }
    // Also who comes later, by a parker from before or from after it.
    let mut parker = fixture.queues.parker();
    let late = fixture
        .queues
        .wait(KEY, Who::Guest(&guest()), None, &mut parker, || true);
    assert_eq!(late, Outcome::Over);
}

#[test]
fn the_last_who_could_go_on_tells_of_it() {
    let fixture = queues();
    let first = fixture.waiter(KEY, Some(guest()), None);
    until("it is told of", || fixture.told() == 1);
    // From here on nobody is active, until the notification: then at once, whether or not the woken has run.
    assert_eq!(fixture.queues.active(), 0);
    let second = {
        let far = Some(Instant::now() + 100 * WATCHDOG);
        fixture.waiter(KEY + 4, Some(guest()), far)
    };
    assert_eq!(fixture.queues.active(), 1, "who has a limit stays active");
    let third = fixture.waiter(KEY + 8, None, None);
    assert_eq!(fixture.queues.active(), 2, "who is not counted stays active");
    for (key, waiter, active) in [(KEY + 4, second, 1), (KEY + 8, third, 0)] {
        assert_eq!(fixture.queues.notify(key, 1), 1);
        assert_eq!(outcome(&waiter), Outcome::Woken);
        until("it has left", || fixture.queues.active() == active);
    }
    assert_eq!(fixture.queues.notify(KEY, 1), 1);
    assert_eq!(outcome(&first), Outcome::Woken);
    until("the end of the last thread is told of", || fixture.told() == 3);
}

#[test]
fn a_thread_counts_as_asleep_from_its_place_in_the_queue_until_it_is_taken_out() {
    let Fixture { queues, .. } = queues();
    let (thread, mut parker) = (guest(), queues.parker());
    queues.enter();
    let past = Some(Instant::now());
    let looks = || {
        assert!(!thread.is_asleep(), "it has only looked so far");
        true
    };
    let timed = queues.wait(KEY, Who::Guest(&thread), past, &mut parker, looks);
    assert_eq!((timed, thread.is_asleep()), (Outcome::TimedOut, false));
    let fixture = self::queues();
    let far = Instant::now() + 100 * WATCHDOG;
    for (key, deadline) in [(KEY, None), (KEY + 4, Some(far))] {
        let thread = guest();
        let waiter = fixture.waiter(key, Some(thread.clone()), deadline);
        assert_eq!(thread.sleeps_at(), u32::try_from(key).ok());
        assert_eq!(thread.nap().is_some(), deadline.is_none());
        assert_eq!(fixture.queues.notify(key, 1), 1);
        assert!(!thread.is_asleep(), "whether it has run by now or not");
        assert_eq!(outcome(&waiter), Outcome::Woken);
    }
}

#[test]
fn the_woken_are_active_before_they_run() {
    let fixture = queues();
    fixture.queues.enter();
    let gate = Arc::new(Barrier::new(9));
    let mut threads = Vec::new();
    for _ in 0..8 {
        let (queues, gate) = (fixture.queues.clone(), gate.clone());
        queues.enter();
        threads.push(thread::spawn(move || {
            let outcome = queues.wait(KEY, Who::Guest(&guest()), None, &mut queues.parker(), || true);
            assert_eq!(outcome, Outcome::Woken);
            gate.wait();
            queues.leave();
        }));
    }
    until("all wait", || fixture.queues.waiting(KEY) == 8);
    assert_eq!(fixture.queues.active(), 1);
    assert_eq!(fixture.queues.notify(KEY, 3), 3);
    assert_eq!(fixture.queues.active(), 4, "whether they have run by now or not");
    assert_eq!(fixture.queues.notify(KEY, 5), 5);
    assert_eq!(fixture.queues.active(), 9);
    gate.wait();
    join(threads);
    assert_eq!(fixture.queues.active(), 1);
    assert_eq!(fixture.told(), 0, "the first thread was active all the time");
}

/// Threads take tokens from a word that others fill: the shape of a lock, a semaphore and a channel. A notification that
/// got lost between the look and the queue would leave a thread asleep beside a token.
#[test]
fn no_notification_is_lost_between_the_look_and_the_queue() {
    const TOKENS: u32 = 40_000;
    seeded(|seed| {
        let fixture = queues();
        let word = Arc::new(AtomicU32::new(0));
        let taken = Arc::new(AtomicU32::new(0));
        let mut threads = Vec::new();
        // The one that starts the others.
        fixture.queues.enter();
        for taker in 0..4 {
            let (queues, word, taken) = (fixture.queues.clone(), word.clone(), taken.clone());
            queues.enter();
            threads.push(thread::spawn(move || {
                let mut parker = queues.parker();
                let mut random = Random::new(seed + taker);
                while taken.load(Ordering::SeqCst) < TOKENS {
                    let free = word.load(Ordering::SeqCst);
                    if free > 0 {
                        let took = word.compare_exchange(free, free - 1, Ordering::SeqCst, Ordering::SeqCst);
                        if took.is_ok() && taken.fetch_add(1, Ordering::SeqCst) + 1 == TOKENS {
                            queues.notify(KEY, u32::MAX);
                        }
                        continue;
                    }
                    let limit = Duration::from_micros(random.below(200));
                    let deadline = (random.below(3) == 0).then(|| Instant::now() + limit);
                    let empty = || word.load(Ordering::SeqCst) == 0 && taken.load(Ordering::SeqCst) < TOKENS;
                    let outcome = queues.wait(KEY, Who::Guest(&guest()), deadline, &mut parker, empty);
                    assert_ne!(outcome, Outcome::Over);
                    assert!(queues.active() > 0, "a thread runs, and is not counted");
                }
                queues.leave();
            }));
        }
        for filler in 0..2 {
            let (queues, word) = (fixture.queues.clone(), word.clone());
            queues.enter();
            threads.push(thread::spawn(move || {
                let mut random = Random::new(seed + 100 + filler);
                for _ in 0..TOKENS / 2 {
                    word.fetch_add(1, Ordering::SeqCst);
                    queues.notify(KEY, 1);
                    if random.below(50) == 0 {
                        // Until the takers sleep, sometimes.
                        let empty = || word.load(Ordering::SeqCst) == 0;
                        until("a token is taken", empty);
                    }
                }
                queues.leave();
            }));
        }
        join(threads);
        assert_eq!(fixture.told(), 0, "a thread could run all the time");
        fixture.queues.leave();
        assert_eq!(taken.load(Ordering::SeqCst), TOKENS);
        assert_eq!(word.load(Ordering::SeqCst), 0);
        assert_eq!((fixture.queues.active(), fixture.queues.waiting(KEY)), (0, 0));
        assert_eq!(fixture.told(), 1, "at the end of the last thread");
    });
}

/// A notification and a deadline meet: one of them wins, and both sides say which.
#[test]
fn a_notification_counts_those_and_only_those_who_say_that_they_were_woken() {
    seeded(|seed| {
        let fixture = queues();
        let woken = Arc::new(AtomicU32::new(0));
        let done = Arc::new(AtomicUsize::new(0));
        let mut threads = Vec::new();
        for waiter in 0..4 {
            let (queues, woken, done) = (fixture.queues.clone(), woken.clone(), done.clone());
            queues.enter();
            threads.push(thread::spawn(move || {
                let mut parker = queues.parker();
                let mut random = Random::new(seed + waiter);
                for _ in 0..10_000 {
                    let limit = Duration::from_micros(random.below(60));
                    let deadline = Some(Instant::now() + limit);
                    match queues.wait(KEY, Who::Guest(&guest()), deadline, &mut parker, || true) {
                        Outcome::Woken => _ = woken.fetch_add(1, Ordering::SeqCst),
                        outcome => assert_eq!(outcome, Outcome::TimedOut),
                    }
                }
                done.fetch_add(1, Ordering::SeqCst);
                queues.leave();
            }));
        }
        let mut counted = 0;
        let mut random = Random::new(seed + 100);
        until("all are through", || {
            let most = u32::try_from(random.below(4)).unwrap_or_default();
            let count = fixture.queues.notify(KEY, most);
            assert!(count <= most);
            counted += count;
            done.load(Ordering::SeqCst) == 4
        });
        join(threads);
        assert_eq!(woken.load(Ordering::SeqCst), counted);
        assert!(counted > 0, "no notification met a wait: the test shows nothing");
        assert_eq!(fixture.queues.waiting(KEY), 0);
    });
}

/// The end comes in the middle of everything: no thread is left behind, and none goes on.
#[test]
fn an_end_amid_waits_leaves_nobody_behind() {
    seeded(|seed| {
        for round in 0..200 {
            let fixture = queues();
            let over = Arc::new(AtomicBool::new(false));
            let mut threads = Vec::new();
            for waiter in 0..6 {
                let (queues, over) = (fixture.queues.clone(), over.clone());
                queues.enter();
                threads.push(thread::spawn(move || {
                    let mut parker = queues.parker();
                    let mut random = Random::new(seed + 10 * round + waiter);
                    loop {
                        let key = KEY + random.below(3);
                        let was_over = over.load(Ordering::SeqCst);
                        let far = Instant::now() + 100 * WATCHDOG;
                        let deadline = (random.below(2) == 0).then_some(far);
                        queues.notify(KEY + random.below(3), 1);
                        let outcome = queues.wait(key, Who::Guest(&guest()), deadline, &mut parker, || true);
                        if outcome == Outcome::Over {
                            return;
                        }
                        assert!(!was_over, "a thread went on after the end");
                    }
                }));
            }
            let mut random = Random::new(seed + 10 * round + 9);
            for _ in 0..random.below(3000) {
                std::hint::spin_loop();
            }
            fixture.queues.end();
            over.store(true, Ordering::SeqCst);
            join(threads);
        }
    });
}
