//! The toolchain that a project asks for: `rust-toolchain.toml`, or `rust-toolchain` in the older form, in the current
//! directory or the nearest above it that has one; or what `rustup override` has noted for a directory. rustup obeys both
//! wherever its proxies are called.

use std::path::{Path, PathBuf};

use crate::rustup::{self, Settings};
use crate::system::System;
use crate::version::Version;

/// What the file asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) file: PathBuf,
    pub(crate) what: What,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// A toolchain of rustup's: a channel, a version, or one of either with a date or a host.
    Channel(String),
    /// One in this directory.
    Path(PathBuf),
}

impl Asked {
    /// What the nearest directory asks for.
    pub(crate) fn find(system: &dyn System) -> Option<Asked> {
        let current = system.current_dir()?;
        let settings = Settings::read(system);
        current.ancestors().find_map(|dir| {
            let noted = settings.overrides.iter().find(|(folder, _)| folder == dir);
            if let Some((_, name)) = noted {
                return Some(Asked {
                    file: settings.file.clone(),
                    what: What::Channel(name.clone()),
                });
            }
            // Where a directory has both, rustup takes the one without an ending.
            let file = ["rust-toolchain", "rust-toolchain.toml"]
                .map(|name| dir.join(name))
                .into_iter()
                .find(|file| system.is_file(file))?;
            let what = What::parse(&system.text(&file)?, dir)?;
            (!what.stands_in(system)).then_some(Asked { file, what })
        })
    }

    /// Whether a rustup toolchain of this name is meant.
    pub(crate) fn is(&self, rustup_name: &str) -> bool {
        let What::Channel(channel) = &self.what else {
            return false;
        };
        // What follows a channel is a date, which makes it another one, or the host.
        let host = |rest: &str| !rest.starts_with(|first: char| first.is_ascii_digit());
        rustup_name == channel
            || rustup_name
                .strip_prefix(channel)
                .and_then(|rest| rest.strip_prefix('-'))
                .is_some_and(host)
    }

    /// Whether a compiler is the same under another name: that version, or some stable one.
    pub(crate) fn is_like(&self, version: Version, nightly: bool) -> bool {
        let What::Channel(channel) = &self.what else {
            return false;
        };
        let shown = version.to_string();
        let same = *channel == shown
            || shown
                .strip_prefix(channel)
                .is_some_and(|rest| rest.starts_with('.'));
        !nightly && (channel == "stable" || same)
    }
}

impl What {
    /// Whether it only stands in for another, which is then to be found as if nobody had asked.
    fn stands_in(&self, system: &dyn System) -> bool {
        match self {
            What::Channel(name) => rustup::home(system)
                .is_some_and(|home| rustup::stands_in(system, &home.join("toolchains").join(name))),
            What::Path(root) => rustup::stands_in(system, root),
        }
    }

    /// The setting in a file in `folder`.
    fn parse(text: &str, folder: &Path) -> Option<What> {
        let lines = || {
            text.lines()
                .map(|line| line.split('#').next().unwrap_or_default().trim())
        };
        if !lines().any(|line| line == "[toolchain]") {
            // The older form: a line with nothing but the channel.
            let only = lines().find(|line| !line.is_empty())?;
            return (!only.contains(['=', '['])).then(|| What::Channel(only.to_owned()));
        }
        let mut table = lines()
            .skip_while(|line| *line != "[toolchain]")
            .skip(1)
            .take_while(|line| !line.starts_with('['));
        table.find_map(|line| {
            let (key, value) = line.split_once('=')?;
            let value = value.trim().trim_matches(['"', '\'']);
            match key.trim() {
                "channel" => Some(What::Channel(value.to_owned())),
                "path" => Some(What::Path(folder.join(value))),
                _ => None,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;

    fn asked(text: &str) -> Option<What> {
        What::parse(text, Path::new("/p"))
    }

    fn channel(name: &str) -> Option<What> {
        Some(What::Channel(name.to_owned()))
    }

    #[test]
    fn both_forms_are_read() {
        assert_eq!(asked("stable\n"), channel("stable"));
        assert_eq!(
            asked("\n# why\nnightly-2026-01-01 # because\n"),
            channel("nightly-2026-01-01")
        );
        let text =
            "[other]\nchannel = \"no\"\n[toolchain]\nprofile = \"minimal\"\nchannel = '1.95' # so\n[x]\n";
        assert_eq!(asked(text), channel("1.95"));
        assert_eq!(
            asked("[toolchain]\npath = \"../mine\"\n"),
            Some(What::Path("/p/../mine".into()))
        );
        for nothing in [
            "",
            "\n",
            "[toolchain]\n",
            "[toolchain]\ncomponents = [\"rust-src\"]\n[y]\nchannel = \"z\"\n",
            "a = b",
        ] {
            assert_eq!(asked(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn the_nearest_file_counts() {
        let fake = Fake::new()
            .text_file("/a/rust-toolchain.toml", "[toolchain]\nchannel = \"nightly\"\n")
            .text_file("/a/b/rust-toolchain", "stable")
            .text_file("/rust-toolchain", "beta");
        let found = |dir: &str| Asked::find(&fake.clone().in_dir(dir)).map(|asked| asked.what);
        assert_eq!(found("/a/b/c"), channel("stable"));
        assert_eq!(found("/a"), channel("nightly"));
        assert_eq!(found("/"), channel("beta"));
        assert_eq!(Asked::find(&fake), None);
    }

    #[test]
    fn an_override_of_rustups_counts_as_a_file_does() {
        let fake = Fake::new()
            .with_var("HOME", "/home/u")
            .text_file("/a/rust-toolchain", "beta")
            .text_file("/a/b/c/rust-toolchain", "threadlink")
            .file("/home/u/.rustup/toolchains/threadlink/threadlink-std")
            .text_file(
                "/home/u/.rustup/settings.toml",
                "[overrides]\n\"/a/b\" = \"nightly\"\n\"/a/b/c\" = \"threadlink\"\n",
            );
        let found = |dir: &str| Asked::find(&fake.clone().in_dir(dir)).map(|asked| asked.what);
        assert_eq!(found("/a/b/c/d"), channel("nightly"), "ours is passed over");
        assert_eq!(found("/a/x"), channel("beta"));
    }

    #[test]
    fn a_date_makes_it_another_channel() {
        let asked = |name: &str| Asked {
            file: PathBuf::new(),
            what: What::Channel(name.to_owned()),
        };
        let nightly = asked("nightly");
        assert!(nightly.is("nightly-x86_64-unknown-linux-gnu") && nightly.is("nightly"));
        assert!(!nightly.is("nightly-2026-01-01-x86_64-unknown-linux-gnu"));
        assert!(asked("nightly-2026-01-01").is("nightly-2026-01-01-x86_64-unknown-linux-gnu"));
        assert!(!asked("1.9").is("1.95.0-x86_64-unknown-linux-gnu"));
        let version = Version::parse("1.95.0").expect("a version");
        for (channel, like) in [
            ("stable", true),
            ("1.95", true),
            ("1.95.0", true),
            ("1.9", false),
            ("nightly", false),
        ] {
            assert_eq!(asked(channel).is_like(version, false), like, "{channel}");
        }
        assert!(!asked("stable").is_like(version, true));
    }
}
