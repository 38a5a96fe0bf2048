//! `threadlink serve`: a folder on this machine, with the headers without which no page may share memory between threads.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use clap::Args;

use super::site::{Found, Site};
use crate::failure::{Done, Failure};
use crate::output;

/// How long somebody may take to say what is wanted, or to take it.
const PATIENCE: Duration = Duration::from_secs(30);
/// The longest request, with its headers.
const LONGEST_REQUEST: u64 = 64 << 10;

/// What every answer has. The page may share memory; nothing is kept, so that a page is always what was built last.
const HEADERS: &str = "Cross-Origin-Opener-Policy: same-origin\r\n\
                       Cross-Origin-Embedder-Policy: require-corp\r\n\
                       Cross-Origin-Resource-Policy: same-origin\r\n\
                       Cache-Control: no-store\r\n\
                       X-Content-Type-Options: nosniff\r\n\
                       Connection: close\r\n";

/// Serve a folder to browsers on this machine, with the headers that threads need there
/// (Cross-Origin-Opener-Policy and Cross-Origin-Embedder-Policy). It goes on until it is stopped.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// The folder
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,

    /// The port; 0 for any that is free
    #[arg(long, value_name = "PORT", default_value_t = 8080)]
    port: u16,
}

impl Serve {
    pub(crate) fn execute(self) -> Done {
        let folder = self.folder.display();
        let site = Site::new(&self.folder)
            .map_err(|error| Failure::usage(format!("cannot serve the folder {folder}: {error}")))?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port)).map_err(|error| {
            Failure::usage(format!(
                "cannot serve at port {}: {error}; choose another with --port",
                self.port
            ))
        })?;
        let port = listener.local_addr().map_or(self.port, |address| address.port());
        output::print(&format!("serving {folder} at http://localhost:{port}/\n"))?;
        let site = Arc::new(site);
        for stream in listener.incoming() {
            // Whoever has gone away again, and whoever comes when there are no more threads, tries anew.
            let Ok(stream) = stream else { continue };
            let site = Arc::clone(&site);
            let _ = thread::Builder::new().spawn(move || answer(&site, &stream));
        }
        Ok(0)
    }
}

/// Answers one request, which is all that a connection has. Nobody is left to tell what goes wrong.
fn answer(site: &Site, stream: &TcpStream) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut reader = BufReader::new(stream.take(LONGEST_REQUEST));
    let mut request = String::new();
    reader.read_line(&mut request)?;
    let mut line = String::new();
    while reader.read_line(&mut line)? > 0 && !line.trim_end().is_empty() {
        line.clear();
    }
    respond(site, request.trim_end(), stream)
}

fn respond(site: &Site, request: &str, mut to: impl Write) -> io::Result<()> {
    let mut words = request.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    if method != "GET" && method != "HEAD" {
        return text(&mut to, "405 Method Not Allowed", "only GET and HEAD");
    }
    let opened = site
        .find(target)
        .and_then(|found| Some((File::open(&found.path).ok()?, found)));
    let Some((mut file, Found { media_type, .. })) = opened else {
        return text(&mut to, "404 Not Found", "there is no such file");
    };
    let length = file.metadata()?.len();
    write!(
        to,
        "HTTP/1.1 200 OK\r\n{HEADERS}Content-Type: {media_type}\r\nContent-Length: {length}\r\n\r\n"
    )?;
    if method == "GET" {
        io::copy(&mut Read::by_ref(&mut file).take(length), &mut to)?;
    }
    to.flush()
}

fn text(to: &mut impl Write, status: &str, text: &str) -> io::Result<()> {
    let length = text.len();
    write!(
        to,
        "HTTP/1.1 {status}\r\n{HEADERS}Content-Type: text/plain; charset=utf-8\r\nContent-Length: {length}\r\n\r\n{text}"
    )?;
    to.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_has_the_headers() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.wasm"), "module").unwrap();
        let site = Site::new(folder.path()).unwrap();
        for (request, status, kind, body) in [
            ("GET /a.wasm HTTP/1.1", "200 OK", "application/wasm", "module"),
            ("HEAD /a.wasm HTTP/1.1", "200 OK", "application/wasm", ""),
            (
                "GET /b HTTP/1.1",
                "404 Not Found",
                "text/plain",
                "there is no such file",
            ),
            (
                "POST /a.wasm HTTP/1.1",
                "405 Method Not Allowed",
                "text/plain",
                "only GET and HEAD",
            ),
            ("", "405 Method Not Allowed", "text/plain", "only GET and HEAD"),
        ] {
            let mut answer = Vec::new();
            respond(&site, request, &mut answer).unwrap();
            let answer = String::from_utf8(answer).unwrap();
            let (head, found) = answer.split_once("\r\n\r\n").unwrap();
            assert_eq!(found, body, "{request}");
            for part in [
                status,
                kind,
                "Cross-Origin-Opener-Policy: same-origin",
                "Cross-Origin-Embedder-Policy: require-corp",
            ] {
                assert!(head.contains(part), "{request}: {head}");
            }
        }
    }
}
