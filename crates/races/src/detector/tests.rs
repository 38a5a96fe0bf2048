//! What is a race and what is none, also beside a detector that remembers everything.

use super::*;

fn at(site: u32) -> Place {
    Place { site, path: 0 }
}

/// Two threads, of which the second was started by the first.
fn two() -> (Detector, Slot, Slot) {
    let mut detector = Detector::new(1 << 24);
    let one = detector.fork(1, None).expect("there is room");
    let other = detector.fork(2, Some(one)).expect("there is room");
    (detector, one, other)
}

/// Whether a value that is handed over in this way is: the second thread reads what the first has written.
fn hands_over(steps: impl Fn(&mut Detector, Slot, Slot)) -> bool {
    let (mut detector, one, other) = two();
    assert_eq!(detector.access(one, 100, 4, Access::WRITE, at(1)), None);
    steps(&mut detector, one, other);
    detector.access(other, 100, 4, Access::READ, at(2)).is_none()
}

#[test]
fn only_a_release_that_is_acquired_hands_over() {
    use Order::{AcqRel, Acquire, Relaxed, Release, SeqCst};
    for (write, read, expected) in [
        (Release, Acquire, true),
        (SeqCst, SeqCst, true),
        (AcqRel, AcqRel, true),
        (Relaxed, Acquire, false),
        (Release, Relaxed, false),
        (Acquire, Acquire, false),
        (Release, Release, false),
    ] {
        let handed = hands_over(|detector, one, other| {
            assert_eq!(
                detector.atomic(one, 8, 4, Step::Write { order: write }, at(3)),
                None
            );
            assert_eq!(
                detector.atomic(other, 8, 4, Step::Read { order: read }, at(4)),
                None
            );
        });
        assert_eq!(handed, expected, "{write:?} {read:?}");
        let fenced = hands_over(|detector, one, other| {
            detector.fence(one, write);
            detector.atomic(one, 8, 4, Step::Write { order: Relaxed }, at(3));
            detector.atomic(other, 8, 4, Step::Read { order: Relaxed }, at(4));
            detector.fence(other, read);
        });
        assert_eq!(fenced, expected, "fences {write:?} {read:?}");
    }
}

#[test]
fn a_race_comes_with_what_each_thread_had_taken() {
    use Order::{Acquire, Relaxed, Release};
    let (mut detector, one, other) = two();
    let lock = |detector: &mut Detector, slot, address, site| {
        detector.atomic(slot, address, 4, Step::Change { order: Acquire }, at(site));
    };
    let unlock = |detector: &mut Detector, slot, address| {
        detector.atomic(slot, address, 4, Step::Change { order: Release }, at(9));
    };
    // One had a lock before, has one at its write, and changes another word in a way that takes nothing.
    lock(&mut detector, one, 8, 1);
    unlock(&mut detector, one, 8);
    lock(&mut detector, one, 16, 2);
    // Waiting for a lock in a loop takes it once.
    lock(&mut detector, one, 16, 3);
    detector.atomic(one, 24, 4, Step::Change { order: Relaxed }, at(4));
    assert_eq!(detector.access(one, 100, 4, Access::WRITE, at(5)), None);
    unlock(&mut detector, one, 16);
    // The other one has that one as well, but not in time, and another one.
    lock(&mut detector, other, 8, 6);
    let race = detector
        .access(other, 100, 4, Access::WRITE, at(7))
        .expect("a race");
    assert_eq!(race.earlier_held, Some(vec![(16, at(2))]));
    assert_eq!(race.later_held, Some(vec![(8, at(6))]));
    detector.end(other);
    let race = detector
        .access(one, 100, 4, Access::WRITE, at(8))
        .expect("a race");
    assert_eq!(race.earlier_held, Some(vec![(8, at(6))]));
    assert_eq!(race.later_held, Some(Vec::new()));
}

