//! Who waited, for what and because of whom: hand-made runs whose figures can be worked out on paper, and sums that agree whatever a
//! trace tells.

use proptest::prelude::*;
use threadlink_analysis::{LockReport, Report, ThreadReport, WaitKind};
use threadlink_trace::testing::simulation::{Run, simulate};
use threadlink_trace::testing::{any_kind, chunks, written};
use threadlink_trace::{
    AcquireOp, AwakeKind, EndKind, Event, EventKind, Mode, Trace, TraceWriter, validate_events,
};

const A: u32 = 0x1000;
const B: u32 = 0x2000;
const CONDVAR: u32 = 0x3000;
const TOKEN: u32 = 0x4000;
const EXCLUSIVE: Mode = Mode::Exclusive;
const SHARED: Mode = Mode::Shared;

fn ask(lock: u32, site: u32, mode: Mode) -> EventKind {
    let contended = true;
    EventKind::Request {
        lock,
        site,
        contended,
        mode,
    }
}

fn try_for(lock: u32, site: u32, mode: Mode) -> EventKind {
    let contended = false;
    EventKind::Request {
        lock,
        site,
        contended,
        mode,
    }
}

fn get(lock: u32, site: u32, mode: Mode) -> EventKind {
    let op = AcquireOp::Blocking;
    EventKind::Acquire { lock, site, op, mode }
}

fn leave(lock: u32, mode: Mode) -> EventKind {
    EventKind::Release { lock, mode }
}

fn returned() -> EventKind {
    let how = EndKind::Returned;
    EventKind::End { how }
}

fn events(list: &[(u64, u32, EventKind)]) -> Vec<Event> {
    let event = |&(time, thread, kind)| Event::new(time, thread, kind);
    list.iter().map(event).collect()
}

fn report_of(events: &[Event], define: impl FnOnce(&TraceWriter)) -> Report {
    Report::of(&Trace::read(&written(events, define)[..]).unwrap())
}

/// The report on a run that can have happened. The main thread starts all others: at 1, 2 and so on, and they begin at 11, 12.
fn report(list: &[(u64, u32, EventKind)]) -> Report {
    let mut all = vec![Event::new(0, 0, EventKind::Start)];
    let (mut known, mut asks) = (vec![0], Vec::new());
    for mut event in events(list) {
        match &mut event.kind {
            EventKind::Request { .. } => asks.push(event.thread),
            // What was not asked for was there.
            EventKind::Acquire { op, .. } if !asks.contains(&event.thread) => *op = AcquireOp::Try,
            EventKind::Acquire { .. } => asks.retain(|&thread| thread != event.thread),
            _ => {}
        }
        if !known.contains(&event.thread) {
            known.push(event.thread);
            let child = event.thread;
            all.push(Event::new(u64::from(child), 0, EventKind::Fork { child }));
            all.push(Event::new(10 + u64::from(child), child, EventKind::Start));
        }
        all.push(event);
    }
    all.sort_by_key(|event| (event.time, event.thread));
    validate_events(all.iter().copied()).expect("it can have happened");
    report_of(&all, |_| {})
}

fn lock(report: &Report, address: u32) -> &LockReport {
    let of_address = |lock: &&LockReport| lock.origin.address == address;
    report.locks.iter().find(of_address).expect("the lock is there")
}

fn waits(thread: &ThreadReport) -> [u64; 5] {
    [
        thread.lock_wait_ns,
        thread.condvar_wait_ns,
        thread.address_wait_ns,
        thread.join_wait_ns,
        thread.park_wait_ns,
    ]
}

fn waiters(lock: &LockReport) -> Vec<(u32, u64, u64)> {
    let waiters = &lock.contention.as_ref().expect("somebody waited").waiters;
    let figures = waiters
        .iter()
        .map(|waiter| (waiter.thread, waiter.waits, waiter.wait_ns));
    figures.collect()
}

/// Site, thread and time.
fn blame(lock: &LockReport) -> Vec<(u32, u32, u64)> {
    let blame = &lock.contention.as_ref().expect("somebody waited").blame;
    let figures = blame
        .iter()
        .map(|blame| (blame.place.site, blame.thread, blame.blocked_ns));
    figures.collect()
}

