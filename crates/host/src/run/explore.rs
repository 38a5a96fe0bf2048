//! One execution of a program whose threads take turns: each is a future on a fiber, and the one whose turn it is is polled.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as Polled, Waker};
use std::time::Duration;

use threadlink_abi::exports;
use threadlink_schedule::{Decision, Plan};
use threadlink_trace::{Summary, WriteError};
use threadlink_watch::guest::block::Block;
use threadlink_watch::{MAIN, Thread};
use wasmtime::Store;

use super::config::{RunConfig, RunError};
use super::context::{Context, Linked};
use super::ending::Cause;
use super::entry::Entry;
use super::fall::Fall;
use super::globals::Globals;
use super::races::{Listener, Races};
use super::random::Source;
use super::shared::Run;
use super::turns::{Course, Started, Turns};
use super::watchdog::Watchdog;
use super::{account, death, instance, start};
use crate::link::{self, Functions};
use crate::load::{Compiled, PAGE};
use crate::outcome::End;
use crate::race::Race;
use crate::wait::key;

/// How often a thread is polled that is to leave: it has no reason to pause then.
const LEAVES: usize = 3;

/// The export that says where the heap begins. Without it all memory counts as allocated.
const HEAP_BASE: &str = "__heap_base";

/// The exit code of a program whose main thread has panicked.
const PANICKED: i32 = 101;

/// How an execution is made.
pub(crate) struct Request<'a> {
    pub(crate) program: &'a Arc<Compiled>,
    /// All that the program imports but the memory.
    pub(crate) functions: &'a Arc<Functions>,
    /// Who ends it if a thread comes to no point any more.
    pub(crate) watchdog: Option<&'a Watchdog>,
    pub(crate) plan: &'a Plan,
    pub(crate) config: RunConfig,
    /// Whether the panic of any thread ends the program.
    pub(crate) any_panic: bool,
    /// Whether switches and changes of turn are remembered.
    pub(crate) remembers: bool,
    /// Who is told of data races at once.
    pub(crate) listener: Option<Listener>,
}

/// What came of it.
pub(crate) struct Execution {
    pub(crate) end: End,
    /// Whether it was ended as it had taken too many steps.
    pub(crate) endless: bool,
    pub(crate) course: Course,
    pub(crate) trace: Option<Result<Summary, WriteError>>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    /// Data races, if the code tells of its accesses; how many more there were, and how often accesses were forgotten.
    pub(crate) races: (Vec<Race>, u64, u64),
}

/// A thread, as something to poll; and whether it has begun.
struct Fiber {
    future: Pin<Box<dyn Future<Output = ()> + Send>>,
    begun: bool,
}

impl Fiber {
    fn of(future: impl Future<Output = ()> + Send + 'static) -> Option<Self> {
        Some(Self {
            future: Box::pin(future),
            begun: false,
        })
    }
}

/// Polls a thread; one that has ended is dropped.
fn poll(slot: &mut Option<Fiber>) {
    if let Some(fiber) = slot {
        fiber.begun = true;
        let mut polled = Polled::from_waker(Waker::noop());
        if fiber.future.as_mut().poll(&mut polled).is_ready() {
            *slot = None;
        }
    }
}

