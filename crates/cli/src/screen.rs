//! How wide what people look at is, and whether it has colours.

use std::env;
use std::ffi::OsString;
use std::io::{self, IsTerminal};

use terminal_size::{Width, terminal_size};
use threadlink_analysis::Style;

/// A report in a narrower one is no table any more.
const NARROWEST: usize = 40;

/// The style for reports on standard output.
pub(crate) fn style() -> Style {
    let terminal = io::stdout().is_terminal();
    let size = terminal.then(terminal_size).flatten();
    let mut style = Style::default();
    let columns = size.map(|(Width(columns), _)| usize::from(columns));
    style.width = width(env::var_os("COLUMNS"), columns).unwrap_or(style.width);
    style.colors = terminal && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    style
}

/// What the environment says, or else the terminal.
fn width(variable: Option<OsString>, terminal: Option<usize>) -> Option<usize> {
    let told = variable.and_then(|value| value.to_str()?.parse().ok());
    let width = told
        .filter(|&width| width > 0)
        .or(terminal.filter(|&width| width > 0));
    width.map(|width: usize| width.max(NARROWEST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_goes_before_the_terminal() {
        let of = |variable: &str, terminal| width(Some(variable.into()), terminal);
        assert_eq!(of("160", Some(80)), Some(160));
        assert_eq!(of("wide", Some(80)), Some(80));
        assert_eq!(of("0", Some(0)), None);
        assert_eq!(of("3", None), Some(NARROWEST));
        assert_eq!(width(None, Some(120)), Some(120));
        assert_eq!(width(None, None), None);
    }
}
