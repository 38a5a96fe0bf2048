//! The writer thread: takes messages from the queue and, now and then, what lies in buffers that fill slowly.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};

use super::buffer::{Events, Message, Registry};
use super::error::WriteError;
use super::output::Output;
use super::patience::Patience;
use super::summary::Summary;

/// How much sooner than else the next sweep comes after one that has not got at all buffers.
const AGAIN: u32 = 16;

pub(super) struct Drain {
    messages: Receiver<Message>,
    registry: Arc<Registry>,
    output: Output,
    interval: Duration,
    patience: Arc<Patience>,
}

impl Drain {
    pub(super) fn new(
        messages: Receiver<Message>,
        registry: Arc<Registry>,
        output: Output,
        interval: Duration,
        patience: Arc<Patience>,
    ) -> Drain {
        Drain {
            messages,
            registry,
            output,
            interval,
            patience,
        }
    }

    /// Works until told to finish. Errors of the file stay in the output: whoever records goes on.
    pub(super) fn run(mut self) -> Result<Summary, WriteError> {
        let mut sweep_at = Instant::now() + self.interval;
        loop {
            match self.messages.recv_deadline(sweep_at) {
                Ok(Message::Finish) | Err(RecvTimeoutError::Disconnected) => break,
                Ok(message) => self.take(message),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if Instant::now() >= sweep_at {
                let all = self.sweep();
                let wait = if all { self.interval } else { self.interval / AGAIN };
                sweep_at = Instant::now() + wait;
            }
        }
        if self.patience.has_ended() {
            // Too late, and without all that was recorded: without an end the trace is read as what it is.
            return self.output.abandon();
        }
        self.output.finish()
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Events { buffer, events } => {
                buffer.received();
                self.write(buffer.thread(), &events);
            }
            Message::Thread { id, name, parent } => {
                self.output.thread(id, name.as_deref(), parent);
            }
            Message::Site {
                addr,
                file,
                line,
                column,
            } => self.output.site(addr, &file, line, column),
            Message::Lock {
                addr,
                since,
                made,
                name,
            } => self.output.lock(addr, since, made, name.as_deref()),
            Message::Deadlock(deadlock) => self.output.deadlock(&deadlock),
            Message::Finish => {}
        }
    }

    /// Gets everything that was recorded up to about now into the file: a process that is killed, perhaps because
    /// all its threads hang, then leaves a trace that shows how it came to that. Returns whether it has got at all buffers.
    fn sweep(&mut self) -> bool {
        let mut all = true;
        for buffer in self.registry.snapshot() {
            let Some(swept) = buffer.sweep() else {
                all = false;
                continue;
            };
            for events in swept {
                self.write(buffer.thread(), &events);
            }
        }
        self.output.write_pending();
        all
    }

    fn write(&mut self, thread: u32, events: &Events) {
        match events {
            Events::Stamped(events) => self.output.events(thread, events),
            Events::Compact(events) => self.output.compact(thread, events),
        }
    }
}
