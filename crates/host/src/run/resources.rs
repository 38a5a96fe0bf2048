//! What an instance takes of the run's budget: itself, its tables and its heap of collected objects. The engine asks before
//! it makes or grows one.

use std::sync::Arc;

use threadlink_watch::{Budget, Charge};
use wasmtime::ResourceLimiter;

/// What a worker costs besides what its module adds: its store, what it remembers of locks, the parts of its stacks that any
/// code touches.
const WORKER: usize = 32 * 1024;
/// The buffer of a thread that is recorded.
const RECORDER: usize = 128 * 1024;
/// What an element of a table costs at worst: a table that grows has room for as many again.
const ELEMENT: usize = 2 * size_of::<usize>();

/// The resources of one store.
pub(super) struct Resources {
    charge: Charge,
    /// Whether there is the instance: until then, what grows from nothing is made, and not asked for by the program.
    made: bool,
}

impl Resources {
    /// Those of a store for one instance of this size; the error says that the budget is used up.
    pub(super) fn new(budget: &Arc<Budget>, instance: usize, records: bool) -> Result<Self, wasmtime::Error> {
        let recorder = if records { RECORDER } else { 0 };
        let cost = WORKER.saturating_add(instance).saturating_add(recorder);
        let charge = budget.charge(cost).ok_or_else(used_up)?;
        Ok(Self { charge, made: false })
    }

    /// The instance is made.
    pub(super) fn made(&mut self) {
        self.made = true;
    }

    fn grow(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
        unit: usize,
    ) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        let more = desired.saturating_sub(current).saturating_mul(unit);
        match self.charge.add(more) {
            false if !self.made && current == 0 => Err(used_up()),
            added => Ok(added),
        }
    }
}

/// Why there is no instance.
fn used_up() -> wasmtime::Error {
    wasmtime::Error::msg(
        "the host has no memory left for another instance of this program: raise its limit \
         (--max-host-memory, RunConfig::max_host_memory)",
    )
}

impl ResourceLimiter for Resources {
    /// Only heaps of collected objects come here: the one memory that a program has is shared, and has its own limit.
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        self.grow(current, desired, maximum, 1)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        self.grow(current, desired, maximum, ELEMENT)
    }

    fn instances(&self) -> usize {
        1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_grows_is_paid_for_until_the_store_goes() {
        let all = WORKER as u64 + 1000;
        let budget = Arc::new(Budget::new(all));
        assert!(Resources::new(&budget, 1001, false).is_err() && Resources::new(&budget, 0, true).is_err());
        let mut resources = Resources::new(&budget, 100, false).unwrap();
        assert!(resources.table_growing(0, 50, Some(60)).unwrap());
        assert!(!resources.table_growing(50, 61, Some(60)).unwrap());
        assert!(!resources.table_growing(50, usize::MAX, None).unwrap());
        let error = resources.table_growing(0, usize::MAX, None).unwrap_err();
        assert!(error.to_string().contains("--max-host-memory"), "{error}");
        resources.made();
        assert!(!resources.table_growing(0, usize::MAX, None).unwrap());
        assert!(resources.memory_growing(0, 100, None).unwrap());
        assert!(!resources.memory_growing(100, 101, None).unwrap());
        drop(resources);
        assert_eq!(budget.left(), all);
    }
}
