//! From a loaded program to its outcome: the main thread, the wait for the end, and what is left then.

use std::sync::Arc;
use std::time::{Duration, Instant};

use threadlink_abi::layout;
use threadlink_watch::guest::block::Block;
use threadlink_watch::guest::descriptor::Descriptor;
use threadlink_watch::{Budget, MAIN, Thread};
use wasmtime::{Instance, MemoryType, SharedMemory, Store, Val};

use super::config::{RunConfig, RunError};
use super::context::{Context, Linked};
use super::cpu_time::CpuTime;
use super::ending::Cause;
use super::entry::Entry;
use super::fall::Fall;
use super::globals::Globals;
use super::output::{Allowance, Output};
use super::random::Source;
use super::reading::Reading;
use super::recording::Recording;
use super::shared::{Parts, Run};
use super::shortcuts::Shortcuts;
use super::texts::Fault;
use super::{account, death, instance, panics, supervise, teardown, texts};
use crate::link;
use crate::load::{Compiled, PAGE};
use crate::memory::GuestMemory;
use crate::outcome::{End, Outcome, Stats};

/// Runs `program` to its end.
pub(crate) fn run(program: &Arc<Compiled>, config: RunConfig) -> Result<Outcome, RunError> {
    let entry = Entry::of(program, &config.entry, &config.params)?;
    let counted_from = config.counted_from.unwrap_or_else(Instant::now);
    let deadline = config.timeout.and_then(|limit| counted_from.checked_add(limit));
    let limit = config.timeout.unwrap_or_default();
    let cpu_limit = config.cpu_limit;
    if cpu_limit.is_some() && !CpuTime::is_known() {
        return Err(RunError::NoCpuClock);
    }
    let stop = config.stop.clone();
    let run = Arc::new(prepare(program, config)?);
    if let Some(deadline) = deadline {
        run.recording.limit(deadline);
    }
    let main = run.clone();
    let mut mapped = run.take_room().map_err(|full| RunError::NoThread {
        message: full.to_string(),
    })?;
    run.pool.enter();
    run.waits.enter();
    let handle = std::thread::Builder::new()
        .name("threadlink-main".to_owned())
        .stack_size(program.engine.os_stack())
        .spawn(move || {
            let _counted = main.cpu_time.count();
            mapped.comes_up();
            if let Err(message) = panics::caught(|| run_main(&main, &entry)) {
                main.end(Cause::Failed(RunError::HostFailed { message }));
            }
            main.pool.leave();
        })
        .map_err(|error| RunError::NoThread {
            message: error.to_string(),
        })?;
    run.pool.handles.keep(handle);
    let stopped = Arc::downgrade(&run);
    let listening = stop.listen(move || {
        if let Some(run) = stopped.upgrade() {
            run.interrupt();
        }
    });
    let cause = supervise::wait_for_end(&run, deadline, cpu_limit, &stop);
    let abandoned_threads = teardown::stop_leftovers(&run);
    if let Cause::CpuLimit(_) = &cause {
        run.recording.limit(Instant::now());
    }
    let end = end_of(&run, cause, limit, cpu_limit.unwrap_or_default());
    let results = match end {
        Ok(End::Returned) => run.take_results(),
        _ => Vec::new(),
    };
    let trace = run.recording.finish();
    // Until here: a trace that nobody takes can be given up.
    drop(listening);
    let counts = run.watch.threads.counts();
    let stats = Stats {
        threads: counts.created,
        peak_threads: counts.peak,
        died: counts.died,
        instances: run.pool.instances(),
        abandoned_threads,
        memory_bytes: run.memory().len(),
        cpu_time: CpuTime::is_known().then(|| run.cpu_time.used()),
    };
    Ok(Outcome {
        end: end?,
        stats,
        results,
        trace,
        stdout: run.stdout.take(),
        stderr: run.stderr.take(),
    })
}

/// What this cause means, when the threads have stopped.
pub(super) fn end_of(run: &Run, cause: Cause, limit: Duration, cpu_limit: Duration) -> Result<End, RunError> {
    Ok(match cause {
        Cause::Program(end) => end,
        Cause::Failed(error) => return Err(error),
        Cause::Deadlock(verdict, mut report) => {
            run.recording.deadlock(&run.watch, &verdict.deadlock);
            account::add_places(run, &mut report);
            End::Deadlock(report)
        }
        Cause::TimeLimit(threads) => End::TimedOut {
            limit,
            threads: account::in_lines(run, threads),
        },
        Cause::CpuLimit(threads) => End::CpuLimit {
            limit: cpu_limit,
            threads: account::in_lines(run, threads),
        },
        Cause::Stopped(threads) => End::Stopped {
            threads: account::in_lines(run, threads),
        },
    })
}

