//! What developers of this project do: `cargo xtask VERB`. Each verb has a file of its own.

#![forbid(unsafe_code)]

mod bench;
mod compile_time;
mod crates;
mod demo;
mod explore_cost;
mod explore_table;
mod exports;
mod fuzz;
mod gate;
mod parity;
mod programs;
mod project;
mod setup;
mod shell;
mod soak;
mod std_tests;
mod stress;
mod structure;
mod test;
mod toolchains;
mod web;
mod web_watch;

use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask VERB

verbs:
  setup  find or install what guest builds need
  demo   build and run two examples, traced, and show what their locks did
  exports
         read exported tables and timelines with DuckDB and Perfetto's own description, which pip installs, and compare them
         with reports
  parity write docs/std-parity.md: what became of each item of std::thread, std::sync and std::time
  crates [--tests] [--check] [--cargo PATH] [PART-OF-A-NAME]
         build and run a program over each of many crates as a guest, or crates' own tests, and write docs/crates.md
         (--check: it has to say that already; --cargo: build with this cargo)
  explore-crates [--check] [--again] [--threadlink PATH] [PART-OF-A-NAME]
         run crates' own tests, unmodified, and the examples under schedules, and write into docs/explore.md what was found; goes
         on where it was cut off; takes hours
  structure
         look for circles of files, for dependencies that a crate may not have, and for what is compiled once more for tests
  package
         make the packages of all crates, and build from them those that need no engine
  std-tests [--traced] [--panic abort] [FILTER]
         run std's own tests on the guest as they are; a filter is sync, sync::mutex, or a part of a test's name
  toolchains [NAME NAME]
         run the tests that need two toolchains with rust-src: the first two that rustup has, or these
  web-watch
         build what writes traces and finds deadlocks for the host in JavaScript, hosts/js/follow.wasm
  test   set up, then run every test of the workspace, on guests too
  soak [--minutes N]
         run for minutes (20) what the tests run for seconds, and print figures
  stress [--times N] [--detection N] [--busy N] [--threadlink PATH] [WORD...]
         run programs in which much happens at once N times (50), and those that come to a standstill or look like it N times
         (100): over both kinds of std, traced and not, recorded and not, with N threads (0) that compute beside them; each
         trace has to pass the validator; only what has all the words in its title, as it is printed
  fuzz WAY [SECONDS]
         look for inputs that do harm with libFuzzer (cargo install cargo-fuzz): module, guest, trace or macros
  bench [--json FILE] [--markdown FILE] [--check] [--list] [--turns N] [--threadlink PATH] [WORD...]
         measure guests, each figure in turn with a native peer of the same source, and print a table; rows whose title
         has all the words only, of which --list shows the titles; --check fails if a target is missed; with a command
         that is there already instead of a release build of this one
  curves [--threadlink PATH] [--events N]
         measure what 1 to 10,000 threads and 10^5 to 10^8 events cost, and draw it in docs/performance; takes minutes
  gate [--bless]
         count the instructions of locks, spawns and allocations under valgrind, and compare with what is stored in
         benches/instructions.json; --bless stores what is counted
  web    build pages of others' making by the steps of docs/web.md (plain HTML, vite, webpack, wasm-bindgen), and look at them
         in chromium; takes npm's registry
  web --suite
         run the suite and the examples in Node 20, 22 and 24, Deno, Bun, chromium and firefox, and write the table of docs/web.md
  web --measure [--json FILE]
         measure threads in these engines beside wasm_thread and wasm-bindgen-rayon, and write that table
  web --million
         run a million threads, 256 at once, and 40 nested ones in a page that computes, and write what memory they took
  explore-table [--threadlink PATH] [--set twelve|programs] [--seeds N] [WORD]
         explore small programs with bugs and without (of both sets; those whose names have WORD in them), with N seeds (5) in
         each build, and, without WORD, write into docs/explore.md in how many schedules each bug was found; takes most of an
         hour
  explore-table --cost [--threadlink PATH] [--turns N] [WORD]
         measure N times (5) what points cost loops that nobody stops, and how many schedules there are a second, with a
         release build of the command or this one, and, without WORD, write it there
  compile-time
         measure what the attributes cost the compiler, on a module of 1,000 fields";

fn explore_table(words: &[&str]) -> shell::Done {
    let (mut costs, mut times, mut threadlink, mut set, mut filter) = (false, 5, None, "", "");
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match *word {
            "--cost" => costs = true,
            "--threadlink" => {
                let path = words.next().ok_or("--threadlink wants a path")?;
                let path = std::path::absolute(path).map_err(|error| format!("{path}: {error}"))?;
                threadlink = Some(path);
            }
            "--set" => set = words.next().ok_or("--set wants twelve or programs")?,
            "--seeds" | "--turns" => {
                let count = words.next().and_then(|count| count.parse().ok());
                times = count
                    .filter(|count| *count > 0)
                    .ok_or(format!("{word} wants a number"))?;
            }
            word if word.starts_with('-') => return Err(format!("explore-table has no option {word}")),
            word => filter = word,
        }
    }
    if costs {
        explore_cost::explore_cost(threadlink, times, filter)
    } else {
        explore_table::explore_table(threadlink, times, set, filter)
    }
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let done = match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["setup"] => setup::setup().map(|_| ()),
        ["demo"] => demo::demo(),
        ["exports"] => exports::exports(),
        ["parity"] => parity::parity(),
        ["crates", words @ ..] => crates::crates(words),
        ["explore-crates", words @ ..] => crates::crates(&[&["--explore"], words].concat()),
        ["package"] => structure::package(),
        ["structure"] => structure::structure(),
        ["std-tests", options @ ..] => std_tests::std_tests(options),
        ["toolchains"] => toolchains::toolchains(None),
        ["toolchains", first, second] => toolchains::toolchains(Some([first, second])),
        ["web-watch"] => web_watch::web_watch(),
        ["test"] => test::test(),
        ["soak"] => soak::soak(20),
        ["soak", "--minutes", minutes] => match minutes.parse() {
            Ok(minutes) => soak::soak(minutes),
            Err(_) => Err(format!("'{minutes}' is no number of minutes")),
        },
        ["stress", words @ ..] => stress::stress(words),
        ["fuzz", way] => fuzz::fuzz(way, "240"),
        ["fuzz", way, seconds] => fuzz::fuzz(way, seconds),
        ["bench", words @ ..] => bench::bench(words),
        ["curves", words @ ..] => bench::curves(words),
        ["gate", words @ ..] => gate::gate(words),
        ["web", words @ ..] => web::web(words),
        ["explore-table", words @ ..] => explore_table(words),
        ["compile-time"] => compile_time::compile_time(),
        [] | ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(())
        }
        _ => {
            eprintln!("error: no such verb: {}\n\n{USAGE}", words.join(" "));
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}
