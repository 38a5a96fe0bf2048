//! [`spawn`] and [`Builder`]: the two ways to start a thread.

use std::io;
use std::panic::Location;

use super::JoinHandle;
use super::spawn::{Settings, start};

/// Starts a thread with the defaults and returns the handle to it.
///
/// The thread is detached when the handle is dropped. `threadlink::spawn` is the same function.
///
/// # Panics
/// If the host or the system gives no thread, or there is no memory for its stack: use [`Builder::spawn`] to
/// handle that.
///
/// ```
/// let worker = threadlink::thread::spawn(|| 6 * 7);
/// assert_eq!(worker.join().unwrap(), 42);
/// ```
#[track_caller]
pub fn spawn<F, T>(f: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    // SAFETY: closure and result borrow nothing.
    match unsafe { start(Settings::default(), false, None, f, Location::caller()) } {
        Ok(started) => JoinHandle::new(started),
        Err(error) => panic!("failed to spawn thread: {error}"),
    }
}

/// Settings for a new thread.
///
/// ```
/// use threadlink::thread::Builder;
///
/// let worker = Builder::new().name("parser".into()).stack_size(64 * 1024).spawn(|| "done")?;
/// assert_eq!(worker.join().unwrap(), "done");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "must eventually spawn the thread"]
pub struct Builder {
    name: Option<String>,
    stack_size: Option<usize>,
}

impl Builder {
    /// Settings for a thread without a name and with the default stack.
    ///
    /// ```
    /// use threadlink::thread::Builder;
    ///
    /// assert!(Builder::new().spawn(|| ())?.join().is_ok());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    // std's has no `Default` either.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Self {
            name: None,
            stack_size: None,
        }
    }

    /// Names the thread, for reports and [`current`](super::current()).
    ///
    /// ```
    /// use threadlink::thread::Builder;
    ///
    /// let worker = Builder::new().name("parser".into()).spawn(|| ())?;
    /// assert_eq!(worker.thread().name(), Some("parser"));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn name(mut self, name: String) -> Self {
        self.name = Some(name);
        self
    }

    /// The size of the thread's stack in bytes. It is rounded up, and on wasm is at least 16 KiB.
    ///
    /// The default on wasm is 512 KiB, with which 1,000 threads fit into the usual memory of 1 GiB; natively it
    /// is std's. `#[threadlink::main(stack_size = bytes)]` sets another one.
    ///
    /// ```
    /// use threadlink::thread::Builder;
    ///
    /// let worker = Builder::new().stack_size(4 << 20).spawn(|| [1_u8; 1 << 20].len())?;
    /// assert_eq!(worker.join().unwrap(), 1 << 20);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn stack_size(mut self, size: usize) -> Self {
        self.stack_size = Some(size);
        self
    }

    /// Starts the thread.
    ///
    /// # Errors
    /// - [`WouldBlock`](io::ErrorKind::WouldBlock): the host or the system gives no further thread now;
    /// - [`OutOfMemory`](io::ErrorKind::OutOfMemory): there is no memory for the stack;
    /// - other kinds, for failures of the host.
    ///
    /// # Panics
    /// If the name contains a NUL, as in std.
    ///
    /// ```
    /// use threadlink::thread::Builder;
    ///
    /// match Builder::new().spawn(|| 6 * 7) {
    ///     Ok(worker) => assert_eq!(worker.join().unwrap(), 42),
    ///     Err(error) => println!("no thread: {error}"),
    /// }
    /// ```
    #[track_caller]
    pub fn spawn<F, T>(self, f: F) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        // SAFETY: closure and result borrow nothing.
        unsafe { start(self.into_settings(), false, None, f, Location::caller()) }.map(JoinHandle::new)
    }

    /// Starts a thread whose closure and result may borrow what the caller sees to.
    ///
    /// # Safety
    /// The thread has ended before anything that the closure or its result borrows does: as a rule, because the
    /// caller joins it in any case, also if it panics.
    ///
    /// On wasm such a thread is treated as a [scoped](super::scope()) one: if it dies by a trap, which in a program
    /// built with `panic = "abort"` includes every panic, the program ends, because what it borrowed may be torn.
    ///
    /// # Errors
    /// As [`Builder::spawn`].
    ///
    /// # Panics
    /// If the name contains a NUL.
    ///
    /// ```
    /// use threadlink::thread::Builder;
    ///
    /// let data = vec![1, 2, 3];
    /// // SAFETY: the next statement waits for the thread, and nothing between them can panic.
    /// let worker = unsafe { Builder::new().spawn_unchecked(|| data.len()) }?;
    /// assert_eq!(worker.join().unwrap(), 3);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[track_caller]
    pub unsafe fn spawn_unchecked<F, T>(self, f: F) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T,
        F: Send,
        T: Send,
    {
        // SAFETY: as the caller promises.
        unsafe { start(self.into_settings(), true, None, f, Location::caller()) }.map(JoinHandle::new)
    }

    pub(super) fn into_settings(self) -> Settings {
        let Self { name, stack_size } = self;
        Settings { name, stack_size }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "thread name may not contain interior null bytes")]
    fn a_name_with_a_nul_is_refused() {
        let _ = Builder::new().name("a\0b".into()).spawn(|| ());
    }

    #[test]
    fn name_and_stack_size_reach_the_thread() {
        // 8 MiB of locals overflow the default of every platform's spawned thread.
        let worker = Builder::new().name("deep".into()).stack_size(32 << 20).spawn(|| {
            let big = std::hint::black_box([1_u8; 8 << 20]);
            let sum: usize = big.iter().map(|&byte| usize::from(byte)).sum();
            (sum, std::thread::current().name().map(str::to_owned))
        });
        let (sum, name) = worker.unwrap().join().unwrap();
        assert_eq!(sum, 8 << 20);
        assert_eq!(name.as_deref(), Some("deep"));
    }
}
