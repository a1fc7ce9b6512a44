//! From the results of a step to the stages that show it.

use ndarray::Array2;
use net::gradient_check::{TensorCheck, Verdict};
use net::{Cost, Stopping};

use super::equations::{Equation, Equations};
use super::laws::{TensorLaws, constants, moment_names};
use super::pass::{Moved, Pass, column};
use super::report::{Differences, Phase, Published, Quantity, Report, Stage};
use super::subject::Subject;
use crate::spec::names::{activation_name, name_of};
use crate::spec::trial::optimiser::optimizer_name;
use crate::spec::worked_example::example::{Expected, Tensor};
use datasets::text::count;

/// Makes the report of a step.
pub(super) fn report(subject: &Subject, pass: &Pass) -> Report {
    let layers = &subject.chain.layers;
    let update = subject.update.as_ref();
    let teller = Teller { subject, pass, equations: Equations(subject) };
    let stages = teller.stages();
    let quantities = stages.iter().flat_map(|stage| &stage.quantities);
    let compared = quantities.filter(|quantity| quantity.published.is_some()).count();
    let Expected { cost, tensors, .. } = &subject.expected;
    Report {
        name: subject.name.clone(),
        description: subject.description.clone(),
        step: subject.step,
        steps: update.map(|update| update.training.iterations),
        widths: layers
            .iter()
            .take(1)
            .map(|layer| layer.n_in())
            .chain(layers.iter().map(|layer| layer.n_out()))
            .collect(),
        activations: layers.iter().map(|layer| activation_name(layer.activation)).collect(),
        examples: subject.x.as_ref().map_or(0, Array2::ncols),
        optimizer: update.map(|update| optimizer_name(&update.training.optimiser)),
        learning_rate: update.map(|update| update.learning_rate),
        published_in: subject.expected.source.clone(),
        not_computed: tensors.len() + usize::from(cost.is_some()) - compared,
        stages,
    }
}

struct Teller<'s> {
    subject: &'s Subject,
    pass: &'s Pass,
    equations: Equations<'s>,
}

