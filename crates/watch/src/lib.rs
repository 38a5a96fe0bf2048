//! Live detection of deadlocks and standstills of threaded wasm programs, without an engine: a host tells what its guest's
//! threads do, and gets verdicts.
//!
//! A host supplies two things, the guest's [`Memory`] and a [`Clock`]. It keeps one [`Watch`] a run, one [`Observer`] a
//! worker, and tells the observer of each hook of a traced lock and of each join. What the observer returns says what to
//! record and whether there is a deadlock. Detectors return a [`Verdict`]; how a run ends is the host's business.
//!
//! # Where things happen
//! - A lock event: `observer`, with the tables of threads (`threads`, `thread`), of locks and condition variables
//!   (`addresses`), and of what each thread reads (`reads`). Its time is `clock`'s. What all of them may cost is one
//!   number (`budget`).
//! - A wait that might never end: `circle` follows who waits for whom, at once and exactly where it can, and else at
//!   a [`look`](Watch::look) at all that wait. What it knows of those that read is `readers`.
//! - No thread can go on, as the host counts: `standstill`.
//! - What is in the guest's memory for hosts to read: [`guest`]. None of it is trusted.
//!
//! ```
//! use threadlink_abi::Hook;
//! use threadlink_watch::{Clock, Memory, Observer, Thread, Watch};
//!
//! // A host without access to the memory still sees who waits for whom.
//! struct Host;
//! impl Memory for Host {
//!     fn load(&self, _: u32) -> Option<u32> {
//!         None
//!     }
//!     fn read(&self, _: u32, _: u32) -> Option<Vec<u8>> {
//!         None
//!     }
//! }
//! impl Clock for Host {
//!     fn now(&self) -> u64 {
//!         0
//!     }
//! }
//!
//! let watch = Watch::new(Host, Host);
//! let start = || {
//!     let thread = watch.threads.add(8, |id| Thread::new(id, None, 0, None, None));
//!     Observer::new(thread.expect("two of eight"))
//! };
//! let mut threads = [start(), start()];
//! let (left, right) = (0x1000, 0x1004);
//! for (index, hook, lock) in [
//!     (0, Hook::StartLock, left),
//!     (0, Hook::FinishLock, left),
//!     (1, Hook::StartLock, right),
//!     (1, Hook::FinishLock, right),
//!     (0, Hook::StartLock, right),
//! ] {
//!     let _ = threads[index].hook(&watch, hook, lock, 0, &mut ());
//! }
//! // Without holder words in memory it takes two looks to be certain.
//! assert!(threads[1].hook(&watch, Hook::StartLock, left, 0, &mut ()));
//! assert!(threads[1].suspect(&watch).later);
//! let mut suspicions = Default::default();
//! assert!(watch.look(&mut suspicions).is_none());
//! let verdict = watch.look(&mut suspicions).expect("nothing has moved");
//! assert_eq!(verdict.deadlock.edges.len(), 2);
//! ```

#![forbid(unsafe_code)]

mod addresses;
mod budget;
mod circle;
mod clock;
pub mod guest;
mod held;
mod hold;
mod memory;
mod names;
mod observer;
mod places;
mod readers;
mod reads;
mod standstill;
mod thread;
mod threads;
mod verdict;
mod watch;

pub use budget::{Budget, Charge};
pub use circle::{Seen, Suspicions};
pub use clock::Clock;
pub use memory::Memory;
pub use observer::{Defined, Listener, Observer, Operation, Unseen};
pub use places::Places;
pub use thread::{Thread, Wait};
pub use threads::{Counts, MAIN, Refused, ThreadTable};
pub use verdict::{Suspicion, Verdict};
pub use watch::Watch;
