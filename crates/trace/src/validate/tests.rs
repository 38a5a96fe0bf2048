//! Well-formed traces are accepted; swapped, dropped and doubled events are rejected exactly where they can be.
//!
//! "Exactly" needs an opinion of its own on which mutations leave a well-formed trace: that's what `conflicting`
//! and `needed` are, each a list of cases made from the rules of recording, without the validator's state.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::testing::simulation::{Random, Run, simulate};
use crate::testing::{any_kind, chunks, written};

fn any_run(equal_times: bool) -> impl Strategy<Value = Run> {
    (any::<u64>(), 1u32..600).prop_map(move |(seed, steps)| Run {
        seed,
        steps,
        equal_times,
    })
}

fn accepted(events: &[Event]) -> bool {
    validate_events(events.iter().copied()).is_ok()
}

/// How often a thread holds a lock for reading after these events.
fn reads(events: &[Event], thread: u32, lock: u32) -> usize {
    let count = |wanted: &dyn Fn(EventKind) -> bool| {
        let own = events.iter().filter(|event| event.thread == thread);
        own.filter(|event| wanted(event.kind)).count()
    };
    let taken =
        count(&|kind| matches!(kind, EventKind::Acquire { lock: id, mode: Mode::Shared, .. } if id == lock));
    taken - count(&|kind| matches!(kind, EventKind::Release { lock: id, mode: Mode::Shared } if id == lock))
}

/// Whether event `index`, or a later one, leaves its thread without a read of this lock that it had.
fn stops_reading(events: &[Event], index: usize, lock: u32) -> bool {
    let thread = events[index].thread;
    (index..events.len()).any(|later| {
        let kind = events[later].kind;
        events[later].thread == thread
            && matches!(kind, EventKind::Release { lock: id, mode: Mode::Shared } if id == lock)
            && reads(&events[..=later], thread, lock) == 0
    })
}

/// Whether somebody gets this lock later: in any mode, or for itself alone.
fn is_taken_later(events: &[Event], index: usize, lock: u32, exclusively: bool) -> bool {
    events[index + 1..].iter().any(|later| match later.kind {
        EventKind::Acquire { lock: next, mode, .. } => {
            next == lock && (!exclusively || mode == Mode::Exclusive)
        }
        _ => false,
    })
}

/// Whether the neighbours `index - 1` and `index` in canonical order can't have happened the other way round.
fn conflicting(events: &[Event], index: usize) -> bool {
    use EventKind::{Acquire, End, Fork, Join, JoinRequest, Release, Request, Start, Wait, Wake};
    let (a, b) = (events[index - 1], events[index]);
    let exclude = |a: Mode, b: Mode| (a, b) != (Mode::Shared, Mode::Shared);
    if a.thread != b.thread {
        return match (a.kind, b.kind) {
            (
                Release { lock, mode },
                Acquire {
                    lock: next,
                    mode: then,
                    ..
                },
            ) => lock == next && exclude(mode, then),
            (Fork { child }, Start) => child == b.thread,
            (End { .. }, Join { child, .. }) => child == a.thread,
            _ => false,
        };
    }
    match (a.kind, b.kind) {
        // The ends of a thread's life; and a request would be apart from its acquire, a wait from the release of its
        // mutex, a wake from either.
        (Start, _) | (_, End { .. } | Request { .. } | JoinRequest { .. } | Wait { .. } | Wake { .. }) => {
            true
        }
        // What follows a wait would come between the request and its acquire, or the wake and its request.
        (Request { .. } | JoinRequest { .. } | Wait { .. } | Wake { .. }, _)
        | (
            Acquire {
                op: AcquireOp::Blocking,
                ..
            }
            | Join { reaped: false, .. },
            _,
        ) => true,
        // Whoever read it already could have released that first.
        (
            Acquire {
                lock,
                mode: Mode::Shared,
                ..
            },
            Release { lock: next, .. },
        ) => lock == next && reads(&events[..index - 1], a.thread, lock) == 0,
        (Acquire { lock, .. }, Release { lock: next, .. }) => lock == next,
        (
            Release { lock, mode },
            Acquire {
                lock: next,
                mode: then,
                ..
            },
        ) => lock == next && exclude(mode, then),
        // Two different locks, forks, reaped threads, notifications: the one could as well have come before the other.
        _ => false,
    }
}

