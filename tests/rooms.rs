//! The rooms of `runner`: each imports only from those before it. In no crate does a module import itself by way of others.
//! Nor is a line of a comment too long to read.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The rooms in their order, the lowest first.
const ORDER: [&str; 18] = [
    "text",
    "shell_words",
    "terminal",
    "table",
    "machine",
    "spec",
    "model",
    "plan",
    "run",
    "prediction",
    "record",
    "results",
    "progress",
    "bench",
    "cli",
    "cluster",
    "commands",
    "lib",
];

/// The sources of modules by their paths, such as `spec::trial::model`.
type Sources = BTreeMap<String, String>;

fn read(folder: &Path, module: &str, sources: &mut Sources) {
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let stem = entry.file_stem().unwrap().to_str().unwrap().to_owned();
        let inner = if module.is_empty() { stem.clone() } else { format!("{module}::{stem}") };
        match stem.as_str() {
            "tests" | "main" => {}
            _ if entry.is_dir() => read(&entry, &inner, sources),
            _ if entry.extension().is_none_or(|extension| extension != "rs") => {}
            stem => {
                let name = if stem == "mod" { module.to_owned() } else { inner };
                sources.insert(name, without_tests_and_comments(&fs::read_to_string(&entry).unwrap()));
            }
        }
    }
}

fn without_tests_and_comments(source: &str) -> String {
    let source = source.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let lines = source.lines().filter(|line| !line.trim_start().starts_with("//"));
    // In a module within the file, `super` is the file itself.
    lines.collect::<Vec<_>>().join("\n").replace("\n    use super::", "\n    use self::")
}

/// Lists the paths of a `use`: `a::{b, c::{d, e}}` is `a::b`, `a::c::d` and `a::c::e`.
fn expand(path: &str) -> Vec<String> {
    let Some((prefix, list)) = path.split_once('{') else { return vec![path.trim().to_owned()] };
    let (mut depth, mut items) = (0, vec![String::new()]);
    for c in list[..list.rfind('}').unwrap()].chars() {
        depth += i32::from(c == '{') - i32::from(c == '}');
        if c == ',' && depth == 0 { items.push(String::new()) } else { items.last_mut().unwrap().push(c) }
    }
    let items = items.iter().filter(|item| !item.trim().is_empty());
    items.flat_map(|item| expand(&format!("{}{}", prefix.trim(), item.trim()))).collect()
}

/// Lists the paths below `crate`, `super` or `self`, and those of children, that a module names.
fn named(module: &str, source: &str) -> Vec<String> {
    let mut paths = Vec::new();
    for (start, _) in source.match_indices("use ") {
        let before = source[..start].rsplit('\n').next().unwrap().trim();
        if before.is_empty() || (before.starts_with("pub") && !before.contains(' ')) {
            paths.extend(expand(source[start + 4..].split(';').next().unwrap()));
        }
    }
    let is_part = |c: char| c.is_alphanumeric() || "_:".contains(c);
    paths.extend(source.split(|c| !is_part(c)).filter(|word| word.contains("::")).map(str::to_owned));
    let parts: Vec<&str> = module.split("::").collect();
    let absolute = |path: String| -> String {
        let mut base: Vec<&str> = parts.clone();
        let mut rest: Vec<&str> = path.split("::").collect();
        match rest[0] {
            "crate" => return rest[1..].join("::"),
            "self" | "super" => {}
            _ => return [&base[..], &rest].concat().join("::"),
        }
        while let Some(step @ ("self" | "super")) = rest.first().copied() {
            if step == "super" {
                base.pop();
            }
            rest.remove(0);
        }
        [base, rest].concat().join("::")
    };
    paths.into_iter().map(absolute).collect()
}

/// Finds the modules that each module imports from.
fn arrows(sources: &Sources) -> BTreeMap<&str, BTreeSet<&str>> {
    let module_of = |path: &str| {
        let ends = path.match_indices("::").map(|(end, _)| end).chain([path.len()]);
        ends.filter_map(|end| sources.get_key_value(&path[..end])).last().map(|(module, _)| module.as_str())
    };
    let imports = |(module, source): (&'_ String, &String)| {
        named(module, source).iter().filter_map(|path| module_of(path)).filter(|to| to != module).collect()
    };
    sources.iter().map(|entry| (entry.0.as_str(), imports(entry))).collect()
}

