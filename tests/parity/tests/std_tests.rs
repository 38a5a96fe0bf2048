//! std's own tests, natively and on wasm.

use parity::source::StdSource;
use parity::suite::{self, Against};

#[test]
fn x() {
    let (source, _) = StdSource::find().unwrap();
    for against in [Against::Std, Against::Threadlink] {
        let package = suite::write(&source, against).unwrap();
        println!("{} cases", package.cases.len());
        for (case, why) in &package.left_out { println!("LEFT {case} {why}"); }
    }
}
