//! For whom a lock is made: what is called in the copy in place of functions of the module that ask that.

use wasmtime::{Caller, Linker, Result, WasmBacktrace};

use super::going_on;
use crate::load::HOST_MODULE;
use crate::load::rewrite::calls::MADE_FOR;
use crate::run::context::Context;

pub(super) fn define(linker: &mut Linker<Context>) -> Result<()> {
    linker.func_wrap(
        HOST_MODULE,
        MADE_FOR,
        |caller: Caller<'_, Context>, _site: u32| -> Result<u32> {
            going_on(&caller)?;
            let call = WasmBacktrace::force_capture(&caller);
            Ok(caller.data().run.site_of(&call))
        },
    )?;
    Ok(())
}
