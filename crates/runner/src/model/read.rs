//! Reading a model file under the contract of docs/model-format.md: nothing of a declared size is allocated before all
//! shapes, types and stored sizes are checked.

use std::path::Path;

use hdf5::{Dataset, Group, H5Type};
use kernels::{Activation, Real};
use ndarray::{Array1, Array2};
use net::{Chain, Cost, Layer};
use serde_json::Value;

use super::attributes::{ModelFile, refused};
use super::{Error, FORMAT, MOST_BYTES, Model, Net, VERSION};
use crate::spec::names::activation_name;
use crate::spec::trial::Dtype;
use datasets::contract::attribute::attribute;
use datasets::contract::class_names;
use datasets::contract::column_names::{FEATURE_NAMES, TARGET_NAMES};
use datasets::contract::element_type::{ElementType, describe, elements};
use datasets::contract::file::DataFile;
use datasets::contract::storage::{self, checked_bytes};
use datasets::{ColumnNames, FeatureType, Problem, Scaling};

impl Model {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// The first breach of the format, in one line.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let mut reader = ModelFile { file: DataFile::open(path)?, left: MOST_BYTES };
        let root = reader.group("")?;
        let text = |name| reader.text(&root, "the file", name);
        let format = text("format")?;
        if format != FORMAT {
            return Err(reader.attribute("format", "the file", refused(&format, FORMAT)));
        }
        let version = reader.integer(&root, "version")?;
        if version != VERSION as usize {
            let problem = format!("found {version}, this runner reads {VERSION}");
            return Err(reader.attribute("version", "the file", problem));
        }
        let dtype = reader.one_of(&root, "dtype", &Dtype::ALL)?;
        let cost = reader.one_of(&root, "cost", &Cost::ALL)?;
        let input = reader.one_of(&root, "input", &FeatureType::ALL.map(|element| (element.name(), element)))?;
        let layers = reader.integer(&root, "layers")?;
        let features = reader.integer(&root, "features")?;
        let image_shape = reader.image_shape(&root, features)?;
        let kind = text("scaling")?;
        let provenance_text = text("provenance")?;
        let provenance = serde_json::from_str(&provenance_text).ok().filter(Value::is_object).ok_or_else(|| {
            reader.attribute("provenance", "the file", "must be the text of a JSON object".to_owned())
        })?;

        let layers = reader.layers(&root, layers, features, dtype, cost)?;
        let scaling = reader.scaling(&kind, features)?;
        let n_out = layers.last().map_or(0, |layer| layer.n_out);
        let classes = reader.classes(cost, n_out)?;
        let columns = reader.columns(cost, features, n_out)?;
        let net = match dtype {
            Dtype::F32 => Net::F32(reader.chain(&layers)?),
            Dtype::F64 => Net::F64(reader.chain(&layers)?),
        };
        let model = Model { net, input, image_shape, scaling, classes, columns, provenance };
        reader.check_digest(&root, &model, &provenance_text)?;
        Ok(model)
    }
}

/// A layer whose datasets are checked, but whose values are not read yet.
struct CheckedLayer {
    name: String,
    w: Dataset,
    b: Dataset,
    n_out: usize,
    n_in: usize,
    activation: Activation,
}

impl ModelFile {
    fn dataset(&self, name: &str, problem: Problem) -> Error {
        problem.in_dataset(self.file.path(), name).into()
    }

    fn group(&self, name: &str) -> Result<Group, Error> {
        self.file.group(name).map_err(|problem| self.content(format!("group `{name}`"), problem.to_string()))
    }

    fn image_shape(&self, root: &Group, features: usize) -> Result<Option<[usize; 3]>, Error> {
        const NAME: &str = "image_shape";
        let found = attribute(root, NAME).map_err(|problem| self.attribute(NAME, "the file", problem.to_string()))?;
        if found.is_none() {
            return Ok(None);
        }
        let sides = self.integers(root, NAME, &[3])?;
        let wrong = |problem| Err(self.attribute(NAME, "the file", problem));
        if sides.iter().try_fold(1usize, |all, &side| all.checked_mul(side)) != Some(features) {
            return wrong(format!("{sides:?} is not {features} values, as `features` says"));
        }
        Ok(Some([sides[0], sides[1], sides[2]]))
    }

