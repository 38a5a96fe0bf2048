//! Hand-made runs whose figures can be worked out on paper, and the text and JSON made of them.

use serde_json::json;
use threadlink_analysis::{Document, LockReport, Report, SiteReport};
use threadlink_trace::testing::simulation::{Run, simulate};
use threadlink_trace::testing::{chunks, written};
use threadlink_trace::{
    AcquireOp, Deadlock, DeadlockEdge, EndKind, Event, EventKind, HeldLock, Mode, Trace, TraceWriter, Waits,
};

const LOCK: u32 = 0x1000;
const IDLE: u32 = 0x2000;
const TAKEN: u32 = 7;
const ASKED: u32 = 9;

fn acquire(lock: u32, site: u32, op: AcquireOp) -> EventKind {
    EventKind::Acquire {
        lock,
        site,
        op,
        mode: Mode::Exclusive,
    }
}

fn request(lock: u32, site: u32, contended: bool) -> EventKind {
    EventKind::Request {
        lock,
        site,
        contended,
        mode: Mode::Exclusive,
    }
}

/// Two threads and a lock: "left" waits 30 ns for what main holds, then main waits for ever for what it holds.
fn run() -> Vec<Event> {
    let release = |lock| EventKind::Release {
        lock,
        mode: Mode::Exclusive,
    };
    let how = EndKind::Died;
    [
        (1, 0, EventKind::Start),
        (2, 0, EventKind::Fork { child: 1 }),
        (5, 1, EventKind::Start),
        (10, 0, request(LOCK, TAKEN, false)),
        (12, 0, acquire(LOCK, TAKEN, AcquireOp::Blocking)),
        (20, 1, request(LOCK, ASKED, true)),
        (40, 0, release(LOCK)),
        (50, 1, acquire(LOCK, ASKED, AcquireOp::Blocking)),
        (55, 1, release(LOCK)),
        (60, 1, acquire(LOCK, ASKED, AcquireOp::Try)),
        (65, 0, acquire(IDLE, 0, AcquireOp::Timed)),
        (70, 0, request(LOCK, TAKEN, true)),
        (90, 1, EventKind::End { how }),
    ]
    .map(|(time, thread, kind)| Event::new(time, thread, kind))
    .to_vec()
}

fn define(writer: &TraceWriter) {
    writer.define_thread(0, Some("main"), None);
    writer.define_thread(1, Some("left"), Some(0));
    writer.define_site(TAKEN, "src/main.rs", 12, 20);
    writer.define_site(ASKED, "src/main.rs", 13, 9);
}

fn report() -> Report {
    Report::of(&Trace::read(&written(&run(), define)[..]).unwrap())
}

#[test]
fn waits_and_holds_add_up() {
    let report = report();
    assert_eq!((report.events, report.threads, report.died), (13, 2, 1));
    assert_eq!((report.duration_ns, report.truncated), (90, false));
    let [lock, idle] = &report.locks[..] else {
        panic!("{report:?}");
    };
    assert_eq!(
        (lock.origin.address, lock.total.acquisitions, lock.total.contended),
        (LOCK, 3, 1)
    );
    assert_eq!(
        (
            lock.total.wait_ns,
            lock.total.max_wait_ns,
            lock.total.mean_wait_ns
        ),
        (30, 30, 10)
    );
    assert_eq!(
        (
            lock.total.hold_ns,
            lock.total.max_hold_ns,
            lock.total.mean_hold_ns
        ),
        (33, 28, 16)
    );
    assert_eq!(
        (idle.origin.address, idle.total.acquisitions, idle.total.wait_ns),
        (IDLE, 1, 0)
    );
    assert_eq!((idle.total.hold_ns, idle.total.mean_hold_ns), (0, 0));
    let figures = |site: &SiteReport| {
        let waits = (
            site.figures.acquisitions,
            site.figures.contended,
            site.figures.wait_ns,
        );
        (
            site.place.line,
            waits,
            site.figures.hold_ns,
            site.blocked_others_ns,
        )
    };
    let sites: Vec<_> = lock.sites.iter().map(figures).collect();
    assert_eq!(
        sites,
        [(Some(13), (2, 1, 30), 5, 0), (Some(12), (1, 0, 0), 28, 30),]
    );
}

