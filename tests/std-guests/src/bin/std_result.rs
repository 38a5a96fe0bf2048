//! Its main function returns an error, which std prints.

fn main() -> Result<(), String> {
    let number = "seven".parse::<u8>();
    number.map(|_| ()).map_err(|error| format!("no number: {error}"))
}
