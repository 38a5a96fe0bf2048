//! Loading: from bytes to a compiled program, in stages that each own their errors.
//!
//! 1. Read ([`shape`]): is it a core wasm module at all, and what does it import, export and do?
//! 2. [`validate`]: is it a valid one? From here on, later stages may take its indices and types for granted.
//! 3. [`limits`]: can it be compiled in a time and a memory that are known, and is there that memory?
//! 4. [`check`]: does it fit the ABI? Names what does not, and how to fix it.
//! 5. [`rewrite`]: makes a copy in which waits are calls of the host, hooks of locks are not where they need not be, and the host says for
//!    whom locks are made.
//! 6. [`compile`] (wasmtime), here or in a process that can be killed, to a [`Compiled`].
//!
//! With a [`cache`], the second to fifth and the last of it were done before if it has the code of this very module: then only
//! what the module says outside its code is read again, and checked.
//!
//! Facts, symbols and offsets that anyone sees are those of the original; only the engine sees the copy.

pub(crate) mod cache;
pub(crate) mod check;
pub(crate) mod compile;
mod compiled;
mod cost;
mod elsewhere;
mod error;
pub(crate) mod globals;
mod hash;
mod limits;
mod original;
mod places;
pub(crate) mod points;
pub(crate) mod races;
pub(crate) mod rewrite;
pub(crate) mod shape;
mod signature;
mod state;
mod validate;

pub use cache::{CodeCache, CodeCacheContents, CodeSource};
pub(crate) use check::PAGE;
pub use compile::{Compiler, compile_child};
pub(crate) use compiled::Compiled;
pub use elsewhere::for_other_hosts;
pub use error::LoadError;
pub use hash::ModuleHash;
pub use points::Points;
pub use races::Library;
pub(crate) use rewrite::calls::global_name;
pub(crate) use rewrite::shortcuts::parts::Word;
pub(crate) use rewrite::{calls::MODULE as HOST_MODULE, shortcuts};

use std::borrow::Cow;
use std::time::Instant;

use crate::engine::Engine;
use crate::imports::Imports;
use crate::rings;
use crate::run::StopHandle;
use original::Original;

/// The copy of a module that is valid, whether or not it fits the ABI; `None` if the engine would get the original.
#[cfg(test)]
pub(crate) fn rewritten(bytes: &[u8]) -> Option<rewrite::Rewritten> {
    let shape = shape::Shape::read(bytes).expect("the module can be read");
    rewrite::rewrite(bytes, shape.plan).expect("it can be rewritten")
}

