//! What goes into a ring comes out of it, once and in order, wherever it wraps.

use std::collections::BTreeSet;

use threadlink_trace::CompactKind;
use wasmtime::Config;

use super::*;

fn rings(bytes: u64) -> Arc<Rings> {
    let mut config = Config::new();
    config.wasm_threads(true).shared_memory(true);
    let engine = Engine::new(&config).unwrap();
    Rings::new(&engine, Reserved::Whole, &Arc::new(Budget::new(bytes))).unwrap()
}

/// Does what shortcuts do.
fn write(ring: &Ring, number: u64) {
    let written = ring.word(layout::WRITTEN);
    assert_ne!(written, ring.word(layout::LIMIT), "it is full");
    let at = ring.base + layout::EVENTS + written % CAPACITY * CompactEvent::SIZE as u32;
    let [head, place] = CompactEvent::new(CompactKind::Release, number, 8, 0).words();
    let memory = &ring.rings.memory;
    memory.store64(at, head);
    memory.store64(at + 8, place);
    memory.store(ring.base + layout::WRITTEN, written.wrapping_add(1));
}

#[test]
fn events_come_out_in_order_wherever_the_ring_and_its_counts_wrap() {
    let rings = rings(1 << 20);
    let ring = rings.ring().unwrap();
    // As after 2^32 events.
    let late = 0_u32.wrapping_sub(2 * CAPACITY + 7);
    rings.memory.store(ring.base + layout::WRITTEN, late);
    rings
        .memory
        .store(ring.base + layout::LIMIT, late.wrapping_add(CAPACITY));
    let (mut next, mut expected) = (0, 0);
    for count in [0, 1, CAPACITY, 3, CAPACITY - 1, 700, CAPACITY, 1] {
        for _ in 0..count {
            write(&ring, next);
            next += 1;
        }
        let mut taken = Vec::new();
        ring.take(&mut taken);
        assert_eq!(taken.len(), count as usize);
        for event in taken {
            assert_eq!(event, CompactEvent::new(CompactKind::Release, expected, 8, 0));
            expected += 1;
        }
    }
    assert_eq!(next, expected);
}

#[test]
fn a_ring_is_one_threads_at_a_time_and_the_budget_bounds_how_many_there_are() {
    let rings = rings(3 * u64::from(PAGE));
    let all: Vec<_> = (0..).map_while(|_: u32| rings.ring()).collect();
    let pages: BTreeSet<_> = all.iter().map(|ring| ring.base / PAGE).collect();
    assert_eq!(pages, BTreeSet::from([2, 3, 4]));
    drop(all);
    // What nobody has taken is no event of the next thread's.
    let ring = rings.ring().unwrap();
    write(&ring, 1);
    ring.set_last(700);
    let base = ring.base;
    drop(ring);
    let ring = rings.ring().unwrap();
    assert_eq!((ring.base, ring.last()), (base, 700));
    let mut taken = Vec::new();
    ring.take(&mut taken);
    assert!(taken.is_empty());
}

#[test]
fn a_ring_that_lies_gives_no_more_than_it_can_hold() {
    let rings = rings(1 << 20);
    let ring = rings.ring().unwrap();
    rings.memory.store(ring.base + layout::WRITTEN, u32::MAX / 2);
    let mut taken = Vec::new();
    ring.take(&mut taken);
    assert_eq!(taken.len(), CAPACITY as usize);
}

#[test]
fn another_lock_at_an_address_is_not_known_any_more() {
    let rings = rings(1 << 20);
    let ring = rings.ring().unwrap();
    let generation = |lock| {
        let entry = ring.base + layout::LOCKS + layout::LOCK_SIZE * place(lock);
        let pair = rings.memory.load64(entry).unwrap();
        let known = pair == u64::from(lock) | 5 << 32;
        known && ring.word(entry - ring.base + layout::LOCK_GENERATION) == rings.generation(lock)
    };
    assert!(!generation(64));
    ring.learn(64, 5, 12);
    assert!(generation(64));
    assert_eq!(ring.word(layout::SITES + 4 * place(12)), 12);
    rings.renew(64);
    assert!(!generation(64));
    // Without a number, or where no lock can be.
    ring.learn(72, 0, 12);
    ring.learn(84, 5, 12);
    assert!(!generation(72) && !generation(84));
}

#[test]
fn the_gate_is_closed_for_good() {
    let rings = rings(1 << 20);
    assert!(!rings.is_closed());
    rings.close();
    assert!(rings.is_closed());
}

/// Code that an engine makes for memories of some size finds nothing behind it.
#[test]
fn rings_are_no_more_than_the_engines_memories_have_room_for() {
    let budget = Arc::new(Budget::default());
    let mut config = Config::new();
    config.wasm_threads(true).shared_memory(true);
    let engine = Engine::new(&config).unwrap();
    let rings = Rings::new(&engine, Reserved::Close(LEAST), &budget).unwrap();
    let all: Vec<_> = (0..).map_while(|_: u32| rings.ring()).collect();
    assert_eq!(all.len() as u64, LEAST / u64::from(PAGE) - 2);
    assert!(all.iter().all(|ring| u64::from(ring.base + PAGE) <= LEAST));
}
