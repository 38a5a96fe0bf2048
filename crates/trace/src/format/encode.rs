//! From values to payloads. The counterpart of every function here is in [`decode`](super::decode).

use super::chunk::MAGIC;
use super::wire::{put_delta, put_str, put_u64};
use super::{FORMAT_VERSION, tag};
use crate::deadlock::{Deadlock, Waits};
use crate::event::{AcquireOp, AwakeKind, EndKind, EventKind, Mode};

/// An event without its thread, as a recorder's buffer keeps it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stamped {
    /// Nanoseconds since the start of the run.
    pub(crate) time: u64,
    pub(crate) kind: EventKind,
}

/// The payload of the first chunk.
pub(crate) fn file() -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    out.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
    out.extend_from_slice(&[0, 0]);
    out
}

/// Appends the runs that hold these events of one thread. A run's times never decrease, so there is one run,
/// unless whoever records broke the rule that times increase; then the file keeps what was recorded, and a
/// validator can say so.
pub(crate) fn runs(out: &mut Vec<u8>, thread: u32, events: &[Stamped]) {
    for run in events.chunk_by(|a, b| a.time <= b.time) {
        put_u64(out, u64::from(thread));
        put_u64(out, run.len() as u64);
        let (mut time, mut lock, mut site) = (0, 0, 0);
        for event in run {
            out.push(tag_of(event.kind));
            put_u64(out, event.time - time);
            time = event.time;
            match event.kind {
                EventKind::Start | EventKind::End { .. } => {}
                EventKind::Fork { child } | EventKind::Join { child, .. } => {
                    put_u64(out, u64::from(child));
                }
                EventKind::JoinRequest { child, site: at } => {
                    put_u64(out, u64::from(child));
                    put_delta(out, &mut site, at);
                }
                EventKind::Request {
                    lock: id, site: at, ..
                }
                | EventKind::Acquire {
                    lock: id, site: at, ..
                } => {
                    put_delta(out, &mut lock, id);
                    put_delta(out, &mut site, at);
                }
                EventKind::Release { lock: id, .. } | EventKind::Wake { condvar: id, .. } => {
                    put_delta(out, &mut lock, id);
                }
                EventKind::Notify {
                    condvar: id,
                    site: at,
                    ..
                } => {
                    put_delta(out, &mut lock, id);
                    put_delta(out, &mut site, at);
                }
                EventKind::Wait {
                    condvar,
                    mutex,
                    site: at,
                    ..
                } => {
                    put_delta(out, &mut lock, condvar);
                    // The mutex last: its release is the next event.
                    put_delta(out, &mut lock, mutex);
                    put_delta(out, &mut site, at);
                }
                EventKind::Instance { lock, instance } | EventKind::InstanceEnd { lock, instance } => {
                    long(out, event.kind, &[lock, instance]);
                }
                EventKind::Sleep { address, timed } => long(out, event.kind, &[address, u32::from(timed)]),
                EventKind::Awake { address, how } => {
                    let how = match how {
                        AwakeKind::Woken => 0,
                        AwakeKind::NotEqual => 1,
                        AwakeKind::TimedOut => 2,
                    };
                    long(out, event.kind, &[address, how]);
                }
                EventKind::Waken { address, count } => long(out, event.kind, &[address, count]),
                EventKind::Park { token, site, timed } => {
                    long(out, event.kind, &[token, site, u32::from(timed)]);
                }
                EventKind::ParkEnd { token, timed_out } => {
                    long(out, event.kind, &[token, u32::from(timed_out)]);
                }
                EventKind::Unpark { token, site } => long(out, event.kind, &[token, site]),
                EventKind::Unknown { .. } => long(out, event.kind, &[]),
            }
        }
    }
}

/// Appends the kind and the fields of a `LONG` event, with their length.
fn long(out: &mut Vec<u8>, kind: EventKind, fields: &[u32]) {
    out.push(match kind {
        EventKind::Instance { .. } => tag::INSTANCE,
        EventKind::InstanceEnd { .. } => tag::INSTANCE_END,
        EventKind::Sleep { .. } => tag::SLEEP,
        EventKind::Awake { .. } => tag::AWAKE,
        EventKind::Waken { .. } => tag::WAKEN,
        EventKind::Park { .. } => tag::PARK,
        EventKind::ParkEnd { .. } => tag::PARK_END,
        EventKind::Unpark { .. } => tag::UNPARK,
        EventKind::Unknown { kind } => kind,
        // All others have tags of their own.
        _ => 0,
    });
    let length = out.len();
    out.push(0);
    for field in fields {
        put_u64(out, u64::from(*field));
    }
    // Three fields of five bytes at most: one byte of length.
    out[length] = (out.len() - length - 1) as u8;
}

