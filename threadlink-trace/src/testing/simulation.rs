//! A simulated program: threads that fork, join, take locks and die at random, but never do what can't be done.
//! What it records is well formed by construction, whatever the seed.

use crate::event::{AcquireOp, EndKind, Event, EventKind};

/// Which sequence of random choices, and how many.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    pub(crate) seed: u64,
    pub(crate) steps: u32,
    /// Whether events of different threads may have the same time.
    pub(crate) equal_times: bool,
}

/// What the simulated program recorded, in canonical order.
pub(crate) fn simulate(run: Run) -> Vec<Event> {
    let mut program = Program {
        random: Random(run.seed),
        threads: vec![Thread::default()],
        locks: [None; LOCKS as usize],
        events: Vec::new(),
        equal_times: run.equal_times,
    };
    for _ in 0..run.steps {
        program.step();
    }
    program.events
}

const LOCKS: u32 = 4;
const THREADS: usize = 40;
const ALIVE: usize = 8;

/// SplitMix64: small, and the same everywhere.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((word ^ (word >> 31)) % bound as u64) as usize
    }
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    New,
    Runs,
    WaitsForLock(u32),
    WaitsForThread(u32),
    Ended,
}

#[derive(Default)]
struct Thread {
    state: State,
    held: Vec<u32>,
    /// Somebody has joined it or is about to.
    claimed: bool,
    died: bool,
}

struct Program {
    random: Random,
    threads: Vec<Thread>,
    /// Who holds each lock.
    locks: [Option<u32>; LOCKS as usize],
    events: Vec<Event>,
    equal_times: bool,
}

impl Program {
    fn step(&mut self) {
        let id = self.pick();
        let thread = id as u32;
        let state = self.threads[id].state;
        match state {
            State::Ended => {}
            State::New => {
                self.threads[id].state = State::Runs;
                self.record(thread, EventKind::Start);
            }
            State::WaitsForLock(_) | State::WaitsForThread(_) if id != 0 && self.dies(id) => {
                self.end(thread, EndKind::Died);
            }
            State::WaitsForLock(lock) => {
                if self.locks[lock as usize].is_none() {
                    self.acquire(thread, lock, AcquireOp::Blocking);
                }
            }
            State::WaitsForThread(child) => {
                if self.threads[child as usize].state == State::Ended {
                    self.threads[id].state = State::Runs;
                    self.join(thread, child, false);
                }
            }
            State::Runs => self.act(thread),
        }
    }

    /// Whether a thread dies while it waits: rarely, if it holds something that then is lost to all others.
    fn dies(&mut self, id: usize) -> bool {
        let holds = !self.threads[id].held.is_empty();
        self.random.below(if holds { 4_000 } else { 200 }) == 0
    }

    /// Whether nobody has joined the thread, and a join of it can't become part of a deadlock.
    fn may_join(&self, id: usize, other: usize) -> bool {
        let harmless = other > id && self.threads[id].held.is_empty();
        !self.threads[other].claimed && (harmless || self.threads[other].state == State::Ended)
    }

    fn alive(&self) -> usize {
        let alive = |thread: &&Thread| thread.state != State::Ended;
        self.threads.iter().filter(alive).count()
    }

    /// A thread that has not ended: main never does.
    fn pick(&mut self) -> usize {
        loop {
            let id = self.random.below(self.threads.len());
            if self.threads[id].state != State::Ended {
                return id;
            }
        }
    }

    fn act(&mut self, thread: u32) {
        let id = thread as usize;
        let lock = self.random.below(LOCKS as usize) as u32;
        let other = self.random.below(self.threads.len());
        match self.random.below(20) {
            0 | 1 if self.threads.len() < THREADS && self.alive() < ALIVE => {
                let child = self.threads.len() as u32;
                self.threads.push(Thread::default());
                self.record(thread, EventKind::Fork { child });
            }
            2 | 3 if other != 0 && self.may_join(id, other) => {
                self.threads[other].claimed = true;
                let (child, site) = (other as u32, self.random.below(9) as u32);
                if self.threads[other].state == State::Ended && self.random.below(3) != 0 {
                    self.join(thread, child, true);
                } else {
                    self.threads[id].state = State::WaitsForThread(child);
                    self.record(thread, EventKind::JoinRequest { child, site });
                }
            }
            4 if thread != 0 && self.random.below(2) == 0 => {
                // Few forget a guard, or die without unwinding: what they hold nobody gets any more.
                if self.random.below(40) != 0 {
                    while let Some(lock) = self.threads[id].held.pop() {
                        self.release(thread, lock);
                    }
                }
                let died = self.random.below(3) == 0;
                self.end(thread, if died { EndKind::Died } else { EndKind::Returned });
            }
            5..=11 => {
                if let Some(lock) = self.threads[id].held.pop() {
                    self.release(thread, lock);
                }
            }
            12 | 13 if self.locks[lock as usize].is_none() => {
                let timed = self.random.below(2) == 0;
                let op = if timed { AcquireOp::Timed } else { AcquireOp::Try };
                self.acquire(thread, lock, op);
            }
            // Mostly in ascending order, as joins are, else soon all are in a deadlock.
            _ if self.threads[id].held.iter().all(|&held| held < lock)
                || (self.locks[lock as usize] != Some(thread) && self.random.below(200) == 0) =>
            {
                self.threads[id].state = State::WaitsForLock(lock);
                let contended = self.locks[lock as usize].is_some();
                let site = self.random.below(9) as u32;
                self.record(
                    thread,
                    EventKind::Request {
                        lock,
                        site,
                        contended,
                    },
                );
            }
            _ => {}
        }
    }

    fn acquire(&mut self, thread: u32, lock: u32, op: AcquireOp) {
        self.locks[lock as usize] = Some(thread);
        self.threads[thread as usize].held.push(lock);
        self.threads[thread as usize].state = State::Runs;
        let site = self.random.below(9) as u32;
        self.record(thread, EventKind::Acquire { lock, site, op });
    }

    fn release(&mut self, thread: u32, lock: u32) {
        self.locks[lock as usize] = None;
        self.record(thread, EventKind::Release { lock });
    }

    fn join(&mut self, thread: u32, child: u32, reaped: bool) {
        let failed = self.threads[child as usize].died;
        self.record(
            thread,
            EventKind::Join {
                child,
                reaped,
                failed,
            },
        );
    }

    /// What it held stays locked.
    fn end(&mut self, thread: u32, how: EndKind) {
        self.threads[thread as usize].state = State::Ended;
        self.threads[thread as usize].died = how == EndKind::Died;
        self.record(thread, EventKind::End { how });
    }

    fn record(&mut self, thread: u32, kind: EventKind) {
        let time = match self.events.last() {
            None => self.random.below(3) as u64,
            // A request neither happens before nor after anything of another thread.
            Some(last)
                if self.equal_times
                    && thread > last.thread
                    && matches!(kind, EventKind::Request { .. })
                    && self.last_time_of(thread) < Some(last.time) =>
            {
                last.time
            }
            Some(last) => last.time + 1 + self.random.below(300) as u64,
        };
        self.events.push(Event { time, thread, kind });
    }

    fn last_time_of(&self, thread: u32) -> Option<u64> {
        let mut backwards = self.events.iter().rev();
        backwards
            .find(|event| event.thread == thread)
            .map(|event| event.time)
    }
}
