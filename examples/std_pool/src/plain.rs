//! A pool of threads that steal each other's work, and three computations on it.
//!
//! It is here twice: `plain.rs` is an ordinary program, `traced.rs` is the same with attributes on it.

/// The pool.
mod pool {
    use std::collections::VecDeque;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Arc, Condvar, Mutex};
    use std::thread::{self, JoinHandle};
    use std::{fmt, mem};

    /// What the pool runs. It may add more work.
    type Job = Box<dyn FnOnce(&Worker) + Send>;

    /// Jobs of one worker. Its owner takes the newest, thieves take the oldest.
    #[derive(Default)]
    struct Deque {
        jobs: Mutex<VecDeque<Job>>,
    }

    impl Deque {
        fn push(&self, job: Job) {
            self.jobs.lock().unwrap().push_back(job);
        }

        fn pop(&self) -> Option<Job> {
            self.jobs.lock().unwrap().pop_back()
        }

        fn steal(&self) -> Option<Job> {
            self.jobs.lock().unwrap().pop_front()
        }
    }

    /// Whether there is anything to do.
    #[derive(Debug, Default)]
    struct State {
        /// Jobs that are queued and not taken yet.
        queued: usize,
        /// Jobs that are queued or run.
        unfinished: usize,
        closing: bool,
    }

    struct Shared {
        deques: Vec<Deque>,
        state: Mutex<State>,
        /// There is a job, or the pool closes.
        work: Condvar,
        /// All jobs are done.
        idle: Condvar,
        stolen: AtomicUsize,
    }

    impl Shared {
        fn add(&self, deque: usize, job: Job) {
            {
                let mut state = self.state.lock().unwrap();
                state.unfinished += 1;
            }
            self.deques[deque].push(job);
            self.state.lock().unwrap().queued += 1;
            self.work.notify_one();
        }

        /// A job for the worker `own`; `None` when the pool closes.
        fn next(&self, own: usize) -> Option<Job> {
            let state = self.state.lock().unwrap();
            let mut state = self
                .work
                .wait_while(state, |state| state.queued == 0 && !state.closing)
                .unwrap();
            if state.queued == 0 {
                return None;
            }
            // One of the queued jobs is this worker's now: it only has to be found.
            state.queued -= 1;
            drop(state);
            loop {
                if let Some(job) = self.deques[own].pop() {
                    return Some(job);
                }
                let others = (1..self.deques.len()).map(|step| (own + step) % self.deques.len());
                for other in others {
                    if let Some(job) = self.deques[other].steal() {
                        self.stolen.fetch_add(1, Ordering::Relaxed);
                        return Some(job);
                    }
                }
                thread::yield_now();
            }
        }

        fn finish(&self) {
            let mut state = self.state.lock().unwrap();
            state.unfinished -= 1;
            if state.unfinished == 0 {
                self.idle.notify_all();
            }
        }
    }

    /// What a job sees of the thread that runs it.
    pub(crate) struct Worker {
        index: usize,
        shared: Arc<Shared>,
    }

    impl Worker {
        /// Adds a job: this worker runs it next, unless another one steals it.
        pub(crate) fn spawn(&self, job: impl FnOnce(&Worker) + Send + 'static) {
            self.shared.add(self.index, Box::new(job));
        }

        fn run(&self) -> usize {
            let mut jobs = 0;
            while let Some(job) = self.shared.next(self.index) {
                job(self);
                self.shared.finish();
                jobs += 1;
            }
            jobs
        }
    }

    /// A pool of threads. Dropping it waits for its jobs.
    pub(crate) struct Pool {
        shared: Arc<Shared>,
        threads: Vec<JoinHandle<usize>>,
        next: AtomicUsize,
    }

    impl fmt::Debug for Pool {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.debug_struct("Pool")
                .field("threads", &self.threads.len())
                .field("state", &self.shared.state)
                .finish_non_exhaustive()
        }
    }

    impl Pool {
        pub(crate) fn new(threads: usize) -> Self {
            let shared = Arc::new(Shared {
                deques: (0..threads).map(|_| Deque::default()).collect(),
                state: Mutex::default(),
                work: Condvar::new(),
                idle: Condvar::new(),
                stolen: AtomicUsize::new(0),
            });
            let start = |index| {
                let worker = Worker {
                    index,
                    shared: Arc::clone(&shared),
                };
                thread::Builder::new()
                    .name(format!("worker {index}"))
                    .spawn(move || worker.run())
                    .expect("there is room for a worker")
            };
            Self {
                threads: (0..threads).map(start).collect(),
                shared,
                next: AtomicUsize::new(0),
            }
        }

        /// Adds a job for one of the workers.
        pub(crate) fn spawn(&self, job: impl FnOnce(&Worker) + Send + 'static) {
            let deque = self.next.fetch_add(1, Ordering::Relaxed) % self.shared.deques.len();
            self.shared.add(deque, Box::new(job));
        }

        /// Waits until there is nothing left to do.
        pub(crate) fn wait(&self) {
            let state = self.shared.state.lock().unwrap();
            let done = self.shared.idle.wait_while(state, |state| state.unfinished > 0);
            drop(done.unwrap());
        }

        /// Ends the threads and says how many jobs they ran.
        pub(crate) fn close(mut self) -> usize {
            self.end()
        }

        fn end(&mut self) -> usize {
            self.shared.state.lock().unwrap().closing = true;
            self.shared.work.notify_all();
            let threads = mem::take(&mut self.threads).into_iter();
            let jobs = threads.map(|thread| thread.join().expect("no job panics")).sum();
            assert!(self.shared.stolen.load(Ordering::Relaxed) <= jobs);
            jobs
        }
    }

    impl Drop for Pool {
        fn drop(&mut self) {
            if !self.threads.is_empty() {
                self.end();
            }
        }
    }
}

