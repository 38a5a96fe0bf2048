//! Why a host function does not return to the guest.

use thiserror::Error;

/// The errors with which host functions leave guest code for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum Stop {
    /// The program is over.
    #[error("the program is over")]
    Over,
    /// The guest's runtime called `panic` with this error number.
    #[error("the guest's runtime gave up with error number {0}")]
    Runtime(i32),
}