impl Teller<'_> {
    fn stages(&self) -> Vec<Stage> {
        let depth = self.subject.chain.layers.len();
        let forward = (1..=depth).map(|l| self.forward(l));
        let back = (1..=depth).rev().map(|l| self.back(l));
        let all = [self.inputs()].into_iter().chain(forward).chain([self.cost()]).chain(back).chain([self.update()]);
        all.filter(|stage| !stage.quantities.is_empty()).collect()
    }

    fn inputs(&self) -> Stage {
        let Subject { x, y, .. } = self.subject;
        let all = [("X", "x", x), ("Y", "y", y)];
        let input = |(symbol, path, values): (&str, &str, &Option<Array2<f64>>)| {
            values.as_ref().map(|values| quantity(symbol, path, values.clone()))
        };
        let m = x.as_ref().map_or(0, Array2::ncols);
        let mut notes = vec![format!("m = {}, one in each column; X = a[0]", count(m, "example"))];
        if let Some(batch) = &self.subject.batch {
            let shown: Vec<_> = batch.iter().take(20).map(ToString::to_string).collect();
            let more = if batch.len() > shown.len() { ", …" } else { "" };
            let (noun, whose) = if batch.len() == 1 { ("example", "its") } else { ("examples", "their") };
            let shown = shown.join(", ");
            notes.push(format!("a mini-batch, the training {noun} {shown}{more} (numbered from 0); J is {whose} cost"));
        }
        let stopping = self.subject.update.as_ref().map(|update| &update.training.stopping);
        if stopping.is_some_and(|stopping| *stopping != Stopping::default()) {
            notes.push(
                "conditions that end a training early (train.stop_cost, train.patience, …) are not asked here"
                    .to_owned(),
            );
        }
        Stage {
            phase: Phase::Input,
            layer: None,
            title: "Inputs".to_owned(),
            notes,
            quantities: all.into_iter().filter_map(input).collect(),
        }
    }

    fn forward(&self, l: usize) -> Stage {
        let (layer, results, equations) =
            (&self.subject.chain.layers[l - 1], &self.pass.layers[l - 1], &self.equations);
        let mut quantities = vec![
            quantity(&format!("W[{l}]"), &format!("layer_{l}/w"), layer.w.clone()),
            quantity(&format!("b[{l}]"), &format!("layer_{l}/b"), column(&layer.b)),
        ];
        quantities.extend(self.computed(l, Tensor::Z, results.z.as_ref(), equations.z(l)));
        quantities.extend(self.computed(l, Tensor::A, results.a.as_ref(), equations.a(l)));
        let mut notes = Vec::new();
        if let Some(dropout) = &results.dropout {
            let p = self.subject.dropout(l - 1);
            notes.push(format!("dropout: p = {p}; the mask of this step has a 1 where a unit is kept"));
            quantities.push(quantity(&format!("mask[{l}]"), &format!("layer_{l}/mask"), dropout.mask.clone()));
            let dropped = quantity(&format!("ã[{l}]"), &format!("layer_{l}/dropped"), dropout.a.clone());
            quantities.push(dropped.by(equations.masked("a", l)));
        }
        let name = activation_name(layer.activation);
        Stage { phase: Phase::Forward, layer: Some(l), title: format!("Layer {l}, forward: {name}"), notes, quantities }
    }

    fn cost(&self) -> Stage {
        let j = self.pass.cost.map(|cost| {
            let values = scalar(cost);
            let published = self.subject.expected.cost.map(|cost| Published::beside(&scalar(cost), &values));
            Quantity { published, ..quantity("J", "cost", values).by(self.equations.cost()) }
        });
        let has_log = j.is_some() && self.subject.chain.cost() != Cost::MeanSquaredError;
        Stage {
            phase: Phase::Cost,
            layer: None,
            title: "Cost".to_owned(),
            notes: has_log
                .then(|| "computed from z[L], so that log never sees a rounded 0".to_owned())
                .into_iter()
                .collect(),
            quantities: j.into_iter().collect(),
        }
    }

    fn back(&self, l: usize) -> Stage {
        let (depth, equations) = (self.subject.chain.layers.len(), &self.equations);
        let results = &self.pass.layers[l - 1];
        let mut notes = Vec::new();
        let mut quantities = Vec::new();
        let from_cost = l == depth && !self.pass.is_textbook_start;
        if l == depth {
            quantities.extend(self.computed(l, Tensor::Da, results.da.as_ref(), equations.da_output()));
            if from_cost && results.da.is_some() {
                notes
                    .push(format!("dz[{l}] is computed as a[{l}] - Y, which da[{l}] · sigmoid'(z[{l}]) simplifies to"));
            }
        }
        let is_given = self.subject.given(l - 1, Tensor::Dz).is_some();
        let dz =
            if from_cost && !is_given && self.subject.y.is_some() { equations.dz_output() } else { equations.dz(l) };
        quantities.extend(self.computed(l, Tensor::Dz, results.dz.as_ref(), dz));
        quantities.extend(self.gradient(l, Tensor::Dw, results.dw.as_ref(), equations.dw(l)));
        quantities.extend(self.gradient(l, Tensor::Db, results.db.as_ref(), Equations::db(l)));
        let below = (l > 1).then(|| &self.pass.layers[l - 2]);
        let da = below.map_or(self.pass.da_0.as_ref(), |below| below.da.as_ref()).filter(|_| results.dw.is_some());
        let mut equation = Equations::da(l - 1);
        if let Some(came_back) = below.and_then(|below| below.dropout.as_ref()?.da.as_ref()) {
            let symbol = (format!("dã[{}]", l - 1), format!("layer_{}/da_dropped", l - 1));
            quantities.push(quantity(&symbol.0, &symbol.1, came_back.clone()).by(equation));
            equation = equations.masked("dã", l - 1);
        }
        quantities.extend(self.computed(l - 1, Tensor::Da, da, equation));
        if l == 1 && self.pass.da_0.is_some() {
            notes.push(
                "da[0] is the gradient of X: training does not need it, and computes it only here, to be seen"
                    .to_owned(),
            );
        }
        Stage { phase: Phase::Backward, layer: Some(l), title: format!("Layer {l}, back"), notes, quantities }
    }

    fn update(&self) -> Stage {
        let mut stage = Stage {
            phase: Phase::Update,
            layer: None,
            title: "Update".to_owned(),
            notes: Vec::new(),
            quantities: Vec::new(),
        };
        let Some(update) = &self.subject.update else { return stage };
        stage.title = format!("Update: {}", optimizer_name(&update.training.optimiser));
        let Pass { layers, norm, .. } = self.pass;
        stage.notes = constants(update, self.subject.step, *norm);
        let clip_factor = update.training.optimiser.clip_factor(|| *norm);
        for (l, results) in (1..).zip(layers) {
            let Some([w, b]) = &results.moved else { return stage };
            for (tensor, moved, gradient) in [("W", w, &results.dw), ("b", b, &results.db)] {
                let laws = TensorLaws { update, step: self.subject.step, tensor, l, clip_factor };
                stage.quantities.extend(self.moved(&laws, moved, gradient.as_ref()));
            }
        }
        let masks = if layers.iter().any(|layer| layer.dropout.is_some()) { " and masks" } else { "" };
        stage.quantities.extend(self.pass.cost_after.map(|cost| Quantity {
            equation: Some(format!("J of the same examples{masks} with the new W and b")),
            ..quantity("J new", "new_cost", scalar(cost))
        }));
        stage
    }

    /// Returns what an update makes of a tensor: g and the moments, if there are any, and the tensor after the step.
    fn moved(&self, laws: &TensorLaws, moved: &Moved, gradient: Option<&Array2<f64>>) -> Vec<Quantity> {
        let (l, is_w) = (laws.l, laws.tensor == "W");
        let layer = &self.subject.chain.layers[l - 1];
        let path = |name: &str| format!("layer_{l}/{name}_{}", if is_w { "w" } else { "b" });
        let mut quantities = Vec::new();
        if let (Some(equation), Some(gradient)) = (laws.gradient(), gradient) {
            let own = if is_w { layer.w.clone() } else { column(&layer.b) };
            let g = gradient * laws.clip_factor + own * laws.l2();
            quantities.push(quantity(&laws.symbol("g"), &path("g"), g).by(equation));
        }
        let names = moment_names(laws.update.training.optimiser.algorithm);
        for (place, (name, equation)) in names.iter().zip(laws.moments()).enumerate() {
            if laws.step > 1 {
                let symbol = format!("{} before", laws.symbol(name));
                quantities.push(quantity(&symbol, &(path(name) + "_before"), moved.before[place].clone()));
            }
            quantities.push(quantity(&laws.symbol(name), &path(name), moved.after[place].clone()).by(equation));
        }
        let tensor = if is_w { Tensor::NewW } else { Tensor::NewB };
        quantities.extend(self.computed(l, tensor, Some(&moved.new), laws.new_value()));
        quantities
    }

    /// Returns a computed or given tensor of layer `l`; 0 for `da[0]`.
    fn computed(&self, l: usize, tensor: Tensor, values: Option<&Array2<f64>>, equation: Equation) -> Option<Quantity> {
        let values = values?.clone();
        let name = name_of(&Tensor::ALL, tensor);
        let symbol = match tensor {
            Tensor::Dw => format!("dW[{l}]"),
            Tensor::NewW => format!("W[{l}] new"),
            Tensor::NewB => format!("b[{l}] new"),
            _ => format!("{name}[{l}]"),
        };
        let path = if l == 0 { format!("{name}_0") } else { format!("layer_{l}/{name}") };
        let given = l.checked_sub(1).is_some_and(|index| self.subject.given(index, tensor).is_some());
        let published = self.subject.expected.get(l, tensor).map(|expected| Published::beside(expected, &values));
        let quantity = quantity(&symbol, &path, values);
        let quantity = if given { quantity } else { quantity.by(equation) };
        Some(Quantity { given, published, ..quantity })
    }

    /// Returns dW or db with its finite differences.
    fn gradient(&self, l: usize, tensor: Tensor, values: Option<&Array2<f64>>, equation: Equation) -> Option<Quantity> {
        let quantity = self.computed(l, tensor, values, equation)?;
        let name = format!("{}{l}", if tensor == Tensor::Dw { "w" } else { "b" });
        let check = self.pass.differences.iter().find(|check| check.name == name);
        Some(Quantity { differences: check.map(|check| differences(check, quantity.values.dim())), ..quantity })
    }
}

