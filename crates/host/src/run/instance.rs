//! Making an instance: a store with the context of a thread, and the module linked to memory and imports.

use std::sync::Arc;

use wasmtime::{Instance, Store, UpdateDeadline};

use super::Run;
use super::context::Context;
use super::stop::Stop;
use super::threads::Thread;
use crate::imports;

/// Makes an instance for `thread`. This runs the module's start function, which initialises the memory once.
pub(super) fn instantiate(
    run: &Arc<Run>,
    thread: Arc<Thread>,
) -> Result<(Store<Context>, Instance), wasmtime::Error> {
    let engine = &run.program.engine;
    let mut store = Store::new(&engine.wasmtime, Context::new(run.clone(), thread));
    if engine.interruptible() {
        // Other programs on the same engine raise the epoch too: each store asks whether its own run is over.
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(|context| {
            if context.data().run.ending.is_over() {
                Err(Stop::Over.into())
            } else {
                Ok(UpdateDeadline::Continue(1))
            }
        });
    }
    let linked = match run.linked.get() {
        Some(linked) => linked,
        None => {
            let made = imports::link(&run.program, run.memory.shared(), &store)?;
            run.linked.get_or_init(|| made)
        }
    };
    let instance = linked.instantiate(&mut store)?;
    let context = store.data_mut();
    context.starting = false;
    // Whatever the start function said that it waits for, the thread is about to run.
    context.thread.step();
    run.pool.count_instance();
    Ok((store, instance))
}
