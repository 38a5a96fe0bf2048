//! The keys of the JSON document are those that `docs/analysis-json.md` describes.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use threadlink_analysis::{Document, Report};
use threadlink_trace::testing::written;
use threadlink_trace::{
    AcquireOp, Deadlock, DeadlockEdge, EndKind, Event, EventKind, HeldLock, Mode, Trace, Waits,
};

const LOCK: u32 = 0x100;
const OTHER: u32 = 0x180;
const QUEUED: u32 = 0x1c0;
const CONDVAR: u32 = 0x200;
const SITE: u32 = 7;

/// A run that makes every key of the document: a lock with a name that is written and read and waited for, another one,
/// a condition variable, and a deadlock through each kind of wait.
fn everything() -> Value {
    let (exclusive, shared) = (Mode::Exclusive, Mode::Shared);
    let acquire_of = |lock, mode| EventKind::Acquire {
        lock,
        site: SITE,
        op: AcquireOp::Try,
        mode,
    };
    let acquire = |mode| acquire_of(LOCK, mode);
    let notify = EventKind::Notify {
        condvar: CONDVAR,
        site: SITE,
        all: true,
    };
    let wait = EventKind::Wait {
        condvar: CONDVAR,
        mutex: LOCK,
        site: SITE,
        timed: false,
    };
    let request = EventKind::Request {
        lock: LOCK,
        site: SITE,
        contended: true,
        mode: exclusive,
    };
    let release = |mode| EventKind::Release { lock: LOCK, mode };
    let events = [
        (1, 0, EventKind::Start),
        (2, 0, EventKind::Fork { child: 1 }),
        (3, 1, EventKind::Start),
        (4, 0, acquire(shared)),
        (5, 0, release(shared)),
        (6, 0, acquire(exclusive)),
        (7, 0, wait),
        (8, 0, release(exclusive)),
        (9, 1, acquire(exclusive)),
        (10, 2, acquire(shared)),
        (11, 2, acquire_of(OTHER, exclusive)),
        (12, 2, notify),
        (13, 3, request),
        (
            14,
            1,
            EventKind::End {
                how: EndKind::Returned,
            },
        ),
    ];
    let events = events.map(|(time, thread, kind)| Event::new(time, thread, kind));
    let events = [&events[..], &convoy()].concat();
    let lock = |mode| Waits::Lock {
        lock: LOCK,
        site: SITE,
        mode,
    };
    let held = HeldLock::new(LOCK, SITE, exclusive);
    let waits = [
        lock(shared),
        lock(exclusive),
        Waits::Thread {
            thread: 1,
            site: SITE,
        },
        Waits::Condvar {
            condvar: CONDVAR,
            site: SITE,
        },
        Waits::Address {
            address: 0x300,
            site: SITE,
        },
        Waits::Dead,
    ];
    let edges = waits.map(|waits| DeadlockEdge::new(1, Some(held), waits));
    let bytes = written(&events, |writer| {
        writer.define_thread(0, Some("main"), None);
        writer.define_site(SITE, "src/main.rs", 12, 20);
        for lock in [LOCK, OTHER, QUEUED] {
            writer.define_lock(lock, 0, SITE, Some("accounts"));
        }
        writer.define_lock(CONDVAR, 0, SITE, Some("filled"));
        writer.deadlock(&Deadlock::new(edges.to_vec()).and_more(3));
    });
    let report = Report::of(&Trace::read(&bytes[..]).unwrap());
    serde_json::to_value(Document::of(&report)).unwrap()
}

/// Two threads that take a lock from each other again and again, and then one waits for the other with it held.
fn convoy() -> Vec<Event> {
    let (lock, site, mode) = (QUEUED, SITE, Mode::Exclusive);
    let request = EventKind::Request {
        lock,
        site,
        contended: true,
        mode,
    };
    let acquire = EventKind::Acquire {
        lock,
        site,
        op: AcquireOp::Blocking,
        mode,
    };
    let mut events = vec![Event::new(20, 4, acquire)];
    for round in 0..10 {
        let (time, from, to) = (30 + 10 * u64::from(round), 4 + round % 2, 5 - round % 2);
        events.push(Event::new(time, to, request));
        events.push(Event::new(time + 2, from, EventKind::Release { lock, mode }));
        events.push(Event::new(time + 3, to, acquire));
    }
    events.push(Event::new(140, 4, EventKind::JoinRequest { child: 5, site }));
    let how = EndKind::Returned;
    events.push(Event::new(150, 5, EventKind::End { how }));
    events
}

/// The keys of a value and of all in it; an array stands for what is in it.
fn paths(value: &Value, path: &str, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                let path = format!("{path}.{key}");
                paths(value, &path, into);
                into.insert(path);
            }
        }
        Value::Array(array) => array.iter().for_each(|value| paths(value, path, into)),
        _ => {}
    }
}

