//! Versions of rustc, as far as a choice of toolchain depends on them.

use std::fmt;

/// A release of rustc, such as 1.96.0.
///
/// ```
/// use threadlink_toolchain::Version;
///
/// let version = Version::parse("1.97.0-nightly").expect("well formed");
/// assert!(version >= Version::OLDEST);
/// assert_eq!(version.to_string(), "1.97.0");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// The first number.
    pub major: u32,
    /// The second number.
    pub minor: u32,
    /// The third number.
    pub patch: u32,
}

impl Version {
    /// The oldest rustc that guests are built and tested with; the workspace's `rust-version`.
    pub const OLDEST: Version = Version {
        major: 1,
        minor: 95,
        patch: 0,
    };

    /// Reads the `release` of `rustc -vV`; a suffix such as `-nightly` is ignored. `None` if it is not three
    /// numbers.
    #[must_use]
    pub fn parse(text: &str) -> Option<Version> {
        let numbers = text.trim().split(['-', '+', ' ']).next()?;
        let mut parts = numbers.split('.').map(str::parse);
        let version = Version {
            major: parts.next()?.ok()?,
            minor: parts.next()?.ok()?,
            patch: parts.next()?.ok()?,
        };
        parts.next().is_none().then_some(version)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_three_numbers_are_a_version() {
        let v = |text| Version::parse(text).map(|v| (v.major, v.minor, v.patch));
        assert_eq!(v("1.96.0"), Some((1, 96, 0)));
        assert_eq!(v("1.97.0-nightly"), Some((1, 97, 0)));
        assert_eq!(v("22.1.8 (https://example.org)"), Some((22, 1, 8)));
        for bad in ["", "1.96", "1.96.0.1", "one.two.three", "1.96.x", "-1.2.3"] {
            assert_eq!(v(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn versions_compare_by_number_not_by_text() {
        assert!(Version::parse("1.100.0") > Version::parse("1.96.0"));
        assert!(Version::parse("1.94.9").is_some_and(|v| v < Version::OLDEST));
    }
}
