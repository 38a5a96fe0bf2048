//! Our settings in a cargo config that may have others: all of those stay, in their order and with their comments.

use threadlink_toolchain::Panic;
use threadlink_toolchain::flags::{self, TARGET};
use toml_edit::{Array, DocumentMut, Item, Table, Value, value};

const RUNNER: [&str; 2] = ["threadlink", "runner"];

/// The config with what guests need added. `linker` is the one to name if the config names none.
///
/// On conflict the reasons, a phrase each; nothing is to be written then. Merging twice changes nothing.
pub(super) fn merge(old: &str, linker: Option<&str>) -> Result<String, Vec<String>> {
    let mut config: DocumentMut = old.parse().map_err(|error: toml_edit::TomlError| {
        vec![format!(
            "it is not valid TOML: {}",
            error.to_string().trim_end().replace('\n', " ")
        )]
    })?;
    let mut conflicts = Vec::new();
    if let Some(target) = table(&mut config, &["target", TARGET], &mut conflicts) {
        runner(target, &mut conflicts);
        rustflags(target, &mut conflicts);
        if let (Some(linker), None) = (linker, target.get("linker")) {
            target.insert("linker", value(linker));
            comment(
                target,
                "linker",
                "# Of this machine: rustc brings none of its own here.\n",
            );
        }
    }
    if let Some(unstable) = table(&mut config, &["unstable"], &mut conflicts) {
        build_std(unstable, &mut conflicts);
    }
    if conflicts.is_empty() {
        Ok(config.to_string())
    } else {
        Err(conflicts)
    }
}

/// The table at this path, made if missing. A conflict if something else is there.
fn table<'a>(
    config: &'a mut DocumentMut,
    path: &[&str],
    conflicts: &mut Vec<String>,
) -> Option<&'a mut Table> {
    let mut here = config.as_table_mut();
    for (depth, key) in path.iter().enumerate() {
        let last = depth + 1 == path.len();
        let item = here.entry(key).or_insert_with(|| {
            let mut table = Table::new();
            // No header of its own for [target], only for [target.wasm32-unknown-unknown].
            table.set_implicit(!last);
            Item::Table(table)
        });
        if let Item::Value(Value::InlineTable(inline)) = item {
            *item = Item::Table(std::mem::take(inline).into_table());
        }
        let Some(table) = item.as_table_mut() else {
            conflicts.push(format!("`{}` is not a table", path[..=depth].join(".")));
            return None;
        };
        here = table;
    }
    Some(here)
}

fn runner(target: &mut Table, conflicts: &mut Vec<String>) {
    match target.get("runner").map(words) {
        None => {
            target.insert("runner", list(RUNNER));
        }
        Some(Some(words)) if words == RUNNER => {}
        Some(_) => conflicts.push(format!(
            "`target.{TARGET}.runner` is set to something else: remove it, or make it [\"threadlink\", \"runner\"]"
        )),
    }
}

fn rustflags(target: &mut Table, conflicts: &mut Vec<String>) {
    let wanted = flags::rustflags(Panic::Abort);
    let Some(item) = target.get_mut("rustflags") else {
        let mut array: Array = wanted.iter().map(String::as_str).collect();
        for flag in array.iter_mut() {
            flag.decor_mut().set_prefix("\n    ");
        }
        array.set_trailing("\n");
        array.set_trailing_comma(true);
        target.insert("rustflags", value(array));
        return;
    };
    let Some(given) = words(item) else {
        conflicts.push(format!(
            "`target.{TARGET}.rustflags` is neither a list of strings nor a string"
        ));
        return;
    };
    let missing = flags::missing(&given, wanted);
    match item {
        Item::Value(Value::Array(array)) => array.extend(missing),
        _ if missing.is_empty() => {}
        // One string, which cargo splits at blanks: no flag of ours has any.
        _ => {
            let all: Vec<String> = given.into_iter().chain(missing).collect();
            *item = value(all.join(" "));
        }
    }
}

fn build_std(unstable: &mut Table, conflicts: &mut Vec<String>) {
    let wanted = Panic::Abort.build_std();
    match unstable.get("build-std").map(words) {
        None => {
            unstable.insert("build-std", list(wanted));
            comment(
                unstable,
                "build-std",
                "# Cargo heeds this on nightly, or with RUSTC_BOOTSTRAP=1 in its environment.\n",
            );
        }
        Some(Some(given)) if wanted.iter().all(|name| given.iter().any(|crate_| crate_ == name)) => {}
        Some(_) => conflicts.push(
            "`unstable.build-std` lacks \"std\" or \"panic_abort\": remove it, or make it [\"std\", \"panic_abort\"]"
                .to_owned(),
        ),
    }
}

