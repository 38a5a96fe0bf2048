//! Starting a guest thread: an id, and a worker for it.

use std::fmt::Display;
use std::sync::Arc;

use threadlink_abi::errno;
use threadlink_trace::Printable;
use threadlink_watch::guest::block::Block;
use threadlink_watch::{Refused, Thread};

use super::context::Context;
use super::panics;
use super::pool::{Job, Slot};
use super::worker::Worker;
use crate::wait::key;

/// Starts a thread for `start_routine`, in the name of the thread of `context`; the error is an error number, and nothing
/// runs then. `announce` is told the id before the thread runs; `fork` says when it was forked, and is not called if it was
/// not.
pub(crate) fn spawn(
    context: &mut Context,
    start_routine: u32,
    announce: impl FnOnce(u32) -> Result<(), i32>,
    fork: impl FnOnce(&mut Context, u32) -> u64,
) -> Result<(), i32> {
    let thread = enlist(context, start_routine)?;
    let run = context.run.clone();
    let id = thread.id;
    let started = announce(id).and_then(|()| worker(context, &thread));
    let slot = match started {
        Ok(slot) => slot,
        Err(number) => {
            run.watch.threads.forget_unstarted(id);
            // Another thread may have read the id and joined it meanwhile.
            thread.finish(true, context.tick(0));
            run.waits.notify(key::end_of(id), u32::MAX);
            return Err(number);
        }
    };
    // Forked only now that nothing can fail any more.
    let forked_at = fork(context, id);
    // Counted in by the one who starts it: from here on it can do something.
    run.waits.enter();
    let random = context.random.of_child();
    let job = Job::Run {
        thread,
        forked_at,
        random,
    };
    slot.give(job, &run.waits);
    Ok(())
}

/// Makes a thread for `start_routine` known, in the name of the thread of `context`; the error is an error number.
pub(crate) fn enlist(context: &Context, start_routine: u32) -> Result<Arc<Thread>, i32> {
    let run = context.run.clone();
    let block = Block::at(run.memory(), start_routine);
    if run.program.facts.has_descriptor && block.is_none() {
        return Err(errno::MEMORY_OUT_OF_BOUNDS);
    }
    let name = block.and_then(|block| block.name(run.memory()));
    let parent = context.thread().id;
    run.watch
        .threads
        .add(run.max_threads, |id| {
            Thread::new(id, Some(parent), start_routine, block, name)
        })
        .map_err(|refused| {
            if refused == Refused::TooManyAlive {
                run.warn_once(&format!(
                    "the program has {} threads at once, which is the limit, and gets no more (--max-threads, \
                     RunConfig::max_threads)",
                    run.max_threads
                ));
            } else {
                run.warn_once(
                    "the program has more threads that nobody joined than the host may remember (--max-host-memory); \
                     it gets no new ones",
                );
            }
            errno::TOO_MANY_THREADS
        })
}

/// A worker for the thread, which waits for it: an idle one, or a new one.
fn worker(context: &Context, thread: &Arc<Thread>) -> Result<Arc<Slot>, i32> {
    let run = &context.run;
    if let Some(slot) = run.pool.take_idle() {
        return Ok(slot);
    }
    // The guest gets a number only; why is for whoever reads along.
    let failed = |why: &dyn Display| {
        if run.ending.is_over() {
            return errno::ENDING;
        }
        let why = why.to_string();
        run.warn_once(&format!("a new thread could not be started: {}", Printable(&why)));
        errno::HOST_OUT_OF_THREADS
    };
    let mapped = run.take_room().map_err(|full| failed(&full))?;
    let worker = panics::caught(|| Worker::new(run, &context.linked, thread.clone()))
        .map_err(|message| failed(&message))?
        .map_err(|error| failed(&format!("{error:#}")))?;
    let slot = worker.slot().clone();
    run.pool.enter();
    run.pool.comes_up();
    std::thread::Builder::new()
        .name("threadlink-guest".to_owned())
        .stack_size(run.program.engine.os_stack())
        .spawn(move || worker.work(mapped))
        .map(|handle| {
            run.pool.handles.keep(handle);
            slot
        })
        .map_err(|error| {
            run.pool.leave();
            run.pool.is_up();
            failed(&format!(
                "the operating system gave none: {error}; it has a limit for threads (ulimit -u) and one for \
                 addresses (ulimit -v), of which each takes {} KiB",
                run.program.engine.os_stack() / 1024
            ))
        })
}
