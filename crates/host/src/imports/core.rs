//! Threads: `thread_create`, `thread_join` and `panic`.

use threadlink_abi::layout::block::OP_REAP;
use threadlink_abi::{errno, imports as abi};
use threadlink_trace::EventKind;
use wasmtime::{Caller, Linker, Result};

use super::going_on;
use crate::run::context::Context;
use crate::run::deadlock;
use crate::run::stop::Stop;
use crate::run::threads::Wait;

pub(super) fn define(linker: &mut Linker<Context>) -> Result<()> {
    linker.func_wrap(abi::THREAD_CREATE.module, abi::THREAD_CREATE.name, thread_create)?;
    linker.func_wrap(abi::THREAD_JOIN.module, abi::THREAD_JOIN.name, thread_join)?;
    linker.func_wrap(
        abi::PANIC.module,
        abi::PANIC.name,
        |_: Caller<'_, Context>, number: i32| -> Result<()> { Err(Stop::Runtime(number).into()) },
    )?;
    Ok(())
}

fn thread_create(mut caller: Caller<'_, Context>, id_pointer: u32, start_routine: u32) -> Result<i32> {
    going_on(&caller)?;
    let context = caller.data_mut();
    if context.starting {
        return Ok(errno::STARTING);
    }
    let run = context.run.clone();
    // Before anything is started, so that an error means that nothing was.
    if run.memory.load(id_pointer).is_none() {
        return Ok(errno::BAD_THREAD_ID_POINTER);
    }
    let parent = context.thread.id;
    let forked = |child: u32| {
        let time = context.tick(0);
        context.record(time, EventKind::Fork { child });
        time
    };
    let announce = |id: u32| {
        run.memory
            .store(id_pointer, id)
            .then_some(())
            .ok_or(errno::BAD_THREAD_ID_POINTER)
    };
    match run.spawn(parent, start_routine, forked, announce) {
        Ok(_) => Ok(errno::OK),
        Err(number) => Ok(number),
    }
}

fn thread_join(mut caller: Caller<'_, Context>, id: u32) -> Result<i32> {
    going_on(&caller)?;
    let context = caller.data_mut();
    let run = context.run.clone();
    let Some(thread) = run.threads.get(id).filter(|thread| thread.claim()) else {
        return Ok(errno::THREAD_NOT_FOUND);
    };
    let (site, op) = context.operation();
    let reaped = op == OP_REAP;
    if !reaped {
        let time = context.tick(0);
        context.record(time, EventKind::JoinRequest { child: id, site });
    }
    if thread.is_running() {
        context.thread.wait_for(Wait::Thread(id), site);
        deadlock::suspect(&run, &context.thread);
    }
    if !thread.wait_until_finished(&run.ending) {
        return Err(Stop::Over.into());
    }
    context.thread.step();
    let failed = thread.has_died();
    let time = context.tick(thread.ended_at());
    context.record(
        time,
        EventKind::Join {
            child: id,
            reaped,
            failed,
        },
    );
    run.joined(thread);
    Ok(if failed { errno::THREAD_FAILED } else { errno::OK })
}
