//! By `mmap`, with a page below each stack that nobody may touch.

use std::io;
use std::ops::Range;
use std::ptr;
use std::sync::Arc;

use parking_lot::Mutex;
use wasmtime::{Config, StackCreator, StackMemory};

/// Bytes of stacks that are kept though nobody uses them, for each engine: what was touched of them stays in memory.
const KEPT: usize = 64 << 20;

/// Has an engine use stacks again.
pub(crate) fn reuse(settings: &mut Config) {
    settings.with_host_stack(Arc::new(Stacks::default()));
}

/// Stacks that nobody uses.
#[derive(Default)]
struct Stacks {
    spare: Arc<Mutex<Vec<Mapping>>>,
}

/// A stack in use, which goes back there.
struct Stack {
    /// There until it is dropped.
    mapping: Option<Mapping>,
    home: Arc<Mutex<Vec<Mapping>>>,
}

// SAFETY: each stack is a mapping of its own, which nobody else knows of while it is in use, page-aligned, with a guard page below. A
// new one is zeroed by the system; one that was used is not given to who wants zeros.
unsafe impl StackCreator for Stacks {
    fn new_stack(&self, size: usize, zeroed: bool) -> Result<Box<dyn StackMemory>, wasmtime::Error> {
        let page = page();
        let size = size
            .checked_next_multiple_of(page)
            .ok_or_else(|| wasmtime::format_err!("a stack of {size} bytes is too large"))?;
        let mut spare = self.spare.lock();
        let place = spare
            .iter()
            .rposition(|mapping| !zeroed && mapping.len == page + size);
        let kept = place.map(|place| spare.swap_remove(place));
        drop(spare);
        let mapping = match kept {
            Some(mapping) => mapping,
            None => Mapping::new(page, size)?,
        };
        Ok(Box::new(Stack {
            mapping: Some(mapping),
            home: Arc::clone(&self.spare),
        }))
    }
}

impl Stack {
    fn mapping(&self) -> &Mapping {
        self.mapping
            .as_ref()
            .expect("it is there until the stack is dropped")
    }
}

// SAFETY: the three are of one mapping, which stays as it is until this is dropped.
unsafe impl StackMemory for Stack {
    fn top(&self) -> *mut u8 {
        let mapping = self.mapping();
        mapping.base.wrapping_add(mapping.len)
    }

    fn range(&self) -> Range<usize> {
        self.guard_range().end.addr()..self.top().addr()
    }

    fn guard_range(&self) -> Range<*mut u8> {
        let mapping = self.mapping();
        mapping.base..mapping.base.wrapping_add(mapping.guard)
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        let mut spare = self.home.lock();
        let kept: usize = spare.iter().map(|mapping| mapping.len).sum();
        if kept.saturating_add(self.mapping().len) <= KEPT {
            spare.extend(self.mapping.take());
        }
    }
}

/// Memory of the system's, a guard page first.
struct Mapping {
    base: *mut u8,
    len: usize,
    guard: usize,
}

// SAFETY: it owns its memory, of which it reads and writes nothing.
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}

impl Mapping {
    fn new(guard: usize, size: usize) -> io::Result<Self> {
        let len = guard.checked_add(size).ok_or(io::ErrorKind::OutOfMemory)?;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        // SAFETY: a new mapping at an address that the system chooses touches no other memory.
        let base = unsafe { libc::mmap(ptr::null_mut(), len, libc::PROT_NONE, flags, -1, 0) };
        if base == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let mapping = Self {
            base: base.cast(),
            len,
            guard,
        };
        let usable = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: these are all pages of the mapping but the first ones, and nobody uses it yet.
        if unsafe { libc::mprotect(mapping.base.wrapping_add(guard).cast(), size, usable) } != 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(mapping)
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the mapping is this one's alone, and whoever ran on it has given it back.
        let _ = unsafe { libc::munmap(self.base.cast(), self.len) };
    }
}

/// Bytes of a page.
fn page() -> usize {
    // SAFETY: asks for a number.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(size).unwrap_or(1 << 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stacks_are_used_again_and_guarded() {
        let stacks = Stacks::default();
        let page = page();
        let first = stacks.new_stack(2 * page - 1, false).unwrap();
        let second = stacks.new_stack(2 * page, false).unwrap();
        for stack in [&first, &second] {
            assert_eq!(stack.range().len(), 2 * page);
            assert_eq!(stack.range().end, stack.top().addr());
            assert_eq!(stack.guard_range().end.addr(), stack.range().start);
            assert_eq!(stack.range().start % page, 0);
        }
        let (of_first, of_second) = (first.range(), second.range());
        assert!(of_first.end <= of_second.start || of_second.end <= of_first.start);
        drop(first);
        // Not by one of another size, nor by one that has to be zero.
        for (size, zeroed) in [(3 * page, false), (2 * page, true)] {
            let other = stacks.new_stack(size, zeroed).unwrap();
            assert_ne!(other.range().start, of_first.start);
            // So that it is none of the spare ones.
            std::mem::forget(other);
        }
        let again = stacks.new_stack(2 * page, false).unwrap();
        assert_eq!(again.range(), of_first);
    }

    #[test]
    fn few_are_kept() {
        let stacks = Stacks::default();
        // With its guard page, each is more than an eighth.
        let all: Vec<_> = (0..10)
            .map(|_| stacks.new_stack(KEPT / 8, false).unwrap())
            .collect();
        drop(all);
        assert_eq!(stacks.spare.lock().len(), 7);
        drop(stacks.new_stack(KEPT, false).unwrap());
        assert_eq!(stacks.spare.lock().len(), 7);
        assert!(stacks.new_stack(usize::MAX, false).is_err());
        assert!(stacks.new_stack(usize::MAX / 2, false).is_err());
    }
}
