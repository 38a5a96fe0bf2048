//! Canonical signatures: two spellings of one signature become the same text.
//!
//! The text is rustdoc's own JSON, so that nothing it says is lost, with what says nothing to callers made alike:
//! items have their public names, parameters (of types, lifetimes) numbers, arguments no names; `Self` becomes the
//! type that it stands for; bounds become a sorted list of predicates, wherever they stood.

use std::cell::Cell;
use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::label::{only, text};
use super::rustdoc::{Docs, id, ids};

/// The public names of items, by the path where each is defined. Others are called by that path.
pub(crate) type Names = BTreeMap<String, String>;

/// Around the name of a parameter, until it gets a number.
const MARKS: [char; 2] = ['«', '»'];

/// A text in the making: what must hold, and the parameters whose names say nothing.
#[derive(Clone)]
struct Shape<'a> {
    docs: &'a Docs,
    names: &'a Names,
    /// What `Self` stands for.
    subject: Value,
    predicates: Vec<[Value; 2]>,
    parameters: Vec<String>,
    /// Constant parameters: rustdoc gives the places where they are used as text.
    constants: Vec<String>,
    /// In the header of an `impl`, each `'_` is a parameter of its own: so many there were.
    anonymous: Cell<Option<u32>>,
}

/// The signature of a function or, with the `impl` block around it, of a method. `constant`: whether the word counts.
pub(crate) fn function(
    docs: &Docs,
    names: &Names,
    block: Option<&Value>,
    function: &Value,
    constant: bool,
) -> Result<String, String> {
    let mut shape = Shape::new(docs, names);
    if let Some(block) = block {
        shape.header(block)?;
    }
    let (mut header, sig) = (function["header"].clone(), &function["sig"]);
    if !constant {
        header["is_const"] = Value::Bool(false);
    }
    let parameters = shape.generics(&function["generics"])?;
    let inputs = sig["inputs"].as_array();
    let inputs = inputs.ok_or_else(|| docs.unknown("a signature", sig))?;
    let inputs: Result<Vec<Value>, String> = inputs
        .iter()
        .map(|input| Ok(json!([input[0] == "self", shape.alike(&input[1])?])))
        .collect();
    let head = json!({
        "of": shape.subject, "header": header, "parameters": parameters, "inputs": inputs?,
        "output": shape.alike(&sig["output"])?, "variadic": sig["is_c_variadic"],
    });
    Ok(shape.finish(&head))
}

/// A type, an alias or a constant: its parameters, and what of it the public sees.
pub(crate) fn definition(
    docs: &Docs,
    names: &Names,
    generics: &Value,
    body: &Value,
) -> Result<String, String> {
    let mut shape = Shape::new(docs, names);
    let parameters = shape.generics(generics)?;
    shape.drop_inferred();
    let body = shape.alike(body)?;
    Ok(shape.finish(&json!([parameters, body])))
}

/// An associated constant of the type of a block.
pub(crate) fn constant(docs: &Docs, names: &Names, block: &Value, ty: &Value) -> Result<String, String> {
    let mut shape = Shape::new(docs, names);
    shape.header(block)?;
    let head = json!([shape.subject, shape.alike(ty)?]);
    Ok(shape.finish(&head))
}

/// An implementation of a trait: which it is (without bounds), and all of it with bounds and associated types.
pub(crate) fn implementation(docs: &Docs, names: &Names, block: &Value) -> Result<[String; 2], String> {
    let mut shape = Shape::new(docs, names);
    let mut name = shape.header(block)?;
    // `Sub<Self>` is `Sub`, `PartialEq<Self>` is `PartialEq`.
    if name["args"]["angle_bracketed"]["args"] == json!([{ "type": shape.subject }]) {
        name["args"] = Value::Null;
    }
    shape.drop_inferred();
    let head = json!([name, shape.subject]);
    let mut bare = shape.clone();
    bare.predicates.clear();
    let mut types = BTreeMap::new();
    for item in ids(&block["items"]).filter_map(|id| docs.item(id)) {
        if let (Some(name), Some(ty)) = (&item.name, item.of("assoc_type")) {
            types.insert(name, shape.alike(&ty["type"])?);
        }
    }
    Ok([bare.finish(&head), shape.finish(&json!([head, types]))])
}

/// The fields of a type or a variant that are public (those of a variant are), by the kind that rustdoc says.
pub(crate) fn fields(docs: &Docs, kind: &Value) -> Result<Value, String> {
    let listed = match only(kind) {
        None if matches!(kind.as_str(), Some("unit" | "plain")) => &Value::Null,
        Some(("plain" | "struct", fields)) => &fields["fields"],
        Some(("tuple", fields)) => fields,
        _ => return Err(docs.unknown("fields", kind)),
    };
    let fields = ids(listed).filter_map(|id| docs.item(id));
    Ok(fields
        .filter_map(|item| Some(json!([item.name, item.of("struct_field")?])))
        .collect())
}

