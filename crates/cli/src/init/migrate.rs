//! Takes out of a cargo config what earlier versions of `threadlink init` wrote there: it would get in the way now. All else stays,
//! in its order and with its comments.

use threadlink_toolchain::Panic;
use threadlink_toolchain::flags::{self, TARGET};
use toml_edit::{DocumentMut, Item, TableLike, Value};

const RUNNER: [&str; 2] = ["threadlink", "runner"];
/// How the comment begins that stood before a linker of ours.
const LINKER_COMMENT: &str = "# Of this machine: rustc brings none of its own here.";
/// The list that was written, and what else it may have had.
const BUILD_STD: [&str; 2] = ["std", "panic_abort"];

/// The config without what was ours, or `None` if there is nothing of ours in it, or nothing that can be told for sure.
pub(super) fn migrated(old: &str) -> Option<String> {
    let mut config: DocumentMut = old.parse().ok()?;
    let mut changed = false;
    if let Some(target) = table(config.as_item_mut(), &["target", TARGET]) {
        // Where the flags are not ours, the rest is the user's own affair.
        if !takes_flags(target) {
            return None;
        }
        changed = true;
        if target
            .get("runner")
            .and_then(words)
            .is_some_and(|words| words == RUNNER)
        {
            target.remove("runner");
        }
        if comment_before(target, "linker").is_some_and(|text| text.contains(LINKER_COMMENT)) {
            target.remove("linker");
        }
    }
    if !changed {
        return None;
    }
    if let Some(unstable) = table(config.as_item_mut(), &["unstable"])
        && unstable
            .get("build-std")
            .and_then(words)
            .is_some_and(|words| words == BUILD_STD)
    {
        unstable.remove("build-std");
    }
    for path in [&["target", TARGET][..], &["target"], &["unstable"]] {
        remove_if_empty(&mut config, path);
    }
    Some(config.to_string())
}

/// Removes our flags from the list. Not if one is missing: the list is somebody else's then.
fn takes_flags(target: &mut dyn TableLike) -> bool {
    let ours = flags::rustflags(Panic::Abort);
    let Some(given) = target.get("rustflags").and_then(words) else {
        return false;
    };
    if !ours.iter().all(|flag| given.contains(flag)) {
        return false;
    }
    let left: Vec<String> = given.into_iter().filter(|flag| !ours.contains(flag)).collect();
    if left.is_empty() {
        target.remove("rustflags");
        return true;
    }
    match target.get_mut("rustflags") {
        Some(Item::Value(Value::Array(array))) => {
            array.retain(|flag| {
                flag.as_str()
                    .is_none_or(|flag| !ours.iter().any(|our| our == flag))
            });
        }
        Some(item) => *item = toml_edit::value(left.join(" ")),
        None => {}
    }
    true
}

fn table<'a>(item: &'a mut Item, path: &[&str]) -> Option<&'a mut dyn TableLike> {
    let mut here = item;
    for key in path {
        here = here.as_table_like_mut()?.get_mut(key)?;
    }
    here.as_table_like_mut()
}

fn remove_if_empty(config: &mut DocumentMut, path: &[&str]) {
    let Some((last, above)) = path.split_last() else {
        return;
    };
    let is_empty = table(config.as_item_mut(), path).is_some_and(|table| table.is_empty());
    if is_empty && let Some(above) = table(config.as_item_mut(), above) {
        above.remove(last);
    }
}

fn comment_before<'a>(table: &'a dyn TableLike, key: &str) -> Option<&'a str> {
    table.key(key)?.leaf_decor().prefix()?.as_str()
}

/// A list of strings, or a string's words; `None` if it is anything else.
fn words(item: &Item) -> Option<Vec<String>> {
    match item {
        Item::Value(Value::String(text)) => {
            Some(text.value().split_whitespace().map(str::to_owned).collect())
        }
        Item::Value(Value::Array(items)) => items
            .iter()
            .map(|item| item.as_str().map(str::to_owned))
            .collect(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What an earlier version wrote into an empty file, with more before and after.
    fn written(before: &str, flags_more: &str, after: &str) -> String {
        let flags: String = flags::rustflags(Panic::Abort)
            .iter()
            .map(|flag| format!("\n    \"{flag}\","))
            .collect();
        format!(
            "{before}[target.wasm32-unknown-unknown]\nrunner = [\"threadlink\", \"runner\"]\nrustflags = [{flags}{flags_more}\n]\n{LINKER_COMMENT}\nlinker = \"/l/wasm-ld\"\n\n[unstable]\n# Cargo heeds this on nightly, or with RUSTC_BOOTSTRAP=1 in its environment.\nbuild-std = [\"std\", \"panic_abort\"]\n{after}"
        )
    }

    #[test]
    fn what_was_ours_goes_and_nothing_else() {
        assert_eq!(migrated(&written("", "", "")).as_deref().map(str::trim), Some(""));
        let left = migrated(&written(
            "# mine\n[alias] # short\nb = \"build\"\n\n",
            "\n    \"-g\",",
            "[net]\nretry = 3\n",
        ))
        .expect("it was ours");
        for piece in [
            "# mine\n[alias] # short\nb = \"build\"\n",
            "\"-g\"",
            "[net]\nretry = 3\n",
        ] {
            assert!(left.contains(piece), "{piece:?} is gone:\n{left}");
        }
        for gone in ["shared-memory", "runner", "linker", "build-std", "unstable"] {
            assert!(!left.contains(gone), "{gone:?} is left:\n{left}");
        }
        assert_eq!(migrated(&left), None, "nothing of ours is left");
    }

    #[test]
    fn one_string_of_flags_stays_one_string() {
        let flags = flags::rustflags(Panic::Abort).join(" ");
        let left = migrated(&format!(
            "[target.wasm32-unknown-unknown]\nrustflags = \"-g {flags}\"\n"
        ))
        .expect("ours");
        assert!(left.contains("rustflags = \"-g\""), "{left}");
    }

    #[test]
    fn what_somebody_else_wrote_stays() {
        for text in [
            "",
            "[",
            "[build]\njobs = 2\n",
            "[unstable]\nbuild-std = [\"std\", \"panic_abort\"]\n",
            "[target.wasm32-unknown-unknown]\nrunner = [\"threadlink\", \"runner\"]\n",
            "[target.wasm32-unknown-unknown]\nrustflags = [\"-Clink-arg=--shared-memory\"]\n",
            "target = 3\n",
        ] {
            assert_eq!(migrated(text), None, "{text}");
        }
    }
}
