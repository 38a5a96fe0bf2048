//! Runs of which it is known what could have become of them, as STD texts: candidates, proven ones, findings.

use serde_json::{Value, json};
use threadlink_analysis::{Document, FindingKind, Report};
use threadlink_export::read_std;

/// What an event of a script is: `+A` takes, `-A` releases, `?A` asks, `f1` forks, `j1` joins, `w`/`r` a variable.
fn std(script: &[(u32, &str)]) -> String {
    let mut text = String::new();
    for (line, (thread, events)) in script.iter().enumerate() {
        for (column, event) in events.split_whitespace().enumerate() {
            let (op, what) = event.split_at(1);
            let call = match op {
                "+" => format!("acq({what})"),
                "-" => format!("rel({what})"),
                "?" => format!("req({what})"),
                "f" => format!("fork(T{what})"),
                "j" => format!("join(T{what})"),
                other => format!("{other}({what})"),
            };
            text += &format!("T{thread}|{call}|{}\n", line * 100 + column + 1);
        }
    }
    text
}

fn report(script: &[(u32, &str)]) -> Report {
    Report::of(&read_std(std(script).as_bytes()).unwrap())
}

fn counts(script: &[(u32, &str)]) -> (u64, u64) {
    let report = report(script);
    assert_eq!(report.violations, []);
    (report.deadlocks.candidates, report.deadlocks.predicted)
}

#[test]
fn the_table_of_known_runs() {
    let philosopher =
        |thread: u32, first: u32, second: u32| (thread, format!("+f{first} +f{second} -f{second} -f{first}"));
    assert_eq!(counts(&[(1, "+A +B -B -A"), (2, "+B +A -A -B")]), (1, 1));
    assert_eq!(
        counts(&[(1, "?A +A ?B +B -B -A"), (2, "?B +B ?A +A -A -B")]),
        (1, 1)
    );
    for size in [2, 3, 5] {
        let circle: Vec<(u32, String)> = (0..size).map(|at| philosopher(at, at, (at + 1) % size)).collect();
        let circle: Vec<(u32, &str)> = circle
            .iter()
            .map(|(thread, events)| (*thread, events.as_str()))
            .collect();
        assert_eq!(counts(&circle), (1, 1), "{size}");
        let ordered: Vec<(u32, String)> = (0..size)
            .map(|at| philosopher(at, at.min((at + 1) % size), at.max((at + 1) % size)))
            .collect();
        let ordered: Vec<(u32, &str)> = ordered
            .iter()
            .map(|(thread, events)| (*thread, events.as_str()))
            .collect();
        assert_eq!(counts(&ordered), (0, 0), "{size}");
    }
    let gate = [(1, "+z +y +x -x -y -z"), (2, "+z +x +y -y -x -z")];
    assert_eq!(counts(&gate), (0, 0));
    assert_eq!(counts(&[(1, "+A +B -B -A +B +A -A -B")]), (0, 0));
    let fork_join_fork = [
        (0, "f1"),
        (1, "+A +B -B -A"),
        (0, "j1 f2"),
        (2, "+B +A -A -B"),
        (0, "j2"),
    ];
    assert_eq!(counts(&fork_join_fork), (1, 0));
    let pick_lock = [(1, "+1 +2 -2 +3 +4 -4 -3 -1"), (2, "+2 +1 -1 +4 +3 -3 -4 -2")];
    assert_eq!(counts(&pick_lock), (2, 1));
    let bensalem = [
        (0, "f1 f2"),
        (1, "+G +L1 +L2 -L2 -L1 -G f3"),
        (3, "+L1 +L2 -L2 -L1"),
        (1, "j3 +L2 +L1 -L1 -L2"),
        (2, "+G +L2 +L1 -L1 -L2 -G"),
    ];
    assert_eq!(counts(&bensalem), (2, 1));
}

#[test]
fn what_a_write_tells_a_read_is_an_order() {
    let told = [(1, "+A +B -B -A wx"), (2, "rx +B +A -A -B")];
    assert_eq!(counts(&told), (1, 0));
    let untold = [(1, "+A +B -B -A wx"), (2, "ry +B +A -A -B")];
    assert_eq!(counts(&untold), (1, 1));
}

