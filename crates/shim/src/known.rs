//! What single crates need to be told to have threads on this target: each closes a part of itself there.

use threadlink_sysroot::Std;

/// What one crate needs.
struct Known {
    package: &'static str,
    /// The versions that it holds for, by how they begin; all if there is none.
    versions: &'static [&'static str],
    /// The kind of std that it holds over; both if it is `None`.
    over: Option<Std>,
    told: Told,
}

/// What is told to a crate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Told {
    /// Conditions that are true for it.
    pub(crate) cfgs: &'static [&'static str],
    /// Conditions that are not true for it, whatever cargo says: features that make it ask JavaScript.
    pub(crate) without: &'static [&'static str],
    /// A dependency that it is given where cargo gives it none of that name, and the library of the sysroot that it is.
    pub(crate) given: Option<(&'static str, &'static str)>,
    /// Whether it is compiled from what the sysroot has in place of its own source.
    pub(crate) instead: bool,
    /// Whether it uses what the compiler has not made stable: threads of wasm itself. It sees the target feature `atomics` then.
    pub(crate) unlocked: bool,
}

impl Told {
    const NOTHING: Told = Told {
        cfgs: &[],
        without: &[],
        given: None,
        instead: false,
        unlocked: false,
    };
    const UNLOCKED: Told = Told {
        unlocked: true,
        ..Told::NOTHING
    };
}

/// The library of the sysroot that has random bytes.
const RANDOM: &str = "threadlink_random";

/// All of them, each version of a crate at most once. Each has a test, or is used by what the tests build; `cargo xtask crates`
/// builds and runs all but ours.
const KNOWN: &[Known] = &[
    // Ours: the instructions that wait and notify.
    Known {
        package: "threadlink-rt",
        versions: &[],
        over: None,
        told: Told::UNLOCKED,
    },
    // Ours: what happens when memory runs out, in a panic.
    Known {
        package: "threadlink",
        versions: &[],
        over: None,
        told: Told::UNLOCKED,
    },
    // Parks with the instructions of wasm if told to, and else panics when it would have to.
    Known {
        package: "parking_lot_core",
        versions: &[],
        over: None,
        told: Told {
            cfgs: &["feature=\"nightly\""],
            ..Told::UNLOCKED
        },
    },
    // Has the same feature, which a crate that depends on both switches on.
    Known {
        package: "parking_lot",
        versions: &[],
        over: None,
        told: Told::UNLOCKED,
    },
    Known {
        package: "lock_api",
        versions: &[],
        over: None,
        told: Told::UNLOCKED,
    },
    // Keep for each thread what they else keep once: objects of JavaScript's belong to one instance.
    Known {
        package: "wasm-bindgen",
        versions: &["0.2."],
        over: None,
        told: Told::UNLOCKED,
    },
    Known {
        package: "js-sys",
        versions: &["0.3."],
        over: None,
        told: Told::UNLOCKED,
    },
    Known {
        package: "wasm-bindgen-futures",
        versions: &["0.4."],
        over: None,
        told: Told::UNLOCKED,
    },
    // Refuses its threads on wasm unless told that one knows.
    Known {
        package: "tokio",
        versions: &[],
        over: Some(Std::Threaded),
        told: Told {
            cfgs: &["tokio_unstable"],
            ..Told::NOTHING
        },
    },
    // Asks a function for random bytes that a threaded std comes with. The feature for JavaScript comes before that in 0.2, and
    // cannot be built with it in 0.4.
    Known {
        package: "getrandom",
        versions: &["0.3.", "0.4."],
        over: Some(Std::Threaded),
        told: Told {
            cfgs: &["getrandom_backend=\"custom\""],
            without: &["feature=\"wasm_js\""],
            ..Told::NOTHING
        },
    },
    Known {
        package: "getrandom",
        versions: &["0.2."],
        over: Some(Std::Threaded),
        told: Told {
            cfgs: &["feature=\"custom\""],
            without: &["feature=\"js\""],
            ..Told::NOTHING
        },
    },
    // Knows nothing but JavaScript yet.
    Known {
        package: "getrandom",
        versions: &["0.1."],
        over: Some(Std::Threaded),
        told: Told {
            instead: true,
            ..Told::NOTHING
        },
    },
    // Gives all threads the same numbers on this target, without a dependency that it has elsewhere.
    Known {
        package: "fastrand",
        versions: &["2."],
        over: Some(Std::Threaded),
        told: Told {
            cfgs: &["feature=\"js\""],
            given: Some(("getrandom", RANDOM)),
            ..Told::NOTHING
        },
    },
    // Is not built on this target without a source of random bytes, which those who use it inside other crates cannot choose.
    Known {
        package: "uuid",
        versions: &["1."],
        over: Some(Std::Threaded),
        told: Told {
            cfgs: &["feature=\"rng-getrandom\""],
            given: Some(("uuid_rng_internal_lib", RANDOM)),
            ..Told::NOTHING
        },
    },
    // Has random numbers on this target only with a feature for JavaScript, which does nothing but hand that on to getrandom.
    Known {
        package: "uuid",
        versions: &["0.8."],
        over: Some(Std::Threaded),
        told: Told {
            cfgs: &["feature=\"wasm-bindgen\""],
            ..Told::NOTHING
        },
    },
    // Asks JavaScript for the time, by a feature that is on if nothing is said.
    Known {
        package: "chrono",
        versions: &["0.4."],
        over: Some(Std::Threaded),
        told: Told {
            without: &["feature=\"wasmbind\""],
            ..Told::NOTHING
        },
    },
    // Is std's time by another name on all other targets, and asks JavaScript on this one.
    Known {
        package: "web-time",
        versions: &["1."],
        over: Some(Std::Threaded),
        told: Told {
            instead: true,
            ..Told::NOTHING
        },
    },
    // The same, older: parking_lot 0.11 and fastrand 1 have it.
    Known {
        package: "instant",
        versions: &["0.1."],
        over: Some(Std::Threaded),
        told: Told {
            instead: true,
            ..Told::NOTHING
        },
    },
];

/// What the package of this name and version is to be told, over this std.
pub(crate) fn told(package: &str, version: &str, std: Std) -> Told {
    let meant = |known: &&Known| {
        known.package == package
            && (known.versions.is_empty() || known.versions.iter().any(|start| version.starts_with(start)))
            && known.over.is_none_or(|over| over == std)
    };
    KNOWN.iter().find(meant).map_or(Told::NOTHING, |known| known.told)
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
        assert_eq!(new.without, ["feature=\"wasm_js\""]);
        assert!(!new.unlocked);
        assert!(told("getrandom", "0.1.16", Std::Threaded).instead);
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
