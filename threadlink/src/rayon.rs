//! Thread pools of [rayon](https://docs.rs/rayon) on threads of ours, with the cargo feature `rayon`.
//!
//! Left alone on wasm, rayon finds that std starts no threads and runs everything on the one that calls, without
//! a word. So a program builds its pool first, in `main`, and then uses rayon as it always did:
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! threadlink::rayon::build_global()?;
//! // From here on `rayon::join`, `par_iter()` and all the rest use as many threads as the host has cores.
//! # Ok(())
//! # }
//! ```
//!
//! [`ThreadPoolBuilder`] has rayon's settings, and [`spawn_handler`] is for those who want rayon's own builder.
//! Natively all of it makes the pools that rayon makes by itself.
//!
//! # How many threads
//! As many as [`available_parallelism`](crate::thread::available_parallelism) says, if
//! [`num_threads`](ThreadPoolBuilder::num_threads) doesn't say otherwise. rayon's own default would be 1 on wasm,
//! where std can't tell. Natively the environment variable `RAYON_NUM_THREADS` counts; a guest has no environment.
//!
//! # When they end
//! The global pool's threads never do; they end with the program when `main` returns. Those of a
//! [`ThreadPool`](rayon_core::ThreadPool) end some time after it was dropped, and their memory is reused.
//!
//! # Panics in jobs
//! In a build that unwinds, a panic in a job reaches whoever waits for it (`join`, `scope`, `install`), as natively.
//! With `panic = "abort"` the thread that runs the job dies, and since the job may have borrowed what its caller
//! owns, the program ends.

use std::fmt;
use std::io;

use rayon_core::ThreadBuilder;
pub use rayon_core::ThreadPoolBuildError;

use crate::thread::Builder;

/// Builds the global pool, with a thread for each core of the host.
///
/// # Errors
/// If there is a global pool already, or its threads cannot be started.
///
/// ```
/// threadlink::rayon::build_global()?;
/// assert!(rayon_core::current_num_threads() >= 1);
/// assert!(threadlink::rayon::build_global().is_err(), "there is one already");
/// # Ok::<(), threadlink::rayon::ThreadPoolBuildError>(())
/// ```
pub fn build_global() -> Result<(), ThreadPoolBuildError> {
    ThreadPoolBuilder::new().build_global()
}

/// Starts a thread of a pool: what rayon's `ThreadPoolBuilder::spawn_handler` wants.
///
/// The thread has the name and the stack size that the pool's builder was given. On wasm that builder has to be told
/// the number of threads too.
///
/// On wasm, a death of the thread ends the program: see [the module](self).
///
/// # Errors
/// As with [`Builder::spawn`].
///
/// ```
/// let pool = rayon_core::ThreadPoolBuilder::new()
///     .num_threads(2)
///     .spawn_handler(threadlink::rayon::spawn_handler)
///     .build()?;
/// assert_eq!(pool.install(|| rayon_core::join(|| 1, || 2)), (1, 2));
/// # Ok::<(), threadlink::rayon::ThreadPoolBuildError>(())
/// ```
pub fn spawn_handler(thread: ThreadBuilder) -> io::Result<()> {
    let mut builder = Builder::new();
    if let Some(name) = thread.name() {
        builder = builder.name(name.to_owned());
    }
    if let Some(size) = thread.stack_size() {
        builder = builder.stack_size(size);
    }
    // As one that borrows, which its jobs do: if such a thread dies by a trap, the program ends. Detached, since rayon
    // itself sees to it that nobody needs a thread that has ended.
    // SAFETY: the closure and its result are `'static`.
    unsafe { builder.spawn_unchecked(|| thread.run()) }.map(drop)
}

/// The number that rayon takes for "as many as there are cores".
#[cfg(not(all(target_arch = "wasm32", target_os = "unknown", not(threadlink_std))))]
fn default_threads() -> usize {
    0
}

