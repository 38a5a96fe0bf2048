//! Numbers, times and names as people read them.

use std::fmt;

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

/// The same in a sentence, to a tenth where that is little: `31 %`, `0.4 %`.
pub(crate) fn share(part: u64, whole: u64) -> String {
    let value = if whole == 0 {
        0.0
    } else {
        part as f64 * 100.0 / whole as f64
    };
    match value {
        0.0 => "0 %".to_owned(),
        ..0.05 => "less than 0.1 %".to_owned(),
        ..9.95 => format!("{value:.1} %"),
        _ => format!("{value:.0} %"),
    }
}

/// A text of at most so many characters: in the middle of a longer one something is left out, for names differ at the beginning and
/// places at the end.
pub(crate) fn cut(text: &str, longest: usize) -> String {
    let all = text.chars().count();
    if all <= longest {
        return text.to_owned();
    }
    let first = longest.saturating_sub(1) / 3;
    let last = longest.saturating_sub(1) - first;
    let begin: String = text.chars().take(first).collect();
    let end: String = text.chars().skip(all - last).collect();
    format!("{begin}…{end}")
}

/// Lines of at most so many characters, broken between words; all but the first begin with `indent`. A longer word stays whole.
pub(crate) fn wrapped(text: &str, width: usize, indent: &str) -> String {
    let words = text.trim_start_matches(' ');
    let mut out = text[..text.len() - words.len()].to_owned();
    let mut used = out.len();
    let mut begins = true;
    for word in words.split(' ') {
        let length = word.chars().count();
        if !begins && used + 1 + length > width {
            out.push('\n');
            out.push_str(indent);
            used = indent.chars().count();
        } else if !begins {
            out.push(' ');
            used += 1;
        }
        out.push_str(word);
        used += length;
        begins = false;
    }
    out
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
    fn shares_are_told_to_a_tenth_where_they_are_small() {
        for (part, text) in [
            (0, "0 %"),
            (1, "less than 0.1 %"),
            (60, "0.6 %"),
            (994, "9.9 %"),
            (996, "10 %"),
            (3_100, "31 %"),
            (10_000, "100 %"),
        ] {
            assert_eq!(share(part, 10_000), text, "{part}");
        }
        assert_eq!(share(1, 0), "0 %");
    }

    #[test]
    fn long_texts_lose_their_middle_and_lines_break_between_words() {
        assert_eq!(cut("crates/one/src/main.rs:12:20", 16), "crate…n.rs:12:20");
        assert_eq!(cut("main.rs:1:2", 11), "main.rs:1:2");
        assert_eq!(wrapped("one two three", 7, "  "), "one two\n  three");
        assert_eq!(wrapped("  one two", 8, "    "), "  one\n    two");
        assert_eq!(wrapped("longer-than-it a b", 5, ""), "longer-than-it\na b");
    }

    #[test]
    fn names_cannot_steer_a_terminal() {
        let name = Some("a\x1b[31mb\nc");
        assert_eq!(ThreadName(1, name).to_string(), "thread 1 \"a\\u{1b}[31mb\\nc\"");
        assert_eq!(ThreadName(1, Some("left")).to_string(), "thread 1 \"left\"");
        assert_eq!(ThreadName(1, None).to_string(), "thread 1");
    }
}
