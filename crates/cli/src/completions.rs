//! `threadlink completions`: a script with which a shell completes the command's options.

use clap::{Args, Command};
use clap_complete::Shell;

use crate::failure::Done;
use crate::output;

/// Print a script for a shell that completes this command's verbs and options.
///
/// For bash: `source <(threadlink completions bash)`; the shell's manual says where it looks for such scripts by itself.
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    /// `command` is the command line as a whole.
    pub(crate) fn execute(self, mut command: Command) -> Done {
        let name = command.get_name().to_owned();
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, name, &mut script);
        output::stream(|out| out.write_all(&script))?;
        Ok(0)
    }
}
