#![deny(warnings)]
use metrics_runtime::{LabelValue, metrics};

#[derive(LabelValue)]
pub enum __Labels {
    KEY,
    #[allow(dead_code)]
    Value,
}

#[metrics(prefix = "names_of_ours")]
mod shop {
    use super::__Labels as Labels;

    /// Labels called as we call things.
    pub fn ours_total(
        index: bool,
        series: bool,
        family: bool,
        before: bool,
        value: bool,
    ) -> Counter;
    /// A type called as we call one.
    pub fn labels_total(labels: Labels) -> Counter;
}

#[test]
fn compiles() {
    shop::ours_total(true, true, false, true, true).inc();
    shop::labels_total(__Labels::KEY).inc();
    assert_eq!(shop::ours_total(true, true, false, true, true).get(), 1);
    assert_eq!(shop::ours_total(true, true, true, true, true).get(), 0);
    assert_eq!(__Labels::text(0), Some("key"));
}
