//! [`Switch`]: one choice of a scheduler's, in terms that stay what they are when other choices are left out.

use std::fmt;
use std::str::FromStr;

/// A thread's number: they count from 0, in the order in which they come.
pub type ThreadId = u32;

/// When a thread has taken so many steps, another one goes on. Steps are the thread's own, so that this says the same where
/// other switches are missing.
///
/// ```
/// use threadlink_schedule::Switch;
///
/// let switch: Switch = "1-40-2".parse().unwrap();
/// assert_eq!((switch.from, switch.at, switch.to), (1, 40, 2));
/// assert_eq!(switch.to_string(), "1-40-2");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Switch {
    /// Who ran.
    pub from: ThreadId,
    /// Steps that it had taken by then.
    pub at: u64,
    /// Who goes on; the same thread, if it would have been stopped otherwise.
    pub to: ThreadId,
}

impl fmt::Display for Switch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, at, to } = self;
        write!(f, "{from}-{at}-{to}")
    }
}

impl FromStr for Switch {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.split('-');
        let mut next = || parts.next().and_then(|part| part.parse::<u64>().ok()).ok_or(());
        let (from, at, to) = (next()?, next()?, next()?);
        if parts.next().is_some() {
            return Err(());
        }
        let thread = |number| u32::try_from(number).map_err(|_| ());
        Ok(Self {
            from: thread(from)?,
            at,
            to: thread(to)?,
        })
    }
}
