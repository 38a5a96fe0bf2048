//! [`Scheduler`]: what the threads of one execution are at, and who goes on.

use crate::plan::{Plan, Profile};
use crate::random::Random;
use crate::strategy::{Chooser, Question};
use crate::switch::{Switch, ThreadId};

/// Virtual nanoseconds that a step takes.
const STEP: u64 = 100;
/// Steps that a thread may take in a row while others can go on, before it counts as one that waits for them in a loop: at most,
/// and how much fewer at most. They are not always as many, or one that has a lock in a part of its loop could be stopped
/// in that part each time.
const PATIENCE: u64 = 5_000;
const LESS: u64 = 1_024;
/// In one of so many choices a wait ends early, if that is wanted.
const EARLY: u64 = 32;
/// The most points that are handed out at once.
const MOST: u64 = i32::MAX as u64;

/// How a thread's wait has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wake {
    /// Somebody has woken it.
    Woken,
    /// Its time was over.
    TimedOut,
}

/// What happens next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// This thread goes on, for so many points at most (at least 1).
    Run {
        /// Who.
        thread: ThreadId,
        /// Points that it may pass; at the last one it asks again.
        budget: u32,
    },
    /// No thread can go on.
    Stuck,
    /// The threads have taken as many steps as they may.
    TooManySteps,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Ready,
    Waits {
        key: u64,
        until: Option<u64>,
        /// Who came first is woken first.
        ticket: u64,
    },
    Ended,
}

struct Thread {
    state: State,
    steps: u64,
    parent: Option<ThreadId>,
    wake: Wake,
}

/// The threads of one execution, of which one runs at a time.
///
/// ```
/// use threadlink_schedule::{Decision, Plan, Scheduler, Strategy};
///
/// let plan = Plan { strategy: Strategy::Random, seed: 1, early_timeouts: false, max_steps: 1000 };
/// let mut scheduler = Scheduler::new(&plan);
/// let main = scheduler.add();
/// assert!(matches!(scheduler.decide(), Decision::Run { thread, .. } if thread == main));
/// scheduler.spend(1);
/// scheduler.wait(7, None);
/// assert_eq!(scheduler.decide(), Decision::Stuck);
/// ```
pub struct Scheduler {
    threads: Vec<Thread>,
    /// Those that have not ended, by number: an execution can have very many that have, and each decision looks at all of these.
    alive: Vec<ThreadId>,
    running: Option<ThreadId>,
    yielded: bool,
    tickets: u64,
    now: u64,
    steps: u64,
    /// Of these, those at which more than one thread could go on.
    contended: u64,
    /// Whether nobody but the running thread can.
    alone: bool,
    /// Steps of the running thread since it went on or was found to take many.
    in_a_row: u64,
    /// How often a thread was found to take many.
    tired: u64,
    /// How many fewer than the most it may be until the next time: follows from the number of times alone, so that a list of
    /// switches makes the same execution.
    less: u64,
    chooser: Chooser,
    random: Random,
    early_timeouts: bool,
    max_steps: u64,
    switches: Option<Vec<Switch>>,
    /// Kept from one decision to the next for its room.
    ready: Vec<ThreadId>,
}

impl Scheduler {
    /// One in which nothing has happened yet.
    #[must_use]
    pub fn new(plan: &Plan) -> Self {
        let mut random = plan.random();
        Self {
            threads: Vec::new(),
            alive: Vec::new(),
            running: None,
            yielded: false,
            tickets: 0,
            now: 0,
            steps: 0,
            contended: 0,
            alone: true,
            in_a_row: 0,
            tired: 0,
            less: 0,
            chooser: Chooser::new(&plan.strategy, &mut random),
            random,
            early_timeouts: plan.early_timeouts,
            max_steps: plan.max_steps,
            switches: None,
            ready: Vec::new(),
        }
    }

    /// The same, which remembers its [`switches`](Self::switches).
    #[must_use]
    pub fn recording(plan: &Plan) -> Self {
        Self {
            switches: Some(Vec::new()),
            ..Self::new(plan)
        }
    }

    /// The running thread has started another one; the first is started by nobody.
    pub fn add(&mut self) -> ThreadId {
        let id = u32::try_from(self.threads.len()).unwrap_or(u32::MAX);
        self.threads.push(Thread {
            state: State::Ready,
            steps: 0,
            parent: self.running,
            wake: Wake::Woken,
        });
        self.alive.push(id);
        self.chooser.added(&mut self.random);
        id
    }

