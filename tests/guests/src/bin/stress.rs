//! Many threads over few locks, sometimes two at once in one order: the argument is the number of threads.

// xtask stress: 2
// xtask stress: 8

use std::sync::Arc;

use threadlink::sync::Mutex;

/// Lock events wanted in all: request, acquire and release of each lock.
const EVENTS: u64 = 1_000_000;

#[threadlink::main]
fn main() {
    let threads: u64 = threadlink::env::args()
        .nth(1)
        .and_then(|word| word.parse().ok())
        .unwrap_or(4);
    let locks: Arc<Vec<Mutex<u64>>> = Arc::new((0..5).map(|_| Mutex::new(0)).collect());
    // A round takes two locks, with three events each, and one by try_lock.
    let rounds = EVENTS / 6 / threads + 1;
    let workers: Vec<_> = (0..threads)
        .map(|seed| {
            let locks = Arc::clone(&locks);
            threadlink::spawn(move || {
                let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
                let mut taken = 0_u64;
                for _ in 0..rounds {
                    // xorshift64 (Marsaglia 2003)
                    state ^= state << 13;
                    state ^= state >> 7;
                    state ^= state << 17;
                    let first = (state % 4) as usize;
                    let second = first + 1 + (state >> 8) as usize % (4 - first);
                    let mut low = locks[first].lock().unwrap();
                    let mut high = locks[second].lock().unwrap();
                    *low += 1;
                    *high += 1;
                    drop(low);
                    drop(high);
                    taken += 2;
                    if state & 1 == 0
                        && let Ok(mut third) = locks[0].try_lock()
                    {
                        *third += 1;
                        taken += 1;
                    }
                }
                taken
            })
        })
        .collect();
    let taken: u64 = workers.into_iter().map(|worker| worker.join().unwrap()).sum();
    let counted: u64 = locks.iter().map(|lock| *lock.lock().unwrap()).sum();
    assert_eq!(taken, counted);
    threadlink::println!("{counted}");
}