/// Whether the trace can't have happened without its event number `index`.
fn needed(events: &[Event], index: usize) -> bool {
    let (event, later) = (events[index], &events[index + 1..]);
    let mut own = later.iter().filter(|next| next.thread == event.thread);
    let (next, after_next) = (own.next(), own.next());
    let goes_on = next.is_some_and(|next| next.kind != EventKind::End { how: EndKind::Died });
    let later_is = |wanted: &dyn Fn(Event) -> bool| later.iter().any(|&event| wanted(event));
    match event.kind {
        EventKind::Start => next.is_some(),
        EventKind::End { .. } => {
            later_is(&|later| matches!(later.kind, EventKind::Join { child, .. } if child == event.thread))
        }
        EventKind::Fork { child } => {
            later_is(&|later| later.thread == child && later.kind == EventKind::Start)
        }
        // Whoever died while it waited, or still waits, may as well not have begun to.
        EventKind::Request { .. } | EventKind::JoinRequest { .. } | EventKind::Wake { .. } => goes_on,
        EventKind::Wait { .. } => after_next.is_some_and(|then| matches!(then.kind, EventKind::Wake { .. })),
        EventKind::Notify { .. } => false,
        // Without it, the request before it still waits.
        EventKind::Join { reaped, .. } => !reaped && goes_on,
        EventKind::Acquire {
            lock,
            op: AcquireOp::Blocking,
            mode,
            ..
        } => {
            // A second read right after it could be the one that the request was for.
            let again = next.is_some_and(|next| {
                let read = Mode::Shared;
                mode == read
                    && matches!(next.kind, EventKind::Acquire { lock: next, mode, .. } if (next, mode) == (lock, read))
            });
            if again {
                stops_reading(events, index, lock)
            } else {
                goes_on
            }
        }
        EventKind::Acquire {
            lock,
            mode: Mode::Shared,
            ..
        } => stops_reading(events, index, lock),
        EventKind::Acquire { lock, mode, .. } => later_is(&|later| {
            let uses = match later.kind {
                EventKind::Wait { mutex, .. } => mutex == lock,
                kind => kind == EventKind::Release { lock, mode },
            };
            later.thread == event.thread && uses
        }),
        EventKind::Release {
            lock,
            mode: Mode::Shared,
        } => is_taken_later(events, index, lock, true),
        EventKind::Release { lock, .. } => {
            let mut before = events[..index].iter().rev();
            let previous = before.find(|before| before.thread == event.thread);
            let waits = previous.is_some_and(|previous| matches!(previous.kind, EventKind::Wait { .. }));
            (waits && goes_on) || is_taken_later(events, index, lock, false)
        }
        // What stands beside all that.
        _ => false,
    }
}

/// Whether the thread can have done event number `index` twice, one right after the other.
fn repeatable(events: &[Event], index: usize) -> bool {
    match events[index].kind {
        EventKind::Notify { .. } => true,
        EventKind::Acquire {
            lock,
            op: AcquireOp::Try | AcquireOp::Timed,
            mode: Mode::Shared,
            ..
        } => !is_taken_later(events, index, lock, true),
        EventKind::Release {
            lock,
            mode: Mode::Shared,
        } => !stops_reading(events, index, lock),
        _ => false,
    }
}

/// Something that stands beside all else; no instance, which would make a held lock another one.
fn any_aside() -> impl Strategy<Value = EventKind> {
    any_kind().prop_filter("beside", |kind| {
        kind.is_aside() && !matches!(kind, EventKind::Instance { .. })
    })
}

