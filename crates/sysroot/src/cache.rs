//! The folder with all sysroots of a user.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use threadlink_toolchain::System;
use threadlink_toolchain::places;

use crate::compiler::Compiler;
use crate::error::Error;
use crate::identity::Identity;
use crate::layout;
use crate::make;
use crate::objects;
use crate::stamp;
use crate::variant::{Std, Variant};

/// The folder with all sysroots of a user.
#[derive(Clone, Debug)]
pub struct Cache {
    folder: PathBuf,
}

/// A sysroot that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Made {
    /// For rustc's `--sysroot`.
    pub folder: PathBuf,
    /// Which std it has: the plain one if the patch does not fit the compiler's.
    pub std: Std,
    /// Why the patch does not fit.
    pub misfit: Option<String>,
}

/// A sysroot as a user may want to see it listed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Kept {
    /// Its name.
    pub name: String,
    /// The release of the compiler that it belongs to.
    pub release: String,
    /// The compiler that it was made with.
    pub compiler: PathBuf,
    /// How many bytes it takes.
    pub bytes: u64,
    /// Whether all of it is there.
    pub whole: bool,
}

impl Made {
    /// The object files that a program is linked with besides std, or a library that hosts call.
    #[must_use]
    pub fn objects(&self, program: bool) -> Vec<PathBuf> {
        objects::all(&self.folder, program)
    }

    /// A compiled library that is there for single crates, by the name of the crate that it is.
    #[must_use]
    pub fn given(&self, name: &str) -> PathBuf {
        layout::library(&self.folder, name)
    }

    /// What the package of this name is compiled from in place of its own source, if it is one of those.
    #[must_use]
    pub fn instead(&self, package: &str) -> PathBuf {
        layout::instead(&self.folder).join(format!("{package}.rs"))
    }

    /// The kind of machine that its compiler runs on.
    #[must_use]
    pub fn host(&self) -> String {
        stamp::about(&self.folder, "host").unwrap_or_default()
    }

    /// The folder with the source of this std, as far as what it supports can be read there.
    #[must_use]
    pub fn library(&self) -> PathBuf {
        layout::source(&self.folder)
    }
}

impl Cache {
    /// That of the user.
    ///
    /// # Errors
    /// [`Error::NoCache`] if no variable names a folder.
    pub fn of_user(system: &dyn System) -> Result<Cache, Error> {
        let folder = places::cache(system).ok_or(Error::NoCache)?;
        Ok(Cache {
            folder: folder.join("sysroots"),
        })
    }

    /// What a compiler gets where this kind of std is wanted: the plain one if it is known that the patch does not fit.
    #[must_use]
    pub fn identity(&self, compiler: &Compiler, std: Std) -> Identity {
        let identity = Identity::of(compiler, std);
        if self.note(&identity).is_file() {
            return Identity::of(compiler, Std::Plain);
        }
        identity
    }

    /// Where it is noted that the patch does not fit.
    fn note(&self, identity: &Identity) -> PathBuf {
        self.folder.join(format!("{identity}.misfit"))
    }

    /// The sysroot of this name, if all of it is there: what is asked for each crate that is compiled.
    #[must_use]
    pub fn find(&self, identity: &Identity, variant: Variant) -> Option<Made> {
        let variant = Variant {
            std: identity.std(),
            ..variant
        }
        .normal();
        let folder = self.folder.join(identity.folder(variant));
        stamp::holds(&folder).then_some(Made {
            folder,
            std: identity.std(),
            misfit: None,
        })
    }

