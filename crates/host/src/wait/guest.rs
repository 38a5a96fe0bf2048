//! What the functions that stand for waiting instructions need of whoever calls them.

use std::time::Instant;

use wasmtime::WasmBacktrace;

use super::queue::Outcome;
use crate::memory::GuestMemory;

/// A thread that runs guest code.
pub(crate) trait GuestThread {
    /// Whether the run is over, so that it must not go on.
    fn is_over(&self) -> bool;

    /// It leaves guest code for good, because the run is over; where it was is told to whoever wants to know.
    fn leaves(&self, _place: impl FnOnce() -> WasmBacktrace) {}

    /// The memory whose words it waits for.
    fn memory(&self) -> &GuestMemory;

    /// [`WaitQueues::notify`](super::WaitQueues::notify).
    fn notify(&mut self, address: u32, count: u32) -> u32;

    /// [`WaitQueues::wait`](super::WaitQueues::wait), as long as `still` says so of the memory.
    fn wait(
        &mut self,
        address: u32,
        deadline: Option<Instant>,
        still: impl FnOnce(&GuestMemory) -> bool,
    ) -> Outcome;
}
