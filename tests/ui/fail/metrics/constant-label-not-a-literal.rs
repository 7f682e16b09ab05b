// a constant label is a literal: `TEAM`
use metrics_runtime::metrics;

#[metrics(labels(team = TEAM))]
mod shop {
    /// Orders placed.
    pub fn orders_total() -> Counter;
}

fn main() {
    shop::orders_total().inc();
}
