//! Workers: operating-system threads that each own an instance and run one guest thread after the other.
//!
//! A worker is idle before the joiner of its last thread is woken, so a program that spawns and joins in turn
//! uses one worker however often it does so. For detached threads nobody waits, so a spawn that finds no idle
//! worker gives the busy ones a moment to come back, as long as recent threads were short ([`LONGEST_WAIT`]).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use threadlink_abi::{errno, exports};
use wasmtime::{Store, TypedFunc};

use super::context::Context;
use super::threads::Thread;
use super::{Run, death, instance};

/// How often an idle worker looks for work before it sleeps: a few microseconds.
const SPINS: u32 = 2_000;
/// How long a spawn waits at most for a worker to come back, when threads have been ending recently. Each wait
/// in vain quarters it, so a program that starts many threads at once loses a dozen milliseconds, once.
const LONGEST_WAIT: Duration = Duration::from_millis(10);

/// The idle workers of a run, and how many are busy.
#[derive(Default)]
pub(crate) struct Pool {
    inner: Mutex<Inner>,
    changed: Condvar,
    instances: AtomicU64,
}

#[derive(Default)]
struct Inner {
    idle: Vec<Arc<Slot>>,
    busy: u64,
    closed: bool,
    patience: Duration,
}

/// Where a worker gets its next thread from.
#[derive(Default)]
struct Slot {
    ready: AtomicBool,
    job: Mutex<Option<Job>>,
    given: Condvar,
}

enum Job {
    Run { thread: Arc<Thread>, forked_at: u64 },
    Leave,
}

impl Slot {
    fn give(&self, job: Job) {
        *self.job.lock() = Some(job);
        self.ready.store(true, Ordering::Release);
        self.given.notify_one();
    }

    fn take(&self) -> Job {
        for _ in 0..SPINS {
            if self.ready.load(Ordering::Acquire) {
                break;
            }
            std::hint::spin_loop();
        }
        let mut slot = self.job.lock();
        loop {
            if let Some(job) = slot.take() {
                self.ready.store(false, Ordering::Relaxed);
                return job;
            }
            self.given.wait(&mut slot);
        }
    }
}

impl Pool {
    pub(crate) fn instances(&self) -> u64 {
        self.instances.load(Ordering::Relaxed)
    }

    pub(super) fn count_instance(&self) {
        self.instances.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a worker that starts with a thread to run.
    pub(super) fn enter(&self) {
        self.inner.lock().busy += 1;
    }

    /// Counts a worker out for good.
    pub(super) fn leave(&self) {
        self.inner.lock().busy -= 1;
        self.changed.notify_all();
    }

    /// An idle worker, counted as busy from here on.
    fn take_idle(&self) -> Option<Arc<Slot>> {
        let mut inner = self.inner.lock();
        // The caller is one of the busy ones itself.
        if inner.idle.is_empty() && inner.busy > 1 && !inner.patience.is_zero() {
            let deadline = Instant::now() + inner.patience;
            while inner.idle.is_empty() {
                if self.changed.wait_until(&mut inner, deadline).timed_out() {
                    inner.patience /= 4;
                    break;
                }
            }
        }
        let slot = inner.idle.pop()?;
        inner.busy += 1;
        Some(slot)
    }

    /// Makes a worker idle; `false` if the run is over and it should leave.
    fn give_back(&self, slot: &Arc<Slot>) -> bool {
        let mut inner = self.inner.lock();
        inner.patience = LONGEST_WAIT;
        if inner.closed {
            return false;
        }
        inner.busy -= 1;
        inner.idle.push(slot.clone());
        drop(inner);
        self.changed.notify_all();
        true
    }

    /// Sends the idle workers away, now and from now on.
    pub(super) fn dismiss_idle(&self) {
        let mut inner = self.inner.lock();
        inner.closed = true;
        for slot in inner.idle.drain(..) {
            slot.give(Job::Leave);
        }
    }

    pub(super) fn busy(&self) -> u64 {
        self.inner.lock().busy
    }

    /// Waits until no worker is busy; `false` if that took longer than `limit`.
    pub(super) fn wait_idle(&self, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        let mut inner = self.inner.lock();
        while inner.busy > 0 {
            if self.changed.wait_until(&mut inner, deadline).timed_out() {
                return inner.busy == 0;
            }
        }
        true
    }
}

/// An instance with its store, made for one thread and then used for others.
struct Worker {
    store: Store<Context>,
    thread_start: TypedFunc<u32, ()>,
    slot: Arc<Slot>,
}

/// Starts a guest thread on an idle worker, or on a new one. The error is an error number; nothing runs then.
pub(super) fn start(run: &Arc<Run>, thread: Arc<Thread>, forked_at: u64) -> Result<(), i32> {
    let job = Job::Run {
        thread: thread.clone(),
        forked_at,
    };
    if let Some(slot) = run.pool.take_idle() {
        run.waits.enter();
        slot.give(job);
        return Ok(());
    }
    let (mut store, instance) = instance::instantiate(run, thread).map_err(|error| {
        // The guest gets a number only; why is for whoever reads along.
        let message = format!(
            "a new thread could not be started: {error:#}
"
        );
        let _ = run.stderr.write(message.as_bytes());
        errno::HOST_OUT_OF_THREADS
    })?;
    let thread_start = instance
        .get_typed_func::<u32, ()>(&mut store, exports::THREAD_START)
        .map_err(|_| errno::HOST_OUT_OF_THREADS)?;
    let slot = Arc::new(Slot::default());
    slot.give(job);
    let worker = Worker {
        store,
        thread_start,
        slot,
    };
    run.pool.enter();
    run.waits.enter();
    let pool = run.clone();
    std::thread::Builder::new()
        .name("threadlink-guest".to_owned())
        .stack_size(run.program.engine.os_stack())
        .spawn(move || worker.work())
        .map(drop)
        .map_err(|_| {
            pool.waits.leave();
            pool.pool.leave();
            errno::HOST_OUT_OF_THREADS
        })
}

impl Worker {
    fn work(mut self) {
        let run = self.store.data().run.clone();
        loop {
            let Job::Run { thread, forked_at } = self.slot.take() else {
                return;
            };
            self.store.data_mut().begin(thread.clone(), forked_at);
            let result = self.thread_start.call(&mut self.store, thread.start_routine);
            let died = match result {
                Ok(()) => {
                    death::of_unwound(&run, &thread);
                    false
                }
                Err(error) => {
                    if !death::of_spawned(&run, &thread, &error) {
                        run.waits.leave();
                        run.pool.leave();
                        return;
                    }
                    true
                }
            };
            let ended_at = self.store.data_mut().end(died);
            // Idle first, then the joiner: who spawns after a join finds this worker.
            let stays = !died && run.program.facts.reusable && run.pool.give_back(&self.slot);
            run.threads.ended(died);
            thread.finish(died, ended_at);
            super::deadlock::after_end(&run, &thread);
            run.waits.leave();
            if !stays {
                run.pool.leave();
                return;
            }
        }
    }
}
