//! The embedder's functions, as the guest calls them.

use std::sync::Arc;

use wasmtime::{AsContext, Caller, FuncType, Linker, Result, Val, WasmBacktrace};

use super::going_on;
use crate::backtrace;
use crate::imports::{Guest, ImportFailure, Imported, MOST_PARAMS};
use crate::numbers::{Value, ValueType};
use crate::outcome::End;
use crate::run::context::Context;
use crate::run::ending::Cause;
use crate::run::stop::Stop;

/// Defines those that the module imports.
pub(super) fn define(linker: &mut Linker<Context>, imported: &[Arc<Imported>]) -> Result<()> {
    let engine = linker.engine().clone();
    for import in imported {
        let signature = &import.function.signature;
        let ty = FuncType::new(
            &engine,
            signature.params.iter().copied().map(ValueType::for_engine),
            signature.results.iter().copied().map(ValueType::for_engine),
        );
        let called = import.clone();
        linker.func_new(
            &import.module,
            &import.name,
            ty,
            move |caller, params, results| call(&caller, &called, params, results),
        )?;
    }
    Ok(())
}

fn call(caller: &Caller<'_, Context>, import: &Imported, params: &[Val], results: &mut [Val]) -> Result<()> {
    going_on(caller)?;
    let context = caller.data();
    let guest = Guest::new(context.run.memory(), context.thread().id);
    let mut numbers = [Value::I32(0); MOST_PARAMS];
    for (place, param) in numbers.iter_mut().zip(params) {
        // The type that the function was defined with has numbers only.
        *place = Value::from_engine(param).unwrap_or(Value::I32(0));
    }
    match import
        .function
        .call(guest, &numbers[..params.len().min(MOST_PARAMS)])
    {
        Ok(values) => {
            for (place, value) in results.iter_mut().zip(values.into_iter().flatten()) {
                *place = value.for_engine();
            }
            Ok(())
        }
        Err(error) => {
            let trace = WasmBacktrace::force_capture(caller.as_context());
            context.run.end(Cause::Program(End::ImportFailed(ImportFailure {
                module: import.module.clone(),
                name: import.name.clone(),
                thread: context.thread().label(),
                message: error.to_string(),
                backtrace: backtrace::of_wait(&context.run.program, &trace),
            })));
            Err(Stop::Over.into())
        }
    }
}
