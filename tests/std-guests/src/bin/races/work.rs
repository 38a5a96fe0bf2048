//! Work whose slow-down can be measured: the second argument says how much there is.

use std::collections::HashMap;
use std::hint::black_box;
use std::thread;

pub(super) const PROGRAMS: &[(&str, fn())] = &[("sort", sort), ("table", table)];

fn amount() -> u32 {
    let amount = std::env::args().nth(2);
    amount.map_or(1, |amount| amount.parse().expect("a number"))
}

/// Two threads sort a part of a vector each, so many times 50,000 numbers.
fn sort() {
    for round in 0..amount() {
        let mut state = u64::from(round);
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            state >> 33
        };
        let mut values: Vec<u64> = (0..50_000).map(|_| next()).collect();
        let (left, right) = values.split_at_mut(25_000);
        thread::scope(|scope| {
            scope.spawn(|| left.sort_unstable());
            scope.spawn(|| right.sort_unstable());
        });
        assert!(black_box(&values)[..25_000].is_sorted());
    }
}

/// Two threads fill a table each, so many times 10,000 entries.
fn table() {
    for round in 0..amount() {
        thread::scope(|scope| {
            for own in 0..2 {
                scope.spawn(move || {
                    let mut table = HashMap::new();
                    for number in 0..10_000_u32 {
                        *table
                            .entry(number.wrapping_mul(2_654_435_761) % 4_096)
                            .or_insert(own) += round;
                    }
                    assert!(black_box(table).len() <= 4_096);
                });
            }
        });
    }
}
