//! The traits by which the compiler tells `#[traced]` whether a name stands for std's type.
//!
//! The attribute sees spellings only. For each one that it replaces it emits, beside the item and with the
//! user's own tokens, a reference to one of the functions here: `mutex::<Mutex<()>>`. That compiles if
//! `Mutex` was std's, and otherwise ends in the message of the trait below.
//!
//! The traced types pass as well: replacing them changes nothing, and so a `#[traced]` inside a body that
//! another one has already changed is no error.
//!
//! For functions it is their module that is checked, by a type in it: where `thread::ThreadId` is std's,
//! `thread::spawn` is std's.

mod channels;
mod guards;
mod streams;

pub use self::channels::{
    channel_into_iter, channel_iter, channel_try_iter, mpsc, receiver, sender, sync_sender,
};
pub use self::guards::{
    parking_lot_mapped_mutex_guard, parking_lot_mapped_rw_lock_read_guard,
    parking_lot_mapped_rw_lock_write_guard, parking_lot_rw_lock_upgradable_read_guard,
};
pub use self::streams::{io, stderr, stderr_lock, stdout, stdout_lock};

/// Implemented by [`std::sync::Mutex`] and its twin here.
#[diagnostic::on_unimplemented(
    message = "`#[traced]` replaces std's `Mutex`, but this is `{Self}`",
    label = "this name does not stand for `std::sync::Mutex`",
    note = "import `std::sync::Mutex` to have it replaced; write `parking_lot::Mutex` for parking_lot's, or the whole path of another type (as in `tokio::sync::Mutex`) to have it left alone"
)]
pub trait StdMutex {}

impl<T: ?Sized> StdMutex for std::sync::Mutex<T> {}
impl<T: ?Sized> StdMutex for crate::sync::Mutex<T> {}

/// Compiles only for [`std::sync::Mutex`], or its twin.
pub fn mutex<T: StdMutex>() {}

/// Implemented by [`std::sync::MutexGuard`] and its twin here.
#[diagnostic::on_unimplemented(
    message = "`#[traced]` replaces std's `MutexGuard`, but this is `{Self}`",
    label = "this name does not stand for `std::sync::MutexGuard`",
    note = "import `std::sync::MutexGuard` to have it replaced; write `parking_lot::MutexGuard` for parking_lot's, or the whole path of another type (as in `tokio::sync::MutexGuard`) to have it left alone"
)]
pub trait StdMutexGuard {}

impl<T: ?Sized> StdMutexGuard for std::sync::MutexGuard<'_, T> {}
impl<T: ?Sized> StdMutexGuard for crate::sync::MutexGuard<'_, T> {}

/// Compiles only for [`std::sync::MutexGuard`], or its twin.
pub fn mutex_guard<T: StdMutexGuard>() {}

/// Implemented by [`std::sync::RwLock`] and its twin here.
#[diagnostic::on_unimplemented(
    message = "`#[traced]` replaces std's `RwLock`, but this is `{Self}`",
    label = "this name does not stand for `std::sync::RwLock`",
    note = "import `std::sync::RwLock` to have it replaced; write `parking_lot::RwLock` for parking_lot's, or the whole path of another type (as in `tokio::sync::RwLock`) to have it left alone"
)]
pub trait StdRwLock {}

impl<T: ?Sized> StdRwLock for std::sync::RwLock<T> {}
impl<T: ?Sized> StdRwLock for crate::sync::RwLock<T> {}

/// Compiles only for [`std::sync::RwLock`], or its twin.
pub fn rw_lock<T: StdRwLock>() {}

/// Implemented by [`std::sync::RwLockReadGuard`] and its twin here.
#[diagnostic::on_unimplemented(
    message = "`#[traced]` replaces std's `RwLockReadGuard`, but this is `{Self}`",
    label = "this name does not stand for `std::sync::RwLockReadGuard`",
    note = "import `std::sync::RwLockReadGuard` to have it replaced; write `parking_lot::RwLockReadGuard` for parking_lot's, or the whole path of another type (as in `tokio::sync::RwLockReadGuard`) to have it left alone"
)]
pub trait StdRwLockReadGuard {}