#[test]
fn a_race_comes_with_what_the_threads_did_beside_it() {
    let nearby = |write, read| {
        let (mut detector, one, other) = two();
        detector.atomic(
            one,
            8,
            4,
            Step::Write {
                order: Order::Release,
            },
            at(1),
        );
        detector.access(one, 100, 4, Access::WRITE, at(2));
        detector.atomic(one, 16, 4, Step::Write { order: write }, at(3));
        detector.atomic(
            other,
            8,
            4,
            Step::Read {
                order: Order::Acquire,
            },
            at(4),
        );
        detector.atomic(other, 16, 4, Step::Read { order: read }, at(5));
        let race = detector.access(other, 100, 4, Access::READ, at(6));
        let nearby = race.expect("nothing orders them").nearby;
        (nearby.acquired, nearby.unheeded)
    };
    // What was acquired is too early. What was read and not acquired would have done, if it had been released.
    let acquired = Some([at(1), at(4)]);
    assert_eq!(
        nearby(Order::Release, Order::Relaxed),
        (acquired, Some([at(3), at(5)]))
    );
    assert_eq!(nearby(Order::Relaxed, Order::Acquire), (acquired, None));
    assert_eq!(nearby(Order::Relaxed, Order::Relaxed), (acquired, None));
}

#[test]
fn a_change_goes_on_with_what_was_released_and_a_store_ends_it() {
    for (step, expected) in [
        (
            Step::Change {
                order: Order::Relaxed,
            },
            true,
        ),
        (
            Step::Write {
                order: Order::Relaxed,
            },
            false,
        ),
        (
            Step::Read {
                order: Order::Relaxed,
            },
            true,
        ),
    ] {
        let handed = hands_over(|detector, one, other| {
            let third = detector.fork(3, None).expect("there is room");
            detector.atomic(
                one,
                8,
                4,
                Step::Write {
                    order: Order::Release,
                },
                at(3),
            );
            detector.atomic(third, 8, 4, step, at(4));
            detector.atomic(
                other,
                8,
                4,
                Step::Read {
                    order: Order::Acquire,
                },
                at(5),
            );
        });
        assert_eq!(handed, expected, "{step:?}");
    }
}

#[test]
fn starts_and_ends_order_if_somebody_waits_for_them() {
    let (mut detector, one, other) = two();
    detector.access(other, 100, 1, Access::WRITE, at(1));
    detector.end(other);
    detector.join(one, 2, true);
    assert_eq!(detector.access(one, 100, 1, Access::WRITE, at(2)), None);

    let (mut detector, one, other) = two();
    detector.access(other, 100, 1, Access::WRITE, at(1));
    detector.end(other);
    detector.join(one, 2, false);
    // Its place in clocks is not given to another one, which would look like it.
    let third = detector.fork(3, Some(one)).expect("there is room");
    let race = detector
        .access(third, 100, 1, Access::READ, at(2))
        .expect("they race");
    assert_eq!(
        (race.earlier, race.later),
        ((Access::WRITE, at(1), 2), (Access::READ, at(2), 3))
    );
}

#[test]
fn bytes_race_and_not_words() {
    let (mut detector, one, other) = two();
    assert_eq!(detector.access(one, 96, 4, Access::WRITE, at(1)), None);
    assert_eq!(detector.access(other, 100, 4, Access::WRITE, at(2)), None);
    assert_eq!(detector.access(one, 104, 2, Access::READ, at(3)), None);
    // From one granule into the next.
    let race = detector
        .access(other, 98, 8, Access::WRITE, at(4))
        .expect("they race");
    assert_eq!((race.address, race.earlier.1), (98, at(1)));
    assert_eq!(detector.access(other, 4095, 2, Access::WRITE, at(5)), None);
    let race = detector
        .access(one, 4096, 1, Access::READ, at(6))
        .expect("pages are no border");
    assert_eq!(race.address, 4096);
    // At the end of all addresses.
    assert_eq!(detector.access(one, u32::MAX, 16, Access::WRITE, at(7)), None);
}

#[test]
fn atomic_accesses_race_with_plain_ones_alone() {
    let (mut detector, one, other) = two();
    let write = Step::Write {
        order: Order::Relaxed,
    };
    assert_eq!(detector.atomic(one, 8, 4, write, at(1)), None);
    assert_eq!(detector.atomic(other, 8, 4, write, at(2)), None);
    let race = detector
        .access(other, 8, 4, Access::READ, at(3))
        .expect("they race");
    assert_eq!(race.earlier, (Access::ATOMIC_WRITE, at(1), 1));
}

