//! Text of a guest, as a terminal may see it: [`Printable`], and [`PrintableLines`] where it may have lines.

use std::fmt::{self, Write as _};

/// Shows a text with what could steer a terminal made visible: names come from the guest.
///
/// # Examples
/// ```
/// use threadlink_trace::Printable;
///
/// assert_eq!(Printable("C:\\it's \u{1b}[2J").to_string(), "C:\\it's \\u{1b}[2J");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Printable<'a>(pub &'a str);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            // `escape_debug` also escapes quotes and backslashes, which do no harm.
            if matches!(character, '"' | '\'' | '\\') {
                f.write_char(character)?;
            } else {
                write!(f, "{}", character.escape_debug())?;
            }
        }
        Ok(())
    }
}

/// Shows a text of several lines, such as a panic's message, each as [`Printable`] does. All but the first begin with a
/// [mark](Self::MARK) that no line of ours begins with, so that a program cannot forge one. The first stands behind what
/// was written before; if that is nothing, the mark has to be.
///
/// # Examples
/// ```
/// use threadlink_trace::PrintableLines;
///
/// assert_eq!(PrintableLines("one\ntwo \u{7}").to_string(), "one\n  | two \\u{7}");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PrintableLines<'a>(pub &'a str);

impl PrintableLines<'_> {
    /// What a line of somebody else's text begins with.
    pub const MARK: &'static str = "  | ";
}

impl fmt::Display for PrintableLines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, line) in self.0.lines().enumerate() {
            if index > 0 {
                f.write_char('\n')?;
                // No blanks at the end of an empty line.
                f.write_str(if line.is_empty() {
                    Self::MARK.trim_end()
                } else {
                    Self::MARK
                })?;
            }
            Printable(line).fmt(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stay_lines_and_are_told_from_those_of_others() {
        let text = "failed\r\n  left: 1\n\nerror: forged\rover\u{1b}[2J\n";
        assert_eq!(
            PrintableLines(text).to_string(),
            "failed\n  |   left: 1\n  |\n  | error: forged\\rover\\u{1b}[2J"
        );
        assert_eq!(PrintableLines("").to_string(), "");
    }

    #[test]
    fn text_cannot_steer_a_terminal() {
        assert_eq!(Printable("a\x1b[31mb\nc").to_string(), "a\\u{1b}[31mb\\nc");
        assert_eq!(Printable("C:\\x \u{e9}").to_string(), "C:\\x \u{e9}");
        // What turns the direction of writing, ends a line for some, or is nothing at all.
        for hidden in "\u{202e}\u{2066}\u{2028}\u{85}\u{9b}\u{200b}\u{feff}\0\u{7f}".chars() {
            let shown = Printable(&hidden.to_string()).to_string();
            assert!(shown.starts_with('\\'), "{shown:?}");
        }
    }
}
