// a prefix is joined by an underscore: `"shop_"`
use metrics_runtime::metrics;

#[metrics(prefix = "shop_")]
mod shop {
    /// Orders placed.
    pub fn orders_total() -> Counter;
}

fn main() {
    shop::orders_total().inc();
}
