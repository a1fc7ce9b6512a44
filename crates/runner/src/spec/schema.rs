//! The JSON schema of an experiment, made of the tables of its keys: what an editor checks and completes while one is written.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};

use super::claim;
use super::experiment_keys;
use super::key::AnyKey;
use super::kind::{Kind, POINTS};
use super::role::{CLAIMS, Role};
use super::source::ALTERNATIVES;
use super::sweep_keys;
use super::trial::keys::keys;

/// The words of the schema's lists of tables.
const ZIP: &str = "Columns that advance together: one more axis.";
const EXCLUDE: &str = "Points for which all of this holds are left out.";
const INCLUDE: &str = "A single point more, for every seed.";
const CLAIM: &str = "Numbers that the results come to: the end of a sweep says whether they do.";

/// Makes the schema: draft-07, which Taplo and Even Better TOML read. It says what each key takes; what keys say together is checked by
/// the program alone.
pub fn schema() -> Json {
    let own = experiment_keys::KEYS.iter().copied();
    let values = own.chain(keys()).map(|key| (key.name(), reference("value", key)));
    let mut schema = table(values, Spelling::Nested);
    schema["definitions"] = definitions();
    schema["$schema"] = json!("http://json-schema.org/draft-07/schema#");
    schema["title"] = json!("An experiment of Layerchain");
    schema["required"] = json!(["name"]);
    schema["properties"]["sweep"] = sweep();
    schema["properties"][CLAIMS] = claims();
    for section in ["data", "model", "train"] {
        let (names, section) = (names_of(&schema, section), &mut schema["properties"][section]);
        let pairs: Vec<_> = alternatives().filter(|pair| pair.iter().all(|name| names.contains(*name))).collect();
        let both = |pair: &[&str; 2]| json!({ "required": pair.map(|name| name.split_once('.').map_or(name, |(_, name)| name)) });
        section["not"] = json!({ "anyOf": pairs.iter().map(both).collect::<Vec<_>>() });
    }
    let source = |name: &str| {
        let in_table = json!({ "required": ["data"], "properties": { "data": { "required": [name] } } });
        [in_table, json!({ "required": [format!("data.{name}")] })]
    };
    schema["anyOf"] = ["set", "train"].into_iter().flat_map(source).collect();
    schema["not"] = json!({ "anyOf": alternatives().map(|pair| json!({ "required": pair })).collect::<Vec<_>>() });
    schema["patternProperties"] = whole_names(&schema["properties"]);
    schema
}

/// Describes the keys of sections that are written as whole names in quotes, `"model.hidden" = [2]`. They are patterns, since an editor
/// offers names: those in the tables.
fn whole_names(properties: &Json) -> Json {
    let sections = properties.as_object().into_iter().flatten();
    let names = sections.filter_map(|(section, table)| Some((section, table["properties"].as_object()?)));
    let pattern = |(section, names): (&String, &Map<String, Json>)| {
        let of_name = |name: &String| {
            let whole = format!("{section}.{name}").replace('.', "\\.");
            (format!("^{whole}$"), json!({ "$ref": format!("#/properties/{section}/properties/{name}") }))
        };
        names.keys().map(of_name).collect::<Vec<_>>()
    };
    names.flat_map(pattern).collect::<Map<_, _>>().into()
}

/// Lists the definitions that the schema refers to: the forms of each key.
fn definitions() -> Json {
    let all = [experiment_keys::KEYS, sweep_keys::KEYS, claim::KEYS].into_iter().flatten().copied().chain(keys());
    let values = all.map(|key| (format!("value.{}", key.name()), value_of(key)));
    let axes = keys().map(|key| (format!("axis.{}", key.name()), axis_of(key)));
    let conditions = keys().map(|key| (format!("condition.{}", key.name()), condition_of(key)));
    values.chain(axes).chain(conditions).collect::<Map<_, _>>().into()
}

/// Refers to a form of a key.
fn reference(form: &str, key: &dyn AnyKey) -> Json {
    json!({ "$ref": format!("#/definitions/{form}.{}", key.name()) })
}

/// Lists the pairs of keys that say the same thing in two ways.
fn alternatives() -> impl Iterator<Item = [&'static str; 2]> {
    ALTERNATIVES.iter().flat_map(|(some, others)| some.iter().flat_map(|one| others.iter().map(|other| [*one, *other])))
}

/// Lists the whole names of the keys of a section.
fn names_of(schema: &Json, section: &str) -> BTreeSet<String> {
    let properties = schema["properties"][section]["properties"].as_object();
    properties.into_iter().flatten().map(|(name, _)| format!("{section}.{name}")).collect()
}

