//! Implementations as people write them, and small helpers to read rustdoc's JSON.

use serde_json::Value;

/// The header of an implementation: `impl From<T> for Mutex<T>`.
pub(crate) fn label(block: &Value) -> String {
    format!("impl {} for {}", path(&block["trait"]), ty(&block["for"]))
}

/// A type; what no header in std has so far stands as rustdoc says it.
fn ty(value: &Value) -> String {
    match only(value) {
        Some(("resolved_path", value)) => path(value),
        Some(("generic" | "primitive", name)) => text(name).to_owned(),
        Some(("slice", value)) => format!("[{}]", ty(value)),
        Some(("array", value)) => format!("[{}; {}]", ty(&value["type"]), text(&value["len"])),
        Some(("borrowed_ref", value)) => {
            let lifetime = value["lifetime"].as_str();
            let lifetime = lifetime.map_or(String::new(), |name| format!("{name} "));
            let mutable = if value["is_mutable"] == true { "mut " } else { "" };
            format!("&{lifetime}{mutable}{}", ty(&value["type"]))
        }
        _ => value.to_string(),
    }
}

/// A type or trait without what stands before its name, with its arguments.
fn path(value: &Value) -> String {
    let written = text(&value["path"]);
    let name = written.rsplit("::").next().unwrap_or(written);
    let args = value["args"]["angle_bracketed"]["args"].as_array();
    let args: Vec<String> = args
        .into_iter()
        .flatten()
        .map(|arg| match only(arg) {
            Some(("type", value)) => ty(value),
            Some(("lifetime", name)) => text(name).to_owned(),
            _ => arg.to_string(),
        })
        .collect();
    if args.is_empty() {
        name.to_owned()
    } else {
        format!("{name}<{}>", args.join(", "))
    }
}

/// The one key of an object and its value: how rustdoc writes which of several things it is.
pub(crate) fn only(value: &Value) -> Option<(&str, &Value)> {
    let (key, value) = value.as_object()?.iter().next()?;
    Some((key, value))
}

/// A string; nothing for anything else.
pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
