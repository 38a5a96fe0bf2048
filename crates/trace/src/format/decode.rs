//! From payloads to values, believing nothing: every function here accepts any bytes and either yields what the
//! counterpart in [`encode`](super::encode) wrote or says what is wrong.

use super::chunk::MAGIC;
use super::tag;
use super::wire::{Cursor, Malformed};
use crate::deadlock::{Deadlock, DeadlockEdge, HeldLock, Waits};
use crate::event::{AcquireOp, AwakeKind, EndKind, EventKind, Mode};

/// The format's version, or `None` if this is not the first chunk of a trace.
pub(crate) fn file(payload: &[u8]) -> Option<u16> {
    let version = payload.strip_prefix(&MAGIC)?;
    Some(u16::from_le_bytes([*version.first()?, *version.get(1)?]))
}

/// Reads the start of a run: the thread, and how many events follow.
pub(crate) fn run(cursor: &mut Cursor<'_>) -> Result<(u32, u32), Malformed> {
    let thread = cursor.u32()?;
    let count = cursor.u64()?;
    // An event has two bytes at least, so this bounds what a hostile count can make us do.
    if count == 0 || count > cursor.remaining() as u64 / 2 {
        return Err(Malformed::TooBig);
    }
    Ok((thread, u32::try_from(count).map_err(|_| Malformed::TooBig)?))
}

/// What the next event of a run is stored relative to, and the version of the file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RunState {
    version: u16,
    time: u64,
    lock: u32,
    site: u32,
}

impl RunState {
    /// The state at the start of a run in a file of this version.
    pub(crate) fn new(version: u16) -> Self {
        RunState {
            version,
            time: 0,
            lock: 0,
            site: 0,
        }
    }

    /// Reads the next event of the run: its time and kind.
    #[inline]
    pub(crate) fn event(&mut self, cursor: &mut Cursor<'_>) -> Result<(u64, EventKind), Malformed> {
        let tag = cursor.byte()?;
        self.time = self.time.checked_add(cursor.u64()?).ok_or(Malformed::TooBig)?;
        let flags = tag & 0xf0;
        let new = self.version > 1;
        let since_2 = |flag: u8| if new { flag } else { 0 };
        let allowed = match tag & 0x0f {
            tag::END => tag::DIED,
            tag::JOIN => tag::REAPED | tag::FAILED,
            tag::REQUEST => tag::CONTENDED | since_2(tag::SHARED_REQUEST),
            tag::ACQUIRE if flags & (tag::TRY | tag::TIMED) != tag::TRY | tag::TIMED => {
                tag::TRY | tag::TIMED | since_2(tag::SHARED_ACQUIRE)
            }
            tag::RELEASE => since_2(tag::SHARED_RELEASE),
            tag::WAIT => tag::TIMED_WAIT,
            tag::WAKE => tag::TIMED_OUT,
            tag::NOTIFY => tag::ALL,
            _ => 0,
        };
        let mode = |shared: u8| {
            if flags & shared == 0 {
                Mode::Exclusive
            } else {
                Mode::Shared
            }
        };
        if flags & !allowed != 0 {
            return Err(Malformed::UnknownTag);
        }
        let kind = match tag & 0x0f {
            tag::START => EventKind::Start,
            tag::END => EventKind::End {
                how: if flags == tag::DIED {
                    EndKind::Died
                } else {
                    EndKind::Returned
                },
            },
            tag::FORK => EventKind::Fork { child: cursor.u32()? },
            tag::JOIN => EventKind::Join {
                child: cursor.u32()?,
                reaped: flags & tag::REAPED != 0,
                failed: flags & tag::FAILED != 0,
            },
            tag::JOIN_REQUEST => EventKind::JoinRequest {
                child: cursor.u32()?,
                site: cursor.delta(&mut self.site)?,
            },
            tag::REQUEST => EventKind::Request {
                lock: cursor.delta(&mut self.lock)?,
                site: cursor.delta(&mut self.site)?,
                contended: flags & tag::CONTENDED != 0,
                mode: mode(tag::SHARED_REQUEST),
            },
            tag::ACQUIRE => EventKind::Acquire {
                lock: cursor.delta(&mut self.lock)?,
                site: cursor.delta(&mut self.site)?,
                op: match flags & (tag::TRY | tag::TIMED) {
                    tag::TRY => AcquireOp::Try,
                    tag::TIMED => AcquireOp::Timed,
                    _ => AcquireOp::Blocking,
                },
                mode: mode(tag::SHARED_ACQUIRE),
            },
            tag::RELEASE => EventKind::Release {
                lock: cursor.delta(&mut self.lock)?,
                mode: mode(tag::SHARED_RELEASE),
            },
            tag::WAIT if new => EventKind::Wait {
                condvar: cursor.delta(&mut self.lock)?,
                mutex: cursor.delta(&mut self.lock)?,
                site: cursor.delta(&mut self.site)?,
                timed: flags != 0,
            },
            tag::WAKE if new => EventKind::Wake {
                condvar: cursor.delta(&mut self.lock)?,
                timed_out: flags != 0,
            },
            tag::NOTIFY if new => EventKind::Notify {
                condvar: cursor.delta(&mut self.lock)?,
                site: cursor.delta(&mut self.site)?,
                all: flags != 0,
            },
            tag::LONG if self.version > 2 => long(cursor)?,
            _ => return Err(Malformed::UnknownTag),
        };
        Ok((self.time, kind))
    }
}

