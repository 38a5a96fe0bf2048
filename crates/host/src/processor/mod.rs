//! How much processor time a thread of the operating system has had, where somebody can tell.

#[cfg(target_os = "linux")]
#[path = "linux.rs"]
mod imp;
#[cfg(not(target_os = "linux"))]
#[path = "none.rs"]
mod imp;

pub(crate) use self::imp::ThreadId;
