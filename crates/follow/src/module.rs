//! The module: functions of numbers that a host in JavaScript calls, one at a time.

use std::io::{self, Write};

use parking_lot::Mutex;
use threadlink_trace::Site;
use threadlink_watch::Memory;

use crate::record::SIZE;
use crate::{Follower, Options};

/// Records that are handed over at once, at most.
const ROOM: usize = 1024;
/// Bytes of a file's name that are kept.
const LONGEST_FILE: usize = 1024;

#[link(wasm_import_module = "follow")]
unsafe extern "C" {
    /// The word of the guest's memory at an address; -1 if it has none there.
    safe fn word(address: u32) -> i64;
    /// Copies bytes of the guest's memory into this module's; 0 if it does not have them.
    fn copy(address: u32, length: u32, into: *mut u8) -> u32;
    /// Writes the line and the column that a site of the host's own stands for, and the bytes of its file, as many as there is room
    /// for; returns how many those are, 0 for a site that it does not know.
    fn place(site: u32, at: *mut [u32; 2], file: *mut u8, room: usize) -> usize;
    /// Takes bytes of the trace; 0 if they cannot be kept.
    fn emit(bytes: *const u8, length: usize) -> u32;
}

/// The memory of the guest, which is another one than this module's.
struct Guest;

impl Memory for Guest {
    fn load(&self, address: u32) -> Option<u32> {
        u32::try_from(word(address)).ok()
    }

    fn read(&self, address: u32, len: u32) -> Option<Vec<u8>> {
        let mut bytes = vec![0; usize::try_from(len).ok()?];
        // SAFETY: `bytes` has room for `len` bytes, of which the host writes that many or none.
        let copied = unsafe { copy(address, len, bytes.as_mut_ptr()) };
        (copied != 0).then_some(bytes)
    }
}

/// The place that a site of the host's own stands for.
fn place_of(site: u32) -> Option<Site> {
    let (mut at, mut file) = ([0; 2], vec![0; LONGEST_FILE]);
    // SAFETY: `at` has two words, and `file` as many bytes as are said; the host writes no others.
    let length = unsafe { place(site, &raw mut at, file.as_mut_ptr(), file.len()) };
    file.truncate(length);
    let [line, column] = at;
    (length > 0).then(|| Site::new(site, String::from_utf8_lossy(&file), line, column))
}

/// Where the trace goes.
struct Sink;

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // SAFETY: the host reads these bytes before it returns.
        match unsafe { emit(bytes.as_ptr(), bytes.len()) } {
            0 => Err(io::Error::other("the host cannot keep it")),
            _ => Ok(bytes.len()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct State {
    follower: Option<Follower<Guest>>,
    room: Box<[[u32; SIZE]; ROOM]>,
    text: String,
}

static STATE: Mutex<Option<State>> = Mutex::new(None);

fn with<T: Default>(work: impl FnOnce(&mut State, &mut Follower<Guest>) -> T) -> T {
    let mut state = STATE.lock();
    let Some(state) = &mut *state else {
        return T::default();
    };
    let Some(mut follower) = state.follower.take() else {
        return T::default();
    };
    let result = work(state, &mut follower);
    state.follower = Some(follower);
    result
}

/// Begins to follow; returns where records are to be put, 0 if the trace cannot be begun. A descriptor of 0 is none.
// SAFETY: no other function has this name.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn follow_begin(descriptor: u32, traced: u32) -> *const u32 {
    let mut options = Options::default();
    options.descriptor = (descriptor != 0).then_some(descriptor);
    options.places = Some(Box::new(place_of));
    if traced != 0 {
        options.trace = Some(Box::new(Sink));
    }
    let Ok(follower) = Follower::new(Guest, options) else {
        return std::ptr::null();
    };
    let room = Box::new([[0; SIZE]; ROOM]);
    let at = room.as_ptr().cast();
    *STATE.lock() = Some(State {
        follower: Some(follower),
        room,
        text: String::new(),
    });
    at
}

/// How many records there is room for.
// SAFETY: no other function has this name.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn follow_room() -> u32 {
    u32::try_from(ROOM).unwrap_or(u32::MAX)
}

/// Reads so many of the records; returns whether it is worth while to look for deadlocks.
// SAFETY: no other function has this name.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn follow_take(count: u32) -> u32 {
    with(|state, follower| {
        let count = usize::try_from(count).unwrap_or(ROOM);
        for record in state.room.iter().take(count) {
            follower.take(record);
        }
        u32::from(follower.is_look_due())
    })
}

/// Looks for a deadlock: 2 if there is one, of which the report is at [`follow_text`]; 1 if another look is due.
// SAFETY: no other function has this name.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn follow_look() -> u32 {
    with(|state, follower| match follower.look() {
        Some(report) => {
            state.text = report;
            2
        }
        None => u32::from(follower.is_look_due()),
    })
}

/// Whether all that sleep have reason to.
// SAFETY: no other function has this name.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn follow_is_still() -> u32 {
    with(|_, follower| u32::from(follower.is_still()))
}

/// Makes the report of a standstill.
// SAFETY: no other function has this name.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn follow_standstill() {
    with(|state, follower| state.text = follower.standstill());
}

/// Writes what was read so far.
// SAFETY: no other function has this name.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn follow_flush() {
    with(|_, follower| follower.flush());
}

/// Ends the trace: the number of its events, or -1, and then the text says why.
// SAFETY: no other function has this name.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn follow_finish() -> i64 {
    with(|state, follower| match follower.finish() {
        None => 0,
        Some(Ok(summary)) => i64::try_from(summary.events).unwrap_or(i64::MAX),
        Some(Err(error)) => {
            state.text = error.to_string();
            -1
        }
    })
}

/// Where the last text is.
// SAFETY: no other function has this name.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn follow_text() -> *const u8 {
    STATE
        .lock()
        .as_ref()
        .map_or(std::ptr::null(), |state| state.text.as_ptr())
}

/// How long it is.
// SAFETY: no other function has this name.
#[unsafe(no_mangle)]
pub(crate) extern "C" fn follow_text_length() -> usize {
    STATE.lock().as_ref().map_or(0, |state| state.text.len())
}