    /// The running thread has taken so many steps: points that it has passed, and calls that lead here.
    pub fn spend(&mut self, steps: u32) {
        let Some(running) = self.running else { return };
        let steps = u64::from(steps);
        self.steps += steps;
        self.in_a_row += steps;
        self.now = self.now.saturating_add(steps.saturating_mul(STEP));
        if let Some(thread) = self.threads.get_mut(running as usize) {
            thread.steps += steps;
        }
        if !self.alone {
            self.contended += steps;
        }
        self.chooser.spent(running, steps, self.alone);
    }

    /// The running thread waits until this key is notified, or for this long.
    pub fn wait(&mut self, key: u64, nanoseconds: Option<u64>) {
        let until = nanoseconds.map(|limit| self.now.saturating_add(limit));
        self.tickets += 1;
        let ticket = self.tickets;
        self.set_running(State::Waits { key, until, ticket });
    }

    /// The running thread asks for others to go on.
    pub fn yields(&mut self) {
        self.yielded = true;
    }

    /// The running thread has ended.
    pub fn finish(&mut self) {
        self.set_running(State::Ended);
        let at = self.running.and_then(|id| self.alive.binary_search(&id).ok());
        if let Some(at) = at {
            self.alive.remove(at);
        }
    }

    fn set_running(&mut self, state: State) {
        let running = self.running.and_then(|id| self.threads.get_mut(id as usize));
        if let Some(thread) = running {
            thread.state = state;
        }
    }

    /// Wakes those that wait for this key, as many as this, first come, first served; returns how many.
    pub fn notify(&mut self, key: u64, most: u32) -> u32 {
        let mut woken = 0;
        while woken < most {
            let waiting = self.alive().filter_map(|(id, thread)| match thread.state {
                State::Waits { key: own, ticket, .. } if own == key => Some((ticket, id)),
                _ => None,
            });
            let Some((_, first)) = waiting.min_by_key(|(ticket, _)| *ticket) else {
                break;
            };
            self.wake_up(first, Wake::Woken);
            woken += 1;
        }
        woken
    }

    /// Whether a thread can go on.
    #[must_use]
    pub fn is_ready(&self, thread: ThreadId) -> bool {
        self.threads
            .get(thread as usize)
            .is_some_and(|thread| thread.state == State::Ready)
    }

    /// How the last wait of a thread has ended.
    #[must_use]
    pub fn wake(&self, thread: ThreadId) -> Wake {
        self.threads
            .get(thread as usize)
            .map_or(Wake::Woken, |thread| thread.wake)
    }

    /// Who runs.
    #[must_use]
    pub fn running(&self) -> Option<ThreadId> {
        self.running
    }

    /// Virtual nanoseconds since the beginning.
    #[must_use]
    pub fn now(&self) -> u64 {
        self.now
    }

    /// Lets time pass: whoever looks at the clock sees it go on.
    pub fn pass(&mut self, nanoseconds: u64) {
        self.now = self.now.saturating_add(nanoseconds);
    }

    /// Steps of all threads.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// Steps of each thread, and who started it.
    #[must_use]
    pub fn profile(&self) -> Profile {
        let threads = self.threads.iter();
        Profile {
            threads: threads.map(|thread| (thread.steps, thread.parent)).collect(),
            contended: self.contended,
        }
    }

    /// The choices that were not what would have come without a choice, if they were [recorded](Self::recording). With
    /// [`Strategy::Listed`](crate::Strategy::Listed) they make the same execution.
    #[must_use]
    pub fn switches(&self) -> &[Switch] {
        self.switches.as_deref().unwrap_or_default()
    }

    /// Says who goes on.
    pub fn decide(&mut self) -> Decision {
        if self.steps >= self.max_steps {
            return Decision::TooManySteps;
        }
        let mut ready = std::mem::take(&mut self.ready);
        self.find_ready(&mut ready);
        let chosen = self.choose(&mut ready);
        let decision = chosen.map_or(Decision::Stuck, |thread| {
            if self.running != Some(thread) {
                self.in_a_row = 0;
            }
            self.running = Some(thread);
            self.alone = ready.len() <= 1;
            let budget = self.budget(thread, &ready);
            Decision::Run { thread, budget }
        });
        self.yielded = false;
        self.ready = ready;
        decision
    }