/// Makes a quantity that has nothing but its values yet.
fn quantity(symbol: &str, path: &str, values: Array2<f64>) -> Quantity {
    let (rows, columns) = values.dim();
    Quantity {
        symbol: symbol.to_owned(),
        path: path.to_owned(),
        equation: None,
        of_element: None,
        given: false,
        shape: [rows, columns],
        values,
        differences: None,
        published: None,
    }
}

impl Quantity {
    /// Adds the equation that it is computed by.
    fn by(self, Equation { text, of_element }: Equation) -> Self {
        Quantity { equation: Some(text), of_element, ..self }
    }
}

fn differences(check: &TensorCheck, dim: (usize, usize)) -> Differences {
    let is_whole = check.compared + check.at_kink == check.elements;
    let values = is_whole.then(|| {
        let mut values = Array2::from_elem(dim, f64::NAN);
        check.numeric.iter().for_each(|&(place, value)| values[[place / dim.1, place % dim.1]] = value);
        values
    });
    Differences {
        values,
        compared: check.compared,
        at_kink: check.at_kink,
        elements: check.elements,
        relative_error: check.relative_error,
        agrees: match check.verdict {
            Verdict::Right => Some(true),
            Verdict::Wrong => Some(false),
            Verdict::Unknown(_) => None,
        },
        unknown: match check.verdict {
            Verdict::Unknown(why) => Some(why),
            _ => None,
        },
    }
}

fn scalar(value: f64) -> Array2<f64> {
    Array2::from_elem((1, 1), value)
}
