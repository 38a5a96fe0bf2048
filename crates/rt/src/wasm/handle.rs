//! A started thread, seen from outside: starting it, waiting for it, or letting go of it.

use core::mem::ManuallyDrop;
use core::panic::Location;
use core::ptr::NonNull;
use core::sync::atomic::Ordering;

use super::block::{ControlBlock, Task};
use super::current::current;
use super::memory::{self, OwnedBlock};
use super::{imports, reaper, thread_heap};
use crate::lifecycle::Duty;
use crate::{Request, Shell};
use threadlink_abi::errno;
use threadlink_abi::layout::block::OP_BLOCKING;

/// A thread that ended by a trap, which in an abort build every panic does. What it held and borrowed stays as it is.
#[derive(Debug, Clone, Copy)]
pub struct Died {
    /// The message of its panic, if it panicked and one was kept. As a rule it is UTF-8, but the thread may have damaged
    /// it before it died.
    pub message: Option<&'static [u8]>,
    /// The size of the allocation that it died for want of, if that is why.
    pub missed_allocation: Option<usize>,
    /// Its name, if it had one: UTF-8 with the same reservation.
    pub name: Option<&'static [u8]>,
    /// What `hooks::holder` said on it.
    pub thread: u32,
}

/// The right to join a thread of ours. Dropping it detaches the thread.
pub struct Handle {
    block: NonNull<ControlBlock>,
    id: u32,
}

// SAFETY: a block is shared between its thread and its handle by design; whose move it is, is settled by the host's
// join and by the block's lifecycle, not by which thread has the handle.
unsafe impl Send for Handle {}
// SAFETY: as above; a shared handle only reads atomic words.
unsafe impl Sync for Handle {}

impl Handle {
    /// Starts a thread.
    ///
    /// # Errors
    /// An error number. Work and what was kept are dropped then, unless the number leaves open whether the thread runs.
    ///
    /// # Safety
    /// - The name lives until `kept` is released.
    /// - What the work borrows outlives the thread. If not all of it is `'static`, `borrows` is true.
    pub unsafe fn spawn(request: Request<'_>, shell: &'static Shell) -> Result<Self, i32> {
        let Request {
            work,
            kept,
            name,
            stack_size,
            borrows,
            site,
        } = request;
        reaper::reap(site);
        let own_tls = shell.destructors.is_some();
        let Some(owned) = OwnedBlock::obtain(stack_size, own_tls) else {
            return Err(errno::OUT_OF_MEMORY);
        };
        // SAFETY: nobody else knows the block yet; the name is the caller's matter.
        unsafe { owned.get().load(name, Task { work, shell }, kept, borrows) };
        let block = owned.into_raw();
        // SAFETY: the block is alive.
        let words = unsafe { block.as_ref() };
        current().announce(OP_BLOCKING, site);
        let start = block.as_ptr().expose_provenance();
        // From here on the child may run, also when the host returns an error: it never reads the id.
        // SAFETY: the id is a word that lives as long as the block does.
        match unsafe { imports::thread_create(words.id.as_ptr(), start) } {
            errno::OK => Ok(Self {
                block,
                id: words.id.load(Ordering::Relaxed),
            }),
            code if code >= errno::FIRST_OWN => {
                // SAFETY: with such a code the host has started nothing, so that the block is still ours.
                let owned = unsafe { OwnedBlock::from_raw(block) };
                // Unloading it drops the closure, as a failed spawn does in std.
                owned.recycle();
                Err(code)
            }
            // The thread may be running, with what it borrowed from a caller who would be told that it isn't.
            code if borrows => imports::panic(code),
            code => {
                // The thread may be running: its stack and its closure are out of reach.
                memory::count_leak();
                Err(code)
            }
        }
    }

    /// Waits for the thread to end, and gives its block back.
    ///
    /// # Errors
    /// It died. If it may have borrowed from others, or did so in a destructor of a thread-local, the program ends
    /// instead.
    pub fn join(self, site: &'static Location<'static>) -> Result<(), Died> {
        // Joining takes the place of the drop's detaching.
        let this = ManuallyDrop::new(self);
        current().announce(OP_BLOCKING, site);
        match imports::thread_join(this.id) {
            errno::OK => {
                // SAFETY: `thread_start` has returned, so the thread has left its block.
                unsafe { OwnedBlock::take_back(this.block) };
                Ok(())
            }
            // Others may still borrow the dead thread's stack, and its locks stay locked: nothing of it is used
            // again.
            errno::THREAD_JOIN_FAILED | errno::THREAD_FAILED => {
                // SAFETY: the block was never given back, so it is alive.
                if let Some(number) = unsafe { this.block.as_ref() }.deadly() {
                    // A host that reads the block has ended the program by itself.
                    imports::panic(number);
                }
                memory::count_leak();
                // SAFETY: as below; nobody else has joined it, and an area of a dead thread is nobody's.
                unsafe { thread_heap::thread_died(this.block.as_ref().tls_area()) };
                // SAFETY: the block is never given back, so it stays alive; the host says that the thread died.
                let (message, name) =
                    unsafe { (this.block.as_ref().panic_message(), this.block.as_ref().name()) };
                // SAFETY: as above.
                let missed_allocation = unsafe { this.block.as_ref() }.missed_allocation();
                let thread = this.block.addr().get() as u32;
                Err(Died {
                    message,
                    missed_allocation,
                    name,
                    thread,
                })
            }
            // The id is ours and joined once: the host has lost its books.
            code => imports::panic(code),
        }
    }

    /// The program has dropped its handle; a scope keeps this.
    pub fn keep(&self) {
        // SAFETY: as in `has_died`.
        unsafe { self.block.as_ref() }.lifecycle.keep();
    }

    /// Whether the thread has run everything, destructors of thread-locals included.
    pub fn has_finished(&self) -> bool {
        // SAFETY: as in `has_died`.
        unsafe { self.block.as_ref() }.lifecycle.is_finished()
    }

    /// Takes a thread that has finished back. It is a join like any other, also for a trace: what the thread did
    /// happens before the end of its scope.
    pub fn take_back(self, site: &'static Location<'static>) {
        OwnedBlock::reserve();
        // It has finished, so it has not died.
        let _ = self.join(site);
    }

    /// Whether the thread is known to have died of a panic, which in an abort build no closure survives.
    pub fn has_died(&self) -> bool {
        // SAFETY: the block is given back by `join` and after `detach` only, which consume the handle.
        cfg!(panic = "abort") && unsafe { self.block.as_ref() }.has_panicked()
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: as in `has_died`.
        if unsafe { self.block.as_ref() }.lifecycle.detach() == Duty::Reap {
            // SAFETY: the thread has finished and no handle is left, so this is the only push.
            unsafe { reaper::push(self.block) };
        }
    }
}
