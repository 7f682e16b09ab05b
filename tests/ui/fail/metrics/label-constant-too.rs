// each label once: `paid: bool`
use metrics_runtime::metrics;

#[metrics(labels(paid = "yes"))]
mod shop {
    /// Orders placed.
    pub fn orders_total(paid: bool) -> Counter;
}

fn main() {}
