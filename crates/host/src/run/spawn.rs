//! Starting a guest thread: an id, and a worker for it.

use std::sync::Arc;

use threadlink_abi::errno;
use threadlink_trace::Printable;
use threadlink_watch::Thread;
use threadlink_watch::guest::block::Block;

use super::context::Context;
use super::pool::Job;
use super::worker::Worker;
use crate::wait::key;

/// Starts a thread for `start_routine`, in the name of the thread of `context`; the error is an error number, and nothing
/// runs then. `announce` is told the id before the thread runs, `fork` then says when it was forked.
pub(crate) fn spawn(
    context: &mut Context,
    start_routine: u32,
    announce: impl FnOnce(u32) -> Result<(), i32>,
    fork: impl FnOnce(&mut Context, u32) -> u64,
) -> Result<(), i32> {
    let run = context.run.clone();
    let block = Block::at(run.memory(), start_routine);
    if run.program.facts.has_descriptor && block.is_none() {
        return Err(errno::MEMORY_OUT_OF_BOUNDS);
    }
    let name = block.and_then(|block| block.name(run.memory()));
    let parent = context.thread().id;
    let thread = run
        .watch
        .threads
        .add(run.max_threads, |id| {
            Thread::new(id, Some(parent), start_routine, block, name)
        })
        .map_err(|_| errno::TOO_MANY_THREADS)?;
    let id = thread.id;
    let started = announce(id).and_then(|()| {
        let forked_at = fork(context, id);
        start(context, thread.clone(), forked_at)
    });
    if let Err(number) = started {
        run.watch.threads.forget_unstarted(id);
        // Another thread may have read the id and joined it meanwhile.
        thread.finish(true, context.tick(0));
        run.waits.notify(key::end_of(id), u32::MAX);
        return Err(number);
    }
    Ok(())
}

/// Gives the thread to an idle worker, or to a new one.
fn start(context: &Context, thread: Arc<Thread>, forked_at: u64) -> Result<(), i32> {
    let run = &context.run;
    // Counted in by the one who starts it: from here on it can do something.
    let job = |thread| Job::Run { thread, forked_at };
    if let Some(slot) = run.pool.take_idle() {
        run.waits.enter();
        slot.give(job(thread), &run.waits);
        return Ok(());
    }
    let worker = Worker::new(run, &context.linked, thread.clone()).map_err(|error| {
        if run.ending.is_over() {
            return errno::ENDING;
        }
        // The guest gets a number only; why is for whoever reads along.
        let why = format!("{error:#}");
        let message = format!("a new thread could not be started: {}\n", Printable(&why));
        let _ = run.stderr.write(message.as_bytes());
        errno::HOST_OUT_OF_THREADS
    })?;
    run.pool.enter();
    run.waits.enter();
    worker.slot().give(job(thread), &run.waits);
    std::thread::Builder::new()
        .name("threadlink-guest".to_owned())
        .stack_size(run.program.engine.os_stack())
        .spawn(move || worker.work())
        .map(|handle| run.pool.keep(handle))
        .map_err(|_| {
            run.pool.leave();
            run.waits.leave();
            errno::HOST_OUT_OF_THREADS
        })
}
