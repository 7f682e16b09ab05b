// units in full: `served_kb_total(`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    pub fn served_kb_total() -> Counter;
}

fn main() {}
