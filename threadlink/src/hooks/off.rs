//! Hooks without the feature `tracing`: nothing, so that a traced lock costs what the lock inside costs.

use std::panic::Location;

use super::op::Op;

pub(crate) use threadlink_abi::moment::Moment;

/// No word in the lock.
pub(crate) struct Holder;

impl Holder {
    pub(crate) const NEW: Self = Self;

    #[inline(always)]
    pub(crate) unsafe fn set(&self) {}

    #[inline(always)]
    pub(crate) unsafe fn clear(&self) {}
}

/// Nor the one after it.
pub(crate) struct Spare;

impl Spare {
    pub(crate) const NEW: Self = Self;
}

/// Nor does a lock know where it was made.
pub(crate) struct Origin;

impl Origin {
    pub(crate) const UNKNOWN: Self = Self;

    #[inline(always)]
    pub(crate) const fn here(_name: LockName) -> Self {
        Self
    }

    #[inline(always)]
    pub(crate) fn rename(&mut self, _name: LockName) {}

    pub(crate) fn get(&self) -> (Option<&'static Location<'static>>, Option<&'static str>) {
        (None, None)
    }
}

/// No number.
pub(crate) struct Instance;

impl Instance {
    pub(crate) const NEW: Self = Self;

    #[inline(always)]
    pub(crate) fn begin(&self) {}
}

/// No room for hosts.
pub(crate) struct Stamp;

impl Stamp {
    pub(crate) const NEW: Self = Self;
}

/// The name of a lock, for traces and reports: `Account.balance`.
///
/// Without the cargo feature `tracing` it is empty, so that names cost nothing.
///
/// ```
/// use threadlink::hooks::LockName;
/// use threadlink::sync::Mutex;
///
/// static LEDGER: Mutex<Vec<i64>> = Mutex::with_name(Vec::new(), LockName::new("bank::LEDGER"));
/// assert!(LEDGER.lock().unwrap().is_empty());
/// ```
#[derive(Debug, Clone, Copy)]
pub struct LockName(());

impl LockName {
    pub(crate) const NONE: Self = Self(());

    /// The name `text`.
    ///
    /// ```
    /// let name = const { threadlink::hooks::LockName::new("queue") };
    /// # let _ = name;
    /// ```
    #[must_use]
    #[inline(always)]
    pub const fn new(_text: &'static str) -> Self {
        Self(())
    }
}

#[inline(always)]
pub(crate) fn tell(_moment: impl Moment, _address: usize) {}

#[inline(always)]
pub(crate) fn request(_moment: impl Moment, _address: usize, _op: Op) {}
