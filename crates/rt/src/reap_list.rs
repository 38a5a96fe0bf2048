//! The list of ended threads that nobody will join: a stack that takes single pushes and gives up everything
//! at once.
//!
//! Because nodes are only ever taken all together, the classic ABA problem of a lock-free stack cannot arise: no
//! one compares a head whose successor it read earlier. A push is one compare-and-swap, so that it can be a
//! thread's very last act: nothing after it touches the node.

use core::marker::PhantomData;
use core::ptr;
use core::sync::atomic::Ordering;

use crate::const_unless_loom;
use crate::primitive::{AtomicPtr, needed};

/// Something that can be on a [`ReapList`]: it has room for the link.
///
/// # Safety
/// `next` must always give the same field of the node, which nothing else uses while the node is on a list.
pub(crate) unsafe trait Node: Sized {
    /// The link to the node below.
    fn next(&self) -> &AtomicPtr<Self>;
}

/// A lock-free stack of nodes that live elsewhere.
pub(crate) struct ReapList<N: Node> {
    head: AtomicPtr<N>,
}

impl<N: Node> ReapList<N> {
    const_unless_loom! {
        /// An empty list.
        pub(crate) const fn new() -> Self {
            Self {
                head: AtomicPtr::new(ptr::null_mut()),
            }
        }
    }

    /// Puts a node on the list.
    ///
    /// The successful exchange is a release: whoever takes the node sees all that was done to it before.
    ///
    /// # Safety
    /// - `node` points to a live node that is on no list.
    /// - From now on, and until it is taken, nobody but the list touches its link or frees it.
    pub(crate) unsafe fn push(&self, node: *mut N) {
        let mut head = self.head.load(Ordering::Relaxed);
        loop {
            // SAFETY: until the exchange succeeds the caller still owns the node.
            unsafe { (*node).next().store(head, Ordering::Relaxed) };
            let success = needed("reap-list-push", Ordering::Release);
            match self
                .head
                .compare_exchange_weak(head, node, success, Ordering::Relaxed)
            {
                Ok(_) => return,
                Err(now) => head = now,
            }
        }
    }

    /// Takes every node, the latest first.
    pub(crate) fn take_all(&self) -> Taken<N> {
        // Most spawns find nothing: don't take the cache line away from the pushers for that.
        if self.head.load(Ordering::Relaxed).is_null() {
            return Taken {
                next: ptr::null_mut(),
                _nodes: PhantomData,
            };
        }
        Taken {
            next: self
                .head
                .swap(ptr::null_mut(), needed("reap-list-take", Ordering::Acquire)),
            _nodes: PhantomData,
        }
    }
}

/// The nodes that one [`ReapList::take_all`] took. They belong to whoever iterates.
pub(crate) struct Taken<N: Node> {
    next: *mut N,
    _nodes: PhantomData<N>,
}

impl<N: Node> Iterator for Taken<N> {
    type Item = *mut N;

    fn next(&mut self) -> Option<*mut N> {
        if self.next.is_null() {
            return None;
        }
        let node = self.next;
        // SAFETY: pushed nodes are alive until they are taken, and this iterator took them: the caller gets
        // each only after its link was read.
        self.next = unsafe { (*node).next().load(Ordering::Relaxed) };
        Some(node)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::collections::HashSet;

    struct Item {
        next: AtomicPtr<Item>,
        number: usize,
    }

    // SAFETY: `next` is a field that only the list uses.
    unsafe impl Node for Item {
        fn next(&self) -> &AtomicPtr<Item> {
            &self.next
        }
    }

    fn item(number: usize) -> *mut Item {
        Box::into_raw(Box::new(Item {
            next: AtomicPtr::new(ptr::null_mut()),
            number,
        }))
    }

    fn numbers(taken: Taken<Item>) -> Vec<usize> {
        // SAFETY: every item here comes from `item` and was pushed once, so each box is rebuilt once.
        taken.map(|item| unsafe { Box::from_raw(item) }.number).collect()
    }

    #[test]
    fn gives_everything_back_once_the_latest_first() {
        let list = ReapList::new();
        assert!(numbers(list.take_all()).is_empty());
        for number in 0..3 {
            // SAFETY: a fresh item.
            unsafe { list.push(item(number)) };
        }
        assert_eq!(numbers(list.take_all()), [2, 1, 0]);
        assert!(numbers(list.take_all()).is_empty());
    }

    #[test]
    fn loses_and_repeats_nothing_under_contention() {
        const PUSHERS: usize = 4;
        const EACH: usize = 5_000;
        let list = ReapList::new();
        let list = &list;
        let mut seen = HashSet::new();
        std::thread::scope(|scope| {
            for pusher in 0..PUSHERS {
                scope.spawn(move || {
                    for n in 0..EACH {
                        // SAFETY: a fresh item.
                        unsafe { list.push(item(pusher * EACH + n)) };
                    }
                });
            }
            let other = scope.spawn(|| {
                let mut taken = Vec::new();
                for _ in 0..EACH {
                    taken.extend(numbers(list.take_all()));
                }
                taken
            });
            while seen.len() < EACH {
                for number in numbers(list.take_all()) {
                    assert!(seen.insert(number), "{number} came twice");
                }
                if other.is_finished() {
                    break;
                }
            }
            for number in other.join().unwrap() {
                assert!(seen.insert(number), "{number} came twice");
            }
        });
        for number in numbers(list.take_all()) {
            assert!(seen.insert(number), "{number} came twice");
        }
        assert_eq!(seen.len(), PUSHERS * EACH);
    }
}