/// Lists the imports from a later room.
fn upward(sources: &Sources) -> Vec<String> {
    let floor = |module: &str| {
        let room = module.split("::").next().unwrap();
        ORDER.iter().position(|known| *known == room).unwrap_or_else(|| panic!("{room} has no place in the order"))
    };
    let arrows = arrows(sources);
    let arrows = arrows.iter().flat_map(|(from, imports)| imports.iter().map(move |to| (*from, *to)));
    arrows.filter(|(from, to)| floor(from) < floor(to)).map(|(from, to)| format!("{from} imports from {to}")).collect()
}

/// Returns the modules on circles and between them: it removes, again and again, modules that import from none of the
/// rest, or that none of the rest imports from.
fn circles(sources: &Sources) -> BTreeSet<&str> {
    let arrows = arrows(sources);
    let mut left: BTreeSet<&str> = arrows.keys().copied().collect();
    loop {
        let is_bound = |module: &&str| {
            let imports = arrows[module].iter().any(|to| left.contains(to));
            imports && left.iter().any(|from| arrows[from].contains(module))
        };
        let bound: BTreeSet<&str> = left.iter().copied().filter(is_bound).collect();
        if bound.len() == left.len() {
            return left;
        }
        left = bound;
    }
}

fn of_crate(name: &str, least: usize) -> Sources {
    let mut sources = Sources::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name).join("src"), "", &mut sources);
    assert!(sources.len() > least, "{} modules in {name}", sources.len());
    sources
}

fn runner() -> Sources {
    of_crate("runner", 100)
}

#[test]
fn a_room_imports_from_the_rooms_before_it_alone() {
    assert_eq!(upward(&runner()), Vec::<String>::new());
}

#[test]
fn no_module_imports_from_itself_by_way_of_others() {
    let found = [("kernels", 30), ("net", 40), ("datasets", 30), ("runner", 100)].map(|(name, least)| {
        let sources = of_crate(name, least);
        circles(&sources).into_iter().map(|module| format!("{name}::{module}")).collect::<Vec<_>>()
    });
    assert_eq!(found.concat(), Vec::<String>::new());
}

/// Lists the lines of comments in `folder` that are longer than 140 characters.
fn long_comments(folder: &Path) -> Vec<String> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let long = paths.flat_map(|path| match path.extension() {
        _ if path.is_dir() && !path.ends_with("target") => long_comments(&path),
        Some(extension) if extension == "rs" => {
            let source = fs::read_to_string(&path).unwrap();
            let is_long = |line: &&str| line.trim_start().starts_with("//") && line.chars().count() > 140;
            source.lines().filter(is_long).map(|line| format!("{}: {line}", path.display())).collect()
        }
        _ => Vec::new(),
    });
    long.collect()
}

#[test]
fn no_line_of_a_comment_is_longer_than_140_characters() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let long = ["crates", "tests", "benches", "fuzz"].map(|folder| long_comments(&repository.join(folder)));
    assert_eq!(long.concat(), Vec::<String>::new());
}

#[test]
fn an_import_upward_and_a_circle_are_found() {
    let mut sources = runner();
    assert!(arrows(&sources)["commands::sweep::prepared"].contains("spec::rungs"));
    let text = sources.get_mut("spec::axis").unwrap();
    *text += "\nuse crate::{\n    text::plain,\n    record::{Record, error::{self, Error}},\n};";
    let found = upward(&sources);
    assert_eq!(found, ["spec::axis imports from record", "spec::axis imports from record::error"]);

    let mut sources = runner();
    *sources.get_mut("spec::kind").unwrap() += "\nuse super::trial::model::DEPTH;";
    let circle = circles(&sources);
    assert!(circle.contains("spec::kind") && circle.contains("spec::trial::model"), "{circle:?}");
    assert!(!circle.contains("text") && !circle.contains("commands"), "{circle:?}");

    let mut sources = runner();
    *sources.get_mut("text").unwrap() += "\nfn long(text: &str) -> crate::table::Table;";
    assert_eq!(upward(&sources), ["text imports from table"]);
}
