//! Random experiments over every key, plausible and absurd ones, drawn from a seed.

use std::collections::BTreeSet;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::values::{DEPTH, EPOCHS, HIDDEN, ITERATIONS, OF_A_TRIAL, OF_ALL, PARAMETERS, RATE, Values, WIDTH};

/// An experiment, with the keys that it sets, including those of `[sweep]` itself.
pub(crate) struct Generated {
    pub(crate) toml: String,
    pub(crate) overrides: Vec<String>,
    pub(crate) keys: BTreeSet<String>,
    /// The index of its data set.
    pub(crate) data: usize,
}

struct Draw {
    stream: ChaCha8Rng,
    keys: BTreeSet<String>,
    /// The share of values at the ends of the allowed range, or beyond.
    extremes: f64,
}

impl Draw {
    fn below(&mut self, count: usize) -> usize {
        (self.stream.next_u64() % count as u64) as usize
    }

    fn chance(&mut self, probability: f64) -> bool {
        ((self.stream.next_u64() >> 11) as f64) < probability * 2f64.powi(53)
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    fn value(&mut self, values: &Values) -> &'static str {
        let extreme = self.chance(self.extremes);
        self.one(if extreme { values.extreme } else { values.ordinary })
    }

    fn line(&mut self, values: &Values) -> (String, String) {
        self.keys.insert(values.key.to_owned());
        (values.key.to_owned(), self.value(values).to_owned())
    }

    /// Draws several values of a key, or a range of numbers.
    fn axis(&mut self, values: &Values, drawn: bool) -> String {
        let ends = [values.ordinary[0], values.ordinary[values.ordinary.len() - 1]];
        let numbers = ends.map(|end| end.parse::<f64>().ok());
        if let ([Some(a), Some(b)], true) = (numbers, self.chance(0.4)) {
            let scale = self.one(&["", ", scale = \"log\"", ", scale = \"linear\""]);
            let whole = self.one(&[1, 2, 3]);
            let count = if drawn && self.chance(0.8) { String::new() } else { format!(", count = {whole}") };
            return format!("{{ from = {}, to = {}{count}{scale} }}", a.min(b), a.max(b));
        }
        let count = 1 + self.below(3);
        let mut list: Vec<&str> = Vec::new();
        for _ in 0..count {
            let value = self.value(values);
            if !list.contains(&value) || self.chance(0.05) {
                list.push(value);
            }
        }
        format!("[{}]", list.join(", "))
    }

    fn condition(&mut self, values: &Values) -> String {
        match self.below(4) {
            0 => format!("{{ {} = {} }}", self.one(&["ge", "gt", "le", "lt"]), self.value(values)),
            1 => format!("[{}, {}]", self.value(values), self.value(values)),
            _ => self.value(values).to_owned(),
        }
    }
}

/// Draws the experiment of a seed.
pub(crate) fn generate(seed: u64) -> Generated {
    let mut draw = Draw { stream: ChaCha8Rng::seed_from_u64(seed), keys: BTreeSet::new(), extremes: 0.0 };
    // Half of the experiments have ordinary values for most keys, so that they are trained and not refused.
    draw.extremes = draw.one(&[0.0, 0.0, 0.02, 0.1]);
    let data = draw.below(5);
    let by_files = draw.chance(0.1);
    let source: &[&str] = if by_files { &["data.train", "data.test"] } else { &["data.set"] };
    let mut lines = vec![("name".to_owned(), "\"drawn\"".to_owned())];
    lines.extend(source.iter().map(|key| ((*key).to_owned(), "\"drawn\"".to_owned())));
    draw.keys.extend(["name"].iter().chain(source).map(|key| (*key).to_owned()));
    if draw.chance(0.1) {
        lines.push(("description".to_owned(), "\"of a seed\"".to_owned()));
        draw.keys.insert("description".to_owned());
    }
    let shape: &[&Values] = match draw.below(4) {
        0 => &[&DEPTH, &WIDTH],
        1 => &[&DEPTH, &PARAMETERS],
        _ => &[&HIDDEN],
    };
    let length = if draw.chance(0.3) { &EPOCHS } else { &ITERATIONS };
    for values in shape.iter().copied().chain([&RATE, length]) {
        if !draw.chance(0.005) {
            let line = draw.line(values);
            lines.push(line);
        }
    }
    let given = draw.one(&[0.05, 0.15, 0.4]);
    for values in OF_ALL {
        if draw.chance(given / 4.0) && (draw.chance(0.05) || has_a_meaning(values.key, &lines)) {
            let line = draw.line(values);
            lines.push(line);
        }
    }
    for values in OF_A_TRIAL {
        if draw.chance(given) && (draw.chance(0.05) || has_a_meaning(values.key, &lines)) {
            let line = draw.line(values);
            lines.push(line);
        }
    }
    let shape: Vec<&Values> = shape.iter().copied().chain([&RATE, length]).collect();
    let sweepable: Vec<&Values> = OF_A_TRIAL.iter().chain(shape).collect();
    let sweep = if draw.chance(0.6) { sweep(&mut draw, &sweepable, &mut lines) } else { String::new() };
    add_needed(&mut draw, &mut lines);
    let toml = lines.iter().map(|(key, value)| format!("{key} = {value}\n")).collect::<String>() + &sweep;
    let mut overrides = Vec::new();
    while draw.chance(0.05) {
        let of = draw.one(&sweepable);
        let value = draw.value(of);
        overrides.push(format!("{}={value}", of.key));
    }
    Generated { toml, overrides, keys: draw.keys, data }
}

