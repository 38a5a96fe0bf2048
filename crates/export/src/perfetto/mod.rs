//! Perfetto's TrackEvents, for [ui.perfetto.dev](https://ui.perfetto.dev) and its trace processor: a track for each thread, with
//! its waits, and one for each lock, with its holds.
//!
//! Slices are written when they are over, so packets are not in the order of time, which readers of the format put them into.

mod holds;
mod packets;
mod proto;

use std::collections::HashMap;
use std::io::{self, Write};

use threadlink_trace::{EndKind, EventKind, Mode, Trace};

use self::holds::{Hold, Holds};
use self::packets::{Flow, Packets};
use self::proto::{ProcessDescriptor, ThreadDescriptor, TrackDescriptor};
use crate::walk::{Step, Wait, Walk, What};

/// The one process, and its track.
const PROCESS: i32 = 1;
const PROCESS_TRACK: u64 = 1;
/// The track that has those of locks in it.
const LOCKS_TRACK: u64 = 2;
/// The first tracks of threads and of locks.
const THREADS: u64 = 1 << 32;
const LOCKS: u64 = 1 << 33;

/// Writes a trace for Perfetto: tracks of threads, on which slices say when they lived and what they waited for, and tracks of locks,
/// on which slices say who had them; from where a lock was let go an arrow (a flow) leads to the thread that had waited for it.
/// What is not over when the trace ends is there up to its last event, with a note.
///
/// # Errors
/// What `out` refuses.
///
/// # Examples
/// ```
/// let trace = threadlink_export::read_std(&b"main|acq(A)|7\nmain|rel(A)|7\n"[..])?;
/// let mut bytes = Vec::new();
/// threadlink_export::write_perfetto(&trace, &mut bytes)?;
/// assert!(bytes.windows(4).any(|part| part == b"main"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write_perfetto(trace: &Trace, out: &mut dyn Write) -> io::Result<()> {
    let mut timeline = Timeline {
        trace,
        packets: Packets::new(out),
        threads: HashMap::new(),
        holds: Vec::new(),
        tracks: Vec::new(),
        next_track: LOCKS,
        released: HashMap::new(),
        flows: 0,
        now: 0,
    };
    timeline.packets.track(TrackDescriptor {
        uuid: Some(PROCESS_TRACK),
        process: Some(ProcessDescriptor {
            pid: Some(PROCESS),
            process_name: Some("guest".to_owned()),
        }),
        ..TrackDescriptor::default()
    })?;
    timeline.packets.track(TrackDescriptor {
        uuid: Some(LOCKS_TRACK),
        name: Some("locks".to_owned()),
        parent_uuid: Some(PROCESS_TRACK),
        ..TrackDescriptor::default()
    })?;
    let mut walk = Walk::of(trace);
    while let Some(step) = walk.next() {
        timeline.step(&walk, &step)?;
    }
    timeline.finish(&walk)
}

struct Timeline<'a, 'w> {
    trace: &'a Trace,
    packets: Packets<'w>,
    /// Those that have a track: up to when it has a wait on it.
    threads: HashMap<u32, u64>,
    /// By the number of the lock.
    holds: Vec<Holds>,
    /// The tracks of its lanes.
    tracks: Vec<Vec<u64>>,
    next_track: u64,
    /// Who let go of a lock last, and when.
    released: HashMap<u32, (u32, u64)>,
    flows: u64,
    now: u64,
}

fn track_of(thread: u32) -> u64 {
    THREADS + u64::from(thread)
}

