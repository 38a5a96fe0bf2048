//! A worker's work: one guest thread after the other, on one instance.

use std::sync::Arc;

use threadlink_abi::exports;
use threadlink_watch::Thread;
use wasmtime::{Engine, Store, TypedFunc};

use super::config::RunError;
use super::context::{Context, Linked};
use super::ending::Cause;
use super::fall::Fall;
use super::globals::Globals;
use super::mappings::Mapped;
use super::panics;
use super::pool::{Job, Slot};
use super::shared::Run;
use super::shortcuts::Shortcuts;
use super::{death, instance};
use crate::wait::key;

/// An instance with its store, made for one thread and then used for others.
pub(super) struct Worker {
    store: Store<Context>,
    thread_start: TypedFunc<u32, ()>,
    globals: Globals,
    shortcuts: Option<Shortcuts>,
    slot: Arc<Slot>,
    /// Whether it has run a thread already.
    used: bool,
    /// Why it can run none.
    broken: Option<String>,
}

impl Worker {
    /// Makes an instance, whose first thread this will be.
    pub(super) fn new(run: &Arc<Run>, linked: &Linked, thread: Arc<Thread>) -> Result<Self, wasmtime::Error> {
        let mut store = instance::store(run, linked, thread)?;
        let instance = instance::instantiate(&mut store)?;
        let thread_start = instance.get_typed_func::<u32, ()>(&mut store, exports::THREAD_START)?;
        let globals = Globals::of(&mut store, &instance);
        let shortcuts = Shortcuts::of(&mut store, &instance);
        let slot = run.pool.slot();
        Ok(Self {
            store,
            thread_start,
            globals,
            shortcuts,
            slot,
            used: false,
            broken: None,
        })
    }

    /// Where it gets its threads from.
    pub(super) fn slot(&self) -> &Arc<Slot> {
        &self.slot
    }

    /// Runs one thread after the other, until one of them spoils the instance or the run is over.
    pub(super) fn work(mut self, mut mapped: Mapped) {
        let run = self.store.data().run.clone();
        let _counted = run.cpu_time.count();
        // What the engine takes for each thread of the system, and what the allocator does: now, and not in the middle of
        // the guest's code, where there is nobody to tell.
        self.broken = panics::caught(Engine::tls_eager_initialize).err();
        drop(std::hint::black_box(Box::new(0_u64)));
        mapped.comes_up();
        run.pool.is_up();
        while let Job::Run {
            thread,
            forked_at,
            random,
        } = self.next_job(&run)
        {
            if run.ending.is_over() {
                // Given in the moment of the end: nothing begins any more.
                run.pool.leave();
                return;
            }
            self.store.data_mut().random = random;
            match panics::caught(|| self.run_thread(&run, &thread, forked_at)) {
                Ok(true) => {}
                Ok(false) => {
                    run.pool.leave();
                    return;
                }
                Err(message) => {
                    // Somewhere between two books that must agree.
                    run.end(Cause::Failed(RunError::HostFailed { message }));
                    run.pool.withdraw_or_leave(&self.slot);
                    return;
                }
            }
        }
    }

    fn next_job(&mut self, run: &Run) -> Job {
        let given = self.slot.take(&run.waits, &mut self.store.data_mut().parker);
        match given {
            Some(job) => job,
            None if run.pool.withdraw(&self.slot) => Job::Leave,
            None => self.slot.take_promised(),
        }
    }

    /// Runs one thread to its end; whether the worker is idle now.
    fn run_thread(&mut self, run: &Arc<Run>, thread: &Arc<Thread>, forked_at: u64) -> bool {
        self.store.data_mut().begin(thread.clone(), forked_at);
        let called = self.broken.take().map_or_else(
            || {
                panics::caught(|| {
                    if std::mem::replace(&mut self.used, true) {
                        self.globals.put_back(&mut self.store)?;
                    }
                    if let Some(shortcuts) = &self.shortcuts {
                        shortcuts.begin(&mut self.store)?;
                    }
                    self.thread_start.call(&mut self.store, thread.start_routine)
                })
            },
            Err,
        );
        let died = match called {
            Ok(Ok(())) => {
                death::of_unwound(run, thread);
                false
            }
            Ok(Err(error)) => {
                let fall = Fall::of(run, &error, &mut self.store, &self.globals);
                if !death::of_spawned(run, thread, &fall) {
                    return false;
                }
                true
            }
            Err(message) => {
                if !death::of_host(run, thread, &message) {
                    return false;
                }
                true
            }
        };
        if died {
            death::bequeath(run, thread, |address| {
                run.waits.notify(address.into(), u32::MAX);
            });
        }
        let ended_at = self.store.data_mut().end(died);
        // Idle first, then the joiner: who spawns after a join finds this worker.
        let stays = !died && run.program.facts.reusable && run.pool.give_back(&self.slot);
        run.watch.threads.ended(thread, died);
        thread.finish(died, ended_at);
        run.heed(run.watch.after_end(thread));
        // Counted out last: what it leaves behind is for others to find.
        run.waits.notify(key::end_of(thread.id), u32::MAX);
        run.waits.leave();
        stays
    }
}
