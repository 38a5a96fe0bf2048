//! The hooks: words in the control block, and calls to the host.

use core::panic::Location;
use core::ptr;
#[cfg(all(feature = "tracing", not(threadlink_std)))]
use core::sync::atomic::{AtomicU32, Ordering};

use super::current::current;
use super::imports;
#[cfg(feature = "tracing")]
use threadlink_abi::layout::block as layout;
use threadlink_abi::moment;

/// A moment that the host is told of by a call of its import.
pub trait Moment: moment::Moment {
    /// Calls the host.
    fn call(self, address: usize);
}

macro_rules! calls {
    ($(
        $(#[$doc:meta])*
        $hook:ident $({ $(#[$what:meta])* $second:ident: $type:ty })? = $import:ident fn $function:ident;
    )*) => {
        $(impl Moment for moment::$hook {
            #[inline]
            fn call(self, address: usize) {
                imports::$function(address $(, self.$second.into())?);
            }
        })*
    };
}

threadlink_abi::hooks!(calls);

/// What the holder word of a lock says of the thread that calls: its block's address.
#[inline]
pub fn holder() -> usize {
    ptr::from_ref(current()).addr()
}

/// Tells the host of a moment; where the program asks for something, how (one of `threadlink_abi::layout::block::OP_*`) and
/// where.
#[inline]
pub fn tell(moment: impl Moment, address: usize, request: Option<(u32, &'static Location<'static>)>) {
    if let Some((op, site)) = request {
        current().announce(op, site);
    }
    moment.call(address);
}

/// A number for a lock or condition variable of std's that no other one of the program has: even, and not 0. The crate
/// `threadlink` gives its own the odd ones.
#[cfg(all(feature = "tracing", not(threadlink_std)))]
pub fn next_instance() -> u32 {
    static LAST: AtomicU32 = AtomicU32::new(0);
    // After 2^31 locks the numbers begin again.
    loop {
        match LAST.fetch_add(2, Ordering::Relaxed).wrapping_add(2) {
            0 => {}
            number => return number,
        }
    }
}

/// Says that the calling thread has dropped the lock or condition variable with this number, which stood at this address. The
/// host reads that when it is called next, and is called before the list of them would forget any.
#[cfg(feature = "tracing")]
pub fn ended(address: usize, instance: u32) {
    let block = current();
    if !block.ended.add(address, instance) {
        return;
    }
    // A host that knows nothing of the list sees a lock that nobody else ever uses, taken and released.
    let own = ptr::from_ref(&block.ended).addr();
    block.announce_op(layout::OP_ENDED);
    imports::start_lock(own);
    imports::finish_lock(own);
    imports::start_unlock(own);
    imports::finish_unlock(own);
    block.announce_op(layout::OP_BLOCKING);
}
