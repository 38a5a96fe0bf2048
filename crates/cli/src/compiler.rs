//! This command as the compiler of its own modules: large ones are compiled by a process of its own, which ends with a time
//! limit, a signal, or this one.

use clap::Args;
use threadlink_host::{Compiler, EngineConfig, compile_child};

use crate::failure::Done;

/// What the verb is called.
const VERB: &str = "compile-module";

/// Bytes that compiling somebody's module may take with what explorations or data races put into it, unless something else is said:
/// it is several times what it was.
pub(crate) const MEMORY_FOR_COPY: u64 = 4 << 30;

/// Compile a module for another process of this command, which sends it over standard input.
#[derive(Debug, Args)]
pub(crate) struct CompileModule {}

impl CompileModule {
    #[expect(clippy::unused_self, reason = "as the other verbs")]
    pub(crate) fn execute(self) -> Done {
        compile_child()
    }
}

/// Has large modules compiled by another process, if the system says where this command is.
pub(crate) fn with_compiler(engine: EngineConfig) -> EngineConfig {
    match Compiler::this_program() {
        Ok(compiler) => engine.compiler(compiler.args([VERB])),
        Err(_) => engine,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Cli;
    use clap::CommandFactory;

    #[test]
    fn the_verb_is_there_and_nobody_is_told() {
        let command = Cli::command();
        let verb = command.find_subcommand(VERB).expect("it is a verb");
        assert!(verb.is_hide_set());
        assert!(!Cli::command().render_long_help().to_string().contains(VERB));
    }
}
