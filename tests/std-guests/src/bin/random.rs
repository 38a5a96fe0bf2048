//! Random bytes, by the crate that most others get them from.

fn main() {
    let mut bytes = [0; 32];
    match getrandom::fill(&mut bytes) {
        Ok(()) => println!("{bytes:?}"),
        Err(error) => println!("none: {error}"),
    }
}
