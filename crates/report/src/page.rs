//! The page as a whole: [`Page`]. What it looks like and does stands in `page/`; here its data come together.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use threadlink_analysis::{Report, Sentence, Topic};
use threadlink_trace::Trace;

use crate::base64;
use crate::excerpts::Source;
use crate::json::{List, Object, json};
use crate::names::{Names, cut};
use crate::order::Order;
use crate::timeline::Timeline;
use crate::walk::{Held, Listener, Locks, Span, walk};
use crate::{findings, tables};

const TEMPLATE: &str = include_str!("../page/page.html");
const STYLE: &str = include_str!("../page/page.css");
/// One script, as a module has its own names only together.
const SCRIPT: &[&str] = &[
    include_str!("../page/data.js"),
    include_str!("../page/elements.js"),
    include_str!("../page/verdict.js"),
    include_str!("../page/findings.js"),
    include_str!("../page/tables.js"),
    include_str!("../page/order.js"),
    include_str!("../page/spans.js"),
    include_str!("../page/timeline.js"),
    include_str!("../page/main.js"),
];

/// Bytes of all excerpts together.
const EXCERPT_BYTES: usize = 200 << 10;
/// Warnings, and what cannot have happened, in bytes.
const WARNING_BYTES: usize = 30 << 10;

/// What a page needs to know besides the trace.
///
/// # Examples
/// ```
/// use threadlink_report::PageOptions;
///
/// let options = PageOptions::new("run.trace").with_source(".");
/// assert_eq!(options.title, "run.trace");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct PageOptions {
    /// What the page is called.
    pub title: String,
    /// The folder below which source may be read; `None` to read none.
    pub source: Option<PathBuf>,
}

impl PageOptions {
    /// A page of this name, without source.
    ///
    /// # Examples
    /// ```
    /// assert_eq!(threadlink_report::PageOptions::new("a").source, None);
    /// ```
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            source: None,
        }
    }

    /// With the lines around the places of findings and of the busiest locks, where they are Rust source below this folder.
    ///
    /// # Examples
    /// ```
    /// let options = threadlink_report::PageOptions::new("a").with_source("src");
    /// assert!(options.source.is_some_and(|path| path.ends_with("src")));
    /// ```
    #[must_use]
    pub fn with_source(mut self, folder: impl AsRef<Path>) -> Self {
        self.source = Some(folder.as_ref().to_owned());
        self
    }
}

/// A report as one page of HTML: it has all that it needs in it and asks no network for anything.
///
/// # Examples
/// ```
/// use threadlink_analysis::Report;
/// use threadlink_report::{Page, PageOptions};
/// use threadlink_trace::{EventKind, Trace, TraceWriter};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("run.trace");
/// let writer = TraceWriter::create(&path)?;
/// writer.recorder(0).record(7, EventKind::Start);
/// writer.finish()?;
///
/// let trace = Trace::open(&path)?;
/// let page = Page::of(&trace, &Report::of(&trace), &PageOptions::new("run.trace"));
/// assert!(page.as_str().starts_with("<!doctype html>"));
/// assert!(page.as_str().len() <= Page::MOST_BYTES);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page(String);

impl Page {
    /// No page is larger, whatever the trace: what there is no room for is counted on it.
    pub const MOST_BYTES: usize = 4 << 20;

