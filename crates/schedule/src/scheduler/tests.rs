use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::{Just, ProptestConfig, any, prop_assert_eq, prop_oneof, proptest};
use proptest::strategy::Strategy as _;

use super::*;
use crate::toy::{self, End, Op, execute};
use crate::{Mix, Strategy, shrink};

fn plan(strategy: Strategy, seed: u64) -> Plan {
    Plan {
        strategy,
        seed,
        early_timeouts: false,
        max_steps: 30_000,
    }
}

/// One of each strategy, for a program that is executed first to know it.
fn plans(program: &[Vec<Op>], seed: u64) -> Vec<Plan> {
    let mix: Mix = "random,pct:2,pct:5,walk".parse().unwrap();
    let profile = profile_of(program);
    let nth = |number| plan(mix.nth(number, &profile), seed);
    (1..=4).map(nth).collect()
}

fn profile_of(program: &[Vec<Op>]) -> Profile {
    let steps = |thread: &Vec<Op>| thread.len() as u64 + 1;
    let mut threads: Vec<(u64, Option<u32>)> =
        program.iter().map(|thread| (steps(thread), Some(0))).collect();
    threads[0].1 = None;
    let contended = threads.iter().map(|(steps, _)| *steps).sum();
    Profile { threads, contended }
}

/// Main starts all others and then does this.
fn with_main(main: &[Op], others: &[&[Op]]) -> Vec<Vec<Op>> {
    let starts = (1..=others.len()).map(|other| Op::Start(u8::try_from(other).unwrap()));
    let main: Vec<Op> = starts.chain(main.iter().copied()).collect();
    std::iter::once(main)
        .chain(others.iter().map(|other| other.to_vec()))
        .collect()
}

fn op() -> impl proptest::strategy::Strategy<Value = Op> {
    prop_oneof![
        4 => Just(Op::Point),
        1 => (0_u8..4).prop_map(Op::Set),
        1 => (0_u8..4).prop_map(Op::Spin),
        1 => (0_u8..4).prop_map(Op::SpinYielding),
        1 => (0_u8..4).prop_map(Op::Wait),
        1 => (0_u8..4, 0_u64..100_000).prop_map(|(key, limit)| Op::WaitFor(key, limit)),
        2 => (0_u8..4, 0_u32..3).prop_map(|(key, most)| Op::Notify(key, most)),
        1 => (1_u8..4).prop_map(Op::Start),
    ]
}