impl<'a> Shape<'a> {
    fn new(docs: &'a Docs, names: &'a Names) -> Shape<'a> {
        Shape {
            docs,
            names,
            subject: Value::Null,
            predicates: Vec::new(),
            parameters: Vec::new(),
            constants: Vec::new(),
            anonymous: Cell::new(None),
        }
    }

    /// The parameters of an `impl` block and the type that it is for; its trait.
    fn header(&mut self, block: &Value) -> Result<Value, String> {
        self.learn(&block["generics"])?;
        self.anonymous.set(Some(0));
        self.subject = self.alike(&block["for"])?;
        let name = self.alike(&block["trait"])?;
        self.anonymous.set(None);
        self.generics(&block["generics"])?;
        Ok(name)
    }

    /// The same for all that means the same.
    fn alike(&self, value: &Value) -> Result<Value, String> {
        let fields = match value {
            Value::Array(parts) => return parts.iter().map(|part| self.alike(part)).collect(),
            // A trait that is constant only under conditions is a trait; none of this is stable.
            Value::String(word) if word == "maybe_const" => return Ok("none".into()),
            Value::String(word) if word.starts_with('\'') || self.constants.contains(word) => {
                return Ok(self.parameter(word).into());
            }
            Value::Object(fields) => fields,
            other => return Ok(other.clone()),
        };
        if let (Some(at), Some(args)) = (fields.get("id"), fields.get("args")) {
            let at = id(at).ok_or_else(|| self.docs.unknown("a path", value))?;
            let defined = self.docs.path(at)?;
            let name = self.names.get(&defined).unwrap_or(&defined);
            return Ok(json!({ "name": name, "args": self.alike(args)? }));
        }
        match only(value) {
            Some(("generic", name)) if name == "Self" && !self.subject.is_null() => Ok(self.subject.clone()),
            Some(("generic", name)) => Ok(self.parameter(text(name)).into()),
            // Nothing is returned, or `()` is; there are no arguments, or none between brackets.
            Some(("tuple", parts)) if *parts == json!([]) => Ok(Value::Null),
            Some(("angle_bracketed", inner))
                if inner["args"] == json!([]) && inner["constraints"] == json!([]) =>
            {
                Ok(Value::Null)
            }
            _ => fields
                .iter()
                .map(|(key, field)| Ok((key.clone(), self.alike(field)?)))
                .collect(),
        }
    }

    fn parameter(&self, name: &str) -> String {
        match (name, self.anonymous.get()) {
            ("'_", Some(count)) => {
                self.anonymous.set(Some(count + 1));
                format!("{}'_{count}{}", MARKS[0], MARKS[1])
            }
            ("'static" | "'_", _) => name.to_owned(),
            _ => format!("{}{name}{}", MARKS[0], MARKS[1]),
        }
    }

    fn learn(&mut self, generics: &Value) -> Result<(), String> {
        for parameter in written(self.docs, generics)? {
            let name = text(&parameter["name"]);
            self.parameters.push(self.parameter(name));
            if !parameter["kind"]["const"].is_null() {
                self.constants.push(name.to_owned());
            }
        }
        Ok(())
    }

    /// Takes note of parameters and what must hold for them. The parameters without that: callers can see their order.
    fn generics(&mut self, generics: &Value) -> Result<Vec<Value>, String> {
        self.learn(generics)?;
        let docs = self.docs;
        let mut declared = Vec::new();
        for parameter in written(docs, generics)? {
            let name = Value::from(self.parameter(text(&parameter["name"])));
            let (sort, kind) =
                only(&parameter["kind"]).ok_or_else(|| docs.unknown("a parameter", parameter))?;
            let mut kind = self.alike(kind)?;
            for key in ["bounds", "outlives"] {
                self.hold(&name, kind[key].take());
            }
            declared.push(json!([sort, name, kind]));
        }
        let predicates = generics["where_predicates"].as_array();
        for predicate in predicates.ok_or_else(|| docs.unknown("no predicates", generics))? {
            let (sort, part) = only(predicate).ok_or_else(|| docs.unknown("a predicate", predicate))?;
            let mut part = self.alike(part)?;
            match sort {
                "bound_predicate" if part["generic_params"] == json!([]) => {
                    let subject = part["type"].take();
                    self.hold(&subject, part["bounds"].take());
                }
                "lifetime_predicate" => {
                    let subject = part["lifetime"].take();
                    self.hold(&subject, part["outlives"].take());
                }
                _ => self.predicates.push([sort.into(), part]),
            }
        }
        Ok(declared)
    }

    fn hold(&mut self, subject: &Value, bounds: Value) {
        if let Value::Array(bounds) = bounds {
            let bounds = bounds.into_iter().map(|bound| match &bound["outlives"] {
                Value::Null => bound,
                lifetime => lifetime.clone(),
            });
            self.predicates
                .extend(bounds.map(|bound| [subject.clone(), bound]));
        }
    }

    /// `T: 'a` of a type need not be written: the compiler infers it from the fields.
    fn drop_inferred(&mut self) {
        let parameters = &self.parameters;
        let parameter = |value: &Value| parameters.iter().any(|name| value == name);
        self.predicates
            .retain(|[subject, bound]| !(parameter(subject) && parameter(bound)));
    }

    /// The text: parameters numbered as they occur.
    fn finish(self, head: &Value) -> String {
        // Together these two say what saying neither says.
        let sized = |modifier: &str| {
            json!({ "trait_bound": {
                "trait": { "name": "core::marker::Sized", "args": null }, "generic_params": [], "modifier": modifier
            } })
        };
        let sized = [sized("none"), sized("maybe")];
        let all = &self.predicates;
        let both = |subject: &Value| {
            let mut bounds = sized.iter();
            bounds.all(|bound| all.iter().any(|[of, is]| of == subject && is == bound))
        };
        let holds = all
            .iter()
            .filter(|[subject, bound]| !(sized.contains(bound) && both(subject)));
        let mut names: Vec<String> = Vec::new();
        let mut number = |text: &str| -> String {
            let mut numbered = String::new();
            for part in text.split(MARKS[0]) {
                let Some((name, rest)) = part.split_once(MARKS[1]) else {
                    numbered += part;
                    continue;
                };
                let at = names.iter().position(|known| known == name).unwrap_or_else(|| {
                    names.push(name.to_owned());
                    names.len() - 1
                });
                let kind = if name.starts_with('\'') { "'" } else { "T" };
                numbered += &format!("{kind}{at}{rest}");
            }
            numbered
        };
        let mut text = number(&head.to_string());
        for parameter in &self.parameters {
            number(parameter);
        }
        let mut predicates: Vec<String> = holds
            .map(|predicate| number(&json!(predicate).to_string()))
            .collect();
        predicates.sort();
        predicates.dedup();
        if !predicates.is_empty() {
            text += &format!(" where {}", predicates.join(", "));
        }
        text
    }
}

