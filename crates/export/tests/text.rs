//! The table as text: what a line says, and that all of it can be read again.

mod common;

use proptest::prelude::*;
use serde_json::{Value, json};
use threadlink_export::{write_csv, write_json};
use threadlink_trace::Trace;
use threadlink_trace::testing::simulation::{Run, simulate};
use threadlink_trace::testing::written;

fn csv(trace: &Trace) -> String {
    let mut out = Vec::new();
    write_csv(trace, &mut out).expect("memory takes it");
    String::from_utf8(out).expect("it is text")
}

fn json(trace: &Trace) -> Vec<Value> {
    let mut out = Vec::new();
    write_json(trace, &mut out).expect("memory takes it");
    let text = String::from_utf8(out).expect("it is text");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("each line is JSON"))
        .collect()
}

/// Lines of fields, as RFC 4180 has them.
fn fields(text: &str) -> Vec<Vec<String>> {
    let (mut lines, mut line, mut field, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.next_if_eq(&'"').is_some() => field.push('"'),
            '"' => quoted = !quoted,
            ',' if !quoted => line.push(std::mem::take(&mut field)),
            '\n' if !quoted => {
                line.push(std::mem::take(&mut field));
                lines.push(std::mem::take(&mut line));
            }
            letter => field.push(letter),
        }
    }
    assert!(
        line.is_empty() && field.is_empty() && !quoted,
        "the last line is whole"
    );
    lines
}

#[test]
fn events_have_their_names_places_waits_and_holds() {
    let lines = json(&common::trace());
    assert_eq!(lines.len(), 18);
    let acquire = json!({
        "time_ns": 800, "thread": 1, "thread_name": "a \"worker\", of two", "event": "acquire", "lock": 0,
        "lock_name": "Bank.journal", "lock_made": "src/main.rs:12:20", "address": 0x1000, "place": "src/work,er.rs:3:4",
        "mode": "exclusive", "how": "blocking", "contended": true, "wait_ns": 200,
    });
    assert_eq!(lines[7], acquire);
    let release = json!({
        "time_ns": 700, "thread": 0, "event": "release", "lock": 0, "lock_name": "Bank.journal",
        "lock_made": "src/main.rs:12:20", "address": 0x1000, "place": "src/main.rs:12:20", "mode": "exclusive",
        "hold_ns": 200,
    });
    assert_eq!(lines[6], release);
    // Nobody else had the lock: what recording takes is no wait.
    assert_eq!(
        (&lines[4]["wait_ns"], &lines[4]["contended"]),
        (&json!(0), &json!(false))
    );
    assert_eq!(lines[9].get("wait_ns"), None);
    let [shared, park, join] = [&lines[11], &lines[14], &lines[17]];
    assert_eq!((&shared["hold_ns"], &shared["lock"]), (&json!(200), &json!(1)));
    assert_eq!(
        (&park["wait_ns"], &park["place"]),
        (&json!(200), &json!("src/main.rs:12:20"))
    );
    assert_eq!(
        (&join["wait_ns"], &join["how"], &join["other_thread"]),
        (&json!(200), &json!("failed"), &json!(1))
    );
}

#[test]
fn csv_says_what_json_does() {
    let trace = common::trace();
    let lines = fields(&csv(&trace));
    let (head, lines) = lines.split_first().expect("there is a head");
    assert_eq!(head.len(), 15);
    assert_eq!(lines.len(), 18);
    for (line, object) in lines.iter().zip(json(&trace)) {
        for (name, field) in head.iter().zip(line) {
            let expected = match object.get(name) {
                None => String::new(),
                Some(Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
            };
            assert_eq!(*field, expected, "{name} of {object}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn each_event_is_a_line_that_can_be_read(seed: u64, steps in 1u32..2000, name in "\\PC{0,20}|[\",\r\n=]{1,5}") {
        let events = simulate(Run { seed, steps, equal_times: true });
        let bytes = written(&events, |writer| writer.define_thread(0, Some(&name), None));
        let trace = Trace::read(&bytes[..]).expect("it is a trace");
        let (objects, lines) = (json(&trace), fields(&csv(&trace)));
        prop_assert_eq!((objects.len(), lines.len()), (events.len(), events.len() + 1));
        for ((object, line), event) in objects.iter().zip(&lines[1..]).zip(&events) {
            prop_assert_eq!(&object["time_ns"], event.time);
            prop_assert_eq!(&line[1], &event.thread.to_string());
            prop_assert_eq!(line.len(), 15);
            if event.thread == 0 {
                prop_assert_eq!(&line[2], &name);
            }
        }
    }
}
