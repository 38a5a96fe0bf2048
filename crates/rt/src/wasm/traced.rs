//! What std's own locks know of themselves in a traced build, and what they tell the host.
//!
//! [`LockWords`] stand before a mutex or read-write lock, [`CondvarWords`] are the first part of a condition variable. Both
//! are laid out as `threadlink_abi::layout::lock` says.
//!
//! std has locks of its own: that of the standard output, of the panic hook, of channels. Nobody who looks at a program wants
//! to hear of them, so a lock that is made in std's source says nothing.

use core::mem::offset_of;
use core::panic::Location;
use core::ptr;
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use super::hooks;
use crate::made::Made;
use crate::plain::Plain;
use threadlink_abi::layout::lock as layout;
use threadlink_abi::moment::{
    FinishLock, FinishRead, FinishReadUnlock, FinishUnlock, FinishWait, Notify, StartLock, StartRead,
    StartReadUnlock, StartUnlock, StartWait,
};

pub use threadlink_abi::layout::block::{OP_AT_ONCE, OP_BLOCKING, OP_TIMED, OP_TRY};

/// What a lock is called: nothing, for one of the program's.
#[repr(C)]
struct Name {
    at: *const u8,
    length: usize,
}

// SAFETY: nobody here looks behind the pointer.
unsafe impl Send for Name {}
// SAFETY: as above.
unsafe impl Sync for Name {}

impl Name {
    const fn of(whole: Option<&'static str>) -> Self {
        match whole {
            Some(whole) => Name {
                at: whole.as_ptr(),
                length: whole.len(),
            },
            None => Name {
                at: ptr::null(),
                length: 0,
            },
        }
    }
}

/// Where a lock was made, and which one it is: the same words in locks and condition variables.
#[repr(C)]
struct Identity {
    site: Made,
    name: Name,
    instance: AtomicU32,
    // For hosts.
    stamp: AtomicU64,
    mark: AtomicU64,
    quiet: bool,
}

impl Identity {
    #[track_caller]
    const fn here(std: &str, whole: Option<&'static str>) -> Self {
        let site = Location::caller();
        let quiet = is_internal(std, site.file());
        Self {
            // Of one that says nothing, nobody wants to know it.
            site: if quiet { Made::UNKNOWN } else { Made::at(site) },
            name: Name::of(whole),
            instance: AtomicU32::new(0),
            stamp: AtomicU64::new(0),
            mark: AtomicU64::new(0),
            quiet,
        }
    }

    /// The lock is about to be used, so it needs a number.
    #[inline]
    fn begin(&self) {
        if self.instance.load(Ordering::Relaxed) == 0 {
            self.number();
        }
    }

    #[cold]
    fn number(&self) {
        // Who uses it at the same time may be faster; then that number is the one.
        let _ =
            self.instance
                .compare_exchange(0, hooks::next_instance(), Ordering::Relaxed, Ordering::Relaxed);
    }

    /// The lock at this address goes.
    #[inline]
    fn end(&mut self, address: usize) {
        let number = *self.instance.get_mut();
        if number != 0 {
            hooks::ended(address, number);
        }
    }
}

/// Whether a file is one in which std makes locks for itself. `std` is the folder of std's files, with a slash behind it.
///
/// A constructor that is passed as a function is called, for all it knows, from its own file; and a collection makes what the
/// program's entries begin with.
const fn is_internal(std: &str, file: &str) -> bool {
    if !starts_with(file.as_bytes(), 0, std.as_bytes()) {
        return false;
    }
    let at = std.len();
    !(starts_with(file.as_bytes(), at, b"sync/poison/")
        || starts_with(file.as_bytes(), at, b"sync/nonpoison/")
        || starts_with(file.as_bytes(), at, b"sync/barrier.rs")
        || starts_with(file.as_bytes(), at, b"sync/lazy_lock.rs")
        || starts_with(file.as_bytes(), at, b"sync/once")
        || starts_with(file.as_bytes(), at, b"collections/"))
}

