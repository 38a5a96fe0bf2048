//! Compile-time tests: the types here are `Send`, `Sync` and so on exactly when std's are.

use super::{Condvar, Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard, WaitTimeoutResult};

same_markers_of!(Mutex<T>, std::sync::Mutex);
same_markers_of!(MutexGuard<'static, T>, std::sync::MutexGuard);
same_markers_of!(RwLock<T>, std::sync::RwLock);
same_markers_of!(RwLockReadGuard<'static, T>, std::sync::RwLockReadGuard);
same_markers_of!(RwLockWriteGuard<'static, T>, std::sync::RwLockWriteGuard);
same_markers!(Mutex<[i32]>, std::sync::Mutex<[i32]>);
same_markers!(RwLock<dyn Send>, std::sync::RwLock<dyn Send>);
same_markers!(Condvar, std::sync::Condvar);
same_markers!(WaitTimeoutResult, std::sync::WaitTimeoutResult);

#[cfg(not(all(target_arch = "wasm32", target_os = "unknown", not(threadlink_std))))]
mod channels {
    use crate::sync::own_mpsc::{IntoIter, Iter, Receiver, Sender, SyncSender, TryIter};

    same_markers_of!(Sender<T>, std::sync::mpsc::Sender);
    same_markers_of!(SyncSender<T>, std::sync::mpsc::SyncSender);
    same_markers_of!(Receiver<T>, std::sync::mpsc::Receiver);
    same_markers_of!(IntoIter<T>, std::sync::mpsc::IntoIter);
    same_markers_of!(Iter<'static, T>, std::sync::mpsc::Iter);
    same_markers_of!(TryIter<'static, T>, std::sync::mpsc::TryIter);
}

/// A guard of a shorter-lived value is as good where it is only read, as with std's.
#[test]
fn a_read_guard_is_covariant() {
    fn same_lifetime<'a>(_guard: &RwLockReadGuard<'_, &'a i32>, _other: &'a i32) {}
    let long = 5;
    let lock = RwLock::new(&long);
    {
        let short = 6;
        same_lifetime(&lock.read().unwrap(), &short);
    }
    assert_eq!(*lock.into_inner().unwrap(), 5);
}