/// What the pool is used for.
mod work {
    use std::sync::{Arc, Mutex, RwLock};

    use super::pool::{Pool, Worker};

    /// Counts the primes below `limit`, a piece a job.
    pub(crate) fn primes(pool: &Pool, limit: u32) -> usize {
        const PIECE: u32 = 500;
        let found = Arc::new(Mutex::new(Vec::new()));
        for first in (0..limit).step_by(PIECE as usize) {
            let found = Arc::clone(&found);
            pool.spawn(move |_| {
                let mut primes: Vec<u32> = (first..limit.min(first + PIECE))
                    .filter(|&number| is_prime(number))
                    .collect();
                found.lock().unwrap().append(&mut primes);
            });
        }
        pool.wait();
        let found = found.lock().unwrap();
        found.len()
    }

    fn is_prime(number: u32) -> bool {
        number >= 2
            && (2..)
                .take_while(|divisor| divisor * divisor <= number)
                .all(|divisor| !number.is_multiple_of(divisor))
    }

    /// Solves the towers of Hanoi by jobs that spawn jobs; says how many moves it takes.
    pub(crate) fn hanoi(pool: &Pool, discs: u32) -> u64 {
        fn solve(worker: &Worker, discs: u32, moves: &Arc<Mutex<u64>>) {
            *moves.lock().unwrap() += 1;
            if discs > 1 {
                for _ in 0..2 {
                    let moves = Arc::clone(moves);
                    worker.spawn(move |worker| solve(worker, discs - 1, &moves));
                }
            }
        }
        let moves = Arc::new(Mutex::new(0));
        let theirs = Arc::clone(&moves);
        pool.spawn(move |worker| solve(worker, discs, &theirs));
        pool.wait();
        *moves.lock().unwrap()
    }

    /// Squares a matrix of ones, a row a job, and adds up what comes out.
    pub(crate) fn square(pool: &Pool, size: usize) -> usize {
        let matrix = Arc::new(RwLock::new(vec![vec![1_usize; size]; size]));
        let product = Arc::new(RwLock::new(vec![vec![0; size]; size]));
        for row in 0..size {
            let (matrix, product) = (Arc::clone(&matrix), Arc::clone(&product));
            pool.spawn(move |_| {
                let matrix = matrix.read().unwrap();
                let new = (0..size)
                    .map(|column| (0..size).map(|i| matrix[row][i] * matrix[i][column]).sum())
                    .collect();
                product.write().unwrap()[row] = new;
            });
        }
        pool.wait();
        let product = product.read().unwrap();
        product.iter().flatten().sum()
    }
}

fn main() {
    let start = std::time::Instant::now();
    let pool = pool::Pool::new(4);
    println!("primes below 10000: {}", work::primes(&pool, 10_000));
    println!("moves for 9 discs: {}", work::hanoi(&pool, 9));
    println!("a square of ones adds up to {}", work::square(&pool, 24));
    println!("idle: {pool:?}");
    let jobs = pool.close();
    println!("{jobs} jobs were run");
    assert!(start.elapsed().as_nanos() > 0);
}
