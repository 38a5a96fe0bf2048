//! The stored numbers: `benches/instructions.json`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::programs;

/// How much more is too much, in parts of what is stored. A machine whose processor has other instructions, or whose
/// system has another libc, differs by less.
const TOLERANCE: f64 = 0.05;
/// The same if another compiler has made both sides.
const TOLERANCE_OF_COMPILERS: f64 = 0.2;
/// So many instructions are no news, however short the path is.
const FEW: f64 = 2.0;

/// Instructions a round, by path.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Stored {
    /// The compiler that made host and guests.
    rustc: String,
    counts: BTreeMap<String, f64>,
}

/// What has changed, a sentence each.
#[derive(Debug, Default)]
pub(crate) struct Compared {
    pub(crate) grew: Vec<String>,
    pub(crate) fell: Vec<String>,
}

impl Stored {
    pub(crate) fn new(counts: impl Iterator<Item = (String, f64)>) -> Result<Stored, String> {
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let output = Command::new(rustc)
            .arg("--version")
            .output()
            .map_err(|error| format!("cannot run rustc: {error}"))?;
        Ok(Stored {
            rustc: String::from_utf8_lossy(&output.stdout).trim().to_owned(),
            counts: counts
                // Tenths are enough, and make no noise in what is committed.
                .map(|(name, count)| (name, (count * 10.0).round() / 10.0))
                .collect(),
        })
    }

    pub(crate) fn counts(&self) -> impl Iterator<Item = (&str, f64)> {
        self.counts.iter().map(|(name, &count)| (name.as_str(), count))
    }

    pub(crate) fn count(&self, name: &str) -> Option<f64> {
        self.counts.get(name).copied()
    }

    fn path() -> PathBuf {
        programs::root().join("benches/instructions.json")
    }

    pub(crate) fn read() -> Result<Stored, String> {
        let path = Stored::path();
        let text = std::fs::read_to_string(&path)
            .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
    }

    pub(crate) fn write(&self) -> Result<(), String> {
        let path = Stored::path();
        let text = serde_json::to_string_pretty(self).map_err(|error| error.to_string())?;
        std::fs::write(&path, text + "\n")
            .map_err(|error| format!("cannot write {}: {error}", path.display()))
    }

    /// What is not as it was.
    pub(crate) fn compare(&self, now: &Stored) -> Compared {
        let other_compiler = self.rustc != now.rustc;
        let tolerance = if other_compiler {
            TOLERANCE_OF_COMPILERS
        } else {
            TOLERANCE
        };
        let mut compared = Compared::default();
        for (name, is) in now.counts() {
            let Some(was) = self.count(name) else {
                compared
                    .grew
                    .push(format!("{name}: nothing is stored for this path"));
                continue;
            };
            let by = format!(
                "from {was:.1} to {is:.1} instructions, by {:.0} %",
                (is - was).abs() / was * 100.0
            );
            if is - was > (was * tolerance).max(FEW) {
                let whose = if other_compiler {
                    format!(" (stored with {}, now {})", self.rustc, now.rustc)
                } else {
                    String::new()
                };
                compared.grew.push(format!("{name}: grew {by}{whose}"));
            } else if was - is > (was * tolerance).max(FEW) {
                compared.fell.push(format!(
                    "{name}: fell {by}; `cargo xtask gate --bless` keeps that"
                ));
            }
        }
        for (name, _) in self.counts().filter(|(name, _)| now.count(name).is_none()) {
            compared
                .grew
                .push(format!("{name}: stored, but there is no such path"));
        }
        compared
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(rustc: &str, counts: &[(&str, f64)]) -> Stored {
        Stored {
            rustc: rustc.to_owned(),
            counts: counts
                .iter()
                .map(|&(name, count)| (name.to_owned(), count))
                .collect(),
        }
    }

    #[test]
    fn what_grew_is_said_with_how_much() {
        let was = stored("1", &[("short", 10.0), ("long", 1_000.0), ("same", 500.0)]);
        let now = stored("1", &[("short", 12.0), ("long", 1_060.0), ("same", 505.0)]);
        let compared = was.compare(&now);
        assert_eq!(
            compared.grew,
            ["long: grew from 1000.0 to 1060.0 instructions, by 6 %"]
        );
        assert!(compared.fell.is_empty());
    }

    #[test]
    fn another_compiler_may_do_more() {
        let (was, now) = (
            stored("1", &[("long", 1_000.0)]),
            stored("2", &[("long", 1_100.0)]),
        );
        assert!(was.compare(&now).grew.is_empty());
        let now = stored("2", &[("long", 1_300.0)]);
        assert!(was.compare(&now).grew[0].contains("stored with 1, now 2"));
    }

    #[test]
    fn what_fell_is_no_failure_and_paths_come_and_go_by_blessing_only() {
        let compared =
            stored("1", &[("a", 100.0), ("gone", 1.0)]).compare(&stored("1", &[("a", 50.0), ("new", 1.0)]));
        assert_eq!(compared.fell.len(), 1);
        assert_eq!(compared.grew.len(), 2);
    }
}