/// Reads an event that says how long it is: what is not known is passed over, be it the whole event or its end.
#[cold]
fn long(cursor: &mut Cursor<'_>) -> Result<EventKind, Malformed> {
    let kind = cursor.byte()?;
    let length = usize::try_from(cursor.u64()?).map_err(|_| Malformed::TooBig)?;
    let fields = &mut Cursor::new(cursor.take(length)?);
    Ok(match kind {
        tag::INSTANCE => EventKind::Instance {
            lock: fields.u32()?,
            instance: fields.u32()?,
        },
        tag::INSTANCE_END => EventKind::InstanceEnd {
            lock: fields.u32()?,
            instance: fields.u32()?,
        },
        tag::SLEEP => EventKind::Sleep {
            address: fields.u32()?,
            timed: choice(fields)?,
        },
        tag::AWAKE => EventKind::Awake {
            address: fields.u32()?,
            how: match fields.byte()? {
                0 => AwakeKind::Woken,
                1 => AwakeKind::NotEqual,
                2 => AwakeKind::TimedOut,
                _ => return Err(Malformed::UnknownTag),
            },
        },
        tag::WAKEN => EventKind::Waken {
            address: fields.u32()?,
            count: fields.u32()?,
        },
        tag::PARK => EventKind::Park {
            token: fields.u32()?,
            site: fields.u32()?,
            timed: choice(fields)?,
        },
        tag::PARK_END => EventKind::ParkEnd {
            token: fields.u32()?,
            timed_out: choice(fields)?,
        },
        tag::UNPARK => EventKind::Unpark {
            token: fields.u32()?,
            site: fields.u32()?,
        },
        kind => EventKind::Unknown { kind },
    })
}

/// 1 or 0.
fn choice(cursor: &mut Cursor<'_>) -> Result<bool, Malformed> {
    match cursor.byte()? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(Malformed::UnknownTag),
    }
}

/// The definition of a thread.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ThreadDefinition<'a> {
    pub(crate) id: u32,
    pub(crate) name: Option<&'a str>,
    pub(crate) parent: Option<u32>,
}

pub(crate) fn thread<'a>(cursor: &mut Cursor<'a>) -> Result<ThreadDefinition<'a>, Malformed> {
    let id = cursor.u32()?;
    let flags = cursor.byte()?;
    if flags > 3 {
        return Err(Malformed::UnknownTag);
    }
    let name = if flags & 1 != 0 { Some(cursor.str()?) } else { None };
    let parent = if flags & 2 != 0 { Some(cursor.u32()?) } else { None };
    Ok(ThreadDefinition { id, name, parent })
}

/// The definition of a site.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct SiteDefinition<'a> {
    pub(crate) addr: u32,
    pub(crate) line: u32,
    pub(crate) column: u32,
    pub(crate) file: &'a str,
}

pub(crate) fn site<'a>(cursor: &mut Cursor<'a>) -> Result<SiteDefinition<'a>, Malformed> {
    Ok(SiteDefinition {
        addr: cursor.u32()?,
        line: cursor.u32()?,
        column: cursor.u32()?,
        file: cursor.str()?,
    })
}

/// The definition of a lock or condition variable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct LockDefinition<'a> {
    pub(crate) addr: u32,
    pub(crate) since: u64,
    pub(crate) made: u32,
    pub(crate) name: Option<&'a str>,
}

pub(crate) fn lock<'a>(cursor: &mut Cursor<'a>) -> Result<LockDefinition<'a>, Malformed> {
    Ok(LockDefinition {
        addr: cursor.u32()?,
        since: cursor.u64()?,
        made: cursor.u32()?,
        name: match cursor.byte()? {
            0 => None,
            1 => Some(cursor.str()?),
            _ => return Err(Malformed::UnknownTag),
        },
    })
}

