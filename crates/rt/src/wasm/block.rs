//! The control block of a thread: what the host reads of it, and what the runtime keeps beside that.
//!
//! Where blocks come from and how stack and TLS area lie around them is `memory.rs`.

use core::alloc::Layout;
use core::cell::UnsafeCell;
use core::mem::offset_of;
use core::panic::Location;
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

use super::ended::{Ended, Room};
use super::heap;
use crate::lifecycle::Lifecycle;
use crate::plain::Plain;
use crate::reap_list::Node;
use crate::{Kept, Shell, Work};
use threadlink_abi::errno;
use threadlink_abi::layout::block as layout;

/// What a new thread does.
pub(super) struct Task {
    pub(super) work: Work,
    pub(super) shell: &'static Shell,
}

/// A thread's control block. The first part is laid out as `threadlink_abi::layout::block` says; hosts read it,
/// so that every word of it is atomic, or belongs to one thread at a time ([`Plain`]): those that are written around each
/// operation of a lock. The rest is the runtime's.
///
/// Three parties use a block, one after the other: the spawner until `thread_create`, then the thread itself,
/// then whoever got 0 from `thread_join`. Those two calls order their accesses. Exceptions are `lifecycle` and
/// `next`, which have rules of their own, and the words about a panic, which a joiner also reads after a trap.
#[repr(C, align(16))]
pub(super) struct ControlBlock {
    pub(super) magic: AtomicU32,
    pub(super) stack_top: AtomicU32,
    pub(super) stack_low: AtomicU32,
    pub(super) tls: AtomicU32,
    pub(super) guard: AtomicU32,
    name: AtomicPtr<u8>,
    name_len: AtomicU32,
    panic: AtomicPtr<u8>,
    panic_len: AtomicU32,
    site: Plain<*const Location<'static>>,
    op: Plain<u32>,
    panic_site: AtomicPtr<Location<'static>>,
    flags: AtomicU32,
    allocation: AtomicU32,
    held: [AtomicPtr<AtomicU32>; layout::HELD_COUNT as usize],
    pub(super) ended: Ended,
    room: Room,

    /// The host's number for the thread; `thread_create` writes it.
    pub(super) id: AtomicU32,
    /// Size of the stack in bytes, as rounded.
    pub(super) stack_size: AtomicU32,
    /// Not 0 if the TLS area is an allocation of its own, which is never freed.
    pub(super) foreign_tls: AtomicU32,
    /// Not 0 while the reaper counts the thread among those that are ending.
    pub(super) ending: AtomicU32,
    pub(super) lifecycle: Lifecycle,
    next: AtomicPtr<ControlBlock>,
    task: UnsafeCell<Option<Task>>,
    kept: UnsafeCell<Option<Kept>>,
}

// SAFETY: see the order of its users above; what they share at the same time is atomic.
unsafe impl Sync for ControlBlock {}

// SAFETY: `next` is used by lists only.
unsafe impl Node for ControlBlock {
    fn next(&self) -> &AtomicPtr<Self> {
        &self.next
    }
}

const _: () = {
    assert!(offset_of!(ControlBlock, magic) == layout::MAGIC as usize);
    assert!(offset_of!(ControlBlock, stack_top) == layout::STACK_TOP as usize);
    assert!(offset_of!(ControlBlock, stack_low) == layout::STACK_LOW as usize);
    assert!(offset_of!(ControlBlock, tls) == layout::TLS as usize);
    assert!(offset_of!(ControlBlock, guard) == layout::GUARD as usize);
    assert!(offset_of!(ControlBlock, name) == layout::NAME as usize);
    assert!(offset_of!(ControlBlock, name_len) == layout::NAME_LEN as usize);
    assert!(offset_of!(ControlBlock, panic) == layout::PANIC as usize);
    assert!(offset_of!(ControlBlock, panic_len) == layout::PANIC_LEN as usize);
    assert!(offset_of!(ControlBlock, site) == layout::SITE as usize);
    assert!(offset_of!(ControlBlock, op) == layout::OP as usize);
    assert!(offset_of!(ControlBlock, panic_site) == layout::PANIC_SITE as usize);
    assert!(offset_of!(ControlBlock, flags) == layout::FLAGS as usize);
    assert!(offset_of!(ControlBlock, allocation) == layout::ALLOCATION as usize);
    assert!(layout::EXIT_CODE == layout::ALLOCATION);
    assert!(offset_of!(ControlBlock, held) == layout::HELD as usize);
    assert!(offset_of!(ControlBlock, ended) == layout::ENDED as usize);
    assert!(offset_of!(ControlBlock, room) == layout::ENDED as usize + size_of::<Ended>());
    assert!(offset_of!(ControlBlock, id) == layout::SIZE as usize + size_of::<Ended>() + size_of::<Room>());
};

/// The main thread's block: no stack, no TLS area, no guard zone of ours.
pub(super) static MAIN_BLOCK: ControlBlock = ControlBlock::new();

