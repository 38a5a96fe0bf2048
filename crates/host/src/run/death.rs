//! When guest code did not return: telling a panic from a trap, and what follows from it.

use std::cmp::Reverse;
use std::sync::Arc;

use threadlink_abi::{errno, layout};
use wasmtime::Trap;

use threadlink_trace::Site;
use threadlink_watch::Thread;
use threadlink_watch::guest::block::Block;
use threadlink_watch::guest::site;

use super::ending::Cause;
use super::exhaustion;
use super::fall::Fall;
use super::shared::Run;
use super::stop::Stop;
use crate::backtrace;
use crate::outcome::{Death, End, RuntimeFailure};

/// Bytes of guard zones that one death looks through besides the thread's own: those of a thousand threads of the
/// runtime's. A guest can make millions of threads with zones of a MiB each, and let others die all the time.
const SCANNED: u32 = 4 << 20;

/// Deals with the end of a spawned thread that did not return; `false` if the whole program is over.
///
/// It is over if the thread was a scoped one, which may have borrowed what others would now find torn, and if it died
/// in the destructors of its thread-locals, after its result was handed over: there is nobody left to tell.
pub(super) fn of_spawned(run: &Run, thread: &Arc<Thread>, fall: &Fall<'_>) -> bool {
    if ends_the_program(run, thread, fall) {
        return false;
    }
    dies(run, thread, describe(run, thread, fall))
}

/// The same for a thread in which the host itself has panicked. What the guest was doing then is as far as it got, as after
/// a trap.
pub(super) fn of_host(run: &Run, thread: &Arc<Thread>, message: &str) -> bool {
    let death = Death {
        thread: thread.label(),
        panic: false,
        message: format!("the host failed: {message}"),
        site: None,
        backtrace: Vec::new(),
        said: false,
        exhausted: None,
    };
    dies(run, thread, death)
}

/// Lets others know of a dead thread what they can take from it.
pub(super) fn bequeath(run: &Run, thread: &Thread, wake: impl Fn(u32)) {
    let held = thread
        .block
        .map_or_else(Vec::new, |block| block.held(run.memory()));
    for address in held {
        if run.memory().set_bits(address, layout::block::HELD_BY_DEAD) {
            wake(address);
        }
    }
}

/// Says how a spawned thread died; `false` if that ends the program.
fn dies(run: &Run, thread: &Thread, death: Death) -> bool {
    if let Some(number) = thread.block.and_then(|block| block.deadly(run.memory())) {
        run.end(Cause::Program(End::RuntimeFailure(RuntimeFailure {
            thread: thread.label(),
            errno: number,
            stack_size: thread.block.and_then(Block::stack_size),
            overflowed: false,
            // The death has it.
            backtrace: Vec::new(),
            death: Some(death),
        })));
        return false;
    }
    say(run, &death);
    true
}

/// Says what std would have said when a thread of an unwinding build panicked and has only left the message in its control
/// block. Since guests print their panics themselves when these happen, that is so in older modules.
pub(super) fn of_unwound(run: &Run, thread: &Thread) {
    if !run.watch.descriptor().is_some_and(|known| known.unwinds) {
        return;
    }
    if let Some((message, site)) = thread.block.and_then(|block| panic_of(run, block)) {
        let death = Death {
            thread: thread.label(),
            panic: true,
            message,
            site,
            said: false,
            exhausted: None,
            backtrace: Vec::new(),
        };
        say(run, &death);
    }
}

/// Says how a thread died, unless the program is over. A stream that is closed takes no message; the joiner is told in any
/// case.
fn say(run: &Run, death: &Death) {
    if !run.ending.is_over() {
        run.tell(&death.to_string());
    }
}

/// The panic of a thread that has returned all the same, since a build that unwinds has caught it. What it said may have been
/// printed and left nowhere; the message is empty then.
pub(super) fn caught_panic(run: &Run, thread: &Thread) -> Option<Death> {
    let known = run.watch.descriptor().filter(|known| known.unwinds);
    let block = known.and(thread.block)?;
    let at = block.word(run.memory(), layout::block::PANIC_SITE);
    let site = site::read(run.memory(), run.watch.location_layout(), at)?;
    let (message, site) = panic_of(run, block).unwrap_or((String::new(), Some(site)));
    Some(Death {
        thread: thread.label(),
        panic: true,
        message,
        site,
        said: false,
        exhausted: None,
        backtrace: Vec::new(),
    })
}

/// The last panic of a thread: its message and place.
fn panic_of(run: &Run, block: Block) -> Option<(String, Option<Site>)> {
    let message = block.panic_message(run.memory())?;
    let at = block.word(run.memory(), layout::block::PANIC_SITE);
    Some((message, site::read(run.memory(), run.watch.location_layout(), at)))
}