fn program() -> impl proptest::strategy::Strategy<Value = Vec<Vec<Op>>> {
    proptest::collection::vec(proptest::collection::vec(op(), 0..12), 4).prop_map(|mut program| {
        program[0].splice(0..0, [Op::Start(1), Op::Start(2)]);
        program
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn what_happens_follows_from_the_plan(program in program(), seed in any::<u64>(), early in any::<bool>()) {
        for plan in plans(&program, seed) {
            let plan = Plan { early_timeouts: early, max_steps: 11_000, ..plan };
            let execution = execute(&program, &plan);
            prop_assert_eq!(&execute(&program, &plan), &execution);
            // And from its switches.
            let switches = execution.switches.clone();
            let listed = Plan { strategy: Strategy::Listed { switches }, seed: 0, ..plan.clone() };
            prop_assert_eq!(execute(&program, &listed), execution, "{:?}", plan.strategy);
        }
    }

    #[test]
    fn lists_of_switches_that_nobody_has_made_do_no_harm(
        program in program(),
        switches in proptest::collection::vec((0_u32..6, 0_u64..30, 0_u32..6), 0..20),
    ) {
        let switches = switches.into_iter().map(|(from, at, to)| Switch { from, at, to }).collect();
        let plan = Plan { max_steps: 11_000, ..plan(Strategy::Listed { switches }, 0) };
        execute(&program, &plan);
    }
}

#[test]
fn whoever_can_go_on_can_be_chosen() {
    let others: [&[Op]; 3] = [&[Op::Point; 3]; 3];
    let program = with_main(&[Op::Point; 3], &others);
    // Of these that of depth 2 has too few changes for that.
    for strategy in [0, 2, 3] {
        let mut orders = BTreeSet::new();
        for seed in 0..1500 {
            let execution = execute(&program, &plans(&program, seed)[strategy]);
            assert_eq!(execution.end, End::Done);
            // In which order the four do their last point, main's start of the third being before all of it.
            let last = execution
                .done
                .iter()
                .filter(|(thread, at)| *at == if *thread == 0 { 5 } else { 2 });
            orders.insert(last.map(|(thread, _)| *thread).collect::<Vec<_>>());
        }
        assert_eq!(orders.len(), 24, "strategy {strategy}");
    }
}

#[test]
fn pct_finds_bugs_as_often_as_it_promises() {
    // Thread 1 has a bug if thread 2's only point falls between two of its own (depth 2), or if these fall between two of
    // thread 2's in turn as well (depth 3).
    let program = with_main(&[], &[&[Op::Point; 20], &[Op::Point; 20]]);
    let steps = profile_of(&program).contended;
    let place =
        |done: &[(u8, usize)], wanted: (u8, usize)| done.iter().position(|one| *one == wanted).unwrap();
    for depth in [2, 3] {
        let mut found = 0;
        let tries = 8_000;
        for seed in 0..tries {
            let execution = execute(&program, &plan(Strategy::Pct { depth, steps }, seed));
            let at = |thread, point| place(&execution.done, (thread, point));
            let between = at(1, 9) < at(2, 5) && at(2, 5) < at(1, 10);
            found += u64::from(between && (depth == 2 || at(1, 10) < at(2, 6)));
        }
        let least = tries / (3 * steps.pow(depth - 1));
        assert!(
            found >= least,
            "depth {depth}: {found} of {tries}, promised {least}"
        );
        assert!(found > 0);
    }
}

#[test]
fn steps_at_which_nobody_else_could_go_on_hide_nothing_from_pct() {
    // Main does much before there are others, and thread 1 has a bug if thread 2 comes between two of its points.
    let mut program = with_main(&[], &[&[Op::Point; 20], &[Op::Point; 20]]);
    program[0].splice(0..0, [Op::Point; 200]);
    let profile = execute(&program, &plan(Strategy::Random, 1)).profile;
    assert_eq!(profile.steps(), 245);
    let steps = profile.contended;
    assert!((20..=45).contains(&steps), "{steps} of 245");
    let tries = 8_000;
    let mut found = 0;
    for seed in 0..tries {
        let done = execute(&program, &plan(Strategy::Pct { depth: 2, steps }, seed)).done;
        let at = |wanted: (u8, usize)| done.iter().position(|one| *one == wanted).unwrap();
        found += u64::from(at((1, 9)) < at((2, 5)) && at((2, 5)) < at((1, 10)));
    }
    let least = tries / (3 * steps);
    assert!(found >= least, "{found} of {tries}, promised {least}");
}

#[test]
fn a_walk_makes_all_interleavings_equally_likely() {
    let program = with_main(&[], &[&[Op::Point; 2], &[Op::Point; 3]]);
    let strategy = Strategy::Walk {
        threads: profile_of(&program).threads,
    };
    let mut ways = BTreeMap::new();
    interleavings(&mut vec![3, 3, 4], &mut Vec::new(), &mut ways);
    let all: u32 = ways.values().sum();
    let tries = 20_000_u32;
    let mut counts: BTreeMap<Vec<u8>, u32> = BTreeMap::new();
    for seed in 0..u64::from(tries) {
        let execution = execute(&program, &plan(strategy.clone(), seed));
        let seen = execution.done.iter().map(|(thread, _)| *thread);
        *counts.entry(seen.collect()).or_default() += 1;
    }
    assert!(counts.keys().all(|seen| ways.contains_key(seen)));
    for (seen, ways) in ways {
        let expected = f64::from(tries) * f64::from(ways) / f64::from(all);
        let count = f64::from(counts.get(&seen).copied().unwrap_or(0));
        let off = (count - expected).abs() / expected.sqrt();
        assert!(off < 5.0, "{seen:?}: {count} times, expected about {expected}");
    }
}

/// Counts the orders in which main and two others can take so many steps, the second of the others coming with main's second
/// step: by the points that are seen, which ends are not.
fn interleavings(left: &mut Vec<usize>, done: &mut Vec<u8>, ways: &mut BTreeMap<Vec<u8>, u32>) {
    if left.iter().all(|steps| *steps == 0) {
        *ways.entry(done.clone()).or_default() += 1;
    }
    for thread in 0..left.len() {
        let is_there = thread == 0 || left[0] <= 3 - thread;
        if left[thread] == 0 || !is_there {
            continue;
        }
        left[thread] -= 1;
        let seen = left[thread] > 0;
        if seen {
            done.push(u8::try_from(thread).unwrap());
        }
        interleavings(left, done, ways);
        if seen {
            done.pop();
        }
        left[thread] += 1;
    }
}

#[test]
fn nobody_starves_while_others_spin() {
    for spin in [Op::Spin(0), Op::SpinYielding(0)] {
        let program = with_main(
            &[spin],
            &[&[spin, Op::Point], &[spin], &[Op::Point, Op::Point, Op::Set(0)]],
        );
        for seed in 0..30 {
            for plan in plans(&program, seed) {
                let execution = execute(&program, &plan);
                assert_eq!(execution.end, End::Done, "{plan:?}");
            }
            let listed = plan(Strategy::Listed { switches: Vec::new() }, 0);
            assert_eq!(execute(&program, &listed).end, End::Done);
        }
    }
}

#[test]
fn what_never_ends_has_too_many_steps_and_what_waits_for_ever_is_stuck() {
    let spins = with_main(&[Op::Spin(0)], &[&[Op::Spin(0)]]);
    let waits = with_main(&[Op::Wait(0)], &[&[Op::Wait(1)]]);
    for seed in 0..20 {
        for plan in plans(&spins, seed) {
            assert_eq!(execute(&spins, &plan).end, End::TooManySteps);
            assert_eq!(execute(&waits, &plan).end, End::Stuck);
        }
    }
}

#[test]
fn time_jumps_when_nobody_can_go_on_and_waits_end_early_only_if_that_is_wanted() {
    // An hour.
    let long = 3_600_000_000_000;
    let program = with_main(&[Op::WaitFor(0, long)], &[&[Op::Point; 40], &[Op::Point; 40]]);
    let mut early = 0;
    for seed in 0..200 {
        let late = plan(Strategy::Random, seed);
        let execution = execute(&program, &late);
        assert_eq!(execution.timeouts, 1);
        assert!(execution.now >= long);
        let hasty = Plan {
            early_timeouts: true,
            ..late
        };
        let execution = execute(&program, &hasty);
        assert_eq!(execution.timeouts, 1);
        early += u32::from(execution.now < long);
    }
    assert!(early > 50, "{early} of 200 ended early");
}

#[test]
fn who_came_first_is_woken_first() {
    let wait: &[Op] = &[Op::Wait(0), Op::Point];
    let program = with_main(
        &[Op::Spin(1), Op::Notify(0, 1), Op::Spin(2), Op::Notify(0, 1)],
        &[&[Op::Set(1), Op::Wait(0), Op::Set(2)], wait],
    );
    for seed in 0..200 {
        for plan in plans(&program, seed) {
            let execution = execute(&program, &plan);
            let at = |wanted| execution.done.iter().position(|one| *one == wanted);
            let (first, second) = (at((1, 1)), at((2, 0)));
            if execution.end == End::Done && first < second && second < at((0, 3)) {
                assert!(at((1, 2)) < at((2, 1)), "{execution:?}");
            }
        }
    }
}

#[test]
fn a_failure_is_shrunk_to_the_switches_that_it_takes() {
    // It fails if thread 2 does its point between two of thread 1's.
    let program = with_main(&[Op::Wait(9)], &[&[Op::Point; 30], &[Op::Point; 30]]);
    let fails = |execution: &toy::Execution| {
        let at = |wanted| {
            execution
                .done
                .iter()
                .position(|one| *one == wanted)
                .unwrap_or(usize::MAX)
        };
        at((1, 10)) < at((2, 20)) && at((2, 20)) < at((1, 11))
    };
    let found = (0..10_000)
        .map(|seed| execute(&program, &plan(Strategy::Random, seed)))
        .find(fails)
        .expect("it fails in one of 10,000 schedules");
    let listed = |switches: &[Switch]| {
        let switches = switches.to_vec();
        execute(&program, &plan(Strategy::Listed { switches }, 0))
    };
    let before = found.switches.len();
    let left = shrink(
        found.switches,
        || true,
        |switches| {
            let execution = listed(switches);
            fails(&execution).then_some(execution.switches)
        },
    );
    assert!(fails(&listed(&left)));
    // To the second in time, and back.
    assert!(left.len() <= 3, "{} of {before}: {left:?}", left.len());
}

/// Two threads that go on for ever, as a loop that takes a lock, looks, and gives it back.
#[test]
fn who_takes_many_steps_is_not_stopped_at_the_same_part_of_a_loop_each_time() {
    let loops = plan(Strategy::Listed { switches: Vec::new() }, 1);
    let mut scheduler = Scheduler::new(&Plan {
        max_steps: 1_000_000,
        ..loops
    });
    scheduler.add();
    scheduler.decide();
    scheduler.add();
    let mut stops = BTreeMap::new();
    let mut turns = 0;
    let (mut running, mut taken) = (0, [0_u64; 2]);
    while let Decision::Run { thread, budget } = scheduler.decide() {
        if thread != running {
            turns += 1;
            for period in 2..=64 {
                let stopped: &mut BTreeSet<u64> = stops.entry((running, period)).or_default();
                stopped.insert(taken[running as usize] % period);
            }
            running = thread;
        }
        scheduler.spend(budget);
        taken[thread as usize] += u64::from(budget);
    }
    assert!(turns > 100, "{turns} changes of turn");
    for ((thread, period), stopped) in stops {
        assert!(
            stopped.len() as u64 >= period / 2,
            "thread {thread}, period {period}: {stopped:?}"
        );
    }
}

#[test]
fn threads_that_have_ended_are_not_looked_at_again() {
    let mut scheduler = Scheduler::new(&plan(Strategy::Random, 1));
    let main = scheduler.add();
    assert!(matches!(scheduler.decide(), Decision::Run { thread, .. } if thread == main));
    for _ in 0..100_000 {
        let other = scheduler.add();
        scheduler.wait(1, Some(1));
        while scheduler.running() != Some(other) {
            scheduler.decide();
        }
        scheduler.finish();
        scheduler.decide();
        assert_eq!(scheduler.running(), Some(main));
        assert_eq!(scheduler.alive, [main]);
    }
    assert_eq!(scheduler.profile().threads.len(), 100_001);
}
