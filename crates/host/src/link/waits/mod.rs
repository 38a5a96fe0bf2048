//! The instructions `memory.atomic.wait32`, `wait64` and `notify`, which the loader has made calls of the host, as the
//! threads specification has them.
//!
//! An instruction's address is the sum of its operand and its static offset, in 33 bits: where that does not fit into
//! 32, where it is not a multiple of the word's size, and where the word is not inside the memory as it is now, it
//! traps, and notify as well. The traps are those of wasmtime's own instructions, in their order.

#[cfg(test)]
mod tests;

use std::thread;
use std::time::{Duration, Instant};

use threadlink_watch::Memory;
use wasmtime::{AsContext, Caller, Linker, Result, Trap, WasmBacktrace};

use crate::load::rewrite::calls::{Call, MODULE};
use crate::memory::GuestMemory;
use crate::run::stop::Stop;
use crate::wait::{GuestThread, Outcome};

/// The longest wait that only asks others to go on: what `yield_now` is.
pub(super) const YIELD: Duration = Duration::from_micros(1);

pub(super) fn define<T: GuestThread + 'static>(linker: &mut Linker<T>) -> Result<()> {
    for call in Call::ALL {
        match call {
            Call::Wait32 => linker.func_wrap(MODULE, call.name(), wait32)?,
            Call::Wait64 => linker.func_wrap(MODULE, call.name(), wait64)?,
            Call::Notify => linker.func_wrap(MODULE, call.name(), notify)?,
        };
    }
    Ok(())
}

fn wait32<T: GuestThread>(
    caller: Caller<'_, T>,
    base: u32,
    expected: u32,
    timeout: i64,
    offset: u32,
) -> Result<u32> {
    let address = address(&caller, base, offset, 4)?;
    wait(caller, address, timeout, |memory| {
        memory.load(address) == Some(expected)
    })
}

fn wait64<T: GuestThread>(
    caller: Caller<'_, T>,
    base: u32,
    expected: u64,
    timeout: i64,
    offset: u32,
) -> Result<u32> {
    let address = address(&caller, base, offset, 8)?;
    wait(caller, address, timeout, |memory| {
        memory.load64(address) == Some(expected)
    })
}

fn notify<T: GuestThread>(mut caller: Caller<'_, T>, base: u32, count: u32, offset: u32) -> Result<u32> {
    let address = address(&caller, base, offset, 4)?;
    Ok(caller.data_mut().notify(address, count))
}

/// The address of a word of `size` bytes, which is aligned and inside the memory.
pub(super) fn address<T: GuestThread>(
    caller: &Caller<'_, T>,
    base: u32,
    offset: u32,
    size: u32,
) -> Result<u32> {
    let thread = caller.data();
    if thread.is_over() {
        return Err(over(caller));
    }
    let address = base.checked_add(offset).ok_or(Trap::MemoryOutOfBounds)?;
    if address % size != 0 {
        return Err(Trap::HeapMisaligned.into());
    }
    if u64::from(address) + u64::from(size) > thread.memory().len() {
        return Err(Trap::MemoryOutOfBounds.into());
    }
    Ok(address)
}

/// The error with which the thread leaves guest code because the run is over.
fn over<T: GuestThread>(caller: &Caller<'_, T>) -> wasmtime::Error {
    caller
        .data()
        .leaves(|| WasmBacktrace::force_capture(caller.as_context()));
    Stop::Over.into()
}

fn wait<T: GuestThread>(
    mut caller: Caller<'_, T>,
    address: u32,
    timeout: i64,
    equal: impl FnOnce(&GuestMemory) -> bool,
) -> Result<u32> {
    // Negative is for ever, and so is what the clock cannot count.
    let limit = u64::try_from(timeout).ok().map(Duration::from_nanos);
    let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
    if let (Some(limit), Some(deadline)) = (limit, deadline)
        && limit <= YIELD
    {
        return Ok(yields(caller.data().memory(), deadline, equal));
    }
    match caller.data_mut().wait(address, deadline, equal) {
        Outcome::Woken => Ok(0),
        Outcome::NotEqual => Ok(1),
        Outcome::TimedOut => Ok(2),
        Outcome::Over => Err(over(&caller)),
    }
}

/// A wait that is over before anybody could be woken: it leaves the processor to others instead. Whoever notifies meanwhile comes
/// after its end.
fn yields(memory: &GuestMemory, deadline: Instant, equal: impl FnOnce(&GuestMemory) -> bool) -> u32 {
    if !equal(memory) {
        return 1;
    }
    loop {
        thread::yield_now();
        if Instant::now() >= deadline {
            return 2;
        }
    }
}