#[test]
fn what_is_freed_and_allocated_again_is_new_but_to_free_is_to_write() {
    let (mut detector, one, other) = two();
    detector.allocate(one, 4096, 10_000, at(1));
    detector.access(one, 5000, 4, Access::WRITE, at(2));
    assert_eq!(detector.free(one, 4096, 10_000, at(3)), None);
    detector.allocate(other, 4096, 20_000, at(4));
    assert_eq!(detector.access(other, 5000, 4, Access::WRITE, at(5)), None);
    // That it was allocated is like a write, whoever reads it first.
    let race = detector
        .access(one, 9000, 1, Access::READ, at(6))
        .expect("they race");
    assert_eq!(race.earlier, (Access::ALLOCATE, at(4), 2));
    assert_eq!(race.block, Some((4096, 20_000, at(4), 2)));
    let race = detector.free(one, 4096, 20_000, at(7)).expect("they race");
    assert_eq!((race.later.0, race.earlier.2), (Access::FREE, 2));
}

#[test]
fn the_runtime_orders_its_own_memory_and_nothing_else() {
    let (mut detector, one, other) = two();
    detector.set_heap(1000);
    let (release, acquire) = (
        Step::Write {
            order: Order::Release,
        },
        Step::Read {
            order: Order::Acquire,
        },
    );
    for address in [500, 2000, 3000] {
        detector.access(one, address, 4, Access::WRITE, at(1));
    }
    detector.own(other, 3000, 100);
    detector.access(one, 3000, 4, Access::WRITE, at(1));
    detector.private(one, 8, release);
    detector.private(other, 8, acquire);
    assert!(
        detector.access(other, 500, 4, Access::READ, at(2)).is_some(),
        "not of the heap"
    );
    assert_eq!(
        detector.access(other, 2000, 4, Access::READ, at(2)),
        None,
        "nobody has allocated it"
    );
    assert!(
        detector.access(other, 3000, 4, Access::READ, at(2)).is_some(),
        "a thread's own"
    );
    detector.disown(3000);
    assert_eq!(detector.access(other, 3050, 4, Access::READ, at(2)), None);
}

#[test]
fn the_budget_holds_and_what_was_forgotten_does_not_race() {
    let budget = 1 << 20;
    let mut detector = Detector::new(budget);
    let one = detector.fork(1, None).expect("there is room");
    let other = detector.fork(2, Some(one)).expect("there is room");
    let mut most = 0;
    for round in 0..20_000_u32 {
        let address = round.wrapping_mul(4096);
        assert_eq!(detector.access(one, address, 4, Access::WRITE, at(1)), None);
        detector.atomic(
            one,
            address + 64,
            4,
            Step::Write {
                order: Order::Release,
            },
            at(2),
        );
        most = most.max(detector.bytes());
    }
    assert!(detector.forgotten() > 10);
    // Between two looks little can be added; the table of pages takes 24 bytes for 4 KiB.
    assert!(most < budget + 512 * 24 * 1024 + (20_000 * 24), "{most}");
    assert_eq!(
        detector.access(other, 0, 4, Access::WRITE, at(3)),
        None,
        "long forgotten"
    );
    assert!(
        detector
            .access(other, 19_999 * 4096, 4, Access::WRITE, at(3))
            .is_some()
    );
}

/// Remembers every access, with all that came before it.
#[derive(Default)]
struct Naive {
    /// Of each event: thread, byte, access, and the events that come before it.
    events: Vec<(usize, u32, Access, Vec<bool>)>,
    /// What each thread has seen, and what each word has released.
    seen: [Vec<bool>; 3],
    words: [Vec<bool>; 2],
}

fn join(to: &mut Vec<bool>, from: &[bool]) {
    to.resize(to.len().max(from.len()), false);
    for (to, from) in to.iter_mut().zip(from) {
        *to |= *from;
    }
}

impl Naive {
    /// Whether it races with one before.
    fn access(&mut self, thread: usize, byte: u32, access: Access) -> bool {
        let seen = self.seen[thread].clone();
        let races = self
            .events
            .iter()
            .enumerate()
            .any(|(index, (other, at, what, _))| {
                *other != thread && *at == byte && what.conflicts(access) && seen.get(index) != Some(&true)
            });
        let index = self.events.len();
        self.events.push((thread, byte, access, seen));
        self.seen[thread].resize(index + 1, false);
        self.seen[thread][index] = true;
        races
    }
}

