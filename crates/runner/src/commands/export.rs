//! `runner export`: a model as a file for other programs.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};

use super::answer::{may_be_written, print_names};
use super::failure::Failure;
use super::rehearse::{Reading, rehearse};
use crate::cli;
use crate::model::Model;
use crate::model::export::Format;
use datasets::Pinned;
use datasets::files::write_whole;

/// Reads the model, and writes it in each format that is asked for.
pub(super) fn run(args: &cli::Export) -> Result<ExitCode> {
    let formats = [(Format::Onnx, &args.onnx), (Format::Safetensors, &args.safetensors), (Format::Npz, &args.npz)];
    let wanted: Vec<(Format, &Path)> =
        formats.into_iter().filter_map(|(format, path)| Some((format, path.as_deref()?))).collect();
    may_be_written(wanted.iter().map(|(_, path)| *path), &[&args.model], args.force)?;
    rehearse(&Reading::Model, &[&Pinned::any(&args.model)])?;
    let model = Model::read(&args.model)?;
    for (format, path) in &wanted {
        let bytes = model.export(*format).with_context(|| args.model.display().to_string())?;
        write_whole(path, args.force, |out| out.write_all(&bytes)).map_err(Failure::of_writing)?;
    }
    print_names(&wanted.iter().map(|(_, path)| *path).collect::<Vec<_>>())?;
    Ok(ExitCode::SUCCESS)
}
