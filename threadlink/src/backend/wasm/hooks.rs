//! The hooks' end on wasm: words in the control block, and calls to the host.

use std::panic::Location;
use std::ptr;

use super::current::current;
use super::imports;
use crate::hooks::Op;
use threadlink_abi::layout::block::{OP_BLOCKING, OP_TIMED, OP_TRY};
use threadlink_abi::moment;

/// A moment that the host is told of by a call of its import.
pub(crate) trait Moment: moment::Moment {
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
pub(crate) fn holder() -> usize {
    ptr::from_ref(current()).addr()
}

/// Tells the host of a moment; where the program asks for something, how and where.
#[inline]
pub(crate) fn tell(moment: impl Moment, address: usize, request: Option<(Op, &'static Location<'static>)>) {
    if let Some((op, site)) = request {
        let op = match op {
            Op::Blocking => OP_BLOCKING,
            Op::Try => OP_TRY,
            Op::Timed => OP_TIMED,
        };
        current().announce(op, site);
    }
    moment.call(address);
}
