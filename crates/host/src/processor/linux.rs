//! From the files of `/proc`, whose first number is nanoseconds.

use std::fs;
use std::time::Duration;

/// A thread of this process, as the system numbers it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ThreadId(u32);

impl ThreadId {
    /// The thread that calls this; `None` without `/proc`.
    pub(crate) fn current() -> Option<ThreadId> {
        // Where guests' threads take turns on one of the system's, each of them asks.
        thread_local! {
            static THIS: Option<u32> = read();
        }
        fn read() -> Option<u32> {
            let link = fs::read_link("/proc/thread-self").ok()?;
            link.file_name()?.to_str()?.parse().ok()
        }
        THIS.with(|this| *this).map(ThreadId)
    }

    /// The time for which it has been on a processor; `None` if it has ended.
    pub(crate) fn busy(self) -> Option<Duration> {
        let text = fs::read_to_string(format!("/proc/self/task/{}/schedstat", self.0)).ok()?;
        let nanoseconds = text.split_whitespace().next()?.parse().ok()?;
        Some(Duration::from_nanos(nanoseconds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_works_gets_time_and_one_that_is_gone_has_none() {
        let worked = std::thread::spawn(|| {
            let this = ThreadId::current().expect("there is /proc");
            let before = this.busy().expect("it runs");
            // Ends once it has had some, however often it is interrupted.
            while this.busy().expect("it runs") < before + Duration::from_millis(5) {
                std::hint::spin_loop();
            }
            this
        });
        let gone = worked.join().expect("no panic");
        // The system may still be taking the thread down.
        while gone.busy().is_some() {
            std::thread::yield_now();
        }
    }
}