proptest! {
    // Each case looks at every event of its run.
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn whatever_a_program_does_is_accepted(run in any_run(true)) {
        let events = simulate(run);
        let checked = validate_events(events.iter().copied());
        prop_assert_eq!(checked.map(|checked| checked.events), Ok(events.len() as u64));
        let trace = Trace::read(&written(&events, |_| ())[..]).unwrap();
        prop_assert!(trace.events().eq(events.iter().copied()));
        prop_assert!(validate(&trace).is_ok());
    }

    #[test]
    fn what_stands_beside_the_locks_changes_nothing(run in any_run(true), what in any_aside(), step in 1usize..9) {
        let mut events: Vec<Event> = Vec::new();
        for (index, event) in simulate(run).into_iter().enumerate() {
            let event = Event { time: event.time * 2, ..event };
            events.push(event);
            if index % step == 0 && !matches!(event.kind, EventKind::End { .. }) {
                events.push(Event { time: event.time + 1, kind: what, ..event });
            }
        }
        // Where times are equal, what was added comes after all of them.
        events.sort_by_key(|event| (event.time, event.thread));
        prop_assert!(accepted(&events));
    }

    #[test]
    fn swapped_neighbours_are_rejected_if_they_conflict(run in any_run(false)) {
        let events = simulate(run);
        for index in 1..events.len() {
            let (a, b) = (events[index - 1], events[index]);
            let mut swapped = events.clone();
            swapped[index - 1] = Event { time: a.time, ..b };
            swapped[index] = Event { time: b.time, ..a };
            prop_assert_eq!(accepted(&swapped), !conflicting(&events, index), "{:?} and {:?}", a, b);
        }
    }

    #[test]
    fn dropped_events_are_rejected_if_they_are_needed(run in any_run(false)) {
        let events = simulate(run);
        for index in 0..events.len() {
            let mut without = events.clone();
            let dropped = without.remove(index);
            prop_assert_eq!(
                accepted(&without),
                !needed(&events, index),
                "without event {}, {:?}", index, dropped
            );
        }
    }

    #[test]
    fn doubled_events_are_rejected_if_they_cannot_be_repeated(run in any_run(false)) {
        let mut events = simulate(run);
        events.iter_mut().for_each(|event| event.time *= 2);
        for index in 0..events.len() {
            for later in [0, 1] {
                let mut doubled = events.clone();
                let mut copy = doubled[index];
                copy.time += later;
                doubled.insert(index + 1, copy);
                let expected = later == 1 && repeatable(&events, index);
                prop_assert_eq!(accepted(&doubled), expected, "event {} twice, {:?}", index, copy);
            }
        }
    }

    #[test]
    fn swapped_times_are_rejected(run in any_run(false)) {
        let events = simulate(run);
        for index in 1..events.len() {
            let mut swapped = events.clone();
            let time = swapped[index].time;
            swapped[index].time = swapped[index - 1].time;
            swapped[index - 1].time = time;
            prop_assert!(!accepted(&swapped), "times of events {} and {}", index - 1, index);
        }
    }

    #[test]
    fn nothing_is_held_against_a_truncated_trace(run in any_run(true)) {
        let events = simulate(run);
        let mut random = Random(run.seed);
        let mut left: BTreeMap<u32, usize> = BTreeMap::new();
        for event in &events {
            *left.entry(event.thread).or_default() += 1;
        }
        left.values_mut().for_each(|count| *count = random.below(*count + 1));
        let mut kept = events;
        kept.retain(|event| {
            let left = left.get_mut(&event.thread).unwrap();
            *left = left.wrapping_sub(1);
            *left < usize::MAX / 2
        });
        let mut bytes = written(&kept, |_| ());
        let end = chunks(&bytes).pop().unwrap();
        bytes.truncate(end.start);
        let trace = Trace::read(&bytes[..]).unwrap();
        prop_assert!(trace.truncated());
        prop_assert!(trace.events().eq(kept));
        let checked = validate(&trace);
        prop_assert!(checked.is_ok(), "{}", checked.unwrap_err()[0]);
    }
}

/// Events of a hand-made run: time, thread, kind.
fn events(list: &[(u64, u32, EventKind)]) -> Vec<Event> {
    let event = |&(time, thread, kind)| Event { time, thread, kind };
    list.iter().map(event).collect()
}

const RETURN: EventKind = EventKind::End {
    how: EndKind::Returned,
};

fn try_lock(lock: u32) -> EventKind {
    EventKind::Acquire {
        lock,
        site: 0,
        op: AcquireOp::Try,
        mode: Mode::Exclusive,
    }
}

fn try_read(lock: u32) -> EventKind {
    EventKind::Acquire {
        lock,
        site: 0,
        op: AcquireOp::Try,
        mode: Mode::Shared,
    }
}