/// Executes a program once.
pub(crate) fn execute(request: Request<'_>) -> Result<Execution, RunError> {
    let Request {
        program,
        functions,
        watchdog,
        plan,
        config,
        any_panic,
        remembers,
        listener,
    } = request;
    let entry = Entry::of(program, &config.entry, &config.params)?;
    let memory_maximum = (u64::from(program.facts.memory_maximum) * PAGE).min(config.max_memory);
    let run = Arc::new(start::prepare(program, config)?);
    if program.telling().is_some() {
        let races =
            Races::new(program, memory_maximum, listener).map_err(|error| RunError::NoHostMemory {
                message: format!("{error:#}"),
            })?;
        let _ = run.races.set(races);
    }
    let turns = run.turns.get_or_init(|| Turns::new(plan, remembers));
    if let Some(watchdog) = watchdog {
        watchdog.watch(&run);
    }
    let linked = Linked::default();
    let mut fibers = vec![Fiber::of(main(
        run.clone(),
        linked.clone(),
        functions.clone(),
        entry,
    ))];
    // Until it has an instance nobody knows more of it.
    let unknown = Arc::new(Thread::new(MAIN, None, 0, None, Some("main".to_owned())));
    turns.begin(unknown);
    let mut endless = false;
    while !run.ending.is_over() {
        match turns.decision() {
            Decision::Run { thread, .. } => match fibers.get_mut(thread as usize) {
                Some(fiber @ Some(_)) => poll(fiber),
                _ => {
                    let message = "a thread was to go on that is no more".to_owned();
                    run.end(Cause::Failed(RunError::HostFailed { message }));
                }
            },
            Decision::Stuck => run.end_by(run.watch.standstill()),
            Decision::TooManySteps => {
                endless = true;
                run.end(Cause::TimeLimit(account::of_threads_in_turns(&run)));
            }
        }
        for started in turns.take_started() {
            fibers.push(Fiber::of(spawned(
                run.clone(),
                linked.clone(),
                started,
                any_panic,
            )));
        }
    }
    // They say where they were, if that is asked for, on their way out.
    for fiber in &mut fibers {
        for _ in 0..LEAVES {
            if fiber.as_ref().is_some_and(|fiber| fiber.begun) {
                poll(fiber);
            }
        }
    }
    drop(fibers);
    let cause = run.ending.wait(None);
    let end = cause.map_or(Ok(End::Returned), |cause| {
        start::end_of(&run, cause, Duration::ZERO, Duration::ZERO)
    });
    Ok(Execution {
        trace: run.recording.finish(),
        end: end?,
        endless,
        course: turns.course(),
        stdout: run.stdout.take(),
        stderr: run.stderr.take(),
        races: run.races.get().map_or_else(Default::default, Races::take),
    })
}

/// The end of the run that a store or an instance could not be made for.
fn refused(run: &Run, error: &wasmtime::Error) {
    let message = format!("{error:#}");
    run.end(Cause::Failed(RunError::NoHostMemory { message }));
}

async fn main(run: Arc<Run>, linked: Linked, functions: Arc<Functions>, entry: Entry) {
    let provisional = Arc::new(Thread::new(MAIN, None, 0, None, Some("main".to_owned())));
    let mut store = match instance::store(&run, &linked, provisional.clone()) {
        Ok(store) => store,
        Err(error) => return refused(&run, &error),
    };
    let made = match functions.link(&run.program, run.memory().shared(), &store) {
        Ok(made) => {
            let _ = linked.set(made);
            instance::instantiate_in_turns(&mut store).await
        }
        Err(error) => Err(error),
    };
    let instance = match made {
        Ok(instance) => instance,
        Err(error) => return death::of_main(&run, &provisional, &Fall::at_start(&error)),
    };
    if let Err(clause) = start::describe(&run, &mut store, &instance) {
        return run.end(Cause::Failed(RunError::Descriptor { clause }));
    }
    let descriptor = run.watch.descriptor();
    let block = descriptor.and_then(|known| Block::at(run.memory(), known.main_block));
    let main = |id| Thread::new(id, None, 0, block, Some("main".to_owned()));
    // The first thread of an empty table is never refused.
    let Ok(thread) = run.watch.threads.add(usize::MAX, main) else {
        return;
    };
    if let Some(turns) = run.turns.get() {
        turns.name_main(thread.clone());
    }
    if let Some(races) = run.races.get() {
        let heap = instance.get_global(&mut store, HEAP_BASE);
        let heap = heap.and_then(|heap| heap.get(&mut store).i32());
        races.set_heap(heap.unwrap_or_default().cast_unsigned());
        races.fork(None, &thread, run.memory());
    }
    store.data_mut().random = Source::of_main(run.random);
    store.data_mut().begin(thread.clone(), 0);
    if let Err(error) = link::races::renew(&mut store) {
        return refused(&run, &error);
    }
    let globals = Globals::of(&mut store, &instance);
    let called = entry.call_in_turns(&mut store, &instance).await;
    spend(&run, &mut store);
    match called {
        Ok(()) => {
            store.data_mut().end(false);
            let code = block.and_then(|block| block.exit_code(run.memory()));
            // A build that unwinds ends with a code of its own for that.
            let panic = code.filter(|code| *code == PANICKED);
            let panic = panic.and_then(|_| death::caught_panic(&run, &thread));
            run.end(Cause::Program(match (code, panic) {
                (_, Some(death)) => End::Panicked(death),
                (None | Some(0), None) => End::Returned,
                (Some(code), None) => End::Exited(code),
            }));
        }
        Err(error) => {
            let fall = Fall::of(&run, &error, &mut store, &globals);
            death::of_main(&run, &thread, &fall);
        }
    }
}