#[test]
fn what_is_held_and_waited_for_at_the_end_is_told() {
    let report = report();
    let (lock, idle) = (&report.locks[0], &report.locks[1]);
    let held = lock.held_at_end.as_ref().unwrap();
    assert_eq!((held.thread, held.thread_ended, held.since_ns), (1, true, 60));
    let waiting = &lock.waiting_at_end[0];
    assert_eq!((waiting.thread, waiting.since_ns), (0, 70));
    assert_eq!(waiting.place.to_string(), "src/main.rs:12:20");
    assert!(!idle.held_at_end.as_ref().unwrap().thread_ended);
    let text = report.to_string();
    for line in [
        "  lock 0x1000 held by thread 1 \"left\", which has ended (taken at src/main.rs:13:9, 30 ns before the end)",
        "  lock 0x2000 held by thread 0 \"main\" (taken at an unknown place, 25 ns before the end)",
        "  lock 0x1000 waited for by thread 0 \"main\" (asked for at src/main.rs:12:20, 20 ns before the end)",
    ] {
        assert!(
            text.lines().any(|found| found == line),
            "{line}\nis not in\n{text}"
        );
    }
}

#[test]
fn the_json_has_the_keys_that_scripts_rely_on() {
    let json = serde_json::to_value(Document::of(&report())).unwrap();
    assert_eq!(json["events"], json!(13));
    assert_eq!(json["threads"], json!(2));
    assert_eq!(
        json["deadlocks"],
        json!({"candidates": 0, "predicted": 0, "findings": [], "bounds": []})
    );
    assert_eq!(json["warnings"], json!([]));
    let lock = &json["locks"][0];
    for (key, value) in [
        ("id", 0x1000),
        ("acquisitions", 3),
        ("contended", 1),
        ("wait_ns", 30),
        ("hold_ns", 33),
        ("max_wait_ns", 30),
        ("max_hold_ns", 28),
    ] {
        assert_eq!(lock[key], json!(value), "{key}");
    }
    assert_eq!(lock["sites"][0]["site"], json!(9));
    // Each place stands there once, and one that the trace does not define does not.
    let sites = json["locks"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|lock| lock["sites"].as_array().unwrap());
    let mut sites: Vec<u64> = sites.map(|site| site["site"].as_u64().unwrap()).collect();
    sites.sort_unstable();
    sites.dedup();
    let places = json["places"].as_array().unwrap();
    let known: Vec<u64> = places
        .iter()
        .map(|place| place["site"].as_u64().unwrap())
        .collect();
    assert!(
        known.iter().all(|site| sites.contains(site)) && known.len() < sites.len(),
        "{known:?} of {sites:?}"
    );
    let place = json!({"site": TAKEN, "file": "src/main.rs", "line": 12, "column": 20});
    assert!(places.contains(&place), "{places:?}");
}

#[test]
fn the_table_is_aligned() {
    let text = report().to_string();
    assert!(
        text.starts_with("2 threads (1 died), 2 locks, 13 events over 90 ns\n"),
        "{text}"
    );
    let table: Vec<&str> = text
        .lines()
        .skip_while(|line| !line.contains("lock, and where"))
        .take(6)
        .collect();
    let end_of = |line: &str, cell: &str| line.find(cell).map(|start| start + cell.len());
    assert_eq!(end_of(table[0], " acquired"), end_of(table[1], " 3"), "{text}");
    assert_eq!(
        end_of(table[0], " contended"),
        end_of(table[1], " 1 (33%)"),
        "{text}"
    );
    assert_eq!(end_of(table[0], " wait"), end_of(table[1], " 30 ns"), "{text}");
    assert!(table[2].starts_with("    src/main.rs:13:9 "), "{text}");
    assert_eq!(table[0].len(), table[1].len(), "{text}");
}