#[test]
fn each_part_of_a_threads_life_is_counted_once() {
    let (condvar, token, address) = (CONDVAR, TOKEN, 0x5000);
    let (site, timed) = (9, false);
    let how = AwakeKind::Woken;
    let sleep = EventKind::Sleep { address, timed };
    let report = report(&[
        (100, 0, get(A, 1, EXCLUSIVE)),
        // A lock: 50, with the sleep inside.
        (110, 1, ask(A, 2, EXCLUSIVE)),
        (115, 1, sleep),
        (150, 0, leave(A, EXCLUSIVE)),
        (155, 1, EventKind::Awake { address, how }),
        (160, 1, get(A, 2, EXCLUSIVE)),
        // A condition variable: 100, and the mutex again at once.
        (
            200,
            1,
            EventKind::Wait {
                condvar,
                mutex: A,
                site,
                timed,
            },
        ),
        (201, 1, leave(A, EXCLUSIVE)),
        (
            290,
            0,
            EventKind::Notify {
                condvar,
                site,
                all: true,
            },
        ),
        (
            300,
            1,
            EventKind::Wake {
                condvar,
                timed_out: false,
            },
        ),
        (301, 1, try_for(A, 2, EXCLUSIVE)),
        (305, 1, get(A, 2, EXCLUSIVE)),
        (306, 1, leave(A, EXCLUSIVE)),
        // An address: 20; and one where it did not wait.
        (310, 1, sleep),
        (330, 1, EventKind::Awake { address, how }),
        (340, 1, sleep),
        (
            349,
            1,
            EventKind::Awake {
                address,
                how: AwakeKind::NotEqual,
            },
        ),
        // A token that is there, and one that is not: 25, with the sleep inside.
        (400, 0, EventKind::Unpark { token, site }),
        (410, 1, EventKind::Park { token, site, timed }),
        (
            413,
            1,
            EventKind::ParkEnd {
                token,
                timed_out: false,
            },
        ),
        (420, 1, EventKind::Park { token, site, timed }),
        (421, 1, sleep),
        (440, 0, EventKind::Unpark { token, site }),
        (444, 1, EventKind::Awake { address, how }),
        (
            445,
            1,
            EventKind::ParkEnd {
                token,
                timed_out: false,
            },
        ),
        // The end of a thread: 60; and of one that had ended.
        (500, 1, EventKind::JoinRequest { child: 2, site }),
        (550, 2, returned()),
        (
            560,
            1,
            EventKind::Join {
                child: 2,
                reaped: false,
                failed: false,
            },
        ),
        (570, 1, returned()),
        (600, 0, EventKind::JoinRequest { child: 1, site }),
        (
            690,
            0,
            EventKind::Join {
                child: 1,
                reaped: false,
                failed: false,
            },
        ),
        (700, 0, returned()),
    ]);
    let [main, first, second] = &report.thread_times[..] else {
        panic!("{report:?}")
    };
    assert_eq!(waits(main), [0; 5]);
    assert_eq!((main.life_ns, main.running_ns), (700, 700));
    assert_eq!(waits(first), [50, 100, 20, 60, 25]);
    assert_eq!((first.first_ns, first.last_ns, first.life_ns), (11, 570, 559));
    assert_eq!(first.running_ns, 559 - 255);
    assert_eq!((first.ended, first.died), (true, false));
    assert_eq!((second.life_ns, second.running_ns), (550 - 12, 550 - 12));
    assert_eq!(report.lock_waits_ns(), 50);
}

/// The first one waits for ever, the second one goes on, and the third one has died with the lock.
#[test]
fn who_waits_at_the_end_waits_up_to_then() {
    let list = [
        (100, 1, get(A, 1, EXCLUSIVE)),
        (150, 1, EventKind::End { how: EndKind::Died }),
        (200, 0, ask(A, 2, EXCLUSIVE)),
        (300, 2, get(B, 3, EXCLUSIVE)),
        (1000, 3, get(CONDVAR, 3, EXCLUSIVE)),
    ];
    let whole = report(&list);
    let [main, dead, goes_on, last] = &whole.thread_times[..] else {
        panic!("{whole:?}")
    };
    assert_eq!((main.lock_wait_ns, main.life_ns), (800, 1000));
    assert_eq!(
        (main.first_ns, main.last_ns, main.running_ns, main.ended),
        (0, 200, 200, false)
    );
    assert_eq!((dead.life_ns, dead.died), (150 - 11, true));
    assert_eq!((goes_on.life_ns, goes_on.last_ns), (1000 - 12, 300));
    assert_eq!(last.life_ns, 1000 - 13);
    assert_eq!(waiters(lock(&whole, A)), [(0, 1, 800)]);
    assert_eq!(blame(lock(&whole, A)), [(1, 1, 800)]);
    // It is no wait that is over.
    assert_eq!(lock(&whole, A).total.wait_ns, 0);
    assert_eq!((lock(&whole, A).held_ns, lock(&whole, B).held_ns), (900, 700));

    // If the trace was cut off, nothing is known of the second one after its last event.
    let mut all: Vec<Event> = vec![Event::new(0, 0, EventKind::Start)];
    all.extend(events(&list));
    let mut bytes = written(&all, |_| {});
    bytes.truncate(chunks(&bytes).pop().unwrap().start);
    let cut = Report::of(&Trace::read(&bytes[..]).unwrap());
    assert!(cut.truncated);
    assert_eq!(
        (cut.thread_times[0].lock_wait_ns, cut.thread_times[2].life_ns),
        (800, 0)
    );
    assert_eq!((lock(&cut, A).held_ns, lock(&cut, B).held_ns), (900, 0));
}