#[test]
fn a_truncated_trace_still_has_to_make_sense() {
    // Thread 1 goes on after thread 0 took the lock that it holds: its release can't be among the missing events.
    let list = events(&[
        (1, 0, EventKind::Start),
        (2, 0, EventKind::Fork { child: 1 }),
        (3, 1, EventKind::Start),
        (4, 1, try_lock(8)),
        (5, 0, try_lock(8)),
        (6, 1, EventKind::Fork { child: 2 }),
    ]);
    for (list, expected) in [
        (&list[..], Some(Problem::Held { holder: 1, since: 3 })),
        (&list[..5], None),
    ] {
        let mut bytes = written(list, |_| ());
        let end = chunks(&bytes).pop().unwrap();
        let complete = Trace::read(&bytes[..]).unwrap();
        assert!(validate(&complete).is_err(), "complete, both are wrong");
        bytes.truncate(end.start);
        let found = validate(&Trace::read(&bytes[..]).unwrap());
        assert_eq!(found.err().map(|found| found[0].problem), expected);
    }
}

#[test]
fn each_rule_has_its_problem() {
    let start = EventKind::Start;
    let request = |lock| EventKind::Request {
        lock,
        site: 0,
        contended: false,
        mode: Mode::Exclusive,
    };
    let blocking = EventKind::Acquire {
        lock: 8,
        site: 0,
        op: AcquireOp::Blocking,
        mode: Mode::Exclusive,
    };
    let join = |child| EventKind::Join {
        child,
        reaped: false,
        failed: false,
    };
    let wait = |child| EventKind::JoinRequest { child, site: 0 };
    let release = EventKind::Release {
        lock: 8,
        mode: Mode::Exclusive,
    };
    let read_release = EventKind::Release {
        lock: 8,
        mode: Mode::Shared,
    };
    let sleep = |timed| EventKind::Wait {
        condvar: 4,
        mutex: 8,
        site: 0,
        timed,
    };
    let wake = |condvar, timed_out| EventKind::Wake { condvar, timed_out };
    let asleep = |then: &[EventKind]| {
        let kinds = [start, try_lock(8), sleep(false), release];
        let kinds = kinds.iter().chain(then).copied();
        (1..)
            .zip(kinds)
            .map(|(time, kind)| (time, 0, kind))
            .collect::<Vec<_>>()
    };
    let still_waits = Problem::WaitPending { condvar: 4, wait: 2 };
    let not_again = Problem::MutexNotLockedAgain { mutex: 8, wait: 2 };
    let read = Problem::HeldForReading { holder: 0, since: 1 };
    let fork = EventKind::Fork { child: 1 };
    let held = Problem::Held { holder: 0, since: 1 };
    let owned = Problem::NotOwner { holder: 0, since: 2 };
    let pending = Problem::RequestPending { lock: 8, request: 1 };
    let waits = Problem::JoinPending { child: 1, request: 1 };
    let order = Problem::OutOfOrder { time: 5, thread: 0 };
    let not_later = Problem::TimeNotIncreasing { last: 1 };
    let one = Problem::ForkedTwice { child: 1 };
    type Case = (Problem, Vec<(u64, u32, EventKind)>);
    let cases: Vec<Case> = vec![
        (not_later, vec![(1, 0, start), (1, 0, fork)]),
        (order, vec![(1, 0, start), (5, 0, fork), (4, 1, start)]),
        (Problem::NotStarted, vec![(1, 0, fork)]),
        (Problem::StartedTwice, vec![(1, 0, start), (2, 0, start)]),
        (
            Problem::AfterEnd,
            vec![(1, 0, start), (2, 0, RETURN), (3, 0, fork)],
        ),
        (Problem::NotForked, vec![(1, 0, start), (2, 1, start)]),
        (one, vec![(1, 0, start), (2, 0, fork), (3, 0, fork)]),
        (
            Problem::ForkAfterStart { child: 0 },
            vec![(1, 0, start), (2, 0, EventKind::Fork { child: 0 })],
        ),
        (
            held,
            vec![(1, 0, start), (2, 0, try_lock(8)), (3, 0, try_lock(8))],
        ),
        (Problem::NotHeld, vec![(1, 0, start), (2, 0, release)]),
        (
            owned,
            vec![
                (1, 0, start),
                (2, 0, fork),
                (3, 0, try_lock(8)),
                (4, 1, start),
                (5, 1, release),
            ],
        ),
        (Problem::NotRequested, vec![(1, 0, start), (2, 0, blocking)]),
        (pending, vec![(1, 0, start), (2, 0, request(8)), (3, 0, fork)]),
        (
            pending,
            vec![(1, 0, start), (2, 0, request(8)), (3, 0, try_lock(9))],
        ),
        (pending, vec![(1, 0, start), (2, 0, request(8)), (3, 0, RETURN)]),
        (waits, vec![(1, 0, start), (2, 0, wait(1)), (3, 0, join(2))]),
        (Problem::JoinNotRequested, vec![(1, 0, start), (2, 0, join(1))]),
        (
            Problem::JoinBeforeEnd { child: 1 },
            vec![(1, 0, start), (2, 0, wait(1)), (3, 0, join(1))],
        ),
        (
            Problem::JoinedTwice { child: 1 },
            vec![
                (1, 0, start),
                (2, 0, fork),
                (3, 1, start),
                (4, 1, RETURN),
                (5, 0, wait(1)),
                (6, 0, join(1)),
                (7, 0, wait(1)),
                (8, 0, join(1)),
            ],
        ),
    ];
    let more: Vec<Case> = vec![
        (
            read,
            vec![(1, 0, start), (2, 0, try_read(8)), (3, 0, try_lock(8))],
        ),
        (read, vec![(1, 0, start), (2, 0, try_read(8)), (3, 0, release)]),
        (
            held,
            vec![(1, 0, start), (2, 0, try_lock(8)), (3, 0, try_read(8))],
        ),
        (
            held,
            vec![(1, 0, start), (2, 0, try_lock(8)), (3, 0, read_release)],
        ),
        (Problem::NotHeld, vec![(1, 0, start), (2, 0, read_release)]),
        (
            Problem::NotReader,
            vec![
                (1, 0, start),
                (2, 0, fork),
                (3, 0, try_read(8)),
                (4, 1, start),
                (5, 1, read_release),
            ],
        ),
        (
            pending,
            vec![(1, 0, start), (2, 0, request(8)), (3, 0, try_read(8))],
        ),
        (
            Problem::WaitWithoutMutex { mutex: 8 },
            vec![(1, 0, start), (2, 0, try_read(8)), (3, 0, sleep(true))],
        ),
        (
            Problem::MutexKept { mutex: 8, wait: 2 },
            vec![
                (1, 0, start),
                (2, 0, try_lock(8)),
                (3, 0, sleep(true)),
                (4, 0, wake(4, true)),
            ],
        ),
        (still_waits, asleep(&[fork])),
        (still_waits, asleep(&[wake(5, false)])),
        (Problem::NotTimed { wait: 2 }, asleep(&[wake(4, true)])),
        (not_again, asleep(&[wake(4, false), fork])),
        (not_again, asleep(&[wake(4, false), request(9)])),
        (not_again, asleep(&[wake(4, false), blocking])),
        (Problem::NotWaiting, vec![(1, 0, start), (2, 0, wake(4, false))]),
    ];
    for (problem, list) in cases.into_iter().chain(more) {
        let list = events(&list);
        let found = validate_events(list.iter().copied()).unwrap_err();
        assert_eq!(found[0].problem, problem, "{list:?}");
        assert_eq!(found[0].event, list[found[0].index as usize]);
    }
}

