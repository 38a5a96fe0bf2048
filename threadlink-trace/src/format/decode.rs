//! From payloads to values, believing nothing: every function here accepts any bytes and either yields what the
//! counterpart in [`encode`](super::encode) wrote or says what is wrong.

use super::chunk::MAGIC;
use super::tag;
use super::wire::{Cursor, Malformed};
use crate::deadlock::{Deadlock, DeadlockEdge, HeldLock, Waits};
use crate::event::{AcquireOp, EndKind, EventKind};

/// The format's version, or `None` if this is not the first chunk of a trace.
pub(crate) fn file(payload: &[u8]) -> Option<u16> {
    let version = payload.strip_prefix(&MAGIC)?;
    Some(u16::from_le_bytes([*version.first()?, *version.get(1)?]))
}

/// Reads the start of a run: the thread, and how many events follow.
pub(crate) fn run(cursor: &mut Cursor<'_>) -> Result<(u32, usize), Malformed> {
    let thread = cursor.u32()?;
    let count = cursor.u64()?;
    // An event has two bytes at least, so this bounds what a hostile count can make us do.
    if count == 0 || count > cursor.remaining() as u64 / 2 {
        return Err(Malformed::TooBig);
    }
    Ok((thread, count as usize))
}

/// What the next event of a run is stored relative to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RunState {
    time: u64,
    lock: u32,
    site: u32,
}

impl RunState {
    /// Reads the next event of the run: its time and kind.
    #[inline]
    pub(crate) fn event(&mut self, cursor: &mut Cursor<'_>) -> Result<(u64, EventKind), Malformed> {
        let tag = cursor.byte()?;
        self.time = self.time.checked_add(cursor.u64()?).ok_or(Malformed::TooBig)?;
        let flags = tag & 0xf0;
        let allowed = match tag & 0x0f {
            tag::END => tag::DIED,
            tag::JOIN => tag::REAPED | tag::FAILED,
            tag::REQUEST => tag::CONTENDED,
            tag::ACQUIRE if flags != tag::TRY | tag::TIMED => tag::TRY | tag::TIMED,
            _ => 0,
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
                contended: flags != 0,
            },
            tag::ACQUIRE => EventKind::Acquire {
                lock: cursor.delta(&mut self.lock)?,
                site: cursor.delta(&mut self.site)?,
                op: match flags {
                    tag::TRY => AcquireOp::Try,
                    tag::TIMED => AcquireOp::Timed,
                    _ => AcquireOp::Blocking,
                },
            },
            tag::RELEASE => EventKind::Release {
                lock: cursor.delta(&mut self.lock)?,
            },
            _ => return Err(Malformed::UnknownTag),
        };
        Ok((self.time, kind))
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

pub(crate) fn deadlock(payload: &[u8]) -> Result<Deadlock, Malformed> {
    let cursor = &mut Cursor::new(payload);
    let count = cursor.u64()?;
    // An edge has two bytes at least.
    if count > cursor.remaining() as u64 / 2 {
        return Err(Malformed::TooBig);
    }
    let edges = (0..count).map(|_| edge(cursor)).collect::<Result<_, _>>()?;
    done(cursor)?;
    Ok(Deadlock { edges })
}

fn edge(cursor: &mut Cursor<'_>) -> Result<DeadlockEdge, Malformed> {
    let thread = cursor.u32()?;
    let tag = cursor.byte()?;
    let holds = if tag & tag::HOLDS != 0 {
        Some(HeldLock {
            lock: cursor.u32()?,
            site: cursor.u32()?,
        })
    } else {
        None
    };
    let waits = match tag & !tag::HOLDS {
        tag::WAITS_DEAD => Waits::Dead,
        tag::WAITS_LOCK => Waits::Lock {
            lock: cursor.u32()?,
            site: cursor.u32()?,
        },
        tag::WAITS_THREAD => Waits::Thread {
            thread: cursor.u32()?,
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
    use crate::format::encode::{self, Stamped};
    use crate::testing::{any_deadlock, any_kind};
    use proptest::prelude::*;

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
                let mut state = RunState::default();
                for _ in 0..count {
                    back.push(state.event(&mut cursor).unwrap());
                }
            }
            prop_assert_eq!(back, list);
        }

        #[test]
        fn deadlocks_survive(value in any_deadlock()) {
            prop_assert_eq!(deadlock(&encode::deadlock(&value)), Ok(value));
        }

        #[test]
        fn definitions_survive(
            id in any::<u32>(),
            name in prop::option::of("\\PC{0,20}"),
            parent in prop::option::of(any::<u32>()),
            (line, column) in any::<(u32, u32)>(),
        ) {
            let mut out = Vec::new();
            encode::thread(&mut out, id, name.as_deref(), parent);
            encode::site(&mut out, id, "src/main.rs", line, column);
            let cursor = &mut Cursor::new(&out);
            prop_assert_eq!(
                thread(cursor),
                Ok(ThreadDefinition { id, name: name.as_deref(), parent })
            );
            prop_assert_eq!(
                site(cursor),
                Ok(SiteDefinition { addr: id, line, column, file: "src/main.rs" })
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
            deadlock(&[0xff, 0xff, 0xff, 0xff, 0x0f, 0]),
            Err(Malformed::TooBig)
        );
        assert_eq!(deadlock(&[0, 0]), Err(Malformed::TrailingBytes));
    }

    #[test]
    fn undefined_tags_and_flags_are_refused() {
        for tag in 0..=u8::MAX {
            let bytes = [tag, 0, 0, 0, 0];
            let known = match tag & 0x0f {
                tag::START | tag::FORK | tag::JOIN_REQUEST | tag::RELEASE => tag & 0xf0 == 0,
                tag::END | tag::REQUEST => tag & 0xe0 == 0,
                tag::JOIN => tag & 0xc0 == 0,
                tag::ACQUIRE => tag >> 4 < 3,
                _ => false,
            };
            let read = RunState::default().event(&mut Cursor::new(&bytes));
            assert_eq!(read.is_ok(), known, "tag {tag:#x}");
        }
    }
}