    /// The sysroot of this compiler, made if it is not there. Where the patch does not fit, the plain one.
    ///
    /// `say` gets a line before something that takes long. Other processes that want the same wait.
    ///
    /// # Errors
    /// Why it cannot be made.
    pub fn sysroot(
        &self,
        compiler: &Compiler,
        variant: Variant,
        say: &mut dyn FnMut(&str),
    ) -> Result<Made, Error> {
        let variant = variant.normal();
        let identity = Identity::of(compiler, variant.std);
        if let Some(made) = self.find(&identity, variant) {
            return Ok(made);
        }
        let name = identity.folder(variant);
        let noted = self.note(&identity);
        if let Ok(misfit) = fs::read_to_string(&noted) {
            return self.plain_instead(compiler, variant, misfit, say);
        }
        let _lock = self.lock(&name)?;
        // Somebody else may have made it meanwhile.
        if let Some(made) = self.find(&identity, variant) {
            return Ok(made);
        }
        say(&format!(
            "threadlink: building std for rustc {} ({}, {variant}; once, about half a minute)",
            compiler.release(),
            variant.std
        ));
        let aside = self.folder.join(format!(".{name}"));
        clear(&aside)?;
        fs::create_dir_all(&aside).map_err(Error::file(&aside))?;
        let made = make::make(compiler, &identity, variant, &aside, say);
        let done = match made {
            Ok(Ok(())) => self.put(&aside, &name).map(|()| None),
            Ok(Err(misfit)) => {
                let text = misfit.to_string();
                fs::write(&noted, &text)
                    .map_err(Error::file(&noted))
                    .map(|()| Some(text))
            }
            Err(error) => Err(error),
        };
        clear(&aside)?;
        match done? {
            Some(misfit) => self.plain_instead(compiler, variant, misfit, say),
            None => self
                .find(&identity, variant)
                .ok_or_else(|| Error::Unexpected(format!("{name} vanished as soon as it was made"))),
        }
    }

    fn plain_instead(
        &self,
        compiler: &Compiler,
        variant: Variant,
        misfit: String,
        say: &mut dyn FnMut(&str),
    ) -> Result<Made, Error> {
        let plain = Variant {
            std: Std::Plain,
            ..variant
        };
        let made = self.sysroot(compiler, plain, say)?;
        Ok(Made {
            misfit: Some(misfit),
            ..made
        })
    }

    /// Moves what was made to its place; what is there and was not whole goes away.
    fn put(&self, aside: &Path, name: &str) -> Result<(), Error> {
        let place = self.folder.join(name);
        if place.exists() {
            let old = aside.join("old");
            fs::rename(&place, &old).map_err(Error::file(&place))?;
        }
        fs::rename(aside.join("sysroot"), &place).map_err(Error::file(&place))
    }

    /// Whoever holds it makes the sysroot of this name. It ends with the process, however that ends.
    fn lock(&self, name: &str) -> Result<File, Error> {
        fs::create_dir_all(&self.folder).map_err(Error::file(&self.folder))?;
        let path = self.folder.join(format!(".{name}.lock"));
        let file = File::create(&path).map_err(Error::file(&path))?;
        file.lock().map_err(Error::file(&path))?;
        Ok(file)
    }

    /// All sysroots, by name.
    #[must_use]
    pub fn list(&self) -> Vec<Kept> {
        let mut found: Vec<Kept> = self
            .entries()
            .into_iter()
            .filter(|name| !name.starts_with('.') && self.folder.join(name).is_dir())
            .map(|name| {
                let folder = self.folder.join(&name);
                Kept {
                    release: stamp::about(&folder, "release").unwrap_or_default(),
                    compiler: stamp::about(&folder, "compiler")
                        .map(PathBuf::from)
                        .unwrap_or_default(),
                    bytes: size(&folder),
                    whole: stamp::holds(&folder),
                    name,
                }
            })
            .collect();
        found.sort_by(|a, b| a.name.cmp(&b.name));
        found
    }

