// the attribute must see the module, which the compiler says, too: `mod shop` `mod shop` `shop`
use metrics_runtime::metrics;

#[metrics]
mod shop;

fn main() {}
