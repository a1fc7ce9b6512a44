//! Tells the runner which commit, compiler and profile it was built from, for machine.toml, and refuses to link another HDF5 than
//! the one that its features name.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::{env, fs};

fn main() {
    let rustc = env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    println!("cargo::rustc-env=LAYERCHAIN_RUSTC={}", first_line(Command::new(rustc).arg("--version")));
    let commit = first_line(Command::new("git").args(["rev-parse", "HEAD"]));
    let changes = changes().map(|hash| format!(" with changes {hash}")).unwrap_or_default();
    println!("cargo::rustc-env=LAYERCHAIN_COMMIT={commit}{changes}");
    println!("cargo::rustc-env=LAYERCHAIN_PROFILE={}", env::var("PROFILE").unwrap_or_default());
    // The binding takes the library of this folder even where one is to be built in.
    if env::var_os("CARGO_FEATURE_STATIC_HDF5").is_some() && env::var_os("HDF5_DIR").is_some() {
        println!(
            "cargo::error=HDF5_DIR names an HDF5 to link, but one is built in: unset it, or build with --no-default-features"
        );
    }
    println!("cargo::rerun-if-env-changed=HDF5_DIR");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=../../.git/logs/HEAD");
    if Path::new("../../.git").exists() {
        println!("cargo::rerun-if-changed=..");
        println!("cargo::rerun-if-changed=../../Cargo.toml");
        println!("cargo::rerun-if-changed=../../Cargo.lock");
    }
}

/// Hashes what the sources have beyond the commit; `None` if nothing. Another change is another build, whose results may differ.
fn changes() -> Option<String> {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).current_dir("../..").output().ok()?;
        output.status.success().then_some(output.stdout)
    };
    let sources = ["--", "crates", "Cargo.toml", "Cargo.lock"];
    let changed = git(&[&["diff", "--name-only", "-z", "HEAD"][..], &sources].concat())?;
    let new = git(&[&["ls-files", "--others", "--exclude-standard", "-z"][..], &sources].concat())?;
    let mut changes = Vec::new();
    for file in String::from_utf8([changed, new].concat()).ok()?.split_terminator('\0') {
        changes.extend(file.bytes());
        // What is deleted, a link to nothing or a folder has no bytes, but its name is a change.
        changes.extend(fs::read(Path::new("../..").join(file)).unwrap_or_default());
    }
    if changes.is_empty() {
        return None;
    }
    let mut hash = Command::new("git");
    let mut hash = hash.args(["hash-object", "--stdin"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
    hash.stdin.take()?.write_all(&changes).ok()?;
    let hash = String::from_utf8(hash.wait_with_output().ok()?.stdout).ok()?;
    hash.get(..12).map(str::to_owned)
}

/// A build outside a checkout, or without git, is still a build.
fn first_line(command: &mut Command) -> String {
    let output = command.output().ok().filter(|output| output.status.success());
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    text.lines().next().unwrap_or("unknown").to_owned()
}
