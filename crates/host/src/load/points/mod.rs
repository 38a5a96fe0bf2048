//! A copy of a copy, in which a thread can be stopped: points, for whoever [explores](crate::explore) schedules.
//!
//! A point is a few instructions that take one from a budget, a global of the instance's, and have the host called when that was the
//! last. So what a point costs is what it costs to count; in [`loops`] that is done in a local, and short ones are there [`twice`],
//! so that one check does for several points.
//! Which instructions get one in front of them is asked in [`choose`], by whose code it is ([`whose`]); [`insert`] puts it there,
//! into each function's [`body`]. All that waits or wakes is a call of the host's already.
//!
//! This takes what [`rewrite`](super::rewrite) leaves, and leads from its own offsets to those.

mod body;
mod choose;
#[cfg(test)]
mod differential;
mod insert;
mod loops;
mod twice;
mod whose;

use std::str::FromStr;

use super::LoadError;
use super::rewrite::{OffsetMap, Origin, calls::MODULE};
use crate::symbols::Symbols;

/// The function that a copy calls when its budget is used up.
pub(crate) const POINT: &str = "point";

/// The export by which a copy shows its budget.
pub(crate) fn budget_name() -> String {
    format!("{MODULE}.budget")
}

/// At which instructions a thread may be stopped, besides those that wait, wake, start and join.
///
/// ```
/// use threadlink_host::Points;
///
/// assert_eq!("user".parse(), Ok(Points::User));
/// assert_eq!(Points::Loops.to_string(), "loops");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Points {
    /// At the atomic accesses of the program's own code, and where it calls a library that does some.
    #[default]
    User,
    /// At all atomic accesses, those of libraries and of the runtime included.
    All,
    /// At those of [`User`](Self::User), and at all other accesses of memory by the program's own code.
    Plain,
    /// At those of [`User`](Self::User), and at the loops of the program's own code.
    Loops,
}

impl Points {
    const NAMES: [(Self, &'static str); 4] = [
        (Self::User, "user"),
        (Self::All, "all"),
        (Self::Plain, "plain"),
        (Self::Loops, "loops"),
    ];
}

impl FromStr for Points {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::NAMES.into_iter().find(|(_, name)| *name == text);
        found.map(|(points, _)| points).ok_or_else(|| {
            format!("there are no points called {text:?}: there are user, all, plain and loops")
        })
    }
}

impl std::fmt::Display for Points {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = Self::NAMES.iter().find(|(points, _)| points == self);
        f.write_str(name.map_or("", |(_, name)| name))
    }
}

/// A copy with points.
pub(crate) struct Pointed {
    pub(crate) bytes: Vec<u8>,
    pub(crate) way_back: WayBack,
    /// How many points it has.
    pub(crate) count: usize,
    /// Whether they are all that there could be, as nothing told whose code is whose.
    pub(crate) unknown: bool,
}

/// What leads from a copy with points to what it was made from.
#[derive(Debug)]
pub(crate) struct WayBack {
    offsets: OffsetMap,
    imported_functions: u32,
    /// The function that the copy has besides.
    stop: u32,
}

impl WayBack {
    /// The offset of what stands at this offset of the copy.
    pub(crate) fn offset(&self, of_copy: usize) -> usize {
        self.offsets.original(of_copy)
    }

    /// Whether what the copy was made from has this function.
    pub(crate) fn has(&self, index: u32) -> bool {
        index != self.stop
    }

    /// The index of the function that has this one in the copy.
    pub(crate) fn function(&self, index: u32) -> u32 {
        if index > self.imported_functions {
            index - 1
        } else {
            index
        }
    }
}

/// Puts points into `module`, which `origin` leads back from to what `symbols` speak of; `twice` says whether short loops may be
/// there twice.
pub(super) fn insert(
    module: &[u8],
    origin: Option<&Origin>,
    symbols: &Symbols,
    wanted: Points,
    twice: bool,
) -> Result<Pointed, LoadError> {
    let refused = |message: String| LoadError::Invalid {
        message: format!("no points can be put into it: {message}"),
    };
    let chosen =
        choose::choose(module, origin, symbols, wanted).map_err(|error| refused(error.to_string()))?;
    let (bytes, way_back) = insert::insert(module, &chosen.offsets, twice).map_err(refused)?;
    Ok(Pointed {
        bytes,
        way_back,
        count: chosen.offsets.len(),
        unknown: chosen.unknown,
    })
}

