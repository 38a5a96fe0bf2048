//! dashmap: one map for many threads, few keys, so that its locks are waited for.

use std::sync::{Arc, Barrier};

use dashmap::DashMap;

const THREADS: usize = 4;
const ROUNDS: usize = 2_000;
const KEYS: usize = 3;

pub(crate) fn contended() {
    let map = Arc::new(DashMap::<usize, Vec<usize>>::with_shard_amount(2));
    let start = Arc::new(Barrier::new(THREADS));
    let threads: Vec<_> = (0..THREADS)
        .map(|thread| {
            let (map, start) = (Arc::clone(&map), Arc::clone(&start));
            threadlink::spawn(move || {
                start.wait();
                for round in 0..ROUNDS {
                    let mut list = map.entry(round % KEYS).or_default();
                    list.push(thread);
                    // With the shard's lock held, so that others have to wait for it.
                    threadlink::thread::yield_now();
                    drop(list);
                    assert!(map.get(&(round % KEYS)).is_some_and(|list| !list.is_empty()));
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    let total: usize = map.iter().map(|list| list.len()).sum();
    assert_eq!((map.len(), total), (KEYS, THREADS * ROUNDS));
    for thread in 0..THREADS {
        let mine: usize = map
            .iter()
            .map(|list| list.iter().filter(|entry| **entry == thread).count())
            .sum();
        assert_eq!(mine, ROUNDS);
    }
    map.retain(|key, _| *key == 0);
    assert_eq!(map.remove(&0).map(|(key, _)| key), Some(0));
    assert!(map.is_empty());
}
