// an info has up to eight labels: `i: &
use metrics_runtime::metrics;

#[metrics]
mod shop {
    /// Orders placed.
    pub fn build_info(
        a: &'static str,
        b: &'static str,
        c: &'static str,
        d: &'static str,
        e: &'static str,
        f: &'static str,
        g: &'static str,
        h: &'static str,
        i: &'static str,
    ) -> Info;
}

fn main() {}
