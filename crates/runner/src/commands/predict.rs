//! `runner predict`: the predictions of a model for pictures and examples.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, bail};
use kernels::blas::Request;
use ndarray::{Array2, ArrayView1};
use serde_json::json;

use super::answer::print;
use super::blas::{set_up_blas, warn_of};
use super::rehearse::{Reading, rehearse};
use crate::cli;
use crate::model::{Model, most_probable};
use crate::table::Table;
use crate::terminal::note;
use datasets::import::{picture, pictures_in};
use datasets::{DEFAULT_MAX_BYTES, FeatureType, Features, HDF5_SIGNATURE, Names, Pinned, Unlabelled};

/// The name of an example: its file, and its number there, from 0, if the file may have several.
type Name = (PathBuf, Option<usize>);

/// The examples of one HDF5 file, or consecutive pictures.
struct Asked {
    names: Vec<Name>,
    pixels: Features,
}

/// Reads the model and all inputs, predicts, and prints.
pub(super) fn run(args: &cli::Predict, blas: Option<&Request>) -> Result<ExitCode> {
    rehearse(&Reading::Model, &[&Pinned::any(&args.model)])?;
    let model = Model::read(&args.model)?;
    let asked = asked(args, &model)?;
    warn_of(&set_up_blas(blas)?);
    let most = asked.iter().map(|asked| asked.names.len()).collect::<std::collections::BTreeSet<_>>();
    most.into_iter().try_for_each(|examples| model.net.check_products(examples))?;
    let mut answers = Vec::new();
    for Asked { names, pixels } in &asked {
        let outputs = model.outputs(pixels);
        for (name, output) in names.iter().zip(outputs.columns()) {
            if output.iter().any(|value| !value.is_finite()) {
                bail!("{}: the net's output is not finite for it", called(name));
            }
            answers.push((name, output.to_owned()));
        }
    }
    let answers = answers.iter().map(|(name, output)| (*name, output.view()));
    print(&if args.json { as_json(&model, answers) } else { as_table(&model, answers) })?;
    Ok(ExitCode::SUCCESS)
}

/// Reads all inputs in the order of the command line; consecutive pictures are put together.
fn asked(args: &cli::Predict, model: &Model) -> Result<Vec<Asked>> {
    let mut all: Vec<Asked> = Vec::new();
    let mut pictures: Option<(Vec<Name>, Vec<u8>)> = None;
    let mut paths: Vec<PathBuf> = Vec::new();
    for path in &args.what {
        match path.is_dir() {
            true => {
                let (pictures, left_out) = pictures_in(path)?;
                paths.extend(pictures);
                if let Some(left_out) = left_out {
                    note(&format!("{}: {left_out}", path.display()));
                }
            }
            false => paths.push(path.clone()),
        }
    }
    if let Some(dataset) = &args.dataset
        && !paths.iter().any(|path| is_hdf5(path))
    {
        bail!("--dataset {dataset} names the examples of an HDF5 file; there is none among the files to predict");
    }
    for path in &paths {
        if is_hdf5(path) {
            all.extend(pictures.take().map(|pictures| together(pictures, model)));
            all.push(examples(path, args.dataset.as_deref(), model)?);
            continue;
        }
        let Some(shape) = model.image_shape else {
            bail!(
                "{}: the model takes {} numbers an example, not pictures; give them in an HDF5 file",
                path.display(),
                model.features()
            );
        };
        if model.input != FeatureType::U8 {
            let element = model.input.name();
            bail!(
                "{}: the model takes pictures of {element}, not of bytes; give them as an HDF5 file of {element} scaled as those \
                 that it was trained on",
                path.display()
            );
        }
        if ![1, 3].contains(&shape[2]) {
            bail!("{}: the model takes pictures of {} channels; a picture has 1 or 3", path.display(), shape[2]);
        }
        let bytes = picture(path, shape)?;
        let (names, all_bytes) = pictures.get_or_insert_default();
        names.push((path.clone(), None));
        all_bytes.extend(bytes);
    }
    all.extend(pictures.map(|pictures| together(pictures, model)));
    Ok(all)
}

