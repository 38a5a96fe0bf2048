//! Where a program starts: an export, the numbers that it is called with, and those that it returns.

use threadlink_abi::exports;
use wasmtime::{AsContextMut, Instance, Val};

use super::config::RunError;
use crate::load::Compiled;
use crate::numbers::{List, Value, ValueType};

/// Names that a message shows at most.
const SHOWN: usize = 32;

/// A call that fits the module.
pub(super) struct Entry {
    name: String,
    params: Vec<Value>,
    results: usize,
}

/// The first ones of many names.
fn shown(names: &[String]) -> String {
    match names.split_at_checked(SHOWN) {
        Some((first, rest @ [_, ..])) => format!("{}, and {} more", first.join(", "), rest.len()),
        _ => names.join(", "),
    }
}

impl Entry {
    /// The call of this export, if there is such a function, and these are the numbers that it takes.
    pub(super) fn of(program: &Compiled, name: &str, params: &[Value]) -> Result<Self, RunError> {
        let Some(ty) = program.facts.exported_function(name) else {
            return Err(RunError::NoEntry {
                name: name.to_owned(),
                known: match program.facts.entry_points.as_slice() {
                    [] => "none; annotate main with #[threadlink::main]".to_owned(),
                    known => shown(known),
                },
            });
        };
        let signature = program.facts.signature(name);
        // A thread's beginning takes what the host alone gives it.
        let Some(signature) = signature.filter(|_| name != exports::THREAD_START) else {
            return Err(RunError::EntryType {
                name: name.to_owned(),
                found: ty,
            });
        };
        let given: Vec<ValueType> = params.iter().map(|param| param.ty()).collect();
        if given != signature.params {
            return Err(RunError::EntryParams {
                name: name.to_owned(),
                expected: List(&signature.params).to_string(),
                found: List(&given).to_string(),
            });
        }
        Ok(Self {
            name: name.to_owned(),
            params: params.to_vec(),
            results: signature.results.len(),
        })
    }

    /// Calls it; its results.
    pub(super) fn call(
        &self,
        mut store: impl AsContextMut,
        instance: &Instance,
    ) -> Result<Vec<Value>, wasmtime::Error> {
        let function = instance
            .get_func(&mut store, &self.name)
            .ok_or_else(|| wasmtime::Error::msg("the entry point is not exported"))?;
        let params: Vec<Val> = self.params.iter().map(|param| param.for_engine()).collect();
        let mut results = vec![Val::I32(0); self.results];
        function.call(&mut store, &params, &mut results)?;
        Ok(results.iter().filter_map(Value::from_engine).collect())
    }

    /// The same on a fiber, where it may pause.
    pub(super) async fn call_in_turns(
        &self,
        mut store: impl AsContextMut<Data: Send>,
        instance: &Instance,
    ) -> Result<(), wasmtime::Error> {
        let function = instance
            .get_func(&mut store, &self.name)
            .ok_or_else(|| wasmtime::Error::msg("the entry point is not exported"))?;
        let params: Vec<Val> = self.params.iter().map(|param| param.for_engine()).collect();
        let mut results = vec![Val::I32(0); self.results];
        function.call_async(&mut store, &params, &mut results).await
    }
}
