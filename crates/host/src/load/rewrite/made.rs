//! Which functions of a module ask for whom a lock is made. Where the copy would call them, it asks the host.

use threadlink_abi::made::EXPORTS;
use wasmparser::{FuncType, ValType};

/// Their indices.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct MadeFor([Option<u32>; EXPORTS.len()]);

impl MadeFor {
    /// Takes note of a function that the module exports. What has another type is no such function.
    pub(crate) fn exported(&mut self, name: &str, function: u32, ty: Option<&FuncType>) {
        let fits = |ty: &FuncType| ty.params() == [ValType::I32] && ty.results() == [ValType::I32];
        let place = EXPORTS.iter().position(|known| *known == name);
        if let Some(place) = place
            && ty.is_some_and(fits)
        {
            self.0[place] = Some(function);
        }
    }

    /// Whether there is any.
    pub(super) fn is_asked(self) -> bool {
        self != Self::default()
    }

    /// Whether this function is one.
    pub(super) fn has(self, function: u32) -> bool {
        self.0.contains(&Some(function))
    }
}

#[cfg(test)]
mod tests {
    use threadlink_abi::imports::{MEMORY, MEMORY_MODULE};
    use wasmtime::{Caller, Config, Engine, Linker, Memory, MemoryType, Module, SharedMemory, Store};

    use super::super::calls::{Call, MADE_FOR, MODULE};
    use super::super::shortcuts;
    use crate::load::rewritten;

    /// What a module answers that asks about place 8 in each way in which a function can be called, and what its export says, if the
    /// host answers 5.
    fn answers(text: &str) -> Option<Vec<i32>> {
        let copy = rewritten(&wat::parse_str(text).unwrap())?;
        let engine = Engine::default();
        let module = Module::new(&engine, &copy.bytes).unwrap();
        let mut store = Store::new(&engine, ());
        let mut linker = Linker::new(&engine);
        linker
            .func_wrap(MODULE, MADE_FOR, |site: i32| if site == 8 { 5 } else { -1 })
            .unwrap();
        let memory = Memory::new(&mut store, MemoryType::new(1, None)).unwrap();
        linker.define(&store, MEMORY_MODULE, MEMORY, memory).unwrap();
        let instance = linker.instantiate(&mut store, &module).unwrap();
        let ways = ["call", "table", "__threadlink_made_for"];
        Some(
            ways.map(|way| {
                let ask = instance.get_typed_func::<i32, i32>(&mut store, way).unwrap();
                ask.call(&mut store, 8).unwrap()
            })
            .to_vec(),
        )
    }

