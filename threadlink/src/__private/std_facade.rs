//! std's modules, with threadlink's items in the place of those that have a twin here.
//!
//! `#[traced]` lets an import of one of std's modules lead here. So whatever name the module gets by it, and wherever the
//! name goes on to (`use std::thread as th`, a glob import, `super::th`, a re-export), the twins are found behind it. An
//! explicit `use` hides what a glob import brings, so everything that has no twin is std's own.
//!
//! The modules hold what one option of the attribute replaces each; `whole` is std for `#[traced(std)]`, `locks` for
//! `#[traced]` alone.

#![allow(missing_docs)]

pub mod env {
    pub use crate::env::{Args, ArgsOs, args, args_os};
    pub use std::env::*;
}

pub mod io {
    pub use crate::io::{Stderr, StderrLock, Stdout, StdoutLock, stderr, stdout};
    pub use std::io::*;
}

pub mod mpsc {
    pub use crate::sync::mpsc::{
        IntoIter, Iter, Receiver, Sender, SyncSender, TryIter, channel, sync_channel,
    };
    pub use std::sync::mpsc::*;
}

pub mod process {
    pub use crate::process::exit;
    pub use std::process::*;
}

pub mod sync {
    pub use super::mpsc;
    pub use crate::sync::{
        Condvar, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard, WaitTimeoutResult,
    };
    pub use std::sync::*;
}

/// `std::sync` with std's channels.
pub mod sync_locks {
    pub use super::sync::{
        Condvar, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard, WaitTimeoutResult,
    };
    pub use std::sync::*;
}

pub mod thread {
    pub use crate::thread::{
        Builder, JoinHandle, Scope, ScopedJoinHandle, Thread, ThreadId, available_parallelism, current, park,
        park_timeout, scope, sleep, spawn, yield_now,
    };
    #[allow(deprecated)]
    pub use crate::thread::{park_timeout_ms, sleep_ms};
    pub use std::thread::*;
}

pub mod time {
    pub use crate::time::{Instant, SystemTime, UNIX_EPOCH};
    pub use std::time::*;
}

pub mod whole {
    pub use super::{env, io, process, sync, thread, time};
    pub use crate::{dbg, eprint, eprintln, print, println};
    pub use std::*;
}

pub mod locks {
    pub use super::sync_locks as sync;
    pub use std::*;
}
