// Every type that a host can pass or be given, an alias among them.
type Number = u64;

#[threadlink::export]
pub fn all(a: i32, b: u32, c: i64, (d): Number, e: f32, mut f: f64, g: usize, h: isize, i: bool) -> f64 {
    f += f64::from(a) + f64::from(b) + c as f64 + d as f64 + f64::from(e);
    f + g as f64 + h as f64 + f64::from(u8::from(i))
}

#[threadlink::export]
pub fn flag(number: u32) -> bool {
    number > 1
}

#[threadlink::export]
pub fn fallible(number: i64) -> Result<i64, String> {
    if number < 0 { Err("negative".to_owned()) } else { Ok(number) }
}

#[threadlink::export]
pub fn code() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}

#[threadlink::export]
pub fn never() -> ! {
    threadlink::process::exit(0)
}

fn main() {
    assert_eq!(all(1, 2, 3, 4, 5.0, 6.0, 7, 8, true), 37.0);
    assert!(flag(2));
    assert_eq!(fallible(1), Ok(1));
    assert_eq!(code(), std::process::ExitCode::SUCCESS);
}
