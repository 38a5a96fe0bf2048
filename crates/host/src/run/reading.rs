//! The guest's standard input while it runs. A reader that an embedder gives may block for as long as it likes, and nobody can
//! end that: so a thread of its own reads, one piece whenever the guest wants one, and guest threads wait for it in a queue, as
//! for everything, from which the end of the run takes them.

use std::io::{self, Read};
use std::mem;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use parking_lot::{Condvar, Mutex};
use threadlink_watch::{Budget, Charge};

use super::input::{Input, Origin};
use super::mappings::Mapped;
use super::panics;
use super::room::Full;
use crate::handles::Handles;

/// Bytes that are read at once, at most.
const PIECE: usize = 64 << 10;

/// The standard input of a run.
pub(crate) struct Reading {
    supply: Supply,
}

enum Supply {
    /// What is left, from this place on.
    Bytes(Mutex<(Vec<u8>, usize)>),
    Reader {
        desk: Arc<Desk>,
        budget: Arc<Budget>,
        handles: Handles,
    },
}

/// What the guest's threads and the one that reads for them share. It knows nothing of the run, so that a thread that is stuck
/// keeps nothing of that.
struct Desk {
    state: Mutex<State>,
    told: Condvar,
}

struct State {
    /// The reader, until the thread takes it.
    reader: Option<Box<dyn Read + Send>>,
    /// Whether there is a thread.
    started: bool,
    /// How many bytes the thread is to read next; 0: none.
    wanted: usize,
    /// Whether it is in the reader.
    busy: bool,
    /// What has come and was not taken yet.
    come: Option<io::Result<Vec<u8>>>,
    /// Whether nobody wants anything any more.
    closed: bool,
}

impl Reading {
    pub(super) fn new(input: Input, budget: &Arc<Budget>) -> Self {
        let supply = match input.0 {
            Origin::Nothing => Supply::Bytes(Mutex::default()),
            Origin::Bytes(bytes) => Supply::Bytes(Mutex::new((bytes, 0))),
            Origin::Reader(reader) => Supply::Reader {
                desk: Arc::new(Desk {
                    state: Mutex::new(State {
                        reader: Some(reader),
                        started: false,
                        wanted: 0,
                        busy: false,
                        come: None,
                        closed: false,
                    }),
                    told: Condvar::new(),
                }),
                budget: budget.clone(),
                handles: Handles::default(),
            },
        };
        Self { supply }
    }

    /// Up to `len` bytes, none at the end; `None` if none have come yet. Then some are read, and `tell` is called when they are
    /// there, unless they are being read already and somebody else's is. `room` says whether there can be another thread.
    pub(crate) fn take(
        &self,
        len: usize,
        room: impl FnOnce() -> Result<Mapped, Full>,
        tell: impl Fn() + Send + 'static,
    ) -> Option<io::Result<Vec<u8>>> {
        let (desk, budget, handles) = match &self.supply {
            Supply::Bytes(rest) => {
                let (bytes, at) = &mut *rest.lock();
                let piece = &bytes[*at..];
                let piece = piece[..piece.len().min(len).min(PIECE)].to_vec();
                *at += piece.len();
                return Some(Ok(piece));
            }
            Supply::Reader {
                desk,
                budget,
                handles,
            } => (desk, budget, handles),
        };
        let mut state = desk.state.lock();
        if let Some(taken) = state.take(len) {
            return Some(taken);
        }
        if state.closed {
            return None;
        }
        if !state.started {
            match start(desk, budget, room, tell) {
                Ok(handle) => handles.keep(handle),
                Err(error) => return Some(Err(error)),
            }
            state.started = true;
        }
        if !state.is_awaited() {
            state.wanted = len.min(PIECE);
            desk.told.notify_all();
        }
        None
    }

    /// Whether `tell` will be called: something is being read. If not, somebody else may have taken all that has come, and
    /// wants no more.
    pub(crate) fn is_awaited(&self) -> bool {
        match &self.supply {
            Supply::Bytes(_) => false,
            Supply::Reader { desk, .. } => desk.state.lock().is_awaited(),
        }
    }

