//! Which parts of WebAssembly are on: one set, which the validator takes as it is and the engine by name.

use wasmparser::WasmFeatures;
use wasmtime::Config;

/// What the standard has (version 3): shared memory and exceptions are what threads and panics need, the rest is what a
/// compiler may emit by itself.
pub(crate) const ENABLED: WasmFeatures = WasmFeatures::WASM3;

/// Sets every part that wasmtime knows to what [`ENABLED`] says. The engine brings a parser of its own version, so a
/// part has the same name there, not the same bit.
pub(crate) fn configure(settings: &mut Config) {
    for (name, flag) in wasmtime::WasmFeatures::all().iter_names() {
        let on = WasmFeatures::from_name(name).is_some_and(|ours| ENABLED.contains(ours));
        settings.wasm_features(flag, on);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engine_knows_all_that_is_on() {
        for (name, _) in ENABLED.iter_names() {
            assert!(wasmtime::WasmFeatures::from_name(name).is_some(), "{name}");
        }
        let mut settings = Config::new();
        configure(&mut settings);
        wasmtime::Engine::new(&settings).expect("wasmtime has all of it");
    }
}
