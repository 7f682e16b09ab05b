// at least one value: `Channel`
use metrics_runtime::LabelValue;

#[derive(LabelValue)]
enum Channel {}

fn main() {}
