//! Small programs without an engine, for tests of what schedules do to them.

use std::collections::BTreeSet;

use crate::{Decision, Plan, Profile, Scheduler, Switch, ThreadId, Wake};

/// What a thread of such a program does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    /// Passes a point.
    Point,
    Set(u8),
    /// Passes a point again and again until this is set.
    Spin(u8),
    /// The same, asking others to go on each time.
    SpinYielding(u8),
    /// Waits for this key unless this is set.
    Wait(u8),
    /// The same for this long.
    WaitFor(u8, u64),
    Notify(u8, u32),
    /// Starts the program's thread of this number, if it is not there.
    Start(u8),
}

/// How an execution went.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Execution {
    /// Which thread did which of its operations, in this order.
    pub(crate) done: Vec<(u8, usize)>,
    pub(crate) end: End,
    pub(crate) timeouts: usize,
    pub(crate) switches: Vec<Switch>,
    pub(crate) now: u64,
    pub(crate) profile: Profile,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Done,
    Stuck,
    TooManySteps,
}

struct Machine<'a> {
    program: &'a [Vec<Op>],
    scheduler: Scheduler,
    /// Which thread of the program each thread is, what it does next, and whether it has just waited.
    threads: Vec<(u8, usize, bool)>,
    started: BTreeSet<u8>,
    set: BTreeSet<u8>,
    execution: Execution,
}

/// Executes a program, which begins with its first thread.
pub(crate) fn execute(program: &[Vec<Op>], plan: &Plan) -> Execution {
    let mut machine = Machine {
        program,
        scheduler: Scheduler::recording(plan),
        threads: Vec::new(),
        started: BTreeSet::new(),
        set: BTreeSet::new(),
        execution: Execution {
            done: Vec::new(),
            end: End::Done,
            timeouts: 0,
            switches: Vec::new(),
            now: 0,
            profile: Profile::default(),
        },
    };
    machine.start(0);
    loop {
        let alive = machine
            .threads
            .iter()
            .any(|(which, at, _)| *at <= program[*which as usize].len());
        if !alive {
            break;
        }
        match machine.scheduler.decide() {
            Decision::Run { thread, budget } => machine.run(thread, budget),
            Decision::Stuck => {
                machine.execution.end = End::Stuck;
                break;
            }
            Decision::TooManySteps => {
                machine.execution.end = End::TooManySteps;
                break;
            }
        }
    }
    machine.execution.switches = machine.scheduler.switches().to_vec();
    machine.execution.now = machine.scheduler.now();
    machine.execution.profile = machine.scheduler.profile();
    machine.execution
}

impl Machine<'_> {
    fn start(&mut self, which: u8) {
        if (which as usize) < self.program.len() && self.started.insert(which) {
            self.scheduler.add();
            self.threads.push((which, 0, false));
        }
    }

    /// Lets a thread go on until it has to ask.
    fn run(&mut self, thread: ThreadId, mut budget: u32) {
        let (which, mut at, waited) = self.threads[thread as usize];
        assert!(budget > 0, "a thread goes on for nothing");
        if waited {
            self.execution.timeouts += usize::from(self.scheduler.wake(thread) == Wake::TimedOut);
            at += 1;
        }
        let mut waits = false;
        loop {
            let Some(op) = self.program[which as usize].get(at).copied() else {
                self.scheduler.spend(1);
                self.scheduler.finish();
                at += 1;
                break;
            };
            self.execution.done.push((which, at));
            self.scheduler.spend(1);
            budget -= 1;
            let mut asks = budget == 0;
            let mut next = at + 1;
            match op {
                Op::Point => {}
                Op::Set(flag) => drop(self.set.insert(flag)),
                Op::Spin(flag) | Op::SpinYielding(flag) if !self.set.contains(&flag) => {
                    next = at;
                    if matches!(op, Op::SpinYielding(_)) {
                        self.scheduler.yields();
                        asks = true;
                    }
                }
                Op::Spin(_) | Op::SpinYielding(_) => {}
                Op::Wait(key) | Op::WaitFor(key, _) if !self.set.contains(&key) => {
                    let limit = if let Op::WaitFor(_, limit) = op {
                        Some(limit)
                    } else {
                        None
                    };
                    self.scheduler.wait(key.into(), limit);
                    (next, waits, asks) = (at, true, true);
                }
                Op::Wait(_) | Op::WaitFor(..) => {}
                Op::Notify(key, most) => {
                    self.scheduler.notify(key.into(), most);
                    asks = true;
                }
                Op::Start(other) => {
                    self.start(other);
                    asks = true;
                }
            }
            at = next;
            if asks {
                break;
            }
        }
        self.threads[thread as usize] = (which, at, waits);
    }
}
