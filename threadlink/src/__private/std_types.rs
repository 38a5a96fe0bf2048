//! The traits by which the compiler tells `#[traced]` whether a name stands for std's type.
//!
//! The attribute sees spellings only. For each one that it replaces it emits, beside the item and with the
//! user's own tokens, a reference to one of the functions here: `mutex::<Mutex<()>>`. That compiles if
//! `Mutex` was std's, and otherwise ends in the message of the trait below.
//!
//! The traced types pass as well: replacing them changes nothing, and so a `#[traced]` inside a body that
//! another one has already changed is no error.

/// Implemented by [`std::sync::Mutex`] and its traced twin.
#[diagnostic::on_unimplemented(
    message = "`#[traced]` replaces std's `Mutex`, but this is `{Self}`",
    label = "this name does not stand for `std::sync::Mutex`",
    note = "import `std::sync::Mutex` to have it traced, or write the other type with its whole path (as in `parking_lot::Mutex`) to have it left alone"
)]
pub trait StdMutex {}

impl<T: ?Sized> StdMutex for std::sync::Mutex<T> {}
impl<T: ?Sized> StdMutex for crate::sync::Mutex<T> {}

/// Compiles only for std's `Mutex`, or the traced one.
pub fn mutex<T: StdMutex>() {}

/// Implemented by [`std::sync::MutexGuard`] and its traced twin.
#[diagnostic::on_unimplemented(
    message = "`#[traced]` replaces std's `MutexGuard`, but this is `{Self}`",
    label = "this name does not stand for `std::sync::MutexGuard`",
    note = "import `std::sync::MutexGuard` to have it traced, or write the other type with its whole path (as in `parking_lot::MutexGuard`) to have it left alone"
)]
pub trait StdMutexGuard {}

impl<T: ?Sized> StdMutexGuard for std::sync::MutexGuard<'_, T> {}
impl<T: ?Sized> StdMutexGuard for crate::sync::MutexGuard<'_, T> {}

/// Compiles only for std's `MutexGuard`, or the traced one.
pub fn mutex_guard<T: StdMutexGuard>() {}

/// Implemented by [`std::sync::Condvar`] and its traced twin.
#[diagnostic::on_unimplemented(
    message = "`#[traced]` replaces std's `Condvar`, but this is `{Self}`",
    label = "this name does not stand for `std::sync::Condvar`",
    note = "import `std::sync::Condvar` to have it traced, or write the other type with its whole path (as in `parking_lot::Condvar`) to have it left alone"
)]
pub trait StdCondvar {}

impl StdCondvar for std::sync::Condvar {}
impl StdCondvar for crate::sync::Condvar {}

/// Compiles only for std's `Condvar`, or the traced one.
pub fn condvar<T: StdCondvar>() {}

/// Implemented by [`std::sync::WaitTimeoutResult`] and its traced twin.
#[diagnostic::on_unimplemented(
    message = "`#[traced]` replaces std's `WaitTimeoutResult`, but this is `{Self}`",
    label = "this name does not stand for `std::sync::WaitTimeoutResult`",
    note = "import `std::sync::WaitTimeoutResult` to have it traced, or write the other type with its whole path (as in `parking_lot::WaitTimeoutResult`) to have it left alone"
)]
pub trait StdWaitTimeoutResult {}

impl StdWaitTimeoutResult for std::sync::WaitTimeoutResult {}
impl StdWaitTimeoutResult for crate::sync::WaitTimeoutResult {}

/// Compiles only for std's `WaitTimeoutResult`, or the traced one.
pub fn wait_timeout_result<T: StdWaitTimeoutResult>() {}
