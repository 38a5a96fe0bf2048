//! Is it a valid module, by the rules of WebAssembly and with the features that the engine has?

use wasmparser::{Validator, WasmFeatures};

use super::LoadError;
use super::shape::Shape;
use crate::features;

/// Validates the whole module.
pub(super) fn validate(bytes: &[u8], shape: &Shape<'_>) -> Result<(), LoadError> {
    let Err(error) = Validator::new_with_features(features::ENABLED).validate_all(bytes) else {
        return Ok(());
    };
    // Invalid for any host, but with a cure that is known.
    if shape.has_shared_memory_without_maximum() {
        return Err(LoadError::MemoryNoMaximum);
    }
    let (offset, message) = (error.offset(), error.message().to_owned());
    let everything = Validator::new_with_features(WasmFeatures::all()).validate_all(bytes);
    Err(match everything {
        Ok(_) => LoadError::Unsupported { offset, message },
        Err(_) => LoadError::Damaged { offset, message },
    })
}
