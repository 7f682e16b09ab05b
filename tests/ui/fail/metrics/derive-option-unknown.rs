// unknown option `rename`
use metrics_runtime::LabelValue;

#[derive(LabelValue)]
enum Channel {
    #[label(rename = "web")]
    Web,
}

fn main() {}
