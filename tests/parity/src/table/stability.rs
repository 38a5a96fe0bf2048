//! Since when an item of std may be used: attributes that rustdoc hands on as the compiler prints them.

use threadlink_toolchain::Version;

use super::rustdoc::Item;

/// Stable since a release, or not yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Stable(Version),
    Unstable,
}

/// Whether an item may be used, if that is said. `now` is std's release, which is what its newest items may name.
pub(crate) fn level(item: &Item, now: Version) -> Result<Option<Level>, String> {
    said(item, "#[attr = Stability ", now)
}

/// Whether it may be used in constants, if that is said.
pub(crate) fn constant(item: &Item, now: Version) -> Result<Option<Level>, String> {
    said(item, "#[attr = RustcConstStability ", now)
}

/// Since when it shouldn't be used.
pub(crate) fn deprecated(item: &Item, now: Version) -> Option<Version> {
    let since = item.deprecation.as_ref()?.since.as_deref()?;
    version(since).filter(|since| *since <= now)
}

fn said(item: &Item, start: &str, now: Version) -> Result<Option<Level>, String> {
    let mut other = item
        .attrs
        .iter()
        .filter_map(|attribute| attribute["other"].as_str());
    let text = other.find(|text| text.starts_with(start));
    text.map(|text| parse(text, now).ok_or_else(|| format!("no release can be read from {text}")))
        .transpose()
}

fn parse(text: &str, now: Version) -> Option<Level> {
    let (_, level) = text.split_once("level: ")?;
    if level.starts_with("Unstable") {
        return Some(Level::Unstable);
    }
    let since = level.strip_prefix("Stable {since: ")?;
    if since.starts_with("Current") {
        return Some(Level::Stable(now));
    }
    let number = |name: &str| {
        let (_, rest) = since.split_once(name)?;
        let end = rest.find(|c: char| !c.is_ascii_digit())?;
        rest[..end].parse().ok()
    };
    Some(Level::Stable(Version {
        major: number("major: ")?,
        minor: number("minor: ")?,
        patch: number("patch: ")?,
    }))
}

/// `1.5.0` or `1.5`.
fn version(text: &str) -> Option<Version> {
    Version::parse(text).or_else(|| Version::parse(&format!("{text}.0")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_compiler_prints_is_read() {
        let now = Version::OLDEST;
        let stable = |since: &str| {
            format!(
                "#[attr = Stability {{stability: Stability {{level: Stable {{since: {since}}},\nfeature: \"x\"}}}}]"
            )
        };
        assert_eq!(
            parse(
                &stable("Version(RustcVersion { major: 1, minor: 63, patch: 0 })"),
                now
            ),
            Some(Level::Stable(Version {
                major: 1,
                minor: 63,
                patch: 0
            }))
        );
        assert_eq!(parse(&stable("Current"), now), Some(Level::Stable(now)));
        assert_eq!(
            parse(
                "#[attr = Stability {stability: Stability {level: Unstable {reason: None",
                now
            ),
            Some(Level::Unstable)
        );
        assert_eq!(parse(&stable("next year"), now), None);
        assert_eq!(version("1.6"), version("1.6.0"));
    }
}
