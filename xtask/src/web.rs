//! `cargo xtask web`: pages of others' making, by the steps of `docs/web.md`, with bundlers from npm's registry.

use crate::programs::{Program, need};
use crate::project::{Threadlink, root};
use crate::setup::setup;
use crate::shell::{self, Done, step};

const PROGRAMS: [Program; 4] = [
    Program("node", "nodejs"),
    Program("npm", "npm"),
    Program("chromium", "chromium"),
    Program("firefox-esr", "firefox-esr"),
];

pub(crate) fn web() -> Done {
    setup()?;
    need(&PROGRAMS)?;
    step("1/2 build the threadlink command");
    let threadlink = Threadlink::build()?;

    step("2/2 pages: a plain HTML file, vite, webpack, and a counter with wasm-bindgen in each");
    let mut node = std::process::Command::new("node");
    shell::run(
        node.args(["--test", "--test-reporter", "spec"])
            .arg(root().join("tests/browser/bundles.mjs"))
            .env("THREADLINK", threadlink.path())
            .env("FOLDER", root().join("target/web/pages"))
            .env("ROOT", root()),
    )
}
