//! The table as text: CSV (RFC 4180), and JSON lines.

use std::fmt::Write as _;
use std::io::{self, Write};

use threadlink_trace::Trace;

use crate::columns::Value;
use crate::table::{COLUMNS, rows};

/// Writes the events of a trace as CSV: a line with the names of the columns, then a line an event. What a row does not have is
/// empty; texts are in double quotes where they have to be.
///
/// # Errors
/// What `out` refuses.
///
/// # Examples
/// ```
/// let trace = threadlink_export::read_std(&b"main|acq(A)|7\n"[..])?;
/// let mut csv = Vec::new();
/// threadlink_export::write_csv(&trace, &mut csv)?;
/// let csv = String::from_utf8(csv)?;
/// assert!(csv.starts_with("time_ns,thread,thread_name,event,lock,lock_name,"));
/// assert!(csv.contains("3,0,main,acquire,0,A,,1,location:7:1,exclusive,blocking,false,0,,\n"), "{csv}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write_csv(trace: &Trace, out: &mut dyn Write) -> io::Result<()> {
    let mut line = COLUMNS.map(|column| column.name).join(",");
    line.push('\n');
    out.write_all(line.as_bytes())?;
    let mut place = String::new();
    rows(trace, |row| {
        line.clear();
        for (number, value) in row.iter().enumerate() {
            if number > 0 {
                line.push(',');
            }
            match value {
                None => {}
                // A string takes it.
                Some(Value::Number(number)) => _ = write!(line, "{number}"),
                Some(Value::Flag(flag)) => _ = write!(line, "{flag}"),
                Some(Value::Text(text)) => quote(&mut line, text),
                Some(Value::Place(site)) => {
                    place.clear();
                    _ = write!(place, "{site}");
                    quote(&mut line, &place);
                }
            }
        }
        line.push('\n');
        out.write_all(line.as_bytes())
    })
}

fn quote(line: &mut String, text: &str) {
    if !text.contains(['"', ',', '\r', '\n']) {
        line.push_str(text);
        return;
    }
    line.push('"');
    for part in text.split_inclusive('"') {
        line.push_str(part);
        if part.ends_with('"') {
            line.push('"');
        }
    }
    line.push('"');
}

/// Writes the events of a trace as JSON lines: an object an event and a line, with the columns that it has as members.
///
/// # Errors
/// What `out` refuses.
///
/// # Examples
/// ```
/// let trace = threadlink_export::read_std(&b"main|acq(A)|7\n"[..])?;
/// let mut json = Vec::new();
/// threadlink_export::write_json(&trace, &mut json)?;
/// let json = String::from_utf8(json)?;
/// assert_eq!(json.lines().next(), Some(r#"{"time_ns":1,"thread":0,"thread_name":"main","event":"start"}"#));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn write_json(trace: &Trace, out: &mut dyn Write) -> io::Result<()> {
    let mut line = Vec::new();
    rows(trace, |row| {
        line.clear();
        let mut separator = '{';
        for (column, value) in COLUMNS.iter().zip(row) {
            let Some(value) = value else { continue };
            write!(line, "{separator}\"{}\":", column.name)?;
            separator = ',';
            match value {
                Value::Number(number) => write!(line, "{number}")?,
                Value::Flag(flag) => write!(line, "{flag}")?,
                Value::Text(text) => serde_json::to_writer(&mut line, text)?,
                Value::Place(site) => serde_json::to_writer(&mut line, &format_args!("{site}"))?,
            }
        }
        line.extend_from_slice(b"}\n");
        out.write_all(&line)
    })
}
