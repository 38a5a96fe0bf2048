//! The hooks: words in the control block, and calls to the host.

use core::panic::Location;
use core::ptr;

use super::current::current;
use super::imports;
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
