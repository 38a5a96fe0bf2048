//! Models of the lock-free parts, for loom, which runs each with every interleaving and every value that the memory model
//! allows: `RUSTFLAGS="--cfg loom" cargo test -p threadlink-rt --lib --release models`.
//!
//! The last test weakens single orderings of the production source, and the model has to notice.

use core::ptr::NonNull;

use loom::sync::Arc;
use loom::thread;

use crate::cache::Cache;
use crate::lifecycle::{Duty, Lifecycle};
use crate::primitive::{AtomicPtr, Memory, check_weakened};
use crate::reap_list::{Node, ReapList};

/// A thread's block: what of it matters to reuse.
struct Block {
    lifecycle: Lifecycle,
    next: AtomicPtr<Block>,
    /// Written by the spawner after the start, read by whoever reaps.
    id: Memory,
    /// The stack and all else that the thread uses to its last instruction.
    stack: Memory,
}

// SAFETY: only lists use `next`.
unsafe impl Node for Block {
    fn next(&self) -> &AtomicPtr<Self> {
        &self.next
    }
}

/// A block that travels between threads by its address, as in production.
#[derive(Clone, Copy)]
struct BlockPtr(NonNull<Block>);

// SAFETY: an address. Whose turn it is, is what the models are about.
unsafe impl Send for BlockPtr {}

impl BlockPtr {
    fn new() -> Self {
        Self(NonNull::from(Box::leak(Box::new(Block {
            lifecycle: Lifecycle::new(),
            next: AtomicPtr::new(std::ptr::null_mut()),
            id: Memory::new(),
            stack: Memory::new(),
        }))))
    }

    fn get(&self) -> &Block {
        // SAFETY: freed at the end of a model only, when all threads have been joined.
        unsafe { self.0.as_ref() }
    }

    fn free(self) {
        // SAFETY: as above.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

/// What a thread does with its block, until `thread_start` returns.
fn run(block: BlockPtr, list: &ReapList<Block>) {
    let words = block.get();
    words.stack.touch();
    if words.lifecycle.finish() == Duty::Reap {
        // SAFETY: the thread's last act, and the only push.
        unsafe { list.push(block.0.as_ptr()) };
    }
}

/// Lets go of the handle.
fn detach(block: BlockPtr, list: &ReapList<Block>) {
    if block.get().lifecycle.detach() == Duty::Reap {
        // SAFETY: the thread has finished, and this is the only push.
        unsafe { list.push(block.0.as_ptr()) };
    }
}

/// Takes what is on the list and uses each block for something else. The list alone has to order that after all that was
/// done before the push; what a thread does after it, on its way out, is `thread_join`'s matter.
fn reap(list: &ReapList<Block>, cache: &Cache<Block, 2>) -> usize {
    let mut reaped = 0;
    for block in list.take_all().filter_map(NonNull::new).map(BlockPtr) {
        block.get().id.touch();
        block.get().stack.touch();
        block.get().lifecycle.reset();
        assert!(cache.put(block.0).is_none(), "a block was reaped twice");
        reaped += 1;
    }
    reaped
}

struct World {
    list: ReapList<Block>,
    cache: Cache<Block, 2>,
}

impl World {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            list: ReapList::new(),
            cache: Cache::new(),
        })
    }
}

#[test]
fn blocks_are_reused_only_after_their_threads_last_write() {
    loom::model(|| {
        let world = World::new();
        let block = BlockPtr::new();
        let theirs = Arc::clone(&world);
        let worker = thread::spawn(move || run(block, &theirs.list));
        let other = Arc::clone(&world);
        let reaper = thread::spawn(move || {
            let reaped = reap(&other.list, &other.cache);
            // Whoever takes it from the cache may use it.
            if let Some(block) = other.cache.take().map(BlockPtr) {
                block.get().stack.touch();
                assert!(other.cache.put(block.0).is_none());
            }
            reaped
        });
        // The host has said which thread it is.
        block.get().id.touch();
        detach(block, &world.list);
        let early = reaper.join().unwrap();
        worker.join().unwrap();
        assert_eq!(early + reap(&world.list, &world.cache), 1);
        assert_eq!(world.cache.len(), 1);
        block.free();
    });
}

#[test]
fn blocks_of_two_threads_are_reaped_once_each() {
    loom::model(|| {
        let world = World::new();
        let blocks = [BlockPtr::new(), BlockPtr::new()];
        let workers = blocks.map(|block| {
            // Let go of before they end, so that each pushes itself.
            detach(block, &world.list);
            let theirs = Arc::clone(&world);
            thread::spawn(move || run(block, &theirs.list))
        });
        let early = reap(&world.list, &world.cache);
        for worker in workers {
            worker.join().unwrap();
        }
        assert_eq!(early + reap(&world.list, &world.cache), 2);
        let taken = [world.cache.take().unwrap(), world.cache.take().unwrap()];
        assert_ne!(taken[0], taken[1]);
        for block in blocks {
            block.free();
        }
    });
}

#[test]
fn cache_gives_a_block_to_one_thread_at_a_time() {
    loom::model(|| {
        let world = World::new();
        let block = BlockPtr::new();
        assert!(world.cache.put(block.0).is_none());
        let use_it = |world: &World| {
            if let Some(block) = world.cache.take().map(BlockPtr) {
                block.get().stack.touch();
                assert!(world.cache.put(block.0).is_none());
            }
        };
        let theirs = Arc::clone(&world);
        let worker = thread::spawn(move || use_it(&theirs));
        use_it(&world);
        worker.join().unwrap();
        assert_eq!(world.cache.len(), 1);
        block.free();
    });
}

#[test]
fn every_weakened_ordering_is_noticed() {
    let reuse = "blocks_are_reused_only_after_their_threads_last_write";
    let cache = "cache_gives_a_block_to_one_thread_at_a_time";
    check_weakened(
        module_path!(),
        &[
            ("lifecycle-finish", reuse),
            ("lifecycle-detach", reuse),
            ("reap-list-push", reuse),
            ("reap-list-take", reuse),
            ("cache-put", cache),
            ("cache-take", cache),
        ],
    );
}