    /// Opens a dataset of elements `element`, and checks that the file stores all that its shape declares.
    fn checked(&mut self, name: &str, element: ElementType, dimensions: usize) -> Result<(Dataset, Vec<usize>), Error> {
        let found = self.check(name, element, dimensions);
        let (dataset, shape, bytes) = found.map_err(|problem| self.dataset(name, problem))?;
        self.left -= bytes;
        Ok((dataset, shape))
    }

    fn check(
        &self,
        name: &str,
        element: ElementType,
        dimensions: usize,
    ) -> Result<(Dataset, Vec<usize>, u64), Problem> {
        let dataset = self.file.dataset(name)?;
        let found = dataset.dtype()?;
        if ElementType::of(&found) != Some(element) {
            let allowed = if element == ElementType::F32 { "f32, as `dtype` says" } else { "f64" };
            return Err(Problem::Type { found: describe(&found), allowed });
        }
        let shape = dataset.space()?.shape();
        if shape.len() != dimensions || shape.contains(&0) {
            let allowed = if dimensions == 2 { "[n_out, n_in], each at least 1" } else { "[n], n at least 1" };
            return Err(Problem::Shape { found: shape, allowed });
        }
        let as_f64 = checked_bytes(&shape, 8).filter(|&bytes| bytes <= self.left);
        let Some(as_f64) = as_f64 else {
            let needed = checked_bytes(&shape, 8).map_or("more than 2^64".to_owned(), |bytes| bytes.to_string());
            return Err(Problem::TooLarge { shape, needed, limit: self.left });
        };
        let declared = checked_bytes(&shape, found.size() as u64).unwrap_or(u64::MAX);
        storage::check(&self.file, &dataset, declared, self.left)?;
        Ok((dataset, shape, as_f64))
    }

    fn layers(
        &mut self,
        root: &Group,
        count: usize,
        features: usize,
        dtype: Dtype,
        cost: Cost,
    ) -> Result<Vec<CheckedLayer>, Error> {
        let element = if dtype == Dtype::F32 { ElementType::F32 } else { ElementType::F64 };
        let (mut layers, mut n_in): (Vec<CheckedLayer>, usize) = (Vec::new(), features);
        for l in 1..=count {
            let name = format!("layer_{l}");
            let group = self.group(&name)?;
            let (w_name, b_name) = (format!("{name}/w"), format!("{name}/b"));
            let (w, shape) = self.checked(&w_name, element, 2)?;
            if shape[1] != n_in {
                let before = if l == 1 { "`features`".to_owned() } else { format!("`layer_{}`", l - 1) };
                let problem =
                    format!("its shape is {shape:?}; allowed: [n_out, {n_in}], for {before} gives {n_in} values");
                return Err(self.content(format!("dataset `{w_name}`"), problem));
            }
            let (b, length) = self.checked(&b_name, element, 1)?;
            if length[0] != shape[0] {
                let problem =
                    format!("its shape is {length:?}; allowed: [{}], one for each row of `{w_name}`", shape[0]);
                return Err(self.content(format!("dataset `{b_name}`"), problem));
            }
            let place = format!("`{name}`");
            let found = self.text(&group, &place, "activation")?;
            let activation = if l == count {
                let output = cost.output_activation();
                let output = (activation_name(output), output);
                self.named(&found, &[output]).map_err(|problem| format!("{problem}, the output of the file's `cost`"))
            } else {
                self.named(&found, &Activation::ALL)
            };
            let activation = activation.map_err(|problem| self.attribute("activation", &place, problem))?;
            layers.push(CheckedLayer { name, w, b, n_out: shape[0], n_in, activation });
            n_in = shape[0];
        }
        let further = format!("layer_{}", count + 1);
        if root.link_exists(&further) {
            return Err(self.attribute(
                "layers",
                "the file",
                format!("found {count}, but there is a group `{further}`"),
            ));
        }
        if cost == Cost::BinaryCrossEntropy && n_in != 1 {
            let problem = format!("it has {n_in} rows; allowed: 1, the output of binary-cross-entropy");
            return Err(self.content(format!("dataset `layer_{count}/w`"), problem));
        }
        Ok(layers)
    }