    fn choose(&mut self, ready: &mut Vec<ThreadId>) -> Option<ThreadId> {
        let from = self.running.map(|id| (id, self.threads[id as usize].steps));
        let is_ready = self.running.is_some_and(|id| ready.binary_search(&id).is_ok());
        let tired = is_ready && ready.len() > 1 && self.in_a_row >= self.patience();
        if tired {
            self.in_a_row = 0;
            self.tired += 1;
            self.less = Random::of_nth(0, self.tired).bits() % LESS;
        }
        if let Some(running) = self.running.filter(|_| tired || (self.yielded && is_ready)) {
            self.chooser.demote(running);
        }
        let stays = is_ready && !self.yielded;
        let default = match self.running {
            Some(running) if stays && !tired => running,
            Some(running) => {
                let next = ready.iter().find(|thread| **thread > running);
                *next.or_else(|| ready.first())?
            }
            None => *ready.first()?,
        };
        let question = Question {
            ready,
            from,
            stays,
            default,
        };
        let chosen = match self.early() {
            Some(early) => early,
            None => self.chooser.choose(&question, &mut self.random),
        };
        // A list may name a thread that does not wait for a limited time or is not there: whoever wrote it, then it does not count.
        let chosen = match ready.binary_search(&chosen) {
            Ok(_) => chosen,
            Err(at) if self.is_timed(chosen) => {
                self.time_out(chosen);
                ready.insert(at, chosen);
                chosen
            }
            Err(_) => default,
        };
        if let Some((switches, (from, at))) = self.switches.as_mut().zip(from)
            && chosen != default
        {
            switches.push(Switch { from, at, to: chosen });
        }
        Some(chosen)
    }

    /// Steps that the running thread may take in a row.
    fn patience(&self) -> u64 {
        PATIENCE - self.less
    }

    /// A thread whose wait ends early this time.
    fn early(&mut self) -> Option<ThreadId> {
        if !self.early_timeouts || self.chooser.is_listed() {
            return None;
        }
        let timed = self.alive.iter().copied().filter(|id| self.is_timed(*id));
        let timed: Vec<ThreadId> = timed.collect();
        if timed.is_empty() || self.random.below(EARLY) > 0 {
            return None;
        }
        self.random.one_of(&timed)
    }

    fn alive(&self) -> impl Iterator<Item = (ThreadId, &Thread)> {
        let thread = |id: &ThreadId| Some((*id, self.threads.get(*id as usize)?));
        self.alive.iter().filter_map(thread)
    }

    fn is_timed(&self, thread: ThreadId) -> bool {
        let thread = self.threads.get(thread as usize);
        thread.is_some_and(|thread| matches!(thread.state, State::Waits { until: Some(_), .. }))
    }

    fn time_out(&mut self, thread: ThreadId) {
        self.wake_up(thread, Wake::TimedOut);
    }

    fn wake_up(&mut self, thread: ThreadId, wake: Wake) {
        if let Some(thread) = self.threads.get_mut(thread as usize) {
            thread.state = State::Ready;
            thread.wake = wake;
        }
    }

    /// Whose time is over when it is that late, or whose is over next if nobody can go on before.
    fn find_ready(&mut self, ready: &mut Vec<ThreadId>) {
        let can_go_on = self.alive().any(|(_, thread)| thread.state == State::Ready);
        if !can_go_on && let Some(next) = self.next_deadline() {
            self.now = self.now.max(next);
        }
        ready.clear();
        for id in &self.alive {
            let Some(thread) = self.threads.get_mut(*id as usize) else {
                continue;
            };
            if let State::Waits {
                until: Some(until), ..
            } = thread.state
                && until <= self.now
            {
                thread.state = State::Ready;
                thread.wake = Wake::TimedOut;
            }
            if thread.state == State::Ready {
                ready.push(*id);
            }
        }
    }

    fn next_deadline(&self) -> Option<u64> {
        let deadline = |(_, thread): (ThreadId, &Thread)| match thread.state {
            State::Waits { until, .. } => until,
            _ => None,
        };
        self.alive().filter_map(deadline).min()
    }

    /// Points until somebody has to look again: because the strategy wants to, or because more threads may be able to go on
    /// then, or the running one have taken too many.
    fn budget(&mut self, thread: ThreadId, ready: &[ThreadId]) -> u32 {
        let taken = self.threads[thread as usize].steps;
        let mut budget = self.chooser.budget(thread, taken, ready, &mut self.random);
        if ready.len() > 1 {
            budget = budget.min(self.patience().saturating_sub(self.in_a_row));
        }
        if let Some(next) = self.next_deadline() {
            budget = budget.min(next.saturating_sub(self.now).div_ceil(STEP));
        }
        budget = budget.min(self.max_steps - self.steps).clamp(1, MOST);
        u32::try_from(budget).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests;
