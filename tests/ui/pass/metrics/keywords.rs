#![deny(warnings)]
use metrics_runtime::{LabelValue, metrics, value};

#[derive(LabelValue)]
#[allow(non_camel_case_types)]
enum r#type {
    r#match,
}

#[metrics(prefix = "keywords")]
mod r#mod {
    use super::*;

    /// A keyword is a label.
    pub fn matches_total(r#type: r#type, r#in: bool) -> Counter;
    /// A keyword is a name.
    pub fn r#loop() -> UpDown;
}

#[test]
fn compiles() {
    r#mod::matches_total(r#type::r#match, true).inc();
    let _loop = r#mod::r#loop().enter();
    assert_eq!(
        value(
            "keywords_matches_total",
            &[("type", "match"), ("in", "true")]
        ),
        Some(1.0)
    );
    assert_eq!(value("keywords_loop", &[]), Some(1.0));
}
