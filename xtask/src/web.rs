//! `cargo xtask web`: programs in browsers and in Node, with what npm's and cargo's registries have: pages of others' making, and the
//! tables of `docs/web.md`.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::programs::{Program, need};
use crate::project::{Threadlink, cargo, root};
use crate::setup::setup;
use crate::shell::{self, Done, step};

const PROGRAMS: [Program; 4] = [
    Program("node", "nodejs"),
    Program("npm", "npm"),
    Program("chromium", "chromium"),
    Program("firefox-esr", "firefox-esr"),
];

/// What others' crates are measured with, a workspace of its own.
const PEERS: &str = "tests/web-peers";

/// Runs what these words ask for.
///
/// # Errors
/// If they ask for nothing that there is, or something fails.
pub(crate) fn web(words: &[&str]) -> Done {
    match words {
        [] => pages(),
        ["--suite"] => table(&["suite", "unwinding", "examples"], "table.mjs", &[]),
        ["--million"] => table(&["million", "storm"], "million.mjs", &[]),
        ["--measure"] => measure(&[]),
        ["--measure", "--json", file] => measure(&[file]),
        _ => Err(format!("web: {} is nothing that it does", words.join(" "))),
    }
}

/// Where all of it goes.
fn folder() -> PathBuf {
    root().join("target/web")
}

fn ready() -> Done<Threadlink> {
    setup()?;
    need(&PROGRAMS)?;
    step("build the threadlink command");
    Threadlink::build()
}

/// Node with one of the tests' scripts.
fn node(script: &str, threadlink: &Threadlink) -> Command {
    let mut node = Command::new("node");
    node.arg(root().join("tests/browser").join(script))
        .env("THREADLINK", threadlink.path())
        .env("MODULES", folder().join("modules"))
        .env("NPM", folder().join("npm"))
        .env("PEERS", folder().join("peers"));
    node
}

fn pages() -> Done {
    let threadlink = ready()?;
    let tools = wasm_bindgen(&root().join("tests/bindgen"))?;
    step("pages: a plain HTML file, vite, webpack, and a counter with wasm-bindgen in each");
    let mut node = Command::new("node");
    shell::run(
        node.args(["--test", "--test-reporter", "spec"])
            .arg(root().join("tests/browser/bundles.mjs"))
            .env("THREADLINK", threadlink.path())
            .env("TOOLS", tools)
            .env("FOLDER", folder().join("pages"))
            .env("ROOT", root()),
    )
}

/// Builds these modules, and has a script write its table into the document.
fn table(modules: &[&str], script: &str, words: &[&str]) -> Done {
    let threadlink = ready()?;
    step("build the modules");
    shell::run(node("modules.mjs", &threadlink).args(modules))?;
    step("run them in every engine");
    let document = root().join("docs/web.md");
    shell::run(node(script, &threadlink).arg(document).args(words))
}

fn measure(words: &[&str]) -> Done {
    step("build what others have for threads in pages");
    let project = root().join(PEERS);
    let tools = wasm_bindgen(&project)?;
    let build = folder().join("build");
    // Its flags are those of a nightly compiler's cargo.
    shell::run(
        cargo()
            .current_dir(&project)
            .args(["build", "--release", "--locked", "--target-dir"])
            .arg(&build)
            .env("RUSTC_BOOTSTRAP", "1"),
    )?;
    shell::run(
        Command::new(tools.join("wasm-bindgen"))
            .args(["--target", "web", "--out-name", "peers", "--out-dir"])
            .arg(folder().join("peers"))
            .arg(build.join("wasm32-unknown-unknown/release/peers.wasm")),
    )?;
    table(&["paces"], "measure.mjs", words)
}

/// Installs the command `wasm-bindgen` of the version that a project's lock file has: the folder that it is in.
fn wasm_bindgen(project: &Path) -> Done<PathBuf> {
    let lock = project.join("Cargo.lock");
    let text =
        std::fs::read_to_string(&lock).map_err(|error| format!("cannot read {}: {error}", lock.display()))?;
    let version = text
        .split_once("name = \"wasm-bindgen\"\nversion = \"")
        .and_then(|(_, rest)| rest.split('"').next())
        .ok_or_else(|| format!("{} has no wasm-bindgen", lock.display()))?;
    let tools = folder().join("tools");
    // A debug build takes half the time, and is fast enough.
    let mut install = cargo();
    install.args(["install", "wasm-bindgen-cli", "--debug", "--version", version]);
    shell::run(
        install
            .arg("--root")
            .arg(&tools)
            .arg("--target-dir")
            .arg(folder().join("build")),
    )?;
    Ok(tools.join("bin"))
}
