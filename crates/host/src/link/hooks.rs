//! Lock events: the four hooks of Part A, and Part B's for read-write locks and condition variables.
//!
//! *Acquire* is what `finish_lock` reports and *release* what `start_unlock` reports: at both the lock is held, so
//! the trace never shows it held twice. `finish_unlock` adds nothing to that and is not recorded. The hooks for
//! reading are the same in this. *Wake* is what `finish_wait` reports, *notify* what its hook reports before anyone
//! is woken.

use threadlink_abi::Hook;
use wasmtime::{Caller, Linker, Result};

use super::going_on;
use crate::run::context::Context;

pub(super) fn define(linker: &mut Linker<Context>) -> Result<()> {
    for hook in Hook::ALL {
        let import = hook.import();
        match import.params.len() {
            1 => linker.func_wrap(
                import.module,
                import.name,
                move |caller: Caller<'_, Context>, lock: u32| tell(caller, hook, lock, 0),
            )?,
            _ => linker.func_wrap(
                import.module,
                import.name,
                move |caller: Caller<'_, Context>, condvar: u32, second: u32| {
                    tell(caller, hook, condvar, second)
                },
            )?,
        };
    }
    Ok(())
}

fn tell(mut caller: Caller<'_, Context>, hook: Hook, address: u32, second: u32) -> Result<()> {
    going_on(&caller)?;
    caller.data_mut().hook(hook, address, second);
    // The event may have closed a circle and ended the program.
    Ok(going_on(&caller)?)
}