#[test]
fn what_is_had_at_once_is_no_wait_however_long_that_takes_to_record() {
    let report = report(&[
        (100, 0, try_for(A, 1, EXCLUSIVE)),
        (170, 0, get(A, 1, EXCLUSIVE)),
        (180, 0, leave(A, EXCLUSIVE)),
        // Somebody came in between: that is one, though it was free when it was asked for.
        (200, 0, try_for(A, 1, EXCLUSIVE)),
        (210, 1, try_for(A, 2, EXCLUSIVE)),
        (220, 1, get(A, 2, EXCLUSIVE)),
        (260, 1, leave(A, EXCLUSIVE)),
        (270, 0, get(A, 1, EXCLUSIVE)),
        (280, 0, leave(A, EXCLUSIVE)),
        // Readers do not wait for each other.
        (300, 0, try_for(B, 1, SHARED)),
        (310, 0, get(B, 1, SHARED)),
        (320, 1, try_for(B, 1, SHARED)),
        (350, 1, get(B, 1, SHARED)),
    ]);
    let (a, b) = (lock(&report, A), lock(&report, B));
    assert_eq!(
        (a.total.wait_ns, a.total.max_wait_ns, a.total.contended),
        (70, 70, 0)
    );
    assert_eq!(waiters(a), [(0, 1, 70)]);
    assert_eq!((b.total.wait_ns, b.contention.is_none()), (0, true));
    assert_eq!(
        (
            b.is_never_contended(),
            a.is_never_contended(),
            report.never_contended()
        ),
        (true, false, 1)
    );
    assert_eq!(report.thread_times[1].lock_wait_ns, 0);
}

/// Two wait at once, and who holds the lock changes while they do: each hold answers for what it lasted.
#[test]
fn each_holder_answers_for_the_waits_during_its_hold() {
    let report = report(&[
        (100, 0, get(A, 1, EXCLUSIVE)),
        (110, 1, ask(A, 2, EXCLUSIVE)),
        (120, 2, ask(A, 3, EXCLUSIVE)),
        (150, 0, leave(A, EXCLUSIVE)),
        (155, 1, get(A, 2, EXCLUSIVE)),
        (185, 1, leave(A, EXCLUSIVE)),
        (190, 2, get(A, 3, EXCLUSIVE)),
        (200, 2, leave(A, EXCLUSIVE)),
    ]);
    let a = lock(&report, A);
    // 40 and 30 during the first hold, 30 during the second one; 5 and 5 + 5 while nobody had it.
    assert_eq!(blame(a), [(1, 0, 70), (2, 1, 30)]);
    assert_eq!(waiters(a), [(2, 1, 70), (1, 1, 45)]);
    assert_eq!((a.total.wait_ns, a.waited_ns(), a.held_ns), (115, 115, 90));
    assert_eq!(a.contention.as_ref().unwrap().longest_queue, 2);
    // By the holder at the beginning of the wait, as before.
    assert_eq!(
        a.sites
            .iter()
            .find(|site| site.place.site == 1)
            .unwrap()
            .blocked_others_ns,
        115
    );
}

