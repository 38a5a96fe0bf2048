//! What `#[traced(...)]` can be told besides `crate`.

use proc_macro2::Ident;
use syn::parse::ParseStream;
use syn::{Path, Token};

use super::table::{self, Home, Name, Switches};
use crate::options::{OptionSet, once};

/// The options of `#[traced]`.
#[derive(Default)]
pub(crate) struct TracedOptions {
    /// Which parts of std are replaced besides its locks.
    pub(crate) switches: Switches,
    /// Other names of locks: `#[traced(Lock)]`.
    pub(crate) told: Vec<Told>,
}

/// A name that the user says something about.
pub(crate) struct Told {
    pub(crate) ident: Ident,
    pub(crate) name: &'static Name,
}

const MEMBER: &str = "belongs on a part of an item that has `#[traced]` itself, like a field";

impl OptionSet for TracedOptions {
    const KNOWN: &'static str = "`#[traced]` knows `std` (which is `thread`, `time`, `mpsc`, `print` and `process` together), \
                                 the name that a lock was imported by (`Lock`, or `Lock = RwLock`), and `crate = \
                                 path`";

    fn read(&mut self, key: &Ident, input: ParseStream<'_>) -> syn::Result<bool> {
        let switches = &mut self.switches;
        let word = key.to_string();
        match word.as_str() {
            "std" => {
                once(key, *switches != Switches::ALL)?;
                *switches = Switches::ALL;
            }
            "thread" => set(key, &mut switches.thread)?,
            "time" => set(key, &mut switches.time)?,
            "mpsc" => set(key, &mut switches.channels)?,
            "print" => set(key, &mut switches.print)?,
            "process" => set(key, &mut switches.process)?,
            "skip" | "only" => return Err(syn::Error::new(key.span(), format!("`{word}` {MEMBER}"))),
            _ if word.starts_with(char::is_uppercase) => {
                once(key, self.told.iter().all(|told| told.ident != *key))?;
                let name = stands_for(key, input)?;
                self.told.push(Told {
                    ident: key.clone(),
                    name,
                });
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
}

fn set(key: &Ident, switch: &mut bool) -> syn::Result<()> {
    once(key, !*switch)?;
    *switch = true;
    Ok(())
}

/// What the name stands for: what is said behind `=`, or a `Mutex`.
fn stands_for(key: &Ident, input: ParseStream<'_>) -> syn::Result<&'static Name> {
    let path = if input.parse::<Option<Token![=]>>()?.is_some() {
        input.call(Path::parse_mod_style)?
    } else if let Some(name) = table::bare(key) {
        return Ok(name);
    } else {
        Path::from(Ident::new("Mutex", key.span()))
    };
    let segments: Vec<&Ident> = path.segments.iter().map(|segment| &segment.ident).collect();
    let name = match segments.as_slice() {
        [name] => table::bare(name),
        [std, module, name] if *std == "std" => {
            table::module(module).and_then(|module| table::at(Home::Std(module), name))
        }
        [krate, name] if *krate == "parking_lot" => table::at(Home::ParkingLot, name),
        _ => None,
    };
    name.filter(|name| name.is_type()).ok_or_else(|| {
        syn::Error::new_spanned(
            &path,
            format!("`{key}` can stand for a lock of std or parking_lot: `{key} = RwLock`, `{key} = parking_lot::Mutex`"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::errors::Errors;
    use crate::options::Options;
    use quote::quote;

    fn parse(args: proc_macro2::TokenStream) -> Result<TracedOptions, String> {
        let mut errors = Errors::default();
        let options = Options::<TracedOptions>::parse(args, &mut errors);
        if errors.is_empty() {
            Ok(options.own)
        } else {
            Err(errors.into_tokens().to_string())
        }
    }

    #[test]
    fn std_is_all_switches() {
        assert_eq!(parse(quote!(std)).unwrap().switches, Switches::ALL);
        let all = parse(quote!(thread, time, mpsc, print, process)).unwrap();
        assert_eq!(all.switches, Switches::ALL);
        let one = parse(quote!(print, crate = x)).unwrap();
        assert_eq!(
            one.switches,
            Switches {
                print: true,
                ..Switches::default()
            }
        );
    }

    #[test]
    fn a_told_name_is_a_mutex_unless_more_is_said() {
        let options = parse(quote!(Lock, Bell = Condvar, Fast = parking_lot::RwLock)).unwrap();
        let told: Vec<_> = options
            .told
            .iter()
            .map(|told| (told.ident.to_string(), told.name.twin.join("::")))
            .collect();
        let expected = [
            ("Lock", "sync::Mutex"),
            ("Bell", "sync::Condvar"),
            ("Fast", "rwlock::TracingRwLock"),
        ];
        assert_eq!(
            told,
            expected.map(|(ident, twin)| (ident.to_owned(), twin.to_owned()))
        );
    }

    #[test]
    fn mistakes_are_named() {
        for (args, message) in [
            (quote!(lock), "`lock` is not an option"),
            (quote!(std, std), "`std` is given twice"),
            (quote!(print, print), "`print` is given twice"),
            (quote!(Lock, Lock), "`Lock` is given twice"),
            (quote!(skip), "belongs on a part"),
            (quote!(Lock = tokio::sync::Mutex), "can stand for a lock of std"),
            (quote!(Run = std::thread::spawn), "can stand for a lock of std"),
        ] {
            let error = parse(args.clone()).err().unwrap();
            assert!(error.contains(message), "{args}: {error}");
        }
    }
}
