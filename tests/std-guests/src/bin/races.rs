//! Programs with a data race, and programs that look like them and have none, for `--races`: the first argument names one.

#[path = "races/clean.rs"]
mod clean;
#[path = "races/racy.rs"]
mod racy;
#[path = "races/shared.rs"]
mod shared;
#[path = "races/work.rs"]
mod work;

fn main() {
    let name = std::env::args().nth(1).unwrap_or_default();
    let programs = clean::PROGRAMS.iter().chain(racy::PROGRAMS).chain(work::PROGRAMS);
    match programs.into_iter().find(|(known, _)| *known == name) {
        Some((_, program)) => program(),
        None => {
            for (name, _) in clean::PROGRAMS {
                println!("clean {name}");
            }
            for (name, _) in racy::PROGRAMS {
                println!("racy {name}");
            }
        }
    }
}