    /// Nobody wants anything any more. Whether the thread that reads is stuck in that; it is left to `others`.
    pub(super) fn close(&self, others: &Handles) -> bool {
        let Supply::Reader { desk, handles, .. } = &self.supply else {
            return false;
        };
        let mut state = desk.state.lock();
        state.closed = true;
        let stuck = state.busy;
        drop(state);
        desk.told.notify_all();
        if stuck {
            handles.leave_to(others);
        } else {
            handles.join_all();
        }
        stuck
    }
}

impl State {
    /// Whether something is being read.
    fn is_awaited(&self) -> bool {
        self.busy || self.wanted > 0
    }

    /// Up to `len` bytes of what has come; what is left of it stays.
    fn take(&mut self, len: usize) -> Option<io::Result<Vec<u8>>> {
        let mut come = self.come.take()?;
        if let Ok(bytes) = &mut come
            && bytes.len() > len
        {
            let rest = bytes.split_off(len);
            self.come = Some(Ok(rest));
        }
        Some(come)
    }
}

/// Starts the thread that reads, which takes the reader itself: where there is no thread, it is still there for another attempt.
fn start(
    desk: &Arc<Desk>,
    budget: &Arc<Budget>,
    room: impl FnOnce() -> Result<Mapped, Full>,
    tell: impl Fn() + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    // Its buffer, and a copy for the guest.
    let charge = budget
        .charge(2 * PIECE)
        .ok_or_else(|| io::Error::other("the host may not spend more on the program (--max-host-memory)"))?;
    let mut mapped = room().map_err(io::Error::other)?;
    let theirs = desk.clone();
    thread::Builder::new()
        .name("threadlink-input".to_owned())
        .spawn(move || {
            mapped.comes_up();
            work(&theirs, &charge, tell);
        })
}

/// Reads what is wanted, until nobody wants anything any more.
fn work(desk: &Desk, _paid: &Charge, tell: impl Fn()) {
    let mut buffer = vec![0; PIECE];
    let Some(mut reader) = desk.state.lock().reader.take() else {
        return;
    };
    loop {
        let mut state = desk.state.lock();
        while state.wanted == 0 && !state.closed {
            desk.told.wait(&mut state);
        }
        if state.closed {
            return;
        }
        let wanted = mem::take(&mut state.wanted);
        state.busy = true;
        drop(state);
        let come = read(&mut *reader, &mut buffer[..wanted]);
        let mut state = desk.state.lock();
        state.busy = false;
        if state.closed {
            return;
        }
        state.come = Some(come);
        drop(state);
        tell();
    }
}

/// One read, of a reader that is not believed.
fn read(reader: &mut dyn Read, buffer: &mut [u8]) -> io::Result<Vec<u8>> {
    loop {
        let read =
            panics::caught(|| reader.read(buffer)).unwrap_or_else(|message| Err(io::Error::other(message)));
        match read {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
            Ok(count) => {
                let read = buffer.get(..count);
                let read = read.ok_or_else(|| {
                    io::Error::other("the reader says that it has read more than there is room for")
                });
                return read.map(<[u8]>::to_vec);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    #[test]
    fn who_finds_that_others_took_what_came_has_nothing_to_wait_for() {
        let (told, tells) = mpsc::channel();
        let reading = Reading::new(Input::from(&b"abcd"[..]), &Arc::default());
        let take = |len: usize| {
            let told = told.clone();
            let tell = move || {
                let _ = told.send(());
            };
            let taken = reading.take(len, || Mapped::take().ok_or(Full::Mappings), tell);
            taken.map(|taken| taken.expect("the reader does not fail"))
        };
        let comes = || {
            tells
                .recv_timeout(Duration::from_secs(120))
                .expect("something comes");
        };
        assert_eq!(take(3), None);
        comes();
        // Somebody else takes a part, and then all.
        assert_eq!(take(2), Some(b"ab".to_vec()));
        assert_eq!(take(9), Some(b"c".to_vec()));
        assert!(!reading.is_awaited());
        for expected in [&b"d"[..], b"", b""] {
            assert_eq!(take(9), None);
            comes();
            assert_eq!(take(9), Some(expected.to_vec()));
            assert!(!reading.is_awaited());
        }
        let others = Handles::default();
        assert!(!reading.close(&others));
        assert_eq!(take(9), None);
        assert!(!reading.is_awaited());
    }
}