fn list<const N: usize>(words: [&str; N]) -> Item {
    value(words.into_iter().collect::<Array>())
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

fn comment(table: &mut Table, key: &str, text: &str) {
    if let Some(mut key) = table.key_mut(key) {
        key.leaf_decor_mut().set_prefix(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(old: &str) -> String {
        merge(old, None).unwrap_or_else(|reasons| panic!("{reasons:?}"))
    }

    fn refused(old: &str) -> String {
        merge(old, None).expect_err("a conflict").join("; ")
    }

    fn parsed(text: &str) -> DocumentMut {
        text.parse().expect("what was written is TOML")
    }

    #[test]
    fn an_empty_config_gets_flags_runner_and_build_std() {
        let text = merged("");
        let config = parsed(&text);
        let target = &config["target"][TARGET];
        assert_eq!(words(&target["runner"]).expect("a list"), RUNNER);
        assert_eq!(
            words(&target["rustflags"]).expect("a list"),
            flags::rustflags(Panic::Abort)
        );
        assert_eq!(
            words(&config["unstable"]["build-std"]).expect("a list"),
            ["std", "panic_abort"]
        );
        assert!(target.get("linker").is_none());
        assert!(text.starts_with("[target.wasm32-unknown-unknown]\n"), "{text}");
    }

    #[test]
    fn merging_again_changes_nothing() {
        let beginnings = [
            "",
            "# mine\n[build]\njobs = 2\n",
            "[target.wasm32-unknown-unknown]\nrustflags = \"-g\"\n",
            "target = { wasm32-unknown-unknown = { rustflags = [\"-g\"] } }\n",
        ];
        for old in beginnings {
            let once = merge(old, Some("/l/rust-lld")).expect("no conflict");
            assert_eq!(
                merge(&once, Some("/other/rust-lld")).as_ref(),
                Ok(&once),
                "{old:?}"
            );
        }
    }

    #[test]
    fn what_was_there_stays_word_for_word() {
        let old = "# about us\n[alias] # short\nb = \"build\"\n\n[target.wasm32-unknown-unknown]\n# debug\n\
                   rustflags = [\"-g\"] # keep\n";
        let new = merged(old);
        for piece in [
            "# about us\n[alias] # short\nb = \"build\"\n",
            "# debug\n",
            "# keep",
        ] {
            assert!(new.contains(piece), "{piece:?} is gone:\n{new}");
        }
        let config = parsed(&new);
        let flags = words(&config["target"][TARGET]["rustflags"]).expect("a list");
        assert_eq!(flags[0], "-g");
        assert_eq!(flags[1..], flags::rustflags(Panic::Abort));
    }

    #[test]
    fn flags_in_one_string_stay_one_string() {
        let config = parsed(&merged(
            "[target.wasm32-unknown-unknown]\nrustflags = \"-g  --cfg x\"\n",
        ));
        let text = config["target"][TARGET]["rustflags"].as_str().expect("a string");
        assert!(text.starts_with("-g --cfg x -Ctarget-feature=+atomics"), "{text}");
    }

    #[test]
    fn a_linker_is_named_only_where_none_is() {
        let config = parsed(&merge("", Some("/l/rust-lld")).expect("no conflict"));
        assert_eq!(config["target"][TARGET]["linker"].as_str(), Some("/l/rust-lld"));
        let old = "[target.wasm32-unknown-unknown]\nlinker = \"mine\"\n";
        let config = parsed(&merge(old, Some("/l/rust-lld")).expect("no conflict"));
        assert_eq!(config["target"][TARGET]["linker"].as_str(), Some("mine"));
    }

    #[test]
    fn conflicts_are_all_named() {
        let text = refused(
            "[target.wasm32-unknown-unknown]\nrunner = \"wasmtime\"\nrustflags = 3\n[unstable]\nbuild-std = \
             [\"core\"]\n",
        );
        for key in [".runner`", ".rustflags`", "unstable.build-std`"] {
            assert!(text.contains(key), "{text}");
        }
        assert!(refused("target = 3\n").contains("`target` is not a table"));
        assert!(refused("unstable = []\n").contains("`unstable` is not a table"));
        assert!(refused("[target\n").contains("not valid TOML"));
    }

    #[test]
    fn more_in_build_std_than_needed_is_no_conflict() {
        let old = "[unstable]\nbuild-std = [\"core\", \"std\", \"panic_abort\", \"proc_macro\"]\n";
        assert!(merged(old).starts_with(old) || merged(old).contains("\"proc_macro\""));
    }
}
