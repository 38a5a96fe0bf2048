//! What a browser would get.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;

use threadlink_serve::{Error, Options, Server};

/// A server of this folder on a port of its own.
fn serve(folder: &std::path::Path, reload: bool) -> SocketAddr {
    let mut options = Options::new(folder);
    options.address.set_port(0);
    options.reload = reload;
    let server = Server::bind(options).expect("a port is free");
    let address = server.address();
    // It lives as long as the test's process.
    thread::spawn(move || server.run());
    address
}

/// The answer's head and body, if it is asked for in these words.
fn ask(address: SocketAddr, words: &str) -> (String, Vec<u8>) {
    ask_host(address, words, "localhost")
}

/// The same of a server that is known by this name.
fn ask_host(address: SocketAddr, words: &str, host: &str) -> (String, Vec<u8>) {
    let mut stream = TcpStream::connect(address).expect("it listens");
    write!(
        stream,
        "{words} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    )
    .expect("it reads");
    let mut all = Vec::new();
    stream.read_to_end(&mut all).expect("it answers");
    let end = all
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .expect("there is a head");
    let head = String::from_utf8(all[..end].to_vec()).expect("it is text");
    (head, all[end + 4..].to_vec())
}

#[test]
fn files_have_their_type_and_isolate_the_page() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    fs::write(folder.path().join("a.wasm"), b"\0asm").expect("it can be written");
    fs::write(folder.path().join("worker.mjs"), "1").expect("it can be written");
    fs::write(folder.path().join("unknown.thing"), "2").expect("it can be written");
    let address = serve(folder.path(), true);
    for (file, kind, body) in [
        ("a.wasm", "application/wasm", &b"\0asm"[..]),
        ("worker.mjs", "javascript", b"1"),
        ("unknown.thing", "application/octet-stream", b"2"),
    ] {
        let (head, got) = ask(address, &format!("GET /{file}"));
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        let head = head.to_lowercase();
        assert!(head.contains("cross-origin-opener-policy: same-origin"), "{head}");
        assert!(
            head.contains("cross-origin-embedder-policy: require-corp"),
            "{head}"
        );
        assert!(head.contains("cache-control: no-store"), "{head}");
        // One that is kept is a thread that waits for a browser, which opens more of them than it uses.
        assert!(head.contains("connection: close"), "{head}");
        let content = head
            .lines()
            .find(|line| line.starts_with("content-type:"))
            .expect("it has a type");
        assert!(content.contains(kind), "{content}");
        assert_eq!(got, body, "{file}");
    }
    let (head, body) = ask(address, "HEAD /a.wasm");
    assert!(head.starts_with("HTTP/1.1 200") && body.is_empty(), "{head}");
}

#[test]
fn a_page_asks_for_changes_only_if_it_is_meant_to() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    fs::create_dir(folder.path().join("sub")).expect("it can be made");
    fs::write(folder.path().join("sub/index.html"), "<p>page").expect("it can be written");
    let fresh = serve(folder.path(), true);
    let (head, _) = ask(fresh, "GET /sub?a=b");
    assert!(head.starts_with("HTTP/1.1 308"), "{head}");
    assert!(head.contains("/sub/?a=b"), "{head}");
    let (_, page) = ask(fresh, "GET /sub/");
    let page = String::from_utf8(page).expect("it is text");
    assert!(
        page.starts_with("<p>page") && page.contains("/.threadlink/reload.js"),
        "{page}"
    );
    let (head, script) = ask(fresh, "GET /.threadlink/reload.js");
    assert!(head.contains("text/javascript") && !script.is_empty(), "{head}");
    let (_, number) = ask(fresh, "GET /.threadlink/changes");
    assert!(
        !number.is_empty() && number.iter().all(u8::is_ascii_digit),
        "{number:?}"
    );

    let still = serve(folder.path(), false);
    assert_eq!(ask(still, "GET /sub/").1, b"<p>page");
    assert!(
        ask(still, "GET /.threadlink/changes")
            .0
            .starts_with("HTTP/1.1 404")
    );
}

#[test]
fn nothing_else_is_shown_and_nothing_is_taken() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let address = serve(folder.path(), true);
    for words in [
        "GET /",
        "GET /../../etc/passwd",
        "GET /%2e%2e/%2e%2e/etc/passwd",
        "GET //etc/passwd",
    ] {
        let (head, _) = ask(address, words);
        assert!(head.starts_with("HTTP/1.1 404"), "{words}: {head}");
    }
    for words in ["POST /", "DELETE /a", "PUT /a"] {
        let (head, _) = ask(address, words);
        assert!(head.starts_with("HTTP/1.1 405"), "{words}: {head}");
    }
}

#[test]
fn a_page_of_somebody_elses_cannot_read_what_is_served() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    fs::write(folder.path().join("secret"), "secret").expect("it can be written");
    let address = serve(folder.path(), true);
    for host in ["evil.example", "evil.example:8080", "localhost.evil.example"] {
        let (head, body) = ask_host(address, "GET /secret", host);
        assert!(head.starts_with("HTTP/1.1 403"), "{head}");
        assert!(!body.windows(6).any(|part| part == b"secret"), "{host}");
    }
    for host in ["localhost:8080", "127.0.0.1", "[::1]:8080", "app.localhost"] {
        assert_eq!(ask_host(address, "GET /secret", host).1, b"secret", "{host}");
    }
}

#[test]
fn no_header_is_made_of_a_request() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    fs::create_dir(folder.path().join("sub")).expect("it can be made");
    let (head, _) = ask(serve(folder.path(), true), "GET /sub?a\rSet-Cookie:b");
    assert!(head.starts_with("HTTP/1.1 400"), "{head}");
    assert!(!head.contains("Set-Cookie"), "{head}");
}

#[test]
fn who_says_nothing_keeps_nobody_from_asking() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    // More than a stream's buffers hold, so that each answer is under way until it is read.
    let large = vec![7; 8 << 20];
    fs::write(folder.path().join("large"), &large).expect("it can be written");
    let address = serve(folder.path(), true);
    let silent: Vec<_> = (0..100)
        .map(|_| TcpStream::connect(address).expect("it listens"))
        .collect();
    let slow: Vec<_> = (0..20)
        .map(|_| {
            let mut stream = TcpStream::connect(address).expect("it listens");
            write!(stream, "GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("it reads");
            stream
        })
        .collect();
    assert_eq!(ask(address, "GET /large").1, large);
    // More of them than are answered at once, though no more than a system lets wait: they do until some have gone.
    let more: Vec<_> = (0..200).map_while(|_| TcpStream::connect(address).ok()).collect();
    drop((silent, slow, more));
    assert_eq!(ask(address, "GET /large").1, large);
}

#[test]
fn a_port_that_is_taken_is_said() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let address = serve(folder.path(), true);
    let mut options = Options::new(folder.path());
    options.address = address;
    let error = Server::bind(options).expect_err("it is taken");
    assert!(matches!(error, Error::Listen { .. }), "{error}");
    assert!(error.to_string().contains("--port 0"), "{error}");
}
