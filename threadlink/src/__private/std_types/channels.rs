//! The checks of `std::sync::mpsc`. Natively its twin is std's module itself.

/// Implemented by [`std::sync::mpsc::Sender`] and its twin here.
#[diagnostic::on_unimplemented(
    message = "`#[traced]` replaces std's `Sender`, but this is `{Self}`",
    label = "this name does not stand for `std::sync::mpsc::Sender`",
    note = "import `std::sync::mpsc::Sender` to have it replaced; write the other type with its whole path (as in `tokio::sync::mpsc::Sender`), or leave `mpsc` out (`#[traced(thread, time, print, process)]`) to have it left alone"
)]
pub trait StdSender {}

impl<T> StdSender for std::sync::mpsc::Sender<T> {}
#[cfg(all(target_arch = "wasm32", target_os = "unknown", not(threadlink_std)))]
impl<T> StdSender for crate::sync::mpsc::Sender<T> {}

/// Compiles only for [`std::sync::mpsc::Sender`], or its twin.
pub fn sender<T: StdSender>() {}

/// Implemented by [`std::sync::mpsc::SyncSender`] and its twin here.
#[diagnostic::on_unimplemented(
    message = "`#[traced]` replaces std's `SyncSender`, but this is `{Self}`",
    label = "this name does not stand for `std::sync::mpsc::SyncSender`",
    note = "import `std::sync::mpsc::SyncSender` to have it replaced; write the other type with its whole path (as in `tokio::sync::mpsc::SyncSender`), or leave `mpsc` out (`#[traced(thread, time, print, process)]`) to have it left alone"
)]
pub trait StdSyncSender {}

impl<T> StdSyncSender for std::sync::mpsc::SyncSender<T> {}
#[cfg(all(target_arch = "wasm32", target_os = "unknown", not(threadlink_std)))]
impl<T> StdSyncSender for crate::sync::mpsc::SyncSender<T> {}

/// Compiles only for [`std::sync::mpsc::SyncSender`], or its twin.
pub fn sync_sender<T: StdSyncSender>() {}

/// Implemented by [`std::sync::mpsc::Receiver`] and its twin here.
#[diagnostic::on_unimplemented(
    message = "`#[traced]` replaces std's `Receiver`, but this is `{Self}`",
    label = "this name does not stand for `std::sync::mpsc::Receiver`",
    note = "import `std::sync::mpsc::Receiver` to have it replaced; write the other type with its whole path (as in `tokio::sync::mpsc::Receiver`), or leave `mpsc` out (`#[traced(thread, time, print, process)]`) to have it left alone"
)]
pub trait StdReceiver {}

impl<T> StdReceiver for std::sync::mpsc::Receiver<T> {}
#[cfg(all(target_arch = "wasm32", target_os = "unknown", not(threadlink_std)))]
impl<T> StdReceiver for crate::sync::mpsc::Receiver<T> {}

/// Compiles only for [`std::sync::mpsc::Receiver`], or its twin.
pub fn receiver<T: StdReceiver>() {}

/// Implemented by [`std::sync::mpsc::Sender`] and its twin here.
#[diagnostic::on_unimplemented(
    message = "`#[traced(mpsc)]` replaces std's `mpsc`, but `mpsc` here is a module with another `Sender`: `{Self}`",
    label = "this path does not lead to `std::sync::mpsc`",
    note = "rename the other module where it is imported, or write std's whole path (`std::sync::mpsc::..`)"
)]
pub trait StdMpscModule {}

impl<T> StdMpscModule for std::sync::mpsc::Sender<T> {}
#[cfg(all(target_arch = "wasm32", target_os = "unknown", not(threadlink_std)))]
impl<T> StdMpscModule for crate::sync::mpsc::Sender<T> {}

/// Compiles only for [`std::sync::mpsc::Sender`], or its twin.
pub fn mpsc<T: StdMpscModule>() {}

/// Implemented by [`std::sync::mpsc::Iter`] and its twin here.
#[diagnostic::on_unimplemented(
    message = "`#[traced]` replaces std's `mpsc::Iter`, but this is `{Self}`",
    label = "this name does not stand for `std::sync::mpsc::Iter`",
    note = "rename the other module where it is imported, or write std's whole path (`std::sync::mpsc::..`)"
)]
pub trait StdChannelIter {}

impl<T> StdChannelIter for std::sync::mpsc::Iter<'_, T> {}
#[cfg(all(target_arch = "wasm32", target_os = "unknown", not(threadlink_std)))]
impl<T> StdChannelIter for crate::sync::mpsc::Iter<'_, T> {}

/// Compiles only for [`std::sync::mpsc::Iter`], or its twin.
pub fn channel_iter<T: StdChannelIter>() {}

/// Implemented by [`std::sync::mpsc::TryIter`] and its twin here.
#[diagnostic::on_unimplemented(
    message = "`#[traced]` replaces std's `mpsc::TryIter`, but this is `{Self}`",
    label = "this name does not stand for `std::sync::mpsc::TryIter`",
    note = "rename the other module where it is imported, or write std's whole path (`std::sync::mpsc::..`)"
)]
pub trait StdChannelTryIter {}

impl<T> StdChannelTryIter for std::sync::mpsc::TryIter<'_, T> {}
#[cfg(all(target_arch = "wasm32", target_os = "unknown", not(threadlink_std)))]
impl<T> StdChannelTryIter for crate::sync::mpsc::TryIter<'_, T> {}

/// Compiles only for [`std::sync::mpsc::TryIter`], or its twin.
pub fn channel_try_iter<T: StdChannelTryIter>() {}

/// Implemented by [`std::sync::mpsc::IntoIter`] and its twin here.
#[diagnostic::on_unimplemented(
    message = "`#[traced]` replaces std's `mpsc::IntoIter`, but this is `{Self}`",
    label = "this name does not stand for `std::sync::mpsc::IntoIter`",
    note = "rename the other module where it is imported, or write std's whole path (`std::sync::mpsc::..`)"
)]
pub trait StdChannelIntoIter {}

impl<T> StdChannelIntoIter for std::sync::mpsc::IntoIter<T> {}
#[cfg(all(target_arch = "wasm32", target_os = "unknown", not(threadlink_std)))]
impl<T> StdChannelIntoIter for crate::sync::mpsc::IntoIter<T> {}

/// Compiles only for [`std::sync::mpsc::IntoIter`], or its twin.
pub fn channel_into_iter<T: StdChannelIntoIter>() {}
