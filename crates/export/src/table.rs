//! A trace as a table: a row an event, with the columns of [`COLUMNS`], for formats that are tables.

use std::sync::Arc;

use threadlink_trace::{AcquireOp, AwakeKind, EndKind, EventKind, Mode, Trace};

use crate::columns::{Column, Value, flag, number, text};
use crate::locks::Locks;
use crate::walk::{Step, Walk};

/// The columns, which docs/export.md describes.
pub(crate) const COLUMNS: [Column; 15] = [
    number("time_ns"),
    number("thread"),
    text("thread_name"),
    text("event"),
    number("lock"),
    text("lock_name"),
    text("lock_made"),
    number("address"),
    text("place"),
    text("mode"),
    text("how"),
    flag("contended"),
    number("wait_ns"),
    number("hold_ns"),
    number("other_thread"),
];

/// A row: what stands in each column.
pub(crate) type Row<'a> = [Option<Value<'a>>; COLUMNS.len()];

/// Calls `each` with the rows of a trace, in the order of time.
pub(crate) fn rows<E>(trace: &Trace, mut each: impl FnMut(&Row<'_>) -> Result<(), E>) -> Result<(), E> {
    let mut walk = Walk::of(trace);
    while let Some(step) = walk.next() {
        each(&row(trace, &walk.numbers, &step))?;
    }
    Ok(())
}

fn name(name: &Arc<str>) -> Value<'_> {
    Value::Text(name)
}

/// What a mode is called.
pub(crate) fn mode_name(mode: Mode) -> Value<'static> {
    Value::Text(match mode {
        Mode::Exclusive => "exclusive",
        Mode::Shared => "shared",
    })
}

fn row<'a>(trace: &'a Trace, locks: &'a Locks, step: &Step) -> Row<'a> {
    let event = step.event;
    let known = step.lock.map(|number| locks.known(number));
    let place = |site: u32| trace.site(site).filter(|_| site != 0).map(Value::Place);
    let acquires = matches!(event.kind, EventKind::Acquire { .. } | EventKind::Request { .. });
    let kind = Kind::of(event.kind);
    [
        Some(Value::Number(event.time)),
        Some(Value::Number(event.thread.into())),
        trace
            .thread(event.thread)
            .and_then(|info| info.name.as_ref())
            .map(name),
        Some(Value::Text(kind.name)),
        step.lock.map(|number| Value::Number(number.into())),
        known.and_then(|known| known.name.as_ref()).map(name),
        known.and_then(|known| place(known.made)),
        kind.address.map(|address| Value::Number(address.into())),
        place(step.site),
        kind.mode.map(mode_name),
        kind.how.map(Value::Text),
        acquires.then_some(Value::Flag(step.contended)),
        step.wait().map(Value::Number),
        step.hold().map(Value::Number),
        kind.thread.map(|thread| Value::Number(thread.into())),
    ]
}

/// An event kind's name, and what it says of itself.
#[derive(Default)]
struct Kind {
    name: &'static str,
    address: Option<u32>,
    mode: Option<Mode>,
    how: Option<&'static str>,
    thread: Option<u32>,
}

impl Kind {
    fn of(kind: EventKind) -> Self {
        let plain = |name| Self {
            name,
            ..Self::default()
        };
        let at = |name, address| Self {
            address: Some(address),
            ..plain(name)
        };
        let limit = |timed: bool| timed.then_some("timed");
        let over = |timed_out: bool| Some(if timed_out { "timed out" } else { "woken" });
        match kind {
            EventKind::Start => plain("start"),
            EventKind::End { how } => Self {
                how: Some(match how {
                    EndKind::Died => "died",
                    _ => "returned",
                }),
                ..plain("end")
            },
            EventKind::Fork { child } => Self {
                thread: Some(child),
                ..plain("fork")
            },
            EventKind::JoinRequest { child, .. } => Self {
                thread: Some(child),
                ..plain("join request")
            },
            EventKind::Join {
                child,
                reaped,
                failed,
            } => Self {
                thread: Some(child),
                how: match (reaped, failed) {
                    (true, _) => Some("reaped"),
                    (false, true) => Some("failed"),
                    (false, false) => None,
                },
                ..plain("join")
            },
            EventKind::Request { lock, mode, .. } => Self {
                mode: Some(mode),
                ..at("request", lock)
            },
            EventKind::Acquire { lock, mode, op, .. } => Self {
                mode: Some(mode),
                how: Some(match op {
                    AcquireOp::Try => "try",
                    AcquireOp::Timed => "timed",
                    _ => "blocking",
                }),
                ..at("acquire", lock)
            },
            EventKind::Release { lock, mode } => Self {
                mode: Some(mode),
                ..at("release", lock)
            },
            EventKind::Wait { condvar, timed, .. } => Self {
                how: limit(timed),
                ..at("wait", condvar)
            },
            EventKind::Wake { condvar, timed_out } => Self {
                how: over(timed_out),
                ..at("wake", condvar)
            },
            EventKind::Notify { condvar, all, .. } => Self {
                how: Some(if all { "all" } else { "one" }),
                ..at("notify", condvar)
            },
            EventKind::Instance { lock, .. } => at("instance", lock),
            EventKind::InstanceEnd { lock, .. } => at("instance end", lock),
            EventKind::Sleep { address, timed } => Self {
                how: limit(timed),
                ..at("sleep", address)
            },
            EventKind::Awake { address, how } => Self {
                how: Some(match how {
                    AwakeKind::NotEqual => "not equal",
                    AwakeKind::TimedOut => "timed out",
                    _ => "woken",
                }),
                ..at("awake", address)
            },
            EventKind::Waken { address, .. } => at("waken", address),
            EventKind::Park { token, timed, .. } => Self {
                how: limit(timed),
                ..at("park", token)
            },
            EventKind::ParkEnd { token, timed_out } => Self {
                how: over(timed_out),
                ..at("park end", token)
            },
            EventKind::Unpark { token, .. } => at("unpark", token),
            _ => plain("unknown"),
        }
    }
}
