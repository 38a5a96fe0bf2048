//! The mutable globals of an instance: put back between two of its threads, and asked for the stack pointer when one has
//! trapped.

use wasmtime::{AsContextMut, Global, Instance, Val};

use crate::load::global_name;

/// Those of one instance that a copy of the module shows, with what they were when the instance was new.
pub(super) struct Globals {
    all: Vec<(Global, Val)>,
}

impl Globals {
    /// Those of a new instance.
    pub(super) fn of(mut store: impl AsContextMut, instance: &Instance) -> Self {
        let shown = |place| instance.get_global(store.as_context_mut(), &global_name(place));
        let shown: Vec<_> = (0..).map_while(shown).collect();
        let with_value = |global: Global| (global, global.get(store.as_context_mut()));
        Self {
            all: shown.into_iter().map(with_value).collect(),
        }
    }

    /// Makes the instance what it was when it was new, as far as globals go.
    pub(super) fn put_back(&self, mut store: impl AsContextMut) -> wasmtime::Result<()> {
        self.all
            .iter()
            .try_for_each(|(global, value)| global.set(store.as_context_mut(), *value))
    }

    /// What the global at this place is now, if it has 32 bits.
    pub(super) fn word(&self, store: impl AsContextMut, place: usize) -> Option<u32> {
        let (global, _) = self.all.get(place)?;
        global.get(store).i32().map(i32::cast_unsigned)
    }
}
