//! A development server: the files of a folder, with the headers without which a page gets no shared memory.
//!
//! | file | |
//! |---|---|
//! | `server.rs` | listens and answers |
//! | `folder.rs` | which file a URL means, and which it must not mean |
//! | `host.rs` | whom a request is for |
//! | `room.rs` | how many are answered at once |
//! | `changes.rs` | whether a file of the folder has changed |
//! | `reload.js` | with which a page asks that |
//!
//! # Examples
//! ```no_run
//! use threadlink_serve::{Options, Server};
//!
//! let server = Server::bind(Options::new("pkg".as_ref()))?;
//! println!("http://{}/", server.address());
//! server.run();
//! # Ok::<(), threadlink_serve::Error>(())
//! ```

#![forbid(unsafe_code)]

mod changes;
mod folder;
mod host;
mod room;
mod server;

pub use server::{Error, Options, Server};

/// Compiles the examples in the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
