//! Whether the process can take one more thread of the operating system.
//!
//! This has to be known before there is one: a thread of std's that finds no memory for its signal stack ends the process, and
//! so does an allocation that fails, in whatever thread.

use super::ending::Ending;
use super::mappings::Mapped;
use super::pool::Pool;

/// Bytes of addresses that must be left before there is another thread: for its signal stack, for an arena of the allocator's,
/// and for all others to go on.
const SLACK: usize = 192 << 20;

/// Bytes of addresses that a thread takes while it comes up: its signal stacks, and an arena of the allocator's, of which half
/// is given back.
const COMING_UP: usize = 130 << 20;

/// Why there can be no more threads.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Full {
    /// Of the addresses that the process may have.
    #[error("this process has no addresses left (ulimit -v)")]
    Addresses,
    /// Of the pieces that its addresses may consist of.
    #[error("this process has no mappings left for another thread (sysctl vm.max_map_count)")]
    Mappings,
}

/// The room for one more thread with a stack of `stack` bytes, which keeps it while it lives. The others of its run are those of
/// `pool`; who waits for them does so until the `ending`.
pub(crate) fn take(stack: usize, pool: &Pool, ending: &Ending) -> Result<Mapped, Full> {
    let mapped = Mapped::take().ok_or(Full::Mappings)?;
    if has_addresses(stack, pool, ending) {
        Ok(mapped)
    } else {
        Err(Full::Addresses)
    }
}

/// Whether there are the addresses for one more thread, besides what those take that are just coming up.
fn has_addresses(stack: usize, pool: &Pool, ending: &Ending) -> bool {
    loop {
        let coming_up = pool.coming_up();
        let wanted = SLACK
            .saturating_add(stack)
            .saturating_add(COMING_UP.saturating_mul(coming_up));
        // Given back at once.
        if Vec::<u8>::new().try_reserve_exact(wanted).is_ok() {
            return true;
        }
        if coming_up == 0 || ending.is_over() {
            return false;
        }
        // There may be room once it is known what they have taken.
        std::thread::yield_now();
    }
}
