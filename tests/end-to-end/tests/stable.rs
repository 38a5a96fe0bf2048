//! Plain cargo on stable Rust, as somebody has it who has just installed the command: a home of their own on a path with blanks,
//! no variable for the build, no config file.

use std::path::{Path, PathBuf};

use harness::user::{TARGET, User, compiles_nothing, manifest, well};
use harness::{run, threadlink};

const PROGRAM: &str = r#"
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

fn main() {
    let sum = Arc::new(Mutex::new(0));
    let threads: Vec<_> = (1..=4)
        .map(|number| {
            let sum = sum.clone();
            std::thread::spawn(move || *sum.lock().unwrap() += number)
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    let (_sender, receiver) = mpsc::channel::<()>();
    assert!(receiver.recv_timeout(Duration::from_millis(1)).is_err());
    assert!(std::panic::catch_unwind(|| panic!("caught")).is_err());
    let name = std::env::args().nth(1).unwrap_or_default();
    println!("{name}: {}", sum.lock().unwrap());
}

#[cfg(test)]
mod tests {
    #[test]
    fn threads_are_std_s() {
        assert_eq!(std::thread::spawn(|| 7).join().unwrap(), 7);
    }
}
"#;

#[test]
fn an_unmodified_program_after_init_and_nothing_else() {
    let user = User::new("a new user", "threaded");
    user.write("first one/Cargo.toml", &manifest("first", ""));
    user.write("first one/src/main.rs", PROGRAM);
    well(&user.cargo("first one", &[&["build"]]));

    well(&user.threadlink("first one", &["init"]));
    assert!(
        !user.home.join("first one/.cargo").exists(),
        "nothing is written there"
    );
    compiles_nothing(&user.cargo("first one", &[&["build"]]));

    let ran = user.cargo("first one", &[&["run", "--quiet"], &TARGET, &["--", "the sum"]]);
    assert_eq!(well(&ran).stdout, "the sum: 10\n");
    compiles_nothing(&user.cargo("first one", &[&["build"], &TARGET]));
    let ran = user.cargo("first one", &[&["test"], &TARGET]);
    assert!(
        well(&ran).stdout.contains("test tests::threads_are_std_s ... ok"),
        "{}",
        ran.stdout
    );
    well(&user.cargo("first one", &[&["check"], &TARGET]));
    // It is the lints' own driver that sees a guest's std.
    let linted = user.cargo(
        "first one",
        &[&["clippy"], &TARGET, &["--", "--deny", "warnings"]],
    );
    well(&linted);
    // Native builds know nothing of it.
    compiles_nothing(&user.cargo("first one", &[&["build"]]));

    let traced = ["run", "--std", "threaded", "--trace", "out.trace"];
    well(&user.threadlink("first one", &traced));
    let report = user.threadlink("first one", &["analyze", "out.trace"]);
    assert!(
        well(&report).stdout.contains("made at src/main.rs:6"),
        "{}",
        report.stdout
    );

    user.write("second/Cargo.toml", &manifest("second", ""));
    user.write("second/src/main.rs", PROGRAM);
    well(&user.threadlink("second", &["init"]));
    let ran = user.cargo("second", &[&["run"], &TARGET]);
    assert!(!well(&ran).stderr.contains("building std"), "{}", ran.stderr);
}

#[test]
fn another_std_is_noticed() {
    let mut user = User::new("somebody who changes their mind", "plain");
    user.write(
        "p/Cargo.toml",
        &manifest("p", "[dependencies]\nlibrary = { path = \"library\" }\n"),
    );
    user.write("p/src/main.rs", "fn main() { library::nothing() }");
    user.write(
        "p/library/Cargo.toml",
        "[package]\nname = \"library\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
    );
    user.write(
        "p/library/src/lib.rs",
        "pub fn nothing() { std::hint::black_box(vec![1]); }",
    );
    well(&user.threadlink("p", &["init"]));
    for std in ["plain", "threaded", "plain"] {
        user.std = std;
        let ran = user.cargo("p", &[&["build"], &TARGET]);
        for name in ["library", "p v0.1.0"] {
            assert!(
                well(&ran).stderr.contains(&format!("Compiling {name}")),
                "{std}: {}",
                ran.stderr
            );
        }
        compiles_nothing(&user.cargo("p", &[&["build"], &TARGET]));
    }
}

#[test]
fn a_damaged_std_is_told_of_and_mended() {
    let user = User::new("somebody with a full disk", "plain");
    user.write("p/Cargo.toml", &manifest("p", ""));
    user.write("p/src/lib.rs", "");
    let cache = user.home.join("cache");
    let damaged = |words: &[&str]| {
        run(user
            .command(threadlink().get_program(), "p")
            .env("THREADLINK_CACHE", &cache)
            .args(words))
    };
    let build = ["build", "--lib", "--std", "plain", "--panic", "unwind"];
    user.write(
        "p/Cargo.toml",
        &manifest("p", "[lib]\ncrate-type = [\"cdylib\"]\n"),
    );
    well(&damaged(&build));
    let listed = damaged(&["setup", "--list"]).stdout;
    assert!(
        listed.contains("plain-") && !listed.contains("damaged"),
        "{listed}"
    );
    let name = listed.split_whitespace().next().expect("a name").to_owned();
    let libraries = cache
        .join("sysroots")
        .join(&name)
        .join("lib/rustlib/wasm32-unknown-unknown/lib");
    let std = std::fs::read_dir(&libraries)
        .expect("it has libraries")
        .map(|entry| entry.expect("an entry").path())
        .find(|path| {
            path.file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with("libstd-"))
        })
        .expect("std is among them");
    std::fs::write(&std, "cut off").expect("it can be written to");
    let listed = damaged(&["setup", "--list"]).stdout;
    assert!(listed.contains("damaged"), "{listed}");
    user.write("p/src/lib.rs", "// changed");
    well(&damaged(&build));
    let listed = damaged(&["setup", "--list"]).stdout;
    assert!(!listed.contains("damaged"), "{listed}");

    assert_eq!(damaged(&["setup", "--remove", "no-such-std"]).code, 2);
    assert!(
        damaged(&["setup", "--remove", &name])
            .stdout
            .contains("removed 1")
    );
    assert!(!cache.join("sysroots").join(&name).exists());
    std::fs::remove_dir_all(&cache).expect("it is ours");
}

#[test]
fn macros_build_scripts_wrappers_and_all_ways_to_optimise() {
    let user = User::new("somebody with a workspace", "threaded");
    user.write(
        "w/Cargo.toml",
        "[workspace]\nresolver = \"3\"\nmembers = [\"app\", \"macros\", \"plugin\"]\n[profile.release]\nlto = \
         \"fat\"\nopt-level = \"s\"\nstrip = true\n[profile.dist]\ninherits = \"release\"\npanic = \"abort\"\n",
    );
    let package = |name: &str, more: &str| {
        format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n{more}")
    };
    user.write(
        "w/macros/Cargo.toml",
        &package("macros", "[lib]\nproc-macro = true\n"),
    );
    user.write(
        "w/macros/src/lib.rs",
        "#[proc_macro] pub fn seven(_: proc_macro::TokenStream) -> proc_macro::TokenStream { \"7\".parse().unwrap() }",
    );
    user.write(
        "w/app/Cargo.toml",
        &package("app", "[dependencies]\nmacros = { path = \"../macros\" }\n"),
    );
    user.write(
        "w/app/build.rs",
        "fn main() { println!(\"cargo::rustc-env=BUILT_ON={}\", std::env::consts::ARCH) }",
    );
    user.write(
        "w/app/src/main.rs",
        "fn main() { let n = std::thread::spawn(|| macros::seven!()).join().unwrap(); println!(\"{n} {}\", env!(\"BUILT_ON\")) }",
    );
    user.write(
        "w/plugin/Cargo.toml",
        &package("plugin", "[lib]\ncrate-type = [\"cdylib\"]\n"),
    );
    user.write(
        "w/plugin/src/lib.rs",
        "#[unsafe(no_mangle)] pub extern \"C\" fn three() -> u32 { 3 }",
    );
    well(&user.threadlink("w", &["init"]));
    let expected = format!("7 {}\n", std::env::consts::ARCH);
    for profile in ["dev", "release", "dist"] {
        let ran = user.cargo(
            "w",
            &[&["run", "--quiet", "-p", "app", "--profile", profile], &TARGET],
        );
        assert_eq!(well(&ran).stdout, expected, "{profile}");
        well(&user.cargo("w", &[&["build", "-p", "plugin", "--profile", profile], &TARGET]));
        let folder = if profile == "dev" { "debug" } else { profile };
        let plugin = format!("target/wasm32-unknown-unknown/{folder}/plugin.wasm");
        let ran = user.threadlink("w", &["run", &plugin, "--invoke", "three"]);
        assert_eq!(well(&ran).stdout, "3\n", "{profile}");
    }
    // As sccache is used.
    let wrapper = wrapper(&user.home);
    let ran = run(user
        .command("cargo", "w")
        .env("RUSTC_WRAPPER", wrapper)
        .args(["run", "--quiet", "-p", "app", "--target-dir", "wrapped"])
        .args(TARGET));
    assert_eq!(well(&ran).stdout, expected);
}

/// A program that runs what it is given.
#[cfg(unix)]
fn wrapper(home: &Path) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let path = home.join("wrapper");
    std::fs::write(&path, "#!/bin/sh\nexec \"$@\"\n").expect("a file");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("it is ours");
    path
}

/// None: what runs programs there is a shell's affair.
#[cfg(not(unix))]
fn wrapper(_: &Path) -> PathBuf {
    PathBuf::new()
}
