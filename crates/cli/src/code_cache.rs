//! Where this command keeps the code that it has compiled: beside the std that it makes, in the user's cache.

use std::ffi::OsString;

use threadlink_host::{CodeCache, CodeSource, EngineConfig};
use threadlink_toolchain::{Machine, places};

use crate::failure::Failure;
use crate::output::tell;
use crate::size;

/// The variable for the bytes that all kept code may have; 0 keeps none.
pub(crate) const SIZE_VAR: &str = "THREADLINK_CACHE_SIZE";
/// The folder in the user's cache, and what `threadlink setup` calls it.
pub(crate) const NAME: &str = "code";

/// The user's, wherever it is; `None` if no variable names a place for it.
pub(crate) fn of_user() -> Option<CodeCache> {
    let folder = places::cache(&Machine::new())?;
    Some(CodeCache::at(folder.join(NAME)))
}

/// Lets an engine keep code, if the user does not say otherwise.
pub(crate) fn with_cache(engine: EngineConfig) -> Result<EngineConfig, Failure> {
    let Some(cache) = of_user() else { return Ok(engine) };
    Ok(match most(std::env::var_os(SIZE_VAR))? {
        None => engine.code_cache(cache),
        Some(0) => engine,
        Some(bytes) => engine.code_cache(cache.max_bytes(bytes)),
    })
}

/// What the variable says.
fn most(variable: Option<OsString>) -> Result<Option<u64>, Failure> {
    let Some(text) = variable.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let shown = text.to_string_lossy().into_owned();
    let bytes = size::bytes(&shown);
    bytes
        .map(Some)
        .map_err(|error| Failure::usage(format!("the variable {SIZE_VAR} is {shown:?}: {error}")))
}

/// Says where a program's code comes from to whoever wants to know, and to everybody if it is a danger.
pub(crate) fn report(source: &CodeSource, verbose: bool) {
    match source {
        CodeSource::Refused(why) => tell(format_args!("warning: {why}")),
        source if verbose => tell(format_args!("threadlink: {source}")),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_is_a_size_or_nothing() {
        let most = |text: &str| most(Some(text.into()));
        assert_eq!(super::most(None).ok(), Some(None));
        assert_eq!(most("").ok(), Some(None));
        assert_eq!(most("0").ok(), Some(Some(0)));
        assert_eq!(most("2M").ok(), Some(Some(2 << 20)));
        let refused = most("lots").expect_err("it is no size");
        assert!(refused.message.contains(SIZE_VAR), "{}", refused.message);
    }
}
