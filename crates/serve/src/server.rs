//! Listens and answers.

use std::io::{Cursor, Read};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use tiny_http::{Header, Method, Request, Response, ResponseBox, StatusCode};

use crate::changes::Changes;
use crate::folder::{Folder, Found};

/// Where what is not the folder's stands.
const CHANGES: &str = "/.threadlink/changes";
const SCRIPT: &str = "/.threadlink/reload.js";
/// What is added to the end of each page.
const TAG: &[u8] = b"\n<script type=\"module\" src=\"/.threadlink/reload.js\"></script>\n";
/// How many requests are answered at once; a page's workers ask for the same few files.
const AT_ONCE: usize = 8;

/// With each answer: the first two isolate the page, so that it gets shared memory, the third lets an isolated page have the
/// file, and what is being written is never to be kept.
const HEADERS: [(&str, &str); 5] = [
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Embedder-Policy", "require-corp"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
];

/// What to serve, and where.
///
/// # Examples
/// ```
/// let options = threadlink_serve::Options::new("pkg".as_ref());
/// assert_eq!(options.address.to_string(), "127.0.0.1:8080");
/// assert!(options.reload);
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Options {
    /// The folder.
    pub folder: PathBuf,
    /// Where to listen; port 0 is any that is free.
    pub address: SocketAddr,
    /// Whether pages load themselves again when a file changes.
    pub reload: bool,
}

impl Options {
    /// The folder, on port 8080 of this machine alone, with pages that load themselves again.
    ///
    /// # Examples
    /// ```
    /// let mut options = threadlink_serve::Options::new(".".as_ref());
    /// options.reload = false;
    /// ```
    #[must_use]
    pub fn new(folder: &Path) -> Options {
        Options {
            folder: folder.to_owned(),
            address: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080),
            reload: true,
        }
    }
}

/// Why nothing is served.
///
/// # Examples
/// ```
/// use threadlink_serve::{Error, Options, Server};
///
/// let error = Server::bind(Options::new("no such folder".as_ref())).unwrap_err();
/// assert!(matches!(error, Error::Folder { .. }));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The folder cannot be read, or is none.
    #[error("cannot serve {}: {source}", .folder.display())]
    Folder {
        /// As it was given.
        folder: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The address is taken, or not this machine's.
    #[error("cannot listen at {address}: {reason}; --port 0 takes any that is free")]
    Listen {
        /// As it was given.
        address: SocketAddr,
        /// Why.
        reason: String,
    },
}

/// A server that listens.
///
/// # Examples
/// ```
/// use threadlink_serve::{Options, Server};
///
/// let mut options = Options::new(".".as_ref());
/// options.address.set_port(0);
/// let server = Server::bind(options)?;
/// assert_ne!(server.address().port(), 0);
/// # Ok::<(), threadlink_serve::Error>(())
/// ```
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    shown: Arc<Shown>,
}

struct Shown {
    http: tiny_http::Server,
    folder: Folder,
    changes: Changes,
    reload: bool,
}

impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shown")
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

impl Server {
    /// Listens. From here on browsers can connect; they are answered by [`run`](Self::run).
    ///
    /// # Errors
    /// If the folder or the address cannot be had.
    ///
    /// # Examples
    /// ```no_run
    /// use threadlink_serve::{Options, Server};
    ///
    /// let server = Server::bind(Options::new("pkg".as_ref()))?;
    /// # Ok::<(), threadlink_serve::Error>(())
    /// ```
    pub fn bind(options: Options) -> Result<Server, Error> {
        let folder = Folder::open(&options.folder).map_err(|source| Error::Folder {
            folder: options.folder,
            source,
        })?;
        let taken = |reason: String| Error::Listen {
            address: options.address,
            reason,
        };
        let http = tiny_http::Server::http(options.address).map_err(|error| taken(error.to_string()))?;
        let address = http
            .server_addr()
            .to_ip()
            .ok_or_else(|| taken("it is no address of the internet protocol".to_owned()))?;
        Ok(Server {
            address,
            shown: Arc::new(Shown {
                http,
                folder,
                changes: Changes::default(),
                reload: options.reload,
            }),
        })
    }

    /// Where it listens.
    ///
    /// # Examples
    /// ```no_run
    /// # fn show(server: &threadlink_serve::Server) {
    /// println!("http://{}/", server.address());
    /// # }
    /// ```
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers, until the process ends.
    ///
    /// # Examples
    /// ```no_run
    /// # fn go(server: &threadlink_serve::Server) {
    /// server.run();
    /// # }
    /// ```
    pub fn run(&self) {
        for _ in 1..AT_ONCE {
            let shown = Arc::clone(&self.shown);
            // Without a thread more there are fewer at once.
            let _ = thread::Builder::new().spawn(move || shown.answer_all());
        }
        self.shown.answer_all();
    }
}

impl Shown {
    fn answer_all(&self) {
        while let Ok(request) = self.http.recv() {
            let mut response = self.response(&request);
            for (name, value) in HEADERS {
                response.add_header(header(name, value));
            }
            // Whoever asked may have gone.
            let _ = request.respond(response);
        }
    }

    fn response(&self, request: &Request) -> ResponseBox {
        if !matches!(request.method(), Method::Get | Method::Head) {
            return said(405, "only GET and HEAD");
        }
        match request.url() {
            CHANGES if self.reload => said(200, &self.changes.number(self.folder.root()).to_string()),
            SCRIPT if self.reload => typed(200, "text/javascript", include_bytes!("reload.js").to_vec()),
            url => self.file(url),
        }
    }

    fn file(&self, url: &str) -> ResponseBox {
        let (mut file, path) = match self.folder.find(url) {
            Found::File(file, path) => (file, path),
            Found::Slash => {
                let (path, query) = url.find(['?', '#']).map_or((url, ""), |at| url.split_at(at));
                return said(308, "").with_header(header("Location", &format!("{path}/{query}")));
            }
            Found::Nothing => return said(404, "there is no such file below the folder that is served"),
        };
        let kind = mime_guess::from_path(&path).first_or_octet_stream();
        if self.reload && kind.essence_str() == "text/html" {
            let mut page = Vec::new();
            return match file.read_to_end(&mut page) {
                Ok(_) => {
                    page.extend_from_slice(TAG);
                    typed(200, "text/html; charset=utf-8", page)
                }
                Err(_) => said(500, "the file cannot be read"),
            };
        }
        let kind = if kind.type_() == mime_guess::mime::TEXT {
            format!("{kind}; charset=utf-8")
        } else {
            kind.to_string()
        };
        Response::from_file(file)
            .with_header(header("Content-Type", &kind))
            .boxed()
    }
}

fn said(code: u16, text: &str) -> ResponseBox {
    typed(code, "text/plain; charset=utf-8", text.as_bytes().to_vec())
}

fn typed(code: u16, kind: &str, bytes: Vec<u8>) -> ResponseBox {
    let length = bytes.len();
    let headers = vec![header("Content-Type", kind)];
    Response::new(StatusCode(code), headers, Cursor::new(bytes), Some(length), None).boxed()
}

/// A header; what cannot be one, as a URL with a line break in it, is left empty.
fn header(name: &str, value: &str) -> Header {
    Header::from_bytes(name, value)
        .or_else(|()| Header::from_bytes(name, ""))
        .unwrap_or_else(|()| unreachable!("names of headers are constants"))
}