/// Returns the line of another key with which a conditional key applies.
fn giver(key: &str) -> Option<(&'static str, &'static str)> {
    Some(match key {
        "model.init_factor" => ("model.init", "\"scaled-normal\""),
        "model.init_gain" => ("model.init", "\"orthogonal\""),
        "model.base_width" => ("model.init", "\"mup\""),
        "train.momentum" => ("train.optimizer", "\"nesterov\""),
        "train.alpha" => ("train.optimizer", "\"rmsprop\""),
        "train.betas" | "train.eps" => ("train.optimizer", "\"adam\""),
        "train.decoupled" | "train.decay_biases" => ("train.weight_decay", "0.1"),
        "train.step_size" | "train.gamma" => ("train.schedule", "\"step\""),
        "train.cosine_iterations" | "train.min_learning_rate" => ("train.schedule", "\"cosine\""),
        "train.rate_decay" => ("train.schedule", "\"inverse\""),
        "train.warmup_start" => ("train.warmup", "2"),
        "train.shuffle" | "train.batch_seed" => ("train.batch", "4"),
        "train.min_delta" | "train.restore_best" => ("train.patience", "2"),
        "data.validation_seed" => ("data.validation", "0.25"),
        "data.test_seed" => ("data.test_share", "0.25"),
        "data.train_sha256" | "data.test_sha256" | "data.test_share" => ("data.train", "\"drawn\""),
        _ => return None,
    })
}

/// Returns whether the condition of a key is met.
fn has_a_meaning(key: &str, lines: &[(String, String)]) -> bool {
    giver(key).is_none_or(|(of, as_)| lines.iter().any(|(key, value)| key == of && value == as_))
}

/// Adds the keys that the schedule requires.
fn add_needed(draw: &mut Draw, lines: &mut Vec<(String, String)>) {
    for (schedule, needed) in [("step", "train.step_size"), ("inverse", "train.rate_decay")] {
        let has = lines.iter().any(|(key, value)| key == "train.schedule" && value.trim_matches('"') == schedule);
        if has && !lines.iter().any(|(key, _)| key == needed) && !draw.chance(0.05) {
            let values = OF_A_TRIAL.iter().find(|values| values.key == needed).expect("it is in the table");
            let line = draw.line(values);
            lines.push(line);
        }
    }
}

/// Draws the section `[sweep]`, and adds the conditions of swept keys to `lines`.
fn sweep(draw: &mut Draw, sweepable: &[&'static Values], lines: &mut Vec<(String, String)>) -> String {
    let mut toml = "[sweep]\n".to_owned();
    let drawn = draw.chance(0.25);
    if drawn {
        toml += &format!("method = {}\nsamples = {}\n", draw.one(&["\"random\"", "\"sobol\""]), 1 + draw.below(5));
        draw.keys.extend(["sweep.method", "sweep.samples"].map(str::to_owned));
        if draw.chance(0.3) {
            toml += "sample_seed = 3\n";
            draw.keys.insert("sweep.sample_seed".to_owned());
        }
    }
    if draw.chance(0.15) {
        let metric = draw.one(&["cost", "test_cost", "train_accuracy", "test_accuracy", "validation_cost"]);
        let factor = draw.one(&["2", "3"]);
        let least = draw.one(&["1", "2", "4"]);
        toml += &format!("halving = {{ least = {least}, factor = {factor}, metric = \"{metric}\" }}\n");
        draw.keys.extend(["least", "factor", "metric"].map(|key| format!("sweep.halving.{key}")));
    }
    let mut axes: Vec<&Values> = Vec::new();
    for _ in 0..1 + draw.below(3) {
        let values = draw.one(sweepable);
        if !axes.iter().any(|axis| axis.key == values.key) {
            axes.push(values);
        }
    }
    for values in &axes {
        if let (Some((key, value)), true) = (giver(values.key), draw.chance(0.9)) {
            lines.retain(|(other, _)| other != key);
            lines.push((key.to_owned(), value.to_owned()));
            draw.keys.insert(key.to_owned());
        }
        let axis = draw.axis(values, drawn);
        toml += &format!("{} = {axis}\n", values.key);
        draw.keys.insert(values.key.to_owned());
    }
    if draw.chance(0.2) {
        toml += "[[sweep.zip]]\n";
        let rows = 1 + draw.below(3);
        for values in [draw.one(sweepable), draw.one(sweepable)] {
            let column: Vec<_> = (0..rows).map(|_| draw.value(values)).collect();
            toml += &format!("\"{}\" = [{}]\n", values.key, column.join(", "));
        }
        draw.keys.insert("sweep.zip".to_owned());
    }
    while draw.chance(0.1) {
        toml += "[[sweep.exclude]]\n";
        let values = if draw.chance(0.9) { draw.one(&axes) } else { draw.one(sweepable) };
        let condition = draw.condition(values);
        toml += &format!("{} = {condition}\n", values.key);
        draw.keys.insert("sweep.exclude".to_owned());
    }
    while draw.chance(0.1) {
        toml += "[[sweep.include]]\n";
        let values = draw.one(sweepable);
        let value = draw.value(values);
        toml += &format!("{} = {value}\n", values.key);
        draw.keys.insert("sweep.include".to_owned());
    }
    toml
}
