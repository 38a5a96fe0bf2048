//! A module linked to the memory and functions of a run: what every instance of the run is made from.

use wasmtime::{AsContextMut, Instance, InstancePre, Linker, Module, Result};

use super::helper::{self, Helper};

/// A linked module.
pub(crate) enum Linked<T: 'static> {
    /// All that it imports is the host's.
    Direct(InstancePre<T>),
    /// Hooks of locks are those of a helper, of which each instance has one.
    Helped(Helped<T>),
}

/// What an instance with a helper is made from.
pub(crate) struct Helped<T: 'static> {
    pub(super) linker: Linker<T>,
    pub(super) module: Module,
    pub(super) helper: Module,
}

impl<T: 'static> Linked<T> {
    /// Makes an instance, and its helper if it has one.
    pub(crate) fn instantiate(
        &self,
        mut store: impl AsContextMut<Data = T>,
    ) -> Result<(Instance, Option<Helper>)> {
        match self {
            Self::Direct(linked) => Ok((linked.instantiate(store)?, None)),
            Self::Helped(linked) => {
                let helper = Helper::new(store.as_context_mut(), &linked.linker, &linked.helper)?;
                let mut imports = Vec::new();
                for import in linked.module.imports() {
                    let (module, name) = (import.module(), import.name());
                    let found = if helper::stands_for(module, name) {
                        helper.hook(store.as_context_mut(), name)?
                    } else {
                        linked.linker.get(store.as_context_mut(), module, name)?
                    };
                    imports.push(found);
                }
                let instance = Instance::new(store, &linked.module, &imports)?;
                Ok((instance, Some(helper)))
            }
        }
    }
}
