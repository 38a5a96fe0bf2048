//! Threads: `thread_create`, `thread_join` and `panic`.

use std::sync::Arc;

use threadlink_abi::layout::block::OP_REAP;
use threadlink_abi::{errno, imports as abi};
use threadlink_trace::EventKind;
use threadlink_watch::{Memory, Thread};
use wasmtime::{Caller, Linker};

use super::going_on;
use crate::run::context::Context;
use crate::run::instance::interrupted;
use crate::run::spawn::spawn;
use crate::run::stop::Stop;
use crate::wait::Outcome;

pub(super) fn define(linker: &mut Linker<Context>) -> wasmtime::Result<()> {
    linker.func_wrap(abi::THREAD_CREATE.module, abi::THREAD_CREATE.name, thread_create)?;
    linker.func_wrap(abi::THREAD_JOIN.module, abi::THREAD_JOIN.name, thread_join)?;
    linker.func_wrap(
        abi::PANIC.module,
        abi::PANIC.name,
        |_: Caller<'_, Context>, number: i32| -> wasmtime::Result<()> { Err(Stop::Runtime(number).into()) },
    )?;
    Ok(())
}

fn thread_create(
    mut caller: Caller<'_, Context>,
    id_pointer: u32,
    start_routine: u32,
) -> wasmtime::Result<i32> {
    going_on(&caller)?;
    let context = caller.data_mut();
    if context.is_starting() {
        return Ok(errno::STARTING);
    }
    let run = context.run.clone();
    // Before anything is started, so that an error means that nothing was.
    if run.memory().load(id_pointer).is_none() {
        return Ok(errno::BAD_THREAD_ID_POINTER);
    }
    let announce = |id: u32| {
        run.memory()
            .store(id_pointer, id)
            .then_some(())
            .ok_or(errno::BAD_THREAD_ID_POINTER)
    };
    let fork = |context: &mut Context, child: u32| {
        let time = context.tick(0);
        context.record(time, EventKind::Fork { child });
        time
    };
    Ok(match spawn(context, start_routine, announce, fork) {
        Ok(()) => errno::OK,
        Err(number) => number,
    })
}

fn thread_join(mut caller: Caller<'_, Context>, id: u32) -> wasmtime::Result<i32> {
    going_on(&caller)?;
    let (thread, reaped) = match join_begins(caller.data_mut(), id) {
        Ok(begun) => begun,
        Err(number) => return Ok(number),
    };
    if caller.data_mut().wait_for_end(&thread) == Outcome::Over {
        return Err(interrupted(&caller).into());
    }
    Ok(join_ends(caller.data_mut(), thread, reaped))
}

/// A thread wants to join this one: says so, and looks for a deadlock. Returns whom it waits for, and whether it only takes back
/// what that has left; the error is an error number.
pub(super) fn join_begins(context: &mut Context, id: u32) -> Result<(Arc<Thread>, bool), i32> {
    let run = context.run.clone();
    let Some(thread) = run.watch.threads.get(id).filter(|thread| thread.claim()) else {
        return Err(errno::THREAD_NOT_FOUND);
    };
    let operation = context.observer.operation(&run.watch);
    let reaped = operation.op == OP_REAP;
    if let Some(site) = operation.new_site {
        run.recording.define_site(&run.watch, site);
    }
    if !reaped {
        let time = context.tick(0);
        context.record(
            time,
            EventKind::JoinRequest {
                child: id,
                site: operation.site,
            },
        );
    }
    if thread.is_running() {
        let suspicion = context.observer.joins(&run.watch, id, operation.site);
        run.heed(suspicion);
    }
    Ok((thread, reaped))
}

/// That thread has ended; returns the error number that says how.
pub(super) fn join_ends(context: &mut Context, thread: Arc<Thread>, reaped: bool) -> i32 {
    context.thread().step();
    let failed = thread.has_died();
    let time = context.tick(thread.ended_at());
    context.record(
        time,
        EventKind::Join {
            child: thread.id,
            reaped,
            failed,
        },
    );
    context.run.clone().joined(thread);
    if failed { errno::THREAD_FAILED } else { errno::OK }
}
