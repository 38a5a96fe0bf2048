//! How much of the processor's time the programs took that were run, and how many processors they have.

use std::process::Command;
use std::time::Duration;

/// What all programs have used that were run and waited for, in their own code and in the system's.
#[cfg(unix)]
#[must_use]
pub(crate) fn used_by_children() -> Duration {
    // SAFETY: all of the structure is integers, for which zero is a value.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: the pointer is to a structure of that type, which is ours alone.
    let failed = unsafe { libc::getrusage(libc::RUSAGE_CHILDREN, &raw mut usage) } != 0;
    assert!(!failed, "the arguments are right");
    [usage.ru_utime, usage.ru_stime]
        .iter()
        .map(|time| Duration::from_secs(time.tv_sec as u64) + Duration::from_micros(time.tv_usec as u64))
        .sum()
}

/// Nothing that we could ask.
#[cfg(not(unix))]
#[must_use]
pub(crate) fn used_by_children() -> Duration {
    Duration::ZERO
}

/// Whether a program can be given one processor.
pub(crate) const CAN_BE_CHOSEN: bool = cfg!(target_os = "linux");

/// Lets the program have one processor, and all that it starts: the first one that we may use.
#[cfg(target_os = "linux")]
pub(crate) fn only_one(command: &mut Command) {
    use std::io::Error;
    use std::os::unix::process::CommandExt;

    let choose = || {
        // SAFETY: all of the set is integers, for which zero is a value.
        let mut may: libc::cpu_set_t = unsafe { std::mem::zeroed() };
        let size = size_of_val(&may);
        // SAFETY: the pointer is to a set of that size, which is ours alone.
        if unsafe { libc::sched_getaffinity(0, size, &raw mut may) } != 0 {
            return Err(Error::last_os_error());
        }
        let processors = 0..libc::CPU_SETSIZE as usize;
        // SAFETY: the number is below the set's size, as it is for the next one.
        let first = processors
            .into_iter()
            .find(|number| unsafe { libc::CPU_ISSET(*number, &may) });
        // SAFETY: as above.
        let mut one: libc::cpu_set_t = unsafe { std::mem::zeroed() };
        // SAFETY: as above.
        unsafe { libc::CPU_SET(first.unwrap_or(0), &mut one) };
        // SAFETY: as for the other set, which is only read here.
        if unsafe { libc::sched_setaffinity(0, size, &raw const one) } != 0 {
            return Err(Error::last_os_error());
        }
        Ok(())
    };
    // SAFETY: between fork and exec it does nothing but two calls of the system and arithmetic on its own stack.
    unsafe { command.pre_exec(choose) };
}

/// Nothing: rows that need it are left out.
#[cfg(not(target_os = "linux"))]
pub(crate) fn only_one(_: &mut Command) {}
