// metrics are in a module: `struct`
use metrics_runtime::metrics;

#[metrics]
struct Shop;

fn main() {}
