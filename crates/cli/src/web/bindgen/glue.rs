//! The script that wasm-bindgen makes, so that workers can import it, and so that the host learns of what happens in the exports.
//!
//! The glue imports the modules of the ABI by their names, for which a page could have an import map and a worker cannot: they
//! come from a file of the host's. Its exports go through a function of that file, which on a page tells the host of deaths.

use std::fmt::Write as _;

use threadlink_abi::imports::{CORE_MODULE, EXT_MODULE};

use crate::web::files::{HOST, quoted};

/// How the glue takes over the exports of its instance.
const EXPORTS: &str = "wasm = instance.exports;";

/// The glue, rewritten.
///
/// # Errors
/// What is not as it was in all versions so far.
pub(super) fn rewrite(glue: &str) -> Result<String, String> {
    let file = quoted(&format!("../{HOST}/bindgen/imported.js"));
    let mut text = format!(
        "import {{ guarded as __threadlink_guarded, modules as __threadlink_modules }} from {file};\n"
    );
    let mut exports = 0;
    for line in glue.lines() {
        if let Some((name, module)) = imported(line) {
            let _ = writeln!(text, "const {name} = __threadlink_modules[{}];", quoted(module));
        } else if line.trim() == EXPORTS {
            exports += 1;
            text.push_str("    wasm = __threadlink_guarded(instance.exports);\n");
        } else {
            text.push_str(line);
            text.push('\n');
        }
    }
    if exports != 1 {
        return Err(format!("it has `{EXPORTS}` {exports} times"));
    }
    if !text.contains("initSync") || !text.contains("thread_stack_size") {
        return Err("its `initSync` takes no stack size, which threads need".to_owned());
    }
    Ok(text)
}

/// The name under which a line imports a module of the ABI, and that module.
fn imported(line: &str) -> Option<(&str, &str)> {
    let (name, module) = line.trim().strip_prefix("import * as ")?.split_once(" from ")?;
    let module = module.trim_end_matches(';').trim_matches(['"', '\'']);
    [CORE_MODULE, EXT_MODULE]
        .contains(&module)
        .then_some((name, module))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GLUE: &str = "import * as import1 from \"wasm_threadlink\"\nimport * as import2 from 'threadlink';\nimport * as own \
                        from \"./snippets/own.js\"\nfunction finalize(instance, module, thread_stack_size) {\n    wasm = \
                        instance.exports;\n}\nexport { initSync };\n";

    #[test]
    fn modules_of_the_abi_come_from_the_host() {
        let text = rewrite(GLUE).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert!(
            lines[0].ends_with("from \"../threadlink/bindgen/imported.js\";"),
            "{text}"
        );
        assert_eq!(
            lines[1],
            "const import1 = __threadlink_modules[\"wasm_threadlink\"];"
        );
        assert_eq!(lines[2], "const import2 = __threadlink_modules[\"threadlink\"];");
        assert_eq!(lines[3], "import * as own from \"./snippets/own.js\"");
        assert_eq!(lines[5], "    wasm = __threadlink_guarded(instance.exports);");
    }

    #[test]
    fn glue_that_is_not_known_is_refused() {
        assert!(rewrite("").unwrap_err().contains("0 times"));
        assert!(
            rewrite(&format!("{GLUE}{EXPORTS}\n"))
                .unwrap_err()
                .contains("2 times")
        );
        assert!(
            rewrite(&GLUE.replace("thread_stack_size", ""))
                .unwrap_err()
                .contains("stack size")
        );
    }
}
