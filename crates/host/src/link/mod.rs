//! The functions that a guest can import: [`threads`] and [`hooks`] are called by what spawns, joins and locks, [`input`]
//! and [`system`] are the rest of what a program wants of its host, [`custom`] what the embedder adds, and [`waits`] is
//! what the loader has put in place of atomic waits, [`made`] in place of what asks for whom a lock is made. [`turns`] takes the place of some where threads take turns, and [`kept`] keeps
//! all of those.
//!
//! Every function that does something first asks whether the program is over: a thread that is still running then leaves guest code
//! at its next call, and does nothing visible any more.

mod custom;
mod hooks;
mod input;
mod kept;
mod made;
pub(crate) mod races;
mod system;
mod threads;
mod turns;
mod waits;

pub(crate) use kept::Functions;
use threadlink_abi::imports as abi;
use wasmtime::{Caller, InstancePre, Linker, SharedMemory, Store};

use crate::load::{Compiled, HOST_MODULE, shortcuts};
use crate::rings::Rings;
use crate::run::context::Context;
use crate::run::instance::interrupted;
use crate::run::stop::Stop;

/// Links a module to the memory and to all functions that it may import. `store` is any store of the run's kind; the
/// result does not depend on it. Shortcuts put events into `rings`, if there are such.
pub(crate) fn link(
    program: &Compiled,
    memory: &SharedMemory,
    store: &Store<Context>,
    rings: Option<&Rings>,
) -> Result<InstancePre<Context>, wasmtime::Error> {
    let mut linker = functions(program)?;
    if program.has_shortcuts() {
        let memory = match rings {
            Some(rings) => rings.memory().clone(),
            None => program.no_rings()?,
        };
        linker.define(store, HOST_MODULE, shortcuts::RINGS, memory)?;
        linker.func_wrap(HOST_MODULE, shortcuts::DRAIN, |caller: Caller<'_, Context>| {
            caller.data().drain();
            Ok::<_, wasmtime::Error>(going_on(&caller)?)
        })?;
    }
    linker.define(store, abi::MEMORY_MODULE, abi::MEMORY, memory.clone())?;
    linker.instantiate_pre(&program.module)
}

fn functions(program: &Compiled) -> Result<Linker<Context>, wasmtime::Error> {
    let mut linker: Linker<Context> = Linker::new(program.wasmtime());
    threads::define(&mut linker)?;
    hooks::define(&mut linker)?;
    system::define(&mut linker)?;
    input::define(&mut linker)?;
    waits::define(&mut linker)?;
    made::define(&mut linker)?;
    custom::define(&mut linker, &program.facts.imported)?;
    Ok(linker)
}

/// Leaves guest code if the program is over.
fn going_on(caller: &Caller<'_, Context>) -> Result<(), Stop> {
    if caller.data().run.ending.is_over() {
        Err(interrupted(caller))
    } else {
        Ok(())
    }
}
