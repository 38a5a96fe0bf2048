//! `threadlink setup`: finds or installs what guests are built with, and makes the std that they are built on.

use clap::Args;
use threadlink_host::CodeCache;
use threadlink_shim::StandIn;
use threadlink_sysroot::{Cache, Compiler, Std, Variant};
use threadlink_toolchain::{Machine, Panic, Toolchain, detect, setup};

use crate::code_cache;
use crate::failure::{Done, Failure};
use crate::output::{self, tell};
use crate::stand_in::{self, Rustup};

/// Find, or install, what guest builds need: a Rust toolchain with its source, a wasm linker, and a std for threads, which is
/// made from that source once.
#[derive(Debug, Args)]
pub(crate) struct Setup {
    /// Install and make nothing: only report, and exit with 2 if something is missing
    #[arg(long)]
    check: bool,

    /// List every std that was made for a compiler, and what it takes; and how much code of modules that were run is kept, so
    /// that they need not be compiled again
    #[arg(long, conflicts_with = "check")]
    list: bool,

    /// Remove one that is listed, by its name (the code of modules by the name `code`), or all of them
    #[arg(long, value_name = "NAME|code|all", conflicts_with_all = ["check", "list"])]
    remove: Option<String>,

    /// Print a line for a shell (`eval "$(threadlink setup --print-env)"`) after which plain
    /// `cargo build --target wasm32-unknown-unknown` builds guests. Where there is rustup, `threadlink init` does that for a
    /// project, in any shell
    #[arg(long, conflicts_with_all = ["list", "remove"])]
    print_env: bool,
}

impl Setup {
    pub(crate) fn execute(self) -> Done {
        let machine = Machine::new();
        let cache = Cache::of_user(&machine).map_err(|error| Failure::usage(error.to_string()))?;
        if self.list {
            return list(&cache);
        }
        if let Some(name) = &self.remove {
            return remove(&cache, name);
        }
        let toolchain = if self.check {
            detect(&machine).map_err(|missing| Failure::usage(missing.to_string()))?
        } else {
            setup(&machine, &mut |line| tell(format_args!("setup: {line}")))
                .map_err(|error| Failure::usage(error.to_string()))?
        };
        let report = if self.check {
            check(&cache, &toolchain)?
        } else {
            make(&cache, &toolchain)?
        };
        if self.print_env {
            let stand_in = StandIn::of(&machine, Std::DEFAULT).map_err(Failure::usage)?;
            output::print(&shell_line(&stand_in))?;
        } else {
            output::print(&format!("{toolchain}\n{report}\n"))?;
        }
        Ok(0)
    }
}

/// What plain cargo needs if no profile says otherwise.
fn usual() -> Variant {
    Variant {
        std: Std::DEFAULT,
        panic: Panic::Unwind,
        traced: false,
    }
}

fn compiler(toolchain: &Toolchain) -> Result<Compiler, Failure> {
    Compiler::ask(&toolchain.rustc, &toolchain.cargo).map_err(|error| Failure::usage(error.to_string()))
}

/// Makes what is missing, and says what is there.
fn make(cache: &Cache, toolchain: &Toolchain) -> Result<String, Failure> {
    let made = cache
        .sysroot(&compiler(toolchain)?, usual(), &mut |line| tell(line))
        .map_err(|error| Failure::usage(error.to_string()))?;
    let stand_in = stand_in::ready(Std::DEFAULT)?;
    stand_in::link()?;
    let mut report = format!("  std     {} ({})", made.folder.display(), made.std);
    if let Some(misfit) = made.misfit {
        report.push_str(&format!("\n  but     {}", plain_because(&misfit)));
    }
    report.push_str(&format!("\n  cargo+  {}", how(&stand_in)));
    Ok(report)
}

/// Says what is there; a failure if something is missing.
fn check(cache: &Cache, toolchain: &Toolchain) -> Result<String, Failure> {
    let compiler = compiler(toolchain)?;
    let identity = cache.identity(&compiler, Std::DEFAULT);
    match cache.find(&identity, usual()) {
        Some(made) => Ok(format!("  std     {} ({})", made.folder.display(), made.std)),
        None => Err(Failure::usage(format!(
            "there is no std for guests of rustc {} yet, or it is damaged: run `threadlink setup`",
            compiler.release()
        ))),
    }
}

/// Why threads come from the crate, for people.
pub(crate) fn plain_because(misfit: &str) -> String {
    format!(
        "std is used as it is, without threads of its own (those of the crate `threadlink` work): {misfit}"
    )
}

/// How the toolchain is chosen.
fn how(stand_in: &StandIn) -> String {
    match Rustup::of(stand_in) {
        Rustup::Linked => format!(
            "`threadlink init` in a project, or `cargo +{} ...`",
            stand_in.name
        ),
        _ => format!(
            "`threadlink build`, or PATH with {}",
            stand_in.root.join("bin").display()
        ),
    }
}

/// A line for a POSIX shell.
pub(crate) fn shell_line(stand_in: &StandIn) -> String {
    let bin = stand_in.root.join("bin");
    let quoted = bin.to_string_lossy().replace('\'', r"'\''");
    format!("export PATH='{quoted}':\"$PATH\"\n")
}

fn list(cache: &Cache) -> Done {
    let mut text = String::new();
    for kept in cache.list() {
        let state = if kept.whole {
            ""
        } else {
            "  damaged: it is made again when it is needed"
        };
        text.push_str(&format!(
            "{:<42} rustc {:<16} {:>5} MB  {}{state}\n",
            kept.name,
            kept.release,
            kept.bytes / 1_000_000,
            kept.compiler.display()
        ));
    }
    if let Some(code) = code_cache::of_user() {
        let contents = code.contents().map_err(|error| unreadable(&code, &error))?;
        if contents.modules > 0 {
            text.push_str(&format!(
                "{:<42} modules {:<14} {:>5} MB  {}\n",
                code_cache::NAME,
                contents.modules,
                contents.bytes / 1_000_000,
                code.folder().display()
            ));
        }
    }
    output::print(&text)?;
    Ok(0)
}

fn unreadable(code: &CodeCache, error: &std::io::Error) -> Failure {
    Failure::usage(format!("{}: {error}", code.folder().display()))
}

fn remove(cache: &Cache, name: &str) -> Done {
    let mut removed = 0;
    if matches!(name, code_cache::NAME | "all")
        && let Some(code) = code_cache::of_user()
    {
        let contents = code.clear().map_err(|error| unreadable(&code, &error))?;
        removed += contents.modules;
    }
    if name == code_cache::NAME {
        output::print(&format!("removed {removed}\n"))?;
        return Ok(0);
    }
    let one = (name != "all").then_some(name);
    removed += cache
        .remove(one)
        .map_err(|error| Failure::usage(error.to_string()))?;
    if removed == 0 && one.is_some() {
        return Err(Failure::usage(format!(
            "there is no std of the name {name}: `threadlink setup --list` shows which there are"
        )));
    }
    output::print(&format!("removed {removed}\n"))?;
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_for_a_shell_survives_quotes() {
        let Ok(mut stand_in) = StandIn::of(&Machine::new(), Std::DEFAULT) else {
            return;
        };
        stand_in.root = "/it's here".into();
        assert_eq!(
            shell_line(&stand_in),
            "export PATH='/it'\\''s here/bin':\"$PATH\"\n"
        );
    }
}
