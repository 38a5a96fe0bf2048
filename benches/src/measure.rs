//! Measures rows: both sides take turns, so that whatever else the machine does hits both.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::options::Options;
use crate::print;
use crate::programs::{Program, Programs};
use crate::report::{Figure, Report, Spread};
use crate::row::{Row, Side, Target, Unit};
use crate::run::{self, Ran};

/// What a turn of a side takes about, start and work, for a guess at all of it.
const TURN: Duration = Duration::from_millis(250);

/// Measures all rows, and prints each as soon as it is known.
pub(crate) fn all(rows: &[Row], programs: &Programs, options: &Options) -> Result<Report, String> {
    let about = TURN * (rows.len() * 2 * (options.turns + 1)) as u32;
    eprintln!(
        "{} rows, {} turns each: about {:.0} minutes, and some more for what is not built yet",
        rows.len(),
        options.turns,
        (about.as_secs_f64() / 60.0).ceil()
    );
    let mut report = Report::new(options.turns);
    let mut idle = Idle::default();
    let start = Instant::now();
    for (number, row) in rows.iter().enumerate() {
        let figure = measure(row, programs, options.turns, &mut idle)
            .map_err(|error| format!("{}: {error}", row.title()))?;
        if report.rows.last().is_none_or(|last| last.group != figure.group) {
            println!("{}", print::group(&figure));
        }
        println!("{}", print::row(&figure));
        report.rows.push(figure);
        if number % 10 == 9 {
            let left = start.elapsed() / (number + 1) as u32 * (rows.len() - number - 1) as u32;
            eprintln!(
                "({} of {} rows, {} s more)",
                number + 1,
                rows.len(),
                left.as_secs()
            );
        }
    }
    Ok(report)
}

/// What the processors do for a program that has nothing to do: its start.
#[derive(Default)]
struct Idle(HashMap<(Program, bool), Duration>);

impl Idle {
    fn of(&mut self, side: &Side, programs: &Programs) -> Result<Duration, String> {
        let Side::Work { program, record, .. } = *side else {
            return Ok(Duration::ZERO);
        };
        if let Some(known) = self.0.get(&(program, record)) {
            return Ok(*known);
        }
        let nothing = Side::Work {
            program,
            workload: "nothing",
            rounds: 0,
            threads: 0,
            record,
            pinned: false,
        };
        let mut least = Duration::MAX;
        for _ in 0..4 {
            least = run::once(&nothing, programs, false)?.processor.min(least);
        }
        self.0.insert((program, record), least);
        Ok(least)
    }
}

/// A side with what belongs to it.
struct Turns<'a> {
    side: &'a Side,
    idle: Duration,
    result: String,
    values: Vec<f64>,
    processor: Vec<f64>,
}

impl<'a> Turns<'a> {
    /// Runs it once beforehand, so that everything is built, and thoroughly checked.
    fn new(side: &'a Side, programs: &Programs, idle: &mut Idle) -> Result<Turns<'a>, String> {
        let idle = idle.of(side, programs)?;
        let first = run::once(side, programs, true)?;
        Ok(Turns {
            side,
            idle,
            result: first.result,
            values: Vec::new(),
            processor: Vec::new(),
        })
    }

    fn turn(&mut self, unit: Unit, programs: &Programs) -> Result<(), String> {
        let ran = run::once(self.side, programs, false)?;
        if ran.result != self.result {
            return Err(format!(
                "{:?} gave {} and then {}: it is not the same work",
                self.side, self.result, ran.result
            ));
        }
        let (value, processor) = in_unit(&ran, unit, self.side, self.idle);
        self.values.push(value);
        self.processor.push(processor);
        Ok(())
    }
}

/// The figure of a run in the unit of its row, and what the processors did for it in the same unit.
fn in_unit(ran: &Ran, unit: Unit, side: &Side, idle: Duration) -> (f64, f64) {
    let rounds = match side {
        Side::Work { rounds, .. } => *rounds as f64,
        Side::Analyze { events, .. } => *events as f64,
        _ => 1.0,
    };
    let (time, processor) = (
        ran.time.as_secs_f64(),
        ran.processor.saturating_sub(idle).as_secs_f64(),
    );
    match unit {
        Unit::Milliseconds => (time * 1e3, processor * 1e3),
        Unit::Microseconds => (time * 1e6 / rounds, processor * 1e6 / rounds),
        Unit::Nanoseconds => (time * 1e9 / rounds, processor * 1e9 / rounds),
        Unit::Processor => (processor * 1e3, processor * 1e3),
        Unit::Size => (ran.size as f64 / 1024.0, 0.0),
    }
}

/// Whether two sides are of the same work, and so have to come to the same result.
fn same_work(ours: &Side, peer: &Side) -> bool {
    matches!(
        (ours, peer),
        (
            Side::Work { workload: ours, rounds: our_rounds, threads: our_threads, .. },
            Side::Work { workload: peer, rounds: peer_rounds, threads: peer_threads, .. },
        ) if (ours, our_rounds, our_threads) == (peer, peer_rounds, peer_threads)
    )
}

fn measure(row: &Row, programs: &Programs, turns: usize, idle: &mut Idle) -> Result<Figure, String> {
    let mut ours = Turns::new(&row.ours, programs, idle)?;
    let mut peer = match &row.peer {
        Some(side) => Some(Turns::new(side, programs, idle)?),
        None => None,
    };
    if let (Some(theirs), Some(peer)) = (&row.peer, &peer)
        && same_work(&row.ours, theirs)
        && ours.result != peer.result
    {
        return Err(format!(
            "one side gave {}, the other one {}: it is not the same work",
            ours.result, peer.result
        ));
    }
    for turn in 0..turns {
        // Who is first alternates as well.
        if turn % 2 == 0 {
            ours.turn(row.unit, programs)?;
        }
        if let Some(peer) = &mut peer {
            peer.turn(row.unit, programs)?;
        }
        if turn % 2 == 1 {
            ours.turn(row.unit, programs)?;
        }
    }
    Ok(figure(row, &ours, peer.as_ref()))
}

fn figure(row: &Row, ours: &Turns<'_>, peer: Option<&Turns<'_>>) -> Figure {
    let pairs = |of: &dyn Fn(f64, f64) -> f64| {
        peer.map(|peer| {
            let values = ours.values.iter().zip(&peer.values);
            Spread::of(values.map(|(&ours, &peer)| of(ours, peer)).collect())
        })
    };
    let spread = Spread::of(ours.values.clone());
    // A peer that takes no time is nothing to divide by.
    let comparable = peer.is_some_and(|peer| peer.values.iter().all(|&value| value > 0.0));
    let ratio = pairs(&|ours, peer| ours / peer).filter(|_| comparable);
    let difference = pairs(&|ours, peer| ours - peer);
    let pass = row.target.and_then(|target| {
        let (is, most) = match target {
            Target::Ratio(most) => (ratio?.median, most),
            Target::Difference(most) => (difference?.median, most),
            Target::Ours(most) => (spread.median, most),
        };
        Some(is <= most)
    });
    let timed = row.unit != Unit::Size;
    Figure {
        group: row.group.to_owned(),
        name: row.name.clone(),
        unit: row.unit.name().to_owned(),
        ours: spread,
        peer: peer.map(|peer| Spread::of(peer.values.clone())),
        ratio,
        difference,
        ours_cpu: timed.then(|| Spread::of(ours.processor.clone()).median),
        peer_cpu: peer.map(|peer| Spread::of(peer.processor.clone()).median),
        target: row.target.map(Into::into),
        pass,
    }
}