#[test]
fn the_first_of_the_readers_answers_for_the_writer_that_waits() {
    let report = report(&[
        (100, 1, get(A, 1, SHARED)),
        (110, 2, get(A, 2, SHARED)),
        (120, 0, ask(A, 3, EXCLUSIVE)),
        (140, 1, leave(A, SHARED)),
        (170, 2, leave(A, SHARED)),
        (175, 0, get(A, 3, EXCLUSIVE)),
        (180, 1, ask(A, 1, SHARED)),
        (185, 2, ask(A, 2, SHARED)),
        (190, 0, leave(A, EXCLUSIVE)),
        (195, 1, get(A, 1, SHARED)),
        (196, 2, get(A, 2, SHARED)),
        (200, 1, leave(A, SHARED)),
        (230, 2, leave(A, SHARED)),
    ]);
    let a = lock(&report, A);
    assert_eq!(blame(a), [(2, 2, 30), (1, 1, 21), (3, 0, 15)]);
    // Held by somebody from 100 to 170, 175 to 190 and 195 to 230.
    assert_eq!(a.held_ns, 70 + 15 + 35);
}

#[test]
fn percentiles_are_of_all_acquisitions_and_holds() {
    let mut list = Vec::new();
    // 100 holds of 1 to 100; of 100 acquisitions one waited for 50 and one for 40.
    for round in 1..=100u64 {
        let start = 1_000 * round;
        list.push((start, 0, try_for(A, 1, EXCLUSIVE)));
        list.push((start + 5, 0, get(A, 1, EXCLUSIVE)));
        list.push((start + 5 + round, 0, leave(A, EXCLUSIVE)));
    }
    for (start, wait) in [(200_000, 50), (201_000, 40)] {
        list.push((start, 0, get(B, 1, EXCLUSIVE)));
        list.push((start + 10, 1, ask(B, 2, EXCLUSIVE)));
        list.push((start + 5 + wait, 0, leave(B, EXCLUSIVE)));
        list.push((start + 10 + wait, 1, get(B, 2, EXCLUSIVE)));
        list.push((start + 500, 1, leave(B, EXCLUSIVE)));
    }
    for round in 0..96 {
        let start = 300_000 + 10 * round;
        list.push((start, 0, get(B, 1, EXCLUSIVE)));
        list.push((start + 1, 0, leave(B, EXCLUSIVE)));
    }
    let report = report(&list);
    let a = lock(&report, A);
    assert_eq!((a.percentiles().p50_wait_ns, a.percentiles().p99_wait_ns), (0, 0));
    // 99 is in a size of two values, of which 99 is the larger one.
    assert_eq!(
        (a.percentiles().p50_hold_ns, a.percentiles().p99_hold_ns),
        (50, 99)
    );
    assert_eq!(a.total.max_hold_ns, 100);
    let b = lock(&report, B);
    assert_eq!((b.total.acquisitions, b.total.contended), (100, 2));
    assert_eq!(
        (
            b.percentiles().p50_wait_ns,
            b.percentiles().p99_wait_ns,
            b.total.max_wait_ns
        ),
        (0, 40, 50)
    );
}

#[test]
fn a_lock_that_goes_from_hand_to_hand_ten_times_is_in_a_convoy() {
    // From 0, each time to the thread after it, which waits 20.
    let chain = |start: u64, hands: u32, list: &mut Vec<(u64, u32, EventKind)>| {
        list.push((start, 0, get(A, 1, EXCLUSIVE)));
        for hand in 0..hands {
            let time = start + 30 * u64::from(hand);
            let (from, to) = (hand % 3, (hand + 1) % 3);
            list.push((time + 10, to, ask(A, 2, EXCLUSIVE)));
            list.push((time + 25, from, leave(A, EXCLUSIVE)));
            list.push((time + 30, to, get(A, 2, EXCLUSIVE)));
        }
        let last = start + 30 * u64::from(hands) + 5;
        list.push((last, hands % 3, leave(A, EXCLUSIVE)));
    };
    let mut list = Vec::new();
    for (start, hands) in [(1_000, 9), (2_000, 10), (3_000, 12)] {
        chain(start, hands, &mut list);
    }
    let report = report(&list);
    let convoys = lock(&report, A).contention.as_ref().unwrap().convoys;
    assert_eq!(
        (convoys.count, convoys.acquisitions, convoys.longest),
        (2, 22, 12)
    );
    // From the first request to the last acquisition.
    assert_eq!(convoys.time_ns, 290 + 350);
}