/// The ways to write a key with a section in a table.
#[derive(Clone, Copy, PartialEq)]
enum Spelling {
    /// In the table of its section.
    Nested,
    /// In the table of its section, or as one quoted name, as in `[sweep]`.
    Either,
}

/// Describes a table of these keys and no others.
fn table<'k>(keys: impl Iterator<Item = (&'k str, Json)>, spelling: Spelling) -> Json {
    let mut properties = Map::new();
    for (name, schema) in keys {
        let Some((section, bare)) = name.split_once('.') else {
            properties.insert(name.to_owned(), schema);
            continue;
        };
        if spelling == Spelling::Either {
            properties.insert(name.to_owned(), schema.clone());
        }
        let empty = || json!({ "type": "object", "properties": {}, "additionalProperties": false });
        properties.entry(section).or_insert_with(empty)["properties"][bare] = schema;
    }
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

/// Describes the section `[sweep]`: axes, its own keys, and its lists of tables.
fn sweep() -> Json {
    let own = sweep_keys::KEYS.iter().map(|key| (Role::of(key.name()).1, reference("value", *key)));
    let of_keys = |form| keys().map(move |key| (key.name(), reference(form, key)));
    let mut sweep = table(own.chain(of_keys("axis")), Spelling::Either);
    for (list, meaning, form) in
        [("zip", ZIP, "axis"), ("exclude", EXCLUDE, "condition"), ("include", INCLUDE, "value")]
    {
        let mut tables = table(of_keys(form), Spelling::Either);
        tables["minProperties"] = json!(1);
        sweep["properties"][list] = json!({ "type": "array", "description": meaning, "items": tables });
    }
    sweep["description"] = json!("The axes, in this order, the last varying fastest.");
    sweep
}

/// Describes the list of tables `[[claim]]`.
fn claims() -> Json {
    let in_list = |key: &&'static dyn AnyKey| {
        let name = key.name().split_once('.').map_or(key.name(), |(_, name)| name);
        (name, reference("value", *key))
    };
    let mut tables = table(claim::KEYS.iter().map(in_list), Spelling::Nested);
    tables["required"] = json!(["says", "value"]);
    tables["anyOf"] = json!([{ "required": ["at_least"] }, { "required": ["at_most"] }]);
    json!({ "type": "array", "description": CLAIM, "items": tables })
}

/// Describes the values of a key with what it means, its condition and its default.
fn value_of(key: &dyn AnyKey) -> Json {
    let mut schema = key.schema();
    schema["description"] = json!(described(key));
    if let Some(default) = key.default() {
        schema["default"] = default;
    }
    schema
}

fn described(key: &dyn AnyKey) -> String {
    let only_with = key.condition().map(|condition| format!(" Only with {}.", condition.with));
    format!("{}{}", key.meaning(), only_with.unwrap_or_default())
}

/// Describes the axis of a key: a list of its values or, for numbers, a range.
fn axis_of(key: &dyn AnyKey) -> Json {
    let list = json!({ "type": "array", "items": reference("value", key), "minItems": 1 });
    let Some(number) = number_of(&key.schema()) else {
        return with_meaning(list, key);
    };
    let range = json!({
        "type": "object",
        "properties": {
            "from": number, "to": number,
            "count": POINTS.schema(),
            "scale": { "enum": ["linear", "log"], "default": "linear" },
        },
        "required": ["from", "to"],
        "additionalProperties": false,
    });
    with_meaning(json!({ "anyOf": [list, range] }), key)
}

/// Describes a condition on a key: a value, a list of values or, for numbers, bounds.
fn condition_of(key: &dyn AnyKey) -> Json {
    let value = || reference("value", key);
    let mut forms = vec![value(), json!({ "type": "array", "items": value(), "minItems": 1 })];
    if number_of(&key.schema()).is_some() {
        let bound = json!({ "type": "number" });
        forms.push(json!({
            "type": "object",
            "properties": { "ge": bound, "gt": bound, "le": bound, "lt": bound },
            "minProperties": 1,
            "additionalProperties": false,
        }));
    }
    with_meaning(json!({ "anyOf": forms }), key)
}

fn with_meaning(mut schema: Json, key: &dyn AnyKey) -> Json {
    schema["description"] = json!(described(key));
    schema
}

/// Finds the numbers among the values that a schema describes; `None` if there are none.
fn number_of(schema: &Json) -> Option<Json> {
    let is_number = |schema: &&Json| ["integer", "number"].iter().any(|name| schema["type"] == *name);
    let forms = schema["anyOf"].as_array();
    [schema].into_iter().chain(forms.into_iter().flatten()).find(is_number).cloned()
}
