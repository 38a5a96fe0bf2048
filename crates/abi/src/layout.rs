//! What a host can read from guest memory: the descriptor of the module and the control block of a thread.
//!
//! Everything is a little-endian `u32` word at a multiple of four bytes. A host takes nothing here on trust:
//! each address and length is a guest's word and is checked against the memory before it is followed.
//!
//! # Finding it
//! The exported global [`DESCRIPTOR_EXPORT`] is the address of the descriptor. Its presence is also the
//! **marker** that the module starts its own threads (allocates their stacks and TLS): a module without it
//! needs a patcher. The descriptor is constant data, readable as soon as the module is instantiated.
//!
//! The control block of a spawned thread is at the `start_routine` address that was given to
//! `thread_create`; that of the main thread at [`descriptor::MAIN_BLOCK`].

/// Exported global (`i32`, constant): the address of the descriptor.
pub const DESCRIPTOR_EXPORT: &str = "__threadlink_descriptor";

/// Words of the descriptor, as byte offsets from its address.
pub mod descriptor {
    /// [`MAGIC_VALUE`].
    pub const MAGIC: u32 = 0;
    /// [`VERSION_VALUE`] of the layout; a host refuses one it does not know.
    pub const VERSION: u32 = 4;
    /// Address of the main thread's control block.
    pub const MAIN_BLOCK: u32 = 8;
    /// Bit set of `FLAG_*`.
    pub const FLAGS: u32 = 12;
    /// Address of one `core::panic::Location` of this module, whose private layout the next words reveal.
    pub const PROBE_LOCATION: u32 = 16;
    /// The address of that location's file name.
    pub const PROBE_FILE: u32 = 20;
    /// The length of that location's file name, in bytes.
    pub const PROBE_FILE_LEN: u32 = 24;
    /// That location's line.
    pub const PROBE_LINE: u32 = 28;
    /// That location's column.
    pub const PROBE_COLUMN: u32 = 32;
    /// Size of a `core::panic::Location`, in bytes.
    pub const LOCATION_SIZE: u32 = 36;
    /// Default size of a thread's stack, in bytes.
    pub const STACK_SIZE: u32 = 40;
    /// With [`FLAG_MIN_STACK`]: address of a word, 0 at first, in which a host can leave before it calls the program how many
    /// bytes of stack a thread gets that asks for nothing. It is what std's variable `RUST_MIN_STACK` says, which thus takes
    /// no import.
    pub const MIN_STACK: u32 = 44;
    /// Size of the descriptor, in bytes.
    pub const SIZE: u32 = 48;

    /// "TLNK" in memory order.
    pub const MAGIC_VALUE: u32 = u32::from_le_bytes(*b"TLNK");
    /// The layout that this crate describes.
    pub const VERSION_VALUE: u32 = 5;
    /// The oldest layout that hosts still know.
    pub const OLDEST_VERSION: u32 = 2;
    /// The first layout with [`lock::INSTANCE`](super::lock::INSTANCE), [`lock::STAMP`](super::lock::STAMP) and
    /// [`block::ENDED`](super::block::ENDED).
    pub const NUMBERS_VERSION: u32 = 3;
    /// The first layout whose locks are tried first ([`block::OP_AT_ONCE`](super::block::OP_AT_ONCE)), with
    /// [`lock::MARK`](super::lock::MARK) and [`block::ROOM`](super::block::ROOM).
    pub const TRIES_FIRST_VERSION: u32 = 4;
    /// The first layout whose locks do not count their readers ([`lock::READERS`](super::lock::READERS)).
    pub const UNCOUNTED_VERSION: u32 = 5;
    /// The module was built with the feature `tracing`: locks call the hooks and hold their owner.
    pub const FLAG_TRACING: u32 = 1;
    /// The module was built with `panic = "unwind"`.
    pub const FLAG_UNWIND: u32 = 2;
    /// There is a word [`MIN_STACK`]: older modules end before it.
    pub const FLAG_MIN_STACK: u32 = 4;
}