impl ControlBlock {
    pub(super) const fn new() -> Self {
        Self {
            magic: AtomicU32::new(layout::MAGIC_VALUE),
            stack_top: AtomicU32::new(0),
            stack_low: AtomicU32::new(0),
            tls: AtomicU32::new(0),
            guard: AtomicU32::new(0),
            name: AtomicPtr::new(ptr::null_mut()),
            name_len: AtomicU32::new(0),
            panic: AtomicPtr::new(ptr::null_mut()),
            panic_len: AtomicU32::new(0),
            site: Plain::new(ptr::null()),
            op: Plain::new(layout::OP_BLOCKING),
            panic_site: AtomicPtr::new(ptr::null_mut()),
            flags: AtomicU32::new(0),
            allocation: AtomicU32::new(0),
            held: [const { AtomicPtr::new(ptr::null_mut()) }; layout::HELD_COUNT as usize],
            ended: Ended::new(),
            room: Room::new(),
            id: AtomicU32::new(0),
            stack_size: AtomicU32::new(0),
            foreign_tls: AtomicU32::new(0),
            ending: AtomicU32::new(0),
            lifecycle: Lifecycle::new(),
            next: AtomicPtr::new(ptr::null_mut()),
            task: UnsafeCell::new(None),
            kept: UnsafeCell::new(None),
        }
    }

    /// Gives a block that nobody uses to the next thread.
    ///
    /// # Safety
    /// - The caller owns the block: no thread runs on it and no one else knows it.
    /// - The name lives until `kept` is released.
    pub(super) unsafe fn load(&self, name: Option<&str>, task: Task, kept: Kept, borrows: bool) {
        let flags = if borrows { layout::FLAG_SCOPED } else { 0 };
        self.flags.store(flags, Ordering::Relaxed);
        if let Some(name) = name {
            self.name_len.store(len(name), Ordering::Relaxed);
            self.name.store(name.as_ptr().cast_mut(), Ordering::Relaxed);
        }
        self.lifecycle.reset();
        // SAFETY: the caller owns the block.
        unsafe {
            *self.kept.get() = Some(kept);
            *self.task.get() = Some(task);
        }
    }

    /// Whether a death of the thread that returns nothing has to end the program, and with which error number.
    pub(super) fn deadly(&self) -> Option<i32> {
        let flags = self.flags.load(Ordering::Relaxed);
        if flags & layout::FLAG_SCOPED != 0 {
            Some(errno::SCOPED_THREAD_DIED)
        } else if flags & layout::FLAG_DESTRUCTORS != 0 {
            Some(errno::DESTRUCTOR_FAILED)
        } else {
            None
        }
    }

    /// Says that the thread runs the destructors of its thread-locals from here on.
    pub(super) fn enter_destructors(&self) {
        self.flags.fetch_or(layout::FLAG_DESTRUCTORS, Ordering::Relaxed);
    }

    /// Takes what the thread does, on the new thread.
    ///
    /// # Safety
    /// The caller owns the block.
    pub(super) unsafe fn take_task(&self) -> Option<Task> {
        // SAFETY: the caller owns the block.
        unsafe { (*self.task.get()).take() }
    }

    /// Drops what the last thread left in the block: name, panic message, what was kept for it, and its work if it
    /// never ran.
    ///
    /// # Safety
    /// The caller owns the block, as for [`load`](Self::load).
    pub(super) unsafe fn unload(&self) {
        self.clear_panic();
        self.name.store(ptr::null_mut(), Ordering::Relaxed);
        self.name_len.store(0, Ordering::Relaxed);
        // SAFETY: the caller owns the block.
        unsafe {
            self.site.set(ptr::null());
            self.op.set(layout::OP_BLOCKING);
        }
        self.flags.store(0, Ordering::Relaxed);
        for held in &self.held {
            held.store(ptr::null_mut(), Ordering::Relaxed);
        }
        // SAFETY: the caller owns the block.
        unsafe {
            *self.kept.get() = None;
            *self.task.get() = None;
        }
    }

    /// Says that the thread has for itself what this word stands for, or no more. Called on the thread itself.
    pub(super) fn set_held(&self, place: usize, word: Option<&'static AtomicU32>) {
        let word = word.map_or(ptr::null(), ptr::from_ref).cast_mut();
        if let Some(held) = self.held.get(place) {
            held.store(word, Ordering::Relaxed);
            self.flags.fetch_or(layout::FLAG_HELD, Ordering::Relaxed);
        }
    }

    /// A place where the thread has not said that it has something. Asked on the thread itself.
    pub(super) fn free_place(&self) -> Option<usize> {
        self.held
            .iter()
            .position(|held| held.load(Ordering::Relaxed).is_null())
    }

    /// Says what the thread is about to do and where in its source, for hosts that report it. Called on the thread itself.
    #[inline]
    pub(super) fn announce(&self, op: u32, site: &'static Location<'static>) {
        // SAFETY: while the thread runs, the block is its own. Threads that we did not start share the main thread's block,
        // on an instance of which a host calls one at a time (`docs/abi.md`).
        unsafe {
            self.site.set(ptr::from_ref(site));
            self.op.set(op);
        }
    }

