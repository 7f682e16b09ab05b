//! The layers of `metrics-runtime`: nothing imports upwards, and only `actix/` imports actix-web.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// Bottom up. Modules of one layer do not import each other, but for the first layer, which has no circle.
const LAYERS: [&[&str]; 6] = [
    &[
        "config",
        "error",
        "error_type",
        "hook",
        "label",
        "label_value",
        "method",
        "number",
        "site",
        "slo",
        "template",
        "trace_id",
    ],
    &["engine"],
    &["metric"],
    &["http", "task", "expose"],
    &["instance"],
    &["actix", "push", "textfile"],
];

/// What generated code and users name; both are above everything.
const FACADES: [&str; 2] = ["lib", "private"];

#[test]
fn nothing_imports_upwards() {
    let files = sources();
    let mut faults = Vec::new();
    for (file, text) in &files {
        let module = module(file);
        if FACADES.contains(&module.as_str()) {
            continue;
        }
        let own = layer(&module).unwrap_or_else(|| panic!("`{module}` is in no layer"));
        for imported in imports(text) {
            let allowed = imported == module
                || match layer(&imported) {
                    Some(other) => other < own || (own == 0 && other == 0),
                    // An item of the crate root is one of users' names, which may come from anywhere.
                    None => false,
                };
            if !allowed {
                faults.push(format!("{}: crate::{imported}", file.display()));
            }
        }
    }
    assert!(faults.is_empty(), "imports upwards:\n{}", faults.join("\n"));
}

#[test]
fn the_first_layer_has_no_circle() {
    let mut imported: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (file, text) in sources() {
        let module = module(&file);
        if layer(&module) == Some(0) {
            imported.entry(module).or_default().extend(imports(&text));
        }
    }
    while let Some(free) = imported
        .iter()
        .find(|(module, others)| {
            others
                .iter()
                .all(|other| other == *module || !imported.contains_key(other))
        })
        .map(|(module, _)| module.clone())
    {
        imported.remove(&free);
    }
    assert!(imported.is_empty(), "a circle among {:?}", imported.keys());
}

#[test]
fn only_one_folder_imports_actix_web() {
    for (file, text) in sources() {
        let module = module(&file);
        if module != "actix" && module != "lib" {
            assert!(!code(&text).contains("actix_web"), "{}", file.display());
        }
    }
}

#[test]
fn files_are_short_enough_to_read() {
    for (file, text) in sources() {
        let lines = without_tests(&text).lines().count();
        assert!(lines <= 400, "{}: {lines} lines", file.display());
    }
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}

/// The first part of a path below `src`.
fn module(file: &Path) -> String {
    let first = file.iter().next().expect("a path has parts");
    let name = first.to_str().expect("our names are text");
    name.trim_end_matches(".rs").to_owned()
}

/// Every first segment after `crate::`, from braces too.
fn imports(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    // A macro for users names what users can name.
    let code = code(text).replace("$crate::", "");
    for after in code.split("crate::").skip(1) {
        match after.strip_prefix('{') {
            Some(list) => {
                let mut depth = 0;
                let mut word = String::new();
                for c in list.chars() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => found.push(std::mem::take(&mut word)),
                        c if depth == 0 => word.push(c),
                        _ => {}
                    }
                }
                found.push(word);
            }
            None => found.push(after.to_owned()),
        }
    }
    found
        .iter()
        .map(|path| {
            let path = path.trim();
            let end = path.find(|c: char| !c.is_alphanumeric() && c != '_');
            path[..end.unwrap_or(path.len())].to_owned()
        })
        .filter(|name| !name.is_empty())
        .collect()
}

/// Without tests and comments.
fn code(text: &str) -> String {
    without_tests(text)
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// A file's unit tests may import what they like.
fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or(text)
}

/// Every file below `src` with its path from there, but for files of tests.
fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../metrics-runtime/src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("the folder can be read") {
            let path = entry.expect("its entries can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs")
                && !path.to_string_lossy().ends_with("tests.rs")
            {
                let text = fs::read_to_string(&path).expect("a source is text");
                let below = path.strip_prefix(&root).expect("it was found there");
                found.push((below.to_owned(), text));
            }
        }
    }
    assert!(found.len() > 20, "{} files", found.len());
    found
}
