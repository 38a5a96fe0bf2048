//! Which lock an address means, by name and by the place where it was made, when several stood there one after another.

use serde_json::json;
use threadlink_analysis::{Document, Report};
use threadlink_trace::testing::written;
use threadlink_trace::{
    AcquireOp, AwakeKind, Deadlock, DeadlockEdge, EndKind, Event, EventKind, HeldLock, LockOrigin, Mode,
    Trace, TraceWriter, Waits,
};

const LOCK: u32 = 0x1000;
const CONDVAR: u32 = 0x1040;
const MADE: u32 = 5;
const TAKEN: u32 = 7;

/// Takes the lock three times and waits twice; the second and third time another lock stands there, and at the
/// second wait another condition variable.
fn run() -> Vec<Event> {
    let mode = Mode::Exclusive;
    let acquire = EventKind::Acquire {
        lock: LOCK,
        site: TAKEN,
        op: AcquireOp::Blocking,
        mode,
    };
    let release = EventKind::Release { lock: LOCK, mode };
    let wait = EventKind::Wait {
        condvar: CONDVAR,
        mutex: LOCK,
        site: TAKEN,
        timed: true,
    };
    let wake = EventKind::Wake {
        condvar: CONDVAR,
        timed_out: true,
    };
    let how = EndKind::Returned;
    [
        (1, EventKind::Start),
        (10, acquire),
        (20, wait),
        (21, release),
        (25, wake),
        (30, acquire),
        (35, release),
        (40, acquire),
        (50, wait),
        (52, release),
        (59, wake),
        (60, EventKind::End { how }),
    ]
    .map(|(time, kind)| Event::new(time, 0, kind))
    .to_vec()
}

fn report(more: impl FnOnce(&TraceWriter)) -> Report {
    let bytes = written(&run(), |writer| {
        writer.define_site(MADE, "src/bank.rs", 3, 9);
        writer.define_lock(LOCK, 10, 0, Some("first"));
        writer.define_lock(LOCK, 30, MADE, Some("second\u{1b}[2J"));
        writer.define_lock(CONDVAR, 20, MADE, None);
        writer.define_lock(CONDVAR, 50, 0, Some("filled"));
        more(writer);
    });
    Report::of(&Trace::read(&bytes[..]).unwrap())
}

#[test]
fn locks_at_one_address_are_told_apart() {
    let report = report(|_| ());
    let [second, first] = &report.locks[..] else {
        panic!("{:?}", report.locks)
    };
    assert_eq!((first.origin.address, second.origin.address), (LOCK, LOCK));
    assert_eq!(first.origin.name.as_deref(), Some("first"));
    assert_eq!((first.total.acquisitions, first.total.hold_ns), (1, 11));
    assert_eq!(second.origin.name.as_deref(), Some("second\u{1b}[2J"));
    assert_eq!((second.total.acquisitions, second.total.hold_ns), (2, 17));
    let [filled, nameless] = &report.condvars[..] else {
        panic!("{:?}", report.condvars)
    };
    assert_eq!(filled.origin.name.as_deref(), Some("filled"));
    assert_eq!((filled.total.waits, filled.total.wait_ns), (1, 9));
    assert_eq!(nameless.origin.name, None);
    assert_eq!((nameless.total.waits, nameless.total.wait_ns), (1, 5));
}

#[test]
fn locks_with_equal_figures_stand_in_the_order_of_their_times() {
    let mode = Mode::Exclusive;
    let acquire = EventKind::Acquire {
        lock: LOCK,
        site: TAKEN,
        op: AcquireOp::Try,
        mode,
    };
    let notify = EventKind::Notify {
        condvar: CONDVAR,
        site: TAKEN,
        all: true,
    };
    let release = EventKind::Release { lock: LOCK, mode };
    let round = |start: u64| {
        [acquire, release, notify]
            .into_iter()
            .zip(start..)
            .map(|(kind, time)| Event::new(time, 0, kind))
    };
    let events: Vec<Event> = (1..20).flat_map(|site| round(site * 10)).collect();
    let bytes = written(&events, |writer| {
        for site in 1..20 {
            writer.define_site(site, "src/bank.rs", site, 1);
            writer.define_lock(LOCK, u64::from(site) * 10, site, None);
            writer.define_lock(CONDVAR, u64::from(site) * 10, site, None);
        }
    });
    let report = Report::of(&Trace::read(&bytes[..]).unwrap());
    let made = |origin: &LockOrigin| origin.made.as_ref().unwrap().address;
    let locks = report.locks.iter().map(|lock| made(&lock.origin));
    assert!(locks.eq(1..20), "{report}");
    let condvars = report.condvars.iter().map(|condvar| made(&condvar.origin));
    assert!(condvars.eq(1..20), "{report}");
}

