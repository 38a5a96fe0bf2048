//! The checks of `std::io`'s streams. Natively their twins are std's themselves.

/// Implemented by [`std::io::Stdout`] and its twin here.
#[diagnostic::on_unimplemented(
    message = "`#[traced]` replaces std's `Stdout`, but this is `{Self}`",
    label = "this name does not stand for `std::io::Stdout`",
    note = "import `std::io::Stdout` to have it replaced, or write the other type with its whole path (as in `tokio::io::Stdout`) to have it left alone"
)]
pub trait StdStdout {}

impl StdStdout for std::io::Stdout {}
#[cfg(all(target_arch = "wasm32", target_os = "unknown", not(threadlink_std)))]
impl StdStdout for crate::io::Stdout {}

/// Compiles only for [`std::io::Stdout`], or its twin.
pub fn stdout<T: StdStdout>() {}

/// Implemented by [`std::io::Stderr`] and its twin here.
#[diagnostic::on_unimplemented(
    message = "`#[traced]` replaces std's `Stderr`, but this is `{Self}`",
    label = "this name does not stand for `std::io::Stderr`",
    note = "import `std::io::Stderr` to have it replaced, or write the other type with its whole path (as in `tokio::io::Stderr`) to have it left alone"
)]
pub trait StdStderr {}

impl StdStderr for std::io::Stderr {}
#[cfg(all(target_arch = "wasm32", target_os = "unknown", not(threadlink_std)))]
impl StdStderr for crate::io::Stderr {}

/// Compiles only for [`std::io::Stderr`], or its twin.
pub fn stderr<T: StdStderr>() {}

/// Implemented by [`std::io::StdoutLock`] and its twin here.
#[diagnostic::on_unimplemented(
    message = "`#[traced]` replaces std's `StdoutLock`, but this is `{Self}`",
    label = "this name does not stand for `std::io::StdoutLock`",
    note = "import `std::io::StdoutLock` to have it replaced, or write the other type with its whole path (as in `tokio::io::StdoutLock`) to have it left alone"
)]
pub trait StdStdoutLock {}

impl StdStdoutLock for std::io::StdoutLock<'_> {}
#[cfg(all(target_arch = "wasm32", target_os = "unknown", not(threadlink_std)))]
impl StdStdoutLock for crate::io::StdoutLock<'_> {}

/// Compiles only for [`std::io::StdoutLock`], or its twin.
pub fn stdout_lock<T: StdStdoutLock>() {}

/// Implemented by [`std::io::StderrLock`] and its twin here.
#[diagnostic::on_unimplemented(
    message = "`#[traced]` replaces std's `StderrLock`, but this is `{Self}`",
    label = "this name does not stand for `std::io::StderrLock`",
    note = "import `std::io::StderrLock` to have it replaced, or write the other type with its whole path (as in `tokio::io::StderrLock`) to have it left alone"
)]
pub trait StdStderrLock {}

impl StdStderrLock for std::io::StderrLock<'_> {}
#[cfg(all(target_arch = "wasm32", target_os = "unknown", not(threadlink_std)))]
impl StdStderrLock for crate::io::StderrLock<'_> {}

/// Compiles only for [`std::io::StderrLock`], or its twin.
pub fn stderr_lock<T: StdStderrLock>() {}

/// Implemented by [`std::io::Stdout`] and its twin here.
#[diagnostic::on_unimplemented(
    message = "`#[traced(print)]` replaces std's `io`, but `io` here is a module with another `Stdout`: `{Self}`",
    label = "this path does not lead to `std::io`",
    note = "rename the other module where it is imported, or write std's whole path (`std::io::..`)"
)]
pub trait StdIoModule {}

impl StdIoModule for std::io::Stdout {}
#[cfg(all(target_arch = "wasm32", target_os = "unknown", not(threadlink_std)))]
impl StdIoModule for crate::io::Stdout {}

/// Compiles only for [`std::io::Stdout`], or its twin.
pub fn io<T: StdIoModule>() {}