    /// Says what the hooks are called for that follow, where that is nothing that the program does.
    #[cfg(feature = "tracing")]
    pub(super) fn announce_op(&self, op: u32) {
        // SAFETY: as in `announce`.
        unsafe { self.op.set(op) };
    }

    /// Keeps where this thread's panic happened, in place of all that is known of the one before. Called on the thread
    /// itself.
    pub(super) fn set_panic_site(&self, site: Option<&Location<'_>>) {
        self.clear_panic();
        let site = site.map_or(ptr::null(), ptr::from_ref);
        self.panic_site
            .store(site.cast::<Location<'static>>().cast_mut(), Ordering::Relaxed);
    }

    /// Says that the message of the panic has been printed.
    pub(super) fn set_said(&self) {
        self.flags.fetch_or(layout::FLAG_SAID, Ordering::Relaxed);
    }

    /// Says that the thread traps next, because an allocation of this many bytes has failed. Called on the thread itself.
    pub(super) fn set_out_of_memory(&self, bytes: usize) {
        self.allocation.store(bytes as u32, Ordering::Relaxed);
        self.flags.fetch_and(!layout::FLAG_EXIT_CODE, Ordering::Relaxed);
        self.flags.fetch_or(layout::FLAG_NO_MEMORY, Ordering::Release);
    }

    /// Says what the program ends with if the entry point returns now.
    pub(super) fn set_exit_code(&self, code: i32) {
        self.allocation.store(code.cast_unsigned(), Ordering::Relaxed);
        self.flags.fetch_and(!layout::FLAG_NO_MEMORY, Ordering::Relaxed);
        self.flags.fetch_or(layout::FLAG_EXIT_CODE, Ordering::Release);
    }

    /// The size of the allocation that the thread has died for want of, if it has. It is read when the thread has died.
    pub(super) fn missed_allocation(&self) -> Option<usize> {
        let missed = self.flags.load(Ordering::Acquire) & layout::FLAG_NO_MEMORY != 0;
        missed.then(|| self.allocation.load(Ordering::Relaxed) as usize)
    }

    /// Keeps the message of the panic whose site was set last. Called on the thread itself.
    pub(super) fn set_panic_message(&self, message: &str) {
        // Where there is no memory for a copy, the message is empty.
        let copy = Layout::for_value(message);
        let (text, length) = match heap::allocate(copy) {
            // SAFETY: the copy is as long as the message, and new.
            Some(text) => unsafe {
                text.copy_from_nonoverlapping(NonNull::from(message).cast(), copy.size());
                (text, len(message))
            },
            None => (NonNull::dangling(), 0),
        };
        self.panic_len.store(length, Ordering::Relaxed);
        self.panic.store(text.as_ptr(), Ordering::Release);
    }

    /// Whether the thread has panicked and said so.
    pub(super) fn has_panicked(&self) -> bool {
        !self.panic.load(Ordering::Acquire).is_null()
    }

    /// The message of this thread's last panic, if one was kept.
    ///
    /// # Safety
    /// The thread has died, and the caller has learned so from `thread_join`; its block is never given to another.
    pub(super) unsafe fn panic_message(&self) -> Option<&'static [u8]> {
        let text = self.panic.load(Ordering::Acquire);
        if text.is_null() {
            return None;
        }
        let length = self.panic_len.load(Ordering::Relaxed) as usize;
        // SAFETY: pointer and length are of the copy that `set_panic` made; a dead thread doesn't replace it, and
        // nobody else frees it. A thread that wrote over other memory before it died can have damaged both: so they
        // are bytes, not a `str`.
        Some(unsafe { core::slice::from_raw_parts(text, length) })
    }

    /// The thread's name, if it has one.
    ///
    /// # Safety
    /// As for [`panic_message`](Self::panic_message): what was kept for the thread, its name too, is never released.
    pub(super) unsafe fn name(&self) -> Option<&'static [u8]> {
        let text = self.name.load(Ordering::Relaxed);
        if text.is_null() {
            return None;
        }
        let length = self.name_len.load(Ordering::Relaxed) as usize;
        // SAFETY: the words are of the name that `load` was given; bytes for the same reason as above.
        Some(unsafe { core::slice::from_raw_parts(text, length) })
    }

    fn clear_panic(&self) {
        self.flags
            .fetch_and(!(layout::FLAG_SAID | layout::FLAG_NO_MEMORY), Ordering::Relaxed);
        let text = self.panic.swap(ptr::null_mut(), Ordering::Relaxed);
        let length = self.panic_len.swap(0, Ordering::Relaxed) as usize;
        self.panic_site.store(ptr::null_mut(), Ordering::Relaxed);
        if let (Some(text), Ok(copy)) = (NonNull::new(text), Layout::array::<u8>(length)) {
            // SAFETY: made by `set_panic` with this length; the swap takes it once.
            unsafe { heap::free(text, copy) };
        }
    }
}

/// A length as the host reads it. A pointer is 32 bits wide here, so that every length fits.
fn len(text: &str) -> u32 {
    text.len() as u32
}
