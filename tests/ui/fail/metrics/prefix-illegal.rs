// a prefix begins a name: `"company:shop"`
use metrics_runtime::metrics;

#[metrics(prefix = "company:shop")]
mod shop {
    /// Orders placed.
    pub fn orders_total() -> Counter;
}

fn main() {
    shop::orders_total().inc();
}