#[test]
fn events_before_the_first_definition_are_of_an_unknown_lock() {
    let bytes = written(&run(), |writer| writer.define_lock(LOCK, 30, 0, Some("later")));
    let report = Report::of(&Trace::read(&bytes[..]).unwrap());
    let counted: Vec<_> = report
        .locks
        .iter()
        .map(|lock| (lock.origin.name.as_deref(), lock.total.acquisitions))
        .collect();
    assert_eq!(counted, [(Some("later"), 2), (None, 1)]);
}

#[test]
fn the_json_has_the_name_and_the_place_only_where_they_are_known() {
    let json = serde_json::to_value(Document::of(&report(|_| ()))).unwrap();
    let (second, first) = (&json["locks"][0], &json["locks"][1]);
    assert_eq!(first["name"], json!("first"));
    assert_eq!(first.get("made"), None);
    assert_eq!(second["id"], json!(LOCK));
    assert_eq!(second["name"], json!("second\u{1b}[2J"));
    assert_eq!(second["made"], json!(MADE));
    let made = json!({"site": MADE, "file": "src/bank.rs", "line": 3, "column": 9});
    assert!(json["places"].as_array().unwrap().contains(&made), "{json}");
    assert_eq!(json["condvars"][0]["name"], json!("filled"));
    assert_eq!(json["condvars"][1].get("name"), None);
    assert_eq!(json["condvars"][1]["made"], json!(MADE));
}

#[test]
fn the_text_has_names_without_what_steers_a_terminal() {
    let text = report(|_| ()).to_string();
    for part in [
        "\n  first 0x1000 ",
        "\n  second\\u{1b}[2J 0x1000 ",
        "\n    made at src/bank.rs:3:9",
        "\n  filled 0x1040 ",
        "\n  0x1040 ",
    ] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
    assert!(!text.contains('\u{1b}'));
}

#[test]
fn a_deadlock_names_what_the_addresses_meant_in_the_end() {
    let edge =
        |thread, waits| DeadlockEdge::new(thread, Some(HeldLock::new(LOCK, TAKEN, Mode::Exclusive)), waits);
    let wait_lock = Waits::Lock {
        lock: LOCK,
        site: TAKEN,
        mode: Mode::Exclusive,
    };
    let wait_condvar = Waits::Condvar {
        condvar: CONDVAR,
        site: TAKEN,
    };
    let report = report(|writer| {
        writer.define_lock(CONDVAR, 55, MADE, Some("late"));
        writer.deadlock(&Deadlock::new(vec![edge(0, wait_lock), edge(1, wait_condvar)]));
    });
    let text = report.deadlocks.findings[0].to_string();
    for part in [
        "holds lock second\\u{1b}[2J 0x1000\n",
        "waits for lock second\\u{1b}[2J 0x1000\n",
        "waits for condition variable late 0x1040\n",
        "\n  second\\u{1b}[2J 0x1000 was made at src/bank.rs:3:9\n",
        "\n  late 0x1040 was made at src/bank.rs:3:9\n",
    ] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
    assert_eq!(text.matches("was made at").count(), 2, "{text}");
    let json = serde_json::to_value(Document::of(&report)).unwrap();
    let edges = &json["deadlocks"]["findings"][0]["edges"];
    for (part, key, id, name) in [
        (&edges[0]["holds"], "lock", LOCK, "second\u{1b}[2J"),
        (&edges[0]["waits"], "lock", LOCK, "second\u{1b}[2J"),
        (&edges[1]["waits"], "condvar", CONDVAR, "late"),
    ] {
        assert_eq!((&part[key], &part["name"]), (&json!(id), &json!(name)));
        assert_eq!(part["made"], json!(MADE));
    }
}

