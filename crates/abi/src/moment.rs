//! The hooks as types, for guests: code that names a moment needs the import of that moment and no other, also where
//! nothing is optimised.

use crate::hook::Hook;

/// What a lock or condition variable tells its host at one moment, besides its address.
///
/// ```
/// use threadlink_abi::Hook;
/// use threadlink_abi::moment::{FinishWait, Moment, StartLock};
///
/// fn told<M: Moment>(moment: M) -> (Hook, usize) {
///     (M::HOOK, moment.second())
/// }
/// assert_eq!(told(StartLock), (Hook::StartLock, 0));
/// assert_eq!(told(FinishWait { timed_out: true }), (Hook::FinishWait, 1));
/// ```
pub trait Moment: Copy {
    /// Which hook it is.
    const HOOK: Hook;

    /// What the host is told after the address; 0 where it is told nothing more.
    #[must_use]
    fn second(self) -> usize;
}

macro_rules! moments {
    ($(
        $(#[$doc:meta])*
        $hook:ident $({ $(#[$what:meta])* $second:ident: $type:ty })? = $import:ident fn $function:ident;
    )*) => {
        $(
            moments!(@type $(#[$doc])* $hook $({ $(#[$what])* $second: $type })?);

            impl Moment for $hook {
                const HOOK: Hook = Hook::$hook;

                #[inline]
                fn second(self) -> usize {
                    moments!(@second self $($second)?)
                }
            }
        )*
    };
    (@type $(#[$doc:meta])* $hook:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $hook;
    };
    (@type $(#[$doc:meta])* $hook:ident { $(#[$what:meta])* $second:ident: $type:ty }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $hook {
            $(#[$what])*
            pub $second: $type,
        }
    };
    (@second $self:ident) => { 0 };
    (@second $self:ident $second:ident) => { usize::from($self.$second) };
}

crate::hooks!(moments);