/// Whether `start` stands in the text at this index.
const fn starts_with(text: &[u8], at: usize, start: &[u8]) -> bool {
    if text.len() < at + start.len() {
        return false;
    }
    let mut index = 0;
    while index < start.len() {
        if text[at + index] != start[index] {
            return false;
        }
        index += 1;
    }
    true
}

/// The words before a mutex or a read-write lock. The hooks are called with their address.
#[repr(C)]
pub struct LockWords {
    holder: Plain<usize>,
    // In older layouts a number of readers.
    spare: usize,
    identity: Identity,
}

const _: () = {
    assert!(offset_of!(LockWords, holder) == layout::HOLDER as usize);
    assert!(offset_of!(LockWords, spare) == layout::READERS as usize);
    assert!(offset_of!(LockWords, identity) + offset_of!(Identity, site) == layout::SITE as usize);
    assert!(offset_of!(LockWords, identity) + offset_of!(Identity, name) == layout::NAME as usize);
    assert!(offset_of!(LockWords, identity) + offset_of!(Identity, instance) == layout::INSTANCE as usize);
    assert!(offset_of!(LockWords, identity) + offset_of!(Identity, stamp) == layout::STAMP as usize);
    assert!(offset_of!(LockWords, identity) + offset_of!(Identity, mark) == layout::MARK as usize);
};

impl LockWords {
    /// Of a lock that the caller makes.
    #[track_caller]
    #[must_use]
    pub const fn here(std: &str) -> Self {
        Self {
            holder: Plain::new(0),
            spare: 0,
            identity: Identity::here(std, None),
        }
    }

    /// Likewise, of one that is a part of something else of std's, which is called so: a host shows it as that, and does not count
    /// it among the program's locks.
    #[track_caller]
    #[must_use]
    pub const fn part_of(std: &str, whole: &'static str) -> Self {
        Self {
            holder: Plain::new(0),
            spare: 0,
            identity: Identity::here(std, Some(whole)),
        }
    }

    /// What the hooks are called with. It stays the same while anybody uses the lock.
    #[inline]
    #[must_use]
    pub fn address(&self) -> usize {
        ptr::from_ref(self).addr()
    }

    /// Which one it is; 0 for one that nobody has used, or that says nothing.
    #[inline]
    #[must_use]
    pub fn number(&self) -> u32 {
        self.identity.instance.load(Ordering::Relaxed)
    }

    /// Whether a thread has said that it has locked it, and not that it unlocks it.
    #[must_use]
    pub fn is_held(&self) -> bool {
        let holder: usize;
        // SAFETY: reads the word as the host does, outside of what the compiler knows: for it nobody looks at the word while
        // its owner writes. Whether that is found done or not is chance, as it is for the host.
        unsafe {
            core::arch::asm!(
                "local.get {0}",
                "i32.load 0",
                "local.set {1}",
                in(local) &raw const self.holder,
                lateout(local) holder,
                options(nostack, readonly, preserves_flags),
            );
        }
        holder != 0
    }

    #[inline]
    fn is_quiet(&self) -> bool {
        self.identity.quiet
    }

    #[inline]
    #[track_caller]
    fn request(&self, moment: impl hooks::Moment, op: u32) {
        self.identity.begin();
        hooks::tell(moment, self.address(), Some((op, Location::caller())));
    }

    /// The calling thread is about to wait for it (`OP_BLOCKING`), or has locked it without waiting: because it was free
    /// (`OP_AT_ONCE`), or in an attempt that would not have waited (`OP_TRY`).
    #[inline]
    #[track_caller]
    pub fn start_lock(&self, op: u32) {
        if !self.is_quiet() {
            self.request(StartLock, op);
        }
    }

    /// As `start_lock`, for what the program does at another place.
    #[inline]
    pub fn start_lock_at(&self, op: u32, place: &'static Location<'static>) {
        if !self.is_quiet() {
            self.identity.begin();
            hooks::tell(StartLock, self.address(), Some((op, place)));
        }
    }