impl<T: ?Sized> StdRwLockReadGuard for std::sync::RwLockReadGuard<'_, T> {}
impl<T: ?Sized> StdRwLockReadGuard for crate::sync::RwLockReadGuard<'_, T> {}

/// Compiles only for [`std::sync::RwLockReadGuard`], or its twin.
pub fn rw_lock_read_guard<T: StdRwLockReadGuard>() {}

/// Implemented by [`std::sync::RwLockWriteGuard`] and its twin here.
#[diagnostic::on_unimplemented(
    message = "`#[traced]` replaces std's `RwLockWriteGuard`, but this is `{Self}`",
    label = "this name does not stand for `std::sync::RwLockWriteGuard`",
    note = "import `std::sync::RwLockWriteGuard` to have it replaced; write `parking_lot::RwLockWriteGuard` for parking_lot's, or the whole path of another type (as in `tokio::sync::RwLockWriteGuard`) to have it left alone"
)]
pub trait StdRwLockWriteGuard {}

impl<T: ?Sized> StdRwLockWriteGuard for std::sync::RwLockWriteGuard<'_, T> {}
impl<T: ?Sized> StdRwLockWriteGuard for crate::sync::RwLockWriteGuard<'_, T> {}

/// Compiles only for [`std::sync::RwLockWriteGuard`], or its twin.
pub fn rw_lock_write_guard<T: StdRwLockWriteGuard>() {}

/// Implemented by [`std::sync::Condvar`] and its twin here.
#[diagnostic::on_unimplemented(
    message = "`#[traced]` replaces std's `Condvar`, but this is `{Self}`",
    label = "this name does not stand for `std::sync::Condvar`",
    note = "import `std::sync::Condvar` to have it replaced, or write the other type with its whole path (as in `tokio::sync::Condvar`) to have it left alone"
)]
pub trait StdCondvar {}

impl StdCondvar for std::sync::Condvar {}
impl StdCondvar for crate::sync::Condvar {}

/// Compiles only for [`std::sync::Condvar`], or its twin.
pub fn condvar<T: StdCondvar>() {}

/// Implemented by [`std::sync::WaitTimeoutResult`] and its twin here.
#[diagnostic::on_unimplemented(
    message = "`#[traced]` replaces std's `WaitTimeoutResult`, but this is `{Self}`",
    label = "this name does not stand for `std::sync::WaitTimeoutResult`",
    note = "import `std::sync::WaitTimeoutResult` to have it replaced, or write the other type with its whole path (as in `tokio::sync::WaitTimeoutResult`) to have it left alone"
)]
pub trait StdWaitTimeoutResult {}

impl StdWaitTimeoutResult for std::sync::WaitTimeoutResult {}
impl StdWaitTimeoutResult for crate::sync::WaitTimeoutResult {}

/// Compiles only for [`std::sync::WaitTimeoutResult`], or its twin.
pub fn wait_timeout_result<T: StdWaitTimeoutResult>() {}

/// Implemented by [`parking_lot::Mutex`] and its twin here.
#[diagnostic::on_unimplemented(
    message = "`#[traced]` replaces parking_lot's `Mutex`, but this is `{Self}`",
    label = "this name does not stand for `parking_lot::Mutex`",
    note = "a module of that name hides the crate, or this is another version of it: threadlink goes with parking_lot 0.13; use `#[traced(skip)]` to have a part of the item left alone"
)]
pub trait ParkingLotMutex {}

impl<T: ?Sized> ParkingLotMutex for parking_lot::Mutex<T> {}
impl<T: ?Sized> ParkingLotMutex for crate::mutex::TracingMutex<T> {}

/// Compiles only for [`parking_lot::Mutex`], or its twin.
pub fn parking_lot_mutex<T: ParkingLotMutex>() {}

/// Implemented by [`parking_lot::MutexGuard`] and its twin here.
#[diagnostic::on_unimplemented(
    message = "`#[traced]` replaces parking_lot's `MutexGuard`, but this is `{Self}`",
    label = "this name does not stand for `parking_lot::MutexGuard`",
    note = "a module of that name hides the crate, or this is another version of it: threadlink goes with parking_lot 0.13; use `#[traced(skip)]` to have a part of the item left alone"
)]
pub trait ParkingLotMutexGuard {}

