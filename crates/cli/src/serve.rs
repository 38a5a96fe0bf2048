//! `threadlink serve`: a folder's files for a browser on this machine.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::Args;
use threadlink_serve::{Options, Server};

use crate::failure::{Done, Failure};
use crate::output;

/// Serve a folder to a browser, with the headers without which a page gets no shared memory and no threads.
///
/// Prints the address and goes on until it is ended. A page loads itself again when a file of the folder changes. For this
/// machine alone, under the name localhost or an address, unless --address says otherwise; to the public, serve with something made
/// for that.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// The folder
    #[arg(default_value = ".")]
    folder: PathBuf,

    /// The port to listen at; 0 is any that is free
    #[arg(long, value_name = "PORT", default_value_t = 8080)]
    port: u16,

    /// The address to listen at
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    address: IpAddr,

    /// Leave pages as they are: they don't load themselves again when a file changes
    #[arg(long)]
    no_reload: bool,
}

impl Serve {
    pub(crate) fn execute(self) -> Done {
        let mut options = Options::new(&self.folder);
        options.address = (self.address, self.port).into();
        options.reload = !self.no_reload;
        let server = Server::bind(options).map_err(|error| Failure::usage(error.to_string()))?;
        output::print(&format!("http://{}/\n", server.address()))?;
        server.run();
        Ok(0)
    }
}