    /// The calling thread has locked it.
    #[inline]
    pub fn finish_lock(&self) {
        if !self.is_quiet() {
            // SAFETY: the calling thread holds the lock, which orders it with the holder before.
            unsafe { self.holder.set(hooks::holder()) };
            hooks::tell(FinishLock, self.address(), None);
        }
    }

    /// The calling thread is about to unlock it. What it gets is to be told once it has: it knows the lock no more, as
    /// another thread may have dropped it by then.
    #[inline]
    pub fn start_unlock(&self) -> Unlocked<FinishUnlock> {
        if self.is_quiet() {
            return Unlocked(None);
        }
        hooks::tell(StartUnlock, self.address(), None);
        // SAFETY: as in `finish_lock`: it still holds the lock.
        unsafe { self.holder.set(0) };
        Unlocked(Some((FinishUnlock, self.address())))
    }

    /// As `start_lock`, for a reader.
    #[inline]
    #[track_caller]
    pub fn start_read(&self, op: u32) {
        if !self.is_quiet() {
            self.request(StartRead, op);
        }
    }

    /// As `finish_lock`, for a reader.
    #[inline]
    pub fn finish_read(&self) {
        if !self.is_quiet() {
            hooks::tell(FinishRead, self.address(), None);
        }
    }

    /// As `start_unlock`, for a reader.
    #[inline]
    pub fn start_read_unlock(&self) -> Unlocked<FinishReadUnlock> {
        if self.is_quiet() {
            return Unlocked(None);
        }
        hooks::tell(StartReadUnlock, self.address(), None);
        Unlocked(Some((FinishReadUnlock, self.address())))
    }
}

impl Drop for LockWords {
    #[inline]
    fn drop(&mut self) {
        let address = self.address();
        self.identity.end(address);
    }
}

/// A lock that is about to be free: what is to be told then, and its address; none if the lock says nothing. A type for each
/// moment, so that a program that is not optimised imports no more than it says.
#[must_use]
pub struct Unlocked<M>(Option<(M, usize)>);

impl<M: hooks::Moment> Unlocked<M> {
    /// It is free.
    #[inline]
    pub fn tell(self) {
        if let Some((moment, address)) = self.0 {
            hooks::tell(moment, address, None);
        }
    }
}

/// A condition variable's words, the first of which counts its notifications.
#[repr(C)]
pub struct CondvarWords {
    /// How often a waiting thread was notified. It wraps.
    pub notifications: AtomicU32,
    /// How many threads wait.
    pub waiters: AtomicU32,
    identity: Identity,
}

const _: () = {
    assert!(offset_of!(CondvarWords, notifications) == 0);
    assert!(offset_of!(CondvarWords, identity) == offset_of!(LockWords, identity));
};

impl CondvarWords {
    /// Of a condition variable that the caller makes.
    #[track_caller]
    #[must_use]
    pub const fn here(std: &str) -> Self {
        Self {
            notifications: AtomicU32::new(0),
            waiters: AtomicU32::new(0),
            identity: Identity::here(std, None),
        }
    }

    fn address(&self) -> usize {
        ptr::from_ref(self).addr()
    }

    #[track_caller]
    fn request(&self, moment: impl hooks::Moment, op: u32) {
        self.identity.begin();
        hooks::tell(moment, self.address(), Some((op, Location::caller())));
    }

    /// The calling thread is about to wait, and holds the mutex at this address.
    #[track_caller]
    pub fn start_wait(&self, mutex: usize, timed: bool) {
        if !self.identity.quiet {
            self.request(StartWait { mutex }, if timed { OP_TIMED } else { OP_BLOCKING });
        }
    }

    /// The calling thread has waited.
    pub fn finish_wait(&self, timed_out: bool) {
        if !self.identity.quiet {
            hooks::tell(FinishWait { timed_out }, self.address(), None);
        }
    }

    /// The calling thread is about to notify those that wait.
    #[track_caller]
    pub fn notify(&self, all: bool) {
        if !self.identity.quiet {
            self.request(Notify { all }, OP_BLOCKING);
        }
    }
}

impl Drop for CondvarWords {
    #[inline]
    fn drop(&mut self) {
        let address = self.address();
        self.identity.end(address);
    }
}