impl<T: ?Sized> ParkingLotMutexGuard for parking_lot::MutexGuard<'_, T> {}
impl<T: ?Sized> ParkingLotMutexGuard for crate::mutex::TracingMutexGuard<'_, T> {}

/// Compiles only for [`parking_lot::MutexGuard`], or its twin.
pub fn parking_lot_mutex_guard<T: ParkingLotMutexGuard>() {}

/// Implemented by [`parking_lot::RwLock`] and its twin here.
#[diagnostic::on_unimplemented(
    message = "`#[traced]` replaces parking_lot's `RwLock`, but this is `{Self}`",
    label = "this name does not stand for `parking_lot::RwLock`",
    note = "a module of that name hides the crate, or this is another version of it: threadlink goes with parking_lot 0.13; use `#[traced(skip)]` to have a part of the item left alone"
)]
pub trait ParkingLotRwLock {}

impl<T: ?Sized> ParkingLotRwLock for parking_lot::RwLock<T> {}
impl<T: ?Sized> ParkingLotRwLock for crate::rwlock::TracingRwLock<T> {}

/// Compiles only for [`parking_lot::RwLock`], or its twin.
pub fn parking_lot_rw_lock<T: ParkingLotRwLock>() {}

/// Implemented by [`parking_lot::RwLockReadGuard`] and its twin here.
#[diagnostic::on_unimplemented(
    message = "`#[traced]` replaces parking_lot's `RwLockReadGuard`, but this is `{Self}`",
    label = "this name does not stand for `parking_lot::RwLockReadGuard`",
    note = "a module of that name hides the crate, or this is another version of it: threadlink goes with parking_lot 0.13; use `#[traced(skip)]` to have a part of the item left alone"
)]
pub trait ParkingLotRwLockReadGuard {}

impl<T: ?Sized> ParkingLotRwLockReadGuard for parking_lot::RwLockReadGuard<'_, T> {}
impl<T: ?Sized> ParkingLotRwLockReadGuard for crate::rwlock::TracingRwLockReadGuard<'_, T> {}

/// Compiles only for [`parking_lot::RwLockReadGuard`], or its twin.
pub fn parking_lot_rw_lock_read_guard<T: ParkingLotRwLockReadGuard>() {}

/// Implemented by [`parking_lot::RwLockWriteGuard`] and its twin here.
#[diagnostic::on_unimplemented(
    message = "`#[traced]` replaces parking_lot's `RwLockWriteGuard`, but this is `{Self}`",
    label = "this name does not stand for `parking_lot::RwLockWriteGuard`",
    note = "a module of that name hides the crate, or this is another version of it: threadlink goes with parking_lot 0.13; use `#[traced(skip)]` to have a part of the item left alone"
)]
pub trait ParkingLotRwLockWriteGuard {}

impl<T: ?Sized> ParkingLotRwLockWriteGuard for parking_lot::RwLockWriteGuard<'_, T> {}
impl<T: ?Sized> ParkingLotRwLockWriteGuard for crate::rwlock::TracingRwLockWriteGuard<'_, T> {}

/// Compiles only for [`parking_lot::RwLockWriteGuard`], or its twin.
pub fn parking_lot_rw_lock_write_guard<T: ParkingLotRwLockWriteGuard>() {}

/// Implemented by [`std::thread::JoinHandle`] and its twin here.
#[diagnostic::on_unimplemented(
    message = "`#[traced]` replaces std's `JoinHandle`, but this is `{Self}`",
    label = "this name does not stand for `std::thread::JoinHandle`",
    note = "import `std::thread::JoinHandle` to have it replaced, or write the other type with its whole path (as in `tokio::task::JoinHandle`) to have it left alone"
)]
pub trait StdJoinHandle {}

impl<T> StdJoinHandle for std::thread::JoinHandle<T> {}
#[cfg(not(threadlink_std))]
impl<T> StdJoinHandle for crate::thread::JoinHandle<T> {}

