//! Making an instance: a store with the context of a thread, and the linked module in it.

use std::sync::Arc;

use threadlink_watch::Thread;
use wasmtime::{AsContext, Instance, InstancePre, Store, StoreContext, UpdateDeadline, Val, WasmBacktrace};

use super::context::{Context, Linked};
use super::resources::Resources;
use super::shared::Run;
use super::stop::Stop;
use super::turns::Turns;
use crate::load::points::budget_name;
use crate::load::races::calls::moment_name;
use crate::wait::GuestThread;

/// A store for `thread`; an error if the run's budget has no room for another one.
pub(super) fn store(
    run: &Arc<Run>,
    linked: &Linked,
    thread: Arc<Thread>,
) -> Result<Store<Context>, wasmtime::Error> {
    let engine = &run.program.engine;
    let resources = Resources::new(
        &run.watch.budget,
        run.program.facts.instance_size,
        run.recording.is_on(),
    )?;
    let mut store = Store::new(
        run.program.wasmtime(),
        Context::new(run.clone(), linked.clone(), thread, resources),
    );
    store.limiter(|context| &mut context.resources);
    if engine.checks_epochs() {
        // Other programs on the same engine raise the epoch too: each store asks whether its own run is over.
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(|context| {
            if context.data().run.ending.is_over() {
                Err(interrupted(&context).into())
            } else {
                Ok(UpdateDeadline::Continue(1))
            }
        });
    }
    Ok(store)
}

/// Makes an instance in a store of its own, once the module is linked. This runs the module's start function, which
/// initialises the memory once.
pub(super) fn instantiate(store: &mut Store<Context>) -> Result<Instance, wasmtime::Error> {
    let linked = store.data().linked.clone();
    let instance = made(&linked)?.instantiate(&mut *store)?;
    started(store);
    Ok(instance)
}

/// The same on a fiber, whose points are counted from then on.
pub(super) async fn instantiate_in_turns(store: &mut Store<Context>) -> Result<Instance, wasmtime::Error> {
    let linked = store.data().linked.clone();
    let instance = made(&linked)?.instantiate_async(&mut *store).await?;
    started(store);
    let budget = instance
        .get_global(&mut *store, &budget_name())
        .ok_or_else(|| wasmtime::Error::msg("the copy of the module has no budget"))?;
    store.data_mut().budget = Some(budget);
    store.data_mut().moment = instance.get_global(&mut *store, &moment_name());
    let granted = store.data().run.turns.get().map_or(0, Turns::budget);
    budget.set(&mut *store, Val::I32(granted.cast_signed()))?;
    Ok(instance)
}

fn made(linked: &Linked) -> Result<&InstancePre<Context>, wasmtime::Error> {
    linked
        .get()
        .ok_or_else(|| wasmtime::Error::msg("the module is not linked"))
}

fn started(store: &mut Store<Context>) {
    let context = store.data_mut();
    context.started();
    context.run.pool.count_instance();
}

/// The error with which a thread leaves guest code because the run is over. It says where it was, if somebody asked.
pub(crate) fn interrupted(store: &impl AsContext<Data = Context>) -> Stop {
    let store: StoreContext<'_, Context> = store.as_context();
    store.data().leaves(|| WasmBacktrace::force_capture(store));
    Stop::Over
}