#[test]
fn a_deadlock_is_told_in_sentences_and_in_json() {
    let edge = |thread, holds: (u32, u32), waits| {
        DeadlockEdge::new(
            thread,
            Some(HeldLock::new(holds.0, holds.1, Mode::Exclusive)),
            waits,
        )
    };
    let circle = Deadlock::new(vec![
        edge(
            1,
            (LOCK, TAKEN),
            Waits::Lock {
                lock: IDLE,
                site: ASKED,
                mode: Mode::Exclusive,
            },
        ),
        edge(0, (IDLE, 99), Waits::Thread { thread: 1, site: 0 }),
    ]);
    let dead = Deadlock::new(vec![
        DeadlockEdge::new(
            0,
            None,
            Waits::Lock {
                lock: LOCK,
                site: TAKEN,
                mode: Mode::Exclusive,
            },
        ),
        edge(1, (LOCK, ASKED), Waits::Dead),
    ]);
    let bytes = written(&run(), |writer| {
        define(writer);
        writer.deadlock(&circle);
        writer.deadlock(&dead);
    });
    let report = Report::of(&Trace::read(&bytes[..]).unwrap());
    assert_eq!(
        report.deadlocks.findings[0].to_string(),
        "deadlock: 2 threads wait for each other, and none can go on\n  \
         thread 'left' (id 1)\n    holds lock 0x1000 taken at src/main.rs:12:20\n    \
         waits for lock 0x2000 at src/main.rs:13:9\n  \
         thread 'main' (id 0)\n    holds lock 0x2000\n    waits for the end of thread 'left'\n"
    );
    assert_eq!(
        report.deadlocks.findings[1].to_string(),
        "deadlock: a thread waits for a lock whose owner is gone\n  \
         thread 'main' (id 0)\n    waits for lock 0x1000 at src/main.rs:12:20\n  \
         thread 'left' (id 1)\n    holds lock 0x1000 taken at src/main.rs:13:9\n    \
         has died, so what it holds is never released\n"
    );
    assert!(
        report
            .to_string()
            .contains(&report.deadlocks.findings[0].to_string())
    );
    let json = serde_json::to_value(Document::of(&report)).unwrap();
    assert_eq!(
        json["deadlocks"]["findings"][0]["edges"][0],
        json!({
            "thread": 1,
            "holds": {"lock": 0x1000, "site": 7},
            "waits": {"kind": "lock", "lock": 0x2000, "site": 9},
        })
    );
    assert_eq!(
        json["thread_names"],
        json!([{"thread": 0, "name": "main"}, {"thread": 1, "name": "left"}])
    );
    assert_eq!(
        json["places"].as_array().unwrap()[1],
        json!({"site": 9, "file": "src/main.rs", "line": 13, "column": 9})
    );
    assert_eq!(
        json["deadlocks"]["findings"][1]["edges"][1]["waits"],
        json!({"kind": "dead", "returned": false})
    );
}

#[test]
fn a_truncated_trace_warns_and_a_trace_without_locks_says_what_to_do() {
    let mut bytes = written(&run()[..3], define);
    bytes.truncate(chunks(&bytes).pop().unwrap().start);
    let report = Report::of(&Trace::read(&bytes[..]).unwrap());
    assert!(report.truncated);
    let text = report.to_string();
    assert!(text.contains("\nwarning: the trace has no end"), "{text}");
    assert!(text.contains("No traced lock was used"), "{text}");
}

#[test]
fn many_locks_and_places_are_cut_in_the_text_and_not_in_the_json() {
    let mut events = vec![];
    for step in 0..100u32 {
        let (lock, time) = (step / 4, u64::from(step) * 2);
        let kind = acquire(lock, step % 4 + 1, AcquireOp::Try);
        events.push(Event::new(time, 0, kind));
        let kind = EventKind::Release {
            lock,
            mode: Mode::Exclusive,
        };
        events.push(Event::new(time + 1, 0, kind));
    }
    let report = Report::of(&Trace::read(&written(&events, |_| ())[..]).unwrap());
    assert_eq!(report.locks.len(), 25);
    assert!(report.locks.iter().all(|lock| lock.sites.len() == 4));
    let text = report.to_string();
    assert!(text.contains("(5 locks more; --json lists all)"), "{text}");
    assert_eq!(text.matches("(1 more place)").count(), 20, "{text}");
}