impl Timeline<'_, '_> {
    fn step(&mut self, walk: &Walk<'_>, step: &Step) -> io::Result<()> {
        let (time, thread) = (step.event.time, step.event.thread);
        self.now = self.now.max(time);
        self.thread(thread, time)?;
        match step.event.kind {
            EventKind::Acquire { mode, .. } => {
                let Some(lock) = step.lock else { return Ok(()) };
                self.waited(walk, step, What::Lock(lock))?;
                self.flow(walk, step, lock)?;
                self.acquired(walk, step, lock, mode)
            }
            EventKind::Release { mode, .. } => {
                let Some(lock) = step.lock else { return Ok(()) };
                if let Some((lane, hold)) = self
                    .holds
                    .get_mut(lock as usize)
                    .and_then(|holds| holds.release(thread, mode))
                {
                    self.hold(lock, lane, hold, time, false)?;
                    self.released.insert(lock, (thread, time));
                }
                Ok(())
            }
            EventKind::Join { child, .. } => self.waited(walk, step, What::Thread(child)),
            EventKind::Wake { .. } => match step.lock {
                Some(condvar) => self.waited(walk, step, What::Condvar(condvar)),
                None => Ok(()),
            },
            EventKind::ParkEnd { .. } => self.waited(walk, step, What::Token),
            EventKind::Awake { .. } => self.waited(walk, step, What::Address),
            EventKind::End { how: EndKind::Died } => {
                self.packets.instant(track_of(thread), time, "dies", None)
            }
            _ => Ok(()),
        }
    }

    /// A thread has done something: if it is the first thing, it gets a track.
    fn thread(&mut self, thread: u32, time: u64) -> io::Result<()> {
        if self.threads.contains_key(&thread) {
            return Ok(());
        }
        self.threads.insert(thread, 0);
        let name = thread_name(self.trace, thread);
        self.packets.track(TrackDescriptor {
            uuid: Some(track_of(thread)),
            thread: Some(ThreadDescriptor {
                pid: Some(PROCESS),
                // 0 is no thread of a process.
                tid: Some(i64::from(thread) + 1),
                thread_name: Some(name),
            }),
            ..TrackDescriptor::default()
        })?;
        self.packets.begin(track_of(thread), time, "lives", &[])
    }

    /// A wait is over.
    fn waited(&mut self, walk: &Walk<'_>, step: &Step, what: What) -> io::Result<()> {
        let (time, thread) = (step.event.time, step.event.thread);
        match step
            .asked
            .filter(|_| step.waited && !walk.is_within(thread, what))
        {
            Some(since) => {
                let site = step.site;
                let wait = Wait {
                    thread,
                    what,
                    since,
                    site,
                    mode: None,
                    waited: true,
                    behind: None,
                };
                self.wait(walk, wait, time, false)
            }
            None => Ok(()),
        }
    }

    fn wait(&mut self, walk: &Walk<'_>, wait: Wait, until: u64, open: bool) -> io::Result<()> {
        let Wait {
            thread,
            what,
            since,
            site,
            ..
        } = wait;
        // One after the other: slices of a track nest, and waits of a thread that do not are no waits.
        let last = self.threads.entry(thread).or_default();
        if since < *last || until < since {
            return Ok(());
        }
        *last = until;
        let name = match what {
            What::Lock(lock) | What::Condvar(lock) => format!("waits for {}", lock_name(walk, lock)),
            What::Thread(child) => format!("waits for the end of {}", thread_name(self.trace, child)),
            What::Token => "is parked".to_owned(),
            What::Address => "waits at an address".to_owned(),
        };
        let track = track_of(thread);
        self.slice(track, &name, (since, until), site, open)
    }

    /// A slice that is over.
    fn slice(
        &mut self,
        track: u64,
        name: &str,
        (since, until): (u64, u64),
        site: u32,
        open: bool,
    ) -> io::Result<()> {
        let place = self
            .trace
            .site(site)
            .filter(|_| site != 0)
            .map(ToString::to_string);
        let at = place.as_deref().map(|place| ("at", place));
        let open = open.then_some(("goes on", "to the end of the trace"));
        let notes: Vec<(&str, &str)> = at.into_iter().chain(open).collect();
        self.packets.begin(track, since, name, &notes)?;
        self.packets.end(track, until)
    }

