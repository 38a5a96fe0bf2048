//! `cargo xtask bench`: what a guest costs, each figure beside a peer that is measured in turn with it.
//!
//! | file | |
//! |---|---|
//! | `options.rs` | what was asked for |
//! | `rows.rs` | the table: what is measured, beside what, and what it may cost |
//! | `row.rs` | what a row is made of |
//! | `programs.rs` | the programs that are measured, each built when first needed |
//! | `large.rs` | the source of a large one |
//! | `traces.rs` | traces that no program has written |
//! | `run.rs` | runs one once; `processor.rs` how much of the processor's time that took |
//! | `measure.rs` | turns, medians, spread |
//! | `gate/` | `cargo xtask gate`: instructions of paths, against stored numbers |
//! | `curves/` | `cargo xtask curves`: what more threads and events cost, as pictures |
//! | `report.rs` | what comes of it, as JSON; `print.rs` for a person; `markdown.rs` for the document |

mod curves;
mod gate;
mod large;
mod markdown;
mod measure;
mod options;
mod print;
mod processor;
mod programs;
mod report;
mod row;
mod rows;
mod run;

use std::path::Path;
use std::process::ExitCode;

use crate::options::Options;
use crate::programs::Programs;

fn main() -> ExitCode {
    match measure_or_gate(std::env::args().skip(1).collect()) {
        Ok(code) => code,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn measure_or_gate(words: Vec<String>) -> Result<ExitCode, String> {
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["curves", threadlink, words @ ..] => curves::curves(&Programs::new(Path::new(threadlink)), words),
        ["gate", threadlink, words @ ..] => gate::gate(&Programs::new(Path::new(threadlink)), words),
        _ => bench(&Options::read(words.into_iter())?),
    }
}

fn bench(options: &Options) -> Result<ExitCode, String> {
    let (rows, left_out): (Vec<row::Row>, Vec<row::Row>) = rows::all()
        .into_iter()
        .filter(|row| options.means(&row.title()))
        .partition(|row| processor::CAN_BE_CHOSEN || !row.is_pinned());
    if !left_out.is_empty() {
        eprintln!(
            "{} rows are left out, which need a program to have one processor: only Linux is asked for that",
            left_out.len()
        );
    }
    if rows.is_empty() {
        return Err("no row has all of these words in it; --list shows them".to_owned());
    }
    if options.list {
        for row in &rows {
            println!("{}", row.title());
        }
        return Ok(ExitCode::SUCCESS);
    }
    let programs = Programs::new(&options.threadlink);
    let report = measure::all(&rows, &programs, options)?;
    if let Some(path) = &options.json {
        report.write(path)?;
    }
    if let Some(path) = &options.markdown {
        std::fs::write(path, markdown::table(&report))
            .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    }
    let missed = report.missed();
    println!("{}", print::summary(&report));
    Ok(if options.check && missed > 0 {
        ExitCode::from(3)
    } else {
        ExitCode::SUCCESS
    })
}
