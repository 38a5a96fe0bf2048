//! Linker flags of the program `roomy`: what messages tell users to pass.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "wasm32") {
        for flag in ["-zstack-size=16777216", "--max-memory=67108864"] {
            println!("cargo::rustc-link-arg-bin=roomy={flag}");
        }
    }
}
