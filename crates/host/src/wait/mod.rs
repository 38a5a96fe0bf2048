//! Waiting: the one place where threads of a run block, be it in an instruction of the guest or in the host.
//!
//! - [`key`]: what there is to wait for.
//! - [`queue`]: who waits for what, in which order, and who is woken.
//! - [`eagerness`]: how long a thread looks before it sleeps.
//! - [`parker`]: how one thread sleeps and is woken, and how all are at the end of a run.
//! - [`guest`]: what the instructions of the guest, in [`link::waits`](crate::link), need of a thread.
//! - [`active`]: how many guest threads can still go on by themselves.
//!
//! # The protocol
//! A thread looks whether it has to wait and enters the queue under the lock of that queue's bucket, so whoever changes
//! what it looks at and then notifies either comes before the look or finds it in the queue. A thread leaves the queue in
//! one of three ways, each under that lock: a notification takes it out, or it takes itself out because its time is over
//! or the run is. So a notification counts exactly those threads that will say that they were woken.
//!
//! A guest thread that waits without a limit is not active from the moment it is in the queue, and whoever takes it out
//! makes it active again, both under that lock and before it can run. So no guest thread is active only if each one waits
//! for a notification that none of them will send.

mod active;
pub(crate) mod eagerness;
mod guest;
pub(crate) mod key;
mod parker;
mod queue;
#[cfg(test)]
mod tests;

pub(crate) use guest::GuestThread;
pub(crate) use parker::Parker;
pub(crate) use queue::{Outcome, WaitQueues, Who};
