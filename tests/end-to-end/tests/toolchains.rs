//! Two toolchains side by side, each of a project of its own, and a project that goes from one to the other. `cargo xtask
//! toolchains` runs this, and says which two: `THREADLINK_TOOLCHAINS` has their names, with a blank between.

use harness::user::{TARGET, User, compiles_nothing, manifest, well};

/// Says which compiler built it, from its build script.
const PROGRAM: &str = "fn main() { let n = std::thread::spawn(|| 7).join().unwrap(); println!(\"{n} {}\", env!(\"BUILT_BY\")) }";
const SCRIPT: &str = r#"
fn main() {
    let compiler = std::process::Command::new(std::env::var_os("RUSTC").unwrap()).arg("--version").output().unwrap();
    println!("cargo::rustc-env=BUILT_BY={}", String::from_utf8(compiler.stdout).unwrap().trim());
}
"#;

/// The names of the two, and what the compiler of each says that it is.
fn both(user: &User) -> [(String, String); 2] {
    let names =
        std::env::var("THREADLINK_TOOLCHAINS").expect("`cargo xtask toolchains` names two toolchains");
    let found: Vec<_> = names
        .split(' ')
        .map(|name| {
            let ran = harness::run(
                user.command("rustup", ".")
                    .args(["run", name, "rustc", "--version"]),
            );
            (name.to_owned(), well(&ran).stdout.trim().to_owned())
        })
        .collect();
    let found: [_; 2] = found.try_into().expect("two names");
    assert_ne!(found[0].1, found[1].1, "two compilers");
    found
}

/// Makes this toolchain the project's own, as its authors would.
fn choose(user: &User, project: &str, toolchain: &str) {
    let text = format!("[toolchain]\nchannel = \"{toolchain}\"\n");
    user.write(&format!("{project}/rust-toolchain.toml"), &text);
}

#[track_caller]
fn runs(user: &User, project: &str, compiler: &str) {
    let ran = user.cargo(project, &[&["run", "--quiet"], &TARGET]);
    assert_eq!(well(&ran).stdout, format!("7 {compiler}\n"), "{project}");
}

#[test]
fn each_project_keeps_its_own_and_may_take_another() {
    let user = User::new("somebody with two toolchains", "threaded");
    let [first, second] = both(&user);
    let projects = [("one", &first), ("two", &second)];
    for (project, (toolchain, compiler)) in projects {
        user.write(&format!("{project}/Cargo.toml"), &manifest(project, ""));
        user.write(&format!("{project}/src/main.rs"), PROGRAM);
        user.write(&format!("{project}/build.rs"), SCRIPT);
        choose(&user, project, toolchain);
        let version = compiler.split(' ').nth(1).expect("rustc VERSION (...)");
        let set_up = user.threadlink(project, &["setup"]);
        assert!(
            well(&set_up)
                .stdout
                .contains(&format!("({version}, with its source)")),
            "{version}: {}",
            set_up.stdout
        );
        well(&user.threadlink(project, &["init"]));
        runs(&user, project, compiler);
    }
    // In turns, for guests and natively.
    for (project, _) in projects {
        well(&user.cargo(project, &[&["build"]]));
    }
    for _ in 0..2 {
        for (project, (_, compiler)) in projects {
            compiles_nothing(&user.cargo(project, &[&["build"], &TARGET]));
            compiles_nothing(&user.cargo(project, &[&["build"]]));
            runs(&user, project, compiler);
        }
    }
    // As after an upgrade: the compiler is another, and what the old one made is not used.
    choose(&user, "one", &second.0);
    runs(&user, "one", &second.1);
    compiles_nothing(&user.cargo("one", &[&["build"], &TARGET]));
    choose(&user, "one", &first.0);
    runs(&user, "one", &first.1);
}