    /// Removes the sysroot of this name, or all of them, and returns how many there were. Never one that is being made.
    ///
    /// # Errors
    /// What cannot be removed.
    pub fn remove(&self, name: Option<&str>) -> Result<usize, Error> {
        let mut removed = 0;
        for kept in self.list() {
            if name.is_none_or(|name| name == kept.name) {
                let _lock = self.lock(&kept.name)?;
                clear(&self.folder.join(&kept.name))?;
                removed += 1;
            }
        }
        if name.is_none() {
            for entry in self.entries() {
                if entry.ends_with(".misfit") {
                    let path = self.folder.join(entry);
                    fs::remove_file(&path).map_err(Error::file(&path))?;
                }
            }
        }
        Ok(removed)
    }

    fn entries(&self) -> Vec<String> {
        fs::read_dir(&self.folder)
            .into_iter()
            .flatten()
            .filter_map(Result::ok)
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect()
    }
}

/// Removes a folder, if it is there. Links in it are removed, not what they lead to.
fn clear(folder: &Path) -> Result<(), Error> {
    if folder.symlink_metadata().is_err() {
        return Ok(());
    }
    fs::remove_dir_all(folder).map_err(Error::file(folder))
}

fn size(folder: &Path) -> u64 {
    fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .filter_map(|entry| {
            let kind = entry.file_type().ok()?;
            Some(if kind.is_dir() {
                size(&entry.path())
            } else {
                entry.metadata().ok()?.len()
            })
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use threadlink_toolchain::Panic;

    const PLAIN: Variant = Variant {
        std: Std::Plain,
        panic: Panic::Abort,
        traced: true,
    };

    /// A cache with a sysroot of this identity and variant.
    fn with_sysroot(folder: &Path, identity: &Identity, variant: Variant) -> Cache {
        let cache = Cache {
            folder: folder.to_owned(),
        };
        let sysroot = folder.join(identity.folder(variant.normal()));
        let library = sysroot.join("lib/libstd.rlib");
        fs::create_dir_all(sysroot.join("lib")).expect("folders");
        fs::write(library, "std").expect("a file");
        stamp::write(&sysroot, "lib", &[("release", "1.95.0")]).expect("a file");
        cache
    }

    #[test]
    fn a_damaged_sysroot_is_not_found_and_can_be_removed() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let identity = Identity::parse("plain-0123456789abcdef").expect("a name");
        let cache = with_sysroot(dir.path(), &identity, PLAIN);
        let found = cache.find(&identity, PLAIN).expect("it is there");
        assert!(
            found.folder.ends_with("plain-0123456789abcdef-abort"),
            "{found:?}"
        );
        assert!(found.objects(true).is_empty());
        let kept = cache.list();
        assert!(
            kept.len() == 1 && kept[0].whole && kept[0].release == "1.95.0",
            "{kept:?}"
        );

        fs::write(found.folder.join("lib/libstd.rlib"), "cut").expect("a file");
        assert!(cache.find(&identity, PLAIN).is_some(), "of the same size");
        fs::write(found.folder.join("lib/libstd.rlib"), "cu").expect("a file");
        assert_eq!(cache.find(&identity, PLAIN), None);
        assert!(!cache.list()[0].whole);
        assert_eq!(cache.remove(Some("other")).expect("nothing to do"), 0);
        assert_eq!(cache.remove(None).expect("it can be removed"), 1);
        assert!(cache.list().is_empty());
    }

    #[test]
    fn a_patch_that_once_did_not_fit_is_not_tried_again() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let compiler = Compiler::saying("release: 1.95.0\n");
        let cache = with_sysroot(dir.path(), &Identity::of(&compiler, Std::Plain), PLAIN);
        let threaded = Variant {
            std: Std::Threaded,
            ..PLAIN
        };
        let note = dir
            .path()
            .join(format!("{}.misfit", Identity::of(&compiler, Std::Threaded)));
        fs::write(note, "an edit does not fit").expect("a file");
        let made = cache
            .sysroot(&compiler, threaded, &mut |line| panic!("nothing is made: {line}"))
            .expect("the plain one is there");
        assert_eq!(made.std, Std::Plain);
        assert_eq!(made.misfit.as_deref(), Some("an edit does not fit"));
    }
}
