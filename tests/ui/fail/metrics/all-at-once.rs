// every mistake at once: `prefixes` `orders(` `wait_ms` `bool` `String`
use metrics_runtime::metrics;

#[metrics(prefixes = "shop")]
mod shop {
    /// Orders placed.
    pub fn orders() -> Counter;
    /// Orders of a tenant.
    pub fn tenant_orders_total(tenant: String) -> Counter;
    /// Time waited.
    pub fn wait_ms() -> Histogram;
    /// What runs.
    pub fn build_info(version: bool) -> Info;
    /// This one is right.
    pub fn right_total() -> Counter;
}

fn main() {
    shop::orders().inc();
    shop::tenant_orders_total(String::new()).inc();
    shop::wait_ms().start().discard();
    shop::build_info(true).set();
    shop::right_total().inc();
}
