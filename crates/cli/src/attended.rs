//! The report on a trace, for somebody who waits for it: a line on a terminal says how far it is, and Ctrl-C ends it with what the
//! part tells that was read.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Instant;

use threadlink_analysis::{Bounds, Report};
use threadlink_trace::{Attention, Trace};

use crate::failure::Failure;
use crate::input::unchanged;
use crate::output::tell;
use crate::progress::Progress;
use crate::signals::Signals;

/// A report, and the exit code if Ctrl-C has cut it short.
pub(crate) struct Attended {
    pub(crate) report: Report,
    pub(crate) stopped: Option<i32>,
}

/// The report on this trace.
pub(crate) fn report(trace: &Trace, bounds: Bounds) -> Result<Attended, Failure> {
    let (attention, total) = (trace.attention(), trace.event_count());
    let stopping = attention.clone();
    let signals = Signals::catch(move || {
        stopping.stop();
        tell("stopped: the report is on what was read so far (Ctrl-C again ends at once)");
    })
    .map_err(|error| Failure::usage(format!("cannot listen to signals: {error}")))?;
    let mut progress = Progress::new(said(&attention, total), false);
    let begun = Instant::now();
    let mut report = std::thread::scope(|scope| {
        let (sender, done) = mpsc::channel::<()>();
        let work = std::thread::Builder::new().spawn_scoped(scope, || {
            let _done = sender;
            Report::bounded(trace, bounds)
        });
        let Ok(work) = work else {
            // Without a thread for it, nobody sees how far it is.
            return Report::bounded(trace, bounds);
        };
        while let Some(patience) = progress.until(begun.elapsed()) {
            match done.recv_timeout(patience) {
                Err(RecvTimeoutError::Disconnected) | Ok(()) => break,
                Err(RecvTimeoutError::Timeout) => {
                    progress.say(said(&attention, total));
                    progress.show(begun.elapsed());
                }
            }
        }
        work.join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    });
    drop(progress);
    unchanged(trace)?;
    let stopped_at = attention.stopped_at().filter(|read| *read < total);
    if let Some(read) = stopped_at {
        report.warnings.push(format!(
            "the report is partial: it was stopped, and is on the first {read} of {total} events"
        ));
    }
    let code = signals.caught();
    Ok(Attended {
        report,
        stopped: stopped_at.and(code),
    })
}

/// What is being done, for people.
fn said(attention: &Attention, total: u64) -> String {
    let (reading, events) = attention.progress();
    let percent = events.saturating_mul(100) / total.max(1);
    format!("reading {total} events, time {}: {percent} %", reading.max(1))
}
