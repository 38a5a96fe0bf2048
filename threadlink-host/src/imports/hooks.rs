//! Lock events: the four hooks of Part A.
//!
//! *Acquire* is what `finish_lock` reports and *release* what `start_unlock` reports: at both the lock is held, so
//! the trace never shows it held twice. `finish_unlock` adds nothing to that and is not recorded.

use threadlink_abi::core;
use wasmtime::{Caller, Linker, Result};

use super::going_on;
use crate::run::context::Context;

pub(super) fn define(linker: &mut Linker<Context>) -> Result<()> {
    linker.func_wrap(
        core::MODULE,
        core::START_LOCK,
        |mut caller: Caller<'_, Context>, lock: u32| {
            going_on(&caller)?;
            caller.data_mut().request(lock);
            // The request may have closed a circle and ended the program.
            Ok(going_on(&caller)?)
        },
    )?;
    linker.func_wrap(
        core::MODULE,
        core::FINISH_LOCK,
        |mut caller: Caller<'_, Context>, lock: u32| {
            going_on(&caller)?;
            caller.data_mut().acquire(lock);
            Ok(())
        },
    )?;
    linker.func_wrap(
        core::MODULE,
        core::START_UNLOCK,
        |mut caller: Caller<'_, Context>, lock: u32| {
            going_on(&caller)?;
            caller.data_mut().release(lock);
            Ok(())
        },
    )?;
    linker.func_wrap(
        core::MODULE,
        core::FINISH_UNLOCK,
        |_: Caller<'_, Context>, _lock: u32| {},
    )?;
    Ok(())
}