#[test]
fn who_dies_or_goes_on_waits_no_more() {
    let how = EndKind::Died;
    let release = EventKind::Release {
        lock: IDLE,
        mode: Mode::Exclusive,
    };
    for (next, waiting) in [(None, 1), (Some(EventKind::End { how }), 0), (Some(release), 0)] {
        let kinds = [Some(EventKind::Start), Some(request(LOCK, ASKED, true)), next];
        let events: Vec<Event> = (0..)
            .zip(kinds.into_iter().flatten())
            .map(|(time, kind)| Event::new(time, 0, kind))
            .collect();
        let report = Report::of(&Trace::read(&written(&events, |_| ())[..]).unwrap());
        let lock = report
            .locks
            .iter()
            .find(|lock| lock.origin.address == LOCK)
            .unwrap();
        assert_eq!(lock.waiting_at_end.len(), waiting, "{next:?}");
        assert_eq!((lock.total.acquisitions, lock.total.wait_ns), (0, 0));
    }
}

/// Two readers and a writer, and a condition variable that one thread waits for three times and the other notifies.
fn shared_run() -> Vec<Event> {
    let (start, shared, exclusive) = (EventKind::Start, Mode::Shared, Mode::Exclusive);
    let ask = |site, mode| EventKind::Request {
        lock: LOCK,
        site,
        contended: true,
        mode,
    };
    let get = |site, mode| EventKind::Acquire {
        lock: LOCK,
        site,
        op: AcquireOp::Blocking,
        mode,
    };
    let read = EventKind::Acquire {
        lock: LOCK,
        site: TAKEN,
        op: AcquireOp::Try,
        mode: shared,
    };
    let leave = |lock, mode| EventKind::Release { lock, mode };
    let sleep = EventKind::Wait {
        condvar: 0x3000,
        mutex: IDLE,
        site: ASKED,
        timed: true,
    };
    let wake = |timed_out| EventKind::Wake {
        condvar: 0x3000,
        timed_out,
    };
    let notify = |all| EventKind::Notify {
        condvar: 0x3000,
        site: TAKEN,
        all,
    };
    let mutex = acquire(IDLE, TAKEN, AcquireOp::Try);
    [
        (1, 0, start),
        (2, 0, EventKind::Fork { child: 1 }),
        (3, 1, start),
        (10, 0, read),
        (12, 1, read),
        (14, 0, read),
        (20, 0, leave(LOCK, shared)),
        (24, 0, leave(LOCK, shared)),
        (30, 0, ask(ASKED, exclusive)),
        (40, 1, leave(LOCK, shared)),
        (45, 0, get(ASKED, exclusive)),
        (50, 1, ask(TAKEN, shared)),
        (60, 0, leave(LOCK, exclusive)),
        (61, 1, get(TAKEN, shared)),
        (100, 0, mutex),
        (101, 0, sleep),
        (102, 0, leave(IDLE, exclusive)),
        (110, 1, notify(false)),
        (111, 0, wake(false)),
        (112, 0, mutex),
        (120, 0, sleep),
        (121, 0, leave(IDLE, exclusive)),
        (150, 0, wake(true)),
        (151, 0, mutex),
        (160, 1, notify(true)),
        (170, 0, sleep),
        (171, 0, leave(IDLE, exclusive)),
    ]
    .map(|(time, thread, kind)| Event::new(time, thread, kind))
    .to_vec()
}

