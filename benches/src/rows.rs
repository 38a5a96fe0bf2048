//! The table: what is measured, beside what, and what it may cost.

use threadlink_trace::testing::scenes::Scene;

use crate::programs::Program::{self, *};
use crate::row::{Row, Side, Target, Unit};

use Target::{Difference, Ours, Ratio};
use Unit::{Microseconds, Milliseconds, Nanoseconds, Processor, Size};

/// Both ways to have threads: the name of each, the guest, and the same traced.
const WAYS: [(&str, Program, Program); 2] = [("std", Std, StdTraced), ("crate", Crate, CrateTraced)];

/// What a workload is asked for.
type Work = (&'static str, u64, u64);

/// All rows, by groups.
pub(crate) fn all() -> Vec<Row> {
    let mut table = Table(Vec::new());
    allocation(&mut table);
    messages(&mut table);
    locks(&mut table);
    traced(&mut table);
    threads(&mut table);
    waiting(&mut table);
    one_processor(&mut table);
    compute(&mut table);
    start(&mut table);
    analysis(&mut table);
    table.0
}

struct Table(Vec<Row>);

impl Table {
    fn row(
        &mut self,
        group: &'static str,
        name: String,
        unit: Unit,
        sides: (Side, Option<Side>),
        target: Option<Target>,
    ) {
        let (ours, peer) = sides;
        self.0.push(Row {
            group,
            name,
            unit,
            ours,
            peer,
            target,
        });
    }

    /// A workload as a guest, over both stds, beside the native program.
    fn native(
        &mut self,
        group: &'static str,
        name: &str,
        unit: Unit,
        work: Work,
        target: impl Into<Option<Target>>,
    ) {
        let target = target.into();
        for (way, guest, _) in WAYS {
            let sides = (side(guest, work, false), Some(side(Native, work, false)));
            self.row(group, format!("{name} ({way})"), unit, sides, target);
        }
    }

    /// A workload as a traced guest, over both stds, beside the untraced one.
    fn traced(&mut self, record: bool, name: &str, unit: Unit, work: Work, target: Option<Target>) {
        let group = if record {
            "traced, recorded"
        } else {
            "traced, unrecorded"
        };
        for (way, plain, traced) in WAYS {
            let sides = (side(traced, work, record), Some(side(plain, work, false)));
            self.row(group, format!("{name} ({way})"), unit, sides, target);
        }
    }

    /// Two workloads of one program.
    fn within(&mut self, group: &'static str, name: &str, unit: Unit, program: Program, works: [Work; 2]) {
        let [ours, peer] = works.map(|work| side(program, work, false));
        self.row(group, name.to_owned(), unit, (ours, Some(peer)), None);
    }
}

fn side(program: Program, (workload, rounds, threads): Work, record: bool) -> Side {
    Side::Work {
        program,
        workload,
        rounds,
        threads,
        record,
        pinned: false,
    }
}

/// The same on one processor.
fn pinned(program: Program, (workload, rounds, threads): Work) -> Side {
    Side::Work {
        program,
        workload,
        rounds,
        threads,
        record: false,
        pinned: true,
    }
}

fn allocation(table: &mut Table) {
    let group = "allocation";
    for (name, threads, target) in [("1 thread", 1, 1.2), ("2 threads", 2, 1.3), ("8 threads", 8, 1.3)] {
        let rounds = if threads == 8 { 250_000 } else { 1_000_000 };
        let work = ("allocate", rounds, threads);
        table.native(group, name, Milliseconds, work, Ratio(target));
    }
    let work = ("freed_elsewhere", 1_000_000, 2);
    table.native(group, "freed by another thread", Milliseconds, work, Ratio(1.5));
    table.native(
        group,
        "a vector grows to 1 MiB",
        Microseconds,
        ("grow", 100, 1),
        None,
    );
}

fn messages(table: &mut Table) {
    let group = "messages";
    let work = ("messages", 1_000_000, 2);
    table.native(group, "1M through mpsc", Milliseconds, work, Ratio(1.5));
    let work = ("messages_bounded", 200_000, 2);
    table.native(group, "200k through mpsc, bounded", Milliseconds, work, None);
}

fn locks(table: &mut Table) {
    let group = "locks";
    table.native(
        group,
        "free mutex, lock + unlock",
        Nanoseconds,
        ("lock", 5_000_000, 1),
        Ratio(1.2),
    );
    table.native(
        group,
        "free rwlock, read + unlock",
        Nanoseconds,
        ("read", 5_000_000, 1),
        None,
    );
    let (two, eight) = (("counter", 1_000_000, 2), ("counter", 250_000, 8));
    table.native(group, "counter, 2 threads x 1M", Milliseconds, two, Ratio(1.2));
    table.native(
        group,
        "counter, 8 threads x 250k",
        Milliseconds,
        eight,
        Ratio(1.2),
    );
    let works = [("lock_tracing", 5_000_000, 1), ("lock_parking_lot", 5_000_000, 1)];
    table.within(
        group,
        "TracingMutex untraced / parking_lot",
        Nanoseconds,
        Crate,
        works,
    );
    let works = [("read_tracing", 5_000_000, 1), ("read_parking_lot", 5_000_000, 1)];
    table.within(
        group,
        "TracingRwLock untraced / parking_lot",
        Nanoseconds,
        Crate,
        works,
    );
}

fn traced(table: &mut Table) {
    let (pair, read) = (("lock", 1_000_000, 1), ("read", 1_000_000, 1));
    let (two, eight) = (("counter", 1_000_000, 2), ("counter", 250_000, 8));
    for (record, added, ratio_of_two, ratio_of_eight) in [(false, 8.0, 1.4, 1.6), (true, 40.0, 2.0, 3.0)] {
        let (added, of_two, of_eight) = (Difference(added), Ratio(ratio_of_two), Ratio(ratio_of_eight));
        let mut row = |name, unit, work, target| table.traced(record, name, unit, work, target);
        row("free mutex, a pair", Nanoseconds, pair, Some(added));
        row("free rwlock, a pair", Nanoseconds, read, Some(added));
        row("counter, 2 threads x 1M", Milliseconds, two, Some(of_two));
        row("counter, 8 threads x 250k", Milliseconds, eight, Some(of_eight));
        row(
            "condvar there and back",
            Microseconds,
            ("ping_pong", 20_000, 2),
            None,
        );
    }
    let works = [("crowd_rwlock", 40, 256), ("crowd_mutex", 40, 256)];
    let name = "256 threads at one lock: rwlock / mutex";
    table.within("crowd, traced", name, Microseconds, CrateTraced, works);
}

fn threads(table: &mut Table) {
    let group = "threads";
    table.native(
        group,
        "spawn + join",
        Microseconds,
        ("spawn_join", 5_000, 1),
        Ratio(0.16),
    );
    let [ours, peer] = [Std, Crate].map(|program| side(program, ("spawn_join", 5_000, 1), false));
    let name = "spawn + join: threaded std / crate".to_owned();
    table.row(group, name, Microseconds, (ours, Some(peer)), Some(Ratio(1.1)));
    table.native(
        group,
        "1,000 spawns, then joins",
        Milliseconds,
        ("spawns", 1_000, 1),
        Ratio(0.2),
    );
    table.native(
        group,
        "scope with two threads",
        Microseconds,
        ("scope", 5_000, 2),
        Ratio(0.9),
    );
}

fn waiting(table: &mut Table) {
    let group = "waiting";
    table.native(
        group,
        "condvar there and back",
        Microseconds,
        ("ping_pong", 20_000, 2),
        Ratio(1.1),
    );
    table.native(
        group,
        "park and unpark, there and back",
        Microseconds,
        ("park", 20_000, 2),
        None,
    );
    table.native(group, "barrier of 2", Microseconds, ("barrier", 20_000, 2), None);
    table.native(group, "barrier of 8", Microseconds, ("barrier", 2_000, 8), None);
    table.native(
        group,
        "idle pool of 8 for 300 ms",
        Processor,
        ("idle", 300, 8),
        Difference(10.0),
    );
    table.native(
        group,
        "work with 4 waiting beside it",
        Milliseconds,
        ("beside_work", 500, 4),
        Ratio(1.1),
    );
}

/// Who waits by spinning, or wakes others too eagerly, shows where there is one processor for all.
fn one_processor(table: &mut Table) {
    for (name, unit, work) in [
        ("1M through mpsc", Milliseconds, ("messages", 1_000_000, 2)),
        (
            "200k through mpsc, bounded",
            Milliseconds,
            ("messages_bounded", 200_000, 2),
        ),
        ("counter, 2 threads x 1M", Milliseconds, ("counter", 1_000_000, 2)),
        ("condvar there and back", Microseconds, ("ping_pong", 20_000, 2)),
        ("spawn + join", Microseconds, ("spawn_join", 5_000, 1)),
    ] {
        for (way, guest, _) in WAYS {
            let sides = (pinned(guest, work), Some(pinned(Native, work)));
            table.row(
                "one processor",
                format!("{name} ({way})"),
                unit,
                sides,
                Some(Ratio(1.5)),
            );
        }
    }
}

fn compute(table: &mut Table) {
    for (name, threads) in [("mandelbrot, 1 thread", 1), ("mandelbrot, 2 threads", 2)] {
        table.native(
            "compute",
            name,
            Milliseconds,
            ("mandelbrot", 700, threads),
            Ratio(1.1),
        );
    }
}

fn start(table: &mut Table) {
    let most = Some(Difference(12.0));
    for (way, hello) in [("std", HelloStd), ("crate", HelloCrate)] {
        for (name, fresh, target) in [("hello, first", true, None), ("hello, again", false, most)] {
            let sides = (
                Side::Start {
                    program: hello,
                    fresh,
                },
                Some(Side::True),
            );
            table.row("start", format!("{name} ({way})"), Milliseconds, sides, target);
        }
    }
    for (name, fresh, target) in [
        ("debug module of 50 MB, first", true, None),
        ("debug module of 50 MB, again", false, Some(Ours(100.0))),
    ] {
        let side = Side::Start {
            program: Large,
            fresh,
        };
        table.row(
            "start",
            name.to_owned(),
            Milliseconds,
            (side, Some(Side::True)),
            target,
        );
    }
    for (way, hello) in [("std", HelloStd), ("crate", HelloCrate)] {
        table.row(
            "size",
            format!("hello ({way})"),
            Size,
            (Side::Size(hello), None),
            Some(Ours(48.0)),
        );
    }
}

/// Reports on traces. What an event costs must not grow with their number.
fn analysis(table: &mut Table) {
    let ordinary = |events| Side::Analyze {
        scene: Scene::Ordinary,
        events,
    };
    table.row(
        "analysis",
        "an event of 10,000,000, beside 1,000,000".to_owned(),
        Nanoseconds,
        (ordinary(10_000_000), Some(ordinary(1_000_000))),
        Some(Ratio(1.3)),
    );
    let circles = Side::Analyze {
        scene: Scene::Circles,
        events: 500_000,
    };
    table.row(
        "analysis",
        "200 candidates in 500,000 events".to_owned(),
        Milliseconds,
        (circles, None),
        Some(Ours(5_000.0)),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_has_a_title_of_its_own() {
        let mut titles: Vec<String> = all().iter().map(Row::title).collect();
        let rows = titles.len();
        titles.sort();
        titles.dedup();
        assert_eq!(titles.len(), rows);
    }

    #[test]
    fn both_sides_of_a_guest_and_its_native_peer_do_the_same() {
        for row in all() {
            let (
                Side::Work {
                    workload,
                    rounds,
                    threads,
                    ..
                },
                Some(Side::Work {
                    program: Native,
                    workload: theirs,
                    rounds: their_rounds,
                    threads: their_threads,
                    ..
                }),
            ) = (&row.ours, &row.peer)
            else {
                continue;
            };
            assert_eq!(
                (workload, rounds, threads),
                (theirs, their_rounds, their_threads),
                "{}",
                row.title()
            );
        }
    }
}
