//! `threadlink report`: the page on a real run. What it looks like and does is tested in `tests/browser`.

use std::fs;
use std::path::Path;

use harness::{Guest, root, run, threadlink};
use serde_json::Value;

/// The data of a page.
fn data(page: &Path) -> Value {
    let text = fs::read_to_string(page).unwrap();
    let (_, data) = text
        .split_once(r#"<script type="application/json" id="data">"#)
        .unwrap();
    serde_json::from_str(data.split_once("</script>").unwrap().0).unwrap()
}

#[test]
fn a_run_becomes_a_page() {
    let module = Guest::package("std-guests")
        .with(&["--std", "threaded", "--bin", "orders", "--panic", "unwind"])
        .traced()
        .build();
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("orders.trace");
    let ran = run(threadlink()
        .arg("run")
        .arg(&module)
        .arg("--trace")
        .arg(&trace)
        .args(["--", "inverse"]));
    assert_eq!(ran.code, 0, "{}", ran.stderr);

    let made = run(threadlink().arg("report").arg(&trace).arg("--source").arg(root()));
    assert_eq!((made.code, made.stdout.as_str()), (0, ""), "{}", made.stderr);
    let page = folder.path().join("orders.html");
    assert!(made.stderr.contains("orders.html"), "{}", made.stderr);
    let told = data(&page);
    assert_eq!(told["run"]["title"], "orders.trace");
    assert_eq!(told["findings"]["list"]["shown"][0]["kind"], "predicted");
    let order = told["order"]["lines"].as_array().unwrap();
    assert!(
        order.len() == 2 && order.iter().all(|line| line["kind"] == "predicted"),
        "{order:?}"
    );
    let excerpts = told["excerpts"].to_string();
    assert!(excerpts.contains("let _b = B.lock()"), "{excerpts}");

    // Elsewhere, and without source.
    let other = folder.path().join("other.html");
    let made = run(threadlink()
        .arg("report")
        .arg(&trace)
        .args(["--no-source", "-o"])
        .arg(&other));
    assert_eq!(made.code, 0, "{}", made.stderr);
    assert_eq!(data(&other)["excerpts"], Value::Array(Vec::new()));
}

#[test]
fn what_cannot_be_reported_on_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace.html");
    fs::write(&trace, "no trace").unwrap();
    let made = run(threadlink().arg("report").arg(&trace));
    assert!(
        made.code == 2 && made.stderr.contains("not a threadlink trace"),
        "{}",
        made.stderr
    );

    let writer = threadlink_trace::TraceWriter::create(&trace).unwrap();
    writer.recorder(0).record(1, threadlink_trace::EventKind::Start);
    writer.finish().unwrap();
    let whole = fs::read(&trace).unwrap();
    let made = run(threadlink().arg("report").arg(&trace));
    assert!(
        made.code == 2 && made.stderr.contains("is the trace"),
        "{}",
        made.stderr
    );
    assert_eq!(fs::read(&trace).unwrap(), whole);

    let made = run(threadlink()
        .arg("report")
        .arg(&trace)
        .args(["--source", "/nowhere/at/all"]));
    assert!(
        made.code == 2 && made.stderr.contains("it is no folder"),
        "{}",
        made.stderr
    );
    let made = run(threadlink()
        .arg("report")
        .arg(&trace)
        .args(["-o", "/nowhere/at/all.html"]));
    assert!(
        made.code == 1 && made.stderr.contains("cannot write the page"),
        "{}",
        made.stderr
    );
}
