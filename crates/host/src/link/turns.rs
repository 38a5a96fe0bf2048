//! What a program imports whose threads take turns: all that waits, wakes, starts, joins or looks at the clock is a step, after
//! which somebody else may go on. These take the place of the functions for threads that run at once.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context as Polled, Poll};
use std::time::Duration;

use threadlink_abi::{errno, imports as abi};
use threadlink_schedule::Wake;
use threadlink_trace::{AwakeKind, EventKind};
use threadlink_watch::Memory;
use wasmtime::{AsContext, Caller, Linker, Result, Val, WasmBacktrace};

use super::threads::{join_begins, join_ends};
use super::waits::{YIELD, address};
use crate::load::points::POINT;
use crate::load::rewrite::calls::{Call, MODULE};
use crate::run::context::Context;
use crate::run::instance::interrupted;
use crate::run::spawn::enlist;
use crate::run::turns::{Acting, Started, Turns};
use crate::wait::key;

/// Nanoseconds that pass when somebody looks at the clock.
const LOOK: u64 = 1_000;
/// The day on which every execution begins, in nanoseconds since 1970: 2026-01-01.
const DAY: i64 = 1_767_225_600_000_000_000;

type Step<'a, R> = Box<dyn Future<Output = Result<R>> + Send + 'a>;

/// Defines them, in place of those that are there.
pub(super) fn define(linker: &mut Linker<Context>) -> Result<()> {
    linker.allow_shadowing(true);
    linker.func_wrap_async(
        MODULE,
        POINT,
        |mut caller: Caller<'_, Context>, (): ()| -> Step<'_, ()> {
            Box::new(async move { turn(&mut caller, |_| ()).await })
        },
    )?;
    linker.func_wrap_async(
        MODULE,
        Call::Wait32.name(),
        |mut caller: Caller<'_, Context>,
         (base, expected, timeout, offset): (u32, u32, i64, u32)|
         -> Step<'_, u32> {
            Box::new(async move {
                let address = address(&caller, base, offset, 4)?;
                let equal = caller.data().run.memory().load(address) == Some(expected);
                wait(&mut caller, address, timeout, equal).await
            })
        },
    )?;
    linker.func_wrap_async(
        MODULE,
        Call::Wait64.name(),
        |mut caller: Caller<'_, Context>,
         (base, expected, timeout, offset): (u32, u64, i64, u32)|
         -> Step<'_, u32> {
            Box::new(async move {
                let address = address(&caller, base, offset, 8)?;
                let equal = caller.data().run.memory().load64(address) == Some(expected);
                wait(&mut caller, address, timeout, equal).await
            })
        },
    )?;
    linker.func_wrap_async(
        MODULE,
        Call::Notify.name(),
        |mut caller: Caller<'_, Context>, (base, count, offset): (u32, u32, u32)| -> Step<'_, u32> {
            Box::new(async move {
                let address = address(&caller, base, offset, 4)?;
                let context = caller.data_mut();
                let time = context.tick(0);
                context.record(time, EventKind::Waken { address, count });
                step(&mut caller, |acting| acting.notify(address.into(), count)).await
            })
        },
    )?;
    linker.func_wrap_async(
        abi::THREAD_CREATE.module,
        abi::THREAD_CREATE.name,
        |mut caller: Caller<'_, Context>, (id_pointer, start_routine): (u32, u32)| -> Step<'_, i32> {
            Box::new(async move { create(&mut caller, id_pointer, start_routine).await })
        },
    )?;
    linker.func_wrap_async(
        abi::THREAD_JOIN.module,
        abi::THREAD_JOIN.name,
        |mut caller: Caller<'_, Context>, (id,): (u32,)| -> Step<'_, i32> {
            Box::new(async move { join(&mut caller, id).await })
        },
    )?;
    linker.func_wrap_async(
        abi::CLOCK.module,
        abi::CLOCK.name,
        |mut caller: Caller<'_, Context>, (): ()| -> Step<'_, u64> {
            Box::new(async move { step(&mut caller, |acting| acting.clock(LOOK)).await })
        },
    )?;
    linker.func_wrap_async(
        abi::CLOCK_REALTIME.module,
        abi::CLOCK_REALTIME.name,
        |mut caller: Caller<'_, Context>, (): ()| -> Step<'_, i64> {
            Box::new(async move {
                let now = step(&mut caller, |acting| acting.clock(LOOK)).await?;
                Ok(DAY.saturating_add(i64::try_from(now).unwrap_or(i64::MAX)))
            })
        },
    )?;
    Ok(())
}

/// Lets the executor poll somebody else, once.
struct Pause(bool);