/// Changes here are changes of the contract: a key that goes needs a new version.
#[test]
fn the_keys_are_those_of_version_3() {
    let place = ["site", "file", "line", "column"];
    let origin = ["name", "made"];
    let figures = [
        "acquisitions",
        "contended",
        "wait_ns",
        "hold_ns",
        "max_wait_ns",
        "max_hold_ns",
        "mean_wait_ns",
        "mean_hold_ns",
    ];
    let sleeps = [
        "waits",
        "timeouts",
        "notify_one",
        "notify_all",
        "wait_ns",
        "max_wait_ns",
        "mean_wait_ns",
    ];
    let end = ["thread", "thread_ended", "site", "since_ns"];
    let mut expected = BTreeSet::new();
    let mut add = |prefix: &str, lists: &[&[&str]]| {
        let keys = lists.iter().copied().flatten();
        expected.extend(keys.map(|key| format!("{prefix}.{key}")));
    };
    add("", &[&["version", "events", "threads", "died", "duration_ns"]]);
    add(
        "",
        &[&[
            "truncated",
            "places",
            "thread_names",
            "thread_times",
            "lock_waits_ns",
            "never_contended",
            "locks",
            "groups",
            "condvars",
            "deadlocks",
            "violations",
            "warnings",
        ]],
    );
    let lists = [
        "writes",
        "reads",
        "sites",
        "held_at_end",
        "read_at_end",
        "waiting_at_end",
    ];
    add(".places", &[&place]);
    add(".thread_names", &[&["thread", "name"]]);
    let times = [
        "thread",
        "first_ns",
        "last_ns",
        "life_ns",
        "running_ns",
        "waiting_share",
        "lock_wait_ns",
        "condvar_wait_ns",
        "address_wait_ns",
        "join_wait_ns",
        "park_wait_ns",
        "ended",
        "died",
    ];
    add(".thread_times", &[&times]);
    let percentiles = ["p50_wait_ns", "p99_wait_ns", "p50_hold_ns", "p99_hold_ns"];
    let held = ["held_ns", "held_share", "wait_share"];
    let contention = [
        "waiters",
        "blame",
        "longest_queue",
        "convoys",
        "held_while_waiting",
    ];
    add(".locks", &[&["id"], &origin, &figures, &lists]);
    add(".locks", &[&percentiles, &held, &contention]);
    add(".locks.waiters", &[&["thread", "waits", "wait_ns"]]);
    add(".locks.blame", &[&["site", "mode", "thread", "blocked_ns"]]);
    add(
        ".locks.convoys",
        &[&["count", "acquisitions", "longest", "time_ns"]],
    );
    let meanwhile = [
        "site",
        "mode",
        "kind",
        "waited_at",
        "waits",
        "wait_ns",
        "max_wait_ns",
    ];
    add(".locks.held_while_waiting", &[&meanwhile]);
    let group = ["locks", "never_contended", "worst"];
    add(".groups", &[&origin, &group, &figures, &percentiles]);
    add(".locks.writes", &[&figures]);
    add(".locks.reads", &[&figures]);
    add(
        ".locks.sites",
        &[&["mode", "blocked_others_ns", "site"], &figures],
    );
    for list in ["held_at_end", "read_at_end", "waiting_at_end"] {
        add(&format!(".locks.{list}"), &[&["mode"], &end]);
    }
    add(
        ".condvars",
        &[&["id", "sites", "waiting_at_end"], &origin, &sleeps],
    );
    add(".condvars.sites", &[&["site"], &sleeps]);
    add(".condvars.waiting_at_end", &[&end]);
    add(".violations", &[&["event", "thread", "time_ns", "problem"]]);
    add(
        ".deadlocks",
        &[&["candidates", "predicted", "findings", "bounds"]],
    );
    add(
        ".deadlocks.findings",
        &[&["kind", "says", "candidates", "predicted", "edges", "more"]],
    );
    add(".deadlocks.findings.edges", &[&["thread", "holds", "waits"]]);
    add(
        ".deadlocks.findings.edges.holds",
        &[&["lock", "mode", "site"], &origin],
    );
    let operands = [
        "kind", "lock", "mode", "condvar", "address", "returned", "thread", "site",
    ];
    add(".deadlocks.findings.edges.waits", &[&operands, &origin]);
    let mut found = BTreeSet::new();
    paths(&everything(), "", &mut found);
    let differ: Vec<_> = found.symmetric_difference(&expected).collect();
    assert!(differ.is_empty(), "{differ:?}");
    assert_eq!(Document::VERSION, 3);
}

#[test]
fn all_keys_and_kinds_stand_in_the_document_that_describes_them() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/analysis-json.md");
    let text = std::fs::read_to_string(path).unwrap();
    // What stands between backticks, the last part of a path.
    let described: BTreeSet<&str> = text
        .split('`')
        .skip(1)
        .step_by(2)
        .filter_map(|code| code.rsplit('.').next())
        .collect();
    let json = everything();
    let mut found = BTreeSet::new();
    paths(&json, "", &mut found);
    let edges = json["deadlocks"]["findings"][0]["edges"].as_array().unwrap();
    let kinds = edges.iter().map(|edge| edge["waits"]["kind"].as_str().unwrap());
    for key in found
        .iter()
        .filter_map(|path| path.rsplit('.').next())
        .chain(kinds)
    {
        assert!(described.contains(key), "{key} is not in {path}");
    }
    assert!(text.contains(&format!("version {}.", Document::VERSION)));
}

#[test]
fn what_threads_wait_for_has_a_kind() {
    let json = everything();
    let waits = |edge: usize| &json["deadlocks"]["findings"][0]["edges"][edge]["waits"];
    let lock = json!({
        "kind": "lock", "lock": LOCK, "mode": "shared", "name": "accounts", "made": SITE, "site": SITE,
    });
    assert_eq!(waits(0), &lock);
    assert_eq!(waits(2), &json!({"kind": "thread", "thread": 1, "site": SITE}));
    let condvar =
        json!({"kind": "condvar", "condvar": CONDVAR, "name": "filled", "made": SITE, "site": SITE});
    assert_eq!(waits(3), &condvar);
    assert_eq!(
        waits(4),
        &json!({"kind": "address", "address": 0x300, "site": SITE})
    );
    assert_eq!(waits(5), &json!({"kind": "dead", "returned": true}));
    assert_eq!(json["deadlocks"]["findings"][0]["more"], json!(3));
    let place = json!({"site": SITE, "file": "src/main.rs", "line": 12, "column": 20});
    assert_eq!(json["places"], json!([place]));
    assert_eq!(json["thread_names"], json!([{"thread": 0, "name": "main"}]));
}