/// Compiles only for [`std::thread::JoinHandle`], or its twin.
pub fn join_handle<T: StdJoinHandle>() {}

/// Implemented by [`std::thread::ScopedJoinHandle`] and its twin here.
#[diagnostic::on_unimplemented(
    message = "`#[traced]` replaces std's `ScopedJoinHandle`, but this is `{Self}`",
    label = "this name does not stand for `std::thread::ScopedJoinHandle`",
    note = "import `std::thread::ScopedJoinHandle` to have it replaced, or write the other type with its whole path (as in `tokio::task::ScopedJoinHandle`) to have it left alone"
)]
pub trait StdScopedJoinHandle {}

impl<T> StdScopedJoinHandle for std::thread::ScopedJoinHandle<'_, T> {}
#[cfg(not(threadlink_std))]
impl<T> StdScopedJoinHandle for crate::thread::ScopedJoinHandle<'_, T> {}

/// Compiles only for [`std::thread::ScopedJoinHandle`], or its twin.
pub fn scoped_join_handle<T: StdScopedJoinHandle>() {}

/// Implemented by [`std::thread::Thread`] and its twin here.
#[diagnostic::on_unimplemented(
    message = "`#[traced]` replaces std's `Thread`, but this is `{Self}`",
    label = "this name does not stand for `std::thread::Thread`",
    note = "import `std::thread::Thread` to have it replaced, or write the other type with its whole path (as in `tokio::task::Thread`) to have it left alone"
)]
pub trait StdThread {}

impl StdThread for std::thread::Thread {}
#[cfg(not(threadlink_std))]
impl StdThread for crate::thread::Thread {}

/// Compiles only for [`std::thread::Thread`], or its twin.
pub fn thread_handle<T: StdThread>() {}

/// Implemented by [`std::thread::Builder`] and its twin here.
#[diagnostic::on_unimplemented(
    message = "`#[traced]` replaces std's `Builder`, but this is `{Self}`",
    label = "this name does not stand for `std::thread::Builder`",
    note = "import `std::thread::Builder` to have it replaced, or write the other type with its whole path (as in `tokio::task::Builder`) to have it left alone"
)]
pub trait StdBuilder {}

impl StdBuilder for std::thread::Builder {}
#[cfg(not(threadlink_std))]
impl StdBuilder for crate::thread::Builder {}

/// Compiles only for [`std::thread::Builder`], or its twin.
pub fn thread_builder<T: StdBuilder>() {}

/// Implemented by [`std::thread::Scope`] and its twin here.
#[diagnostic::on_unimplemented(
    message = "`#[traced]` replaces std's `Scope`, but this is `{Self}`",
    label = "this name does not stand for `std::thread::Scope`",
    note = "import `std::thread::Scope` to have it replaced, or write the other type with its whole path (as in `tokio::task::Scope`) to have it left alone"
)]
pub trait StdScope {}

impl StdScope for std::thread::Scope<'_, '_> {}
#[cfg(not(threadlink_std))]
impl StdScope for crate::thread::Scope<'_, '_> {}

/// Compiles only for [`std::thread::Scope`], or its twin.
pub fn thread_scope<T: StdScope>() {}

/// Implemented by [`std::thread::ThreadId`] and its twin here.
#[diagnostic::on_unimplemented(
    message = "`#[traced(thread)]` replaces std's `thread`, but `thread` here is a module with another `ThreadId`: `{Self}`",
    label = "this path does not lead to `std::thread`",
    note = "rename the other module where it is imported, or write std's whole path (`std::thread::..`)"
)]
pub trait StdThreadModule {}

impl StdThreadModule for std::thread::ThreadId {}
#[cfg(not(threadlink_std))]
impl StdThreadModule for crate::thread::ThreadId {}

/// Compiles only for [`std::thread::ThreadId`], or its twin.
pub fn thread<T: StdThreadModule>() {}

