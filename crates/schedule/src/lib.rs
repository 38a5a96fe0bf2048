//! Which thread of a program goes next: the part of an exploration that needs no engine.
//!
//! Whoever runs a program tells a [`Scheduler`] what its threads do, one at a time: that they begin, wait, wake others and end.
//! The scheduler answers who goes on, and how many *points* (places at which a thread may be stopped) it may pass before it
//! asks again. What it answers follows from a [`Plan`] alone, so a plan is all that it takes to replay an execution; a
//! [`Token`] is a plan as a text. [`shrink()`] finds out which switches an execution needs for what it showed.
//!
//! Time is virtual here: it passes with points, and jumps when nobody can go on.

mod plan;
mod random;
mod scheduler;
mod shrink;
mod strategy;
mod switch;
mod token;
#[cfg(test)]
mod toy;

pub use plan::{Mix, Plan, Profile, Strategy, StrategyError};
pub use random::Random;
pub use scheduler::{Decision, Scheduler, Wake};
pub use shrink::shrink;
pub use switch::{Switch, ThreadId};
pub use token::{Token, TokenError, hash};