#[test]
fn readers_share_and_waits_end_in_every_allowed_way() {
    let start = EventKind::Start;
    let unlock = |mode| EventKind::Release { lock: 8, mode };
    let (read_unlock, write_unlock) = (unlock(Mode::Shared), unlock(Mode::Exclusive));
    let sleep = EventKind::Wait {
        condvar: 4,
        mutex: 8,
        site: 0,
        timed: true,
    };
    let wake = EventKind::Wake {
        condvar: 4,
        timed_out: true,
    };
    let died = EventKind::End { how: EndKind::Died };
    let shared = events(&[
        (1, 0, start),
        (2, 0, EventKind::Fork { child: 1 }),
        (3, 0, try_read(8)),
        (4, 1, start),
        (5, 1, try_read(8)),
        (6, 0, try_read(8)),
        (7, 0, read_unlock),
        (8, 0, read_unlock),
        (9, 1, read_unlock),
        (10, 0, try_lock(8)),
        // A downgrade, and one who reads along.
        (11, 0, write_unlock),
        (12, 1, try_read(8)),
        (13, 0, try_read(8)),
    ]);
    assert_eq!(
        validate_events(shared).map(|checked| (checked.acquisitions, checked.held)),
        Ok((6, 1))
    );
    let whole = [
        start,
        try_lock(8),
        sleep,
        write_unlock,
        wake,
        try_lock(8),
        write_unlock,
    ];
    for length in 3..=whole.len() {
        for end in [None, Some(died)] {
            let kinds = whole[..length].iter().copied().chain(end);
            let list: Vec<_> = (1..).zip(kinds).map(|(time, kind)| (time, 0, kind)).collect();
            let checked = validate_events(events(&list)).unwrap();
            assert_eq!(checked.waits, 1);
            let waits = end.is_none() && (3..6).contains(&length);
            assert_eq!(checked.waiting, u64::from(waits), "{list:?}");
        }
    }
}

