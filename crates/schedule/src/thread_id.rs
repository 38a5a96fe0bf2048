//! [`ThreadId`]: what a thread is called here.

/// A thread's number: they count from 0, in the order in which they come.
///
/// ```
/// let main: threadlink_schedule::ThreadId = 0;
/// assert_eq!(main + 1, 1);
/// ```
pub type ThreadId = u32;