/// What rayon would find out if std knew it.
#[cfg(all(target_arch = "wasm32", target_os = "unknown", not(threadlink_std)))]
fn default_threads() -> usize {
    crate::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// rayon's builder of thread pools, with defaults that are right on wasm too.
///
/// The settings have rayon's names and meanings. Threads without a name of their own are called `rayon 0`, `rayon 1`
/// and so on, for reports and traces.
///
/// ```
/// use threadlink::rayon::ThreadPoolBuilder;
///
/// let pool = ThreadPoolBuilder::new().num_threads(3).stack_size(256 * 1024).build()?;
/// assert_eq!(pool.current_num_threads(), 3);
/// assert_eq!(pool.install(rayon_core::current_num_threads), 3);
/// # Ok::<(), threadlink::rayon::ThreadPoolBuildError>(())
/// ```
#[must_use = "a builder does nothing until `build` or `build_global` is called"]
pub struct ThreadPoolBuilder {
    inner: rayon_core::ThreadPoolBuilder,
    threads: usize,
}

impl ThreadPoolBuilder {
    /// Settings for a pool with a thread for each core of the host.
    ///
    /// ```
    /// use threadlink::rayon::ThreadPoolBuilder;
    ///
    /// let pool = ThreadPoolBuilder::new().build()?;
    /// assert!(pool.current_num_threads() >= 1);
    /// # Ok::<(), threadlink::rayon::ThreadPoolBuildError>(())
    /// ```
    pub fn new() -> Self {
        Self {
            inner: rayon_core::ThreadPoolBuilder::new().thread_name(|index| format!("rayon {index}")),
            threads: 0,
        }
    }

    /// How many threads; 0, the default, stands for as many as the host has cores.
    ///
    /// ```
    /// use threadlink::rayon::ThreadPoolBuilder;
    ///
    /// let pool = ThreadPoolBuilder::new().num_threads(2).build()?;
    /// assert_eq!(pool.current_num_threads(), 2);
    /// # Ok::<(), threadlink::rayon::ThreadPoolBuildError>(())
    /// ```
    pub fn num_threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// Names the threads by their index in the pool.
    ///
    /// ```
    /// use threadlink::rayon::ThreadPoolBuilder;
    ///
    /// let pool = ThreadPoolBuilder::new().num_threads(1).thread_name(|index| format!("worker {index}")).build()?;
    /// let name = pool.install(|| threadlink::thread::current().name().map(str::to_owned));
    /// assert_eq!(name.as_deref(), Some("worker 0"));
    /// # Ok::<(), threadlink::rayon::ThreadPoolBuildError>(())
    /// ```
    pub fn thread_name<F: FnMut(usize) -> String + 'static>(mut self, name: F) -> Self {
        self.inner = self.inner.thread_name(name);
        self
    }

    /// The size of each thread's stack in bytes, as with [`Builder::stack_size`]. Jobs nest: a thread that waits
    /// for a job runs others meanwhile, on the same stack.
    ///
    /// ```
    /// use threadlink::rayon::ThreadPoolBuilder;
    ///
    /// let pool = ThreadPoolBuilder::new().num_threads(1).stack_size(4 << 20).build()?;
    /// assert_eq!(pool.install(|| [1_u8; 1 << 20].len()), 1 << 20);
    /// # Ok::<(), threadlink::rayon::ThreadPoolBuildError>(())
    /// ```
    pub fn stack_size(mut self, size: usize) -> Self {
        self.inner = self.inner.stack_size(size);
        self
    }

    /// What to do with a panic that would reach nobody (that of a job of `rayon::spawn`), in a build that unwinds.
    /// Without a handler such a panic ends the program.
    ///
    /// ```
    /// use threadlink::rayon::ThreadPoolBuilder;
    ///
    /// let (seen, wait) = threadlink::sync::mpsc::sync_channel(1);
    /// let pool = ThreadPoolBuilder::new()
    ///     .num_threads(1)
    ///     .panic_handler(move |payload| seen.send(payload.is::<&str>()).unwrap())
    ///     .build()?;
    /// pool.spawn(|| panic!("nobody waits for this job"));
    /// assert_eq!(wait.recv(), Ok(true));
    /// # Ok::<(), threadlink::rayon::ThreadPoolBuildError>(())
    /// ```
    pub fn panic_handler<F>(mut self, handler: F) -> Self
    where
        F: Fn(Box<dyn std::any::Any + Send>) + Send + Sync + 'static,
    {
        self.inner = self.inner.panic_handler(handler);
        self
    }

    /// Called at the start of each thread, with its index.
    ///
    /// ```
    /// use threadlink::rayon::ThreadPoolBuilder;
    ///
    /// let (seen, wait) = threadlink::sync::mpsc::sync_channel(1);
    /// let pool = ThreadPoolBuilder::new().num_threads(1).start_handler(move |index| seen.send(index).unwrap()).build()?;
    /// assert_eq!(wait.recv(), Ok(0));
    /// # Ok::<(), threadlink::rayon::ThreadPoolBuildError>(())
    /// ```
    pub fn start_handler<F: Fn(usize) + Send + Sync + 'static>(mut self, handler: F) -> Self {
        self.inner = self.inner.start_handler(handler);
        self
    }

    /// Called at the end of each thread, with its index.
    ///
    /// ```
    /// use threadlink::rayon::ThreadPoolBuilder;
    ///
    /// let (seen, wait) = threadlink::sync::mpsc::sync_channel(1);
    /// let pool = ThreadPoolBuilder::new().num_threads(1).exit_handler(move |index| seen.send(index).unwrap()).build()?;
    /// drop(pool);
    /// assert_eq!(wait.recv(), Ok(0));
    /// # Ok::<(), threadlink::rayon::ThreadPoolBuildError>(())
    /// ```
    pub fn exit_handler<F: Fn(usize) + Send + Sync + 'static>(mut self, handler: F) -> Self {
        self.inner = self.inner.exit_handler(handler);
        self
    }

    /// Makes the thread that calls `build` or `build_global` the first thread of the pool.
    ///
    /// ```
    /// use threadlink::rayon::ThreadPoolBuilder;
    ///
    /// let pool = ThreadPoolBuilder::new().num_threads(1).use_current_thread().build()?;
    /// let me = threadlink::thread::current().id();
    /// assert_eq!(pool.install(|| threadlink::thread::current().id()), me);
    /// # Ok::<(), threadlink::rayon::ThreadPoolBuildError>(())
    /// ```
    pub fn use_current_thread(mut self) -> Self {
        self.inner = self.inner.use_current_thread();
        self
    }

    /// Builds a pool, which ends when it is dropped.
    ///
    /// # Errors
    /// If its threads cannot be started.
    ///
    /// ```
    /// use threadlink::rayon::ThreadPoolBuilder;
    ///
    /// let pool = ThreadPoolBuilder::new().num_threads(2).build()?;
    /// assert_eq!(pool.install(|| rayon_core::join(|| 1, || 2)), (1, 2));
    /// # Ok::<(), threadlink::rayon::ThreadPoolBuildError>(())
    /// ```
    pub fn build(self) -> Result<rayon_core::ThreadPool, ThreadPoolBuildError> {
        let threads = self.threads();
        self.inner
            .num_threads(threads)
            .spawn_handler(spawn_handler)
            .build()
    }

    /// Makes this the global pool, which is the one that rayon uses outside any other.
    ///
    /// # Errors
    /// If there is a global pool already, or its threads cannot be started.
    ///
    /// ```
    /// use threadlink::rayon::ThreadPoolBuilder;
    ///
    /// ThreadPoolBuilder::new().num_threads(2).build_global()?;
    /// assert_eq!(rayon_core::current_num_threads(), 2);
    /// # Ok::<(), threadlink::rayon::ThreadPoolBuildError>(())
    /// ```
    pub fn build_global(self) -> Result<(), ThreadPoolBuildError> {
        let threads = self.threads();
        self.inner
            .num_threads(threads)
            .spawn_handler(spawn_handler)
            .build_global()
    }

    fn threads(&self) -> usize {
        match self.threads {
            0 => default_threads(),
            threads => threads,
        }
    }
}

