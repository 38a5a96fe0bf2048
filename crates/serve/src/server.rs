//! Listens and answers.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crate::changes::Changes;
use crate::folder::{Folder, Found};
use crate::host;
use crate::room::Room;

/// Where what is not the folder's stands.
const CHANGES: &str = "/.threadlink/changes";
const SCRIPT: &str = "/.threadlink/reload.js";
/// What is added to the end of each page.
const TAG: &[u8] = b"\n<script type=\"module\" src=\"/.threadlink/reload.js\"></script>\n";
/// How long somebody may take to say what is wanted, or to take a part of it.
const PATIENCE: Duration = Duration::from_secs(30);
/// The longest request, with its headers.
const LONGEST_REQUEST: u64 = 64 << 10;

/// How many are answered at once. Browsers open six connections or so; others wait.
const MOST: usize = 256;
/// How long to wait if nobody can be let in: the process may have as many files open as it gets.
const PAUSE: Duration = Duration::from_millis(20);

/// With each answer: the first two isolate the page, so that it gets shared memory, the third lets an isolated page have the
/// file, and what is being written is never to be kept.
const HEADERS: [(&str, &str); 6] = [
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Embedder-Policy", "require-corp"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("Connection", "close"),
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
        source: io::Error,
    },
    /// The address is taken, or not this machine's.
    #[error("cannot listen at {address}: {source}; --port 0 takes any that is free")]
    Listen {
        /// As it was given.
        address: SocketAddr,
        /// Why.
        source: io::Error,
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

#[derive(Debug)]
struct Shown {
    listener: TcpListener,
    folder: Folder,
    changes: Changes,
    reload: bool,
    /// Whether it is for this machine alone.
    local: bool,
    room: Arc<Room>,
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
        let taken = |source| Error::Listen {
            address: options.address,
            source,
        };
        let listener = TcpListener::bind(options.address).map_err(taken)?;
        let address = listener.local_addr().map_err(taken)?;
        Ok(Server {
            address,
            shown: Arc::new(Shown {
                listener,
                folder,
                changes: Changes::default(),
                reload: options.reload,
                local: address.ip().is_loopback(),
                room: Room::of(MOST),
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
        loop {
            let place = self.shown.room.enter();
            // Whoever has gone away again, and whoever comes when there are no more threads, tries anew.
            let Ok((stream, _)) = self.shown.listener.accept() else {
                thread::sleep(PAUSE);
                continue;
            };
            let shown = Arc::clone(&self.shown);
            let _ = thread::Builder::new().spawn(move || {
                let _place = place;
                shown.answer(&stream)
            });
        }
    }
}

/// Somebody who may take so long in all to say what is wanted.
struct Asking<'a> {
    stream: &'a TcpStream,
    until: Instant,
}

impl Read for Asking<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.stream.set_read_timeout(Some(left))?;
        self.stream.read(to)
    }
}

impl Shown {
    /// Answers one request, which is all that a connection has: a browser opens more of them than it uses. Nobody is left to tell
    /// what goes wrong.
    fn answer(&self, stream: &TcpStream) -> io::Result<()> {
        stream.set_write_timeout(Some(PATIENCE))?;
        let asking = Asking {
            stream,
            until: Instant::now() + PATIENCE,
        };
        let mut head = BufReader::new(asking.take(LONGEST_REQUEST)).lines();
        let request = head.next().unwrap_or_else(|| Ok(String::new()))?;
        let mut meant = true;
        for line in head {
            let line = line?;
            if line.is_empty() {
                break;
            }
            meant &= !self.local || host::is_local(&line);
        }
        if !meant {
            let text = "to other names than localhost this is not served: say --address";
            return said("403 Forbidden", text).send(stream, true);
        }
        self.respond(&request, stream)
    }

    fn respond(&self, request: &str, to: impl Write) -> io::Result<()> {
        if request.contains(char::is_control) {
            return said("400 Bad Request", "there is a control character in the request").send(to, true);
        }
        let mut words = request.split(' ');
        let method = words.next().unwrap_or_default();
        if method != "GET" && method != "HEAD" {
            return said("405 Method Not Allowed", "only GET and HEAD").send(to, true);
        }
        let answer = match words.next().unwrap_or_default() {
            CHANGES if self.reload => said(OK, &self.changes.number(self.folder.root()).to_string()),
            SCRIPT if self.reload => Answer::of(OK, "text/javascript", include_bytes!("reload.js").to_vec()),
            url => self.file(url),
        };
        answer.send(to, method == "GET")
    }

    fn file(&self, url: &str) -> Answer {
        let (file, path) = match self.folder.find(url) {
            Found::File(file, path) => (file, path),
            Found::Slash => {
                let (path, query) = url.find(['?', '#']).map_or((url, ""), |at| url.split_at(at));
                return Answer {
                    location: Some(format!("{path}/{query}")),
                    ..said("308 Permanent Redirect", "")
                };
            }
            Found::Nothing => {
                return said(
                    "404 Not Found",
                    "there is no such file below the folder that is served",
                );
            }
        };
        let kind = mime_guess::from_path(&path).first_or_octet_stream();
        let Ok(about) = file.metadata() else {
            return said("500 Internal Server Error", "the file cannot be read");
        };
        let is_page = self.reload && kind.essence_str() == "text/html";
        let after = if is_page { TAG } else { b"" };
        let kind = if kind.type_() == mime_guess::mime::TEXT {
            format!("{kind}; charset=utf-8")
        } else {
            kind.to_string()
        };
        Answer {
            file: Some((file, about.len())),
            ..Answer::of(OK, &kind, after.to_vec())
        }
    }
}

/// What is said to one request.
struct Answer {
    status: &'static str,
    kind: String,
    location: Option<String>,
    /// The file that is sent before the bytes, and how long it is: it may be larger than the memory.
    file: Option<(File, u64)>,
    bytes: Vec<u8>,
}

impl Answer {
    fn of(status: &'static str, kind: &str, bytes: Vec<u8>) -> Answer {
        Answer {
            status,
            kind: kind.to_owned(),
            location: None,
            file: None,
            bytes,
        }
    }

    fn send(self, mut to: impl Write, whole: bool) -> io::Result<()> {
        let Answer {
            status,
            kind,
            location,
            file,
            bytes,
        } = self;
        let mut head = format!("HTTP/1.1 {status}\r\n");
        for (name, value) in HEADERS {
            head += &format!("{name}: {value}\r\n");
        }
        if let Some(location) = location {
            head += &format!("Location: {location}\r\n");
        }
        let length = bytes.len() as u64 + file.as_ref().map_or(0, |(_, length)| *length);
        head += &format!("Content-Type: {kind}\r\nContent-Length: {length}\r\n\r\n");
        to.write_all(head.as_bytes())?;
        if whole {
            if let Some((file, length)) = file
                && io::copy(&mut file.take(length), &mut to)? < length
            {
                // It has become shorter meanwhile: that the answer ends too early says so.
                return Ok(());
            }
            to.write_all(&bytes)?;
        }
        to.flush()
    }
}

const OK: &str = "200 OK";

fn said(status: &'static str, text: &str) -> Answer {
    Answer::of(status, "text/plain; charset=utf-8", text.as_bytes().to_vec())
}
