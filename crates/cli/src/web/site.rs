//! The files of a folder, by the paths of addresses: what is outside of it is not found.

use std::io;
use std::path::{Component, Path, PathBuf};

/// What a path without a file's name means.
const INDEX: &str = "index.html";

/// A folder that is served.
pub(super) struct Site {
    root: PathBuf,
}

/// A file of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) path: PathBuf,
    pub(super) media_type: &'static str,
}

impl Site {
    pub(super) fn new(folder: &Path) -> io::Result<Self> {
        let root = folder.canonicalize()?;
        if !root.is_dir() {
            return Err(io::Error::from(io::ErrorKind::NotADirectory));
        }
        Ok(Self { root })
    }

    /// The file for the target of a request: a path, with or without a query.
    pub(super) fn find(&self, target: &str) -> Option<Found> {
        let path = target.split(['?', '#']).next()?;
        let path = decoded(path.strip_prefix('/')?)?;
        let inside = |part: Component<'_>| matches!(part, Component::Normal(_));
        let relative = Path::new(&path);
        if path.contains(['\\', '\0']) || !relative.components().all(inside) {
            return None;
        }
        let mut whole = self.root.join(relative);
        if whole.is_dir() {
            whole.push(INDEX);
        }
        // Links may lead out of the folder.
        let path = whole.canonicalize().ok()?;
        let served = path.starts_with(&self.root) && path.is_file();
        let media_type = media_type(&path);
        served.then_some(Found { path, media_type })
    }
}

/// A path without `%20` and the like; `None` if that is no text.
fn decoded(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        let value = digit(rest.next())? * 16 + digit(rest.next())?;
        bytes.push(u8::try_from(value).ok()?);
    }
    String::from_utf8(bytes).ok()
}

/// Browsers take a script and a module only with the right one.
fn media_type(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("html" | "htm") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("css") => "text/css; charset=utf-8",
        Some("json" | "map") => "application/json",
        Some("txt" | "md" | "ts" | "rs" | "toml") => "text/plain; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("gif") => "image/gif",
        Some("webp") => "image/webp",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn files_are_found_by_their_paths_and_none_outside() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("site");
        fs::create_dir_all(root.join("sub")).unwrap();
        for file in ["index.html", "sub/a b.wasm", "ü.js"] {
            fs::write(root.join(file), "").unwrap();
        }
        fs::write(folder.path().join("secret"), "").unwrap();
        let site = Site::new(&root).unwrap();
        let found = |target: &str| {
            let found = site.find(target)?;
            let path = found.path.strip_prefix(&site.root).unwrap().to_owned();
            Some((path.to_str().unwrap().replace('\\', "/"), found.media_type))
        };
        let html = "text/html; charset=utf-8";
        assert_eq!(found("/"), Some(("index.html".to_owned(), html)));
        assert_eq!(
            found("/index.html?a=/../b#c"),
            Some(("index.html".to_owned(), html))
        );
        assert_eq!(
            found("/sub/a%20b.wasm"),
            Some(("sub/a b.wasm".to_owned(), "application/wasm"))
        );
        assert_eq!(found("/%C3%BC.js").unwrap().0, "ü.js");
        for target in [
            "",
            "index.html",
            "/sub",
            "/sub/",
            "/none",
            "/../secret",
            "/%2e%2e/secret",
            "/sub/../../secret",
            "/..%2fsecret",
            "/..%5csecret",
            "//etc/passwd",
            "/%",
            "/%4",
            "/%zz",
            "/%ff",
            "/a%00",
            "http://other/index.html",
        ] {
            assert_eq!(found(target), None, "{target}");
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(folder.path().join("secret"), root.join("link")).unwrap();
            assert_eq!(found("/link"), None);
        }
        assert!(Site::new(&root.join("index.html")).is_err());
    }
}