/// Words of a thread's control block, as byte offsets from its address.
pub mod block {
    /// [`MAGIC_VALUE`]; anything else means that `start_routine` is not a control block.
    pub const MAGIC: u32 = 0;
    /// Highest address of the stack: the stack pointer's first value (16-byte aligned). 0 for the main thread.
    pub const STACK_TOP: u32 = 4;
    /// Lowest address that the stack may use; the guard zone ends here. 0 for the main thread.
    pub const STACK_LOW: u32 = 8;
    /// Address of the TLS area. 0 for the main thread.
    pub const TLS: u32 = 12;
    /// Lowest address of the guard zone: [`GUARD_BYTE`] in every byte from here to [`STACK_LOW`]. 0: none.
    pub const GUARD: u32 = 16;
    /// The thread's name (UTF-8): address, or 0.
    pub const NAME: u32 = 20;
    /// The thread's name: length in bytes.
    pub const NAME_LEN: u32 = 24;
    /// The message of this thread's last panic (UTF-8): address, or 0. Written by the runtime's panic hook.
    pub const PANIC: u32 = 28;
    /// The message of this thread's last panic: length in bytes. Written before [`PANIC`].
    pub const PANIC_LEN: u32 = 32;
    /// Where in the source the lock or join operation stands that this thread is about to do: the address of a
    /// `core::panic::Location`, or 0. Valid during `start_lock` and `thread_join`.
    pub const SITE: u32 = 36;
    /// What kind of operation that is: one of the `OP_*`.
    pub const OP: u32 = 40;
    /// Where the last panic happened: the address of a `core::panic::Location`, or 0.
    pub const PANIC_SITE: u32 = 44;
    /// Bit set of `FLAG_*`.
    pub const FLAGS: u32 = 48;
    /// Bytes of the allocation that has failed, with [`FLAG_NO_MEMORY`].
    pub const ALLOCATION: u32 = 52;
    /// The program's exit code, an `i32`, with [`FLAG_EXIT_CODE`]: the same word, for a thread that has failed to allocate
    /// does not return.
    pub const EXIT_CODE: u32 = ALLOCATION;
    /// Addresses of words that stand for what this thread has for itself alone, [`HELD_COUNT`] of them, each or 0; with
    /// [`FLAG_HELD`]. When the thread has died, a host sets [`HELD_BY_DEAD`] in each word and wakes all that wait there.
    pub const HELD: u32 = 56;
    /// How many such addresses there are.
    pub const HELD_COUNT: u32 = 2;
    /// Size of the part that hosts may read, in bytes.
    pub const SIZE: u32 = HELD + 4 * HELD_COUNT;

    /// Only in modules with [`FLAG_TRACING`](super::descriptor::FLAG_TRACING), as all words after it: how many locks and
    /// condition variables the thread has dropped that had a number ([`INSTANCE`](super::lock::INSTANCE)). It wraps.
    pub const ENDED: u32 = SIZE;
    /// The last [`ENDED_KEPT`] of them, two words each: the address at which it was dropped, and its number. The one before
    /// which [`ENDED`] was `n` is the entry `n % ENDED_KEPT`. It is written before [`ENDED`].
    pub const ENDED_LIST: u32 = ENDED + 4;
    /// Entries of [`ENDED_LIST`]. After every so many the thread calls `start_lock`, `finish_lock`, `start_unlock` and
    /// `finish_unlock` with the address of [`ENDED`] and the operation [`OP_ENDED`], so that a host has the time to read
    /// them.
    pub const ENDED_KEPT: u32 = 32;
    /// [`ROOM_SIZE`] bytes for hosts and for what they put between the guest and themselves: zero in a new block, and
    /// untouched by the guest, also when it gives the block to another thread. From
    /// [`TRIES_FIRST_VERSION`](super::descriptor::TRIES_FIRST_VERSION) on.
    pub const ROOM: u32 = ENDED_LIST + 8 * ENDED_KEPT;
    /// Bytes at [`ROOM`].
    pub const ROOM_SIZE: u32 = 96;
    /// Size of the part that hosts may read of modules with
    /// [`FLAG_TRACING`](super::descriptor::FLAG_TRACING), in bytes.
    pub const TRACED_SIZE: u32 = ROOM + ROOM_SIZE;