/// Deals with the end of the main thread that did not return.
pub(super) fn of_main(run: &Run, thread: &Arc<Thread>, fall: &Fall<'_>) {
    if ends_the_program(run, thread, fall) {
        return;
    }
    let death = describe(run, thread, fall);
    run.end(Cause::Program(if death.panic {
        End::Panicked(death)
    } else {
        End::Trapped(death)
    }));
}

/// Ends the program if this error is not the thread's alone.
fn ends_the_program(run: &Run, thread: &Arc<Thread>, fall: &Fall<'_>) -> bool {
    let number = match fall.error.downcast_ref::<Stop>() {
        Some(Stop::Over) => return true,
        Some(Stop::Runtime(number)) => Some(*number),
        None => None,
    };
    // Whatever failed, and in whichever thread: after an overflow it may have failed because of that.
    let about = overflowed(run, thread, fall, number);
    let number = match (&about, number) {
        (Some(_), _) => errno::STACK_GUARD_DAMAGED,
        (None, Some(number)) => number,
        (None, None) => return false,
    };
    let overflowed = about.is_some();
    let about = about.as_ref().unwrap_or(thread);
    run.end(Cause::Program(End::RuntimeFailure(RuntimeFailure {
        thread: about.label(),
        errno: number,
        stack_size: about.block.and_then(Block::stack_size),
        overflowed,
        backtrace: backtrace::lines(&run.program, fall.error),
        death: None,
    })));
    true
}

fn guard_damaged(run: &Run, thread: &Thread) -> bool {
    thread
        .block
        .is_some_and(|block| block.guard_damaged(run.memory(), || !run.ending.is_over()))
}

/// A thread whose stack has run into its guard zone: the one that failed or any other that was not joined. The
/// memory of a joined one may have served other ends since, so it is looked at only if the guest accuses someone.
fn overflowed(run: &Run, failed: &Arc<Thread>, fall: &Fall<'_>, number: Option<i32>) -> Option<Arc<Thread>> {
    let damaged = |thread: &Arc<Thread>| guard_damaged(run, thread);
    // A frame that is larger than the guard zone steps over it.
    let stepped_over = fall
        .stack_pointer
        .zip(failed.block)
        .is_some_and(|(pointer, block)| block.is_below_stack(pointer));
    if stepped_over || damaged(failed) {
        return Some(failed.clone());
    }
    let joined = || match number {
        Some(errno::STACK_GUARD_DAMAGED) => run.find_joined(|thread| guard_damaged(run, thread)),
        _ => None,
    };
    // The dead were looked at when they died.
    let mut others = run.watch.threads.all();
    others.retain(|thread| !thread.has_died());
    // Those that run first, then those that ended last.
    others.sort_by_cached_key(|thread| (!thread.is_running(), Reverse(thread.id)));
    let mut left = SCANNED;
    let in_time = |thread: &Arc<Thread>| {
        left = left.saturating_sub(thread.block.map_or(0, Block::guard_size));
        left > 0 && !run.ending.is_over()
    };
    others
        .into_iter()
        .take_while(in_time)
        .find(damaged)
        .or_else(joined)
}

/// A panic of an abort build ends in `unreachable` after the runtime's hook has left the message in the
/// thread's control block; anything else is a trap.
fn describe(run: &Run, thread: &Thread, fall: &Fall<'_>) -> Death {
    let error = fall.error;
    let exhausted = exhaustion::of(run, thread, fall);
    let trap = error.downcast_ref::<Trap>().copied();
    let block = thread
        .block
        .filter(|_| trap == Some(Trap::UnreachableCodeReached) && exhausted.is_none());
    let panicked = block.and_then(|block| {
        // Without a message the program has a panic hook of its own, and only the backtrace tells.
        let unknown = || {
            (
                "(the program replaced the panic hook, so its message is not known)".to_owned(),
                None,
            )
        };
        panic_of(run, block).or_else(|| backtrace::is_panic(error).then(unknown))
    });
    let backtrace = backtrace::lines(&run.program, error);
    match panicked {
        Some((message, site)) => Death {
            thread: thread.label(),
            panic: true,
            message,
            site,
            said: block.is_some_and(|block| block.panic_was_said(run.memory())),
            exhausted: None,
            backtrace,
        },
        None => {
            let message = trap.map_or_else(|| error.root_cause().to_string(), |trap| trap.to_string());
            Death {
                thread: thread.label(),
                panic: false,
                message,
                site: None,
                said: false,
                exhausted,
                backtrace,
            }
        }
    }
}