/// Implemented by [`std::time::Instant`] and its twin here.
#[diagnostic::on_unimplemented(
    message = "`#[traced]` replaces std's `Instant`, but this is `{Self}`",
    label = "this name does not stand for `std::time::Instant`",
    note = "import `std::time::Instant` to have it replaced, or write the other type with its whole path (as in `tokio::time::Instant`) to have it left alone"
)]
pub trait StdInstant {}

impl StdInstant for std::time::Instant {}
#[cfg(all(target_arch = "wasm32", target_os = "unknown", not(threadlink_std)))]
impl StdInstant for crate::time::Instant {}

/// Compiles only for [`std::time::Instant`], or its twin.
pub fn instant<T: StdInstant>() {}

/// Implemented by [`std::time::SystemTime`] and its twin here.
#[diagnostic::on_unimplemented(
    message = "`#[traced]` replaces std's `SystemTime`, but this is `{Self}`",
    label = "this name does not stand for `std::time::SystemTime`",
    note = "import `std::time::SystemTime` to have it replaced, or write the other type with its whole path (as in `tokio::time::SystemTime`) to have it left alone"
)]
pub trait StdSystemTime {}

impl StdSystemTime for std::time::SystemTime {}
#[cfg(all(target_arch = "wasm32", target_os = "unknown", not(threadlink_std)))]
impl StdSystemTime for crate::time::SystemTime {}

/// Compiles only for [`std::time::SystemTime`], or its twin.
pub fn system_time<T: StdSystemTime>() {}

/// Implemented by [`std::process::ExitCode`] and its twin here.
#[diagnostic::on_unimplemented(
    message = "`#[traced(process)]` replaces std's `process`, but `process` here is a module with another `ExitCode`: `{Self}`",
    label = "this path does not lead to `std::process`",
    note = "rename the other module where it is imported, or write std's whole path (`std::process::..`)"
)]
pub trait StdProcessModule {}

impl StdProcessModule for std::process::ExitCode {}
impl StdProcessModule for crate::process::ExitCode {}

/// Compiles only for [`std::process::ExitCode`], or its twin.
pub fn process<T: StdProcessModule>() {}

/// Implemented by [`std::env::Args`] and its twin here.
#[diagnostic::on_unimplemented(
    message = "`#[traced(process)]` replaces std's `env`, but `env` here is a module with another `Args`: `{Self}`",
    label = "this path does not lead to `std::env`",
    note = "rename the other module where it is imported, or write std's whole path (`std::env::..`)"
)]
pub trait StdEnvModule {}

impl StdEnvModule for std::env::Args {}
impl StdEnvModule for crate::env::Args {}

/// Compiles only for [`std::env::Args`], or its twin.
pub fn env<T: StdEnvModule>() {}

/// Implemented by [`std::env::ArgsOs`] and its twin here.
#[diagnostic::on_unimplemented(
    message = "`#[traced(process)]` replaces std's `ArgsOs`, but this is `{Self}`",
    label = "this name does not stand for `std::env::ArgsOs`",
    note = "rename the other type where it is imported, or write std's whole path (`std::env::ArgsOs`)"
)]
pub trait StdArgsOs {}

impl StdArgsOs for std::env::ArgsOs {}
impl StdArgsOs for crate::env::ArgsOs {}

/// Compiles only for [`std::env::ArgsOs`], or its twin.
pub fn env_os<T: StdArgsOs>() {}

/// Implemented by threadlink's own mutexes and read-write locks, std's and lock_api's flavour.
#[diagnostic::on_unimplemented(
    message = "`#[traced]` names threadlink's own locks, but this is `{Self}`",
    label = "this name does not stand for a lock of threadlink's",
    note = "write the other type with its whole path (as in `tracing_mutex::stdsync::TracingMutex`) to have it left alone"
)]
pub trait TracingLock {}

impl<T: ?Sized> TracingLock for crate::sync::TracingMutex<T> {}
impl<T: ?Sized> TracingLock for crate::sync::TracingRwLock<T> {}
impl<T: ?Sized> TracingLock for crate::mutex::TracingMutex<T> {}
impl<T: ?Sized> TracingLock for crate::rwlock::TracingRwLock<T> {}

/// Compiles only for one of these.
pub fn tracing_lock<T: TracingLock>() {}
