//! The page of `threadlink report` in a browser: it shows what the trace tells, obeys mouse and keyboard, asks for nothing, and
//! whatever the trace calls things is text.

use std::fs;

use browser::{run_script, traces};
use threadlink_analysis::Report;
use threadlink_report::{Page, PageOptions};
use threadlink_trace::Trace;

/// Looks at the page of a trace by the checks of this name.
fn looked_at(checks: &str, trace: &Trace, with_source: bool) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut options = PageOptions::new(format!("{checks}.trace"));
    if with_source {
        let lines: Vec<String> = (1..=20)
            .map(|line| format!("    let line = {line}; // <b>"))
            .collect();
        fs::create_dir(folder.path().join("src")).expect("a folder");
        fs::write(folder.path().join("src/transfer.rs"), lines.join("\n")).expect("a file");
        options = options.with_source(folder.path());
    }
    let page = Page::of(trace, &Report::of(trace), &options);
    assert!(
        page.as_str().len() <= Page::MOST_BYTES,
        "{} bytes",
        page.as_str().len()
    );
    let path = folder.path().join("report.html");
    fs::write(&path, page.as_str()).expect("a page");
    if let Some(kept) = std::env::var_os("THREADLINK_KEEP_PAGES") {
        let kept = std::path::Path::new(&kept).join(format!("{checks}.html"));
        fs::copy(&path, kept).expect("a copy");
    }
    run_script("report.mjs", &[checks, path.to_str().expect("a name in UTF-8")]);
}

#[test]
fn a_page_shows_the_run_and_obeys_mouse_and_keyboard() {
    looked_at("sample", &traces::sample(), true);
}

#[test]
fn whatever_a_trace_calls_things_is_text() {
    looked_at("hostile", &traces::hostile(), true);
}

#[test]
fn a_million_events_stay_within_budgets() {
    let trace = traces::large(1_000_000);
    assert!(trace.event_count() > 999_000);
    looked_at("large", &trace, false);
}