#[test]
fn what_holders_wait_for_is_told_with_both_places() {
    let (condvar, site, timed) = (CONDVAR, 9, false);
    let report = report(&[
        (100, 1, get(A, 1, EXCLUSIVE)),
        (110, 1, EventKind::JoinRequest { child: 2, site }),
        (140, 2, returned()),
        (
            150,
            1,
            EventKind::Join {
                child: 2,
                reaped: false,
                failed: false,
            },
        ),
        (160, 0, get(B, 2, EXCLUSIVE)),
        (170, 1, ask(B, 3, EXCLUSIVE)),
        (190, 0, leave(B, EXCLUSIVE)),
        (200, 1, get(B, 3, EXCLUSIVE)),
        // B is released while it waits, A is not.
        (
            210,
            1,
            EventKind::Wait {
                condvar,
                mutex: B,
                site: 4,
                timed,
            },
        ),
        (211, 1, leave(B, EXCLUSIVE)),
        (
            250,
            0,
            EventKind::Notify {
                condvar,
                site,
                all: false,
            },
        ),
        (
            260,
            1,
            EventKind::Wake {
                condvar,
                timed_out: false,
            },
        ),
        (261, 1, get(B, 3, EXCLUSIVE)),
        (
            270,
            1,
            EventKind::Park {
                token: TOKEN,
                site: 5,
                timed,
            },
        ),
        (400, 0, returned()),
    ]);
    let told = |address| {
        let held = &lock(&report, address)
            .contention
            .as_ref()
            .unwrap()
            .held_while_waiting;
        let figures = held.iter().map(|held| {
            (
                held.place.site,
                held.kind,
                held.waited_at.site,
                held.waits,
                held.wait_ns,
            )
        });
        figures.collect::<Vec<_>>()
    };
    assert_eq!(
        told(A),
        [
            (1, WaitKind::Park, 5, 1, 130),
            (1, WaitKind::Condvar, 4, 1, 50),
            (1, WaitKind::Join, 9, 1, 40),
            (1, WaitKind::Lock, 3, 1, 30),
        ]
    );
    assert_eq!(told(B), [(3, WaitKind::Park, 5, 1, 130)]);
}

#[test]
fn locks_made_at_one_place_are_a_group() {
    let (made, same, other, element) = (5, 6, 7, |index: u32| 0x100 + 8 * index);
    let mut list = vec![(1, 0, EventKind::Start), (1, 1, EventKind::Start)];
    for index in 0..4u32 {
        let start = 100 * u64::from(index + 1);
        list.push((start, 0, get(element(index), 1, EXCLUSIVE)));
        if index == 2 {
            list.push((start + 10, 1, ask(element(index), 2, EXCLUSIVE)));
        }
        list.push((start + 50, 0, leave(element(index), EXCLUSIVE)));
        if index == 2 {
            list.push((start + 60, 1, get(element(index), 2, EXCLUSIVE)));
        }
    }
    let report = report_of(&events(&list), |writer| {
        // The same place has two names in the trace.
        writer.define_site(made, "src/main.rs", 3, 9);
        writer.define_site(same, "src/main.rs", 3, 9);
        writer.define_site(other, "src/main.rs", 4, 9);
        writer.define_lock(element(0), 0, made, Some("Row.cell"));
        writer.define_lock(element(1), 0, same, Some("Row.cell"));
        writer.define_lock(element(2), 0, made, Some("Row.cell"));
        writer.define_lock(element(3), 0, other, Some("Row.cell"));
    });
    let [group] = &report.groups[..] else {
        panic!("{:?}", report.groups)
    };
    assert_eq!((group.locks, group.never_contended), (3, 2));
    assert_eq!((group.name.as_deref(), group.made.line), (Some("Row.cell"), 3));
    assert_eq!(
        (
            group.total.acquisitions,
            group.total.wait_ns,
            group.total.max_wait_ns,
            group.total.hold_ns
        ),
        (4, 50, 50, 150)
    );
    assert_eq!(report.locks[group.worst].origin.address, element(2));
    assert_eq!(
        (group.percentiles.p50_wait_ns, group.percentiles.p99_wait_ns),
        (0, 50)
    );
}