/// Sets up what the threads of the run will share.
pub(super) fn prepare(program: &Arc<Compiled>, config: RunConfig) -> Result<Run, RunError> {
    let facts = &program.facts;
    let wanted = u64::from(facts.memory_minimum) * PAGE;
    if wanted > config.max_memory {
        return Err(RunError::MemoryTooLarge {
            wanted,
            limit: config.max_memory,
        });
    }
    let allowed = u32::try_from(config.max_memory / PAGE).unwrap_or(u32::MAX);
    let ty = MemoryType::shared(facts.memory_minimum, facts.memory_maximum.min(allowed));
    let memory = SharedMemory::new(program.wasmtime(), ty).map_err(|error| RunError::NoMemory {
        maximum: u64::from(facts.memory_maximum) * PAGE,
        message: format!("{error:#}"),
    })?;
    let no_host_memory = |error: std::io::Error| RunError::NoHostMemory {
        message: error.to_string(),
    };
    let budget = Arc::new(Budget::new(config.max_host_memory));
    let max_output = config.max_output.unwrap_or(u64::MAX);
    let allowance = Allowance::new(max_output);
    let stdout = Output::new(config.stdout, std::io::stdout, &allowance, &budget);
    let stderr = Output::new(config.stderr, std::io::stderr, &allowance, &budget);
    if let (Some(trace), Some(most)) = (&config.trace, config.max_trace) {
        trace.max_bytes(most);
    }
    let mut recording = Recording::new(config.trace);
    if program.has_shortcuts() {
        recording = recording.with_rings(program.wasmtime(), program.reserved, &budget);
    }
    Ok(Run::new(Parts {
        program: program.clone(),
        memory: GuestMemory::new(memory),
        recording,
        stdin: Reading::new(config.stdin, &budget),
        stdout: stdout.map_err(no_host_memory)?,
        stderr: stderr.map_err(no_host_memory)?,
        max_output,
        args: texts::with_nuls(config.args),
        env: texts::variables(config.env)
            .map_err(|Fault { name, clause }| RunError::Variable { name, clause })?,
        clock: config.clock,
        parallelism: config.parallelism,
        random: config.random,
        max_threads: config.max_threads,
        budget,
    }))
}

/// Makes the main instance and calls the entry point.
fn run_main(run: &Arc<Run>, entry: &Entry) {
    // The real one needs the descriptor, which is readable only once there is an instance.
    let provisional = Arc::new(Thread::new(MAIN, None, 0, None, Some("main".to_owned())));
    let linked = Linked::default();
    let mut store = match instance::store(run, &linked, provisional.clone()) {
        Ok(store) => store,
        Err(error) => {
            let message = error.to_string();
            return run.end(Cause::Failed(RunError::NoHostMemory { message }));
        }
    };
    let rings = run.recording.rings();
    let made = link::link(&run.program, run.memory().shared(), &store, rings).and_then(|made| {
        let _ = linked.set(made);
        instance::instantiate(&mut store)
    });
    let instance = match made {
        Ok(instance) => instance,
        Err(error) => return death::of_main(run, &provisional, &Fall::at_start(&error)),
    };
    if let Err(clause) = describe(run, &mut store, &instance) {
        return run.end(Cause::Failed(RunError::Descriptor { clause }));
    }
    let descriptor = run.watch.descriptor();
    let tries_first = descriptor.is_some_and(|known| known.tries_first);
    if run.program.has_shortcuts() && tries_first && (rings.is_some() || !run.recording.is_on()) {
        run.watch.guard();
    }
    let block = descriptor.and_then(|known| Block::at(run.memory(), known.main_block));
    let made = run.watch.threads.add(usize::MAX, |id| {
        Thread::new(id, None, 0, block, Some("main".to_owned()))
    });
    // The first thread of an empty table is never refused.
    let Ok(thread) = made else { return };
    store.data_mut().random = Source::of_main(run.random);
    store.data_mut().begin(thread.clone(), 0);
    let globals = Globals::of(&mut store, &instance);
    let begun = match Shortcuts::of(&mut store, &instance) {
        Some(shortcuts) => shortcuts.begin(&mut store),
        None => Ok(()),
    };
    match begun.and_then(|()| entry.call(&mut store, &instance)) {
        Ok(results) => {
            store.data_mut().end(false);
            run.keep_results(results);
            let code = block.and_then(|block| block.exit_code(run.memory()));
            run.end(Cause::Program(match code {
                None | Some(0) => End::Returned,
                Some(code) => End::Exited(code),
            }));
        }
        Err(error) => {
            let fall = Fall::of(run, &error, &mut store, &globals);
            death::of_main(run, &thread, &fall);
        }
    }
}

/// Reads the module's descriptor, if it has one, and leaves in memory what a program may not have to ask for; the error is a
/// clause about it.
pub(super) fn describe(run: &Run, store: &mut Store<Context>, instance: &Instance) -> Result<(), String> {
    if !run.program.facts.has_descriptor {
        return Ok(());
    }
    let global = instance.get_global(&mut *store, layout::DESCRIPTOR_EXPORT);
    let global = global.ok_or("is not an exported global")?;
    let Val::I32(address) = global.get(&mut *store) else {
        return Err("is not an i32".to_owned());
    };
    let descriptor = Descriptor::read(run.memory(), address.cast_unsigned())?;
    if let (Some(address), Some(bytes)) = (descriptor.min_stack, texts::min_stack(&run.env))
        && !run.memory().store(address, bytes)
    {
        return Err(format!("has no word for `{}` in the memory", texts::MIN_STACK));
    }
    run.watch.describe(descriptor);
    Ok(())
}
