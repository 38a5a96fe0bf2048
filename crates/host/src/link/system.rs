//! What a program wants of its host besides threads and locks: output, arguments, environment variables, exit, clocks, parallelism, random bytes.

use std::borrow::Cow;
use std::io::ErrorKind;
use std::num::NonZeroU32;
use std::time::{SystemTime, UNIX_EPOCH};

use threadlink_abi::errno;
use threadlink_abi::imports::{self as abi, Import};
use threadlink_watch::Clock;
use wasmtime::{Caller, Linker, Result};

use super::going_on;
use crate::outcome::End;
use crate::run::context::Context;
use crate::run::ending::Cause;
use crate::run::instance::interrupted;
use crate::run::output::Refused;
use crate::run::shared::Run;
use crate::run::stop::Stop;

/// Random bytes that are made at once.
const RANDOM_PIECE: u32 = 4096;

pub(super) fn define(linker: &mut Linker<Context>) -> Result<()> {
    linker.func_wrap(
        abi::WRITE.module,
        abi::WRITE.name,
        |caller: Caller<'_, Context>, stream: i32, pointer: u32, len: u32| {
            write(&caller, stream, pointer, len)
        },
    )?;
    linker.func_wrap(
        abi::EXIT.module,
        abi::EXIT.name,
        |caller: Caller<'_, Context>, code: i32| -> Result<()> {
            going_on(&caller)?;
            caller.data().run.end(Cause::Program(End::Exited(code)));
            Err(Stop::Over.into())
        },
    )?;
    texts(linker, abi::ARGS_SIZE, abi::ARGS_GET, |run| &run.args)?;
    texts(linker, abi::ENV_SIZE, abi::ENV_GET, |run| &run.env)?;
    linker.func_wrap(abi::RANDOM_GET.module, abi::RANDOM_GET.name, random_get)?;
    linker.func_wrap(
        abi::CLOCK.module,
        abi::CLOCK.name,
        |caller: Caller<'_, Context>| told(&caller, |run| if run.clock { run.watch.clock.now() } else { 0 }),
    )?;
    linker.func_wrap(
        abi::CLOCK_REALTIME.module,
        abi::CLOCK_REALTIME.name,
        |caller: Caller<'_, Context>| {
            told(&caller, |run| {
                if run.clock {
                    since_epoch(SystemTime::now())
                } else {
                    0
                }
            })
        },
    )?;
    linker.func_wrap(
        abi::PARALLELISM.module,
        abi::PARALLELISM.name,
        |caller: Caller<'_, Context>| {
            told(&caller, |run| {
                run.parallelism.map_or_else(processors, NonZeroU32::get)
            })
        },
    )?;
    Ok(())
}

/// Defines the function that tells how long a list of texts is, and the one that writes them.
fn texts(linker: &mut Linker<Context>, size: Import, get: Import, of: fn(&Run) -> &[u8]) -> Result<()> {
    linker.func_wrap(size.module, size.name, move |caller: Caller<'_, Context>| {
        told(&caller, |run| u32::try_from(of(run).len()).unwrap_or(u32::MAX))
    })?;
    linker.func_wrap(
        get.module,
        get.name,
        move |caller: Caller<'_, Context>, pointer: u32, len: u32| {
            told(&caller, |run| {
                let bytes = of(run);
                let fits = bytes.len() <= len as usize && run.memory().write(pointer, bytes);
                if fits {
                    errno::OK
                } else {
                    errno::MEMORY_OUT_OF_BOUNDS
                }
            })
        },
    )?;
    Ok(())
}

/// What the program asks for, unless it is over.
fn told<T>(caller: &Caller<'_, Context>, answer: impl FnOnce(&Run) -> T) -> Result<T> {
    going_on(caller)?;
    Ok(answer(&caller.data().run))
}

fn write(caller: &Caller<'_, Context>, stream: i32, pointer: u32, len: u32) -> Result<i32> {
    going_on(caller)?;
    let run = &caller.data().run;
    let output = match stream {
        abi::STDOUT => &run.stdout,
        abi::STDERR => &run.stderr,
        _ => return Ok(errno::OUTPUT_FAILED),
    };
    // In pieces, so that a huge length costs the host no memory.
    let Some(pieces) = run.memory().pieces(pointer, len) else {
        return Ok(errno::MEMORY_OUT_OF_BOUNDS);
    };
    let over = || run.ending.is_over();
    match run.write(output, pieces.take_while(|_| !over()).map(Cow::Owned)) {
        Ok(()) => Ok(errno::OK),
        Err(Refused::Limit) => Err(interrupted(caller).into()),
        Err(Refused::Failed(error)) if error.kind() == ErrorKind::BrokenPipe => Ok(errno::OUTPUT_CLOSED),
        Err(Refused::Failed(_)) => Ok(errno::OUTPUT_FAILED),
    }
}

fn random_get(mut caller: Caller<'_, Context>, pointer: u32, len: u32) -> Result<i32> {
    going_on(&caller)?;
    if !caller.data().run.memory().contains(pointer, len) {
        return Ok(errno::MEMORY_OUT_OF_BOUNDS);
    }
    let mut piece = [0; RANDOM_PIECE as usize];
    let mut done = 0;
    while done < len {
        // A huge length takes its time.
        going_on(&caller)?;
        let context = caller.data_mut();
        let piece = &mut piece[..(len - done).min(RANDOM_PIECE) as usize];
        // Inside the memory from here on, which never shrinks.
        if !context.random.fill(piece) || !context.run.memory().write(pointer + done, piece) {
            return Ok(errno::NO_RANDOM);
        }
        done += RANDOM_PIECE.min(len - done);
    }
    Ok(errno::OK)
}

/// How many threads this machine runs at once.
fn processors() -> u32 {
    std::thread::available_parallelism().map_or(1, |count| u32::try_from(count.get()).unwrap_or(u32::MAX))
}

/// Nanoseconds from 1970-01-01 00:00 UTC to `time`, negative before. What does not fit (after 2262) is cut.
fn since_epoch(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_nanos()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |nanos| -nanos),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_clock_of_the_day_counts_from_the_epoch_in_both_directions() {
        let second = Duration::from_secs(1);
        assert_eq!(since_epoch(UNIX_EPOCH), 0);
        assert_eq!(since_epoch(UNIX_EPOCH + second), 1_000_000_000);
        assert_eq!(since_epoch(UNIX_EPOCH - second), -1_000_000_000);
        let far = Duration::from_secs(20_000_000_000);
        assert_eq!(since_epoch(UNIX_EPOCH + far), i64::MAX);
        assert_eq!(since_epoch(UNIX_EPOCH - far), i64::MIN);
    }
}