/// What has to agree in any report.
fn assert_sums_agree(report: &Report, what: &str) {
    for thread in &report.thread_times {
        let parts = thread
            .running_ns
            .checked_add(thread.waiting_ns())
            .expect("no overflow");
        assert_eq!(parts, thread.life_ns, "{what}: {thread:?}");
    }
    assert_eq!(report.thread_times.len() as u64, report.threads, "{what}");
    let by_lock = report
        .locks
        .iter()
        .map(|lock| u128::from(lock.waited_ns()))
        .sum::<u128>();
    let by_thread = report
        .thread_times
        .iter()
        .map(|thread| u128::from(thread.lock_wait_ns));
    if by_lock < u128::from(u64::MAX) {
        assert_eq!(by_thread.sum::<u128>(), by_lock, "{what}");
    }
    for lock in &report.locks {
        assert!(lock.total.wait_ns <= lock.waited_ns(), "{what}: {lock:?}");
        let sizes = lock.percentiles();
        assert!(
            sizes.p50_wait_ns <= sizes.p99_wait_ns && sizes.p99_wait_ns <= lock.total.max_wait_ns,
            "{what}: {lock:?}"
        );
        assert!(
            sizes.p50_hold_ns <= sizes.p99_hold_ns && sizes.p99_hold_ns <= lock.total.max_hold_ns,
            "{what}: {lock:?}"
        );
    }
    for group in &report.groups {
        let place = |site: &threadlink_trace::Site| (site.file.clone(), site.line, site.column);
        let of_group = |lock: &&LockReport| {
            lock.origin
                .made
                .as_ref()
                .is_some_and(|made| place(made) == place(&group.made))
        };
        let locks: Vec<_> = report.locks.iter().filter(of_group).collect();
        let sum = |figure: fn(&LockReport) -> u64| {
            locks
                .iter()
                .fold(0, |sum: u64, lock| sum.saturating_add(figure(lock)))
        };
        assert_eq!(locks.len() as u64, group.locks, "{what}");
        assert_eq!(
            sum(|lock| lock.total.acquisitions),
            group.total.acquisitions,
            "{what}"
        );
        assert_eq!(sum(|lock| lock.total.contended), group.total.contended, "{what}");
        assert_eq!(sum(|lock| lock.total.wait_ns), group.total.wait_ns, "{what}");
        assert_eq!(sum(|lock| lock.total.hold_ns), group.total.hold_ns, "{what}");
        assert_eq!(
            locks[0].origin, report.locks[group.worst].origin,
            "{what}: the first is the worst"
        );
    }
}

fn define_groups(writer: &TraceWriter) {
    for site in 1..3 {
        writer.define_site(site, "src/main.rs", site, 1);
    }
    for lock in 0..6 {
        writer.define_lock(lock, 0, lock % 2 + 1, None);
    }
}

/// Whatever a program does, the times of its threads add up, and what its locks were waited for is what was waited for locks.
#[test]
fn sums_agree_in_every_run() {
    for seed in 0..60 {
        let events = simulate(Run {
            seed,
            steps: 2_000,
            equal_times: seed % 2 == 0,
        });
        let report = report_of(&events, define_groups);
        assert_sums_agree(&report, &format!("seed {seed}"));
        assert!(!report.groups.is_empty());
        for lock in &report.locks {
            let Some(contention) = &lock.contention else {
                continue;
            };
            let blamed: u64 = contention.blame.iter().map(|blame| blame.blocked_ns).sum();
            assert!(blamed <= contention.wait_ns(), "seed {seed}: {lock:?}");
            assert!(lock.held_ns <= report.duration_ns, "seed {seed}: {lock:?}");
        }
    }
}

proptest! {
    /// A hostile trace may tell of any times, in any order.
    #[test]
    fn sums_agree_whatever_a_trace_tells(
        list in prop::collection::vec((prop_oneof![0u64..100, any::<u64>()], 0u32..4, any_kind()), 0..60),
        small in any::<bool>(),
    ) {
        let list: Vec<Event> = list
            .into_iter()
            .map(|(time, thread, kind)| Event::new(time, thread, if small { near(kind) } else { kind }))
            .collect();
        let mut list = list;
        if small {
            list.sort_by_key(|event| event.time);
        }
        let report = report_of(&list, define_groups);
        assert_sums_agree(&report, "hostile");
        prop_assert!(!report.to_string().is_empty());
    }
}

/// The same with a lock and a site of few, so that events are about each other.
fn near(kind: EventKind) -> EventKind {
    match kind {
        EventKind::Request {
            lock,
            site,
            contended,
            mode,
        } => EventKind::Request {
            lock: lock % 6,
            site: site % 3,
            contended,
            mode,
        },
        EventKind::Acquire { lock, site, op, mode } => EventKind::Acquire {
            lock: lock % 6,
            site: site % 3,
            op,
            mode,
        },
        EventKind::Release { lock, mode } => EventKind::Release { lock: lock % 6, mode },
        EventKind::JoinRequest { child, site } => EventKind::JoinRequest {
            child: child % 4,
            site,
        },
        other => other,
    }
}
