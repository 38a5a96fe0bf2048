//! Code that the command keeps: compiled at the first run, read at the second, also by the runner of tests; and how to be rid
//! of it.

use std::path::Path;
use std::process::Command;

use harness::{Guest, run, threadlink};

const COMPILED: &str = "threadlink: the module was compiled, and its code is kept";
const KEPT: &str = "threadlink: the module's code was kept from an earlier time";

/// The command with a cache of its own, which nothing is in.
fn with_cache(folder: &Path) -> Command {
    let mut command = threadlink();
    command
        .env("THREADLINK_CACHE", folder)
        .env_remove("THREADLINK_CACHE_SIZE");
    command
}

/// The last line of what a run says on standard error with `-v`.
fn said(command: &mut Command, module: &Path) -> String {
    let ran = run(command.args(["run", "-v"]).arg(module));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("done"), "{}", ran.stdout);
    ran.stderr.trim_end().to_owned()
}

#[test]
fn a_module_is_compiled_once() {
    let dir = tempfile::tempdir().unwrap();
    let cache = dir.path().join("cache");
    let module = Guest::package("hello").build();
    assert_eq!(said(&mut with_cache(&cache), &module), COMPILED);
    assert_eq!(said(&mut with_cache(&cache), &module), KEPT);
    let compiled = said(with_cache(&cache).env("THREADLINK_CACHE_SIZE", "0"), &module);
    assert_eq!(compiled, "threadlink: the module was compiled");
    let quiet = run(with_cache(&cache).arg("run").arg(&module));
    assert_eq!((quiet.code, quiet.stderr.as_str()), (0, ""));

    let listed = run(with_cache(&cache).args(["setup", "--list"]));
    assert!(
        listed.stdout.starts_with("code ") && listed.stdout.contains("modules 1 "),
        "{}",
        listed.stdout
    );
    let removed = run(with_cache(&cache).args(["setup", "--remove", "code"]));
    assert_eq!((removed.code, removed.stdout.as_str()), (0, "removed 1\n"));
    assert_eq!(said(&mut with_cache(&cache), &module), COMPILED);
}

#[test]
fn nothing_is_kept_for_whoever_does_not_want_it() {
    let dir = tempfile::tempdir().unwrap();
    let cache = dir.path().join("cache");
    let module = Guest::package("hello").build();
    let ran = run(with_cache(&cache).args(["run", "-v", "--no-cache"]).arg(&module));
    assert_eq!(ran.stderr.trim_end(), "threadlink: the module was compiled");
    assert!(!cache.exists());
    let ran = run(with_cache(&cache)
        .env("THREADLINK_CACHE_SIZE", "much")
        .arg("run")
        .arg(&module));
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("THREADLINK_CACHE_SIZE"), "{}", ran.stderr);
}

#[test]
fn a_death_is_reported_from_kept_code_as_from_code_that_was_just_compiled() {
    let dir = tempfile::tempdir().unwrap();
    let module = Guest::bin("deaths").build();
    let mut reports = Vec::new();
    for _ in 0..2 {
        let mut command = with_cache(dir.path());
        command.env("RUST_BACKTRACE", "1").arg("run").arg(&module);
        let ran = run(command.args(["--", "panic"]));
        assert!(ran.stderr.contains("deaths::die"), "{}", ran.stderr);
        reports.push((ran.code, ran.stdout, ran.stderr));
    }
    assert_eq!(reports[0], reports[1]);
}

#[cfg(unix)]
#[test]
fn a_folder_that_others_can_write_to_is_refused_once_and_the_program_runs() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let module = Guest::package("hello").build();
    assert_eq!(said(&mut with_cache(dir.path()), &module), COMPILED);
    let code = dir.path().join("code");
    std::fs::set_permissions(&code, std::fs::Permissions::from_mode(0o777)).unwrap();
    let ran = run(with_cache(dir.path()).arg("run").arg(&module));
    assert_eq!(ran.code, 0);
    let lines: Vec<&str> = ran.stderr.lines().collect();
    assert!(
        lines.len() == 1
            && lines[0].starts_with("warning: compiled code is not kept in ")
            && lines[0].contains("chmod"),
        "{lines:?}"
    );
}