impl Future for Pause {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Polled<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

/// A step that is no point of the thread's own code.
async fn step<R>(caller: &mut Caller<'_, Context>, act: impl FnOnce(&mut Acting<'_>) -> R) -> Result<R> {
    turn(caller, |acting| {
        acting.step();
        act(acting)
    })
    .await
}

/// Tells what the thread does, and comes back when it is its turn again.
async fn turn<R>(caller: &mut Caller<'_, Context>, act: impl FnOnce(&mut Acting<'_>) -> R) -> Result<R> {
    let run = caller.data().run.clone();
    if run.ending.is_over() {
        return Err(interrupted(&*caller).into());
    }
    let Some(turns) = run.turns.get() else {
        return Err(wasmtime::Error::msg("the threads of this run take no turns"));
    };
    let budget = caller.data().budget;
    let left = budget.map_or(0, |budget| budget.get(&mut *caller).i32().unwrap_or(0));
    let place = || WasmBacktrace::force_capture((*caller).as_context());
    // Nobody has set the budget of an instance that is being made: it has a turn that nobody ends.
    let left = if budget.is_some() {
        left.cast_unsigned()
    } else {
        turns.budget()
    };
    let (done, goes_on) = turns.turn(left, act, place);
    if goes_on.is_none() {
        Pause(false).await;
        if run.ending.is_over() {
            return Err(interrupted(&*caller).into());
        }
    }
    if let Some(budget) = budget {
        let granted = goes_on.unwrap_or_else(|| turns.budget());
        budget.set(&mut *caller, Val::I32(granted.cast_signed()))?;
    }
    Ok(done)
}

async fn wait(caller: &mut Caller<'_, Context>, address: u32, timeout: i64, equal: bool) -> Result<u32> {
    if !equal {
        step(caller, |_| ()).await?;
        return Ok(1);
    }
    let limit = u64::try_from(timeout).ok();
    if limit.is_some_and(|limit| Duration::from_nanos(limit) <= YIELD) {
        step(caller, |acting| {
            acting.yields();
        })
        .await?;
        return Ok(2);
    }
    let timed = limit.is_some();
    let context = caller.data_mut();
    let time = context.tick(0);
    context.record(time, EventKind::Sleep { address, timed });
    context.thread().sleeps_for(address.into(), timed);
    step(caller, |acting| acting.wait(address.into(), limit)).await?;
    let context = caller.data_mut();
    context.thread().awakes();
    let wake = context.run.turns.get().map_or(Wake::Woken, Turns::wake);
    let (how, result) = match wake {
        Wake::Woken => (AwakeKind::Woken, 0),
        Wake::TimedOut => (AwakeKind::TimedOut, 2),
    };
    let time = context.tick(0);
    context.record(time, EventKind::Awake { address, how });
    Ok(result)
}

async fn create(caller: &mut Caller<'_, Context>, id_pointer: u32, start_routine: u32) -> Result<i32> {
    super::going_on(caller)?;
    let context = caller.data_mut();
    if context.is_starting() {
        return Ok(errno::STARTING);
    }
    let run = context.run.clone();
    if run.memory().load(id_pointer).is_none() {
        return Ok(errno::BAD_THREAD_ID_POINTER);
    }
    let thread = match enlist(context, start_routine) {
        Ok(thread) => thread,
        Err(number) => return Ok(number),
    };
    if !run.memory().store(id_pointer, thread.id) {
        run.watch.threads.forget_unstarted(thread.id);
        return Ok(errno::BAD_THREAD_ID_POINTER);
    }
    let forked_at = context.tick(0);
    context.record(forked_at, EventKind::Fork { child: thread.id });
    if let Some(races) = run.races.get() {
        let parent = context.teller.map(|teller| teller.slot);
        races.fork(parent, &thread, run.memory());
    }
    let random = context.random.of_child();
    let started = Started {
        thread,
        forked_at,
        random,
    };
    step(caller, |acting| acting.start(started)).await?;
    super::races::renew(caller)?;
    Ok(errno::OK)
}

async fn join(caller: &mut Caller<'_, Context>, id: u32) -> Result<i32> {
    super::going_on(caller)?;
    let (thread, reaped) = match join_begins(caller.data_mut(), id) {
        Ok(begun) => begun,
        Err(number) => return Ok(number),
    };
    let end = key::end_of(id);
    let runs = thread.is_running();
    if runs {
        caller.data().thread().sleeps_for(end, false);
    }
    step(caller, |acting| {
        if runs {
            acting.wait(end, None);
        }
    })
    .await?;
    let context = caller.data();
    context.thread().awakes();
    if let (Some(races), Some(teller)) = (context.run.races.get(), context.teller) {
        races.join(teller.slot, id, !reaped);
    }
    Ok(join_ends(caller.data_mut(), thread, reaped))
}
