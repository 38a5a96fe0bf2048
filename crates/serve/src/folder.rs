//! Which file a URL means: one below the folder, and none elsewhere.

use std::fs::{self, File};
use std::io;
use std::path::{Component, Path, PathBuf};

use percent_encoding::percent_decode_str;

/// What a folder is asked for with an index in it.
const INDEX: &str = "index.html";

/// A folder whose files are shown.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    /// Absolute, without symbolic links.
    root: PathBuf,
}

/// What a URL means.
#[derive(Debug)]
pub(crate) enum Found {
    /// This file: opened, with its path.
    File(File, PathBuf),
    /// A folder whose name wants a slash, so that what its page names is looked for in it.
    Slash,
    /// Nothing that may be shown.
    Nothing,
}

impl Folder {
    pub(crate) fn open(path: &Path) -> io::Result<Folder> {
        let root = fs::canonicalize(path)?;
        if !root.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        Ok(Folder { root })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Looks up the path of a URL, which begins with a slash and may end with a query.
    pub(crate) fn find(&self, url: &str) -> Found {
        self.below(url).unwrap_or(Found::Nothing)
    }

    fn below(&self, url: &str) -> Option<Found> {
        let path = url.split(['?', '#']).next()?.strip_prefix('/')?;
        let text = percent_decode_str(path).decode_utf8().ok()?;
        let relative = Path::new(&*text);
        // No way up, no drive, no second root: a name, and names in it.
        let is_plain = |part| matches!(part, Component::Normal(_));
        if !relative.components().all(is_plain) || text.contains(['\0', '\\']) {
            return None;
        }
        let mut path = self.real(&self.root.join(relative))?;
        if path.is_dir() {
            if !text.is_empty() && !text.ends_with('/') {
                return Some(Found::Slash);
            }
            path = self.real(&path.join(INDEX))?;
        }
        let file = File::open(&path).ok()?;
        // A pipe would be waited for, a device never ends.
        file.metadata().ok()?.is_file().then_some(Found::File(file, path))
    }

    /// Where a path leads, if that is below the root.
    fn real(&self, path: &Path) -> Option<PathBuf> {
        let real = fs::canonicalize(path).ok()?;
        let kind = fs::metadata(&real).ok()?.file_type();
        (real.starts_with(&self.root) && (kind.is_file() || kind.is_dir())).then_some(real)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(folder: &Folder, url: &str) -> Option<String> {
        match folder.find(url) {
            Found::File(_, path) => {
                let relative = path.strip_prefix(folder.root()).expect("it is below the root");
                Some(relative.to_str().expect("it is text").to_owned())
            }
            Found::Slash => Some("a slash".to_owned()),
            Found::Nothing => None,
        }
    }

    #[test]
    fn a_url_means_a_file_below_the_folder_and_no_other() {
        let outer = tempfile::tempdir().expect("a folder can be made");
        let root = outer.path().join("shown");
        fs::create_dir_all(root.join("with blank/deep")).expect("it can be made");
        for file in [
            "index.html",
            "a.js",
            "with blank/b.js",
            "with blank/deep/index.html",
        ] {
            fs::write(root.join(file), file).expect("it can be written");
        }
        fs::write(outer.path().join("secret"), "secret").expect("it can be written");
        let folder = Folder::open(&root).expect("it is one");
        for (url, file) in [
            ("/", Some("index.html")),
            ("/?query=../secret", Some("index.html")),
            ("/a.js#there", Some("a.js")),
            ("/with%20blank/b.js", Some("with blank/b.js")),
            ("/with%20blank/deep", Some("a slash")),
            ("/with%20blank/deep/", Some("with blank/deep/index.html")),
            ("/with%20blank/", None),
            ("/./a.js", None),
            ("/missing", None),
            ("/../secret", None),
            ("/%2e%2e/secret", None),
            ("/with%20blank/../../secret", None),
            ("//secret", None),
            ("/a.js%00", None),
            ("/..%5csecret", None),
            ("/%ff", None),
            ("a.js", None),
            ("", None),
        ] {
            assert_eq!(shown(&folder, url).as_deref(), file, "{url}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_leads_elsewhere_leads_nowhere() {
        use std::os::unix::fs::symlink;

        let outer = tempfile::tempdir().expect("a folder can be made");
        let root = outer.path().join("shown");
        fs::create_dir(&root).expect("it can be made");
        fs::write(root.join("own"), "own").expect("it can be written");
        fs::write(outer.path().join("secret"), "secret").expect("it can be written");
        symlink(outer.path().join("secret"), root.join("out")).expect("it can be made");
        symlink(outer.path(), root.join("up")).expect("it can be made");
        symlink("own", root.join("in")).expect("it can be made");
        symlink("/dev/zero", root.join("zeros")).expect("it can be made");
        let folder = Folder::open(&root).expect("it is one");
        assert_eq!(shown(&folder, "/out"), None);
        assert_eq!(shown(&folder, "/up/secret"), None);
        assert_eq!(shown(&folder, "/zeros"), None);
        assert_eq!(shown(&folder, "/in").as_deref(), Some("own"));
    }

    #[test]
    fn a_file_is_no_folder() {
        let outer = tempfile::tempdir().expect("a folder can be made");
        let file = outer.path().join("file");
        fs::write(&file, "").expect("it can be written");
        assert!(Folder::open(&file).is_err());
        assert!(Folder::open(&outer.path().join("missing")).is_err());
    }
}