    /// The page on a trace and the report on it.
    ///
    /// # Examples
    /// ```no_run
    /// use threadlink_analysis::Report;
    /// use threadlink_report::{Page, PageOptions};
    /// use threadlink_trace::Trace;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let trace = Trace::open("run.trace")?;
    /// let options = PageOptions::new("run.trace").with_source(".");
    /// std::fs::write("report.html", Page::of(&trace, &Report::of(&trace), &options).as_str())?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn of(trace: &Trace, report: &Report, options: &PageOptions) -> Page {
        let script = format!("\"use strict\";\n(() => {{\n{}}})();\n", SCRIPT.concat());
        let data = data(trace, report, options);
        let parts = [
            ("{{script-hash}}", hash(&script)),
            ("{{style-hash}}", hash(STYLE)),
            ("{{style}}", STYLE.to_owned()),
            ("{{data}}", data),
            ("{{script}}", script),
        ];
        // From one mark to the next: nothing is looked for in what was put in.
        let mut html = String::new();
        let mut rest = TEMPLATE;
        for (mark, part) in parts {
            let (before, behind) = rest
                .split_once(mark)
                .expect("the template has each mark, in this order");
            html.push_str(before);
            html.push_str(&part);
            rest = behind;
        }
        html.push_str(rest);
        Page(html)
    }

    /// The page's text.
    ///
    /// # Examples
    /// ```
    /// # fn show(page: &threadlink_report::Page) {
    /// println!("{} bytes", page.as_str().len());
    /// # }
    /// ```
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a policy names a script or a style by.
fn hash(text: &str) -> String {
    format!("'sha256-{}'", base64::encode(&Sha256::digest(text)))
}

struct Parts<'a> {
    timeline: Timeline<'a>,
    order: Order<'a>,
}

impl<'a> Listener<'a> for Parts<'a> {
    fn span(&mut self, locks: &Locks<'a>, span: Span) {
        self.timeline.add(locks, span);
    }

    fn nested(&mut self, locks: &Locks<'a>, held: Held, taken: Held) {
        self.order.add(locks, held, taken);
    }
}

fn data(trace: &Trace, report: &Report, options: &PageOptions) -> String {
    let mut parts = Parts {
        timeline: Timeline::new(trace, report),
        order: Order::new(trace),
    };
    let locks = walk(trace, report.duration_ns, &mut parts);
    let mut names = Names::new(trace);
    let findings = findings::write(report, &mut names);
    let order = parts.order.write(report, &locks, &mut names);
    let table = tables::locks(report, &mut names);
    let groups = tables::groups(report, &mut names);
    let threads = tables::threads(report, &mut names);
    let condvars = tables::condvars(report, &mut names);
    // In the order in which the page names them: those of the findings first.
    let spots = names.spots();
    let timeline = parts.timeline.write(&locks, &mut names);
    let mut source = Source::below(options.source.as_deref());
    let mut excerpts = List::of_at_most(EXCERPT_BYTES);
    for (place, spot) in &spots {
        if excerpts.is_full() {
            break;
        }
        source.add(&mut excerpts, *place, spot);
    }
    let mut warnings = List::of_at_most(WARNING_BYTES);
    for warning in &report.warnings {
        warnings.push(warning);
    }
    let verdict: Vec<[String; 2]> = report.verdict().into_iter().map(told).collect();
    let run = Object::default()
        .value("title", &cut(&options.title, true))
        .value("events", &report.events)
        .value("threads", &report.threads)
        .value("died", &report.died)
        .value("duration", &report.duration_ns)
        .value("truncated", &report.truncated)
        .value("tool", &env!("CARGO_PKG_VERSION"))
        .end();
    let page = Object::default()
        .part("run", &run)
        .value("verdict", &verdict)
        .part("findings", &findings)
        .part("order", &order)
        .part("locks", &table)
        .part("groups", &groups)
        .part("threads", &threads)
        .part("condvars", &condvars)
        .part("timeline", &timeline)
        .part("excerpts", &excerpts.items())
        .part("warnings", &warnings.counted())
        .part("source", &json(&options.source.is_some()));
    names.write(page).end()
}

/// What a sentence is about, as far as it matters to the page, and what it says.
fn told(sentence: Sentence) -> [String; 2] {
    let topic = match sentence.topic {
        Topic::Deadlock => "actual",
        Topic::Died => "died",
        Topic::Predicted => "predicted",
        Topic::Inversion => "inversion",
        Topic::Trace => "trace",
        _ => "",
    };
    [topic.to_owned(), sentence.text]
}
