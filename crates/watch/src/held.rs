//! Who has a lock: by what hooks have told, or where these are told of waits alone ([`Watch::guard`]), by what stands in the
//! guest's memory.
//!
//! Memory changes while it is read. Two words have to fit before a thread is taken for a lock's holder: the one that the guest
//! writes, the address of its control block, and its id, which is written right after that and never given out twice. So
//! neither a block that another thread has got since, nor a lock that changes hands at the time, names a wrong one. A thread
//! that waits changes none of what it has, so what is seen of one that waited before and after is true.

use threadlink_abi::layout::lock as word;

use crate::guest::mark;
use crate::memory::Memory;
use crate::reads::Read;
use crate::thread::Thread;
use crate::watch::Watch;

/// The thread that has a lock alone.
pub(crate) struct Holder {
    pub(crate) thread: u32,
    /// Where it has taken it.
    pub(crate) site: u32,
}

impl<M: Memory, C> Watch<M, C> {
    /// Who has this lock alone. The thread may have been joined long ago.
    pub(crate) fn holder(&self, lock: u32) -> Option<Holder> {
        if !self.is_guarded() {
            let entry = self.addresses.entry(lock)?;
            let thread = entry.owner()?;
            return Some(Holder {
                thread,
                site: entry.site(),
            });
        }
        let thread = self.lock_word(lock, mark::TAKEN_BY)?.checked_sub(1)?;
        let known = self.threads.get(thread);
        let block = known.and_then(|thread| thread.block);
        let holder = self.lock_word(lock, word::HOLDER)?;
        // Of a thread that is gone only the id is left.
        let is_it = holder != 0 && block.is_none_or(|block| block.address() == holder);
        let site = self.lock_word(lock, mark::TAKEN_AT)? & !mark::WAS_READ;
        is_it.then_some(Holder { thread, site })
    }

    /// Whether the lock's own memory says that this thread has it alone, as far as it says so.
    pub(crate) fn names_holder(&self, lock: u32, thread: &Thread) -> bool {
        if self.is_guarded() {
            return self.holder(lock).is_some_and(|holder| holder.thread == thread.id);
        }
        thread
            .block
            .is_none_or(|block| self.lock_word(lock, word::HOLDER) == Some(block.address()))
    }

    /// Whether anybody is known to have this lock for reading.
    pub(crate) fn is_read(&self, lock: u32) -> bool {
        if self.is_guarded() {
            return self.was_read(lock);
        }
        self.addresses
            .entry(lock)
            .is_some_and(|entry| entry.readers() > 0)
    }

    /// Whether this thread has this lock for reading, as far as anything but the hooks says so: the number of readers in the
    /// lock's own memory; where there is none, that the lock is still the one that it took, and that nobody has released it in
    /// another thread's name.
    pub(crate) fn names_reader(&self, lock: u32, thread: &Thread) -> bool {
        let entry = self.addresses.entry(lock);
        if self.counts_readers() {
            let known = entry.map_or(0, |entry| entry.readers());
            let count = self.lock_word(lock, word::READERS);
            return count.is_some_and(|count| count > 0 && u64::from(count) >= known);
        }
        // Without an entry, nobody was told of the lock by hooks.
        !entry.is_some_and(|entry| entry.was_released_by_others())
            && self.reads_of(thread).iter().any(|read| read.lock == lock)
    }

    /// Whether another thread is said to have this lock for reading, and this one is not.
    #[cold]
    pub(crate) fn is_of_another(&self, lock: u32, thread: &Thread) -> bool {
        let reads = |thread: &Thread| self.reads_of(thread).iter().any(|read| read.lock == lock);
        !reads(thread) && self.threads.all().iter().any(|other| reads(other))
    }

    /// Whether somebody ever wanted to read this lock, so that "for writing" tells something of the others.
    #[must_use]
    pub fn was_read(&self, lock: u32) -> bool {
        let marked = || self.lock_word(lock, mark::TAKEN_AT).unwrap_or(0) & mark::WAS_READ != 0;
        self.addresses.entry(lock).is_some_and(|entry| entry.was_read()) || self.is_guarded() && marked()
    }

    /// What this thread has for reading, of locks that are still there. Twice, if it is about to end.
    pub(crate) fn reads_of(&self, thread: &Thread) -> Vec<Read> {
        let mut reads: Vec<Read> = thread.reads.lock().iter().copied().collect();
        if self.is_guarded()
            && thread.is_running()
            && let Some(block) = thread.block
        {
            let held = mark::held(&self.memory, block);
            reads.extend(held.map(|(lock, instance, site)| Read::new(lock, instance, site)));
        }
        reads.retain(|read| self.is_there(read));
        reads
    }

    /// Takes over what the list in the thread's control block says that it has for reading, before another thread gets the
    /// block. Called by the thread, when it has ended but is not marked so.
    pub fn keep_reads(&self, thread: &Thread) {
        let Some(block) = thread.block.filter(|_| self.is_guarded()) else {
            return;
        };
        for (lock, instance, site) in mark::held(&self.memory, block) {
            let read = Read::new(lock, instance, site);
            let Some(entry) = self.addresses.entry(lock).filter(|_| self.is_there(&read)) else {
                continue;
            };
            if entry.instance() != instance {
                self.addresses.renew(lock, instance);
            }
            thread.step();
            if thread.reads.lock().add((lock, instance), site, &self.budget) {
                entry.reader_came();
            }
        }
    }
}
