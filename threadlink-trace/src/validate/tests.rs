//! Well-formed traces are accepted; swapped, dropped and doubled events are rejected exactly where they can be.
//!
//! "Exactly" needs an opinion of its own on which mutations leave a well-formed trace: that's what `conflicting`
//! and `needed` are, each a list of cases made from the rules of recording, without the validator's state.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::testing::simulation::{Random, Run, simulate};
use crate::testing::{chunks, written};

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

/// Whether two neighbours in canonical order can't have happened the other way round.
fn conflicting(a: Event, b: Event) -> bool {
    use EventKind::{Acquire, End, Fork, Join, JoinRequest, Release, Request, Start};
    if a.thread != b.thread {
        return match (a.kind, b.kind) {
            (Release { lock }, Acquire { lock: next, .. }) => lock == next,
            (Fork { child }, Start) => child == b.thread,
            (End { .. }, Join { child, .. }) => child == a.thread,
            _ => false,
        };
    }
    match (a.kind, b.kind) {
        // The ends of a thread's life; and a request would be apart from its acquire.
        (Start, _) | (_, End { .. } | Request { .. } | JoinRequest { .. }) => true,
        // What follows a wait would come between the request and its acquire.
        (Request { .. } | JoinRequest { .. }, _)
        | (
            Acquire {
                op: AcquireOp::Blocking,
                ..
            }
            | Join { reaped: false, .. },
            _,
        ) => true,
        (Acquire { lock, .. }, Release { lock: next }) | (Release { lock }, Acquire { lock: next, .. }) => {
            lock == next
        }
        // Two different locks, forks, reaped threads: the one could as well have come before the other.
        _ => false,
    }
}

/// Whether the trace can't have happened without its event number `index`.
fn needed(events: &[Event], index: usize) -> bool {
    let (event, later) = (events[index], &events[index + 1..]);
    let next = later.iter().find(|next| next.thread == event.thread);
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
        EventKind::Request { .. } | EventKind::JoinRequest { .. } => goes_on,
        // Without it, the request before it still waits.
        EventKind::Join { reaped, .. } => !reaped && goes_on,
        EventKind::Acquire {
            op: AcquireOp::Blocking,
            ..
        } => goes_on,
        EventKind::Acquire { lock, .. } => {
            later_is(&|later| later.thread == event.thread && later.kind == EventKind::Release { lock })
        }
        // A lock may be held for ever.
        EventKind::Release { lock } => {
            later_is(&|later| matches!(later.kind, EventKind::Acquire { lock: next, .. } if next == lock))
        }
    }
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
    fn swapped_neighbours_are_rejected_if_they_conflict(run in any_run(false)) {
        let events = simulate(run);
        for index in 1..events.len() {
            let (a, b) = (events[index - 1], events[index]);
            let mut swapped = events.clone();
            swapped[index - 1] = Event { time: a.time, ..b };
            swapped[index] = Event { time: b.time, ..a };
            prop_assert_eq!(accepted(&swapped), !conflicting(a, b), "{:?} and {:?}", a, b);
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
    fn doubled_events_are_rejected(run in any_run(false)) {
        let mut events = simulate(run);
        events.iter_mut().for_each(|event| event.time *= 2);
        for index in 0..events.len() {
            for later in [0, 1] {
                let mut doubled = events.clone();
                let mut copy = doubled[index];
                copy.time += later;
                doubled.insert(index + 1, copy);
                prop_assert!(!accepted(&doubled), "event {} twice, {:?}", index, copy);
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
    };
    let blocking = EventKind::Acquire {
        lock: 8,
        site: 0,
        op: AcquireOp::Blocking,
    };
    let join = |child| EventKind::Join {
        child,
        reaped: false,
        failed: false,
    };
    let wait = |child| EventKind::JoinRequest { child, site: 0 };
    let release = EventKind::Release { lock: 8 };
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
    for (problem, list) in cases {
        let list = events(&list);
        let found = validate_events(list.iter().copied()).unwrap_err();
        assert_eq!(found[0].problem, problem, "{list:?}");
        assert_eq!(found[0].event, list[found[0].index as usize]);
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
                EventKind::Request { .. } => "request",
                EventKind::Acquire { op, .. } => match op {
                    AcquireOp::Blocking => "acquire",
                    AcquireOp::Try => "try",
                    AcquireOp::Timed => "timed",
                },
                EventKind::Release { .. } => "release",
            };
            *kinds.entry(kind).or_insert(0) += 1;
            needs[usize::from(needed(&events, index))] += 1;
            if index > 0 {
                conflicts[usize::from(conflicting(events[index - 1], *event))] += 1;
            }
        }
    }
    assert_eq!(kinds.len(), 13, "{kinds:?}");
    assert!(kinds.values().all(|&count| count >= 20), "{kinds:?}");
    assert!(
        conflicts.iter().chain(&needs).all(|&count| count >= 200),
        "{conflicts:?} {needs:?}"
    );
}
