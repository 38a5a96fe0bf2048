//! The text of a report: that of real runs, word for word; its verdict; what is selected; and how long and wide it is.

use threadlink_analysis::{Report, Style, Topic};
use threadlink_trace::testing::written;
use threadlink_trace::{AcquireOp, EndKind, Event, EventKind, Mode, Trace, TraceWriter};

const MODE: Mode = Mode::Exclusive;

fn golden(name: &str) -> (Report, String) {
    let path = |ending: &str| format!("{}/tests/golden/{name}.{ending}", env!("CARGO_MANIFEST_DIR"));
    let report = Report::of(&Trace::open(path("trace")).unwrap());
    let text = report.to_string();
    // To write them anew after a change that is meant: GOLDEN=1, and look at the difference.
    if std::env::var_os("GOLDEN").is_some() {
        std::fs::write(path("txt"), &text).unwrap();
    }
    (report, std::fs::read_to_string(path("txt")).unwrap())
}

/// Recorded once with the examples of these names; `bank` has the first part of its run.
#[test]
fn the_texts_of_three_runs_are_what_they_were() {
    for name in ["bank", "deadlock", "pipeline"] {
        let (report, expected) = golden(name);
        assert_eq!(report.to_string(), expected, "{name}");
        assert!(report.verdict().len() <= 10);
    }
}

fn topics(report: &Report) -> Vec<Topic> {
    report.verdict().iter().map(|sentence| sentence.topic).collect()
}

/// The run that the trace of these events tells of; thread 0 is "main", and lock 0x10 is called with what could steer a terminal.
fn report(events: &[(u64, u32, EventKind)]) -> Report {
    let events: Vec<Event> = events
        .iter()
        .map(|&(time, thread, kind)| Event::new(time, thread, kind))
        .collect();
    let define = |writer: &TraceWriter| {
        writer.define_thread(0, Some("main"), None);
        writer.define_thread(1, Some("worker\x1b[2J"), Some(0));
        writer.define_site(7, "src/main.rs", 12, 20);
        writer.define_site(8, "src/main.rs", 13, 20);
        writer.define_lock(0x10, 0, 0, Some("Bank.journal\n"));
        writer.define_lock(0x20, 0, 0, Some("Bank.audit"));
    };
    Report::of(&Trace::read(&written(&events, define)[..]).unwrap())
}

fn get(lock: u32, site: u32) -> EventKind {
    let op = AcquireOp::Try;
    EventKind::Acquire {
        lock,
        site,
        op,
        mode: MODE,
    }
}

fn waited(lock: u32, site: u32) -> [EventKind; 2] {
    let (mode, op, contended) = (MODE, AcquireOp::Blocking, true);
    [
        EventKind::Request {
            lock,
            site,
            contended,
            mode,
        },
        EventKind::Acquire { lock, site, op, mode },
    ]
}

fn leave(lock: u32) -> EventKind {
    EventKind::Release { lock, mode: MODE }
}

fn contended_run() -> Report {
    let [request, acquire] = waited(0x10, 8);
    report(&[
        (0, 0, EventKind::Start),
        (1, 0, EventKind::Fork { child: 1 }),
        (10, 1, EventKind::Start),
        (20, 0, get(0x10, 7)),
        (30, 1, request),
        (170, 0, leave(0x10)),
        (175, 1, acquire),
        (180, 1, leave(0x10)),
        (190, 0, get(0x20, 7)),
        (195, 0, leave(0x20)),
        (
            200,
            0,
            EventKind::End {
                how: EndKind::Returned,
            },
        ),
        (210, 1, EventKind::End { how: EndKind::Died }),
    ])
}

#[test]
fn the_verdict_tells_what_happened_and_what_costs_most() {
    let report = contended_run();
    let verdict: Vec<String> = report.verdict().iter().map(ToString::to_string).collect();
    assert_eq!(
        verdict,
        [
            "1 of 2 threads died: 'worker\\u{1b}[2J'.",
            "Bank.journal\\n was held 155 ns of 210 ns; one thread waited 72 % of its time for it; the longest hold, 150 ns, began \
             at src/main.rs:12:20.",
            "Of their time, all 2 threads ran 64 % and waited 36 % for locks.",
            "Next: why they died, which the program's own messages tell.",
        ]
    );
    assert_eq!(
        topics(&report),
        [Topic::Died, Topic::Cost, Topic::Time, Topic::Next]
    );
    assert!(!report.to_string().contains(|c: char| c.is_control() && c != '\n'));
}

