//! Lock events: the four hooks of Part A, and Part B's for read-write locks and condition variables.
//!
//! *Acquire* is what `finish_lock` reports and *release* what `start_unlock` reports: at both the lock is held, so
//! the trace never shows it held twice. `finish_unlock` adds nothing to that and is not recorded. The hooks for
//! reading are the same in this. *Wake* is what `finish_wait` reports, *notify* what its hook reports before anyone
//! is woken.

use threadlink_abi::{core, ext};
use wasmtime::{Caller, Linker, Result};

use super::going_on;
use crate::run::context::Context;

pub(super) fn define(linker: &mut Linker<Context>) -> Result<()> {
    hook(linker, core::MODULE, core::START_LOCK, Context::request)?;
    hook(linker, core::MODULE, core::FINISH_LOCK, Context::acquire)?;
    hook(linker, core::MODULE, core::START_UNLOCK, Context::release)?;
    linker.func_wrap(core::MODULE, core::FINISH_UNLOCK, nothing)?;
    hook(linker, ext::MODULE, ext::START_READ, Context::request_read)?;
    hook(linker, ext::MODULE, ext::FINISH_READ, Context::acquire_read)?;
    hook(linker, ext::MODULE, ext::START_READ_UNLOCK, Context::release_read)?;
    linker.func_wrap(ext::MODULE, ext::FINISH_READ_UNLOCK, nothing)?;
    hook_of_two(linker, ext::START_WAIT, Context::start_wait)?;
    hook_of_two(linker, ext::FINISH_WAIT, |context, condvar, timed_out| {
        context.finish_wait(condvar, timed_out != 0);
    })?;
    hook_of_two(linker, ext::NOTIFY, |context, condvar, all| {
        context.notify(condvar, all != 0);
    })
}

fn nothing(_: Caller<'_, Context>, _lock: u32) {}

fn hook(
    linker: &mut Linker<Context>,
    module: &str,
    name: &str,
    event: impl Fn(&mut Context, u32) + Send + Sync + 'static,
) -> Result<()> {
    linker.func_wrap(module, name, move |mut caller: Caller<'_, Context>, lock: u32| {
        going_on(&caller)?;
        event(caller.data_mut(), lock);
        // The event may have closed a circle and ended the program.
        Ok(going_on(&caller)?)
    })?;
    Ok(())
}

fn hook_of_two(
    linker: &mut Linker<Context>,
    name: &str,
    event: impl Fn(&mut Context, u32, u32) + Send + Sync + 'static,
) -> Result<()> {
    linker.func_wrap(
        ext::MODULE,
        name,
        move |mut caller: Caller<'_, Context>, first: u32, second: u32| {
            going_on(&caller)?;
            event(caller.data_mut(), first, second);
            Ok(())
        },
    )?;
    Ok(())
}
