//! The scripts of a package with glue: what a page imports, and what the host imports instead of its own `glue.js`.

use super::FOLDER;
use crate::web::files::{HOST, quoted};

/// In place of the host's `glue.js`.
pub(in crate::web) fn host_glue(name: &str, provided: &[String]) -> String {
    let glue = quoted(&format!("../{FOLDER}/{name}.js"));
    let provided = serde_json::Value::from(provided);
    format!(
        r#"// Made by `threadlink build --web --bindgen`: instances come from the glue of this package.

import * as glue from {glue};
import {{ over }} from "./bindgen/glue.js";

export const provided = {provided};
export const {{ instantiate, instantiateHere, worn, retire }} = over(glue);
"#
    )
}

/// What a page imports.
pub(in crate::web) fn script(name: &str, address: &str) -> String {
    let (glue, file, name) = (
        quoted(&format!("./{FOLDER}/{name}.js")),
        quoted(address),
        quoted(name),
    );
    format!(
        r#"// Made by `threadlink build --web --bindgen`: what a page imports.

import {{ loadHere }} from "./{HOST}/bindgen/here.js";

/** What the program exports to JavaScript, to be used once `init` is done. */
export * from {glue};

/** Loads the program into this page, whose own thread is its main thread: once a page. */
export default function init(options) {{
  return loadHere(new URL({file}, import.meta.url), {{ args: [{name}], ...options }});
}}
"#
    )
}

/// The types of that.
pub(in crate::web) fn declarations(name: &str) -> String {
    let glue = quoted(&format!("./{FOLDER}/{name}.js"));
    format!(
        r#"// Made by `threadlink build --web --bindgen`.

import type {{ Options, Program }} from "./{HOST}/index.js";

export * from {glue};

/** Loads the program into this page, whose own thread is its main thread: once a page. */
export default function init(options?: Options): Promise<Program>;
"#
    )
}
