//! A program with `#[threadlink::main]`, run as it is: this file is the test. (It has no test harness, which
//! would bring a `main` of its own.)

/// So that `self::` in the body means the crate.
const ANSWER: u32 = 42;

#[threadlink::main]
#[deny(unused_must_use)]
fn main() -> Result<(), std::num::ParseIntError> {
    let answer = threadlink::spawn(|| "42".parse::<u32>())
        .join()
        .expect("the thread does not panic")?;
    assert_eq!(answer, self::ANSWER);
    println!("main ran");
    Ok(())
}
