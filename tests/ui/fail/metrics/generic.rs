// no type parameters: `<C>`
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    pub fn orders_total<C>(channel: C) -> Counter;
}

fn main() {
    shop::orders_total(1).inc();
}