#[test]
fn races_are_those_of_a_detector_that_remembers_everything() {
    let mut state = 1_u64;
    let mut random = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) % below
    };
    let (mut racy, mut clean) = (0, 0);
    for _ in 0..4_000 {
        let mut detector = Detector::new(1 << 24);
        let slots: Vec<Slot> = (1..=3).filter_map(|name| detector.fork(name, None)).collect();
        let mut naive = Naive::default();
        let mut raced = false;
        for _ in 0..30 {
            let thread = random(3) as usize;
            match random(4) {
                0 | 1 => {
                    let (byte, writes) = (random(3) as u32, random(3) == 0);
                    let access = if writes { Access::WRITE } else { Access::READ };
                    let expected = naive.access(thread, byte, access);
                    let found = detector
                        .access(slots[thread], 64 + byte, 1, access, at(0))
                        .is_some();
                    // From the first on they may differ in what is past.
                    if !raced {
                        assert_eq!(found, expected);
                    }
                    raced |= expected;
                }
                2 => {
                    let word = random(2) as usize;
                    let seen = naive.words[word].clone();
                    join(&mut naive.seen[thread], &seen);
                    let step = Step::Read {
                        order: Order::Acquire,
                    };
                    assert_eq!(
                        detector.atomic(slots[thread], 8 * word as u32, 4, step, at(0)),
                        None
                    );
                }
                _ => {
                    let word = random(2) as usize;
                    naive.words[word] = naive.seen[thread].clone();
                    let step = Step::Write {
                        order: Order::Release,
                    };
                    assert_eq!(
                        detector.atomic(slots[thread], 8 * word as u32, 4, step, at(0)),
                        None
                    );
                }
            }
        }
        if raced {
            racy += 1;
        } else {
            clean += 1;
        }
    }
    assert!(racy > 500 && clean > 20, "{racy} {clean}");
}

/// What it takes while something is done very often that nobody bounds: hardly more than it may.
fn stays_within(budget: usize, times: u32, mut step: impl FnMut(&mut Detector, Slot, u32)) {
    let mut detector = Detector::new(budget);
    let main = detector.fork(1, None).expect("there is room");
    for time in 0..times {
        step(&mut detector, main, time);
        assert!(
            detector.bytes() < 2 * budget + (8 << 20),
            "{time}: {}",
            detector.bytes()
        );
    }
    assert!(detector.forgotten() > 0, "the test does too little");
    // It goes on to find what comes after that.
    let one = detector.fork(u32::MAX - 1, Some(main)).expect("there is room");
    let other = detector.fork(u32::MAX, Some(main)).expect("there is room");
    assert_eq!(detector.access(one, 64, 4, Access::WRITE, at(1)), None);
    assert!(detector.access(other, 64, 4, Access::WRITE, at(2)).is_some());
}

#[test]
fn accesses_of_all_memory_at_once_stay_within_the_budget() {
    let mut other = None;
    stays_within(1 << 20, 4, |detector, main, time| {
        let other = *other.get_or_insert_with(|| detector.fork(2, None).expect("there is room"));
        let slot = if time % 2 == 0 { main } else { other };
        let _ = detector.access(slot, 1, 64 << 20, Access::READ, at(time));
    });
}

#[test]
fn whole_pages_race_with_single_bytes() {
    for (first, then) in [
        ((0, 8192), (4100, 1)),
        ((4100, 1), (0, 8192)),
        ((0, 8192), (1, 8190)),
    ] {
        let (mut detector, one, other) = two();
        assert_eq!(detector.access(one, first.0, first.1, Access::WRITE, at(1)), None);
        let race = detector.access(other, then.0, then.1, Access::READ, at(2));
        assert_eq!(race.map(|race| race.address), Some(first.0.max(then.0)));
    }
}

#[test]
fn the_runtimes_own_words_stay_within_the_budget() {
    stays_within(1 << 20, 100_000, |detector, main, time| {
        let step = Step::Write { order: Order::SeqCst };
        detector.private(main, 4 * time, step);
    });
}

#[test]
fn threads_that_nobody_joins_stay_within_the_budget() {
    stays_within(1 << 20, 3_000, |detector, main, time| {
        let thread = detector.fork(2 + time, Some(main)).expect("there is room");
        detector.end(thread);
    });
}
