//! The host's functions, declared from the one list in `threadlink-abi`. The linker keeps an import only if something
//! that the program uses calls it.

macro_rules! declare {
    ($(mod $part:ident = $module:literal {
        $($(#[$doc:meta])* $constant:ident = $safety:tt fn $name:ident($($arg:ident: $type:ty),*) $(-> $ret:tt)?;)*
    })*) => {
        $(
            #[link(wasm_import_module = $module)]
            #[allow(dead_code, reason = "which of them are called depends on the features of this build")]
            unsafe extern "C" {
                $($(#[$doc])* pub $safety fn $name($($arg: $type),*) $(-> $ret)?;)*
            }
        )*
    };
}

threadlink_abi::imports!(declare);
