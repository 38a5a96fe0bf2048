//! Error numbers: what `thread_create` and `thread_join` return and what `panic` is told.
//!
//! Numbers below [`FIRST_OWN`] are Wasmgrind's table. Own codes start there; for `thread_create` a code of
//! 64 and above also says that *nothing was started*, so that the guest may take its block back.

/// Success.
pub const OK: i32 = 0;
/// No thread has this id, or it was joined already.
pub const THREAD_NOT_FOUND: i32 = 1;
/// The thread was found but could not be joined.
pub const THREAD_JOIN_FAILED: i32 = 2;
/// The thread ended in the runtime: it trapped (in an abort build, every panic does).
pub const THREAD_FAILED: i32 = 3;
/// A pointer given to the host lies outside the guest's memory.
pub const MEMORY_OUT_OF_BOUNDS: i32 = 4;
/// The thread-id pointer could not be converted.
pub const THREAD_ID_POINTER: i32 = 5;
/// The host's thread table is poisoned.
pub const LOCK_POISONED: i32 = 6;
/// Library: after a successful join the packet held no result.
pub const NO_RESULT: i32 = 7;
/// Library: after a successful join the packet was still shared.
pub const RESULT_SHARED: i32 = 8;

/// The first number that Wasmgrind does not use.
pub const FIRST_OWN: i32 = 64;
/// The host refuses another thread: its `--max-threads` is reached. Nothing was started.
pub const TOO_MANY_THREADS: i32 = 64;
/// The operating system gave no thread. Nothing was started.
pub const HOST_OUT_OF_THREADS: i32 = 65;
/// The thread-id pointer given to `thread_create` is out of bounds or misaligned. Nothing was started.
pub const BAD_THREAD_ID_POINTER: i32 = 66;
/// The program is ending; no thread is started any more. Nothing was started.
pub const ENDING: i32 = 67;
/// Library: the guard zone below a thread's stack was overwritten, so its memory cannot be trusted.
pub const STACK_GUARD_DAMAGED: i32 = 68;
/// Library: a thread that others may still share a stack frame with has died.
pub const SCOPED_THREAD_DIED: i32 = 69;
/// Library: the guest could not allocate a stack for a new thread.
pub const OUT_OF_MEMORY: i32 = 70;
/// The output stream does not exist, or takes no more (a full disk).
pub const OUTPUT_FAILED: i32 = 71;
/// The module's start function called `thread_create`: no thread can start before its module has. Nothing was
/// started.
pub const STARTING: i32 = 72;
/// Library: a destructor of a thread-local panicked or trapped, after the thread's result was handed over.
pub const DESTRUCTOR_FAILED: i32 = 73;
/// Nobody reads the output stream any more (a closed pipe).
pub const OUTPUT_CLOSED: i32 = 74;
/// Library: a panic that must not unwind, such as one in a destructor that another panic runs.
pub const CANNOT_UNWIND: i32 = 75;
/// The host gives no random bytes.
pub const NO_RANDOM: i32 = 76;
/// Library: the program has ended itself in the middle of things, as `std::process::abort` does.
pub const ABORTED: i32 = 77;
/// The input stream does not exist, or cannot be read.
pub const INPUT_FAILED: i32 = 78;

/// One sentence for an error number, fit for a message to a person.
///
/// ```
/// assert_eq!(threadlink_abi::errno::describe(1), "thread not found");
/// assert_eq!(threadlink_abi::errno::describe(-7), "unknown error number");
/// ```
#[must_use]
pub const fn describe(errno: i32) -> &'static str {
    match errno {
        OK => "no error",
        THREAD_NOT_FOUND => "thread not found",
        THREAD_JOIN_FAILED => "thread join failed",
        THREAD_FAILED => "thread failed in the runtime",
        MEMORY_OUT_OF_BOUNDS => "memory access out of bounds",
        THREAD_ID_POINTER => "thread-id pointer conversion failed",
        LOCK_POISONED => "thread-management lock poisoned",
        NO_RESULT => "no result after join",
        RESULT_SHARED => "several references after join",
        TOO_MANY_THREADS => "the host's limit of threads is reached",
        HOST_OUT_OF_THREADS => "the operating system gave no thread",
        BAD_THREAD_ID_POINTER => "the thread-id pointer is out of bounds or misaligned",
        ENDING => "the program is ending",
        STACK_GUARD_DAMAGED => "the guard zone below a thread's stack was overwritten",
        SCOPED_THREAD_DIED => "a scoped thread died while it may have borrowed its parent's data",
        OUT_OF_MEMORY => {
            "no memory for another thread's stack: raise the limit (--max-memory), or give threads smaller stacks \
             (Builder::stack_size)"
        }
        STARTING => "the module's start function cannot start threads",
        DESTRUCTOR_FAILED => "a destructor of a thread-local panicked or trapped",
        OUTPUT_FAILED => "the output stream does not exist or takes no more",
        OUTPUT_CLOSED => "nobody reads the output stream any more",
        CANNOT_UNWIND => "a panic that must not unwind, for instance one during the unwinding of another",
        NO_RANDOM => "the host gives no random bytes",
        ABORTED => "the program has aborted",
        INPUT_FAILED => "the input stream does not exist or cannot be read",
        _ => "unknown error number",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_of_the_table_has_its_own_sentence() {
        let numbers = (OK..=RESULT_SHARED).chain(FIRST_OWN..=INPUT_FAILED);
        let mut seen: [&str; 32] = [""; 32];
        for (slot, number) in numbers.enumerate() {
            let sentence = describe(number);
            assert_ne!(sentence, "unknown error number", "{number}");
            assert!(!seen.contains(&sentence), "{number} repeats {sentence:?}");
            seen[slot] = sentence;
        }
    }
}
