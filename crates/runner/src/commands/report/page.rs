//! The page of a report: one HTML file that holds all it needs and may not ask the network for anything.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use minijinja::value::{Serde, Value};
use minijinja::{Environment, UndefinedBehavior, context};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::proof::Line;

/// The beginning of each report, by which an earlier one is recognised.
pub(super) const BEGINNING: &str = "<!DOCTYPE html>\n<html lang=\"en\" data-layerchain=\"report\">";

const TEMPLATE: &str = include_str!("page/page.html");
const STYLE: &str = include_str!("page/style.css");
const LIBRARY: &str = include_str!("../../../assets/echarts/echarts.min.js");
/// The page's own scripts, in the order in which they need each other.
const SCRIPTS: [&str; 8] = [
    include_str!("page/data.js"),
    include_str!("page/filter.js"),
    include_str!("page/table.js"),
    include_str!("page/chart.js"),
    include_str!("page/curves.js"),
    include_str!("page/slices.js"),
    include_str!("page/parallel.js"),
    include_str!("page/main.js"),
];

/// The words of the page.
#[derive(Serialize)]
pub(super) struct Words {
    pub(super) name: String,
    pub(super) description: String,
    /// The number of trials by their state.
    pub(super) tally: String,
    pub(super) answer: String,
    pub(super) notes: Vec<String>,
    /// The claims of the experiment, and whether they hold.
    pub(super) claims: Vec<Line>,
    /// The data in words.
    pub(super) data: String,
    pub(super) axes: Vec<AxisInWords>,
    /// Keys that are not swept, and their values.
    pub(super) base: Vec<(String, String)>,
    /// The score that the keys explain, in words.
    pub(super) objective: String,
    pub(super) importance: Vec<Share>,
    pub(super) proof: Vec<Line>,
    pub(super) machines: Vec<MachineInWords>,
    /// The experiment as resolved.
    pub(super) toml: String,
    pub(super) left_out: Vec<String>,
    /// The results directory as it was given.
    pub(super) folder: String,
    pub(super) version: &'static str,
}

/// A swept key in the table of what was asked.
#[derive(Serialize)]
pub(super) struct AxisInWords {
    pub(super) key: String,
    pub(super) count: usize,
    pub(super) listed: String,
    pub(super) scale: String,
}

/// A key and how much it explains.
#[derive(Serialize)]
pub(super) struct Share {
    pub(super) key: String,
    /// In percent; `None` if nothing can be said.
    pub(super) percent: Option<f64>,
    pub(super) groups: String,
}

/// A machine that trials were trained on.
#[derive(Serialize)]
pub(super) struct MachineInWords {
    pub(super) summary: String,
    pub(super) toml: String,
}

/// Puts the page together. `data` is what the scripts read.
pub(super) fn render(words: &Words, data: &impl Serialize) -> String {
    let scripts = format!("(() => {{\n\"use strict\";\n{}}})();\n", SCRIPTS.join("\n"));
    let policy = format!(
        "default-src 'none'; script-src {} {}; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'",
        source(LIBRARY),
        source(&scripts)
    );
    let json = serde_json::to_string(data).expect("numbers and texts make valid JSON");
    let as_it_is = |text: &str| Value::from_safe_string(text.to_owned());
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.add_template("page.html", TEMPLATE).expect("the template of this program is one");
    let page = environment.get_template("page.html").and_then(|template| {
        template.render(context! {
            style => as_it_is(STYLE),
            library => as_it_is(LIBRARY),
            scripts => as_it_is(&scripts),
            data => as_it_is(&inside_script(&json)),
            policy => policy,
            words => Serde(words),
        })
    });
    page.expect("the template names the words that are there")
}

/// Returns the source of a script in a content security policy: the hash of its text.
fn source(script: &str) -> String {
    format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(script)))
}

/// Writes JSON so that no HTML parser finds a tag, a comment or a reference in it, and so that it stays the same JSON.
fn inside_script(json: &str) -> String {
    json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const HOSTILE: &str = "</script><img src=x onerror=alert(1)><!--<script>&quot;\"'\u{2028}";

    fn page() -> String {
        let text = || HOSTILE.to_owned();
        let axis = AxisInWords { key: text(), count: 2, listed: text(), scale: text() };
        let words = Words {
            name: text(),
            description: text(),
            tally: text(),
            answer: text(),
            notes: vec![text()],
            claims: vec![Line::new(Some(false), HOSTILE, text(), String::new())],
            data: text(),
            axes: vec![axis],
            base: vec![(text(), text())],
            objective: text(),
            importance: vec![Share { key: text(), percent: Some(50.0), groups: text() }],
            proof: vec![],
            machines: vec![MachineInWords { summary: text(), toml: text() }],
            toml: text(),
            left_out: vec![text()],
            folder: text(),
            version: "0",
        };
        render(&words, &json!({ "values": [HOSTILE] }))
    }

    #[test]
    fn texts_of_others_never_become_tags_of_the_page() {
        let page = page();
        assert!(!page.replace(LIBRARY, "").contains("<img"), "a tag of a text");
        assert_eq!(page.matches("</script>").count(), 3, "the ends of the data, the library and the scripts");
        assert!(page.matches("&lt;img src=x onerror=alert(1)&gt;").count() >= 17, "each text is on the page");
        let data = page.split("id=\"data\">").nth(1).unwrap().split("</script>").next().unwrap();
        assert!(!data.contains(['<', '>', '&']), "{data}");
        let data: serde_json::Value = serde_json::from_str(data).unwrap();
        assert_eq!(data, json!({ "values": [HOSTILE] }));
    }

    #[test]
    fn the_policy_names_both_scripts_by_their_hashes_and_nothing_of_the_network() {
        let page = page();
        let policy = page.split("Content-Security-Policy\" content=\"").nth(1).unwrap().split('"').next().unwrap();
        let policy = policy.replace("&#x27;", "'").replace("&#x2f;", "/");
        assert!(policy.starts_with("default-src 'none'; script-src 'sha256-") && !policy.contains("http"), "{policy}");
        let scripts = page.split("<script>").skip(1).map(|script| script.split("</script>").next().unwrap());
        let named: Vec<_> = scripts.map(source).filter(|source| policy.contains(source.as_str())).collect();
        assert_eq!(named.len(), 2, "{policy}");
        assert!(page.starts_with(BEGINNING));
    }

    #[test]
    fn the_library_is_the_published_file() {
        let readme = include_str!("../../../assets/echarts/README.md");
        let digest = datasets::files::hexadecimal(&Sha256::digest(LIBRARY));
        assert!(readme.contains(&digest), "assets/echarts/README.md does not name {digest}");
        assert!(!LIBRARY.contains("</script") && !LIBRARY.contains('\r'));
    }
}
