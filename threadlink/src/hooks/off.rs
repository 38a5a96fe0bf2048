//! Hooks without the feature `tracing`: nothing, so that a traced lock costs what the lock inside costs.

use super::Op;

/// No word in the lock.
pub(crate) struct Holder;

impl Holder {
    pub(crate) const NEW: Self = Self;

    #[inline(always)]
    pub(crate) fn set(&self) {}

    #[inline(always)]
    pub(crate) fn clear(&self) {}
}

/// No word for readers either.
pub(crate) struct Readers;

impl Readers {
    pub(crate) const NEW: Self = Self;

    #[inline(always)]
    pub(crate) fn add(&self) {}

    #[inline(always)]
    pub(crate) fn remove(&self) {}
}

#[inline(always)]
pub(crate) fn start_lock(_lock: usize, _op: Op) {}

#[inline(always)]
pub(crate) fn finish_lock(_lock: usize) {}

#[inline(always)]
pub(crate) fn start_unlock(_lock: usize) {}

#[inline(always)]
pub(crate) fn finish_unlock(_lock: usize) {}

#[inline(always)]
pub(crate) fn start_read(_lock: usize, _op: Op) {}

#[inline(always)]
pub(crate) fn finish_read(_lock: usize) {}

#[inline(always)]
pub(crate) fn start_read_unlock(_lock: usize) {}

#[inline(always)]
pub(crate) fn finish_read_unlock(_lock: usize) {}

#[inline(always)]
pub(crate) fn start_wait(_condvar: usize, _mutex: usize, _op: Op) {}

#[inline(always)]
pub(crate) fn finish_wait(_condvar: usize, _timed_out: bool) {}

#[inline(always)]
pub(crate) fn notify(_condvar: usize, _all: bool) {}