    /// A module that has such a function, and asks it.
    fn module(descriptor: &str, name: &str, ty: &str) -> String {
        format!(
            r#"(module
                (import "env" "memory" (memory 1))
                (global (export "{descriptor}") i32 (i32.const 0))
                (global (mut i32) (i32.const 0))
                (func $other (param i32) (result i32) (i32.const 7))
                (func $asks (export "{name}") {ty} (i32.const 0))
                (func (export "call") (param i32) (result i32) (call $asks (local.get 0)))
                (table funcref (elem $other $asks))
                (func (export "table") (param i32) (result i32)
                    (call_indirect (param i32) (result i32) (local.get 0) (i32.const 1))))"#
        )
    }

    const TYPE: &str = "(param i32) (result i32)";

    #[test]
    fn the_host_is_asked_wherever_the_module_asks_itself() {
        let text = module("__threadlink_descriptor", "__threadlink_made_for", TYPE);
        assert_eq!(answers(&text), Some(vec![5, 5, 5]));
    }

    #[test]
    fn what_else_a_copy_has_stays_in_order() {
        // Waits, hooks with shortcuts, imports of its own before and after, and both functions that ask.
        let text = r#"(module
            (import "m" "first" (func $first (result i32)))
            (import "wasm_threadlink" "start_lock" (func $start (param i32)))
            (import "env" "memory" (memory 1 1 shared))
            (import "m" "last" (func $last (result i32)))
            (global (export "__threadlink_descriptor") i32 (i32.const 0))
            (global (mut i32) (i32.const 0))
            (func $one (export "__threadlink_made_for") (param i32) (result i32) (i32.const 0))
            (func $two (export "__threadlink_made_for_above_std") (param i32) (result i32) (i32.const 0))
            (func $notify (result i32) (memory.atomic.notify (i32.const 0) (i32.const 1)))
            (func (export "all") (result i32 i32 i32 i32 i32)
                (call $start (i32.const 16))
                (call $first) (call $last) (call $one (i32.const 8)) (call $two (i32.const 8)) (call $notify)))"#;
        let copy = rewritten(&wat::parse_str(text).unwrap()).unwrap();
        assert!(copy.origin.has_shortcuts());
        let mut config = Config::new();
        crate::features::configure(&mut config);
        config.shared_memory(true);
        let engine = Engine::new(&config).unwrap();
        let module = Module::new(&engine, &copy.bytes).unwrap();
        let mut store = Store::new(&engine, 0);
        let mut linker: Linker<i32> = Linker::new(&engine);
        for (name, value) in [("first", 1), ("last", 2)] {
            linker.func_wrap("m", name, move || value).unwrap();
        }
        let told = |mut caller: Caller<'_, i32>, lock: i32| *caller.data_mut() = lock;
        linker.func_wrap("wasm_threadlink", "start_lock", told).unwrap();
        linker.func_wrap(MODULE, MADE_FOR, |_: i32| 5).unwrap();
        linker
            .func_wrap(MODULE, Call::Notify.name(), |_: i32, _: i32, _: i32| 7)
            .unwrap();
        linker.func_wrap(MODULE, shortcuts::DRAIN, || ()).unwrap();
        let memory = SharedMemory::new(&engine, MemoryType::shared(1, 1)).unwrap();
        linker
            .define(&store, MEMORY_MODULE, MEMORY, memory.clone())
            .unwrap();
        linker.define(&store, MODULE, shortcuts::RINGS, memory).unwrap();
        let instance = linker.instantiate(&mut store, &module).unwrap();
        let all = instance.get_typed_func::<(), (i32, i32, i32, i32, i32)>(&mut store, "all");
        assert_eq!(all.unwrap().call(&mut store, ()).unwrap(), (1, 2, 5, 5, 7));
        // Until a thread has begun, shortcuts pass hooks on.
        assert_eq!(*store.data(), 16);
        // Of seven functions of the module three are imported, and three of the copy's come behind those.
        let of_copy = [0, 1, 2, 6, 7, 8, 9];
        assert_eq!(
            of_copy.map(|index| copy.origin.function(index)),
            [0, 1, 2, 3, 4, 5, 6]
        );
        assert!(of_copy.iter().all(|index| copy.origin.has(*index)) && !copy.origin.has(10));
    }

    #[test]
    fn other_functions_stay() {
        // Of another name, of no guest of ours.
        for (descriptor, name) in [
            ("__threadlink_descriptor", "made_for"),
            ("descriptor", "__threadlink_made_for"),
        ] {
            let bytes = wat::parse_str(module(descriptor, name, TYPE)).unwrap();
            let plan = crate::load::shape::Shape::read(&bytes).unwrap().plan;
            assert!(!plan.made_for.is_asked(), "{name}");
        }
        // Of other types, and one that the module imports.
        for function in [
            "(func (export \"__threadlink_made_for\") (param i64) (result i32) (i32.const 0))",
            "(func (export \"__threadlink_made_for\") (param i32))",
            "(func (export \"__threadlink_made_for\") (param i32) (result i32 i32) (i32.const 0) (i32.const 0))",
            "(type $t (sub (func (param i32) (result i32))))
                (func (export \"__threadlink_made_for\") (type $t) (i32.const 0))",
            "(type $t (sub (func (param i32) (result i32))))
                (func (export \"__threadlink_made_for\") (type $t) (i32.const 0))",
            "(func (export \"__threadlink_made_for\") (import \"m\" \"f\") (param i32) (result i32))",
        ] {
            let text = format!(
                r#"(module {function} (global (export "__threadlink_descriptor") i32 (i32.const 0)))"#
            );
            let bytes = wat::parse_str(text).unwrap();
            let plan = crate::load::shape::Shape::read(&bytes).unwrap().plan;
            assert!(!plan.made_for.is_asked(), "{function}");
        }
    }
}
