//! What the numbers of a deadlock mean: [`Names`] knows, [`ThreadLabel`] and [`LockOrigin`] are what a report says.

use std::fmt;
use std::sync::Arc;

use crate::printable::Printable;
use crate::site::Site;

/// Whoever knows what the numbers in a [`Deadlock`](crate::Deadlock) mean: a host, from the guest's memory, or a reader,
/// from the tables of a trace. [`DeadlockReport::resolve`](crate::DeadlockReport::resolve) asks.
///
/// # Examples
/// ```
/// use threadlink_trace::{LockOrigin, Names, Site};
///
/// /// Knows the main thread's name, and that it lives.
/// struct Little;
///
/// impl Names for Little {
///     fn thread_name(&self, thread: u32) -> Option<String> {
///         (thread == 0).then(|| "main".to_owned())
///     }
///     fn has_died(&self, thread: u32) -> bool {
///         thread != 0
///     }
///     fn lock(&self, address: u32) -> LockOrigin {
///         LockOrigin::new(address)
///     }
///     fn was_read(&self, _lock: u32) -> bool {
///         false
///     }
///     fn site(&self, _address: u32) -> Option<Site> {
///         None
///     }
/// }
/// assert_eq!(Little.thread_name(0).as_deref(), Some("main"));
/// ```
pub trait Names {
    /// The thread's name, if it has one.
    fn thread_name(&self, thread: u32) -> Option<String>;

    /// Whether the thread has died. Asked about one that has ended, and did not have to return for that.
    fn has_died(&self, thread: u32) -> bool;

    /// What the lock or condition variable at this address is called, and where it was made.
    fn lock(&self, address: u32) -> LockOrigin;

    /// Whether somebody ever wanted to read this lock, so that "for writing" tells something of the others.
    fn was_read(&self, lock: u32) -> bool;

    /// The place in the source that this address of a `core::panic::Location` means; 0 is an unknown one.
    fn site(&self, address: u32) -> Option<Site>;
}

/// A thread as messages show it: its `Display` is `'name'`, or `#7` for one without a name.
///
/// # Examples
/// ```
/// use threadlink_trace::ThreadLabel;
///
/// assert_eq!(ThreadLabel::new(1, Some("left".to_owned())).to_string(), "'left'");
/// assert_eq!(ThreadLabel::new(7, None).to_string(), "#7");
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub struct ThreadLabel {
    /// The thread's id.
    pub id: u32,
    /// Its name, if it has one.
    pub name: Option<String>,
}

impl ThreadLabel {
    /// The thread with this id and name.
    ///
    /// # Examples
    /// ```
    /// assert_eq!(threadlink_trace::ThreadLabel::new(7, None).id, 7);
    /// ```
    #[must_use]
    pub fn new(id: u32, name: Option<String>) -> Self {
        Self { id, name }
    }
}

impl fmt::Display for ThreadLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "'{}'", Printable(name)),
            None => write!(f, "#{}", self.id),
        }
    }
}

/// A lock or condition variable of a deadlock: what it is called, and where it was made. Its `Display` is the name, if
/// there is one, and the address.
///
/// # Examples
/// ```
/// use threadlink_trace::LockOrigin;
///
/// let mut lock = LockOrigin::new(0x400);
/// assert_eq!(lock.to_string(), "0x400");
/// lock.name = Some("accounts".into());
/// assert_eq!(lock.to_string(), "accounts 0x400");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct LockOrigin {
    /// Its address in guest memory.
    pub address: u32,
    /// Its name, if it has one.
    pub name: Option<Arc<str>>,
    /// Where it was made, if that is known.
    pub made: Option<Site>,
}

impl LockOrigin {
    /// The one at this address, of which nothing else is known.
    ///
    /// # Examples
    /// ```
    /// assert_eq!(threadlink_trace::LockOrigin::new(0x400).name, None);
    /// ```
    #[must_use]
    pub fn new(address: u32) -> Self {
        Self {
            address,
            name: None,
            made: None,
        }
    }
}

impl fmt::Display for LockOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.name {
            write!(f, "{} ", Printable(name))?;
        }
        write!(f, "{:#x}", self.address)
    }
}
