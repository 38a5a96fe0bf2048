//! The bytes of a module as they were given, for as long as something can still be asked of them: which module it is, and
//! where in the source its code comes from. Most programs end without either.

use std::fmt;
use std::sync::OnceLock;

use parking_lot::Mutex;

use super::hash::ModuleHash;
use crate::symbols::Symbols;

/// A module as it was given.
pub(crate) struct Original {
    /// `None` once all has been asked of them.
    bytes: Mutex<Option<Vec<u8>>>,
    hash: OnceLock<ModuleHash>,
    symbols: OnceLock<Symbols>,
}

impl Original {
    pub(super) fn new(bytes: Vec<u8>) -> Self {
        Self {
            bytes: Mutex::new(Some(bytes)),
            hash: OnceLock::new(),
            symbols: OnceLock::new(),
        }
    }

    /// Which module it is.
    pub(crate) fn hash(&self) -> ModuleHash {
        *self.hash.get_or_init(|| {
            let bytes = self.bytes.lock();
            ModuleHash::of(bytes.as_deref().unwrap_or_default())
        })
    }

    /// Its debug information, which takes the place of the bytes.
    pub(crate) fn symbols(&self) -> &Symbols {
        self.symbols.get_or_init(|| {
            self.hash();
            let bytes = self.bytes.lock().take();
            Symbols::of(&bytes.unwrap_or_default())
        })
    }
}

impl fmt::Debug for Original {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Original").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_modules_hash_is_the_same_before_and_after_its_symbols_were_asked_for() {
        let bytes = wat::parse_str("(module (func))").unwrap();
        let hash = ModuleHash::of(&bytes);
        let original = Original::new(bytes.clone());
        assert_eq!(original.hash(), hash);
        let original = Original::new(bytes);
        assert!(original.symbols().at(0).is_empty());
        assert!(original.bytes.lock().is_none(), "it is not kept twice");
        assert_eq!(original.hash(), hash);
    }
}
