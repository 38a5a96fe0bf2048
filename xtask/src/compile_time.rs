//! `cargo xtask compile-time`: what the attributes cost the compiler, on a module of 1,000 fields.
//!
//! The same module is checked four times: written for std, written for threadlink by hand, with `#[traced]` on every
//! item, and with one `#[traced(std)]` on the whole. The figure is the least of some runs of `cargo check`.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::project::root;
use crate::shell::{self, Done, step};

const STRUCTS: usize = 100;
const FIELDS: usize = 10;
const RUNS: usize = 5;

/// A way to write the module.
struct Variant {
    name: &'static str,
    /// Where its types come from.
    library: &'static str,
    on_module: &'static str,
    on_items: &'static str,
}

const VARIANTS: [Variant; 4] = [
    Variant {
        name: "plain_std",
        library: "std",
        on_module: "",
        on_items: "",
    },
    Variant {
        name: "by_hand",
        library: "threadlink",
        on_module: "",
        on_items: "",
    },
    Variant {
        name: "on_items",
        library: "std",
        on_module: "",
        on_items: "#[threadlink::traced]",
    },
    Variant {
        name: "on_module",
        library: "std",
        on_module: "#[threadlink::traced(std)]",
        on_items: "",
    },
];

pub(crate) fn compile_time() -> Done {
    let folder = root().join("target/compile-time");
    let programs = folder.join("src/bin");
    let failed = |error: std::io::Error| format!("cannot write to {}: {error}", folder.display());
    std::fs::create_dir_all(&programs).map_err(failed)?;
    std::fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock")).map_err(failed)?;
    std::fs::write(folder.join("Cargo.toml"), manifest()).map_err(failed)?;
    for variant in &VARIANTS {
        let file = programs.join(variant.name).with_extension("rs");
        std::fs::write(file, source(variant)).map_err(failed)?;
    }
    step("build what the module depends on");
    shell::run(&mut check(&folder, "by_hand"))?;

    step("check the module in each form");
    let mut least = [Duration::MAX; VARIANTS.len()];
    for _ in 0..RUNS {
        // In turns, so that whatever else the machine does hits all of them.
        for (variant, least) in VARIANTS.iter().zip(&mut least) {
            let file = programs.join(variant.name).with_extension("rs");
            std::fs::write(file, source(variant)).map_err(failed)?;
            let start = Instant::now();
            shell::run(check(&folder, variant.name).arg("--quiet"))?;
            *least = start.elapsed().min(*least);
        }
    }
    println!("a module of {} fields, cargo check:", STRUCTS * FIELDS);
    for (variant, least) in VARIANTS.iter().zip(least) {
        println!("  {:<10} {:>5} ms", variant.name, least.as_millis());
    }
    Ok(())
}

fn check(folder: &Path, program: &str) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command
        .args(["check", "--offline", "--bin", program])
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", folder.join("target"));
    command
}

fn manifest() -> String {
    format!(
        "[package]\nname = \"compile-time\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[dependencies]\nthreadlink = {{ path = \
         {:?} }}\n\n[workspace]\n",
        root().join("threadlink")
    )
}

fn source(variant: &Variant) -> String {
    let Variant {
        library,
        on_module,
        on_items,
        ..
    } = variant;
    let mut text = format!("#![allow(dead_code)]\n{on_module}\nmod fields {{\n");
    let _ = writeln!(text, "use {library}::sync::{{Arc, Mutex, RwLock}};");
    for number in 0..STRUCTS {
        let list = |end: &str, part: &dyn Fn(usize) -> String| -> String {
            (0..FIELDS)
                .map(|field| format!("f{field}: {}{end}", part(field)))
                .collect()
        };
        let types = list(",\n", &|field| match field % 3 {
            0 => "Mutex<u64>".to_owned(),
            1 => "Arc<Mutex<Vec<u8>>>".to_owned(),
            _ => format!("{library}::sync::RwLock<String>"),
        });
        let values = list(",\n", &|field| match field % 3 {
            0 => format!("Mutex::new({field})"),
            1 => "Arc::new(Mutex::new(Vec::new()))".to_owned(),
            _ => "RwLock::new(String::new())".to_owned(),
        });
        let _ = writeln!(
            text,
            "{on_items}\npub struct S{number} {{\n{types}}}\n{on_items}\nimpl S{number} {{\npub fn new() -> Self \
             {{\nSelf {{\n{values}}}\n}}\n}}"
        );
    }
    text.push_str("}\nfn main() {}\n");
    text
}
