//! What the compiler says: cases in `ui/fail` give the errors beside them. Those in `ui/pass` are a test of their own.
//!
//! The first line of a failing case is its rule, with the guilty tokens in backticks: one error each, on that token.
//! After a change of messages, `TRYBUILD=overwrite cargo test --test ui` writes them anew.

use std::{
    fs,
    path::{Path, PathBuf},
};

#[test]
fn fail() {
    trybuild::TestCases::new().compile_fail("ui/fail/**/*.rs");
}

#[test]
fn every_error_is_on_its_token() {
    let cases = files(Path::new("ui/fail"), "rs");
    assert!(cases.len() >= 50, "{} cases", cases.len());
    let complaints: Vec<String> = cases.iter().filter_map(|case| complaint(case)).collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn the_documentation_shows_the_errors_as_they_are() {
    let documentation = include_str!("../docs/diagnostics.md");
    let shown: Vec<&str> = documentation.split("<!-- ui/").skip(1).collect();
    assert!(shown.len() >= 10, "{} errors", shown.len());
    for part in shown {
        let (file, rest) = part.split_once(" -->").expect("a comment ends");
        let block = rest.split("```").nth(1).expect("a block follows");
        let stderr = fs::read_to_string(Path::new("ui").join(file)).expect("the case exists");
        assert_eq!(
            block.trim_start_matches("text").trim(),
            stderr.trim(),
            "{file}"
        );
    }
}

/// What is wrong with a case and its errors, if anything.
fn complaint(case: &Path) -> Option<String> {
    let source = fs::read_to_string(case).expect("a listed file can be read");
    let Ok(stderr) = fs::read_to_string(case.with_extension("stderr")) else {
        return Some(format!("{}: no .stderr", case.display()));
    };
    let rule = source.lines().next().unwrap_or_default();
    let expected: Vec<&str> = rule.split('`').skip(1).step_by(2).collect();
    let mut places: Vec<(usize, usize)> = Vec::new();
    let mut lines = stderr.lines();
    while let Some(line) = lines.next() {
        if line.starts_with("error") {
            places.push(place(lines.next()?)?);
        }
    }
    let found: Vec<&str> = places
        .iter()
        .map(|(line, column)| {
            let line = source.lines().nth(line - 1).unwrap_or_default();
            let at = line.char_indices().nth(column - 1).map_or(0, |(at, _)| at);
            &line[at..]
        })
        .collect();
    let right = rule.starts_with("// ")
        && !expected.is_empty()
        && expected.len() == found.len()
        && expected
            .iter()
            .zip(&found)
            .all(|(token, text)| text.starts_with(token));
    (!right).then(|| format!("{}: expected {expected:?}, found {found:?}", case.display()))
}

/// Line and column of ` --> ui/fail/case.rs:7:12`.
fn place(arrow: &str) -> Option<(usize, usize)> {
    let mut numbers = arrow.trim().rsplit(':');
    let column = numbers.next()?.parse().ok()?;
    let line = numbers.next()?.parse().ok()?;
    Some((line, column))
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder is beside this file") {
        let path = entry.expect("its entries can be read").path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|known| known == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}
