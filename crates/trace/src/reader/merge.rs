//! All threads' events in one order: a merge by a heap that holds only the threads which are under way, so that
//! 100,000 threads one after the other cost no more than one.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

use super::attention::Attention;
use super::source::{Blocks, Source, Window};
use super::trace::{Run, Stream, Trace};
use crate::event::Event;
use crate::format::decode::RunState;

/// The events of a [`Trace`](crate::Trace) in canonical order; all of them, unless its [`Attention`](crate::Attention) ends it.
#[derive(Clone, Debug)]
pub struct Events<'a> {
    encoded: Encoded<'a>,
    blocks: Blocks,
    /// Threads whose first event has not been reached, ascending by its time.
    waiting: std::slice::Iter<'a, Stream>,
    /// For each thread that is under way: the time of its next event, the thread, and its place in `underway`.
    heap: BinaryHeap<Reverse<(u64, u32, usize)>>,
    underway: Vec<Playing<'a>>,
    /// Places in `underway` whose thread has no more events.
    free: Vec<usize>,
    done: u64,
    left: u64,
    attention: &'a Attention,
}

impl Trace {
    /// All events, in canonical order: ascending time, and by thread where times are equal.
    #[must_use]
    pub fn events(&self) -> Events<'_> {
        Events::new(self)
    }
}

/// What it takes to read events again.
#[derive(Clone, Copy, Debug)]
struct Encoded<'a> {
    version: u16,
    source: &'a Source,
    longest: usize,
}

/// A thread's events from some point on.
#[derive(Clone, Debug)]
struct Playing<'a> {
    thread: u32,
    runs: std::slice::Iter<'a, Run>,
    window: Window,
    state: RunState,
    left_in_run: u32,
    next: Event,
}

impl<'a> Playing<'a> {
    fn start(
        encoded: Encoded<'a>,
        blocks: &mut Blocks,
        stream: &'a Stream,
        window: Window,
    ) -> Option<Playing<'a>> {
        let thread = stream.thread;
        let mut playing = Playing {
            thread,
            runs: stream.runs.iter(),
            window,
            state: RunState::new(encoded.version),
            left_in_run: 0,
            next: Event {
                time: 0,
                thread,
                kind: crate::event::EventKind::Start,
            },
        };
        playing.advance(encoded, blocks).then_some(playing)
    }

    /// Makes the following event the next one; false if there is none. The loader has decoded every event once, so it is an
    /// event, if the file is what it was; else the thread ends.
    fn advance(&mut self, encoded: Encoded<'_>, blocks: &mut Blocks) -> bool {
        if self.left_in_run == 0 {
            let Some(run) = self.runs.next() else {
                return false;
            };
            self.window.begin(run.at, run.bytes);
            self.state = RunState::new(encoded.version);
            self.left_in_run = run.events;
        }
        self.left_in_run -= 1;
        let Encoded { source, longest, .. } = encoded;
        let Some((time, kind)) = self.window.event(source, blocks, longest, &mut self.state) else {
            return false;
        };
        self.next = Event {
            time,
            thread: self.thread,
            kind,
        };
        true
    }
}

impl<'a> Events<'a> {
    pub(super) fn new(trace: &'a Trace) -> Events<'a> {
        trace.attention.begins();
        Events {
            encoded: Encoded {
                version: trace.version,
                source: &trace.source,
                longest: trace.longest,
            },
            blocks: Blocks::default(),
            waiting: trace.streams.iter(),
            heap: BinaryHeap::new(),
            underway: Vec::new(),
            free: Vec::new(),
            done: 0,
            left: trace.events,
            attention: &trace.attention,
        }
    }

    /// Gets every thread under way whose first event is due.
    fn start_due(&mut self) {
        while let Some(stream) = self.waiting.as_slice().first() {
            let first = (stream.first, stream.thread);
            if let Some(&Reverse((time, thread, _))) = self.heap.peek()
                && (time, thread) < first
            {
                break;
            }
            self.waiting.next();
            let started = Playing::start(self.encoded, &mut self.blocks, stream, Window::default());
            let Some(playing) = started else {
                continue;
            };
            let place = match self.free.pop() {
                Some(place) => {
                    self.underway[place] = playing;
                    place
                }
                None => {
                    self.underway.push(playing);
                    self.underway.len() - 1
                }
            };
            self.heap.push(Reverse((stream.first, stream.thread, place)));
        }
    }
}

impl Iterator for Events<'_> {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        if self.attention.ends(self.done) {
            self.left = 0;
            return None;
        }
        self.start_due();
        let mut top = self.heap.peek_mut()?;
        let place = top.0.2;
        let playing = &mut self.underway[place];
        let event = playing.next;
        if playing.advance(self.encoded, &mut self.blocks) {
            // Changing the top makes the heap put it in its place when `top` goes.
            if playing.next.time != event.time {
                top.0.0 = playing.next.time;
            }
        } else {
            PeekMut::pop(top);
            playing.window = Window::default();
            self.free.push(place);
        }
        self.left = self.left.saturating_sub(1);
        self.done += 1;
        Some(event)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        (left, Some(left))
    }
}

impl ExactSizeIterator for Events<'_> {}

impl std::iter::FusedIterator for Events<'_> {}
