//! `schedules NAME`: small programs in the shape of those that tools for schedules are compared by (SCTBench and what came after
//! it): most with a bug that some schedules show, the others right but of a kind that such tools have blamed. Without a name, what
//! there is, one a line: how it ends, and its name.

#[path = "schedules/correct.rs"]
mod correct;
#[path = "schedules/counts.rs"]
mod counts;
#[path = "schedules/locks.rs"]
mod locks;
#[path = "schedules/orders.rs"]
mod orders;
#[path = "schedules/parts.rs"]
mod parts;
#[path = "schedules/queues.rs"]
mod queues;
#[path = "schedules/services.rs"]
mod services;
#[path = "schedules/stacks.rs"]
mod stacks;

use std::process::ExitCode;

use parts::Program;

fn main() -> ExitCode {
    let programs = [
        locks::PROGRAMS,
        counts::PROGRAMS,
        orders::PROGRAMS,
        queues::PROGRAMS,
        stacks::PROGRAMS,
        services::PROGRAMS,
        correct::PROGRAMS,
    ]
    .concat();
    let Some(wanted) = std::env::args().nth(1) else {
        for Program { name, ends, .. } in programs {
            println!("{ends} {name}");
        }
        return ExitCode::SUCCESS;
    };
    match programs.into_iter().find(|program| program.name == wanted) {
        Some(program) => {
            (program.main)();
            ExitCode::SUCCESS
        }
        None => ExitCode::from(42),
    }
}
