//! Tells the runner which commit, compiler and profile it was built from, for machine.toml, and refuses to link another HDF5 than
//! the one that its features name.

use std::env;
use std::process::Command;

fn main() {
    let rustc = env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    println!("cargo::rustc-env=LAYERCHAIN_RUSTC={}", first_line(Command::new(rustc).arg("--version")));
    println!("cargo::rustc-env=LAYERCHAIN_COMMIT={}", first_line(Command::new("git").args(["rev-parse", "HEAD"])));
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
}

/// A build outside a checkout, or without git, is still a build.
fn first_line(command: &mut Command) -> String {
    let output = command.output().ok().filter(|output| output.status.success());
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    text.lines().next().unwrap_or("unknown").to_owned()
}
