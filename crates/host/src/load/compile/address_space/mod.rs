//! How many addresses this process may have.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod none;

#[cfg(target_os = "linux")]
pub(super) use linux::limit;
#[cfg(not(target_os = "linux"))]
pub(super) use none::limit;
