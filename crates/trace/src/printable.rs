//! Text of a guest, as a terminal may see it: [`Printable`].

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_steer_a_terminal() {
        assert_eq!(Printable("a\x1b[31mb\nc").to_string(), "a\\u{1b}[31mb\\nc");
        assert_eq!(Printable("C:\\x \u{e9}").to_string(), "C:\\x \u{e9}");
    }
}
