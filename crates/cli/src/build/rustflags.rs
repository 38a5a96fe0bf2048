//! Our flags for rustc beside the user's own.
//!
//! Cargo takes flags from one source only: `CARGO_ENCODED_RUSTFLAGS`, else `RUSTFLAGS`, else the tables
//! `target.*` of its config files, else `build.rustflags`. So ours are added to whichever the user has.

use std::ffi::OsString;
use std::process::Command;

use serde_json::Value;
use threadlink_shim::TRACE_CFG;
use threadlink_toolchain::flags::{self, TARGET};
use threadlink_toolchain::{Panic, Toolchain};

/// How to give the flags to cargo.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Plan {
    /// All of them, the user's first.
    Encoded(Vec<String>),
    /// Those that cargo adds to what its config files have for the target.
    Config(Vec<String>),
}

impl Plan {
    pub(super) fn apply(&self, cargo: &mut Command) {
        match self {
            Plan::Encoded(flags) => {
                cargo.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"));
            }
            Plan::Config(flags) => {
                let list: Vec<String> = flags.iter().map(|flag| toml_string(flag)).collect();
                cargo
                    .arg("--config")
                    .arg(format!("target.{TARGET}.rustflags=[{}]", list.join(",")));
            }
        }
    }
}

/// What the stand-in for the compiler is told of the build: the rest it knows.
/// Where nothing is said of panics, the profile says it.
pub(super) fn wanted(panic: Option<Panic>, traced: bool) -> Vec<String> {
    let mut wanted = Vec::new();
    if let Some(panic) = panic {
        let flag = match panic {
            Panic::Abort => "-Cpanic=abort",
            Panic::Unwind => "-Cpanic=unwind",
        };
        wanted.push(flag.to_owned());
    }
    if traced {
        wanted.push(format!("--cfg={TRACE_CFG}"));
    }
    wanted
}

/// Where ours go, and which are not there yet. `var` reads the environment, `config` is what
/// [`effective_config`] found.
pub(super) fn plan(wanted: Vec<String>, var: impl Fn(&str) -> Option<OsString>, config: &Value) -> Plan {
    let text = |name: &str| var(name).map(|value| value.to_string_lossy().into_owned());
    let from_environment = text("CARGO_ENCODED_RUSTFLAGS")
        .map(|encoded| encoded.split('\x1f').map(str::to_owned).collect())
        .or_else(|| text("RUSTFLAGS").map(|plain| words(&plain)));
    if let Some(mut given) = from_environment {
        let missing = flags::missing(&given, wanted);
        given.extend(missing);
        return Plan::Encoded(given);
    }
    let mut given = list(&config["target"][TARGET]["rustflags"]);
    given.extend(
        text("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS")
            .iter()
            .flat_map(|plain| words(plain)),
    );
    // Cargo would have used these; with ours in place for the target it would not look at them any more.
    let mut adding = if given.is_empty() {
        list(&config["build"]["rustflags"])
    } else {
        Vec::new()
    };
    given.extend(adding.iter().cloned());
    adding.extend(flags::missing(&given, wanted));
    Plan::Config(adding)
}

/// Cargo's own view of its config files; empty if it cannot be had.
pub(super) fn effective_config(toolchain: &Toolchain) -> Value {
    let output = Command::new(&toolchain.cargo)
        .env("RUSTC_BOOTSTRAP", "1")
        .args(["-Zunstable-options", "config", "get", "--format", "json"])
        .output()
        .ok()
        .filter(|output| output.status.success());
    output
        .and_then(|output| serde_json::from_slice(&output.stdout).ok())
        .unwrap_or(Value::Null)
}

/// A list of flags in a config file: an array, or one string with blanks.
fn list(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        Value::String(text) => words(text),
        _ => Vec::new(),
    }
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// A TOML string of any text.
fn toml_string(text: &str) -> String {
    toml_edit::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn none(_: &str) -> Option<OsString> {
        None
    }

    fn only(name: &'static str, value: &'static str) -> impl Fn(&str) -> Option<OsString> {
        move |asked| (asked == name).then(|| OsString::from(value))
    }

    fn ours() -> Vec<String> {
        wanted(Panic::Abort, true)
    }

    #[test]
    fn without_flags_of_the_user_ours_go_to_the_target() {
        assert_eq!(plan(ours(), none, &Value::Null), Plan::Config(ours()));
    }

    #[test]
    fn flags_of_an_initialised_project_are_not_repeated() {
        let config = json!({ "target": { (TARGET): { "rustflags": ours() } } });
        assert_eq!(plan(ours(), none, &config), Plan::Config(Vec::new()));
        let Plan::Config(added) = plan(wanted(Panic::Unwind, false), none, &config) else {
            panic!("not from config")
        };
        assert!(added.contains(&"-Cpanic=unwind".to_owned()), "{added:?}");
    }

    #[test]
    fn the_environment_wins_as_in_cargo_and_is_kept() {
        let Plan::Encoded(flags) = plan(ours(), only("RUSTFLAGS", "-g  --cfg x"), &Value::Null) else {
            panic!("cargo would not look at the config")
        };
        assert_eq!(flags[..3], ["-g", "--cfg", "x"]);
        assert_eq!(flags[3..], ours());
        let encoded = only("CARGO_ENCODED_RUSTFLAGS", "--cfg\x1fa=\"b c\"");
        let Plan::Encoded(flags) = plan(ours(), encoded, &Value::Null) else {
            panic!("encoded")
        };
        assert_eq!(flags[..2], ["--cfg", "a=\"b c\""]);
    }

    #[test]
    fn build_rustflags_stay_in_force_although_the_target_has_some_now() {
        let config = json!({ "build": { "rustflags": ["--cfg", "x"] } });
        let Plan::Config(flags) = plan(ours(), none, &config) else {
            panic!("config")
        };
        assert_eq!(flags[..2], ["--cfg", "x"]);
        let config = json!({
            "build": { "rustflags": ["--cfg", "x"] },
            "target": { (TARGET): { "rustflags": "-g" } },
        });
        let Plan::Config(flags) = plan(ours(), none, &config) else {
            panic!("config")
        };
        assert!(
            !flags.contains(&"x".to_owned()),
            "cargo ignores build.rustflags here: {flags:?}"
        );
    }

    #[test]
    fn any_text_becomes_a_toml_string() {
        for text in ["a", "a\"b", "a'b", "a\\b", "--cfg=x=\"y z\""] {
            let parsed: toml_edit::DocumentMut = format!("k = {}", toml_string(text)).parse().expect("TOML");
            assert_eq!(parsed["k"].as_str(), Some(text));
        }
    }
}
