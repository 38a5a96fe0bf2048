//! The hooks: what a traced lock or condition variable tells its host, and when.
//!
//! [`hooks!`](crate::hooks!) hands the list to a macro: this file makes an enum of it, `moment.rs` one type a hook, and the
//! guest's runtime the calls.

use crate::imports::{self, Import};

/// Calls the macro `$then` with all hooks: name, what is told besides the address, import and its function.
///
/// ```text
/// $then! {
///     /// When it is called.
///     FinishWait {
///         /// What that says.
///         timed_out: bool
///     } = FINISH_WAIT fn finish_wait;
/// }
/// ```
///
/// ```
/// macro_rules! names {
///     ($($(#[$_doc:meta])* $hook:ident $({ $(#[$_what:meta])* $second:ident: $_type:ty })? = $_import:ident fn $_fn:ident;)*) => {
///         [$(stringify!($hook)),*]
///     };
/// }
/// assert_eq!(threadlink_abi::hooks!(names).len(), threadlink_abi::Hook::ALL.len());
/// ```
#[macro_export]
macro_rules! hooks {
    ($then:ident) => {
        $then! {
            /// Before the thread waits to acquire, or, where it need not wait, when it has.
            StartLock = START_LOCK fn start_lock;
            /// Once the lock is held.
            FinishLock = FINISH_LOCK fn finish_lock;
            /// While the lock is still held, before its release.
            StartUnlock = START_UNLOCK fn start_unlock;
            /// After the lock was released.
            FinishUnlock = FINISH_UNLOCK fn finish_unlock;
            /// Before the thread waits to lock a read-write lock for reading, or, where it need not wait, when it has. Locking
            /// it for writing calls the four above, with the same address.
            StartRead = START_READ fn start_read;
            /// Once the lock is held for reading.
            FinishRead = FINISH_READ fn finish_read;
            /// While the lock is still held for reading, before its release.
            StartReadUnlock = START_READ_UNLOCK fn start_read_unlock;
            /// After the lock was released by a reader.
            FinishReadUnlock = FINISH_READ_UNLOCK fn finish_read_unlock;
            /// Before a wait for a condition variable, while the mutex is still held; the mutex's address comes second. The
            /// mutex's own hooks for its release follow.
            StartWait {
                /// The mutex's address, as in its own hooks.
                mutex: usize
            } = START_WAIT fn start_wait;
            /// When the wait is over, before the mutex is locked again; second, whether the time was over.
            FinishWait {
                /// Whether the wait ended because the time was over.
                timed_out: bool
            } = FINISH_WAIT fn finish_wait;
            /// Before waiting threads are woken; second, whether all of them are.
            Notify {
                /// Whether all of them are, not one.
                all: bool
            } = NOTIFY fn notify;
            /// Before a thread waits for its token (`park`), with the token's address: each thread has one. Second, whether the
            /// wait has a time limit.
            StartPark {
                /// Whether the wait has a time limit.
                timed: bool
            } = START_PARK fn start_park;
            /// When that wait is over; second, whether the time was over and there was no token.
            FinishPark {
                /// Whether there was no token when the time was over.
                timed_out: bool
            } = FINISH_PARK fn finish_park;
            /// Before a thread is left its token (`unpark`).
            Unpark = UNPARK fn unpark;
        }
    };
}

macro_rules! list {
    ($(
        $(#[$doc:meta])*
        $hook:ident $({ $(#[$what:meta])* $second:ident: $type:ty })? = $import:ident fn $function:ident;
    )*) => {
        /// A moment in the life of a traced lock or condition variable, or of a thread's token. Every hook gets its address
        /// first.
        ///
        /// The order is what makes a log of *acquire* at [`FinishLock`](Self::FinishLock) and *release* at
        /// [`StartUnlock`](Self::StartUnlock) well formed: the lock is held at both. What finds a lock free calls
        /// [`StartLock`](Self::StartLock) and [`FinishLock`](Self::FinishLock) after the fact; a `try_lock` that fails calls
        /// nothing.
        ///
        /// ```
        /// use threadlink_abi::Hook;
        ///
        /// assert_eq!(Hook::StartLock.import().name, "start_lock");
        /// assert_eq!(Hook::ALL.len(), 14);
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Hook {
            $($(#[$doc])* $hook,)*
        }

        impl Hook {
            /// All of them.
            pub const ALL: [Self; [$(Self::$hook),*].len()] = [$(Self::$hook),*];

            /// The import that a guest calls for it.
            #[must_use]
            pub const fn import(self) -> Import {
                match self {
                    $(Self::$hook => imports::$import,)*
                }
            }
        }
    };
}

hooks!(list);

impl Import {
    /// The hook that it is, if it is one.
    ///
    /// ```
    /// use threadlink_abi::{Hook, imports};
    ///
    /// assert_eq!(imports::FINISH_READ.hook(), Some(Hook::FinishRead));
    /// assert_eq!(imports::WRITE.hook(), None);
    /// ```
    #[must_use]
    pub fn hook(&self) -> Option<Hook> {
        Hook::ALL.into_iter().find(|hook| hook.import() == *self)
    }
}