#[test]
fn one_mistake_is_one_finding() {
    // The same places in six threads, and one thread with the other order.
    let text: String = (1..=6)
        .map(|thread| {
            format!("T{thread}|acq(A)|1\nT{thread}|acq(B)|2\nT{thread}|rel(B)|3\nT{thread}|rel(A)|4\n")
        })
        .chain(["T7|acq(B)|5\nT7|acq(A)|6\nT7|rel(A)|7\nT7|rel(B)|8\n".to_owned()])
        .collect();
    let report = Report::of(&read_std(text.as_bytes()).unwrap());
    let [finding] = &report.deadlocks.findings[..] else {
        panic!("{:?}", report.deadlocks)
    };
    assert_eq!(finding.kind, FindingKind::Predicted);
    assert_eq!((finding.candidates, finding.predicted), (6, 6));
    let text = report.to_string();
    for part in [
        "thread 'T7' (id 6)",
        "holds lock A 0x1, taken at location:1:1",
        "takes lock B 0x2 at location:2:1",
        "holds lock B 0x2, taken at location:5:1",
        "takes lock A 0x1 at location:6:1",
        "modulo lock, fork and join events",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
}

#[test]
fn a_run_that_is_cut_off_predicts_what_its_part_tells() {
    assert_eq!(counts(&[(1, "+A +B -B -A"), (2, "+B +A")]), (1, 1));
    // The section of C that the second one has to come after has no end.
    let cut = [(1, "+A +B -B -A +C"), (2, "+B +A -A -B")];
    assert_eq!(counts(&cut), (1, 1));
}

#[test]
fn a_line_that_is_no_event_is_named() {
    for (text, part) in [
        ("T0|acq(A)|1\nT0 acq(A)\n", "line 2"),
        ("T0|lock(A)|1\n", "`lock` is none of acq"),
        ("T0|acq(A)|here\n", "is no integer"),
        ("T0|acq()|1\n", "is no event"),
    ] {
        let error = read_std(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
    let long = format!("T{}|acq(A)|1\n", "0".repeat(5000));
    assert!(read_std(long.as_bytes()).is_err());
    assert_eq!(report(&[]).locks.len(), 0);
}

fn kinds(script: &[(u32, &str)]) -> Vec<FindingKind> {
    let findings = report(script).deadlocks.findings;
    findings.iter().map(|finding| finding.kind).collect()
}

#[test]
fn more_functions_with_the_same_two_locks_are_one_mistake() {
    use FindingKind::{Inversion, Predicted};
    let forth = "+A +B -B -A";
    let back = "+B +A -A -B";
    let four = [(1, forth), (2, back), (3, forth), (4, back)];
    assert_eq!((counts(&four), kinds(&four)), ((4, 4), vec![Predicted]));
    let found = report(&four);
    let others = found.deadlocks.findings[0].others.len();
    assert_eq!(others, 3, "each pair of functions has its places");
    // They are in the document, with their places.
    let json = serde_json::to_value(Document::of(&found)).unwrap();
    let others = json["deadlocks"]["findings"][0]["others"].as_array().unwrap();
    assert_eq!(others.len(), 3);
    let known: Vec<&Value> = json["places"]
        .as_array()
        .unwrap()
        .iter()
        .map(|place| &place["site"])
        .collect();
    for other in others {
        let edges = other["edges"].as_array().unwrap();
        assert_eq!((edges.len(), &other["more"]), (2, &json!(0)));
        assert!(
            edges.iter().all(
                |edge| known.contains(&&edge["holds"]["site"]) && known.contains(&&edge["waits"]["site"])
            )
        );
    }
    assert!(report(&four).to_string().contains("the same at other places"));
    // Two circles with one side in common are two: to mend the one leaves the other.
    let shared = [(1, forth), (2, back), (3, "+B +C -C -B"), (4, "+C +A -A -C")];
    assert_eq!(
        (counts(&shared), kinds(&shared)),
        ((2, 2), vec![Predicted, Predicted])
    );
    // What is proven and what is not stay apart.
    let bensalem = [
        (0, "f1 f2"),
        (1, "+G +L1 +L2 -L2 -L1 -G f3"),
        (3, "+L1 +L2 -L2 -L1"),
        (1, "j3 +L2 +L1 -L1 -L2"),
        (2, "+G +L2 +L1 -L1 -L2 -G"),
    ];
    assert_eq!(kinds(&bensalem), [Predicted, Inversion]);
}

#[test]
fn a_list_that_is_walked_forth_and_back_is_one_mistake() {
    // The first lock at one place, the others at another one, where each is taken before the one before is released.
    let walk = |thread: u32, order: [char; 4]| {
        let mut text = format!("T{thread}|acq({})|1\n", order[0]);
        for pair in order.windows(2) {
            text += &format!("T{thread}|acq({})|2\nT{thread}|rel({})|3\n", pair[1], pair[0]);
        }
        text + &format!("T{thread}|rel({})|3\n", order[3])
    };
    let of = |other: [char; 4]| {
        let text = walk(1, ['A', 'B', 'C', 'D']) + &walk(2, other);
        let deadlocks = Report::of(&read_std(text.as_bytes()).unwrap()).deadlocks;
        (
            deadlocks.candidates,
            deadlocks.predicted,
            deadlocks.findings.len(),
        )
    };
    assert_eq!(of(['A', 'B', 'C', 'D']), (0, 0, 0));
    assert_eq!(of(['D', 'C', 'B', 'A']), (3, 3, 1));
}

#[test]
fn a_trace_that_ends_in_a_circle_has_an_actual_deadlock() {
    use FindingKind::Actual;
    let two = [(1, "?A +A"), (2, "?B +B ?A"), (1, "?B")];
    assert_eq!((counts(&two), kinds(&two)), ((0, 0), vec![Actual]));
    let report = report(&two).deadlocks.findings[0].to_string();
    assert!(report.contains("2 threads wait for each other"), "{report}");
    let three = [
        (1, "+A"),
        (2, "+B"),
        (3, "+C"),
        (4, "?A"),
        (1, "?B"),
        (2, "?C"),
        (3, "?A"),
    ];
    assert_eq!(kinds(&three), [Actual], "the fourth one waits beside them");
    assert_eq!(kinds(&[(1, "+A"), (2, "?A")]), []);
}
