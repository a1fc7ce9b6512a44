//! The arguments of what is made for shells and readers of manuals.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// The variable by which a shell asks for completions.
pub const COMPLETE: &str = "LAYERCHAIN_COMPLETE";

/// Arguments of `runner completions`.
#[derive(Args, Debug)]
pub struct Completions {
    /// The shell.
    #[arg(value_enum)]
    pub shell: Shell,
}

/// A shell with completions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// bash.
    Bash,
    /// elvish.
    Elvish,
    /// fish.
    Fish,
    /// PowerShell.
    Powershell,
    /// zsh.
    Zsh,
}

impl Shell {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Shell::Bash => "bash",
            Shell::Elvish => "elvish",
            Shell::Fish => "fish",
            Shell::Powershell => "powershell",
            Shell::Zsh => "zsh",
        }
    }
}

/// Arguments of `runner man`.
#[derive(Args, Debug)]
pub struct Man {
    /// The folder, such as ~/.local/share/man/man1.
    pub dir: PathBuf,
}
