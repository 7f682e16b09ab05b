// a guard has a name: `shop::packing().enter();`
#![deny(unused_must_use)]
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders being packed.
    pub fn packing() -> UpDown;
}

fn main() {
    shop::packing().enter();
}