#[cfg(test)]
mod tests {
    use wasmparser::Validator;

    use super::*;

    /// Two functions of the program's, one of a library's that gets to an atomic access, one that counts references.
    const MODULE: &str = r#"(module
        (import "env" "memory" (memory 1 1 shared))
        (import "env" "host" (func $host))
        (global (mut i32) (i32.const 0))
        (func $std::lock (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1))))
        (func $alloc::sync::Arc::drop (drop (i32.atomic.rmw.sub (i32.const 0) (i32.const 1))))
        (func $std::plain (drop (i32.load (i32.const 0))))
        (func $bank::main (export "_start")
            (call $std::lock)
            (call $alloc::sync::Arc::drop)
            (call $std::plain)
            (call $bank::other)
            (drop (i32.load (i32.const 4)))
            (loop $again (br_if $again (i32.atomic.load (i32.const 8)))))
        (func $bank::other (i32.atomic.store (i32.const 8) (i32.const 0))))"#;

    /// What the module has points at.
    fn pointed(text: &str, wanted: Points) -> (Vec<u8>, Pointed) {
        let module = wat::parse_str(text).expect("it is a module");
        let symbols = Symbols::of(&module);
        let pointed = insert(&module, None, &symbols, wanted, true).expect("points can be put in");
        (module, pointed)
    }

    #[test]
    fn names_tell_which_code_is_the_programs() {
        for (wanted, count) in [
            // The call of the lock, the load, the store.
            (Points::User, 3),
            // The library's two as well, and no call.
            (Points::All, 4),
            (Points::Plain, 4),
            (Points::Loops, 4),
        ] {
            let (_, pointed) = pointed(MODULE, wanted);
            assert_eq!((pointed.count, pointed.unknown), (count, false), "{wanted}");
        }
    }

    #[test]
    fn without_names_all_atomic_accesses_are_points() {
        let text = MODULE.replace("$bank::", "$").replace("$std::", "$");
        let mut module = wat::parse_str(&text).expect("it is a module");
        // The name section is the last.
        let names = module.windows(4).rposition(|window| window == b"name");
        module.truncate(names.expect("it has names") - 3);
        let pointed = insert(&module, None, &Symbols::of(&module), Points::User, true).expect("points");
        assert_eq!((pointed.count, pointed.unknown), (4, true));
    }

    #[test]
    fn a_copy_is_valid_and_leads_back_to_each_point() {
        for wanted in [Points::User, Points::All, Points::Plain, Points::Loops] {
            let (module, pointed) = pointed(MODULE, wanted);
            let checked =
                Validator::new_with_features(wasmparser::WasmFeatures::all()).validate_all(&pointed.bytes);
            checked.unwrap_or_else(|error| panic!("{wanted}: {error}"));
            let chosen =
                choose::choose(&module, None, &Symbols::of(&module), wanted).expect("it can be read");
            let back: Vec<u64> = (0..pointed.bytes.len())
                .map(|at| pointed.way_back.offset(at) as u64)
                .collect();
            for at in chosen.offsets {
                assert!(back.contains(&at), "{wanted}: nothing leads to {at}");
            }
        }
    }

    #[test]
    fn the_copy_of_the_rest_of_a_turn_is_valid_whatever_its_blocks_are() {
        let point = "(drop (i32.atomic.load (i32.const 0)))";
        for code in [
            format!("(loop {point} {point} br 0 call $g drop {point})"),
            format!("(loop {point} {point} br 0 (block call $g {point}) drop)"),
            format!("(drop (loop (result i32) {point} {point} (br 0) (call $g) {point}))"),
            format!("(drop (loop (result i32) {point} call $g {point} i32.const 1))"),
            format!("(loop {point} (drop (block (result i32) call $g {point} i32.const 1)) br 0)"),
            format!("(loop {point} (drop (block (result (ref null $t)) call $g {point} ref.null $t)) br 0)"),
            format!(
                "(loop {point} (drop (if (result (ref null $t)) (i32.const 1)
                (then call $g {point} ref.null $t) (else {point} ref.null $t))) br 0)"
            ),
            format!(
                "(loop {point} (drop (block (result i32 i32) call $g {point} i32.const 1 i32.const 2)) drop br 0)"
            ),
        ] {
            let text = format!(
                r#"(module (type $t (func)) (import "env" "memory" (memory 1 1 shared)) (global (mut i32) (i32.const 0))
                    (func (export "f") {code}) (func $g))"#
            );
            let (_, pointed) = pointed(&text, Points::All);
            let checked = Validator::new_with_features(crate::features::ENABLED).validate_all(&pointed.bytes);
            checked.unwrap_or_else(|error| panic!("{code}: {error}"));
        }
    }

    /// Loops with calls, loops in loops, and ways out of them: `run` passes 60 points.
    const COUNTED: &str = r#"(module
        (import "env" "memory" (memory 1 1 shared))
        (global (mut i32) (i32.const 0))
        (table funcref (elem $f))
        (func $f (result i32) (i32.atomic.load (i32.const 0)))
        (func $run (export "run") (result i32)
            (local $turn i32) (local $inner i32)
            (loop $turns
                (drop (i32.atomic.load (i32.const 0)))
                (drop (i32.atomic.load (i32.const 4)))
                (if (i32.and (local.get $turn) (i32.const 1)) (then (drop (call $f))))
                (if (i32.eq (local.get $turn) (i32.const 5)) (then
                    (drop (call_indirect (result i32) (i32.const 0)))))
                (local.set $inner (i32.const 0))
                (block $out
                    (loop $more
                        (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
                        (local.set $inner (i32.add (local.get $inner) (i32.const 1)))
                        (br_if $out (i32.eq (local.get $inner) (i32.const 3)))
                        (br $more)))
                (local.set $turn (i32.add (local.get $turn) (i32.const 1)))
                (br_if $turns (i32.lt_u (local.get $turn) (i32.const 10))))
            (loop $forever
                (drop (i32.atomic.load (i32.const 0)))
                (if (i32.gt_u (local.get $turn) (i32.const 12)) (then (return (local.get $turn))))
                (local.set $turn (i32.add (local.get $turn) (i32.const 1)))
                (br $forever))
            (unreachable)))"#;

    #[test]
    fn each_point_is_counted_once_wherever_it_is_counted() {
        let (_, pointed) = pointed(COUNTED, Points::All);
        let mut config = wasmtime::Config::new();
        crate::features::configure(&mut config);
        config.shared_memory(true);
        let engine = wasmtime::Engine::new(&config).unwrap();
        let module = wasmtime::Module::new(&engine, &pointed.bytes).unwrap();
        // Whoever has a budget of so many is stopped after each so many points, and gets as many again.
        for budget in [1, 2, 3, 7, 1_000] {
            let mut store = wasmtime::Store::new(&engine, 0);
            let mut linker = wasmtime::Linker::new(&engine);
            let memory = wasmtime::MemoryType::shared(1, 1);
            let memory = wasmtime::SharedMemory::new(&engine, memory).unwrap();
            linker.define(&store, "env", "memory", memory).unwrap();
            let stopped = move |mut caller: wasmtime::Caller<'_, i32>| {
                *caller.data_mut() += 1;
                let global = caller.get_export(&budget_name()).unwrap().into_global().unwrap();
                assert_eq!(global.get(&mut caller).i32(), Some(0));
                global.set(&mut caller, budget.into()).unwrap();
            };
            linker.func_wrap(super::MODULE, POINT, stopped).unwrap();
            let instance = linker.instantiate(&mut store, &module).unwrap();
            let global = instance.get_global(&mut store, &budget_name()).unwrap();
            global.set(&mut store, budget.into()).unwrap();
            let run = instance.get_typed_func::<(), i32>(&mut store, "run").unwrap();
            assert_eq!(run.call(&mut store, ()).unwrap(), 13);
            let left = global.get(&mut store).i32().unwrap();
            assert_eq!(*store.data() * budget + (budget - left), 60, "{budget}");
        }
    }

    #[test]
    fn a_module_without_globals_is_refused() {
        let module = wat::parse_str("(module (func (export \"_start\")))").expect("it is a module");
        let refused = insert(&module, None, &Symbols::of(&module), Points::User, true);
        assert!(
            refused
                .err()
                .is_some_and(|error| error.to_string().contains("no types, globals, exports or code"))
        );
    }

    #[test]
    fn points_have_names() {
        for (points, name) in Points::NAMES {
            assert_eq!((points.to_string().as_str(), name.parse()), (name, Ok(points)));
        }
        assert!("some".parse::<Points>().is_err());
    }
}
