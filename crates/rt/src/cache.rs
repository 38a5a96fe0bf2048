//! A few things kept for the next one who needs such a thing: here, the memory of ended threads.
//!
//! Nothing here waits: each place is one atomic pointer. A thing that is put in goes to the first free place, and the
//! first one found is taken out, so that a program with few threads at a time uses the same few things again, which the
//! processor's caches may still know. Whoever looks while others put in and take out may miss a thing or a free place:
//! then the next thread's memory is allocated, or this one's freed, which is no harm.
//!
//! # Ordering
//! Putting in is a release and taking out an acquire: who takes a thing sees all that was done to it before. A place is
//! changed by a swap or from null only, so that it doesn't matter what it held in between.

use core::ptr::{self, NonNull};
use core::sync::atomic::Ordering;

use crate::const_unless_loom;
use crate::primitive::{AtomicPtr, needed, nulls};

/// At most `N` things, each owned by the cache. It is a static: what is in it is never dropped.
pub(crate) struct Cache<T, const N: usize>([AtomicPtr<T>; N]);

impl<T, const N: usize> Cache<T, N> {
    const_unless_loom! {
        /// An empty cache.
        pub(crate) const fn new() -> Self {
            Self(nulls())
        }
    }

    /// A thing that was put in. It belongs to the caller now.
    pub(crate) fn take(&self) -> Option<NonNull<T>> {
        self.0.iter().find_map(|place| {
            // A place that is seen empty is left to whoever fills it.
            if place.load(Ordering::Relaxed).is_null() {
                return None;
            }
            NonNull::new(place.swap(ptr::null_mut(), needed("cache-take", Ordering::Acquire)))
        })
    }

    /// Keeps the thing, which belongs to the caller, or gives it back if there is no room for it.
    pub(crate) fn put(&self, thing: NonNull<T>) -> Option<NonNull<T>> {
        let kept = self.0.iter().any(|place| {
            place.load(Ordering::Relaxed).is_null()
                && place
                    .compare_exchange(
                        ptr::null_mut(),
                        thing.as_ptr(),
                        needed("cache-put", Ordering::Release),
                        Ordering::Relaxed,
                    )
                    .is_ok()
        });
        (!kept).then_some(thing)
    }

    /// How many things there are now.
    pub(crate) fn len(&self) -> usize {
        let is_full = |place: &&AtomicPtr<T>| !place.load(Ordering::Relaxed).is_null();
        self.0.iter().filter(is_full).count()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use std::sync::atomic::AtomicUsize;

    fn thing(number: usize) -> NonNull<usize> {
        NonNull::from(Box::leak(Box::new(number)))
    }

    fn unbox(thing: NonNull<usize>) -> usize {
        // SAFETY: every thing here comes from `thing`, and its one owner gives it up.
        *unsafe { Box::from_raw(thing.as_ptr()) }
    }

    #[test]
    fn a_thing_is_used_again_at_once_and_what_does_not_fit_comes_back() {
        let cache = Cache::<_, 2>::new();
        assert_eq!(cache.take(), None);
        let [first, second, third] = [1, 2, 3].map(thing);
        assert_eq!((cache.put(first), cache.put(second)), (None, None));
        assert_eq!(cache.put(third), Some(third));
        assert_eq!(cache.len(), 2);
        assert_eq!(cache.take(), Some(first));
        assert_eq!(cache.put(third), None);
        assert_eq!((cache.take(), cache.take()), (Some(third), Some(second)));
        assert_eq!((cache.take(), cache.len()), (None, 0));
        assert_eq!([first, second, third].map(unbox), [1, 2, 3]);
    }

    #[test]
    fn nothing_is_given_out_twice_or_lost_under_contention() {
        const THREADS: usize = 4;
        const ROUNDS: usize = 5_000;
        let cache = Cache::<usize, 3>::new();
        let (made, freed) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let held = std::sync::Mutex::new(HashSet::new());
        std::thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    for _ in 0..ROUNDS {
                        let taken = cache
                            .take()
                            .unwrap_or_else(|| thing(made.fetch_add(1, Ordering::Relaxed)));
                        // SAFETY: the cache gave it to this thread alone.
                        let number = unsafe { *taken.as_ref() };
                        assert!(held.lock().unwrap().insert(number), "{number} has two owners");
                        assert!(held.lock().unwrap().remove(&number));
                        if let Some(back) = cache.put(taken) {
                            unbox(back);
                            freed.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                });
            }
        });
        let left = std::iter::from_fn(|| cache.take()).map(unbox).count();
        assert!(left <= 3);
        assert_eq!(made.into_inner(), freed.into_inner() + left);
    }
}
