//! Parking: a thread waits for its token, which others leave.

use std::time::Duration;

use super::current::current;
use crate::hooks::{self, Op};
use threadlink_abi::moment::{FinishPark, StartPark};

/// Blocks until this thread's token is there, and takes it; may also return for no reason, as std's does.
///
/// What happened before each [`unpark`](super::Thread::unpark) up to the one that left the token happens before this
/// returns, if it returns for the token.
///
/// ```
/// let me = threadlink::thread::current();
/// let waker = threadlink::spawn(move || me.unpark());
/// threadlink::thread::park();
/// waker.join().unwrap();
/// ```
#[cfg_attr(feature = "tracing", track_caller)]
pub fn park() {
    wait(None);
}

/// Like [`park`], but no longer than about `timeout`. It doesn't tell whether the token came.
///
/// A timeout of zero takes the token if it is there; one longer than the clock can tell is as good as none.
///
/// ```
/// use std::time::Duration;
///
/// threadlink::thread::current().unpark();
/// threadlink::thread::park_timeout(Duration::from_secs(3600)); // returns at once
/// ```
#[cfg_attr(feature = "tracing", track_caller)]
pub fn park_timeout(timeout: Duration) {
    wait(Some(timeout));
}

/// Like [`park_timeout`], in milliseconds.
///
/// ```
/// # #![allow(deprecated)]
/// threadlink::thread::park_timeout_ms(1);
/// ```
#[deprecated(
    since = "0.1.0",
    note = "replaced by `threadlink::thread::park_timeout`, as in std"
)]
#[cfg_attr(feature = "tracing", track_caller)]
pub fn park_timeout_ms(ms: u32) {
    park_timeout(Duration::from_millis(u64::from(ms)));
}

/// The one place where a program parks, with the hooks around it.
#[cfg_attr(feature = "tracing", track_caller)]
fn wait(timeout: Option<Duration>) {
    let thread = current();
    let token = thread.token();
    let timed = timeout.is_some();
    let op = if timed { Op::Timed } else { Op::Blocking };
    hooks::request(StartPark { timed }, token.address(), op);
    let taken = token.park(timeout);
    hooks::tell(FinishPark { timed_out: !taken }, token.address());
}
