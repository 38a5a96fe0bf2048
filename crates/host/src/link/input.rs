//! Standard input, as the guest reads it. Unlike all else that it asks the system for, this takes as long as it takes.

use std::sync::Arc;

use threadlink_abi::{errno, imports as abi};
use threadlink_trace::Printable;
use wasmtime::{Caller, Linker, Result};

use super::going_on;
use crate::run::context::Context;
use crate::run::instance::interrupted;
use crate::wait::key;

pub(super) fn define(linker: &mut Linker<Context>) -> Result<()> {
    linker.func_wrap(abi::READ.module, abi::READ.name, read)?;
    Ok(())
}

fn read(mut caller: Caller<'_, Context>, stream: i32, pointer: u32, len: u32) -> Result<i32> {
    going_on(&caller)?;
    let run = caller.data().run.clone();
    if stream != abi::STDIN {
        return Ok(-errno::INPUT_FAILED);
    }
    if !run.memory().contains(pointer, len) {
        return Ok(-errno::MEMORY_OUT_OF_BOUNDS);
    }
    if len == 0 {
        return Ok(0);
    }
    let left = Arc::downgrade(&run);
    // A run that is gone has nobody who waits.
    let tell = move || {
        if let Some(run) = left.upgrade() {
            run.waits.notify(key::INPUT, u32::MAX);
        }
    };
    let wanted = usize::try_from(len).unwrap_or(usize::MAX);
    loop {
        match run.stdin.take(wanted, || run.take_room(), tell.clone()) {
            Some(Ok(bytes)) => {
                // Not more than was asked for, and for that there is room.
                let written = run.memory().write(pointer, &bytes);
                let count = i32::try_from(bytes.len()).ok().filter(|_| written);
                return Ok(count.unwrap_or(-errno::MEMORY_OUT_OF_BOUNDS));
            }
            Some(Err(error)) => {
                run.warn_once(&format!(
                    "the standard input cannot be read: {}",
                    Printable(&error.to_string())
                ));
                return Ok(-errno::INPUT_FAILED);
            }
            None if caller.data_mut().wait_for_input() => {}
            None => return Err(interrupted(&caller).into()),
        }
    }
}