#[test]
fn a_run_where_nothing_is_wrong_says_so() {
    let report = report(&[
        (0, 0, EventKind::Start),
        (20, 0, get(0x10, 7)),
        (30, 0, leave(0x10)),
        (
            40,
            0,
            EventKind::End {
                how: EndKind::Returned,
            },
        ),
    ]);
    let text = report.to_string();
    assert!(
        text.starts_with(
            "Nothing is wrong: no thread died, no deadlock happened, and none was found that could have.\n\
             No thread waited for the only lock.\n\n2 threads, 1 lock"
        ),
        "{text}"
    );
}

#[test]
fn what_could_happen_is_told_with_the_order_of_both() {
    let mut events = vec![(0, 0, EventKind::Start), (1, 0, EventKind::Fork { child: 1 })];
    events.push((2, 1, EventKind::Start));
    for (start, thread, first, second) in [(10, 0, 0x10, 0x20), (100, 1, 0x20, 0x10)] {
        let times = start..;
        let kinds = [get(first, 7), get(second, 8), leave(second), leave(first)];
        let kinds = kinds.map(|kind| match kind {
            EventKind::Acquire { lock, site, .. } => waited(lock, site).to_vec(),
            other => vec![other],
        });
        events.extend(times.zip(kinds.concat()).map(|(time, kind)| (time, thread, kind)));
    }
    let report = report(&events);
    let verdict = report.verdict();
    assert_eq!(verdict[0].topic, Topic::Predicted, "{verdict:?}");
    assert_eq!(
        verdict[0].text,
        "On another schedule the same run deadlocks: 'main' takes Bank.audit at src/main.rs:13:20 while it holds Bank.journal\\n \
         and 'worker\\u{1b}[2J' takes Bank.journal\\n at src/main.rs:13:20 while it holds Bank.audit."
    );
    assert!(topics(&report).contains(&Topic::Next));
}

#[test]
fn a_lock_or_a_thread_can_be_looked_at_alone() {
    let report = contended_run();
    let with = |lock: Option<&str>, thread: Option<&str>| {
        let mut style = Style::default();
        (style.lock, style.thread) = (lock.map(str::to_owned), thread.map(str::to_owned));
        report.text(&style)
    };
    let journal = with(Some("journal"), None).unwrap();
    assert!(
        journal.contains("Bank.journal\\n 0x10") && !journal.contains("audit"),
        "{journal}"
    );
    assert!(!journal.contains("Threads, "), "{journal}");
    let address = with(Some("0x20"), None).unwrap();
    assert!(
        address.contains("Bank.audit 0x20") && !address.contains("journal"),
        "{address}"
    );
    let worker = with(None, Some("work")).unwrap();
    assert!(
        worker.contains("  thread 1 \"worker") && !worker.contains("  thread 0 \"main\""),
        "{worker}"
    );
    assert!(
        worker.contains("Bank.journal") && !worker.contains("Bank.audit"),
        "{worker}"
    );
    assert_eq!(worker, with(None, Some("1")).unwrap());
    let missing = with(Some("Bank.jurnal"), None).unwrap_err();
    assert_eq!(
        missing.to_string(),
        "no lock has \"Bank.jurnal\" in its name; near that are: Bank.journal\\n, Bank.audit"
    );
    let missing = with(None, Some("mian")).unwrap_err();
    assert!(
        missing
            .to_string()
            .starts_with("no thread has \"mian\" in its name; near that are: main"),
        "{missing}"
    );
}

