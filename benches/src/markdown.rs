//! The table for the document.

use std::fmt::Write as _;

use crate::print::{number, target};
use crate::report::Report;

/// All rows, with when and where they were measured.
pub(crate) fn table(report: &Report) -> String {
    let machine = &report.machine;
    let mut text = format!(
        "{}, {} {}, {} processors ({}); medians of {} turns. Written by `cargo xtask bench --markdown`.\n\n\
         | | ours | peer | ratio | least..most | processor: ours, peer | target | met |\n|---|---|---|---|---|---|---|---|\n",
        date(report.made),
        machine.os,
        machine.arch,
        machine.processors,
        machine.processor,
        report.turns
    );
    for row in &report.rows {
        let peer = row.peer.map_or(String::new(), |peer| number(peer.median));
        let (ratio, spread) = row.ratio.map_or_else(Default::default, |ratio| {
            (
                format!("{:.2}", ratio.median),
                format!("{:.2}..{:.2}", ratio.least, ratio.most),
            )
        });
        let processor = [row.ours_cpu, row.peer_cpu].into_iter().flatten().map(number);
        let met = row.pass.map_or("", |pass| if pass { "yes" } else { "**no**" });
        let _ = writeln!(
            text,
            "| {}: {} [{}] | {} | {peer} | {ratio} | {spread} | {} | {} | {met} |",
            row.group,
            row.name,
            row.unit,
            number(row.ours.median),
            processor.collect::<Vec<_>>().join(", "),
            target(row)
        );
    }
    text
}

/// The day, of seconds since 1970.
fn date(seconds: u64) -> String {
    let leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let (mut day, mut year) = (seconds / 86_400, 1970);
    while day >= 365 + u64::from(leap(year)) {
        day -= 365 + u64::from(leap(year));
        year += 1;
    }
    let february = 28 + u64::from(leap(year));
    let mut month = 1;
    for days in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if day < days {
            break;
        }
        day -= days;
        month += 1;
    }
    format!("{year}-{month:02}-{:02}", day + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (seconds, day) in [
            (0, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (1_798_761_599, "2026-12-31"),
        ] {
            assert_eq!(date(seconds), day);
        }
    }
}
