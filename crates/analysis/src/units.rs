//! Numbers, times, names and tables as people read them.

use std::fmt::{self, Write};

use threadlink_trace::Printable;

/// A number of nanoseconds in the largest unit that leaves a whole number, with three significant digits.
pub(crate) fn time(ns: u64) -> String {
    let (value, unit) = match ns {
        0..1_000 => return format!("{ns} ns"),
        // Where rounding would give "1000 us", the next unit is used.
        1_000..999_500 => (ns as f64 / 1e3, "us"),
        999_500..999_500_000 => (ns as f64 / 1e6, "ms"),
        _ => (ns as f64 / 1e9, "s"),
    };
    let decimals = match value {
        ..9.995 => 2,
        ..99.95 => 1,
        _ => 0,
    };
    format!("{value:.decimals$} {unit}")
}

/// A number with its digits in groups of three.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number of things: `1 lock`, `2,000 locks`.
pub(crate) fn things(number: u64, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {thing}{plural}", count(number))
}

/// `part` as a percentage of `whole`.
pub(crate) fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "0%".to_owned();
    }
    let value = part as f64 * 100.0 / whole as f64;
    if part > 0 && value < 0.5 {
        "<1%".to_owned()
    } else {
        format!("{value:.0}%")
    }
}

/// `thread 1 "left"`, or `thread 1` for one without a name.
pub(crate) struct ThreadName<'a>(pub(crate) u32, pub(crate) Option<&'a str>);

impl fmt::Display for ThreadName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "thread {}", self.0)?;
        match self.1 {
            Some(name) => write!(f, " \"{}\"", Printable(name)),
            None => Ok(()),
        }
    }
}

/// Rows of cells in columns: the first one aligned to the left, the others to the right.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width_of = |cell: &String| cell.chars().count();
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            cells.map(width_of).max().unwrap_or(0)
        })
        .collect();
    let mut out = String::new();
    for row in rows {
        let mut line = String::new();
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let pad = " ".repeat(width - width_of(cell));
            let written = if column == 0 {
                write!(line, "{cell}{pad}")
            } else {
                write!(line, "  {pad}{cell}")
            };
            written.expect("a String takes everything");
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_digits_and_the_right_unit() {
        for (ns, text) in [
            (0, "0 ns"),
            (999, "999 ns"),
            (1_000, "1.00 us"),
            (9_994, "9.99 us"),
            (9_996, "10.0 us"),
            (99_960, "100 us"),
            (999_499, "999 us"),
            (999_500, "1.00 ms"),
            (12_340_000, "12.3 ms"),
            (999_499_999, "999 ms"),
            (999_500_000, "1.00 s"),
            (125_000_000_000, "125 s"),
        ] {
            assert_eq!(time(ns), text, "{ns}");
        }
    }

    #[test]
    fn counts_are_grouped() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_000), "1,000");
        assert_eq!(count(12_345_678), "12,345,678");
        assert_eq!(things(1, "lock"), "1 lock");
        assert_eq!(things(0, "lock"), "0 locks");
    }

    #[test]
    fn percentages_never_hide_something() {
        assert_eq!(percent(0, 0), "0%");
        assert_eq!(percent(0, 10), "0%");
        assert_eq!(percent(1, 1000), "<1%");
        assert_eq!(percent(1, 3), "33%");
        assert_eq!(percent(3, 3), "100%");
    }

    #[test]
    fn names_cannot_steer_a_terminal() {
        let name = Some("a\x1b[31mb\nc");
        assert_eq!(ThreadName(1, name).to_string(), "thread 1 \"a\\u{1b}[31mb\\nc\"");
        assert_eq!(ThreadName(1, Some("left")).to_string(), "thread 1 \"left\"");
        assert_eq!(ThreadName(1, None).to_string(), "thread 1");
    }

    #[test]
    fn columns_are_aligned() {
        let row = |cells: &[&str]| cells.iter().map(|&cell| cell.to_owned()).collect();
        let rows: Vec<Vec<String>> = vec![row(&["a", "1"]), row(&["long", "22"]), row(&["b"])];
        assert_eq!(table(&rows), "a      1\nlong  22\nb\n");
    }
}
