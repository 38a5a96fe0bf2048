//! [`Functions`]: what programs import whose threads take turns, kept from one execution to the next. To copy it anew costs as much as
//! starting a thread.

use parking_lot::Mutex;
use threadlink_abi::imports as abi;
use wasmtime::{InstancePre, Linker, SharedMemory, Store};

use super::{functions, races, turns};
use crate::load::races::calls::SEEN;
use crate::load::{Compiled, HOST_MODULE};
use crate::run::context::Context;

/// They serve any number of executions, also at once.
pub(crate) struct Functions {
    whole: Linker<Context>,
    /// Copies that nobody uses now, each still with the memory of whoever used it last: as many as there were executions at once.
    spare: Mutex<Vec<Linker<Context>>>,
}

impl Functions {
    pub(crate) fn of(program: &Compiled) -> Result<Self, wasmtime::Error> {
        let mut whole = functions(program)?;
        turns::define(&mut whole)?;
        if program.telling().is_some() {
            races::define(&mut whole)?;
        }
        Ok(Self {
            whole,
            spare: Mutex::default(),
        })
    }

    /// Links a module to them and to its memory. `store` is any store of the execution's.
    pub(crate) fn link(
        &self,
        program: &Compiled,
        memory: &SharedMemory,
        store: &Store<Context>,
    ) -> Result<InstancePre<Context>, wasmtime::Error> {
        let spare = self.spare.lock().pop();
        let mut linker = spare.unwrap_or_else(|| self.whole.clone());
        linker.define(store, abi::MEMORY_MODULE, abi::MEMORY, memory.clone())?;
        if let Some(races) = store.data().run.races.get() {
            linker.define(store, HOST_MODULE, SEEN, races.seen().clone())?;
        }
        let linked = linker.instantiate_pre(&program.module);
        self.spare.lock().push(linker);
        linked
    }
}