    fn scaling(&mut self, kind: &str, features: usize) -> Result<Scaling, Error> {
        match kind {
            "none" => Ok(Scaling::None),
            "divide-255" => Ok(Scaling::Divide255),
            "standardize" => {
                let (mean, std) =
                    (self.of_features("scaling/mean", features)?, self.of_features("scaling/std", features)?);
                if let Some((feature, value)) = std.iter().enumerate().find(|(_, value)| **value <= 0.0) {
                    let problem = format!("the value of feature {feature} is {value}; allowed: above 0");
                    return Err(self.content("dataset `scaling/std`".to_owned(), problem));
                }
                Ok(Scaling::Standardize { mean, std })
            }
            _ => {
                let problem = refused(kind.escape_debug(), "none, divide-255, standardize");
                Err(self.attribute("scaling", "the file", problem))
            }
        }
    }

    fn of_features(&mut self, name: &str, features: usize) -> Result<Vec<f64>, Error> {
        let (dataset, shape) = self.checked(name, ElementType::F64, 1)?;
        if shape[0] != features {
            let problem = format!("its shape is {shape:?}; allowed: [{features}], one a feature");
            return Err(self.content(format!("dataset `{name}`"), problem));
        }
        self.finite(name, &dataset, (1, features))
    }

    fn classes(&self, cost: Cost, n_out: usize) -> Result<Vec<String>, Error> {
        const NAME: &str = "classes";
        let names = class_names::read(&self.file, NAME)?;
        let wanted = match cost {
            Cost::BinaryCrossEntropy => 2,
            Cost::SoftmaxCrossEntropy => n_out,
            Cost::MeanSquaredError => 0,
        };
        if !names.is_empty() && names.len() != wanted {
            let problem = format!("names {} classes; the net tells {wanted} apart", names.len());
            return Err(self.content(format!("dataset `{NAME}`"), problem));
        }
        Ok(names)
    }

    fn columns(&self, cost: Cost, features: usize, n_out: usize) -> Result<ColumnNames, Error> {
        let read = |dataset, wanted| {
            let names = class_names::read(&self.file, dataset)?;
            if !names.is_empty() && names.len() != wanted {
                let problem = format!("has {} names; the net has {wanted}", names.len());
                return Err(self.content(format!("dataset `{dataset}`"), problem));
            }
            Ok(names)
        };
        let values = if cost == Cost::MeanSquaredError { n_out } else { 0 };
        Ok(ColumnNames { features: read(FEATURE_NAMES, features)?, targets: read(TARGET_NAMES, values)? })
    }

    fn chain<R: Real + H5Type + Default + Into<f64>>(&self, layers: &[CheckedLayer]) -> Result<Chain<R>, Error> {
        let layer = |CheckedLayer { name, w, b, n_out, n_in, activation }: &CheckedLayer| {
            let shape = (*n_out, *n_in);
            let w = self.finite(&format!("{name}/w"), w, shape)?;
            let b = Array1::from_vec(self.finite(&format!("{name}/b"), b, (1, *n_out))?);
            let w = Array2::from_shape_vec(shape, w).expect("as many as the shape says");
            Ok(Layer { w, b, activation: *activation })
        };
        Ok(Chain::new(layers.iter().map(layer).collect::<Result<_, Error>>()?))
    }

    fn finite<T: H5Type + Copy + Default + Into<f64>>(
        &self,
        name: &str,
        dataset: &Dataset,
        (rows, columns): (usize, usize),
    ) -> Result<Vec<T>, Error> {
        let values = elements::<T>(dataset, rows * columns).map_err(|problem| self.dataset(name, problem))?;
        match values.iter().position(|&value| !value.into().is_finite()) {
            None => Ok(values),
            Some(at) => {
                let value = values[at].into();
                Err(self.dataset(name, datasets::Problem::NotFinite { row: at / columns, column: at % columns, value }))
            }
        }
    }
}
