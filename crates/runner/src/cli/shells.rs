//! The arguments of what is made for shells and readers of manuals.

use std::path::PathBuf;

use clap::Args;

use super::choice::{Choice, one_of};

/// The variable by which a shell asks for completions.
pub const COMPLETE: &str = "LAYERCHAIN_COMPLETE";

/// Arguments of `runner completions`.
#[derive(Args, Debug)]
pub struct Completions {
    /// The shell.
    #[arg(value_parser = one_of(&SHELLS))]
    pub shell: &'static str,
}

/// The shells with completions.
const SHELLS: [Choice<&str>; 5] = [
    ("bash", "bash", "bash"),
    ("elvish", "elvish", "elvish"),
    ("fish", "fish", "fish"),
    ("powershell", "PowerShell", "powershell"),
    ("zsh", "zsh", "zsh"),
];

/// Arguments of `runner man`.
#[derive(Args, Debug)]
pub struct Man {
    /// The folder, such as ~/.local/share/man/man1.
    pub dir: PathBuf,
}
