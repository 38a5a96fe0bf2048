//! A simulated program: threads that fork, join, take locks, wait for each other's notifications and die at random, but never do what can't be done.
//! What it records is well formed by construction, whatever the seed.

use crate::event::{AcquireOp, EndKind, Event, EventKind, Mode};

/// Which sequence of random choices, and how many.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    pub seed: u64,
    pub steps: u32,
    /// Whether events of different threads may have the same time.
    pub equal_times: bool,
}

/// What the simulated program recorded, in canonical order.
pub fn simulate(run: Run) -> Vec<Event> {
    let mut program = Program {
        random: Random(run.seed),
        threads: vec![Thread::default()],
        locks: Default::default(),
        events: Vec::new(),
        equal_times: run.equal_times,
    };
    for _ in 0..run.steps {
        program.step();
    }
    program.events
}

/// Any of them is taken for reading as well.
const LOCKS: u32 = 4;
const CONDVARS: u32 = 2;
const THREADS: usize = 40;
const ALIVE: usize = 8;

/// SplitMix64: small, and the same everywhere.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, bound: usize) -> usize {
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
    WaitsForLock(u32, Mode),
    WaitsForThread(u32),
    /// Has said that it will wait, with this mutex; whether there is a time limit.
    WillSleep {
        condvar: u32,
        mutex: u32,
        timed: bool,
    },
    Sleeps {
        condvar: u32,
        mutex: u32,
        timed: bool,
        notified: bool,
    },
    /// Has to lock this mutex again.
    Woken(u32),
    Ended,
}

#[derive(Default)]
struct Thread {
    state: State,
    held: Vec<(u32, Mode)>,
    /// Somebody has joined it or is about to.
    claimed: bool,
    died: bool,
}

#[derive(Default)]
struct Lock {
    owner: Option<u32>,
    /// A thread that reads twice is here twice.
    readers: Vec<u32>,
}

impl Lock {
    fn can_be_had(&self, mode: Mode) -> bool {
        self.owner.is_none() && (mode == Mode::Shared || self.readers.is_empty())
    }
}

struct Program {
    random: Random,
    threads: Vec<Thread>,
    /// Who holds each lock.
    locks: [Lock; LOCKS as usize],
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
            State::WaitsForLock(..)
            | State::WaitsForThread(_)
            | State::WillSleep { .. }
            | State::Sleeps { .. }
            | State::Woken(_)
                if id != 0 && self.dies(id) =>
            {
                self.end(thread, EndKind::Died);
            }
            State::WaitsForLock(lock, mode) => {
                if self.locks[lock as usize].can_be_had(mode) {
                    self.acquire(thread, lock, AcquireOp::Blocking, mode);
                }
            }
            State::WillSleep {
                condvar,
                mutex,
                timed,
            } => {
                self.threads[id]
                    .held
                    .retain(|&held| held != (mutex, Mode::Exclusive));
                self.release(thread, mutex, Mode::Exclusive);
                self.threads[id].state = State::Sleeps {
                    condvar,
                    mutex,
                    timed,
                    notified: false,
                };
            }
            State::Sleeps {
                condvar,
                mutex,
                timed,
                notified,
            } => {
                // Now and then for nothing, as condition variables may.
                let timed_out = timed && !notified && self.random.below(4) == 0;
                if notified || timed_out || self.random.below(100) == 0 {
                    self.threads[id].state = State::Woken(mutex);
                    self.record(thread, EventKind::Wake { condvar, timed_out });
                }
            }
            State::Woken(mutex) => self.request(thread, mutex, Mode::Exclusive),
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
        let mode = if self.random.below(2) == 0 {
            Mode::Shared
        } else {
            Mode::Exclusive
        };
        let other = self.random.below(self.threads.len());
        match self.random.below(24) {
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
                    while let Some((lock, mode)) = self.threads[id].held.pop() {
                        self.release(thread, lock, mode);
                    }
                }
                let died = self.random.below(3) == 0;
                self.end(thread, if died { EndKind::Died } else { EndKind::Returned });
            }
            5..=11 => {
                if let Some((lock, mode)) = self.threads[id].held.pop() {
                    self.release(thread, lock, mode);
                }
            }
            12..=14 if self.locks[lock as usize].can_be_had(mode) => {
                let timed = self.random.below(2) == 0;
                let op = if timed { AcquireOp::Timed } else { AcquireOp::Try };
                self.acquire(thread, lock, op, mode);
            }
            15 | 16 => {
                if let &[(mutex, Mode::Exclusive)] = &self.threads[id].held[..] {
                    self.wait(thread, mutex);
                }
            }
            17 | 18 => self.notify(thread),
            // Mostly in ascending order, as joins are, else soon all are in a deadlock.
            _ if self.threads[id].held.iter().all(|&(held, _)| held < lock)
                || (self.locks[lock as usize].owner != Some(thread) && self.random.below(200) == 0) =>
            {
                self.request(thread, lock, mode);
            }
            _ => {}
        }
    }

    fn request(&mut self, thread: u32, lock: u32, mode: Mode) {
        self.threads[thread as usize].state = State::WaitsForLock(lock, mode);
        let contended = !self.locks[lock as usize].can_be_had(mode);
        let site = self.random.below(9) as u32;
        self.record(
            thread,
            EventKind::Request {
                lock,
                site,
                contended,
                mode,
            },
        );
    }

    fn acquire(&mut self, thread: u32, lock: u32, op: AcquireOp, mode: Mode) {
        match mode {
            Mode::Exclusive => self.locks[lock as usize].owner = Some(thread),
            Mode::Shared => self.locks[lock as usize].readers.push(thread),
        }
        self.threads[thread as usize].held.push((lock, mode));
        self.threads[thread as usize].state = State::Runs;
        let site = self.random.below(9) as u32;
        self.record(thread, EventKind::Acquire { lock, site, op, mode });
    }

    fn release(&mut self, thread: u32, lock: u32, mode: Mode) {
        let entry = &mut self.locks[lock as usize];
        match mode {
            Mode::Exclusive => entry.owner = None,
            Mode::Shared => {
                let place = entry.readers.iter().position(|&reader| reader == thread);
                entry.readers.swap_remove(place.unwrap());
            }
        }
        self.record(thread, EventKind::Release { lock, mode });
    }

    fn wait(&mut self, thread: u32, mutex: u32) {
        let condvar = 100 + self.random.below(CONDVARS as usize) as u32;
        let (timed, site) = (self.random.below(2) == 0, self.random.below(9) as u32);
        self.threads[thread as usize].state = State::WillSleep {
            condvar,
            mutex,
            timed,
        };
        self.record(
            thread,
            EventKind::Wait {
                condvar,
                mutex,
                site,
                timed,
            },
        );
    }

    fn notify(&mut self, thread: u32) {
        let condvar = 100 + self.random.below(CONDVARS as usize) as u32;
        let (all, site) = (self.random.below(2) == 0, self.random.below(9) as u32);
        let mut left = if all { usize::MAX } else { 1 };
        self.record(thread, EventKind::Notify { condvar, site, all });
        for other in &mut self.threads {
            if let State::Sleeps {
                condvar: awaited,
                notified,
                ..
            } = &mut other.state
                && *awaited == condvar
                && !*notified
                && left > 0
            {
                *notified = true;
                left -= 1;
            }
        }
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
