// values are known: `<const N: usize>`
use metrics_runtime::LabelValue;

#[derive(LabelValue)]
enum Channel<const N: usize> {
    Web,
}

fn main() {}