#[test]
fn reading_and_writing_are_counted_apart() {
    let events = shared_run();
    assert!(threadlink_trace::validate_events(events.iter().copied()).is_ok());
    let report = Report::of(&Trace::read(&written(&events, define)[..]).unwrap());
    let lock = report
        .locks
        .iter()
        .find(|lock| lock.origin.address == LOCK)
        .unwrap();
    let (reads, writes) = (lock.reads.as_ref().unwrap(), lock.writes.as_ref().unwrap());
    assert_eq!((reads.acquisitions, reads.contended, reads.wait_ns), (4, 1, 11));
    // 10..24 and 14..20 by main, 12..40 by the other one.
    assert_eq!(
        (reads.hold_ns, reads.max_hold_ns, reads.mean_hold_ns),
        (48, 28, 16)
    );
    assert_eq!((writes.acquisitions, writes.wait_ns, writes.hold_ns), (1, 15, 15));
    assert_eq!(
        (lock.total.acquisitions, lock.total.wait_ns, lock.total.hold_ns),
        (5, 26, 63)
    );
    let sites = lock.sites.iter();
    let sites: Vec<_> = sites
        .map(|site| (site.place.line, site.mode, site.blocked_others_ns))
        .collect();
    assert_eq!(
        sites,
        [(Some(13), Mode::Exclusive, 11), (Some(12), Mode::Shared, 15)]
    );
    assert!(lock.held_at_end.is_none());
    assert_eq!(
        (lock.read_at_end[0].thread, lock.read_at_end[0].since_ns),
        (1, 61)
    );
    let idle = report
        .locks
        .iter()
        .find(|lock| lock.origin.address == IDLE)
        .unwrap();
    assert!(idle.reads.is_none() && idle.writes.is_none());
    let text = report.to_string();
    for part in [
        "\n    for reading ",
        "\n    for writing ",
        "src/main.rs:12:20 for reading ",
        "lock 0x1000 held for reading by thread 1 \"left\" (taken at src/main.rs:12:20, 110 ns before the end)",
    ] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
}

#[test]
fn condition_variables_are_counted() {
    let report = Report::of(&Trace::read(&written(&shared_run(), define)[..]).unwrap());
    let [condvar] = &report.condvars[..] else {
        panic!("{report:?}")
    };
    assert_eq!(
        (
            condvar.origin.address,
            condvar.total.waits,
            condvar.total.timeouts
        ),
        (0x3000, 2, 1)
    );
    assert_eq!((condvar.total.notify_one, condvar.total.notify_all), (1, 1));
    assert_eq!(
        (
            condvar.total.wait_ns,
            condvar.total.max_wait_ns,
            condvar.total.mean_wait_ns
        ),
        (40, 30, 20)
    );
    let waiting = &condvar.waiting_at_end[0];
    assert_eq!((waiting.thread, waiting.since_ns), (0, 170));
    let sites: Vec<_> = condvar
        .sites
        .iter()
        .map(|site| (site.place.line, site.figures.waits, site.figures.notify_all))
        .collect();
    assert_eq!(sites, [(Some(13), 2, 0), (Some(12), 0, 1)]);
    let json = serde_json::to_value(Document::of(&report)).unwrap();
    assert!(json["condvars"][0]["sites"][0]["site"].is_u64());
    assert_eq!(json["locks"][0]["sites"][0]["mode"], json!("exclusive"));
    let text = report.to_string();
    for part in [
        "Condition variables, most waited for first\n",
        "\n  0x3000 ",
        "condition variable 0x3000 waited for by thread 0 \"main\" (asked for at src/main.rs:13:9, 1 ns before the end)",
    ] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
}

#[test]
fn deadlocks_of_readers_and_of_sleepers_are_told() {
    let circle = Deadlock::new(vec![DeadlockEdge::new(
        1,
        Some(HeldLock::new(LOCK, TAKEN, Mode::Shared)),
        Waits::Lock {
            lock: LOCK,
            site: ASKED,
            mode: Mode::Exclusive,
        },
    )]);
    let asleep = Deadlock::new(vec![DeadlockEdge::new(
        0,
        None,
        Waits::Condvar {
            condvar: 0x3000,
            site: ASKED,
        },
    )]);
    let bytes = written(&shared_run(), |writer| {
        define(writer);
        writer.deadlock(&circle);
        writer.deadlock(&asleep);
    });
    let report = Report::of(&Trace::read(&bytes[..]).unwrap());
    assert_eq!(
        report.deadlocks.findings[0].to_string(),
        "deadlock: a thread waits for itself\n  \
         thread 'left' (id 1)\n    holds lock 0x1000 for reading taken at src/main.rs:12:20\n    \
         waits for lock 0x1000 for writing at src/main.rs:13:9\n"
    );
    assert_eq!(
        report.deadlocks.findings[1].to_string(),
        "deadlock: the only thread left waits, and none is left to wake it\n  \
         thread 'main' (id 0)\n    waits for condition variable 0x3000 at src/main.rs:13:9\n"
    );
    let json = serde_json::to_value(Document::of(&report)).unwrap();
    assert_eq!(
        json["deadlocks"]["findings"][0]["edges"][0]["holds"]["mode"],
        json!("shared")
    );
    assert_eq!(
        json["deadlocks"]["findings"][1]["edges"][0]["waits"]["kind"],
        json!("condvar")
    );
}