/// The parameters that somebody wrote; those of `impl Trait` arguments are seen in the arguments.
fn written<'v>(docs: &Docs, generics: &'v Value) -> Result<impl Iterator<Item = &'v Value>, String> {
    let parameters = generics["params"].as_array();
    let parameters = parameters.ok_or_else(|| docs.unknown("no parameters", generics))?;
    Ok(parameters
        .iter()
        .filter(|parameter| parameter["kind"]["type"]["is_synthetic"] != true))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::label::label;
    use crate::table::rustdoc::snippet;

    /// The blocks of a crate's type, in the order of the text.
    fn blocks<'a>(docs: &'a Docs, path: &str) -> Vec<&'a Value> {
        let (_, item) = docs.find(path, "struct").expect("it is in the snippet");
        let content = item.of("struct").expect("a struct");
        ids(&content["impls"])
            .filter_map(|id| docs.item(id)?.of("impl"))
            .filter(|block| block["is_synthetic"] == false && block["blanket_impl"].is_null())
            .collect()
    }

    fn methods(docs: &Docs, names: &Names, block: &Value) -> Vec<String> {
        ids(&block["items"])
            .filter_map(|id| docs.item(id)?.of("function"))
            .map(|method| function(docs, names, Some(block), method, true).expect("all of it is known"))
            .collect()
    }

    const TWO: &str = "
        use std::{fmt, io, marker::PhantomData};
        pub mod ours {
            use super::*;
            pub struct TracingLock<'x, U: ?Sized>(PhantomData<&'x ()>, PhantomData<U>);
            impl<'x, U: ?Sized + std::fmt::Debug> TracingLock<'x, U> {
                pub fn with<G, R, const M: usize>(&self, mut action: G, x: [R; M]) -> io::Result<Box<Self>>
                where G: for<'z> FnOnce(&'z U) -> R, R: Send { loop {} }
            }
            impl<'x, U> From<U> for TracingLock<'x, U> { fn from(value: U) -> Self { loop {} } }
        }
        pub mod std_ {
            use super::*;
            pub struct Lock<'a, T: ?Sized>(PhantomData<&'a ()>, PhantomData<T>);
            impl<'a, T> Lock<'a, T> where T: fmt::Debug + ?Sized {
                pub fn with<F: for<'b> FnOnce(&'b T,) -> R, R, const N: usize>(&self, f: F, _: [R; N])
                    -> Result<Box<Lock<'a, T>>, io::Error> where R: Send { loop {} }
                pub fn same<F: for<'b> FnOnce(&'b T,) -> R, R: Send, const N: usize>(&self, f: F, _: [R; N])
                    -> std::io::Result<Box<Lock<'a, T>>> { loop {} }
            }
            impl<T> From<T> for Lock<'_, T> { fn from(value: T) -> Self { loop {} } }
        }";

    #[test]
    fn spelling_and_private_names_do_not_matter() {
        let docs = snippet("two", TWO);
        let public = "std::sync::Lock".to_owned();
        let names = ["two::ours::TracingLock", "two::std_::Lock"];
        let names = Names::from(names.map(|path| (path.to_owned(), public.clone())));
        let (ours, std) = (
            blocks(&docs, "two::ours::TracingLock"),
            blocks(&docs, "two::std_::Lock"),
        );
        let (own, both) = (methods(&docs, &names, ours[0]), methods(&docs, &names, std[0]));
        assert_eq!(own[0], both[1]);
        // An alias is a name of its own: std's signatures use it.
        assert_ne!(own[0], both[0]);
        let [ours, std] = [ours[1], std[1]];
        assert_eq!(
            implementation(&docs, &names, ours).expect("known"),
            implementation(&docs, &names, std).expect("known")
        );
        assert_eq!(label(std), "impl From<T> for Lock<'_, T>");
    }

    const ALL: &str = "
        pub struct Guard<'a, T: ?Sized>(&'a T);
        pub struct Lock<T: ?Sized>(Box<T>);
        impl<T: ?Sized> Lock<T> {
            pub fn a(&self) -> Option<Guard<'_, T>> { loop {} }
            pub const fn b(&self) -> Option<Guard<'_, T>> { loop {} }
            pub unsafe fn c(&self) -> Option<Guard<'_, T>> { loop {} }
            pub fn d(&mut self) -> Option<Guard<'_, T>> { loop {} }
            pub fn e(self) -> Option<Guard<'static, T>> where T: Sized { loop {} }
            pub fn f(this: &Self) -> Option<Guard<'_, T>> { loop {} }
            pub fn g(&self, x: &T) -> Option<Guard<'static, T>> { loop {} }
            pub fn h(&self) -> Result<Guard<'_, T>, ()> { loop {} }
            pub fn i(&self) -> Option<Guard<'_, T>> where T: Send { loop {} }
            pub fn j<A, B>(&self, a: A, b: B) -> Option<Guard<'_, T>> { loop {} }
            pub fn k<B, A>(&self, a: A, b: B) -> Option<Guard<'_, T>> { loop {} }
            pub fn l<B, A>(&self, a: &dyn Fn(A) -> B) -> Option<Guard<'_, T>> { loop {} }
            pub fn m<B, A>(&self, a: fn(A) -> B) -> Option<Guard<'_, T>> { loop {} }
            pub fn n<B, A>(&self, a: impl Fn(A) -> B) -> Option<Guard<'_, T>> { loop {} }
            pub fn o(&self) -> std::io::Result<usize> { loop {} }
            pub fn p(&self) -> std::fmt::Result { loop {} }
            pub fn q(&self, x: *const [u8; 4]) -> u8 { loop {} }
            pub fn r(&self, x: *mut [u8; 4]) -> u8 { loop {} }
            pub fn s(&self, x: *mut [u8; 5]) -> u8 { loop {} }
            pub fn t<I: Iterator<Item = u8>>(&self, x: I) -> u8 { loop {} }
            pub fn u<I: Iterator<Item = i8>>(&self, x: I) -> u8 { loop {} }
            pub fn v<I: Iterator>(&self, x: I::Item) -> u8 { loop {} }
            pub extern \"C\" fn w<I: Iterator>(&self, x: I::Item) -> u8 { loop {} }
        }";

    #[test]
    fn everything_that_callers_see_matters() {
        let docs = snippet("all", ALL);
        let all = methods(&docs, &Names::new(), blocks(&docs, "all::Lock")[0]);
        assert_eq!(all.len(), usize::from(b'w' - b'a' + 1));
        for (at, one) in all.iter().enumerate() {
            assert!(!all[..at].contains(one), "{one}");
        }
    }
}
