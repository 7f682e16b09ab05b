// unknown option `rename_all`
use metrics_runtime::LabelValue;

#[derive(LabelValue)]
#[label(rename_all = "camelCase")]
enum Channel {
    Web,
}

fn main() {}