/// Reads a deadlock and keeps its first `most` edges: one of two bytes becomes many, and no run has as many threads as a
/// file can claim. Those left out are counted.
pub(crate) fn deadlock(payload: &[u8], version: u16, most: usize) -> Result<Deadlock, Malformed> {
    let cursor = &mut Cursor::new(payload);
    let count = cursor.u64()?;
    // An edge has two bytes at least.
    if count > cursor.remaining() as u64 / 2 {
        return Err(Malformed::TooBig);
    }
    let (mut edges, mut left_out) = (Vec::new(), 0u64);
    for _ in 0..count {
        let edge = edge(cursor, version)?;
        if edges.len() < most {
            edges.push(edge);
        } else {
            left_out += 1;
        }
    }
    let more = if version > 2 { cursor.u64()? } else { 0 };
    done(cursor)?;
    Ok(Deadlock {
        edges,
        more: more.saturating_add(left_out),
    })
}

fn edge(cursor: &mut Cursor<'_>, version: u16) -> Result<DeadlockEdge, Malformed> {
    let thread = cursor.u32()?;
    let tag = cursor.byte()?;
    let (flags, waits) = (tag & 0xf0, tag & 0x0f);
    let mode = |shared: u8| {
        if flags & shared == 0 {
            Mode::Exclusive
        } else {
            Mode::Shared
        }
    };
    let allowed = match (version > 1, flags & tag::HOLDS != 0, waits) {
        (false, _, tag::WAITS_CONDVAR) => return Err(Malformed::UnknownTag),
        (_, _, tag::WAITS_ADDRESS) if version < 3 => return Err(Malformed::UnknownTag),
        (false, ..) => tag::HOLDS,
        (true, true, tag::WAITS_LOCK) => tag::HOLDS | tag::HOLDS_SHARED | tag::WAITS_SHARED,
        (true, true, _) => tag::HOLDS | tag::HOLDS_SHARED,
        (true, false, tag::WAITS_LOCK) => tag::WAITS_SHARED,
        (true, false, _) => 0,
    };
    if flags & !allowed != 0 {
        return Err(Malformed::UnknownTag);
    }
    let holds = if flags & tag::HOLDS != 0 {
        Some(HeldLock {
            lock: cursor.u32()?,
            site: cursor.u32()?,
            mode: mode(tag::HOLDS_SHARED),
        })
    } else {
        None
    };
    let waits = match waits {
        tag::WAITS_DEAD => Waits::Dead,
        tag::WAITS_LOCK => Waits::Lock {
            lock: cursor.u32()?,
            site: cursor.u32()?,
            mode: mode(tag::WAITS_SHARED),
        },
        tag::WAITS_THREAD => Waits::Thread {
            thread: cursor.u32()?,
            site: cursor.u32()?,
        },
        tag::WAITS_CONDVAR => Waits::Condvar {
            condvar: cursor.u32()?,
            site: cursor.u32()?,
        },
        tag::WAITS_ADDRESS => Waits::Address {
            address: cursor.u32()?,
            site: cursor.u32()?,
        },
        _ => return Err(Malformed::UnknownTag),
    };
    Ok(DeadlockEdge { thread, holds, waits })
}

/// The numbers of events and threads of the whole trace.
pub(crate) fn end(payload: &[u8]) -> Result<(u64, u64), Malformed> {
    let cursor = &mut Cursor::new(payload);
    let counts = (cursor.u64()?, cursor.u64()?);
    done(cursor)?;
    Ok(counts)
}

