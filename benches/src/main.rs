//! `cargo xtask bench`: what a guest costs, each figure beside a peer that is measured in turn with it.
//!
//! | file | |
//! |---|---|
//! | `options.rs` | what was asked for |
//! | `rows.rs` | the table: what is measured, beside what, and what it may cost |
//! | `row.rs` | what a row is made of |
//! | `programs.rs` | the programs that are measured, each built when first needed |
//! | `large.rs` | the source of a large one |
//! | `run.rs` | runs one once; `processor.rs` how much of the processor's time that took |
//! | `measure.rs` | turns, medians, spread |
//! | `report.rs` | what comes of it, as JSON; `print.rs` as a table |

mod large;
mod measure;
mod options;
mod print;
mod processor;
mod programs;
mod report;
mod row;
mod rows;
mod run;

use std::process::ExitCode;

use crate::options::Options;

fn main() -> ExitCode {
    match Options::read(std::env::args().skip(1)).and_then(|options| bench(&options)) {
        Ok(code) => code,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn bench(options: &Options) -> Result<ExitCode, String> {
    let rows: Vec<row::Row> = rows::all()
        .into_iter()
        .filter(|row| options.means(&row.title()))
        .collect();
    if rows.is_empty() {
        return Err("no row has all of these words in it; --list shows them".to_owned());
    }
    if options.list {
        for row in &rows {
            println!("{}", row.title());
        }
        return Ok(ExitCode::SUCCESS);
    }
    let programs = programs::Programs::new(options);
    let report = measure::all(&rows, &programs, options)?;
    if let Some(path) = &options.json {
        report.write(path)?;
    }
    let missed = report.missed();
    println!("{}", print::summary(&report));
    Ok(if options.check && missed > 0 {
        ExitCode::from(3)
    } else {
        ExitCode::SUCCESS
    })
}
