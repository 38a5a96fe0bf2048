//! The table for a person.

use crate::report::{Figure, Report, Target};

/// The head of a group.
pub(crate) fn group(first: &Figure) -> String {
    format!(
        "\n{:<50} {:>9} {:>9} {:>15} {:>7} {:>15}  {:>21}  {}",
        first.group, "ours", "peer", "processor", "ratio", "least..most", "target", "pass"
    )
}

/// A row.
pub(crate) fn row(figure: &Figure) -> String {
    let peer = figure.peer.map_or(String::new(), |peer| number(peer.median));
    let processor = match (figure.ours_cpu, figure.peer_cpu) {
        (Some(ours), Some(peer)) => format!("{} / {}", number(ours), number(peer)),
        (Some(ours), None) => number(ours),
        _ => String::new(),
    };
    let (ratio, spread) = figure.ratio.map_or_else(Default::default, |ratio| {
        (
            format!("{:.2}", ratio.median),
            format!("{:.2}..{:.2}", ratio.least, ratio.most),
        )
    });
    let pass = match figure.pass {
        Some(true) => "yes",
        Some(false) => "MISSED",
        None => "",
    };
    let target = target(figure);
    let name = format!("  {} [{}]", figure.name, figure.unit);
    let ours = number(figure.ours.median);
    format!("{name:<50} {ours:>9} {peer:>9} {processor:>15} {ratio:>7} {spread:>15}  {target:>21}  {pass}")
}

/// What it may be, and for a difference what it is.
fn target(figure: &Figure) -> String {
    match (figure.target, figure.difference) {
        (
            Some(Target {
                of: "difference",
                at_most,
            }),
            Some(is),
        ) => {
            format!("added {} <= {}", number(is.median), at_most)
        }
        (Some(Target { of, at_most }), _) => format!("{of} <= {at_most}"),
        (None, _) => String::new(),
    }
}

fn number(value: f64) -> String {
    if value.abs() < 100.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.0}")
    }
}

/// What is to say in the end.
pub(crate) fn summary(report: &Report) -> String {
    let targets = report.rows.iter().filter(|row| row.pass.is_some()).count();
    let missed = report.missed();
    format!(
        "\n{} of {targets} targets met, {missed} missed; medians of turns",
        targets - missed
    )
}
