//! What comes of measuring, as JSON. `docs/performance.md` says what the fields mean.

use std::path::Path;

use serde::Serialize;

use crate::row;

/// The version of the JSON's form: another one if a field changes its meaning or goes.
const VERSION: u32 = 1;

#[derive(Debug, Serialize)]
pub(crate) struct Report {
    format: &'static str,
    version: u32,
    /// Seconds since 1970.
    made: u64,
    pub(crate) machine: Machine,
    turns: usize,
    pub(crate) rows: Vec<Figure>,
}

/// What it was measured on.
#[derive(Debug, Serialize)]
pub(crate) struct Machine {
    os: &'static str,
    arch: &'static str,
    processors: usize,
    /// As the system names it; empty if it does not.
    processor: String,
}

/// A row.
#[derive(Debug, Serialize)]
pub(crate) struct Figure {
    pub(crate) group: String,
    pub(crate) name: String,
    pub(crate) unit: String,
    pub(crate) ours: Spread,
    pub(crate) peer: Option<Spread>,
    pub(crate) ratio: Option<Spread>,
    pub(crate) difference: Option<Spread>,
    pub(crate) ours_cpu: Option<f64>,
    pub(crate) peer_cpu: Option<f64>,
    pub(crate) target: Option<Target>,
    pub(crate) pass: Option<bool>,
}

/// Several values of one thing.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
}

impl Spread {
    /// # Panics
    /// If there is no value.
    pub(crate) fn of(mut values: Vec<f64>) -> Spread {
        values.sort_by(f64::total_cmp);
        let (middle, last) = (values.len() / 2, values.len() - 1);
        let median = if values.len() % 2 == 1 {
            values[middle]
        } else {
            f64::midpoint(values[middle - 1], values[middle])
        };
        Spread {
            median,
            least: values[0],
            most: values[last],
        }
    }
}

/// What must not be more than how much.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Target {
    pub(crate) of: &'static str,
    pub(crate) at_most: f64,
}

impl From<row::Target> for Target {
    fn from(target: row::Target) -> Target {
        let (of, at_most) = match target {
            row::Target::Ratio(most) => ("ratio", most),
            row::Target::Difference(most) => ("difference", most),
            row::Target::Ours(most) => ("ours", most),
        };
        Target { of, at_most }
    }
}

impl Report {
    pub(crate) fn new(turns: usize) -> Report {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let made = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Report {
            format: "threadlink-bench",
            version: VERSION,
            made: made.map_or(0, |since| since.as_secs()),
            machine: Machine {
                os: std::env::consts::OS,
                arch: std::env::consts::ARCH,
                processors,
                processor: processor(),
            },
            turns,
            rows: Vec::new(),
        }
    }

    /// How many rows have a target that they miss.
    pub(crate) fn missed(&self) -> usize {
        self.rows.iter().filter(|row| row.pass == Some(false)).count()
    }

    pub(crate) fn write(&self, path: &Path) -> Result<(), String> {
        let text = serde_json::to_string_pretty(self).map_err(|error| error.to_string())?;
        std::fs::write(path, text + "\n").map_err(|error| format!("cannot write {}: {error}", path.display()))
    }
}

fn processor() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    text.lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
        .map(|(_, name)| name.trim().to_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_several_values() {
        let spread = Spread::of(vec![3.0, 1.0, 2.0]);
        assert_eq!((spread.least, spread.median, spread.most), (1.0, 2.0, 3.0));
        assert_eq!(Spread::of(vec![4.0, 1.0]).median, 2.5);
    }
}