/// Takes a module through all stages, or those that are left if its code was kept.
pub(crate) fn load(
    engine: &Engine,
    bytes: Cow<'_, [u8]>,
    imports: &Imports,
    stop: &StopHandle,
) -> Result<Compiled, LoadError> {
    let since = Instant::now();
    limits::check_length(&bytes)?;
    let outline = shape::Outline::read(&bytes)?;
    let mut maximum = check::memory_maximum(outline.memories(), engine.max_memory());
    if outline.has_shortcuts() {
        maximum = maximum.max(rings::LEAST);
    }
    let reserved = engine.reserved(maximum);
    let place = match engine.code_cache() {
        Some(cache) => {
            let engine = engine.reserving(reserved).map_err(compile::invalid)?;
            Some((cache, cache::Key::of(&bytes, &engine)))
        }
        None => None,
    };
    let found = match &place {
        Some((cache, key)) => cache.find(key),
        None => cache::Found::Nothing,
    };
    let refused = match found {
        cache::Found::Code(kept, file) => {
            // What cannot be read is compiled.
            if let Ok(module) = compile::kept(engine, reserved, file) {
                let shape = outline.with(kept.facts);
                let plan = shape.plan;
                let facts = check::check(shape, engine.max_memory(), imports)?;
                let origin = kept
                    .offsets
                    .map(|offsets| rewrite::Origin::of_kept(plan, offsets));
                let original = Original::new(bytes.into_owned());
                let (engine, source) = (engine.clone(), CodeSource::Cache);
                return Ok(Compiled::new(
                    engine, reserved, module, original, source, facts, origin,
                ));
            }
            None
        }
        cache::Found::Nothing => None,
        cache::Found::Refused(why) => Some(why),
    };

    let shape = outline.with_code(&bytes)?;
    validate::validate(&bytes, &shape)?;
    let cost = limits::check(&bytes, &shape, engine.max_compile_memory(), engine.compilers())?;
    let (plan, code_facts) = (shape.plan, shape.code_facts());
    let facts = check::check(shape, engine.max_memory(), imports)?;
    let copy = rewrite::rewrite(&bytes, plan)?;
    if stop.is_stopped() {
        return Err(LoadError::Stopped);
    }
    let to_compile = compile::ToCompile {
        bytes: copy.as_ref().map_or(&*bytes, |copy| &copy.bytes),
        reserved,
        cost,
        since,
    };
    let module = compile::compile(engine, &to_compile, stop)?;
    let origin = copy.map(|copy| copy.origin);
    let source = match (refused, place) {
        (Some(why), _) => CodeSource::Refused(why),
        (None, None) => CodeSource::Compiled,
        (None, Some((cache, key))) => {
            let offsets = origin.as_ref().map(|origin| origin.offsets().clone());
            let kept = cache::Kept {
                facts: code_facts,
                offsets,
            };
            cache.keep(&key, &kept, module.serialize())
        }
    };
    let original = Original::new(bytes.into_owned());
    Ok(Compiled::new(
        engine.clone(),
        reserved,
        module,
        original,
        source,
        facts,
        origin,
    ))
}

/// A program whose threads can be stopped.
pub(crate) struct Stoppable {
    pub(crate) compiled: Compiled,
    /// How many points it has.
    pub(crate) points: usize,
    /// Whether these are all that there could be, as the module does not tell whose code is whose.
    pub(crate) unknown: bool,
}