#[test]
fn colours_are_around_whole_lines_and_only_where_they_are_wanted() {
    let report = contended_run();
    let mut style = Style::default();
    assert_eq!(report.text(&style).unwrap(), report.to_string());
    style.colors = true;
    let painted = report.text(&style).unwrap();
    assert!(painted.contains("\x1b[1;31m1 of 2 threads died"), "{painted}");
    let mut plain = painted;
    for code in ["1", "1;31", "33", "0"] {
        plain = plain.replace(&format!("\x1b[{code}m"), "");
    }
    assert_eq!(plain, report.to_string());
}

/// As much of everything as goes: a million events are not needed for that, as locks, threads and findings are what has lines.
#[test]
fn a_report_has_less_than_a_hundred_lines_however_much_there_is() {
    let file = |number: u32| format!("crates/with/a/long/name/number/{number}/src/lib.rs");
    let mut events = Vec::new();
    let threads = 300u32;
    for thread in 0..threads {
        let start = u64::from(thread) * 1_000;
        events.push((start, thread, EventKind::Start));
        // In one order by the even ones, in the other by the odd ones; each pair twice is another lock.
        let pair = 4 * (thread / 2);
        let (first, second) = if thread % 2 == 0 {
            (pair, pair + 1)
        } else {
            (pair + 1, pair)
        };
        let kinds = [waited(first, pair), waited(second, pair + 1)].concat();
        let times = start + 1..;
        events.extend(times.zip(kinds).map(|(time, kind)| (time, thread, kind)));
        events.push((start + 10, thread, leave(second)));
        events.push((start + 11, thread, leave(first)));
        let (condvar, site, timed) = (100_000 + thread, 1, false);
        events.push((start + 12, thread, get(pair + 2, pair + 2)));
        let mutex = pair + 2;
        events.push((
            start + 13,
            thread,
            EventKind::Wait {
                condvar,
                mutex,
                site,
                timed,
            },
        ));
        events.push((start + 14, thread, leave(mutex)));
    }
    let events: Vec<Event> = events
        .into_iter()
        .map(|(time, thread, kind)| Event::new(time, thread, kind))
        .collect();
    let bytes = written(&events, |writer| {
        for thread in 0..threads {
            writer.define_thread(thread, Some(&"name".repeat(20)), None);
        }
        for site in 0..700 {
            writer.define_site(site, &file(site), site, 1);
            writer.define_lock(site, 0, site, Some(&format!("lock {site}")));
        }
    });
    let report = Report::of(&Trace::read(&bytes[..]).unwrap());
    assert!(report.deadlocks.findings.len() > 100 && report.locks.len() > 400);
    let text = report.to_string();
    assert!(
        text.lines().count() < 100,
        "{} lines:\n{text}",
        text.lines().count()
    );
    assert!(text.contains(" more: --top, --lock, --thread, or --json for all)"));
    assert!(report.verdict().len() <= 10);
    let mut style = Style::default();
    style.top = Some(2);
    let two = report.text(&style).unwrap();
    assert!(two.contains("(and 298 more: --top"), "{two}");
    // Tables go into the width.
    for width in [60, 80, 120, 200] {
        style.width = width;
        let text = report.text(&style).unwrap();
        let table = text
            .lines()
            .skip_while(|line| !line.starts_with("Threads, "))
            .skip(1);
        let table: Vec<&str> = table.take(3).collect();
        assert!(
            table.iter().all(|line| line.chars().count() <= width),
            "{width}: {table:#?}"
        );
    }
}

#[test]
fn holds_that_the_clock_does_not_tell_apart_are_said_to_be_so() {
    let run = |hold: u64| {
        let mode = Mode::Exclusive;
        let (lock, site, op) = (0x10, 7, AcquireOp::Try);
        let mut events = vec![(1, 0, EventKind::Start)];
        for round in 1..=10 {
            let time = round * 1_000_000;
            events.push((time, 0, EventKind::Acquire { lock, site, op, mode }));
            events.push((time + hold, 0, EventKind::Release { lock, mode }));
        }
        report(&events).to_string()
    };
    assert!(run(2).contains("(holds of 2 ns are shorter than the millisecond"));
    assert!(!run(200).contains("holds of 2 ns"));
}
