// a label has values: `orders_total`
use metrics_runtime::{LabelValue, metrics};

pub struct Nothing;

impl LabelValue for Nothing {
    const COUNT: usize = 0;

    fn index(self) -> usize {
        0
    }

    fn text(_: usize) -> Option<&'static str> {
        None
    }
}

#[metrics]
mod shop {
    use super::Nothing;

    /// Orders placed.
    pub fn orders_total(nothing: Nothing) -> Counter;
}

fn main() {}
