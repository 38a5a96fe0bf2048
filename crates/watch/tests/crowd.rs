//! Searches among many threads that each wait for all others: they take time and memory in proportion to who waits for
//! whom, however many circles that makes.

use threadlink_abi::Hook;
use threadlink_watch::{Clock, Memory, Observer, Suspicions, Thread, Watch};

/// A memory in which nothing can be read.
struct Nothing;

impl Memory for Nothing {
    fn load(&self, _: u32) -> Option<u32> {
        None
    }

    fn read(&self, _: u32, _: u32) -> Option<Vec<u8>> {
        None
    }
}

struct Still;

impl Clock for Still {
    fn now(&self) -> u64 {
        1
    }
}

/// Threads that each have read a lock for every other one, and then want to write their own: each waits for all others.
fn crowd(threads: u32) -> Watch<Nothing, Still> {
    let watch = Watch::new(Nothing, Still);
    let mut observers: Vec<Observer> = (0..threads)
        .map(|_| {
            let thread = watch
                .threads
                .add(usize::MAX, |id| Thread::new(id, None, 0, None, None));
            Observer::new(thread.unwrap())
        })
        .collect();
    let lock = |number: u32| 0x10000 + 8 * number;
    for (own, observer) in (0..).zip(&mut observers) {
        for number in (0..threads).filter(|&number| number != own) {
            let _ = observer.hook(&watch, Hook::FinishRead, lock(number), 0, &mut ());
        }
    }
    for (number, observer) in (0..).zip(&mut observers) {
        let _ = observer.hook(&watch, Hook::StartLock, lock(number), 0, &mut ());
    }
    watch
}

/// What a search suspects, in threads of all circles together.
fn told(suspicions: &Suspicions) -> usize {
    suspicions.iter().map(Vec::len).sum()
}

#[test]
fn a_crowd_in_which_each_waits_for_all_is_a_deadlock_at_a_bounded_cost() {
    for threads in [40, 300] {
        let watch = crowd(threads);
        let mut suspicions = Suspicions::new();
        assert!(
            watch.look(&mut suspicions).is_none(),
            "no holder words: two looks"
        );
        // Half of threads cubed, if every circle were told.
        let most = (1 << 16) + threads as usize;
        assert!((1..=most).contains(&told(&suspicions)), "{}", told(&suspicions));
        let verdict = watch.look(&mut suspicions).expect("nothing has moved");
        assert!(verdict.threads.len() > 1);
    }
}

#[test]
fn a_search_that_nobody_wants_any_more_ends() {
    let watch = crowd(40);
    watch.stop();
    let mut suspicions = Suspicions::new();
    assert!(watch.look(&mut suspicions).is_none());
    assert!(suspicions.is_empty());
}