/// The same for a program that is to be explored: it is always compiled, with points. With the sources of libraries its code
/// also tells of its accesses of memory.
pub(crate) fn load_stoppable(
    engine: &Engine,
    bytes: Vec<u8>,
    points: Points,
    races: Option<&[Library]>,
    stop: &StopHandle,
) -> Result<Stoppable, LoadError> {
    let since = Instant::now();
    limits::check_length(&bytes)?;
    let shape = shape::Outline::read(&bytes)?.with_code(&bytes)?;
    validate::validate(&bytes, &shape)?;
    limits::check(&bytes, &shape, engine.max_compile_memory(), engine.compilers())?;
    // Whoever takes turns has no events that could wait in a ring.
    let plan = rewrite::Plan {
        shortcuts: None,
        ..shape.plan
    };
    let facts = check::check(shape, engine.max_memory(), &Imports::new())?;
    let reserved = engine.reserved(u64::from(facts.memory_maximum) * PAGE);
    let (copy, origin) = match rewrite::rewrite(&bytes, plan)? {
        Some(copy) => (Cow::Owned(copy.bytes), Some(copy.origin)),
        None => (Cow::Borrowed(&*bytes), None),
    };
    // Not used from here on but for what it says of the source.
    let copy = copy.into_owned();
    let original = Original::new(bytes);
    // Each access that is watched calls the host: nothing is gained by a second copy of it, and it would be told twice.
    let twice = races.is_none();
    let pointed = points::insert(&copy, origin.as_ref(), original.symbols(), points, twice)?;
    drop(copy);
    let (bytes, telling) = match races {
        Some(libraries) => {
            let symbols = |at| {
                let at = pointed.way_back.offset(at);
                let at = origin.as_ref().map_or(at, |origin| origin.offset(at));
                original.symbols().at(at)
            };
            let (bytes, telling) = races::insert(&pointed.bytes, libraries, symbols)?;
            (bytes, Some(telling))
        }
        None => (pointed.bytes, None),
    };
    // It is several times what it was.
    let cost = {
        let shape = shape::Outline::read(&bytes)?.with_code(&bytes)?;
        limits::check_copy(&bytes, &shape, engine.max_compile_memory(), engine.compilers())?
    };
    let to_compile = compile::ToCompile {
        bytes: &bytes,
        reserved,
        cost,
        since,
    };
    let module = compile::compile(engine, &to_compile, stop)?;
    let compiled = Compiled::new(
        engine.clone(),
        reserved,
        module,
        original,
        CodeSource::Compiled,
        facts,
        origin,
    );
    let compiled = compiled.with_points(pointed.way_back);
    Ok(Stoppable {
        compiled: match telling {
            Some(telling) => compiled.with_telling(telling),
            None => compiled,
        },
        points: pointed.count,
        unknown: pointed.unknown,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EngineConfig;

    #[test]
    fn a_modules_hash_is_of_its_original_bytes() {
        let engine = Engine::new(&EngineConfig::new()).unwrap();
        // Both are loaded; only the first is rewritten.
        for body in [
            "(drop (memory.atomic.notify (i32.const 0) (i32.const 0)))",
            "(drop (i32.const 0))",
        ] {
            let bytes = wat::parse_str(format!(
                r#"(module (import "env" "memory" (memory 1 1 shared))
                    (func (export "_start") {body})
                    (func (export "thread_start") (param i32)))"#
            ))
            .unwrap();
            assert_eq!(rewritten(&bytes).is_some(), body.contains("notify"));
            let compiled = load(&engine, (&bytes).into(), &Imports::new(), &StopHandle::new()).unwrap();
            assert_eq!(compiled.original.hash(), ModuleHash::of(&bytes));
        }
    }

    #[test]
    fn what_is_put_into_a_copy_counts_as_memory_of_its_compiler() {
        let body = "(i32.atomic.store (i32.const 0) (i32.const 0))".repeat(1_000);
        let bytes = wat::parse_str(format!(
            r#"(module (import "env" "memory" (memory 1 1 shared)) (global (mut i32) (i32.const 0))
                (func (export "_start") {body})
                (func (export "thread_start") (param i32)))"#
        ))
        .unwrap();
        let stop = StopHandle::new();
        let load_copy = |most| {
            let engine = Engine::new(&EngineConfig::new().max_compile_memory(most)).unwrap();
            load(&engine, (&bytes).into(), &Imports::new(), &stop).unwrap();
            load_stoppable(&engine, bytes.clone(), Points::All, Some(&[]), &stop)
        };
        let refused = load_copy(40 << 20).err();
        assert!(
            matches!(refused, Some(LoadError::CompileMemory { .. })),
            "{refused:?}"
        );
        assert_eq!(load_copy(u64::MAX).map(|loaded| loaded.points).ok(), Some(1_000));
    }

    #[test]
    fn no_access_that_is_told_is_there_twice() {
        let load_accesses = "(drop (i32.atomic.load (i32.const 0)))".repeat(2);
        let bytes = wat::parse_str(format!(
            r#"(module (import "env" "memory" (memory 1 1 shared)) (global (mut i32) (i32.const 0))
                (func (export "_start") (loop {load_accesses} (br_if 0 (i32.load (i32.const 4)))))
                (func (export "thread_start") (param i32)))"#
        ))
        .unwrap();
        let engine = Engine::new(&EngineConfig::new()).unwrap();
        let stop = StopHandle::new();
        let loaded = load_stoppable(&engine, bytes, Points::All, Some(&[]), &stop).unwrap();
        let telling = loaded.compiled.telling().expect("it tells");
        let atomics = telling.sites.iter().filter(|site| site.kind.is_atomic());
        assert_eq!((loaded.points, atomics.count(), telling.sites.len()), (2, 2, 3));
    }

    #[test]
    fn hashes_are_those_of_other_programs() {
        // Of FIPS 180-4's examples.
        assert_eq!(
            ModuleHash::of(b"abc").to_string(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
