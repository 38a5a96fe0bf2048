//! One run of a program: how it starts, what its threads share, and how it is brought to its end.
//!
//! [`start`] runs the main thread, from its [`entry`] point on, and [`supervise`] waits for the end. A spawn goes through
//! [`spawn`] to a [`worker`], an idle one of the [`pool`] or a new one with an [`instance`] of its own, which carries a
//! [`context`] and takes its [`resources`] out of the run's budget. What an instance keeps in [`globals`] is put back for
//! its next thread. Whether the process can take a thread at all says its [`room`], in addresses and in [`mappings`].
//! [`death`] tells a panic from a trap, and [`exhaustion`] a trap for want of memory or of stack from others; [`panics`] are
//! the host's own. The guest's streams are [`output`] and [`reading`], and what it gets at random comes from [`random`]. The
//! end is in [`ending`], first come, first served; [`teardown`] stops who is left, [`account`] says what they were doing,
//! the [`seats`] how busy they were, and [`cpu_time`] what they have used. All of them share one [`shared::Run`]. Where
//! threads take [`turns`], [`explore`] takes the place of [`start`] and of the workers.

mod account;
mod clock;
mod config;
pub(crate) mod context;
mod cpu_time;
mod death;
pub(crate) mod ending;
mod entry;
mod exhaustion;
pub(crate) mod explore;
mod fall;
mod globals;
mod input;
pub(crate) mod instance;
mod made;
mod mappings;
pub(crate) mod output;
mod panics;
mod pool;
pub(crate) mod races;
pub(crate) mod random;
pub(crate) mod reading;
mod recording;
mod resources;
mod room;
mod seats;
pub(crate) mod shared;
mod shortcuts;
mod sites;
pub(crate) mod spawn;
mod start;
pub(crate) mod stop;
mod stop_handle;
mod stream;
mod supervise;
mod teardown;
mod texts;
pub(crate) mod turns;
pub(crate) mod watchdog;
mod whereabouts;
mod worker;

pub use config::{RunConfig, RunError};
pub use input::Input;
pub(crate) use start::run;
pub use stop_handle::StopHandle;
pub use stream::Stream;
