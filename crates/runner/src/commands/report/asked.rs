//! The settings that all trials of an experiment share.

use toml::{Table, Value};

use crate::terminal::visible;

/// Lists the dotted keys of a resolved experiment that are not swept, with their values, in its order.
pub(super) fn base(toml: &str) -> Vec<(String, String)> {
    let mut base = Vec::new();
    if let Ok(table) = toml.parse() {
        flatten("", &table, &mut base);
    }
    base.retain(|(key, _)| !["name", "description"].contains(&key.as_str()));
    base
}

fn flatten(prefix: &str, table: &Table, base: &mut Vec<(String, String)>) {
    for (key, value) in table {
        match value {
            Value::Table(_) if prefix.is_empty() && key == "sweep" => {}
            Value::Table(inner) => flatten(&format!("{prefix}{key}."), inner, base),
            value => base.push((visible(&format!("{prefix}{key}")).into_owned(), shown(value))),
        }
    }
}

/// Writes a value as TOML does, a text without its quotes.
fn shown(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    visible(&text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::base;

    #[test]
    fn what_is_not_swept_is_listed_by_dotted_keys_in_the_order_of_the_experiment() {
        let toml = "name = 'n'\nseed = 1\n[data]\nset = 'drawn'\n[model]\nhidden = [3, 2]\n[sweep]\ntrain.learning_rate = [0.1]\n\
                    [run]\nengine = 'auto'\n";
        let of = |(key, value): (&str, &str)| (key.to_owned(), value.to_owned());
        let expected = [("seed", "1"), ("data.set", "drawn"), ("model.hidden", "[3, 2]"), ("run.engine", "auto")];
        assert_eq!(base(toml), expected.map(of));
    }
}
