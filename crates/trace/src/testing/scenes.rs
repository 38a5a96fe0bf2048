//! Traces that no program has written: as large as is wanted, the same each time.

use std::path::Path;

use crate::event::{AcquireOp, EventKind, Mode};
use crate::writer::{Recorder, TraceWriter};

/// What a trace tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scene {
    /// Eight threads take a thousand locks, every fourth time one within another, in one order.
    Ordinary,
    /// Twenty threads take pairs of locks, and another one each pair in the other order: two hundred circles.
    Circles,
}

const THREADS: u32 = 8;
const LOCKS: u32 = 1000;
const PAIRS: u32 = 10;

/// What threads do, at times of which no two are the same.
struct Run {
    recorders: Vec<Recorder>,
    time: u64,
}

impl Run {
    fn tell(&mut self, thread: u32, kind: EventKind) {
        self.time += 40;
        let recorded = self.recorders[thread as usize].record(self.time, kind);
        assert!(recorded, "the trace is not closed");
    }

    fn take(&mut self, thread: u32, lock: u32, site: u32) {
        let (lock, site, mode) = (0x10_0000 + 64 * lock, 0x1000 + 16 * site, Mode::Exclusive);
        let (contended, op) = (lock % 7 == 0, AcquireOp::Blocking);
        self.tell(
            thread,
            EventKind::Request {
                lock,
                site,
                contended,
                mode,
            },
        );
        self.tell(thread, EventKind::Acquire { lock, site, op, mode });
    }

    fn release(&mut self, thread: u32, lock: u32) {
        let (lock, mode) = (0x10_0000 + 64 * lock, Mode::Exclusive);
        self.tell(thread, EventKind::Release { lock, mode });
    }
}

/// Writes a trace of about so many events.
pub fn write(path: &Path, scene: Scene, events: u64) -> Result<(), String> {
    let failed = |error: &dyn std::fmt::Display| format!("cannot write {}: {error}", path.display());
    let writer = TraceWriter::create(path).map_err(|error| failed(&error))?;
    let threads = match scene {
        Scene::Ordinary => THREADS,
        Scene::Circles => 2 * PAIRS + 1,
    };
    for site in 0..8 {
        writer.define_site(0x1000 + 16 * site, "src/main.rs", site + 1, 5);
    }
    let mut run = Run {
        recorders: (0..=threads).map(|thread| writer.recorder(thread)).collect(),
        time: 0,
    };
    run.tell(0, EventKind::Start);
    for child in 1..=threads {
        run.tell(0, EventKind::Fork { child });
        run.tell(child, EventKind::Start);
    }
    let mut number = 0_u64;
    while run.time / 40 < events {
        number += 1;
        match scene {
            Scene::Ordinary => ordinary(&mut run, number),
            Scene::Circles => circles(&mut run, number, threads),
        }
    }
    writer.finish().map_err(|error| failed(&error))?;
    Ok(())
}

fn ordinary(run: &mut Run, number: u64) {
    // A step of a linear congruential generator, for an order that is none.
    let random = number.wrapping_mul(6_364_136_223_846_793_005) >> 33;
    let thread = 1 + (random % u64::from(THREADS)) as u32;
    let lock = (random / 16 % u64::from(LOCKS - 1)) as u32;
    run.take(thread, lock, lock % 4);
    if number.is_multiple_of(4) {
        run.take(thread, lock + 1, 4 + lock % 4);
        run.release(thread, lock + 1);
    }
    run.release(thread, lock);
}

fn circles(run: &mut Run, number: u64, threads: u32) {
    // Pairs of ten outer and inner locks; the last thread takes them the other way round.
    let thread = 1 + (number % u64::from(threads)) as u32;
    let pair = (number / u64::from(threads) % u64::from(PAIRS)) as u32;
    let (outer, inner) = (2 * pair, 2 * pair + 1);
    let (first, second) = if thread == threads {
        (inner, outer)
    } else {
        (outer, inner)
    };
    run.take(thread, first, 0);
    run.take(thread, second, 1);
    run.release(thread, second);
    run.release(thread, first);
}