/// Whatever a program does, the figures of a lock's sites add up to the lock's.
#[test]
fn sites_add_up_to_their_lock() {
    for seed in 0..50 {
        let events = simulate(Run {
            seed,
            steps: 2_000,
            equal_times: true,
        });
        let acquires = events
            .iter()
            .filter(|event| matches!(event.kind, EventKind::Acquire { .. }))
            .count() as u64;
        let report = Report::of(&Trace::read(&written(&events, |_| ())[..]).unwrap());
        let total = |figure: fn(&LockReport) -> u64| report.locks.iter().map(figure).sum::<u64>();
        assert_eq!(total(|lock| lock.total.acquisitions), acquires, "seed {seed}");
        for lock in &report.locks {
            let sum = |figure: fn(&SiteReport) -> u64| lock.sites.iter().map(figure).sum::<u64>();
            assert_eq!(
                sum(|site| site.figures.acquisitions),
                lock.total.acquisitions,
                "seed {seed}"
            );
            assert_eq!(
                sum(|site| site.figures.contended),
                lock.total.contended,
                "seed {seed}"
            );
            assert_eq!(
                sum(|site| site.figures.wait_ns),
                lock.total.wait_ns,
                "seed {seed}"
            );
            assert_eq!(
                sum(|site| site.figures.hold_ns),
                lock.total.hold_ns,
                "seed {seed}"
            );
            assert!(
                sum(|site| site.blocked_others_ns) <= lock.total.wait_ns,
                "seed {seed}"
            );
            assert!(lock.total.mean_wait_ns <= lock.total.max_wait_ns, "seed {seed}");
        }
    }
}

#[test]
fn a_trace_that_cannot_have_happened_is_said_to_be_one() {
    let release = EventKind::Release {
        lock: LOCK,
        mode: Mode::Exclusive,
    };
    let events = [Event::new(1, 0, EventKind::Start), Event::new(7, 0, release)];
    let report = Report::of(&Trace::read(&written(&events, |_| {})[..]).unwrap());
    let warning = "\nwarning: the trace tells what cannot have happened (once), so the figures may be wrong; first: event 1 \
                   (thread 0, 7 ns): release of lock 0x1000, but nobody holds it\n";
    assert!(report.to_string().contains(warning), "{report}");
    let json = serde_json::to_value(Document::of(&report)).unwrap();
    let problem = "event 1 (thread 0, 7 ns): release of lock 0x1000, but nobody holds it";
    let violation = json!({"event": 1, "thread": 0, "time_ns": 7, "problem": problem});
    assert_eq!(json["violations"], json!([violation]));
    assert_eq!(json["warnings"].as_array().unwrap().len(), 1);

    let sound = [Event::new(1, 0, EventKind::Start)];
    let report = Report::of(&Trace::read(&written(&sound, |_| {})[..]).unwrap());
    assert!(
        report.violations.is_empty() && report.warnings.is_empty(),
        "{report}"
    );
}

#[test]
fn long_names_are_cut_in_the_document() {
    let file = "\u{e9}".repeat(1000);
    let events = [
        Event::new(1, 0, EventKind::Start),
        Event::new(2, 0, acquire(LOCK, TAKEN, AcquireOp::Try)),
    ];
    let bytes = written(&events, |writer| writer.define_site(TAKEN, &file, 1, 1));
    let report = Report::of(&Trace::read(&bytes[..]).unwrap());
    assert_eq!(
        report.locks[0].sites[0].place.file.as_deref(),
        Some(file.as_str())
    );
    let json = serde_json::to_value(Document::of(&report)).unwrap();
    assert_eq!(json["places"][0]["file"], json!("\u{e9}".repeat(256)));
}
