//! [`Request`] and [`Shell`]: what the layer above says when it wants a thread.

use core::panic::Location;

use crate::work::{Kept, Work};

/// What is asked for with a new thread.
///
/// ```
/// use threadlink_rt::Request;
///
/// fn describe(request: &Request<'_>) -> String {
///     format!("{:?}, asked for at {}", request.name.unwrap_or("a thread"), request.site)
/// }
/// # let _ = describe;
/// ```
#[derive(Debug)]
pub struct Request<'a> {
    /// What the thread runs.
    pub work: Work,
    /// What has to live for as long as the thread can run code. It is released when the thread's memory is given to
    /// another, and never if the thread died.
    pub kept: Kept,
    /// The thread's name, for reports.
    pub name: Option<&'a str>,
    /// Bytes of stack, if the program said how many.
    pub stack_size: Option<usize>,
    /// Whether the thread may borrow from others, so that a death that unwinds nothing leaves them torn data.
    pub borrows: bool,
    /// Where in the program's source the spawn stands.
    pub site: &'static Location<'static>,
}

/// What the layer above does on each thread around the program's own code.
///
/// ```
/// use threadlink_rt::Shell;
///
/// /// A layer whose thread-locals have no destructors to run, and none that leave anything behind.
/// static PLAIN: Shell = Shell { begin: || (), destructors: Some(|| ()) };
/// (PLAIN.begin)();
/// ```
#[derive(Debug)]
pub struct Shell {
    /// Called on a thread before anything of the program's.
    pub begin: fn(),
    /// Runs the destructors of the calling thread's thread-locals, which the program uses no more. `None` if they never
    /// run: what leaks may leave pointers into a TLS area elsewhere, so none is given to a second thread then.
    pub destructors: Option<fn()>,
}
