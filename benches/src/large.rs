//! A program whose debug build is a module of about 50 MB: many functions, all reached, as generics make them.

use std::fmt::Write as _;
use std::path::Path;

/// Functions of the module; found by trying, for its size.
const FUNCTIONS: usize = 4_150;

/// Writes the package there, unless it stands there already.
pub(crate) fn write(folder: &Path) -> Result<(), String> {
    let source = folder.join("src");
    let failed = |error: std::io::Error| format!("cannot write to {}: {error}", folder.display());
    std::fs::create_dir_all(&source).map_err(failed)?;
    let manifest = "[package]\nname = \"large\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n";
    for (path, text) in [
        (folder.join("Cargo.toml"), manifest.to_owned()),
        (source.join("main.rs"), program()),
    ] {
        // Written only if it is another one, so that cargo does not compile it again.
        if std::fs::read_to_string(&path).ok().as_ref() != Some(&text) {
            std::fs::write(path, text).map_err(failed)?;
        }
    }
    Ok(())
}

fn program() -> String {
    let mut text = String::new();
    for number in 0..FUNCTIONS {
        // Closures, each with iterators of its own: most of a debug build is such code, and what is said of it.
        let _ = writeln!(
            text,
            "fn f{number}(words: &mut Vec<(u32, String)>, depth: u64) -> u64 {{
    let total = words.iter().filter(|word| u64::from(word.0) % 7 != depth % ({number} + 2))
        .map(|word| word.1.len() as u64 ^ {number}).fold(depth, |total, len| total.rotate_left(5) ^ len);
    words.push((depth as u32, format!(\"{{depth}}-{number}\")));
    total
}}"
        );
    }
    let list: Vec<String> = (0..FUNCTIONS).map(|number| format!("f{number}")).collect();
    let _ = writeln!(
        text,
        "static ALL: [fn(&mut Vec<(u32, String)>, u64) -> u64; {FUNCTIONS}] = [{}];",
        list.join(", ")
    );
    text.push_str(
        "fn main() {\n    let mut words = Vec::new();\n    let total = std::thread::spawn(move || ALL.iter().step_by(100).fold(1, \
         |depth, function| function(&mut words, depth))).join().unwrap();\n    println!(\"{total}\");\n}\n",
    );
    text
}
