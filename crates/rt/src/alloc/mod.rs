//! An allocator for many threads, over one that is for one at a time.
//!
//! Each thread has a *cache* with a list of free objects for each size up to [`LARGEST`], in steps of 16 bytes: to allocate
//! takes the first from a list, to free puts one there, whoever has allocated it. Nothing is shared, so nothing waits.
//! A list that is full is a *batch*. It moves as a whole, by one pointer: to the list's reserve, from there to the
//! *centre*, from there to any thread whose list is empty. So where one thread allocates what another frees, the objects go
//! round in batches. What the centre has no room for goes back to the allocator below, object by object, and that is
//! where objects come from that nobody has; as does whatever is larger, or aligned to more than 8 bytes.
//!
//! Every object is an allocation of its own of the allocator below. So all memory that is given back to it serves any size.
//!
//! # What it keeps
//! What is free and yet not given back is at most [`Bounds::thread`] bytes a thread, [`Bounds::centre`] for all of them, and
//! [`Bounds::pool`] in the caches of ended threads, of which some are kept as they are for the next ones: a short thread
//! finds what the one before had. When the allocator below has no memory left, all of that goes back to it but what other
//! threads have, and it is asked again.
//!
//! A thread that dies loses what it had in its cache, to be on the safe side: that it died may come from what stands there.
//!
//! # Threads without a cache
//! A thread whose storage is not set up yet, or that has run the destructors of its thread-locals, does without: it goes to
//! the allocator below each time. So does one for whose cache there is no memory.
//!
//! # Freed twice
//! A free object has a mark in its second word. Freeing what has the mark looks through what this thread has in its cache of
//! that size: an object that is found there was freed twice, and the platform ends the thread. What another thread has freed
//! in between, or the centre has by now, goes unnoticed.
//!
//! # Where things are
//! | file | |
//! |---|---|
//! | `heap.rs` | the allocator: where an object comes from and where it goes to |
//! | `thread_cache.rs` | the lists of one thread |
//! | `centre.rs` | batches on their way from thread to thread |
//! | `size.rs` | sizes, and how many objects make a batch |
//! | `object.rs` | a free object |
//! | `lock.rs` | who uses the allocator below |

mod centre;
mod heap;
pub(crate) mod lock;
mod object;
mod size;
mod thread_cache;

#[cfg(all(test, loom))]
mod models;
#[cfg(all(test, not(loom)))]
mod tests;

pub use self::heap::{Heap, Platform};
pub use self::lock::Wait;
pub use self::size::{Bounds, LARGEST};
pub use self::thread_cache::{Counts, Fate, ThreadCache};