impl Default for ThreadPoolBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for ThreadPoolBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThreadPoolBuilder")
            .field("threads", &self.threads)
            .field("inner", &self.inner)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::thread::current;
    use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};

    #[test]
    fn the_pool_runs_on_named_threads_of_ours() {
        let pool = ThreadPoolBuilder::new().num_threads(3).build().unwrap();
        assert_eq!(pool.current_num_threads(), 3);
        let mut names = pool.broadcast(|_| current().name().map(str::to_owned));
        names.sort();
        assert_eq!(
            names,
            ["rayon 0", "rayon 1", "rayon 2"].map(|name| Some(name.to_owned()))
        );
        let pool = ThreadPoolBuilder::new()
            .num_threads(1)
            .thread_name(|index| format!("mine {index}"))
            .stack_size(32 << 20)
            .build()
            .unwrap();
        let (name, sum) = pool.install(|| {
            // More than the default stack of a spawned thread holds.
            let big = std::hint::black_box([1_u8; 8 << 20]);
            let sum: usize = big.iter().map(|&byte| usize::from(byte)).sum();
            (current().name().map(str::to_owned), sum)
        });
        assert_eq!((name.as_deref(), sum), (Some("mine 0"), 8 << 20));
    }

    #[test]
    fn a_panic_reaches_whoever_waits() {
        let pool = ThreadPoolBuilder::new().num_threads(2).build().unwrap();
        let payload = catch_unwind(AssertUnwindSafe(|| {
            pool.install(|| rayon_core::join(|| (), || panic_any(7_u8)));
        }))
        .unwrap_err();
        assert_eq!(payload.downcast_ref::<u8>(), Some(&7));
        assert_eq!(pool.install(|| 1), 1, "the pool goes on");
    }
}
