//! From entries to a checked worked example.

use std::path::Path;

use kernels::Activation;
use ndarray::Array2;
use net::Cost;
use toml::Value;

use super::example::{Expected, ExpectedTensor, GivenLayer, LAYER, Tensor, WorkedExample};
use crate::spec::error::{Error, Place};
use crate::spec::kind::{Kind, TEXT, number};
use crate::spec::names::{ACTIVATIONS, OneOf};
use crate::spec::source::{self, Entry};
use crate::spec::suggestion::unknown;
use crate::spec::trial::keys::key;
use datasets::text::count;

const EXPECTED: &str = "expected.";

/// The entries of a file, by their keys.
pub(super) struct Entries<'e> {
    pub(super) path: &'e Path,
    pub(super) all: &'e [Entry],
}

impl WorkedExample {
    /// Reads the worked example at `path`; `None` if the file has no layer, and so is an experiment on a data set.
    ///
    /// # Errors
    /// The first thing that is wrong, in one line.
    pub fn load(path: &Path, overrides: &[String]) -> Result<Option<Self>, Error> {
        let entries = source::read(path, overrides)?;
        if !entries.iter().any(|entry| entry.key.starts_with(LAYER)) {
            return Ok(None);
        }
        example(path, &entries).map(Some)
    }
}

/// Reads the worked example that these entries of the file at `path` make.
fn example(path: &Path, all: &[Entry]) -> Result<WorkedExample, Error> {
    let entries = Entries { path, all };
    let depth = (1..).take_while(|l| entries.begins(&format!("{LAYER}{l}."))).count();
    entries.all_known(depth)?;
    let stem = || path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let x = entries.matrix("x", None)?;
    let mut layers = Vec::with_capacity(depth);
    for l in 1..=depth {
        let n_in =
            layers.last().map_or_else(|| x.as_ref().map(Array2::nrows), |before: &GivenLayer| Some(before.w.nrows()));
        layers.push(entries.layer(l, n_in, x.as_ref().map(Array2::ncols))?);
    }
    let Some(last) = layers.last() else {
        return Err(entries.missing("layer.1.w", "missing; layers are numbered from 1 on"));
    };
    let y = entries.targets(last, depth, x.as_ref())?;
    let is_update = layers.iter().all(|layer| layer.get(Tensor::Dw).is_some() && layer.get(Tensor::Db).is_some());
    if x.is_none() && !is_update {
        return Err(
            entries.missing("x", "missing; without it every layer needs dw and db, and nothing but the update is made")
        );
    }
    Ok(WorkedExample {
        name: entries.text("name")?.unwrap_or_else(stem),
        description: entries.text("description")?.unwrap_or_default(),
        training: entries.training(&layers, x.is_some() && y.is_some())?,
        expected: entries.expected(&layers, x.as_ref())?,
        x,
        y,
        layers,
    })
}