    /// "TBLK" in memory order.
    pub const MAGIC_VALUE: u32 = u32::from_le_bytes(*b"TBLK");
    /// What every byte of an intact guard zone holds.
    pub const GUARD_BYTE: u8 = 0xA5;
    /// The thread is a scoped one: others may share a stack frame with it, so its death by a trap has to end the
    /// program ([`errno::SCOPED_THREAD_DIED`](crate::errno::SCOPED_THREAD_DIED)).
    pub const FLAG_SCOPED: u32 = 1;
    /// The thread's closure has returned and it runs the destructors of its thread-locals: a panic there has to end the
    /// program ([`errno::DESTRUCTOR_FAILED`](crate::errno::DESTRUCTOR_FAILED)).
    pub const FLAG_DESTRUCTORS: u32 = 2;
    /// The program has printed the message of the thread's last panic itself, when it happened.
    pub const FLAG_SAID: u32 = 4;
    /// An allocation that the program cannot do without has failed: the trap that follows is for want of memory.
    pub const FLAG_NO_MEMORY: u32 = 8;
    /// The words at [`HELD`] are what is said of them: older modules have something else there.
    pub const FLAG_HELD: u32 = 16;
    /// In the main thread's block, when the entry point has returned: the program ends with [`EXIT_CODE`].
    pub const FLAG_EXIT_CODE: u32 = 32;
    /// The bit that says that whoever has what a word stands for is dead.
    pub const HELD_BY_DEAD: u32 = 2;

    /// A blocking acquire, or a join by a handle's owner.
    pub const OP_BLOCKING: u32 = 0;
    /// A `try_lock` that has succeeded: it never waited, so it is no edge of a deadlock.
    pub const OP_TRY: u32 = 1;
    /// A timed acquire: it gives up by itself, so it is no edge of a deadlock either.
    pub const OP_TIMED: u32 = 2;
    /// A join of a detached thread that has finished, to get its block back: no happens-before edge.
    pub const OP_REAP: u32 = 3;
    /// No operation: the hooks are called so that the host reads [`ENDED_LIST`].
    pub const OP_ENDED: u32 = 4;
    /// A blocking acquire that has found the lock free: what begins it is told when the lock is held.
    pub const OP_AT_ONCE: u32 = 5;
    /// The bit that the kinds of acquires have which are told when the lock is held, and no other one at these hooks:
    /// [`OP_TRY`] and [`OP_AT_ONCE`].
    pub const OP_AFTERWARDS: u32 = 1;
}

/// Words of a traced lock, as byte offsets from the address that the hooks are called with. Only in modules
/// with [`descriptor::FLAG_TRACING`].
///
/// A condition variable has [`SITE`](lock::SITE) and the words after it at the same offsets; what stands before them
/// is its own.
pub mod lock {
    /// Address of the control block of the thread that holds the lock exclusively, 0 if none does. Written
    /// between acquisition and `finish_lock`, cleared after `start_unlock` and before the release, zero in a
    /// new lock: so it never names a thread that does not hold the lock.
    pub const HOLDER: u32 = 0;
    /// Up to the version before [`UNCOUNTED_VERSION`](super::descriptor::UNCOUNTED_VERSION), in read-write locks: how many
    /// threads hold the lock for reading. Raised between acquisition and `finish_read`, lowered after `start_read_unlock` and
    /// before the release, zero in a new lock. Always zero from then on.
    pub const READERS: u32 = 4;
    /// Where the lock or condition variable was made: the address of a `core::panic::Location`, a number that the host has
    /// given ([`made`](crate::made)), or 0 if that is not known. It never changes, and neither does its name.
    pub const SITE: u32 = 8;
    /// The lock's name (UTF-8): address, or 0 if it has none.
    pub const NAME: u32 = 12;
    /// The lock's name: length in bytes.
    pub const NAME_LEN: u32 = 16;
    /// The number of this lock or condition variable, which no other one of the run has (until 2³¹ were used); 0 as long
    /// as it was never used. It goes with the lock when that is moved. Written before the first hook.
    pub const INSTANCE: u32 = 20;
    /// 64 bits for hosts and for what they put between the guest and themselves: zero in a new lock, and untouched by the
    /// guest.
    pub const STAMP: u32 = 24;
    /// 64 bits more of that kind, from [`TRIES_FIRST_VERSION`](super::descriptor::TRIES_FIRST_VERSION) on.
    pub const MARK: u32 = 32;
    /// Size of the part that hosts may read, in bytes. Locks are aligned to 8.
    pub const SIZE: u32 = 40;
}
