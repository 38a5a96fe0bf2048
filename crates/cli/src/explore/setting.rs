//! [`Setting`]: how a program is prepared and executed, whatever the schedule. Tokens have it as a text.

use threadlink_host::{ExecutionConfig, Points};

/// What a part of the text says, if it is there.
const ONLY_MAIN: &str = "main";
const PANICS: &str = "panics";
const RACES: &str = "races";

/// How a program is prepared and executed.
#[derive(Debug, Clone)]
pub(crate) struct Setting {
    pub(crate) points: Points,
    pub(crate) only_main_panics: bool,
    /// Whether it has to panic, as a test may.
    pub(crate) has_to_panic: bool,
    /// Whether data races are failures.
    pub(crate) races: bool,
    /// The export that is called, if it is not the entry point.
    pub(crate) export: Option<String>,
    /// With the program's name.
    pub(crate) args: Vec<String>,
}

impl Setting {
    /// As tokens say it, but for what is called.
    pub(super) fn text(&self) -> String {
        let mut text = self.points.to_string();
        for (word, is_so) in [
            (ONLY_MAIN, self.only_main_panics),
            (PANICS, self.has_to_panic),
            (RACES, self.races),
        ] {
            if is_so {
                text.push('-');
                text.push_str(word);
            }
        }
        text
    }

    pub(super) fn of(text: &str, export: Option<String>, args: Vec<String>) -> Option<Self> {
        let mut words = text.split('-');
        let points = words.next()?.parse().ok()?;
        let mut setting = Self {
            points,
            only_main_panics: false,
            has_to_panic: false,
            races: false,
            export,
            args,
        };
        for word in words {
            match word {
                ONLY_MAIN => setting.only_main_panics = true,
                PANICS => setting.has_to_panic = true,
                RACES => setting.races = true,
                _ => return None,
            }
        }
        Some(setting)
    }

    /// What is called, with which arguments, as a hash.
    pub(super) fn called(&self) -> u64 {
        let args = self.args.iter().map(String::as_str);
        threadlink_schedule::hash(args.chain(self.export.as_deref()))
    }

    /// An execution of it.
    pub(super) fn execution(&self) -> ExecutionConfig {
        ExecutionConfig {
            export: self.export.clone(),
            args: self.args.clone(),
            only_main_panics: self.only_main_panics,
            has_to_panic: self.has_to_panic,
            ..ExecutionConfig::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_reads_what_it_writes() {
        for text in [
            "user",
            "all-main",
            "plain-panics",
            "loops-main-panics",
            "user-main-races",
        ] {
            let setting = Setting::of(text, None, Vec::new()).expect("a setting");
            assert_eq!(setting.text(), text);
        }
        assert!(Setting::of("user-sometimes", None, Vec::new()).is_none());
        assert!(Setting::of("", None, Vec::new()).is_none());
    }
}