#[test]
fn violations_are_counted_up_to_a_limit() {
    let list: Vec<_> = (0..1000).map(|time| (time, 0, EventKind::Start)).collect();
    let found = validate_events(events(&list)).unwrap_err();
    assert_eq!(found.len(), MAX_VIOLATIONS);
}

#[test]
fn a_violation_names_event_thread_lock_and_time() {
    let list = [
        (1, 0, EventKind::Start),
        (2, 0, try_lock(0x40)),
        (7, 0, try_lock(0x40)),
    ];
    let found = validate_events(events(&list)).unwrap_err();
    assert_eq!(
        found[0].to_string(),
        "event 2 (thread 0, 7 ns): acquire of lock 0x40, but thread 0 holds it since event 1"
    );
}

/// The properties above are worth something only if the simulated programs do everything, and often.
#[test]
fn the_simulated_programs_do_everything() {
    let (mut kinds, mut conflicts, mut needs) = (BTreeMap::new(), [0; 2], [0; 2]);
    for seed in 0..40 {
        let events = simulate(Run {
            seed,
            steps: 1_000,
            equal_times: false,
        });
        for (index, event) in events.iter().enumerate() {
            let kind = match event.kind {
                EventKind::Start => "start",
                EventKind::End { how: EndKind::Died } => "death",
                EventKind::End { .. } => "return",
                EventKind::Fork { .. } => "fork",
                EventKind::JoinRequest { .. } => "wait",
                EventKind::Join { reaped: true, .. } => "reap",
                EventKind::Join { .. } => "join",
                EventKind::Request { contended: true, .. } => "contended request",
                EventKind::Request {
                    mode: Mode::Shared, ..
                } => "read request",
                EventKind::Acquire {
                    mode: Mode::Shared, ..
                } => "read",
                EventKind::Release {
                    mode: Mode::Shared, ..
                } => "end of a read",
                EventKind::Wait { timed: true, .. } => "timed sleep",
                EventKind::Wait { .. } => "sleep",
                EventKind::Wake { timed_out: true, .. } => "timeout",
                EventKind::Wake { .. } => "wake",
                EventKind::Notify { all: true, .. } => "notification of all",
                EventKind::Notify { .. } => "notification",
                EventKind::Request { .. } => "request",
                EventKind::Acquire { op, .. } => match op {
                    AcquireOp::Blocking => "acquire",
                    AcquireOp::Try => "try",
                    AcquireOp::Timed => "timed",
                },
                EventKind::Release { .. } => "release",
                _ => "something aside",
            };
            *kinds.entry(kind).or_insert(0) += 1;
            needs[usize::from(needed(&events, index))] += 1;
            if index > 0 {
                conflicts[usize::from(conflicting(&events, index))] += 1;
            }
        }
    }
    assert_eq!(kinds.len(), 22, "{kinds:?}");
    assert!(kinds.values().all(|&count| count >= 20), "{kinds:?}");
    assert!(
        conflicts.iter().chain(&needs).all(|&count| count >= 200),
        "{conflicts:?} {needs:?}"
    );
}
