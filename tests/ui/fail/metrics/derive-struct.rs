// values are known: `struct`
use metrics_runtime::LabelValue;

#[derive(LabelValue)]
struct Tenant(String);

fn main() {}
