//! What single crates need to be told to have threads on this target: each closes a part of itself there.

use threadlink_sysroot::Std;

/// What one crate needs.
struct Known {
    package: &'static str,
    /// The versions that it holds for, by how they begin; all if there is none.
    versions: &'static [&'static str],
    /// The kind of std that it holds over; both if it is `None`.
    over: Option<Std>,
    /// Conditions that are true for it.
    cfgs: &'static [&'static str],
    /// Whether it uses what the compiler has not made stable: threads of wasm itself. It sees the target feature `atomics` then.
    unlocked: bool,
}

/// All of them. Each has a test, or is used by what the tests build.
const KNOWN: &[Known] = &[
    // Ours: the instructions that wait and notify.
    Known {
        package: "threadlink-rt",
        versions: &[],
        over: None,
        cfgs: &[],
        unlocked: true,
    },
    // Ours: what happens when memory runs out, in a panic.
    Known {
        package: "threadlink",
        versions: &[],
        over: None,
        cfgs: &[],
        unlocked: true,
    },
    // Parks with the instructions of wasm if told to, and else panics when it would have to.
    Known {
        package: "parking_lot_core",
        versions: &[],
        over: None,
        cfgs: &["feature=\"nightly\""],
        unlocked: true,
    },
    // Has the same feature, which a crate that depends on both switches on.
    Known {
        package: "parking_lot",
        versions: &[],
        over: None,
        cfgs: &[],
        unlocked: true,
    },
    Known {
        package: "lock_api",
        versions: &[],
        over: None,
        cfgs: &[],
        unlocked: true,
    },
    // Refuses its threads on wasm unless told that one knows.
    Known {
        package: "tokio",
        versions: &[],
        over: Some(Std::Threaded),
        cfgs: &["tokio_unstable"],
        unlocked: false,
    },
    // Asks a function for random bytes that a threaded std comes with.
    Known {
        package: "getrandom",
        versions: &["0.3.", "0.4."],
        over: Some(Std::Threaded),
        cfgs: &["getrandom_backend=\"custom\""],
        unlocked: false,
    },
    Known {
        package: "getrandom",
        versions: &["0.2."],
        over: Some(Std::Threaded),
        cfgs: &["feature=\"custom\""],
        unlocked: false,
    },
];

/// What is told to a crate.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) cfgs: Vec<&'static str>,
    pub(crate) unlocked: bool,
}

/// What the package of this name and version is to be told, over this std.
pub(crate) fn told(package: &str, version: &str, std: Std) -> Told {
    let mut told = Told::default();
    for known in KNOWN {
        let meant =
            known.versions.is_empty() || known.versions.iter().any(|start| version.starts_with(start));
        if known.package == package && meant && known.over.is_none_or(|over| over == std) {
            told.cfgs.extend(known.cfgs);
            told.unlocked |= known.unlocked;
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_is_told_what_its_version_knows() {
        let old = told("getrandom", "0.2.16", Std::Threaded);
        assert_eq!(old.cfgs, ["feature=\"custom\""]);
        let new = told("getrandom", "0.3.4", Std::Threaded);
        assert_eq!(new.cfgs, ["getrandom_backend=\"custom\""]);
        assert!(!new.unlocked);
        assert_eq!(told("getrandom", "0.1.16", Std::Threaded), Told::default());
        assert_eq!(told("getrandom", "0.3.4", Std::Plain), Told::default());
    }

    #[test]
    fn nobody_else_is_told_anything() {
        assert_eq!(told("serde", "1.0.0", Std::Threaded), Told::default());
        assert_eq!(told("tokio-util", "0.7.0", Std::Threaded), Told::default());
        let parking = told("parking_lot_core", "0.9.10", Std::Plain);
        assert!(parking.unlocked && parking.cfgs == ["feature=\"nightly\""]);
    }
}
