//! A few things kept for the next one who needs such a thing: here, the memory of ended threads.
//!
//! The last one put in is the first one taken out, because the processor's caches may still know it. The lock is
//! std's and not ours: it must not be traced, and whoever puts a thing in or takes it out does no more under it
//! than move it. The lock also is the hand-over: who takes a thing sees all that was done to it before.

use std::sync::PoisonError;

use super::primitive::{Mutex, const_unless_loom};

/// At most `N` things, each owned by the cache.
pub(crate) struct Cache<T, const N: usize>(Mutex<Shelf<T, N>>);

struct Shelf<T, const N: usize> {
    /// The first `len` are there.
    things: [Option<T>; N],
    len: usize,
}

impl<T, const N: usize> Cache<T, N> {
    const_unless_loom! {
        /// An empty cache.
        pub(crate) const fn new() -> Self {
            Self(Mutex::new(Shelf {
                things: [const { None }; N],
                len: 0,
            }))
        }
    }

    /// The thing that was put in last.
    pub(crate) fn take(&self) -> Option<T> {
        self.with(|shelf| {
            shelf.len = shelf.len.checked_sub(1)?;
            shelf.things[shelf.len].take()
        })
    }

    /// Keeps the thing, or gives it back if there is no room for it.
    pub(crate) fn put(&self, thing: T) -> Option<T> {
        self.with(|shelf| {
            let Some(place) = shelf.things.get_mut(shelf.len) else {
                return Some(thing);
            };
            *place = Some(thing);
            shelf.len += 1;
            None
        })
    }

    /// How many things there are now.
    pub(crate) fn len(&self) -> usize {
        self.with(|shelf| shelf.len)
    }

    fn with<R>(&self, f: impl FnOnce(&mut Shelf<T, N>) -> R) -> R {
        // Nothing inside panics; whoever panicked before is no reason to stop.
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn the_last_in_is_the_first_out_and_what_does_not_fit_comes_back() {
        let cache = Cache::<_, 2>::new();
        assert_eq!(cache.take(), None);
        assert_eq!(cache.put(1), None);
        assert_eq!(cache.put(2), None);
        assert_eq!(cache.put(3), Some(3));
        assert_eq!(cache.len(), 2);
        assert_eq!(
            (cache.take(), cache.take(), cache.take()),
            (Some(2), Some(1), None)
        );
        assert_eq!(cache.len(), 0);
    }

    #[test]
    fn nothing_is_given_out_twice_or_lost_under_contention() {
        const THREADS: usize = 4;
        const ROUNDS: usize = 5_000;
        let cache = Cache::<Box<usize>, 3>::new();
        let made = AtomicUsize::new(0);
        let held = std::sync::Mutex::new(HashSet::new());
        std::thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    for _ in 0..ROUNDS {
                        let thing = cache
                            .take()
                            .unwrap_or_else(|| Box::new(made.fetch_add(1, Ordering::Relaxed)));
                        assert!(held.lock().unwrap().insert(*thing), "{thing} has two owners");
                        assert!(held.lock().unwrap().remove(&*thing));
                        drop(cache.put(thing));
                    }
                });
            }
        });
        assert!(cache.len() <= 3);
    }
}