    /// An arrow from who let go of a lock to who had waited for it.
    fn flow(&mut self, walk: &Walk<'_>, step: &Step, lock: u32) -> io::Result<()> {
        let (time, thread) = (step.event.time, step.event.thread);
        let (Some(since), Some(&(from, released))) =
            (step.asked.filter(|_| step.waited), self.released.get(&lock))
        else {
            return Ok(());
        };
        if from == thread || released < since {
            return Ok(());
        }
        self.flows += 1;
        let name = lock_name(walk, lock);
        let (lets_go, gets) = (format!("lets go of {name}"), format!("gets {name}"));
        self.packets
            .instant(track_of(from), released, &lets_go, Some(Flow::From(self.flows)))?;
        self.packets
            .instant(track_of(thread), time, &gets, Some(Flow::To(self.flows)))
    }

    fn acquired(&mut self, walk: &Walk<'_>, step: &Step, lock: u32, mode: Mode) -> io::Result<()> {
        let index = lock as usize;
        if index >= self.holds.len() {
            self.holds.resize_with(index + 1, Holds::default);
            self.tracks.resize_with(index + 1, Vec::new);
        }
        let hold = Hold {
            thread: step.event.thread,
            site: step.site,
            since: step.event.time,
            mode,
        };
        let mut ended = Vec::new();
        let lane = self.holds[index].acquire(hold, &mut ended);
        for (lane, hold) in ended {
            self.hold(lock, lane, hold, step.event.time, false)?;
        }
        if lane < self.tracks[index].len() {
            return Ok(());
        }
        let track = self.next_track;
        self.next_track += 1;
        self.tracks[index].push(track);
        let known = walk.numbers.known(lock);
        let made = known.made;
        let made = self.trace.site(made).filter(|_| made != 0);
        let name = lock_name(walk, lock);
        self.packets.track(TrackDescriptor {
            uuid: Some(track),
            name: Some(made.map_or_else(|| name.clone(), |made| format!("{name} ({made})"))),
            parent_uuid: Some(LOCKS_TRACK),
            ..TrackDescriptor::default()
        })
    }

    /// A hold is over.
    fn hold(&mut self, lock: u32, lane: usize, hold: Hold, until: u64, open: bool) -> io::Result<()> {
        let Some(&track) = self.tracks.get(lock as usize).and_then(|tracks| tracks.get(lane)) else {
            return Ok(());
        };
        let mut name = thread_name(self.trace, hold.thread);
        if hold.mode == Mode::Shared {
            name += " reads";
        }
        self.slice(track, &name, (hold.since, until), hold.site, open)
    }

    /// What is not over ends with the trace.
    fn finish(mut self, walk: &Walk<'_>) -> io::Result<()> {
        for lock in 0..self.holds.len() {
            let mut ended = Vec::new();
            self.holds[lock].end_all(&mut ended);
            for (lane, hold) in ended {
                self.hold(lock as u32, lane, hold, self.now, true)?;
            }
        }
        // In an order that is the same each time.
        let mut waits: Vec<Wait> = walk.waits().collect();
        waits.sort_unstable_by_key(|wait| (wait.thread, wait.since));
        for wait in waits {
            self.wait(walk, wait, self.now, true)?;
        }
        let mut threads: Vec<u32> = self.threads.keys().copied().collect();
        threads.sort_unstable();
        for thread in threads {
            let info = self.trace.thread(thread);
            let end = info
                .filter(|info| info.ended.is_some())
                .and_then(|info| info.last);
            self.packets.end(track_of(thread), end.unwrap_or(self.now))?;
        }
        Ok(())
    }
}

fn thread_name(trace: &Trace, thread: u32) -> String {
    match trace.thread(thread).and_then(|info| info.name.as_ref()) {
        Some(name) => name.to_string(),
        None if thread == 0 => "main".to_owned(),
        None => format!("thread {thread}"),
    }
}

fn lock_name(walk: &Walk<'_>, lock: u32) -> String {
    let known = walk.numbers.known(lock);
    match &known.name {
        Some(name) => name.to_string(),
        None => format!("{:#x}", known.address),
    }
}