impl Entries<'_> {
    pub(super) fn find(&self, key: &str) -> Option<&Entry> {
        self.all.iter().find(|entry| entry.key == key)
    }

    fn begins(&self, prefix: &str) -> bool {
        self.all.iter().any(|entry| entry.key.starts_with(prefix))
    }

    /// Makes the error of a key that is missing, at the place of its table if that is there.
    fn missing(&self, key: &str, problem: &str) -> Error {
        let table = key.rfind('.').map(|dot| &key[..=dot]);
        let neighbour = table.and_then(|table| self.all.iter().find(|entry| entry.key.starts_with(table)));
        let file = Place::File(self.path.to_owned());
        Error::setting(neighbour.map_or(&file, |entry| &entry.place), key, problem)
    }

    /// Refuses keys that a worked example doesn't have.
    fn all_known(&self, depth: usize) -> Result<(), Error> {
        let layer_keys = |rest: &str, from: usize, is_known: &dyn Fn(&str) -> bool| {
            let Some((l, name)) = rest.split_once('.') else { return false };
            l.parse().is_ok_and(|l: usize| {
                (from..=depth).contains(&l) && l.to_string() == rest[..rest.len() - name.len() - 1]
            }) && is_known(name)
        };
        let tensor = |name: &str| Tensor::ALL.iter().find(|(known, _)| *known == name).map(|(_, tensor)| *tensor);
        let is_known = |name: &str| {
            let of_layer =
                |name: &str| ["activation", "w", "b"].contains(&name) || tensor(name).is_some_and(Tensor::can_be_given);
            match (name.strip_prefix(LAYER), name.strip_prefix(EXPECTED)) {
                (Some(rest), _) => layer_keys(rest, 1, &of_layer),
                (_, Some("source" | "cost" | "0.da")) => true,
                (_, Some(rest)) => layer_keys(rest, 1, &|name| tensor(name).is_some()),
                _ => {
                    ["name", "description", "x", "y"].contains(&name)
                        || (name.starts_with("train.") && key(name).is_some())
                }
            }
        };
        let found = self.all.iter().find(|entry| !is_known(&entry.key));
        found.map_or(Ok(()), |entry| {
            if entry.key.starts_with("train.") {
                return Err(match unknown(&entry.key, &entry.place) {
                    // A key of another table is no help here.
                    Error::UnknownKey { place, key, nearest } => {
                        let nearest = nearest.filter(|nearest| nearest.starts_with("train."));
                        Error::UnknownKey { place, key, nearest }
                    }
                    error => error,
                });
            }
            let above = entry.key.strip_prefix(LAYER).and_then(|rest| rest.split('.').next()?.parse::<usize>().ok());
            if above.is_some_and(|l| l > depth) {
                let problem = format!("there is no layer.{}; layers are numbered from 1 on without a gap", depth + 1);
                return Err(Error::setting(&entry.place, &entry.key, problem));
            }
            let problem = format!(
                "no key of a worked example with layers 1 to {depth}, which has x, y, layer.1.w and the like, expected.1.dw \
                 and the like, and train.learning_rate and the like"
            );
            Err(Error::setting(&entry.place, &entry.key, problem))
        })
    }

    fn text(&self, key: &str) -> Result<Option<String>, Error> {
        let read =
            |entry: &Entry| TEXT.read(&entry.value).map_err(|problem| Error::setting(&entry.place, key, problem));
        self.find(key).map(read).transpose()
    }

    /// Reads the matrix `key`, of this shape if there is one.
    fn matrix(&self, key: &str, shape: Option<(usize, usize)>) -> Result<Option<Array2<f64>>, Error> {
        let Some(entry) = self.find(key) else { return Ok(None) };
        let read = || {
            let matrix = matrix(&entry.value)?;
            match shape {
                Some(shape) if matrix.dim() != shape => {
                    let ((rows, columns), (found_rows, found_columns)) = (shape, matrix.dim());
                    Err(format!("must be {rows} × {columns}, found {found_rows} × {found_columns}"))
                }
                _ => Ok(matrix),
            }
        };
        read().map(Some).map_err(|problem| Error::setting(&entry.place, key, problem))
    }

    /// Reads layer `l`, with as many inputs as the layer below has units, or X has rows.
    fn layer(&self, l: usize, n_in: Option<usize>, examples: Option<usize>) -> Result<GivenLayer, Error> {
        let key = |name: &str| format!("{LAYER}{l}.{name}");
        let required = |name: &str| self.missing(&key(name), "missing");
        let entry = self.find(&key("activation")).ok_or_else(|| required("activation"))?;
        let activation = OneOf(&ACTIVATIONS).read(&entry.value);
        let activation = activation.map_err(|problem| Error::setting(&entry.place, &entry.key, problem))?;
        if activation == Activation::Softmax && self.begins(&format!("{LAYER}{}.", l + 1)) {
            return Err(Error::setting(&entry.place, &entry.key, "only the last layer can have a softmax"));
        }
        let w = self.matrix(&key("w"), None)?.ok_or_else(|| required("w"))?;
        let (n_out, columns) = w.dim();
        if let (Some(n_in), Some(entry)) = (n_in.filter(|n_in| *n_in != columns), self.find(&key("w"))) {
            let from = if l == 1 { "x has rows".to_owned() } else { format!("layer {} has units", l - 1) };
            let problem = format!("is {n_out} × {columns}; it must have {}, as many as {from}", count(n_in, "column"));
            return Err(Error::setting(&entry.place, &entry.key, problem));
        }
        let b = self.matrix(&key("b"), Some((n_out, 1)))?.ok_or_else(|| required("b"))?;
        let mut given = Vec::new();
        for (name, tensor) in Tensor::ALL {
            let shape = tensor.shape([n_out, columns, examples.unwrap_or(1)]);
            given.extend(self.matrix(&key(name), Some(shape))?.map(|values| (tensor, values)));
        }
        Ok(GivenLayer { activation, w, b, given })
    }

    /// Reads Y, for the cost that belongs to the `last` of `depth` layers.
    fn targets(&self, last: &GivenLayer, depth: usize, x: Option<&Array2<f64>>) -> Result<Option<Array2<f64>>, Error> {
        let Some(entry) = self.find("y") else { return Ok(None) };
        let wrong = |problem: String| Err(Error::setting(&entry.place, "y", problem));
        let Some(x) = x else { return wrong("only applies with x".to_owned()) };
        let cost = match last.activation {
            Activation::Sigmoid | Activation::Softmax | Activation::Identity => Cost::for_output(last.activation),
            _ => {
                let problem =
                    format!("only applies where layer {depth} has a sigmoid, a softmax or the identity, and so a cost");
                return wrong(problem);
            }
        };
        let one_hot =
            |y: Array2<f64>| cost == Cost::SoftmaxCrossEntropy && y.nrows() > 1 && y.nrows() == last.w.nrows();
        if self.matrix("y", None)?.is_some_and(one_hot) {
            return wrong("must be one row of class numbers, from 0, found a row for each class".to_owned());
        }
        let y = self.matrix("y", Some((cost.target_rows(last.w.nrows()), x.ncols())))?;
        let classes = if cost == Cost::SoftmaxCrossEntropy { last.w.nrows() } else { 2 };
        let is_class = |y: &f64| y.fract() == 0.0 && (0.0..classes as f64).contains(y);
        let odd = y.iter().flatten().find(|y| cost != Cost::MeanSquaredError && !is_class(y));
        odd.map_or(Ok(y.clone()), |odd| wrong(format!("must be a class from 0 to {}, found {odd}", classes - 1)))
    }

    fn expected(&self, layers: &[GivenLayer], x: Option<&Array2<f64>>) -> Result<Expected, Error> {
        let examples = x.map_or(1, Array2::ncols);
        let mut tensors = Vec::new();
        let mut add = |layer: usize, (name, tensor): (&str, Tensor), sides| {
            let values = self.matrix(&format!("{EXPECTED}{layer}.{name}"), Some(tensor.shape(sides)))?;
            tensors.extend(values.map(|values| ExpectedTensor { layer, tensor, values }));
            Ok(())
        };
        add(0, ("da", Tensor::Da), [layers[0].w.ncols(), 0, examples])?;
        for (l, layer) in (1..).zip(layers) {
            let (n_out, n_in) = layer.w.dim();
            Tensor::ALL.into_iter().try_for_each(|named| add(l, named, [n_out, n_in, examples]))?;
        }
        let cost = self.find("expected.cost");
        let read = |entry: &Entry| {
            let problem =
                || Error::setting(&entry.place, &entry.key, format!("must be a number, found {}", entry.value));
            number(&entry.value).filter(|cost| cost.is_finite()).ok_or_else(problem)
        };
        Ok(Expected { source: self.text("expected.source")?, cost: cost.map(read).transpose()?, tensors })
    }
}

