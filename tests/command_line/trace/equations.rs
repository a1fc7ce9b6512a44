//! The equations of a trace with their numbers put in: each has the shown number as its result.

use std::iter::Peekable;
use std::str::Chars;

use serde_json::Value;

use super::{EVERYTHING, Matrix, exercise, json, matrix, quantities};
use crate::support::Bench;

/// Works out a text such as `0.9·0.5 + (1 − 0.9)·(−2)² / √3`.
struct Calculator<'t>(Peekable<Chars<'t>>);

impl Calculator<'_> {
    fn result_of(text: &str) -> f64 {
        let text: String = text.chars().filter(|character| *character != ' ').collect();
        let mut calculator = Calculator(text.chars().peekable());
        let result = calculator.sum();
        assert_eq!(calculator.0.next(), None, "{text}");
        result
    }

    fn takes(&mut self, character: char) -> bool {
        self.0.next_if_eq(&character).is_some()
    }

    fn sum(&mut self) -> f64 {
        let mut sum = if self.takes('−') { -self.product() } else { self.product() };
        loop {
            if self.takes('+') {
                sum += self.product();
            } else if self.takes('−') {
                sum -= self.product();
            } else {
                return sum;
            }
        }
    }

    fn product(&mut self) -> f64 {
        let mut product = self.power();
        loop {
            if self.takes('·') {
                product *= self.power();
            } else if self.takes('/') {
                product /= self.power();
            } else {
                return product;
            }
        }
    }

    fn power(&mut self) -> f64 {
        let base = self.value();
        if self.takes('²') {
            base * base
        } else if self.takes('^') {
            base.powf(self.value())
        } else {
            base
        }
    }

    fn value(&mut self) -> f64 {
        if self.takes('√') {
            return self.value().sqrt();
        }
        if self.takes('(') {
            let inner = self.sum();
            assert!(self.takes(')'));
            return inner;
        }
        let mut word = String::new();
        while let Some(character) = self.0.next_if(|character| {
            (character.is_alphanumeric() && *character != '²')
                || ".′".contains(*character)
                || (*character == '-' && word.ends_with('e'))
        }) {
            word.push(character);
        }
        assert!(!word.is_empty(), "no value before {:?}", self.0.clone().collect::<String>());
        if let Ok(number) = word.parse() {
            return number;
        }
        let z = self.value();
        let sigmoid = 1.0 / (1.0 + (-z).exp());
        match word.as_str() {
            "relu" => z.max(0.0),
            "relu′" => f64::from(z > 0.0),
            "tanh" => z.tanh(),
            "tanh′" => 1.0 - z.tanh().powi(2),
            "sigmoid" => sigmoid,
            "sigmoid′" => sigmoid * (1.0 - sigmoid),
            other => panic!("no function {other}"),
        }
    }
}

/// Puts the numbers of row i and column j into an equation.
fn with_numbers(report: &Value, equation: &str, i: usize, j: usize) -> String {
    let mut text = String::new();
    for (place, part) in equation.split(['⟨', '⟩']).enumerate() {
        match place % 2 {
            0 => text += part,
            _ => {
                let number = matrix(report, part)[i][j];
                text += &if number.is_sign_negative() { format!("(−{})", -number) } else { number.to_string() };
            }
        }
    }
    text
}

/// Works out all that is said of single elements, and counts the quantities of which it is.
fn holds(bench: &Bench, file: &str, arguments: &[&str]) -> usize {
    let report = json(bench, file, arguments);
    let mut count = 0;
    for quantity in quantities(&report) {
        let Some(equation) = quantity["of_element"].as_str() else { continue };
        let values: Matrix = serde_json::from_value(quantity["values"].clone()).unwrap();
        for (i, row) in values.iter().enumerate() {
            for (j, found) in row.iter().take(5).enumerate() {
                let said = with_numbers(&report, equation, i, j);
                let result = Calculator::result_of(&said);
                let symbol = &quantity["symbol"];
                assert!(
                    (found - result).abs() <= 1e-9 * (1.0 + result.abs()),
                    "{arguments:?} {symbol}: {found} = {said}"
                );
            }
        }
        count += 1;
    }
    count
}

#[test]
fn what_is_said_of_each_element_is_what_was_computed() {
    let bench = Bench::new();
    bench.write("everything.toml", EVERYTHING);
    let lecture = exercise("lecture");
    let lecture = lecture.to_str().unwrap();
    // a, dz of each layer, da[L]; W and b after the step.
    assert_eq!(holds(&bench, lecture, &[]), 3 + 3 + 1 + 6);
    for step in ["1", "4"] {
        for (optimiser, of_tensor) in
            [("gd", 1), ("momentum", 2), ("nesterov", 2), ("rmsprop", 2), ("adam", 3), ("adamw", 3)]
        {
            for (more, clipped_or_decayed) in [
                (&[][..], 0),
                (&["train.weight_decay=0.1", "train.decoupled=true"], 0),
                (&["train.clip_norm=0.01", "train.schedule=cosine"], 1),
            ] {
                let optimiser = format!("train.optimizer={optimiser}");
                let arguments = [&["--step", step, &optimiser], more].concat();
                let arguments = if step == "1" { &arguments[2..] } else { &arguments };
                let step = ["train.iterations=9", "train.learning_rate=0.02"];
                assert_eq!(
                    holds(&bench, lecture, &[arguments, &step].concat()),
                    7 + 6 * (of_tensor + clipped_or_decayed),
                    "{arguments:?}"
                );
            }
        }
        // With dropout (ã and da), mini-batches, L2 decay and clipping (g).
        assert_eq!(holds(&bench, "everything.toml", &["--step", step]), 3 + 3 + 1 + 2 * 2 + 6 * 4);
        // The same, at the rates of muP.
        for (mup, of_tensor) in [
            (&["train.optimizer=gd"][..], 1 + 1),
            (&["train.optimizer=adamw"], 3 + 1),
            (&["train.optimizer=momentum", "train.decay_biases=false"], 2 + 1),
        ] {
            let net = ["--step", step, "model.hidden=[8, 4]", "model.init=mup", "model.base_width=2"];
            assert_eq!(
                holds(&bench, "everything.toml", &[&net[..], mup].concat()),
                3 + 3 + 1 + 2 * 2 + 6 * of_tensor,
                "{mup:?}"
            );
        }
    }
}
