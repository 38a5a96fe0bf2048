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

/// Defines every hook of the list, each as a function of its own: what it does is known where it is compiled.
macro_rules! define_all {
    ($($(#[$doc:meta])* $hook:ident $({ $(#[$what:meta])* $second:ident: $type:ty })? = $import:ident fn $name:ident;)*) => {
        pub(super) fn define(linker: &mut Linker<Context>) -> Result<()> {
            $(
                let import = Hook::$hook.import();
                if matches!(Hook::$hook, Hook::FinishUnlock | Hook::FinishReadUnlock) {
                    // The release was reported while the lock was still held. A function that cannot fail costs half.
                    linker.func_wrap(import.module, import.name, |_: Caller<'_, Context>, _lock: u32| ())?;
                } else {
                    linker.func_wrap(
                        import.module,
                        import.name,
                        |caller: Caller<'_, Context>, address: u32 $(, $second: u32)?| {
                            tell(caller, Hook::$hook, address, define_all!(@second $($second)?))
                        },
                    )?;
                }
            )*
            Ok(())
        }
    };
    (@second $second:ident) => { $second };
    (@second) => { 0 };
}

threadlink_abi::hooks!(define_all);

#[inline(always)]
fn tell(mut caller: Caller<'_, Context>, hook: Hook, address: u32, second: u32) -> Result<()> {
    going_on(&caller)?;
    if caller.data_mut().hook(hook, address, second) {
        // It may wait for ever, and have been found out.
        going_on(&caller)?;
    }
    Ok(())
}