/// Reads a list of rows, or a list of numbers as a column.
fn matrix(value: &Value) -> Result<Array2<f64>, String> {
    const ALLOWED: &str = "must be a list of rows of finite numbers, all of one length, such as [[1, 2.5], [3, 4]]";
    let number = |value: &Value| {
        let finite = number(value).filter(|number| number.is_finite());
        finite.ok_or_else(|| format!("{ALLOWED}, found {}", short(value)))
    };
    let rows =
        value.as_array().filter(|rows| !rows.is_empty()).ok_or_else(|| format!("{ALLOWED}, found {}", short(value)))?;
    let row = |row: &Value| match row.as_array() {
        Some(row) => row.iter().map(number).collect::<Result<Vec<_>, _>>(),
        None => number(row).map(|number| vec![number]),
    };
    let rows = rows.iter().map(row).collect::<Result<Vec<_>, _>>()?;
    let (height, width) = (rows.len(), rows[0].len());
    if let Some(other) = rows.iter().find(|row| row.len() != width || width == 0) {
        return Err(format!("{ALLOWED}, found rows of {width} and {} numbers", other.len()));
    }
    Ok(Array2::from_shape_vec((height, width), rows.concat()).expect("as many numbers as the shape says"))
}

/// Writes the beginning of a value.
fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= 40 { text } else { text.chars().take(40).chain("...".chars()).collect() }
}
