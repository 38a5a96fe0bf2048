//! The control block of a thread: what the host reads of it, and what the runtime keeps beside that.
//!
//! Where blocks come from and how stack and TLS area lie around them is `memory.rs`.

use std::cell::{Cell, UnsafeCell};
use std::mem::offset_of;
use std::panic::Location;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

use crate::thread::lifecycle::Lifecycle;
use crate::thread::reap_list::Node;
use crate::thread::{Thread, Work};
use threadlink_abi::errno;
use threadlink_abi::layout::block as layout;

/// Bytes of stack for a thread that didn't ask for more or less.
pub(super) const DEFAULT_STACK: usize = 512 * 1024;

/// A thread's control block. The first part is laid out as `threadlink_abi::layout::block` says; hosts read it,
/// so that every word of it is atomic. The rest is the runtime's.
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
    site: AtomicPtr<Location<'static>>,
    op: AtomicU32,
    panic_site: AtomicPtr<Location<'static>>,
    flags: AtomicU32,

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
    work: UnsafeCell<Option<Work>>,
    thread: UnsafeCell<Option<Thread>>,
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
    assert!(offset_of!(ControlBlock, id) == layout::SIZE as usize);
};

/// The main thread's block: no stack, no TLS area, no guard zone of ours.
pub(super) static MAIN_BLOCK: ControlBlock = ControlBlock::new();

thread_local! {
    static CURRENT: Cell<*const ControlBlock> = const { Cell::new(ptr::null()) };
}

/// The block of the thread that calls. A thread that we did not start counts as the main thread.
#[inline]
pub(super) fn current() -> &'static ControlBlock {
    let block = CURRENT.with(Cell::get);
    if block.is_null() {
        return &MAIN_BLOCK;
    }
    // SAFETY: set by `enter` to the running thread's block, which lives longer than the thread. Callers don't
    // keep the reference longer than that.
    unsafe { &*block }
}

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
            site: AtomicPtr::new(ptr::null_mut()),
            op: AtomicU32::new(layout::OP_BLOCKING),
            panic_site: AtomicPtr::new(ptr::null_mut()),
            flags: AtomicU32::new(0),
            id: AtomicU32::new(0),
            stack_size: AtomicU32::new(0),
            foreign_tls: AtomicU32::new(0),
            ending: AtomicU32::new(0),
            lifecycle: Lifecycle::new(),
            next: AtomicPtr::new(ptr::null_mut()),
            work: UnsafeCell::new(None),
            thread: UnsafeCell::new(None),
        }
    }

    /// Makes this the block of the thread that calls.
    pub(super) fn enter(&self) {
        CURRENT.with(|current| current.set(self));
    }

    /// Gives a block that nobody uses to the next thread.
    ///
    /// # Safety
    /// The caller owns the block: no thread runs on it and no one else knows it.
    pub(super) unsafe fn load(&self, thread: Thread, work: Work, borrows: bool) {
        let flags = if borrows { layout::FLAG_SCOPED } else { 0 };
        self.flags.store(flags, Ordering::Relaxed);
        if let Some(name) = thread.name() {
            self.name_len.store(len(name), Ordering::Relaxed);
            self.name.store(name.as_ptr().cast_mut(), Ordering::Relaxed);
        }
        self.lifecycle.reset();
        // SAFETY: the caller owns the block.
        unsafe {
            *self.thread.get() = Some(thread);
            *self.work.get() = Some(work);
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

    /// Takes the work: on the new thread, or back by the spawner when there is no new thread.
    ///
    /// # Safety
    /// The caller is the one of the two that owns the block now.
    pub(super) unsafe fn take_work(&self) -> Option<Work> {
        // SAFETY: the caller owns the block.
        unsafe { (*self.work.get()).take() }
    }

    /// Drops what the last thread left in the block: name, panic message, handle.
    ///
    /// # Safety
    /// The caller owns the block, as for [`load`](Self::load).
    pub(super) unsafe fn unload(&self) {
        self.clear_panic();
        self.name.store(ptr::null_mut(), Ordering::Relaxed);
        self.name_len.store(0, Ordering::Relaxed);
        self.site.store(ptr::null_mut(), Ordering::Relaxed);
        self.op.store(layout::OP_BLOCKING, Ordering::Relaxed);
        self.flags.store(0, Ordering::Relaxed);
        // SAFETY: the caller owns the block.
        unsafe {
            *self.thread.get() = None;
            *self.work.get() = None;
        }
    }

    /// Says what the thread is about to do and where in its source, for hosts that report it.
    #[inline]
    pub(super) fn announce(&self, op: u32, site: &'static Location<'static>) {
        self.site.store(ptr::from_ref(site).cast_mut(), Ordering::Relaxed);
        self.op.store(op, Ordering::Relaxed);
    }

    /// Keeps the message of this thread's panic, in place of the one before. Called on the thread itself.
    pub(super) fn set_panic(&self, message: &str, site: Option<&Location<'_>>) {
        self.clear_panic();
        let site = site.map_or(ptr::null(), ptr::from_ref);
        self.panic_site
            .store(site.cast::<Location<'static>>().cast_mut(), Ordering::Relaxed);
        let length = len(message);
        let text = Box::into_raw(Box::<str>::from(message)).cast::<u8>();
        self.panic_len.store(length, Ordering::Relaxed);
        self.panic.store(text, Ordering::Release);
    }

    /// Whether the panic hook ran on this thread.
    pub(super) fn has_panicked(&self) -> bool {
        !self.panic.load(Ordering::Acquire).is_null()
    }

    /// The message of this thread's last panic, if the hook kept one.
    ///
    /// # Safety
    /// The thread has died, and the caller has learned so from `thread_join`.
    pub(super) unsafe fn panic_message(&self) -> Option<String> {
        let text = self.panic.load(Ordering::Acquire);
        if text.is_null() {
            return None;
        }
        let length = self.panic_len.load(Ordering::Relaxed) as usize;
        // SAFETY: pointer and length are of the boxed string that `set_panic` made; a dead thread doesn't
        // replace it. A thread that wrote over other memory before it died can have damaged both: so bytes are
        // read, not a `str`.
        let bytes = unsafe { std::slice::from_raw_parts(text, length) };
        Some(String::from_utf8_lossy(bytes).into_owned())
    }

    fn clear_panic(&self) {
        let text = self.panic.swap(ptr::null_mut(), Ordering::Relaxed);
        let length = self.panic_len.swap(0, Ordering::Relaxed) as usize;
        self.panic_site.store(ptr::null_mut(), Ordering::Relaxed);
        if !text.is_null() {
            // SAFETY: made by `set_panic` from a boxed string of this length; the swap takes it once.
            drop(unsafe { Box::from_raw(ptr::slice_from_raw_parts_mut(text, length)) });
        }
    }
}

/// A length as the host reads it. A pointer is 32 bits wide here, so that every length fits.
fn len(text: &str) -> u32 {
    text.len() as u32
}
