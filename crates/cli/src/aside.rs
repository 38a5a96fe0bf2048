//! Files that are written aside and renamed when they are whole: nobody finds half a file under its name, whatever ends the
//! command.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tempfile::NamedTempFile;

use crate::signals::Signals;

/// Exit code where a signal does not say which it was.
const INTERRUPTED: i32 = 130;

/// Files that are being written; Ctrl-C and SIGTERM take them away before they end the process.
#[derive(Clone, Default)]
pub(crate) struct Unfinished(Arc<Mutex<Vec<PathBuf>>>);

impl Unfinished {
    /// Watches for signals from here on.
    pub(crate) fn watched() -> io::Result<Self> {
        let unfinished = Self::default();
        let signals: Arc<OnceLock<Signals>> = Arc::default();
        let (files, caught) = (unfinished.clone(), signals.clone());
        let on_first = move || {
            let code = caught.get().and_then(Signals::caught).unwrap_or(INTERRUPTED);
            // Held to the end: nothing is begun any more.
            let files = files.0.lock().unwrap_or_else(PoisonError::into_inner);
            for file in files.iter() {
                // It is not there if it was whole a moment ago.
                let _ = fs::remove_file(file);
            }
            std::process::exit(code);
        };
        let _ = signals.set(Signals::catch(on_first)?);
        Ok(unfinished)
    }

    /// Lets `write` write what is to stand at `path`. A file that is there is replaced; what is no file, as a pipe, is written
    /// to as it is.
    pub(crate) fn write<T, E: From<io::Error>>(
        &self,
        path: &Path,
        write: impl FnOnce(&mut (dyn Write + Send)) -> Result<T, E>,
    ) -> Result<T, E> {
        // What a link leads to is replaced, not the link.
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        if fs::metadata(&target).is_ok_and(|metadata| !metadata.is_file()) {
            let mut out = BufWriter::new(File::options().write(true).open(&target)?);
            let result = write(&mut out)?;
            out.flush()?;
            return Ok(result);
        }
        let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty());
        let aside = {
            let mut files = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let aside = new_in(folder.unwrap_or(Path::new(".")))?;
            files.push(aside.path().to_owned());
            aside
        };
        let mut out = BufWriter::new(aside);
        let result = write(&mut out)?;
        let aside = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        aside.persist(&target).map_err(|error| error.error)?;
        Ok(result)
    }
}

/// A new file that whoever may read files of this user may read: temporary ones are the user's alone.
fn new_in(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".threadlink-").suffix(".part");
    permit(&mut builder);
    builder.tempfile_in(folder)
}

#[cfg(unix)]
fn permit(builder: &mut tempfile::Builder<'_, '_>) {
    use std::os::unix::fs::PermissionsExt;

    // The umask takes from it what it takes from any new file.
    builder.permissions(fs::Permissions::from_mode(0o666));
}

#[cfg(not(unix))]
fn permit(_: &mut tempfile::Builder<'_, '_>) {}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("it is a folder");
        entries
            .map(|entry| {
                entry
                    .expect("it is there")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect()
    }

    #[test]
    fn a_file_is_there_when_it_is_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("out");
        fs::write(&path, "old").expect("it is written");
        let unfinished = Unfinished::default();
        let failed: Result<(), io::Error> = unfinished.write(&path, |out| {
            out.write_all(b"half")?;
            assert_eq!(files(folder.path()).len(), 2);
            Err(io::Error::other("no more"))
        });
        assert!(failed.is_err());
        assert_eq!(files(folder.path()), ["out"]);
        assert_eq!(fs::read_to_string(&path).expect("it is there"), "old");
        let done: Result<(), io::Error> = unfinished.write(&path, |out| out.write_all(b"new"));
        done.expect("it is written");
        assert_eq!(files(folder.path()), ["out"]);
        assert_eq!(fs::read_to_string(&path).expect("it is there"), "new");
    }
}