/// Two threads; the first lock at the address is held by a forgotten guard when another one comes to stand there, made at
/// the same place and of the same name.
fn two_lives() -> Vec<Event> {
    let mode = Mode::Exclusive;
    let request = |contended| EventKind::Request {
        lock: LOCK,
        site: TAKEN,
        contended,
        mode,
    };
    let acquire = EventKind::Acquire {
        lock: LOCK,
        site: TAKEN,
        op: AcquireOp::Blocking,
        mode,
    };
    let release = EventKind::Release { lock: LOCK, mode };
    let begins = |instance| EventKind::Instance { lock: LOCK, instance };
    let ends = |instance| EventKind::InstanceEnd { lock: LOCK, instance };
    let (address, timed) = (0x9000, false);
    let how = AwakeKind::Woken;
    [
        (1, 0, EventKind::Start),
        (2, 0, EventKind::Fork { child: 1 }),
        (3, 1, EventKind::Start),
        (10, 0, begins(1)),
        (11, 0, request(false)),
        (12, 0, acquire),
        (20, 0, begins(2)),
        (21, 0, request(false)),
        (22, 0, acquire),
        (30, 1, request(true)),
        (31, 1, EventKind::Sleep { address, timed }),
        (35, 0, ends(1)),
        (40, 0, release),
        (41, 0, EventKind::Waken { address, count: 1 }),
        (42, 1, EventKind::Awake { address, how }),
        (50, 1, acquire),
        (51, 1, release),
        (60, 0, EventKind::Unknown { kind: 99 }),
    ]
    .map(|(time, thread, kind)| Event::new(time, thread, kind))
    .to_vec()
}

#[test]
fn two_lives_of_one_address_are_two_locks() {
    let bytes = written(&two_lives(), |writer| {
        writer.define_lock(LOCK, 10, 0, Some("both"));
    });
    let report = Report::of(&Trace::read(&bytes[..]).unwrap());
    assert!(report.violations.is_empty(), "{:?}", report.violations);
    let [second, first] = &report.locks[..] else {
        panic!("{:?}", report.locks)
    };
    for lock in [first, second] {
        assert_eq!(lock.origin.name.as_deref(), Some("both"));
        assert!(lock.held_at_end.is_none(), "the first is no more");
    }
    assert_eq!((first.total.acquisitions, first.total.contended), (1, 0));
    let total = &second.total;
    assert_eq!((total.acquisitions, total.contended, total.wait_ns), (2, 1, 20));
    let warnings = report.warnings.join("\n");
    assert!(warnings.contains("skipped 1 events of kind 99"), "{warnings}");
}

#[test]
fn without_instances_the_two_are_one_and_the_report_doubts_it() {
    let known = |event: &Event| !matches!(event.kind, EventKind::Instance { .. });
    let events: Vec<Event> = two_lives().into_iter().filter(known).collect();
    let report = Report::of(&Trace::read(&written(&events, |_| ())[..]).unwrap());
    assert_eq!((report.locks.len(), report.violations.len()), (1, 1));
}

#[test]
fn a_lock_that_moves_stays_one_and_is_known_by_its_last_address() {
    let mode = Mode::Exclusive;
    let used = |lock, start: u64| {
        let (op, site, instance) = (AcquireOp::Try, TAKEN, 4);
        [
            EventKind::Instance { lock, instance },
            EventKind::Acquire { lock, site, op, mode },
            EventKind::Release { lock, mode },
        ]
        .into_iter()
        .zip(start..)
        .map(|(kind, time)| Event::new(time, 0, kind))
    };
    let start = std::iter::once(Event::new(1, 0, EventKind::Start));
    let events: Vec<Event> = start
        .chain(
            [(LOCK, 10), (CONDVAR, 20), (LOCK, 30), (CONDVAR, 40)]
                .into_iter()
                .flat_map(|(at, time)| used(at, time)),
        )
        .collect();
    let bytes = written(&events, |writer| {
        writer.define_lock(LOCK, 10, 0, Some("moves"));
        writer.define_lock(CONDVAR, 20, 0, Some("moves"));
    });
    let report = Report::of(&Trace::read(&bytes[..]).unwrap());
    assert!(report.violations.is_empty(), "{:?}", report.violations);
    let [lock] = &report.locks[..] else {
        panic!("{:?}", report.locks)
    };
    assert_eq!((lock.origin.address, lock.total.acquisitions), (CONDVAR, 4));
    assert_eq!(lock.origin.name.as_deref(), Some("moves"));
}