async fn spawned(run: Arc<Run>, linked: Linked, started: Started, any_panic: bool) {
    let Started {
        thread,
        forked_at,
        random,
    } = started;
    let mut store = match instance::store(&run, &linked, thread.clone()) {
        Ok(store) => store,
        Err(error) => return refused(&run, &error),
    };
    let made = instance::instantiate_in_turns(&mut store).await;
    let made = made.and_then(|instance| {
        let start = instance.get_typed_func::<u32, ()>(&mut store, exports::THREAD_START)?;
        Ok((instance, start))
    });
    let (instance, start) = match made {
        Ok(made) => made,
        Err(error) => return refused(&run, &error),
    };
    let globals = Globals::of(&mut store, &instance);
    store.data_mut().random = random;
    store.data_mut().begin(thread.clone(), forked_at);
    if let Err(error) = link::races::renew(&mut store) {
        return refused(&run, &error);
    }
    let called = start.call_async(&mut store, thread.start_routine).await;
    let died = called.is_err();
    match called {
        Ok(()) => {
            if let Some(death) = death::caught_panic(&run, &thread).filter(|_| any_panic) {
                spend(&run, &mut store);
                return run.end(Cause::Program(End::Panicked(death)));
            }
            death::of_unwound(&run, &thread);
        }
        Err(error) => {
            let fall = Fall::of(&run, &error, &mut store, &globals);
            if any_panic {
                spend(&run, &mut store);
                // As if it were the main thread: its death is that of the program.
                return death::of_main(&run, &thread, &fall);
            }
            if !death::of_spawned(&run, &thread, &fall) {
                return;
            }
        }
    }
    finish(&run, &mut store, &thread, died);
}

/// Tells all others that a thread is no more.
fn finish(run: &Run, store: &mut Store<Context>, thread: &Arc<Thread>, died: bool) {
    let Some(turns) = run.turns.get() else { return };
    if died {
        death::bequeath(run, thread, |address| {
            turns.notify(address.into(), u32::MAX);
        });
    }
    let ended_at = store.data_mut().end(died);
    if let Some(races) = run.races.get() {
        races.end(thread);
    }
    run.watch.threads.ended(thread, died);
    thread.finish(died, ended_at);
    run.heed(run.watch.after_end(thread));
    turns.finish(left(store), key::end_of(thread.id));
}

/// The thread whose turn it is ends the program: what it has passed since the last decision counts as well. If it has ended already,
/// the thread only leaves, and what it has left is of an earlier turn.
fn spend(run: &Run, store: &mut Store<Context>) {
    if run.ending.is_over() {
        return;
    }
    if let Some(turns) = run.turns.get() {
        turns.spend(left(store));
    }
}

/// What a thread has left of its budget.
fn left(store: &mut Store<Context>) -> u32 {
    let budget = store.data().budget;
    let left = budget.and_then(|budget| budget.get(&mut *store).i32());
    left.unwrap_or(0).cast_unsigned()
}
