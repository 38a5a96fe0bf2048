//! What cargo's own files say about guests, where it is not cargo that has to be asked.

use std::fs;
use std::path::PathBuf;

use threadlink_toolchain::flags::TARGET;
use threadlink_toolchain::{Machine, System};
use toml_edit::{DocumentMut, Item};

/// The texts of cargo's files for the current directory.
pub(crate) struct Config {
    texts: Vec<String>,
}

impl Config {
    /// Reads those that cargo would read.
    pub(crate) fn read() -> Config {
        let machine = Machine::new();
        let current = machine.current_dir().unwrap_or_default();
        let mut folders: Vec<PathBuf> = current.ancestors().map(|dir| dir.join(".cargo")).collect();
        folders.extend(machine.var("CARGO_HOME").map(PathBuf::from));
        let texts = folders
            .iter()
            .flat_map(|folder| ["config", "config.toml"].map(|name| folder.join(name)))
            .filter_map(|file| fs::read_to_string(file).ok())
            .collect();
        Config { texts }
    }

    /// Whether a program is named that runs modules.
    pub(crate) fn has_runner(&self) -> bool {
        self.any(|config| Some(config.get("target")?.get(TARGET)?.get("runner").is_some()))
    }

    /// Whether guests are built where no target is named.
    pub(crate) fn builds_guests(&self) -> bool {
        self.any(|config| {
            let target = config.get("build")?.get("target")?;
            Some(target.to_string().contains(TARGET))
        })
    }

    fn any(&self, says: impl Fn(&Item) -> Option<bool>) -> bool {
        self.texts
            .iter()
            // Most say nothing of it.
            .filter(|text| text.contains(TARGET))
            .filter_map(|text| text.parse::<DocumentMut>().ok())
            .any(|config| says(config.as_item()).unwrap_or(false))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> Config {
        Config {
            texts: vec![text.to_owned()],
        }
    }

    #[test]
    fn only_what_is_about_guests_counts() {
        let runner = config("[target.wasm32-unknown-unknown]\nrunner = \"x\"\n");
        assert!(runner.has_runner() && !runner.builds_guests());
        let build = config("[build]\ntarget = [\"wasm32-unknown-unknown\"]\n");
        assert!(build.builds_guests() && !build.has_runner());
        for text in [
            "",
            "[",
            "[target.wasm32-wasip1]\nrunner = \"x\"\n# wasm32-unknown-unknown\n",
            "[target.wasm32-unknown-unknown]\nrustflags = []\n",
        ] {
            let other = config(text);
            assert!(!other.has_runner() && !other.builds_guests(), "{text}");
        }
    }
}
