//! [`Turns`]: the threads of a run that take turns, one at a time, as a [`Scheduler`] says.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use threadlink_schedule::{Decision, Plan, Profile, Scheduler, Switch, ThreadId, Wake};
use threadlink_watch::Thread;
use wasmtime::WasmBacktrace;

use super::random::Source;

/// Changes of turn that are remembered.
const REMEMBERED: usize = 32;

/// Whose turn it is. Whoever runs tells what it does, and then either goes on or lets the executor poll who is next.
pub(crate) struct Turns {
    inner: Mutex<Inner>,
    /// How often somebody was given the turn.
    count: AtomicU64,
}

struct Inner {
    scheduler: Scheduler,
    decision: Decision,
    /// By the scheduler's numbers.
    threads: Vec<Arc<Thread>>,
    /// Those that were started and have not begun.
    started: Vec<Started>,
    /// The last changes of turn, if somebody wants to know.
    changes: Option<VecDeque<Change>>,
}

/// A thread that was started.
pub(crate) struct Started {
    pub(crate) thread: Arc<Thread>,
    pub(crate) forked_at: u64,
    pub(crate) random: Source,
}

/// One thread was stopped, and another went on.
pub(crate) struct Change {
    pub(crate) from: Arc<Thread>,
    pub(crate) to: Arc<Thread>,
    /// Where it was stopped.
    pub(crate) at: WasmBacktrace,
    /// Whether it could have gone on.
    pub(crate) could_go_on: bool,
}

/// What came of an execution, for whoever wants to make or judge it again.
pub(crate) struct Course {
    pub(crate) steps: u64,
    pub(crate) profile: Profile,
    pub(crate) switches: Vec<Switch>,
    pub(crate) changes: Vec<Change>,
}

impl Turns {
    /// Those of an execution with this plan; `remembers` says whether its switches and changes of turn are.
    pub(super) fn new(plan: &Plan, remembers: bool) -> Self {
        let inner = Inner {
            scheduler: if remembers {
                Scheduler::recording(plan)
            } else {
                Scheduler::new(plan)
            },
            decision: Decision::Stuck,
            threads: Vec::new(),
            started: Vec::new(),
            changes: remembers.then(VecDeque::new),
        };
        Self {
            inner: Mutex::new(inner),
            count: AtomicU64::new(0),
        }
    }

    /// The main thread is there, and goes on.
    pub(super) fn begin(&self, main: Arc<Thread>) {
        let mut inner = self.inner.lock();
        inner.scheduler.add();
        inner.threads.push(main);
        inner.decision = inner.scheduler.decide();
    }

    /// The main thread is this one, as is known only now.
    pub(super) fn name_main(&self, main: Arc<Thread>) {
        if let Some(first) = self.inner.lock().threads.first_mut() {
            *first = main;
        }
    }

    /// How often somebody was given the turn.
    pub(super) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// What happens next.
    pub(super) fn decision(&self) -> Decision {
        self.inner.lock().decision
    }

    /// Those that were started since this was asked last.
    pub(super) fn take_started(&self) -> Vec<Started> {
        std::mem::take(&mut self.inner.lock().started)
    }

    /// Points that whoever goes on may pass.
    pub(crate) fn budget(&self) -> u32 {
        match self.inner.lock().decision {
            Decision::Run { budget, .. } => budget,
            Decision::Stuck | Decision::TooManySteps => 0,
        }
    }

    /// The running thread has `left` of its budget, and does something; returns what comes of that, and the budget with which it
    /// goes on, if it does. If not, somebody else does, and `place` may be asked where the thread stands.
    pub(crate) fn turn<R>(
        &self,
        left: u32,
        act: impl FnOnce(&mut Acting<'_>) -> R,
        place: impl FnOnce() -> WasmBacktrace,
    ) -> (R, Option<u32>) {
        // Nobody else writes it now.
        self.count.store(self.count() + 1, Ordering::Relaxed);
        let mut guard = self.inner.lock();
        let inner = &mut *guard;
        let granted = match inner.decision {
            Decision::Run { budget, .. } => budget,
            Decision::Stuck | Decision::TooManySteps => left,
        };
        let before = inner.scheduler.running();
        inner.scheduler.spend(granted.saturating_sub(left));
        let done = act(&mut Acting {
            scheduler: &mut inner.scheduler,
            threads: &mut inner.threads,
            started: &mut inner.started,
        });
        let could_go_on = before.is_some_and(|running| inner.scheduler.is_ready(running));
        inner.decision = inner.scheduler.decide();
        let goes_on = match inner.decision {
            Decision::Run { thread, budget } if Some(thread) == before => Some(budget),
            _ => None,
        };
        if goes_on.is_none()
            && let Some(changes) = &mut inner.changes
            && let Decision::Run { thread, .. } = inner.decision
            && let Some(from) = before.and_then(|id| inner.threads.get(id as usize))
            && let Some(to) = inner.threads.get(thread as usize)
        {
            if changes.len() == REMEMBERED {
                changes.pop_front();
            }
            changes.push_back(Change {
                from: from.clone(),
                to: to.clone(),
                at: place(),
                could_go_on,
            });
        }
        (done, goes_on)
    }

    /// The running thread has `left` of its budget, and goes on no more.
    pub(super) fn spend(&self, left: u32) {
        let mut inner = self.inner.lock();
        if let Decision::Run { budget, .. } = inner.decision {
            inner.scheduler.spend(budget.saturating_sub(left));
        }
    }

    /// The running thread has ended, with `left` of its budget; `end` is what others wait for.
    pub(super) fn finish(&self, left: u32, end: u64) {
        self.spend(left);
        let mut inner = self.inner.lock();
        inner.scheduler.spend(1);
        inner.scheduler.finish();
        inner.notify(end, u32::MAX);
        inner.decision = inner.scheduler.decide();
    }

    /// How the last wait of the running thread has ended.
    pub(crate) fn wake(&self) -> Wake {
        let inner = self.inner.lock();
        let running = inner.scheduler.running();
        running.map_or(Wake::Woken, |running| inner.scheduler.wake(running))
    }

    /// Wakes those that wait for this, though it is nobody's turn to.
    pub(crate) fn notify(&self, key: u64, most: u32) -> u32 {
        self.inner.lock().notify(key, most)
    }

    /// What has become of it all.
    pub(super) fn course(&self) -> Course {
        let mut inner = self.inner.lock();
        Course {
            steps: inner.scheduler.steps(),
            profile: inner.scheduler.profile(),
            switches: inner.scheduler.switches().to_vec(),
            changes: inner.changes.take().into_iter().flatten().collect(),
        }
    }
}

impl Inner {
    fn notify(&mut self, key: u64, most: u32) -> u32 {
        Acting {
            scheduler: &mut self.scheduler,
            threads: &mut self.threads,
            started: &mut self.started,
        }
        .notify(key, most)
    }
}

/// What the running thread can do.
pub(crate) struct Acting<'a> {
    scheduler: &'a mut Scheduler,
    threads: &'a mut Vec<Arc<Thread>>,
    started: &'a mut Vec<Started>,
}

