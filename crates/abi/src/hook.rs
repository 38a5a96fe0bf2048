//! The hooks: what a traced lock or condition variable tells its host, and when.

use crate::imports::{self, Import};

macro_rules! hooks {
    ($($(#[$doc:meta])* $hook:ident = $import:ident,)*) => {
        /// A moment in the life of a traced lock or condition variable. Every hook gets its address first.
        ///
        /// The order is what makes a log of *acquire* at [`FinishLock`](Self::FinishLock) and *release* at
        /// [`StartUnlock`](Self::StartUnlock) well formed: the lock is held at both. A `try_lock` that succeeds calls
        /// [`StartLock`](Self::StartLock) and [`FinishLock`](Self::FinishLock) after the fact; one that fails calls nothing.
        ///
        /// ```
        /// use threadlink_abi::Hook;
        ///
        /// assert_eq!(Hook::StartLock.import().name, "start_lock");
        /// assert_eq!(Hook::ALL.len(), 11);
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

hooks! {
    /// Before the attempt to acquire.
    StartLock = START_LOCK,
    /// Once the lock is held.
    FinishLock = FINISH_LOCK,
    /// While the lock is still held, before its release.
    StartUnlock = START_UNLOCK,
    /// After the lock was released.
    FinishUnlock = FINISH_UNLOCK,
    /// Before the attempt to lock a read-write lock for reading. Locking it for writing calls the four above, with the
    /// same address.
    StartRead = START_READ,
    /// Once the lock is held for reading.
    FinishRead = FINISH_READ,
    /// While the lock is still held for reading, before its release.
    StartReadUnlock = START_READ_UNLOCK,
    /// After the lock was released by a reader.
    FinishReadUnlock = FINISH_READ_UNLOCK,
    /// Before a wait for a condition variable, while the mutex is still held; the mutex's address comes second. The
    /// mutex's own hooks for its release follow.
    StartWait = START_WAIT,
    /// When the wait is over, before the mutex is locked again; second, whether the time was over.
    FinishWait = FINISH_WAIT,
    /// Before waiting threads are woken; second, whether all of them are.
    Notify = NOTIFY,
}