fn done(cursor: &Cursor<'_>) -> Result<(), Malformed> {
    if cursor.is_empty() {
        Ok(())
    } else {
        Err(Malformed::TrailingBytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::FORMAT_VERSION;
    use crate::format::encode::{self, Stamped};
    use crate::testing::{any_deadlock, any_kind};
    use proptest::prelude::*;

    fn deadlock(payload: &[u8], version: u16) -> Result<Deadlock, Malformed> {
        super::deadlock(payload, version, usize::MAX)
    }

    proptest! {
        #[test]
        fn events_survive(list in prop::collection::vec((any::<u64>(), any_kind()), 1..50)) {
            let events: Vec<_> = list.iter().map(|&(time, kind)| Stamped { time, kind }).collect();
            let mut payload = Vec::new();
            encode::runs(&mut payload, 9, &events);
            let (mut cursor, mut back) = (Cursor::new(&payload), Vec::new());
            while !cursor.is_empty() {
                let (thread, count) = run(&mut cursor).unwrap();
                prop_assert_eq!(thread, 9);
                let mut state = RunState::new(FORMAT_VERSION);
                for _ in 0..count {
                    back.push(state.event(&mut cursor).unwrap());
                }
            }
            prop_assert_eq!(back, list);
        }

        #[test]
        fn deadlocks_survive(value in any_deadlock()) {
            prop_assert_eq!(deadlock(&encode::deadlock(&value), FORMAT_VERSION), Ok(value));
        }

        #[test]
        fn definitions_survive(
            id in any::<u32>(),
            name in prop::option::of("\\PC{0,20}"),
            parent in prop::option::of(any::<u32>()),
            (line, column) in any::<(u32, u32)>(),
            (since, made) in any::<(u64, u32)>(),
        ) {
            let mut out = Vec::new();
            encode::thread(&mut out, id, name.as_deref(), parent);
            encode::site(&mut out, id, "src/main.rs", line, column);
            encode::lock(&mut out, id, since, made, name.as_deref());
            let cursor = &mut Cursor::new(&out);
            prop_assert_eq!(
                thread(cursor),
                Ok(ThreadDefinition { id, name: name.as_deref(), parent })
            );
            prop_assert_eq!(
                site(cursor),
                Ok(SiteDefinition { addr: id, line, column, file: "src/main.rs" })
            );
            prop_assert_eq!(
                lock(cursor),
                Ok(LockDefinition { addr: id, since, made, name: name.as_deref() })
            );
            prop_assert!(cursor.is_empty());
        }
    }

    #[test]
    fn hostile_counts_are_refused() {
        let run_of = |bytes: &[u8]| run(&mut Cursor::new(bytes));
        assert_eq!(run_of(&[0, 0, 0, 0]), Err(Malformed::TooBig));
        assert_eq!(run_of(&[0, 2, 0, 0, 0]), Err(Malformed::TooBig));
        assert_eq!(run_of(&[0, 1, 0, 0, 0]), Ok((0, 1)));
        assert_eq!(
            deadlock(&[0xff, 0xff, 0xff, 0xff, 0x0f, 0], FORMAT_VERSION),
            Err(Malformed::TooBig)
        );
        assert_eq!(
            deadlock(&[0, 0, 0], FORMAT_VERSION),
            Err(Malformed::TrailingBytes)
        );
        assert_eq!(deadlock(&[0, 0], 2), Err(Malformed::TrailingBytes));
        assert_eq!(deadlock(&[0], FORMAT_VERSION), Err(Malformed::EndsEarly));
    }

    #[test]
    fn a_deadlock_of_too_many_threads_is_counted_and_not_kept() {
        let edge = DeadlockEdge::new(7, None, Waits::Dead);
        let payload = encode::deadlock(&Deadlock::new(vec![edge; 1000]).and_more(5));
        let read = super::deadlock(&payload, FORMAT_VERSION, 10).unwrap();
        assert_eq!((read.edges, read.more), (vec![edge; 10], 995));
        let all = Deadlock::new(vec![edge]).and_more(u64::MAX);
        let read = super::deadlock(&encode::deadlock(&all), FORMAT_VERSION, 0).unwrap();
        assert_eq!(read.more, u64::MAX);
        let cut = &payload[..payload.len() - 1];
        assert_eq!(
            super::deadlock(cut, FORMAT_VERSION, 10),
            Err(Malformed::EndsEarly)
        );
    }

    #[test]
    fn malformed_definitions_of_locks_are_refused() {
        let of = |bytes: &'static [u8]| lock(&mut Cursor::new(bytes));
        let nameless = LockDefinition {
            addr: 5,
            since: 300,
            made: 0,
            name: None,
        };
        assert_eq!(of(&[5, 0xac, 0x02, 0, 0]), Ok(nameless.clone()));
        let name = Some("ab");
        assert_eq!(
            of(&[5, 0xac, 0x02, 0, 1, 2, b'a', b'b']),
            Ok(LockDefinition { name, ..nameless })
        );
        for flag in 2..=u8::MAX {
            let bytes = [5, 0, 0, flag, 2, b'a', b'b'];
            assert_eq!(
                lock(&mut Cursor::new(&bytes)),
                Err(Malformed::UnknownTag),
                "{flag}"
            );
        }
        let whole = [5, 0xac, 0x02, 7, 1, 2, b'a', b'b'];
        for length in 0..whole.len() {
            let cut = lock(&mut Cursor::new(&whole[..length]));
            assert_eq!(cut, Err(Malformed::EndsEarly), "{length}");
        }
        assert_eq!(
            of(&[0x80, 0x80, 0x80, 0x80, 0x10, 0, 0, 0]),
            Err(Malformed::TooBig)
        );
        assert_eq!(of(&[5, 0, 0, 1, 0xff, 0x7f]), Err(Malformed::TooBig));
        assert_eq!(of(&[5, 0, 0, 1, 1, 0xff]), Err(Malformed::NotUtf8));
    }

    #[test]
    fn undefined_tags_and_flags_are_refused() {
        for tag in 0..=u8::MAX {
            let bytes = [tag, 0, 0, 0, 0];
            let flags = tag >> 4;
            let (first, second) = match tag & 0x0f {
                tag::START | tag::FORK | tag::JOIN_REQUEST => (flags == 0, flags == 0),
                tag::RELEASE => (flags == 0, flags < 2),
                tag::END => (flags < 2, flags < 2),
                tag::REQUEST => (flags < 2, flags < 4),
                tag::JOIN => (flags < 4, flags < 4),
                tag::ACQUIRE => (flags < 3, flags < 3 || (4..7).contains(&flags)),
                tag::WAIT | tag::WAKE | tag::NOTIFY => (false, flags < 2),
                _ => (false, false),
            };
            let third = second || tag == tag::LONG;
            for (version, known) in [(1, first), (2, second), (3, third)] {
                let read = RunState::new(version).event(&mut Cursor::new(&bytes));
                assert_eq!(read.is_ok(), known, "version {version}, tag {tag:#x}");
            }
        }
    }

    #[test]
    fn long_events_are_passed_over_as_far_as_they_are_not_known() {
        let read = |bytes: &[u8]| {
            let cursor = &mut Cursor::new(bytes);
            let event = RunState::new(3).event(cursor)?;
            Ok((event, cursor.remaining()))
        };
        let unknown = EventKind::Unknown { kind: 200 };
        assert_eq!(read(&[15, 7, 200, 3, 1, 2, 3, 99]), Ok(((7, unknown), 1)));
        assert_eq!(read(&[15, 7, 200, 0]), Ok(((7, unknown), 0)));
        // A field that came later.
        let known = EventKind::Waken { address: 5, count: 1 };
        assert_eq!(read(&[15, 7, tag::WAKEN, 3, 5, 1, 44, 0]), Ok(((7, known), 1)));
        // Fields stay within their length, and that within the chunk.
        assert_eq!(
            read(&[15, 7, tag::WAKEN, 1, 5, 1, 44, 0]),
            Err(Malformed::EndsEarly)
        );
        assert_eq!(read(&[15, 7, 200, 3, 1, 2]), Err(Malformed::EndsEarly));
        let huge = [&[15, 7, 200][..], &[0xff; 9], &[1]].concat();
        assert_eq!(read(&huge), Err(Malformed::EndsEarly));
        for (kind, fields) in [
            (tag::SLEEP, &[5, 2][..]),
            (tag::AWAKE, &[5, 3]),
            (tag::PARK, &[5, 6, 2]),
        ] {
            let bytes = [&[15, 7, kind, fields.len() as u8], fields].concat();
            assert_eq!(read(&bytes), Err(Malformed::UnknownTag), "{kind}");
        }
    }

    #[test]
    fn undefined_tags_and_flags_of_a_deadlock_are_refused() {
        for tag in 0..=u8::MAX {
            let waits = tag & 0x0f;
            let words = [0, 2, 2, 2, 2].get(usize::from(waits)).copied().unwrap_or(0);
            let held = if tag & tag::HOLDS == 0 { 0 } else { 2 };
            let old = [vec![1, 0, tag], vec![0; words + held]].concat();
            let new = [old.as_slice(), &[0]].concat();
            let shared = tag & tag::HOLDS_SHARED == 0 || held > 0;
            let wants = tag & tag::WAITS_SHARED == 0 || waits == tag::WAITS_LOCK;
            let third = tag < 0x80 && waits < 5 && shared && wants;
            let second = third && waits < 4;
            let first = tag < 0x20 && waits < 3;
            for (version, bytes, known) in [(1, &old, first), (2, &old, second), (3, &new, third)] {
                assert_eq!(
                    deadlock(bytes, version).is_ok(),
                    known,
                    "version {version}, tag {tag:#x}"
                );
            }
        }
    }
}
