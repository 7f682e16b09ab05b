// values are known: `union`
use metrics_runtime::LabelValue;

#[derive(LabelValue)]
union Tenant {
    _a: u8,
}

fn main() {}
