//! A trace that the tests have in common.

use threadlink_trace::testing::written;
use threadlink_trace::{AcquireOp, EndKind, Event, EventKind, Mode, Trace};

/// Two threads: one has a lock for which the other waits; then both read another at once, and one parks and is joined.
pub(crate) fn trace() -> Trace {
    let (lock, site, mode, op) = (0x1000, 7, Mode::Exclusive, AcquireOp::Blocking);
    let (cache, shared) = (0x3000, Mode::Shared);
    let kinds = [
        (0, EventKind::Start),
        (0, EventKind::Fork { child: 1 }),
        (1, EventKind::Start),
        (
            0,
            EventKind::Request {
                lock,
                site,
                contended: false,
                mode,
            },
        ),
        (0, EventKind::Acquire { lock, site, op, mode }),
        (
            1,
            EventKind::Request {
                lock,
                site: 8,
                contended: true,
                mode,
            },
        ),
        (0, EventKind::Release { lock, mode }),
        (
            1,
            EventKind::Acquire {
                lock,
                site: 8,
                op,
                mode,
            },
        ),
        (1, EventKind::Release { lock, mode }),
        (
            0,
            EventKind::Acquire {
                lock: cache,
                site,
                op: AcquireOp::Try,
                mode: shared,
            },
        ),
        (
            1,
            EventKind::Acquire {
                lock: cache,
                site,
                op: AcquireOp::Try,
                mode: shared,
            },
        ),
        (
            0,
            EventKind::Release {
                lock: cache,
                mode: shared,
            },
        ),
        (
            1,
            EventKind::Park {
                token: 0x4000,
                site,
                timed: false,
            },
        ),
        (
            0,
            EventKind::Unpark {
                token: 0x4000,
                site: 0,
            },
        ),
        (
            1,
            EventKind::ParkEnd {
                token: 0x4000,
                timed_out: false,
            },
        ),
        (0, EventKind::JoinRequest { child: 1, site: 8 }),
        (1, EventKind::End { how: EndKind::Died }),
        (
            0,
            EventKind::Join {
                child: 1,
                reaped: false,
                failed: true,
            },
        ),
    ];
    let events: Vec<Event> = (1..)
        .zip(kinds)
        .map(|(time, (thread, kind))| Event::new(time * 100, thread, kind))
        .collect();
    let bytes = written(&events, |writer| {
        writer.define_thread(1, Some("a \"worker\", of two"), Some(0));
        writer.define_lock(lock, 0, site, Some("Bank.journal"));
        writer.define_site(site, "src/main.rs", 12, 20);
        writer.define_site(8, "src/work,er.rs", 3, 4);
    });
    Trace::read(&bytes[..]).expect("it is a trace")
}
