//! What rustup keeps: its toolchains, and which of them it takes where.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::places;
use crate::program::program;
use crate::system::System;

/// A file in a toolchain that stands in for others: it is none that could build anything by itself.
pub const STAND_IN: &str = "threadlink-std";

/// How long rustup may take for something that needs no network.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The command `rustup`, if it is installed.
///
/// ```
/// use threadlink_toolchain::{Machine, rustup};
///
/// println!("{:?}", rustup::command(&Machine::new()));
/// ```
#[must_use]
pub fn command(system: &dyn System) -> Option<PathBuf> {
    system.in_path("rustup").or_else(|| {
        let home = places::folder(system, "CARGO_HOME", ".cargo")?;
        Some(program(&home.join("bin"), "rustup")).filter(|path| system.is_file(path))
    })
}

/// Where rustup has a toolchain of this name, or would have it.
///
/// ```
/// use threadlink_toolchain::{Machine, rustup};
///
/// println!("{:?}", rustup::folder_of(&Machine::new(), "stable"));
/// ```
#[must_use]
pub fn folder_of(system: &dyn System, name: &str) -> Option<PathBuf> {
    Some(home(system)?.join("toolchains").join(name))
}

/// rustup's folder.
pub(crate) fn home(system: &dyn System) -> Option<PathBuf> {
    places::folder(system, "RUSTUP_HOME", ".rustup")
}

/// Whether the toolchain in this folder stands in for others.
pub(crate) fn stands_in(system: &dyn System, root: &Path) -> bool {
    system.is_file(&root.join(STAND_IN))
}

/// Whether rustup has chosen a toolchain for this process that stands in for others.
///
/// ```
/// use threadlink_toolchain::{Machine, rustup};
///
/// assert!(!rustup::is_stand_in(&Machine::new()));
/// ```
#[must_use]
pub fn is_stand_in(system: &dyn System) -> bool {
    match (home(system), system.var("RUSTUP_TOOLCHAIN")) {
        (Some(home), Some(name)) => stands_in(system, &home.join("toolchains").join(name)),
        _ => false,
    }
}

/// The directories of rustup's toolchains: channel stable, then numbered ones, then the others. None that stands in for others.
pub(crate) fn toolchains(system: &dyn System) -> Vec<PathBuf> {
    let mut found = home(system)
        .map(|home| system.children(&home.join("toolchains")))
        .unwrap_or_default();
    found.retain(|root| !stands_in(system, root));
    found.sort_by_key(|path| {
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let rank = match name.as_str() {
            name if name.starts_with("stable") => 0,
            name if name.starts_with(|first: char| first.is_ascii_digit()) => 1,
            _ => 2,
        };
        (rank, name)
    });
    found
}

/// What rustup's settings say.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Settings {
    /// The toolchain where nothing asks for another.
    pub(crate) default: Option<String>,
    /// A folder, and the toolchain that was chosen for it and all below it.
    pub(crate) overrides: Vec<(PathBuf, String)>,
    /// The file, for people.
    pub(crate) file: PathBuf,
}

impl Settings {
    /// Those of the user; empty if there are none. Toolchains that stand in for others are left out.
    pub(crate) fn read(system: &dyn System) -> Settings {
        let Some(home) = home(system) else {
            return Settings::default();
        };
        let file = home.join("settings.toml");
        let mut settings = Settings::parse(&system.text(&file).unwrap_or_default());
        let real = |name: &str| !stands_in(system, &home.join("toolchains").join(name));
        settings.default = settings.default.filter(|name| real(name));
        settings.overrides.retain(|(_, name)| real(name));
        settings.file = file;
        settings
    }

    /// Reads what rustup writes: one setting a line.
    fn parse(text: &str) -> Settings {
        let mut settings = Settings::default();
        let mut table = String::new();
        for line in text.lines().map(str::trim) {
            if line.starts_with('[') {
                table = line.trim_matches(['[', ']']).to_owned();
                continue;
            }
            // A path may have a `=` in it, a toolchain's name has none.
            let Some((key, value)) = line.rsplit_once('=') else {
                continue;
            };
            let (key, value) = (plain(key), plain(value));
            match table.as_str() {
                "" if key == "default_toolchain" => settings.default = Some(value),
                "overrides" => settings.overrides.push((PathBuf::from(key), value)),
                _ => {}
            }
        }
        settings
    }
}

/// A key or a string without its quotes.
fn plain(text: &str) -> String {
    let text = text.trim();
    let literal = text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    let basic = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match (literal, basic) {
        (Some(inner), _) => inner.to_owned(),
        (None, Some(inner)) => inner.replace("\\\\", "\\").replace("\\\"", "\""),
        (None, None) => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::Fake;

    const SETTINGS: &str = "version = \"12\"\ndefault_toolchain = \"nightly-x\"\nprofile = \"default\"\n\n[overrides]\n\
                            \"/a/b = c\" = \"stable-x\"\n\"C:\\\\p\" = \"threadlink\"\n[other]\n\"/x\" = \"y\"\n";

    #[test]
    fn settings_are_read_as_rustup_writes_them() {
        let settings = Settings::parse(SETTINGS);
        assert_eq!(settings.default.as_deref(), Some("nightly-x"));
        assert_eq!(
            settings.overrides,
            [
                (PathBuf::from("/a/b = c"), "stable-x".to_owned()),
                (PathBuf::from("C:\\p"), "threadlink".to_owned())
            ]
        );
        assert_eq!(Settings::parse("[overrides]\n").default, None);
        assert_eq!(Settings::parse("nonsense"), Settings::default());
    }

    #[test]
    fn what_stands_in_for_others_is_no_toolchain() {
        let fake = Fake::new()
            .rustup("stable", "1.96.0", true)
            .file("/home/u/.rustup/toolchains/threadlink/threadlink-std")
            .text_file("/home/u/.rustup/settings.toml", SETTINGS);
        let found = toolchains(&fake);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(Settings::read(&fake).overrides.len(), 1);
    }
}