fn tag_of(kind: EventKind) -> u8 {
    match kind {
        EventKind::Start => tag::START,
        EventKind::End { how } => {
            tag::END
                | match how {
                    EndKind::Returned => 0,
                    EndKind::Died => tag::DIED,
                }
        }
        EventKind::Fork { .. } => tag::FORK,
        EventKind::Join { reaped, failed, .. } => {
            tag::JOIN | flag(reaped, tag::REAPED) | flag(failed, tag::FAILED)
        }
        EventKind::JoinRequest { .. } => tag::JOIN_REQUEST,
        EventKind::Request { contended, mode, .. } => {
            tag::REQUEST | flag(contended, tag::CONTENDED) | flag(mode == Mode::Shared, tag::SHARED_REQUEST)
        }
        EventKind::Acquire { op, mode, .. } => {
            tag::ACQUIRE
                | flag(mode == Mode::Shared, tag::SHARED_ACQUIRE)
                | match op {
                    AcquireOp::Blocking => 0,
                    AcquireOp::Try => tag::TRY,
                    AcquireOp::Timed => tag::TIMED,
                }
        }
        EventKind::Release { mode, .. } => tag::RELEASE | flag(mode == Mode::Shared, tag::SHARED_RELEASE),
        EventKind::Wait { timed, .. } => tag::WAIT | flag(timed, tag::TIMED_WAIT),
        EventKind::Wake { timed_out, .. } => tag::WAKE | flag(timed_out, tag::TIMED_OUT),
        EventKind::Notify { all, .. } => tag::NOTIFY | flag(all, tag::ALL),
        EventKind::Instance { .. }
        | EventKind::InstanceEnd { .. }
        | EventKind::Sleep { .. }
        | EventKind::Awake { .. }
        | EventKind::Waken { .. }
        | EventKind::Park { .. }
        | EventKind::ParkEnd { .. }
        | EventKind::Unpark { .. }
        | EventKind::Unknown { .. } => tag::LONG,
    }
}

fn flag(set: bool, flag: u8) -> u8 {
    if set { flag } else { 0 }
}

/// Appends the definition of a thread.
pub(crate) fn thread(out: &mut Vec<u8>, id: u32, name: Option<&str>, parent: Option<u32>) {
    put_u64(out, u64::from(id));
    out.push(u8::from(name.is_some()) | u8::from(parent.is_some()) << 1);
    if let Some(name) = name {
        put_str(out, name);
    }
    if let Some(parent) = parent {
        put_u64(out, u64::from(parent));
    }
}

/// Appends the definition of a site.
pub(crate) fn site(out: &mut Vec<u8>, addr: u32, file: &str, line: u32, column: u32) {
    put_u64(out, u64::from(addr));
    put_u64(out, u64::from(line));
    put_u64(out, u64::from(column));
    put_str(out, file);
}

/// Appends the definition of a lock or condition variable.
pub(crate) fn lock(out: &mut Vec<u8>, addr: u32, since: u64, made: u32, name: Option<&str>) {
    put_u64(out, u64::from(addr));
    put_u64(out, since);
    put_u64(out, u64::from(made));
    out.push(u8::from(name.is_some()));
    if let Some(name) = name {
        put_str(out, name);
    }
}

/// The payload of a deadlock's chunk.
pub(crate) fn deadlock(deadlock: &Deadlock) -> Vec<u8> {
    let mut out = Vec::new();
    put_u64(&mut out, deadlock.edges.len() as u64);
    for edge in &deadlock.edges {
        put_u64(&mut out, u64::from(edge.thread));
        let (waits, words) = match edge.waits {
            Waits::Dead => (tag::WAITS_DEAD, None),
            Waits::Lock { lock, site, mode } => {
                let shared = flag(mode == Mode::Shared, tag::WAITS_SHARED);
                (tag::WAITS_LOCK | shared, Some((lock, site)))
            }
            Waits::Condvar { condvar, site } => (tag::WAITS_CONDVAR, Some((condvar, site))),
            Waits::Address { address, site } => (tag::WAITS_ADDRESS, Some((address, site))),
            Waits::Thread { thread, site } => (tag::WAITS_THREAD, Some((thread, site))),
        };
        let holds = edge.holds.map_or(0, |held| {
            tag::HOLDS | flag(held.mode == Mode::Shared, tag::HOLDS_SHARED)
        });
        out.push(waits | holds);
        let holds = edge.holds.map(|held| (held.lock, held.site));
        for (id, site) in holds.into_iter().chain(words) {
            put_u64(&mut out, u64::from(id));
            put_u64(&mut out, u64::from(site));
        }
    }
    put_u64(&mut out, deadlock.more);
    out
}

/// The payload of the last chunk: the numbers of events and threads of the whole trace.
pub(crate) fn end(events: u64, threads: u64) -> Vec<u8> {
    let mut out = Vec::new();
    put_u64(&mut out, events);
    put_u64(&mut out, threads);
    out
}