fn together((names, bytes): (Vec<Name>, Vec<u8>), model: &Model) -> Asked {
    let pixels = Array2::from_shape_vec((names.len(), model.features()), bytes);
    Asked { names, pixels: Features::U8(pixels.expect("each picture has the model's shape")) }
}

/// Returns whether a file is HDF5, by its content, so that a picture may have any name. A file with an HDF5 name is
/// taken as one too, since its error is then clearer.
fn is_hdf5(path: &Path) -> bool {
    let named = path.extension().is_some_and(|extension| extension == "h5" || extension == "hdf5");
    // Only a regular file is opened, since opening a pipe would wait for its writer. An unreadable file is refused
    // later, as a picture, with the reason.
    let begins = || {
        let mut start = [0; HDF5_SIGNATURE.len()];
        File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok() && start == HDF5_SIGNATURE
    };
    named || (path.is_file() && begins())
}

fn examples(path: &Path, dataset: Option<&str>, model: &Model) -> Result<Asked> {
    let Names { test_x, train_x, .. } = Names::default();
    let usual = [test_x.as_str(), train_x.as_str()];
    let wanted = dataset.as_ref().map_or(&usual[..], std::slice::from_ref);
    let owned = wanted.iter().map(|&name| name.to_owned()).collect();
    rehearse(&Reading::Unlabelled { wanted: owned, max_bytes: DEFAULT_MAX_BYTES }, &[&Pinned::any(path)])?;
    let Unlabelled { name, x: pixels, image_shape, columns } = Unlabelled::load(path, wanted, DEFAULT_MAX_BYTES)?;
    if let Err(problem) = model.takes(&pixels, image_shape, &columns) {
        bail!("{}: dataset `{name}`: {problem}", path.display());
    }
    let names = (0..pixels.dim().0).map(|example| (path.to_owned(), Some(example))).collect();
    Ok(Asked { names, pixels })
}

fn called((path, example): &Name) -> String {
    example.map_or_else(|| path.display().to_string(), |example| format!("{} example {example}", path.display()))
}

fn as_json<'a>(model: &Model, answers: impl Iterator<Item = (&'a Name, ArrayView1<'a, f64>)>) -> String {
    let line = |((path, example), output): (&Name, ArrayView1<f64>)| {
        let mut line = json!({ "input": path.display().to_string() });
        if let Some(example) = example {
            line["example"] = json!(example);
        }
        match model.probabilities(output) {
            Some(probabilities) => {
                let class = most_probable(&probabilities);
                line["class"] = json!(class);
                line["name"] = json!(model.class_name(class));
                line["probability"] = json!(probabilities[class]);
                line["probabilities"] = json!(probabilities);
            }
            None => line["values"] = json!(output.to_vec()),
        }
        format!("{line}\n")
    };
    answers.map(line).collect()
}

fn as_table<'a>(model: &Model, answers: impl Iterator<Item = (&'a Name, ArrayView1<'a, f64>)> + Clone) -> String {
    let numbered = answers.clone().any(|((_, example), _)| example.is_some());
    let values = if model.class_count().is_some() { 0 } else { model.net.widths().last().copied().unwrap_or(0) };
    let value_columns: Vec<String> = match values {
        _ if !model.columns.targets.is_empty() => model.columns.targets.clone(),
        1 => vec!["value".to_owned()],
        values => (1..=values).map(|value| format!("value_{value}")).collect(),
    };
    let columns = ["input"].into_iter().chain(numbered.then_some("example"));
    let columns = columns.chain(value_columns.iter().map(String::as_str));
    let mut table = Table::new(columns.chain(if values == 0 { vec!["class", "probability"] } else { Vec::new() }));
    for ((path, example), output) in answers {
        let name = [path.display().to_string()].into_iter();
        let name = name.chain(numbered.then(|| example.map(|example| example.to_string()).unwrap_or_default()));
        let answer = match model.probabilities(output) {
            Some(probabilities) => {
                let class = most_probable(&probabilities);
                vec![model.class_name(class), format!("{:.4}", probabilities[class])]
            }
            None => output.iter().map(f64::to_string).collect(),
        };
        table.row(name.chain(answer));
    }
    table.to_string()
}
