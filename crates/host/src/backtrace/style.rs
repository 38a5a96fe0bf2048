//! How much of a backtrace is shown: what `RUST_BACKTRACE` says, as for a native program.

use std::ffi::OsStr;
use std::fmt;

/// The variable that std obeys as well.
const VARIABLE: &str = "RUST_BACKTRACE";

/// What the line has that stands for frames of std and of the runtime.
pub(super) const FOLDED: &str = " of std and the runtime";

/// How much somebody wants to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// Nothing.
    Off,
    /// Nobody has said: what is needed to know the place.
    Unset,
    /// The program's frames.
    Folded,
    /// Every frame.
    Full,
}

impl Style {
    /// What the environment of this process asks for.
    pub(crate) fn wanted() -> Style {
        Style::of(std::env::var_os(VARIABLE).as_deref())
    }

    fn of(value: Option<&OsStr>) -> Style {
        match value {
            None => Style::Unset,
            Some(value) if value == "0" => Style::Off,
            Some(value) if value == "full" => Style::Full,
            Some(_) => Style::Folded,
        }
    }
}

/// Writes a backtrace as far as `style` wants it, or how to get it. `placed` says that the message before it has a place
/// already, as that of a panic has.
pub(crate) fn note(f: &mut fmt::Formatter<'_>, style: Style, lines: &[String], placed: bool) -> fmt::Result {
    if lines.is_empty() {
        return Ok(());
    }
    if style == Style::Off || (style == Style::Unset && placed) {
        return writeln!(
            f,
            "note: run with `{VARIABLE}=1` environment variable to display a backtrace"
        );
    }
    writeln!(f, "stack backtrace:")?;
    lines.iter().try_for_each(|line| writeln!(f, "{line}"))?;
    if !lines.iter().any(|line| line.contains(FOLDED)) {
        return Ok(());
    }
    writeln!(
        f,
        "note: run with `{VARIABLE}=full` for the frames of std and the runtime"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Shown(Style, bool);

    impl fmt::Display for Shown {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            let mut lines = vec!["   0: f".to_owned()];
            if self.0 != Style::Full {
                lines.push(format!("      ... 3 frames{FOLDED}"));
            }
            note(f, self.0, &lines, self.1)
        }
    }

    #[test]
    fn the_variable_means_what_it_means_to_std() {
        for (value, style) in [
            (None, Style::Unset),
            (Some("0"), Style::Off),
            (Some("1"), Style::Folded),
            (Some("yes"), Style::Folded),
            (Some("full"), Style::Full),
        ] {
            assert_eq!(Style::of(value.map(OsStr::new)), style, "{value:?}");
        }
    }

    #[test]
    fn a_place_is_shown_in_any_case_unless_it_is_forbidden() {
        let frames = |style, placed| Shown(style, placed).to_string().contains("0: f");
        assert!(!frames(Style::Unset, true) && frames(Style::Unset, false));
        assert!(!frames(Style::Off, true) && !frames(Style::Off, false));
        assert!(frames(Style::Folded, true) && frames(Style::Full, true));
        assert!(Shown(Style::Unset, true).to_string().contains("RUST_BACKTRACE=1"));
        assert!(
            Shown(Style::Folded, true)
                .to_string()
                .contains("RUST_BACKTRACE=full")
        );
        assert!(!Shown(Style::Full, true).to_string().contains("note"));
    }
}