impl Acting<'_> {
    /// Takes a step, which is no point of its code's.
    pub(crate) fn step(&mut self) {
        self.scheduler.spend(1);
    }

    /// Waits for this key, maybe for so many nanoseconds at most.
    pub(crate) fn wait(&mut self, key: u64, limit: Option<u64>) {
        self.scheduler.wait(key, limit);
    }

    pub(crate) fn yields(&mut self) {
        self.scheduler.yields();
    }

    /// Wakes those that wait for this key. None of them counts as asleep from here on, though it has yet to run.
    pub(crate) fn notify(&mut self, key: u64, most: u32) -> u32 {
        let woken = self.scheduler.notify(key, most);
        if woken > 0 {
            for (id, thread) in (0..).zip(&*self.threads) {
                if self.scheduler.is_ready(id) {
                    thread.awakes();
                }
            }
        }
        woken
    }

    /// Looks at the clock, which goes on.
    pub(crate) fn clock(&mut self, passes: u64) -> u64 {
        self.scheduler.pass(passes);
        self.scheduler.now()
    }

    /// Starts a thread.
    pub(crate) fn start(&mut self, started: Started) -> ThreadId {
        self.threads.push(started.thread.clone());
        self.started.push(started);
        self.scheduler.add()
    }
}

#[cfg(test)]
mod tests {
    use threadlink_schedule::Strategy;

    use super::super::random::Random;
    use super::*;

    fn thread(id: u32) -> Arc<Thread> {
        Arc::new(Thread::new(id, None, 0, None, None))
    }

    fn started(id: u32) -> Started {
        Started {
            thread: thread(id),
            forked_at: 0,
            random: Source::of_main(Random::None),
        }
    }

    /// Turns of a plan in which nobody is stopped.
    fn turns(remembers: bool) -> Turns {
        let plan = Plan {
            strategy: Strategy::Listed { switches: Vec::new() },
            seed: 0,
            early_timeouts: false,
            max_steps: 1_000,
        };
        let turns = Turns::new(&plan, remembers);
        turns.begin(thread(0));
        turns
    }

    fn running(turns: &Turns) -> Option<ThreadId> {
        match turns.decision() {
            Decision::Run { thread, .. } => Some(thread),
            Decision::Stuck | Decision::TooManySteps => None,
        }
    }

    fn nowhere() -> WasmBacktrace {
        unreachable!("nobody is stopped, or nobody wants to know where")
    }

    #[test]
    fn who_waits_lets_others_go_on_and_is_woken() {
        let turns = turns(false);
        let (id, goes_on) = turns.turn(turns.budget(), |acting| acting.start(started(1)), nowhere);
        assert_eq!(id, 1);
        assert!(goes_on.is_some() && turns.take_started().len() == 1 && turns.take_started().is_empty());
        let ((), goes_on) = turns.turn(turns.budget(), |acting| acting.wait(7, None), nowhere);
        assert_eq!((goes_on, running(&turns)), (None, Some(1)));
        let (woken, _) = turns.turn(turns.budget(), |acting| acting.notify(7, u32::MAX), nowhere);
        assert_eq!(woken, 1);
        turns.finish(turns.budget(), 9);
        assert_eq!((running(&turns), turns.wake()), (Some(0), Wake::Woken));
        assert_eq!(turns.count(), 3);
    }

    #[test]
    fn the_end_of_a_thread_wakes_who_waits_for_it() {
        let turns = turns(false);
        turns.turn(turns.budget(), |acting| acting.start(started(1)), nowhere);
        turns.turn(turns.budget(), |acting| acting.wait(9, None), nowhere);
        turns.finish(turns.budget(), 9);
        assert_eq!(running(&turns), Some(0));
        turns.turn(turns.budget(), |acting| acting.wait(9, None), nowhere);
        assert_eq!(turns.decision(), Decision::Stuck);
    }

    #[test]
    fn steps_are_what_was_spent_of_a_budget() {
        let turns = turns(false);
        turns.turn(
            turns.budget() - 5,
            |acting| {
                acting.step();
                acting.yields();
            },
            nowhere,
        );
        turns.spend(turns.budget() - 4);
        assert_eq!(turns.course().steps, 10);
        turns.turn(turns.budget() - 990, |_| (), nowhere);
        assert_eq!(turns.decision(), Decision::TooManySteps);
    }
}
