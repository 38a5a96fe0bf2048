//! The helper: a small module between a traced guest and its host, an instance of it beside each instance of the guest.
//!
//! A call of the host costs more than a lock. So where nothing is recorded, the hooks of locks that a guest imports are this
//! module's functions, in machine code like the guest's own. They tell the host of waits, and leave what else it needs to find
//! deadlocks in the guest's memory: who has a lock and from where, and what a thread reads
//! (`threadlink_watch::guest::mark`). The guest is not changed for it.
//!
//! [`code`] is what it does. It knows its thread by three globals, which [`Helper::begin`] sets before each; until then, and
//! for a guest whose locks are not tried first, it passes all hooks on. How a guest is linked to it is
//! [`linked`](super::linked).
//!
//! A guest that lies in its words deceives nobody but itself: the code reads and writes the guest's own memory, traps as the
//! guest's code would, and what the host finds there it believes no more than the rest.

mod code;
#[cfg(test)]
mod tests;

use threadlink_abi::imports::Import;
use wasmtime::{AsContextMut, Engine, Extern, Global, Instance, Linker, Module, Result, Val};

/// The helper's module, compiled.
pub(crate) fn compile(engine: &Engine) -> Result<Module> {
    Module::new(engine, code::module())
}

/// Whether a guest's import is one of the helper's functions.
pub(super) fn stands_for(module: &str, name: &str) -> bool {
    let is_it = |import: Import| (import.module, import.name) == (module, name);
    code::HOOKS.iter().any(|hook| is_it(hook.import()))
}

/// An instance of the helper's module.
pub(crate) struct Helper {
    instance: Instance,
    block: Global,
    thread: Global,
    told: Global,
}

impl Helper {
    /// One for the instance of the guest that the store will have. The linker has the memory and the host's hooks.
    pub(super) fn new<T: 'static>(
        mut store: impl AsContextMut<Data = T>,
        linker: &Linker<T>,
        module: &Module,
    ) -> Result<Self> {
        let instance = linker.instantiate(store.as_context_mut(), module)?;
        let mut global = |name| {
            let found = instance.get_global(store.as_context_mut(), name);
            found.ok_or_else(|| missing(name))
        };
        Ok(Self {
            block: global(code::BLOCK)?,
            thread: global(code::THREAD)?,
            told: global(code::TOLD)?,
            instance,
        })
    }

    /// The function that stands for the host's hook of this name.
    pub(super) fn hook(&self, store: impl AsContextMut, name: &str) -> Result<Extern> {
        let found = self.instance.get_export(store, name);
        found.ok_or_else(|| missing(name))
    }

    /// A thread begins on the guest's instance: its id, and the address of its control block, whose words up to the end of
    /// `threadlink_abi::layout::block::ROOM` are in the memory; or 0 to have the host told of everything.
    pub(crate) fn begin(&self, mut store: impl AsContextMut, thread: u32, block: u32) -> Result<()> {
        for (global, value) in [(self.thread, thread), (self.told, 0), (self.block, block)] {
            global.set(store.as_context_mut(), Val::I32(value.cast_signed()))?;
        }
        Ok(())
    }
}

fn missing(name: &str) -> wasmtime::Error {
    wasmtime::Error::msg(format!("the helper has nothing called {name}"))
}
